/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader that a UEFI starts which remembers nothing: that of a guest has no variables of the old
 * machine, and so none of its boot entries. */
#include "config.h"
#include "lib/build/esp.h"

#include <string.h>

#define LOADER_MAX ((gsize) 64 << 20)

/* FAT does not tell cases apart. (nullable) */
static char *
find_name (DomuimgTree *tree, const char *directory, const char *name)
{
  g_auto (GStrv) names = domuimg_tree_list (tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_ascii_strcasecmp (names[i], name) == 0)
      return *directory != '\0' ? g_build_filename (directory, names[i], NULL) : g_strdup (names[i]);
  return NULL;
}

/* (nullable) @path has "/" between names. */
static char *
find_path (DomuimgTree *tree, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  char *found = g_strdup ("");

  for (guint i = 0; found != NULL && parts[i] != NULL; i++)
    {
      g_autofree char *above = found;

      found = find_name (tree, above, parts[i]);
    }
  return found;
}

/* (nullable) One that starts by itself, wherever it lies: shim does not, but needs others beside it, and
 * is for Secure Boot only. */
static char *
find_loader (DomuimgTree *tree)
{
  static const char *const names[]
      = { "grubx64.efi", "systemd-bootx64.efi", "Boot/bootmgfw.efi", "refind_x64.efi" };
  g_autofree char *efi = find_path (tree, "EFI");
  g_auto (GStrv) vendors = efi != NULL ? domuimg_tree_list (tree, efi, NULL) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; vendors != NULL && vendors[j] != NULL; j++)
      {
        g_autofree char *path = g_build_filename ("EFI", vendors[j], names[i], NULL);
        char *found = find_path (tree, path);

        if (found != NULL)
          return found;
      }
  return NULL;
}

static gboolean
copy_loader (DomuimgBuildState *self, DomuimgTree *tree, const char *from, GError **error)
{
  g_autoptr (GBytes) bytes = domuimg_tree_read (tree, from, LOADER_MAX, error);
  g_autofree char *known = find_path (tree, "EFI/BOOT");
  g_autofree char *path
      = g_build_filename (known != NULL ? known : "EFI/BOOT", "BOOTX64.EFI", NULL);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0755);

  entry->mtime.sec = DOMUIMG_TIME_NOT_GIVEN;
  if (bytes == NULL || (known == NULL && !domuimg_tree_mkdir_p (tree, "EFI/BOOT", 0755, error))
      || !domuimg_tree_put (tree, entry, bytes, error))
    return FALSE;
  g_ptr_array_add (self->changes,
                   g_strdup_printf ("copied %s to %s on the EFI system partition, for a UEFI without"
                                    " boot entries", from, path));
  return TRUE;
}

static gboolean
fail_other (DomuimgBuildState *self, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: the loader on its EFI system partition is for another processor than x86;"
                       " take the image of the same system for x86_64 (amd64)",
                       domuimg_import_get_name (self->plan->import, 0));
}

static gboolean
prepare (DomuimgBuildState *self, DomuimgTree *tree, GError **error)
{
  static const char *const others[]
      = { "bootaa64.efi", "bootarm.efi", "bootriscv64.efi", "bootloongarch64.efi" };
  g_autofree char *usual = find_path (tree, "EFI/BOOT/BOOTX64.EFI");
  g_autofree char *loader = usual == NULL ? find_loader (tree) : NULL;

  if (usual != NULL)
    return TRUE;
  if (loader != NULL && !domuimg_spec_get_flag (self->plan->spec, "no-customise"))
    return copy_loader (self, tree, loader, error);
  for (guint i = 0; loader == NULL && i < G_N_ELEMENTS (others); i++)
    {
      g_autofree char *path = g_build_filename ("EFI/BOOT", others[i], NULL);
      g_autofree char *other = find_path (tree, path);

      if (other != NULL)
        return fail_other (self, error);
    }
  domuimg_build_note_loss (self, "the UEFI's boot entries are left out, and \\EFI\\BOOT\\BOOTX64.EFI,"
                           " which it starts without one, is not on the EFI system partition: copy the"
                           " system's loader there");
  return TRUE;
}

/* (nullable) It may be mounted as /boot. */
static const DomuimgBuildMount *
find_mount (DomuimgBuildState *self, const DomuimgVolume *volume)
{
  for (guint i = 0; i < self->mounts->len; i++)
    {
      const DomuimgBuildMount *mount = g_ptr_array_index (self->mounts, i);

      if (mount->volume == volume && mount->tree != NULL)
        return mount;
    }
  return NULL;
}

static gboolean
prepare_volume (DomuimgBuildState *self, DomuimgImage *image, const DomuimgVolume *volume, GError **error)
{
  const DomuimgBuildMount *mount = find_mount (self, volume);
  g_autoptr (GError) local = NULL;
  DomuimgTree *tree;
  gboolean ok;

  if (mount != NULL)
    return prepare (self, mount->tree, error);
  tree = domuimg_image_open_tree (image, volume, TRUE, &local);
  if (tree == NULL)
    {
      domuimg_build_note_loss (self, "what the UEFI would start is not known: %s", local->message);
      return TRUE;
    }
  ok = prepare (self, tree, error);
  return domuimg_image_close_tree (image, tree, ok ? error : NULL) && ok;
}

gboolean
domuimg_build_prepare_esp (DomuimgBuildState *self, GError **error)
{
  DomuimgImage *image = ((DomuimgTransferDisk *) g_ptr_array_index (self->transfer->disks, 0))->image;
  GPtrArray *volumes = domuimg_image_list_partitions (image, error);

  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (domuimg_volume_is_esp (volume))
        return prepare_volume (self, image, volume, error);
    }
  return volumes != NULL;
}
