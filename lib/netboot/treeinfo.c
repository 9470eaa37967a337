/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads .treeinfo: the system of an install tree, its installer's kernels and their checksums. */
#include "config.h"
#include "lib/netboot/treeinfo.h"

#include <string.h>

DomuimgTreeImages *
domuimg_tree_images_new (const char *kernel, const char *initrd)
{
  DomuimgTreeImages *self = g_new0 (DomuimgTreeImages, 1);

  self->kernel = g_strdup (kernel);
  self->initrd = g_strdup (initrd);
  return self;
}

void
domuimg_tree_images_free (DomuimgTreeImages *self)
{
  g_free (self->kernel);
  g_free (self->initrd);
  g_free (self);
}

void
domuimg_treeinfo_free (DomuimgTreeinfo *self)
{
  g_free (self->family);
  g_free (self->version);
  g_free (self->arch);
  g_clear_pointer (&self->file, g_key_file_unref);
  g_free (self);
}

/* (nullable) Trees of before productmd have [general] only, later ones [release] and [tree] beside it. */
static char *
get_text (GKeyFile *file, const char *key, const char *section, const char *later)
{
  g_autofree char *text = g_key_file_get_string (file, "general", key, NULL);

  if (text == NULL)
    text = g_key_file_get_string (file, section, later, NULL);
  if (text != NULL && *g_strstrip (text) == '\0')
    return NULL;
  return g_steal_pointer (&text);
}

DomuimgTreeinfo *
domuimg_treeinfo_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (DomuimgTreeinfo) self = g_new0 (DomuimgTreeinfo, 1);
  g_autoptr (GError) local = NULL;

  self->file = g_key_file_new ();
  if (length > DOMUIMG_TREEINFO_MAX || memchr (text, '\0', length) != NULL
      || !g_utf8_validate (text, (gssize) length, NULL))
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not the text of a .treeinfo", name);
      return NULL;
    }
  if (!g_key_file_load_from_data (self->file, text, length, G_KEY_FILE_NONE, &local))
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not a .treeinfo: %s", name,
                    local->message);
      return NULL;
    }
  if (!g_key_file_has_group (self->file, "general") && !g_key_file_has_group (self->file, "tree"))
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                    "%s: not a .treeinfo: it has neither [general] nor [tree]", name);
      return NULL;
    }
  self->family = get_text (self->file, "family", "release", "name");
  self->version = get_text (self->file, "version", "release", "version");
  self->arch = get_text (self->file, "arch", "tree", "arch");
  return g_steal_pointer (&self);
}

gboolean
domuimg_treeinfo_is_suse (DomuimgTreeinfo *self)
{
  g_autofree char *lower = g_ascii_strdown (self->family != NULL ? self->family : "", -1);

  return strstr (lower, "suse") != NULL || g_str_has_prefix (lower, "sle");
}

/* Anything else could name what is not in the tree once it stands behind the tree's address. */
static gboolean
is_inside (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] == '\0' || g_str_equal (parts[i], ".") || g_str_equal (parts[i], ".."))
      return FALSE;
  for (const char *c = path; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c) || strchr ("\\?#%:", *c) != NULL)
      return FALSE;
  return *path != '\0';
}

static gboolean
take_path (DomuimgTreeinfo *self, const char *section, const char *key, char **path, GError **error)
{
  g_autofree char *text = g_key_file_get_string (self->file, section, key, NULL);
  const char *at = text;

  if (text == NULL)
    return TRUE;
  g_strstrip (text);
  while (g_str_has_prefix (at, "./"))
    at += 2;
  if (!is_inside (at))
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "the tree's .treeinfo names “%s” as %s in [%s], which is not the path of a file in"
                         " the tree",
                         text, key, section);
  *path = g_strdup (at);
  return TRUE;
}

gboolean
domuimg_treeinfo_find_images (DomuimgTreeinfo *self, const char *platform,
                              DomuimgTreeImages **images, GError **error)
{
  g_autofree char *section = g_strconcat ("images-", platform, NULL);
  g_autofree char *kernel = NULL, *initrd = NULL;

  *images = NULL;
  if (!take_path (self, section, "kernel", &kernel, error)
      || !take_path (self, section, "initrd", &initrd, error))
    return FALSE;
  if (kernel != NULL && initrd != NULL)
    *images = domuimg_tree_images_new (kernel, initrd);
  return TRUE;
}

char *
domuimg_treeinfo_get_checksum (DomuimgTreeinfo *self, const char *path, GChecksumType *type)
{
  static const struct {
    const char *prefix;
    GChecksumType type;
  } kinds[] = { { "sha256:", G_CHECKSUM_SHA256 }, { "sha512:", G_CHECKSUM_SHA512 },
                { "sha384:", G_CHECKSUM_SHA384 }, { "sha1:", G_CHECKSUM_SHA1 },
                { "sha:", G_CHECKSUM_SHA1 },      { "md5:", G_CHECKSUM_MD5 } };
  g_autofree char *text = g_key_file_get_string (self->file, "checksums", path, NULL);

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_prefix (text, kinds[i].prefix))
      {
        *type = kinds[i].type;
        return g_ascii_strdown (g_strstrip (text + strlen (kinds[i].prefix)), -1);
      }
  return NULL;
}
