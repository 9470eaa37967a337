/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's new name in its configurations and its manifest. */
#include "config.h"
#include "lib/life/rename.h"

#include <string.h>

#include "lib/domain/model/domain.h"
#include "domuimg/domain-config.h"
#include "lib/domain/xl/file.h"
#include "lib/guest/manifest-spec.h"

/* Where a path in a text ends: at no byte that could be a part of it. */
static gboolean
is_end (char byte)
{
  return !g_ascii_isalnum (byte) && strchr ("._+@-/", byte) == NULL;
}

static gboolean
is_whole (const char *text, const char *at, gsize length)
{
  return (at == text || is_end (at[-1])) && (at[length] == '\0' || is_end (at[length]));
}

static char *
replace_path (const char *text, const char *from, const char *to)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *begin = text;
  const char *at;

  for (const char *next = text; (at = strstr (next, from)) != NULL; next = at + strlen (from))
    {
      if (!is_whole (text, at, strlen (from)))
        continue;
      g_string_append_len (out, begin, at - begin);
      g_string_append (out, to);
      begin = at + strlen (from);
    }
  g_string_append (out, begin);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static char *
as_markup (const char *path, gboolean is_xml)
{
  return is_xml ? g_markup_escape_text (path, -1) : g_strdup (path);
}

static char *
replace_paths (const char *text, const GPtrArray *paths, gboolean is_xml)
{
  char *out = g_strdup (text);

  for (guint i = 0; i < paths->len; i++)
    {
      const DomuimgRenamePath *one = g_ptr_array_index (paths, i);
      g_autofree char *before = out;
      g_autofree char *from = as_markup (one->from, is_xml);
      g_autofree char *to = as_markup (one->to, is_xml);

      out = replace_path (before, from, to);
    }
  return out;
}

/* What was written is read again: a guest that is named otherwise would be another one. */
static gboolean
check_name (DomuimgDomain *domain, const char *file, const char *name, GError **error)
{
  if (domain == NULL)
    return FALSE;
  return g_strcmp0 (domuimg_domain_get_name (domain), name) == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "the name of the guest in %s cannot be changed: edit it by hand", file);
}

/* The comment that this library begins such a file with has the name, too. */
static char *
edit_name (DomuimgXlFile *file, const char *name, const char *quoted)
{
  static const char start[] = "# Xen guest ";
  g_autofree char *edited = domuimg_xl_file_edit (file, "name", quoted);
  const char *end = strstr (edited, ", made by domuimg;");

  if (!g_str_has_prefix (edited, start) || end == NULL || memchr (edited, '\n', end - edited) != NULL)
    return g_steal_pointer (&edited);
  return g_strconcat (start, name, end, NULL);
}

char *
domuimg_rename_config (const char *text, const char *file, const char *name,
                       const GPtrArray *paths, GError **error)
{
  g_autofree char *moved = replace_paths (text, paths, FALSE);
  g_autoptr (DomuimgXlFile) before = domuimg_xl_file_parse (moved, strlen (moved), file, error);
  g_autofree char *quoted = before != NULL ? domuimg_xl_quote ("name", name, error) : NULL;
  g_autofree char *edited = quoted != NULL ? edit_name (before, name, quoted) : NULL;
  g_autoptr (DomuimgXlFile) after
      = edited != NULL ? domuimg_xl_file_parse (edited, strlen (edited), file, error) : NULL;
  g_autoptr (DomuimgDomain) domain = after != NULL ? domuimg_xl_file_to_domain (after, error) : NULL;

  return check_name (domain, file, name, error) ? g_steal_pointer (&edited) : NULL;
}

/* The first element of that name is the domain's own: libvirt writes it there, and so do we. */
char *
domuimg_rename_xml (const char *text, const char *file, const char *name, const GPtrArray *paths,
                    GError **error)
{
  g_autofree char *moved = replace_paths (text, paths, TRUE);
  const char *start = strstr (moved, "<name>");
  const char *end = start != NULL ? strstr (start, "</name>") : NULL;
  g_autofree char *edited = NULL;
  g_autoptr (DomuimgDomain) domain = NULL;

  if (end == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is not the XML of a guest", file);
      return NULL;
    }
  edited = g_strdup_printf ("%.*s<name>%s%s", (int) (start - moved), moved, name, end);
  domain = domuimg_domain_new_from_libvirt_xml (edited, file, error);
  return check_name (domain, file, name, error) ? g_steal_pointer (&edited) : NULL;
}

static void
move (char **path, const GPtrArray *paths)
{
  const char *to = *path != NULL ? domuimg_rename_find (paths, *path) : NULL;

  if (to == NULL)
    return;
  g_free (*path);
  *path = g_strdup (to);
}

/* The guest that would be made again from it keeps its host name, which was that of the guest. */
static void
rename_spec (DomuimgManifest *manifest, const char *name)
{
  g_auto (GStrv) hostname = domuimg_manifest_get_setting (manifest, "hostname");

  if (hostname[0] == NULL)
    domuimg_manifest_set_setting (manifest, "hostname", manifest->name);
  domuimg_manifest_set_setting (manifest, "name", name);
}

void
domuimg_rename_manifest (DomuimgManifest *manifest, const char *name, const GPtrArray *paths)
{
  char **const texts[] = { &manifest->config, &manifest->xml, &manifest->manifest,
                           &manifest->kernel.path, &manifest->kernel.ramdisk,
                           &manifest->installer.config, &manifest->installer.kernel,
                           &manifest->installer.ramdisk };

  rename_spec (manifest, name);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    move (texts[i], paths);
  for (guint i = 0; i < manifest->disks->len; i++)
    move (&((DomuimgManifestDisk *) g_ptr_array_index (manifest->disks, i))->path, paths);
  g_free (manifest->name);
  manifest->name = g_strdup (name);
}
