/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/config/file.h"

#include <string.h>

#include "domuimg/domain-config.h"
#include "lib/domain/model/domain.h"

/* What one format cannot say. */

static const char *const format_names[] = { "xl", "xm", "libvirt" };

/**
 * domuimg_config_format_to_string:
 * @format: a format
 *
 * Returns: `xl`, `xm` or `libvirt`
 *
 * Since: 0.1
 */
const char *
domuimg_config_format_to_string (DomuimgConfigFormat format)
{
  g_return_val_if_fail ((guint) format < G_N_ELEMENTS (format_names), NULL);
  return format_names[format];
}

/**
 * domuimg_config_format_from_string:
 * @string: one of `xl`, `xm` and `libvirt`
 * @format: (out): where to put the format
 * @error: return location for an error, %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Returns: whether @string is a format
 *
 * Since: 0.1
 */
gboolean
domuimg_config_format_from_string (const char *string, DomuimgConfigFormat *format, GError **error)
{
  g_return_val_if_fail (string != NULL && format != NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (format_names); i++)
    if (g_str_equal (string, format_names[i]))
      {
        *format = i;
        return TRUE;
      }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "“%s” is not a format of a configuration: use xl, xm or libvirt",
                       string);
}

static void G_GNUC_PRINTF (2, 3)
add (GStrvBuilder *losses, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_strv_builder_add (losses, message);
}

static void
add_elements (GStrvBuilder *losses, const char *what, const char *xml, const char *name)
{
  g_autofree char *begin = NULL;

  if (xml == NULL)
    return;
  begin = g_strndup (xml, strcspn (xml, " />\n"));
  add (losses, "%s: %s>%s%s is in libvirt's XML only", what, begin, name != NULL ? " " : "",
       domuimg_text_or (name, ""));
}

/* What libvirt's XML says and xl.cfg has no key for. */
static void
add_xml_only (DomuimgDomain *self, GStrvBuilder *losses)
{
  for (guint i = 0; i < self->foreign->len; i++)
    {
      const DomuimgDomainForeign *foreign = g_ptr_array_index (self->foreign, i);

      g_autofree char *name
          = g_str_equal (foreign->parent, "devices") ? domuimg_foreign_name (foreign) : NULL;

      add_elements (losses, *foreign->parent != '\0' ? foreign->parent : "domain", foreign->xml,
                    name);
    }
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDomainDisk *disk = g_ptr_array_index (self->disks, i);
      g_autofree char *what = g_strdup_printf ("disk %s", disk->vdev);

      add_elements (losses, what, disk->xml, NULL);
    }
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgDomainNic *nic = g_ptr_array_index (self->nics, i);
      g_autofree char *what = g_strdup_printf ("vif %s", nic->mac);

      add_elements (losses, what, nic->xml, NULL);
      if (nic->network != NULL && nic->bridge == NULL)
        add (losses, "vif %s: libvirt's network “%s” is in XML only; xl takes its default bridge",
             nic->mac, nic->network);
      else if (nic->network != NULL)
        add (losses, "vif %s: libvirt's network “%s” is in XML only; xl takes its bridge, %s",
             nic->mac, nic->network, nic->bridge);
    }
  add_elements (losses, "graphics", self->graphics_xml, NULL);
}

/**
 * domuimg_domain_list_losses:
 * @self: a domain
 * @format: what it is to be written as; %DOMUIMG_CONFIG_FORMAT_XM cannot be
 * @error: return location for an error, as domuimg_domain_write() has
 *
 * What is lost on the way: what a reader left out, and what @format has no form for.
 *
 * Returns: (transfer full): a sentence for each loss, or %NULL
 *
 * Since: 0.1
 */
char **
domuimg_domain_list_losses (DomuimgDomain *self, DomuimgConfigFormat format, GError **error)
{
  g_autoptr (GStrvBuilder) losses = g_strv_builder_new ();
  g_auto (GStrv) warnings = NULL;
  g_autofree char *text = NULL;

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  text = domuimg_config_write_text (self, format, &warnings, error);
  if (text == NULL)
    return NULL;
  for (guint i = 0; i < self->warnings->len; i++)
    g_strv_builder_add (losses, g_ptr_array_index (self->warnings, i));
  if (format == DOMUIMG_CONFIG_FORMAT_XL)
    add_xml_only (self, losses);
  if (warnings != NULL)
    g_strv_builder_addv (losses, (const char **) warnings);
  return g_strv_builder_end (losses);
}

