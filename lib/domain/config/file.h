/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "domuimg/domain-config.h"
#include "lib/base/base.h"
#include "lib/base/undo.h"

/* The text of a regular file of at most 4 MiB without NUL bytes. */
char *domuimg_config_read (const char *path, struct stat *status, GError **error);
/* Where xl and the init scripts of Xen's tools look for guests. */
#define DOMUIMG_CONFIG_DIRECTORY "/etc/xen"

/* domuimg_domain_find_config with another directory than that. */
char *domuimg_config_find_in (const char *directory, const char *name, GError **error);
/* (transfer full) The paths of the files NAME.cfg in a directory, sorted; empty where there is no such
 * directory. */
char **domuimg_config_list_in (const char *directory, GError **error);
/* The text of a guest; @warnings as domuimg_domain_to_libvirt_xml has them. */
char *domuimg_config_write_text (DomuimgDomain *self, DomuimgConfigFormat format, char ***warnings,
                                 GError **error);
/* Whether the text of a configuration has a password. */
gboolean domuimg_config_is_secret (const char *text);
typedef struct {
  mode_t mode;       /* 0: that of the file which it replaces */
  gboolean replace;  /* a file may be there */
  const char *label; /* (nullable) of the file as it was read (lib/base/label.h) */
} DomuimgConfigReplacing;

/* Writes a file as one of the results of a transaction, with owner and mode of @like (nullable). */
gboolean domuimg_config_add_result (DomuimgUndo *undo, const char *path, const char *text,
                                    const struct stat *like, GError **error);
/* Writes a file whole or not at all, as the only result of a transaction, which it commits. */
gboolean domuimg_config_replace_in (DomuimgUndo *undo, const char *path, const char *text,
                                    const DomuimgConfigReplacing *how, GError **error);
/* The same in a transaction of its own. */
gboolean domuimg_config_replace (const char *path, const char *text, mode_t mode, gboolean replace,
                                 GError **error);
