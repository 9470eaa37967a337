/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes NAME.xml again when a repair changes NAME.cfg. */
#include "config.h"
#include "lib/repair/work.h"

#include <string.h>

#include "lib/domain/xl/file.h"

/* The domain that a configuration describes, in libvirt's words. */
static char *
to_xml (const char *text, const char *name)
{
  g_autoptr (DomuimgXlFile) file = domuimg_xl_file_parse (text, strlen (text), name, NULL);
  g_autoptr (DomuimgDomain) domain = file != NULL ? domuimg_xl_file_to_domain (file, NULL) : NULL;

  return domain != NULL ? domuimg_domain_to_libvirt_xml (domain, NULL, NULL) : NULL;
}

/* It is written again only if it says what the configuration said before, in this library's
 * words: otherwise a person has edited it, too. */
gboolean
domuimg_repair_work_follow_with_xml (DomuimgRepairWork *self, const char *config,
                                     const char *before, const char *text, GPtrArray *changes,
                                     GError **error)
{
  g_autoptr (GString) path = g_string_new (config);
  g_autoptr (GError) local = NULL;
  g_autofree char *old = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *new = NULL;

  if (!g_str_has_suffix (config, ".cfg"))
    return TRUE;
  g_string_truncate (path, path->len - strlen (".cfg"));
  g_string_append (path, ".xml");
  if (!g_file_get_contents (path->str, &old, NULL, &local))
    return g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
           || domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  expected = to_xml (before, config);
  new = to_xml (text, config);
  if (new == NULL || g_strcmp0 (old, expected) != 0)
    {
      g_ptr_array_add (changes,
                       g_strdup_printf ("left %s as it is: it is not what domuimg wrote for %s",
                                        path->str, config));
      return TRUE;
    }
  g_ptr_array_add (changes, g_strdup_printf ("wrote %s from the new configuration", path->str));
  return domuimg_repair_work_replace (self, path->str, old, new, error);
}
