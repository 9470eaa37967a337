/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unified kernel images, and other programs of EFI that are kernels. */
#include "config.h"
#include "lib/boot/sdboot.h"

#include <string.h>

#include "lib/kernel/bzimage.h"
#include "lib/kernel/pe.h"

/* Boot Loader Specification, type 2: a PE file holds kernel, initramfs, command line and os-release.
 * They are large: only the table of sections and the small ones are read. */

#define HEADER_MAX 4096
#define SECTION_MAX (64 << 10)

static GBytes *
read_at (const DomuimgMenuFiles *files, const char *path, guint64 offset, gsize length)
{
  return files->read_at != NULL ? files->read_at (files->data, path, offset, length) : NULL;
}

/* NULL where there is no such section. */
static char *
read_section (const DomuimgMenuFiles *files, const char *path, DomuimgBytes header,
              const char *name)
{
  g_autoptr (GBytes) content = NULL;
  guint64 offset, length;

  if (!domuimg_pe_find_section (header, name, &offset, &length))
    return NULL;
  content = read_at (files, path, offset, MIN (length, SECTION_MAX));
  if (content == NULL)
    return NULL;
  if (g_bytes_get_size (content) == 0)
    return g_strdup ("");
  return g_strstrip (
      g_strndup (g_bytes_get_data (content, NULL), g_bytes_get_size (content)));
}

/* KEY=value or KEY="value" of os-release. */
static char *
get_field (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit_set (text, "\n", -1);
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *value = g_strstrip (lines[i]) + length + 1;
      gsize size;

      if (!g_str_has_prefix (lines[i], key) || lines[i][length] != '=')
        continue;
      size = strlen (value);
      if (size >= 2 && strchr ("\"'", value[0]) != NULL && value[size - 1] == value[0])
        return g_strndup (value + 1, size - 2);
      return g_strdup (value);
    }
  return NULL;
}

/* (transfer full) (nullable) The first of @keys that has a value. */
static char *
get_first (const char *text, const char *const *keys)
{
  char *value = NULL;

  for (; *keys != NULL && value == NULL; keys++)
    {
      value = get_field (text, *keys);
      if (value != NULL && *value == '\0')
        g_clear_pointer (&value, g_free);
    }
  return value;
}

/* What systemd-boot shows and sorts by is what os-release says of the system. */
static void
take_release (DomuimgSdbootItem *item, const char *text)
{
  static const char *const titles[] = { "PRETTY_NAME", "IMAGE_ID", "NAME", "ID", NULL };
  static const char *const versions[]
      = { "IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID", NULL };
  static const char *const keys[] = { "IMAGE_ID", "ID", NULL };

  item->entry->title = get_first (text, titles);
  item->version = get_first (text, versions);
  item->sort_key = get_first (text, keys);
}

DomuimgSdbootItem *
domuimg_uki_read (const DomuimgMenuFiles *files, const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GBytes) bytes = read_at (files, path, 0, HEADER_MAX);
  g_autofree char *release = NULL;
  guint64 offset, length;
  DomuimgBytes header;
  DomuimgSdbootItem *item;

  if (bytes == NULL)
    return NULL;
  header = domuimg_bytes_of (bytes);
  if (!domuimg_pe_find_section (header, ".linux", &offset, &length))
    return NULL;
  item = domuimg_sdboot_item_new (directory, name, ".efi");
  item->entry->kernel = g_strdup (path);
  item->entry->cmdline = read_section (files, path, header, ".cmdline");
  release = read_section (files, path, header, ".osrel");
  take_release (item, release != NULL ? release : "");
  if (item->entry->title == NULL)
    item->entry->title = g_strdup (name);
  return item;
}

gboolean
domuimg_uki_examine (const DomuimgMenuFiles *files, const char *path, char **cmdline)
{
  g_autoptr (GBytes) bytes = read_at (files, path, 0, HEADER_MAX);
  guint64 offset, length;
  DomuimgBytes header;

  *cmdline = NULL;
  if (bytes == NULL)
    return FALSE;
  header = domuimg_bytes_of (bytes);
  if (!domuimg_pe_find_section (header, ".linux", &offset, &length))
    return domuimg_bzimage_is (header);
  *cmdline = read_section (files, path, header, ".cmdline");
  return TRUE;
}