char *
domuimg_config_write_text (DomuimgDomain *self, DomuimgConfigFormat format, char ***warnings,
                           GError **error)
{
  switch (format)
    {
    case DOMUIMG_CONFIG_FORMAT_XL:
      return domuimg_domain_to_xl_cfg (self, error);
    case DOMUIMG_CONFIG_FORMAT_LIBVIRT:
      return domuimg_domain_to_libvirt_xml (self, warnings, error);
    default:
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "files of xm are read and never written, as no Xen reads them any more; "
                    "write xl or libvirt");
      return NULL;
    }
}

/* Carried text may hold one, in whatever form. */
gboolean
domuimg_config_is_secret (const char *text)
{
  return g_regex_match_simple ("passwd[^=:\\n]{0,3}=\\s*[\"']?[^\"',\\s]|=rbd:[^\"']*:key=", text,
                               G_REGEX_CASELESS, 0);
}

/**
 * domuimg_domain_write:
 * @self: a domain
 * @format: xl or libvirt
 * @path: (type filename): where to
 * @replace: whether a file that is there may be replaced
 * @warnings: (out) (optional) (transfer full) (array zero-terminated=1): the losses, and what else
 *   there is to know, one sentence each
 * @error: return location for an error: as domuimg_domain_to_xl_cfg() and
 *   domuimg_domain_to_libvirt_xml(), %DOMUIMG_ERROR_EXISTS, or that of writing
 *
 * Writes the guest into a file, whole or not at all. A file with a password is for its owner only
 * (mode 0600), and a warning says so; others are as the umask has it.
 *
 * Returns: whether it was written
 *
 * Since: 0.1
 */
gboolean
domuimg_domain_write (DomuimgDomain *self, DomuimgConfigFormat format, const char *path,
                      gboolean replace, char ***warnings, GError **error)
{
  g_autoptr (GStrvBuilder) said = g_strv_builder_new ();
  g_auto (GStrv) losses = NULL;
  g_autofree char *text = NULL;
  gboolean secret;

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self) && path != NULL, FALSE);
  losses = domuimg_domain_list_losses (self, format, error);
  if (losses == NULL)
    return FALSE;
  text = domuimg_config_write_text (self, format, NULL, error);
  if (text == NULL)
    return FALSE;
  secret = domuimg_config_is_secret (text);
  if (!domuimg_config_replace (path, text, secret ? 0600 : 0, replace, error))
    return FALSE;
  g_strv_builder_addv (said, (const char **) losses);
  if (secret)
    add (said, "%s holds a password: only its owner may read it (mode 0600)", path);
  if (warnings != NULL)
    *warnings = g_strv_builder_end (said);
  return TRUE;
}

/**
 * domuimg_config_format_for_path:
 * @path: (type filename): the path of a file that is to be written
 *
 * Returns: libvirt's XML for a name that ends in `.xml`, xl for any other
 *
 * Since: 0.1
 */
DomuimgConfigFormat
domuimg_config_format_for_path (const char *path)
{
  g_return_val_if_fail (path != NULL, DOMUIMG_CONFIG_FORMAT_XL);
  return g_str_has_suffix (path, ".xml") ? DOMUIMG_CONFIG_FORMAT_LIBVIRT : DOMUIMG_CONFIG_FORMAT_XL;
}

/**
 * domuimg_config_convert:
 * @from: the path of a configuration, or the name of a guest, as domuimg_domain_find_config()
 *   takes it
 * @to: (type filename): where to
 * @format: xl or libvirt
 * @replace: whether a file that is there may be replaced
 * @warnings: (out) (optional) (transfer full) (array zero-terminated=1): as domuimg_domain_write()
 * @cancellable: (nullable): stops it before anything is written; the error is then
 *   %G_IO_ERROR_CANCELLED
 * @error: return location for an error, as those that are called have it
 *
 * Reads a guest in whatever format, and writes it in another.
 *
 * Returns: whether it was written
 *
 * Since: 0.1
 */
gboolean
domuimg_config_convert (const char *from, const char *to, DomuimgConfigFormat format,
                        gboolean replace, char ***warnings, GCancellable *cancellable,
                        GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (DomuimgDomain) domain = NULL;

  g_return_val_if_fail (from != NULL && to != NULL, FALSE);
  path = domuimg_domain_find_config (from, error);
  if (path != NULL)
    domain = domuimg_domain_new_from_file (path, error);
  return domain != NULL && !g_cancellable_set_error_if_cancelled (cancellable, error)
         && domuimg_domain_write (domain, format, to, replace, warnings, error);
}
