/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/domain.h>

G_BEGIN_DECLS

/**
 * DomuimgConfigFormat:
 * @DOMUIMG_CONFIG_FORMAT_XL: xl.cfg(5)
 * @DOMUIMG_CONFIG_FORMAT_XM: a file of xm, xl's forerunner, which is Python; only read
 * @DOMUIMG_CONFIG_FORMAT_LIBVIRT: libvirt's domain XML
 *
 * A language in which a guest is described.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_CONFIG_FORMAT_XL,
  DOMUIMG_CONFIG_FORMAT_XM,
  DOMUIMG_CONFIG_FORMAT_LIBVIRT,
} DomuimgConfigFormat;

DOMUIMG_API
const char *domuimg_config_format_to_string (DomuimgConfigFormat format);
DOMUIMG_API
gboolean domuimg_config_format_from_string (const char *string, DomuimgConfigFormat *format,
                                            GError **error);

DOMUIMG_API
DomuimgDomain *domuimg_domain_new_from_libvirt_xml (const char *text, const char *name,
                                                    GError **error);
DOMUIMG_API
DomuimgDomain *domuimg_domain_new_from_text (const char *text, const char *name, GError **error);
DOMUIMG_API
DomuimgDomain *domuimg_domain_new_from_file (const char *path, GError **error);
DOMUIMG_API
DomuimgDomain *domuimg_domain_new_from_xm_cfg (const char *text, const char *name, GError **error);
DOMUIMG_API
gboolean domuimg_config_guess_format (const char *text, const char *name,
                                      DomuimgConfigFormat *format, GError **error);
DOMUIMG_API
char *domuimg_domain_find_config (const char *name, GError **error);
DOMUIMG_API
char *domuimg_domain_to_json (DomuimgDomain *self);
DOMUIMG_API
char *domuimg_domain_to_text (DomuimgDomain *self);
DOMUIMG_API
gboolean domuimg_domain_equal (DomuimgDomain *self, DomuimgDomain *other);
DOMUIMG_API
char **domuimg_domain_list_losses (DomuimgDomain *self, DomuimgConfigFormat format,
                                   GError **error);
DOMUIMG_API
gboolean domuimg_domain_write (DomuimgDomain *self, DomuimgConfigFormat format, const char *path,
                               gboolean replace, char ***warnings, GError **error);
DOMUIMG_API
gboolean domuimg_config_set (const char *path, const char *const *settings, gboolean dry_run,
                             char ***changes, char ***warnings, GError **error);
DOMUIMG_API
gboolean domuimg_config_convert (const char *from, const char *to, DomuimgConfigFormat format,
                                 gboolean replace, char ***warnings, GCancellable *cancellable,
                                 GError **error);
DOMUIMG_API
DomuimgConfigFormat domuimg_config_format_for_path (const char *path);

G_END_DECLS
