/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which packages are installed in a guest. */
#include "config.h"
#include "lib/guest/packages.h"

#include <string.h>

#define STATUS "/var/lib/dpkg/status"
#define STATUS_MAX (64 << 20)

typedef struct {
  char *name, *version, *architecture;
  gboolean is_installed;
} Paragraph;

static void
take_line (Paragraph *self, const char *line)
{
  const struct {
    const char *field;
    char **value;
  } fields[] = { { "Package: ", &self->name },
                 { "Version: ", &self->version },
                 { "Architecture: ", &self->architecture } };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_str_has_prefix (line, fields[i].field))
      {
        g_free (*fields[i].value);
        *fields[i].value = g_strdup (line + strlen (fields[i].field));
      }
  if (g_str_has_prefix (line, "Status: "))
    self->is_installed = g_str_has_suffix (line, " installed");
}

static void
end_paragraph (Paragraph *self, GHashTable *packages)
{
  if (self->is_installed && self->name != NULL && self->version != NULL)
    g_hash_table_replace (packages,
                          g_strdup_printf ("%s:%s", self->name,
                                           self->architecture != NULL ? self->architecture : "any"),
                          g_steal_pointer (&self->version));
  g_free (self->name);
  g_free (self->version);
  g_free (self->architecture);
  *self = (Paragraph){ NULL };
}

GHashTable *
domuimg_packages_parse (const char *text)
{
  GHashTable *packages = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Paragraph paragraph = { NULL };

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] == '\0')
      end_paragraph (&paragraph, packages);
    else
      take_line (&paragraph, lines[i]);
  end_paragraph (&paragraph, packages);
  return packages;
}

static char *
read_status (DomuimgTree *tree, GError **error)
{
  g_autoptr (GBytes) bytes = domuimg_tree_read (tree, STATUS, STATUS_MAX, error);
  gsize size = 0;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;

  return bytes != NULL ? g_strndup (data != NULL ? data : "", size) : NULL;
}

gboolean
domuimg_packages_list (DomuimgTree *tree, GHashTable **packages, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = read_status (tree, &local);

  *packages = text != NULL ? domuimg_packages_parse (text) : NULL;
  if (text != NULL || g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
