/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/bootloader/reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/boot/menu-find.h"
#include "lib/bootloader/confine.h"
#include "lib/bootloader/copier.h"
#include "lib/fs/ext/tree.h"
#include "lib/tree/faults.h"

/* An initramfs is loaded at once with what follows it: the kernel wants each to begin at such. */
#define ALIGNMENT 4

struct _DomuimgReader {
  DomuimgReaderSetup setup;
  GPtrArray *volumes;          /* (nullable) */
  DomuimgReaderVolume *volume; /* (nullable) of the menu */
  DomuimgMenu *menu;           /* (nullable) */
  DomuimgCopier *copier;
};

DomuimgReader *
domuimg_reader_new (const DomuimgReaderSetup *setup)
{
  DomuimgReader *self = g_new0 (DomuimgReader, 1);

  self->setup = *setup;
  self->copier = domuimg_copier_new ();
  return self;
}

void
domuimg_reader_free (DomuimgReader *self)
{
  g_clear_pointer (&self->copier, domuimg_copier_free);
  g_clear_pointer (&self->menu, domuimg_menu_free);
  g_clear_pointer (&self->volumes, g_ptr_array_unref);
  g_free (self);
}

void
domuimg_reader_begin (gpointer reader)
{
  domuimg_copier_start (((DomuimgReader *) reader)->copier);
}

static DomuimgMenuFormat
guess_format (const char *name)
{
  g_autofree char *base = g_path_get_basename (name);

  if (strstr (base, "linux") != NULL)
    return DOMUIMG_MENU_EXTLINUX;
  return g_str_equal (base, "menu.lst") || g_str_equal (base, "grub.conf") ? DOMUIMG_MENU_LEGACY
                                                                           : DOMUIMG_MENU_GRUB2;
}

/* A menu that is the file itself. */
static gboolean
parse_config (DomuimgReader *self, GError **error)
{
  const DomuimgMenuFiles none = { NULL };
  g_autofree char *text = g_malloc0 (DOMUIMG_MENU_FILE_MAX + 1);
  gssize got = pread (self->setup.disk, text, DOMUIMG_MENU_FILE_MAX, 0);

  if (got < 0)
    return domuimg_set_errno (error, errno, "%s", self->setup.name);
  self->menu = domuimg_menu_new (guess_format (self->setup.name), self->setup.name);
  if (self->menu->format == DOMUIMG_MENU_EXTLINUX)
    domuimg_extlinux_parse (self->menu, text, &none);
  else if (self->menu->format == DOMUIMG_MENU_LEGACY)
    domuimg_menulst_parse (self->menu, text, &none);
  else
    domuimg_grubcfg_parse (self->menu, text, &none, DOMUIMG_LOADER_DIRECT);
  return TRUE;
}

/* FALSE where there is none with an entry; the first without one is kept all the same. */
static gboolean
find_on (DomuimgReader *self, DomuimgReaderVolume *volume, GError **error)
{
  DomuimgTree *tree = domuimg_reader_open_volume (&self->setup, volume, error);
  g_autoptr (DomuimgMenu) menu = NULL;

  if (tree == NULL)
    return FALSE;
  menu = domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_DIRECT, error);
  if (menu == NULL || (menu->entries->len == 0 && self->menu != NULL))
    return FALSE;
  g_clear_pointer (&self->menu, domuimg_menu_free);
  self->menu = g_steal_pointer (&menu);
  self->volume = volume;
  return self->menu->entries->len > 0;
}

static gboolean
list_volumes (DomuimgReader *self, GError **error)
{
  if (self->volumes == NULL)
    self->volumes = domuimg_reader_list_volumes (&self->setup, error);
  return self->volumes != NULL;
}

/* A menu that could not be read is none that is not there. */
static void
note_fault (const DomuimgReaderVolume *volume, GError **error)
{
  GError *fault = NULL;

  if (volume->tree == NULL || domuimg_tree_check_faults (volume->tree, &fault))
    return;
  g_clear_error (error);
  *error = fault;
}

static gboolean
find_menu (DomuimgReader *self, GError **error)
{
  g_autoptr (GError) first = NULL;

  if (!list_volumes (self, error))
    return FALSE;
  for (guint i = 0; i < self->volumes->len; i++)
    {
      g_autoptr (GError) local = NULL;

      DomuimgReaderVolume *volume = g_ptr_array_index (self->volumes, i);

      if (find_on (self, volume, &local))
        return TRUE;
      note_fault (volume, &local);
      /* What cannot be read tells more than what has no menu. */
      if (local != NULL
          && (first == NULL || g_error_matches (first, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND)))
        {
          g_clear_error (&first);
          first = g_steal_pointer (&local);
        }
    }
  if (self->menu != NULL)
    return TRUE;
  if (first != NULL)
    g_propagate_error (error, g_steal_pointer (&first));
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s holds no filesystem", self->setup.name);
  return FALSE;
}

static gboolean
has_file (DomuimgReader *self, DomuimgReaderVolume *volume, const char *path)
{
  DomuimgTree *tree = domuimg_reader_open_volume (&self->setup, volume, NULL);

  return tree != NULL && domuimg_tree_exists (tree, path) && !domuimg_tree_is_dir (tree, path);
}

/* @path may have a device of its own before it. */
static gboolean
check_device (const char *hint, const char *path, GError **error)
{
  g_autofree char *device = NULL, *file = NULL;

  domuimg_menu_split_device (path, &device, &file);
  device = device != NULL ? device : g_strdup (hint);
  if (device == NULL || !domuimg_grub_device_is_elsewhere (device))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "the menu takes %s from the device %s, %s; only files of the guest's first disk"
                       " can be loaded",
                       file, device,
                       domuimg_grub_device_is_made (device)
                           ? "which GRUB makes of something else than a disk"
                           : "another disk");
}

/* (nullable) The volume that @hint names for certain. */
static DomuimgReaderVolume *
find_hinted (DomuimgReader *self, const char *hint)
{
  for (guint i = 0; hint != NULL && i < self->volumes->len; i++)
    if (domuimg_reader_hint_is (hint, self->menu->format, self->volumes->pdata[i]))
      return self->volumes->pdata[i];
  return NULL;
}

/* Where @path lies: on what the menu's hint names; else, since the device that GRUB starts with stays
 * where a search finds nothing, beside the menu; else anywhere. */
static DomuimgTree *
find_tree (DomuimgReader *self, const char *hint, const char *path, GError **error)
{
  DomuimgReaderVolume *hinted;

  if (!check_device (hint, path, error))
    return NULL;
  hinted = find_hinted (self, hint);
  if (hinted != NULL && has_file (self, hinted, path))
    return hinted->tree;
  if (hinted != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                    "%s is not on %s of the guest's disk, from which the menu takes it", path, hint);
      return NULL;
    }
  if (self->volume != NULL && has_file (self, self->volume, path))
    return self->volume->tree;
  for (guint i = 0; i < self->volumes->len; i++)
    if (has_file (self, g_ptr_array_index (self->volumes, i), path))
      return ((DomuimgReaderVolume *) g_ptr_array_index (self->volumes, i))->tree;
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s is not on the guest's disk", path);
  return NULL;
}

static gboolean
check_size (DomuimgTree *tree, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (tree, path, error);

  if (entry == NULL)
    return FALSE;
  if (entry->size > DOMUIMG_CONFINED_FILE)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s is said to have %" G_GUINT64_FORMAT " bytes, and no more than 1 GiB can"
                         " be loaded",
                         path, entry->size);
  return TRUE;
}

static gboolean
copy_kernel (DomuimgReader *self, DomuimgTree *tree, const char *path, GError **error)
{
  g_autoptr (DomuimgExtCopy) found = NULL;

  if (!check_size (tree, path, error))
    return FALSE;
  if (!DOMUIMG_IS_TREE_EXT (tree))
    return domuimg_tree_copy_out (tree, path, self->setup.kernels[0], NULL, error);
  found = domuimg_tree_ext_find_copy (DOMUIMG_TREE_EXT (tree), path, error);
  return found != NULL && domuimg_ext_copy_run (found, self->setup.kernels[0], error);
}

/* It is there when domuimg_copier_wait () says so. */
static gboolean
copy_ramdisk (DomuimgReader *self, DomuimgTree *tree, const char *path, GError **error)
{
  int fd = self->setup.ramdisk;
  DomuimgExtCopy *found;

  if (!check_size (tree, path, error))
    return FALSE;
  if (DOMUIMG_IS_TREE_EXT (tree))
    {
      found = domuimg_tree_ext_find_copy (DOMUIMG_TREE_EXT (tree), path, error);
      if (found != NULL)
        domuimg_copier_add (self->copier, found, fd, ALIGNMENT);
      return found != NULL;
    }
  if (!domuimg_copier_wait (self->copier, error))
    return FALSE;
  if (!domuimg_pad_file (fd, ALIGNMENT))
    return domuimg_set_errno (error, errno, "writing the copy of the initramfs");
  return domuimg_tree_copy_out (tree, path, fd, NULL, error);
}

/* One behind the other. */
static gboolean
load_ramdisks (DomuimgReader *self, const char *hint, const GPtrArray *paths, gboolean dry,
               GError **error)
{
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      DomuimgTree *tree = find_tree (self, hint, path, error);

      if (tree == NULL || (!dry && !copy_ramdisk (self, tree, path, error)))
        return FALSE;
    }
  return TRUE;
}

/* Kernel and ramdisks at the same time. */
static gboolean
copy_all (DomuimgReader *self, const char *hint, DomuimgTree *tree, const char *kernel,
          const GPtrArray *ramdisks, DomuimgBootloaderLoaded *loaded, GError **error)
{
  gboolean ok = load_ramdisks (self, hint, ramdisks, FALSE, error);

  if (ok && !copy_kernel (self, tree, kernel, error))
    {
      g_prefix_error (error, "%s: ", kernel);
      ok = FALSE;
    }
  if (!domuimg_copier_wait (self->copier, ok ? error : NULL) || !ok)
    return FALSE;
  if (domuimg_reader_settle_kernel (&self->setup, loaded, error))
    return TRUE;
  g_prefix_error (error, "%s: ", kernel);
  return FALSE;
}

static gboolean
load (DomuimgReader *self, const char *hint, const char *kernel, const GPtrArray *ramdisks,
      gboolean dry, DomuimgBootloaderLoaded *loaded, GError **error)
{
  DomuimgTree *tree = find_tree (self, hint, kernel, error);

  if (tree == NULL)
    return FALSE;
  if (dry ? !load_ramdisks (self, hint, ramdisks, TRUE, error)
          : !copy_all (self, hint, tree, kernel, ramdisks, loaded, error))
    return FALSE;
  /* The one in a unified image comes first: it has taken the place of the others. */
  if (loaded->has_ramdisk
      && !(load_ramdisks (self, hint, ramdisks, FALSE, error)
           && domuimg_copier_wait (self->copier, error)))
    return FALSE;
  loaded->has_ramdisk = loaded->has_ramdisk || ramdisks->len > 0;
  return TRUE;
}

static gboolean
load_entry (DomuimgReader *self, const DomuimgBootloaderRequest *request,
            DomuimgBootloaderLoaded *loaded, GError **error)
{
  g_autoptr (GPtrArray) ramdisks = g_ptr_array_new ();
  const DomuimgMenuEntry *entry;

  if (request->ramdisk != NULL)
    g_ptr_array_add (ramdisks, request->ramdisk);
  if (request->kernel != NULL)
    return list_volumes (self, error)
           && load (self, NULL, request->kernel, ramdisks, request->dry, loaded, error);
  if (self->menu == NULL || self->volumes == NULL || request->entry >= self->menu->entries->len)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "there is no such entry");
  entry = g_ptr_array_index (self->menu->entries, request->entry);
  if (entry->kernel == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "“%s” has no kernel", entry->title);
  return load (self, entry->root_hint, entry->kernel, entry->initrds, request->dry, loaded, error);
}

/* Beside the menu, where no other volume is named. */
static DomuimgReaderVolume *
find_volume (const char *hint, gpointer data)
{
  DomuimgReader *self = data;
  DomuimgReaderVolume *hinted = find_hinted (self, hint);

  if (hint != NULL && hinted == NULL && domuimg_grub_device_is_elsewhere (hint))
    return NULL;
  if (hinted == NULL)
    return self->volume;
  return domuimg_reader_open_volume (&self->setup, hinted, NULL) != NULL ? hinted : NULL;
}

/* What the menu saves, and then its entry. */
static GBytes *
tell_saves (DomuimgReader *self, guint index, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (domuimg_bootloader_save_free);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  const DomuimgMenuEntry *entry;

  if (self->menu == NULL || self->volumes == NULL || index >= self->menu->entries->len)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "there is no such entry");
      return NULL;
    }
  entry = g_ptr_array_index (self->menu->entries, index);
  domuimg_reader_find_saves (self->menu->saves, find_volume, self, found, notes);
  domuimg_reader_find_saves (entry->saves, find_volume, self, found, notes);
  if (entry->is_counted)
    g_ptr_array_add (notes, g_strdup_printf ("the tries of %s: files are not renamed", entry->source));
  return domuimg_bootloader_saves_write (found, notes);
}

GBytes *
domuimg_reader_serve (GBytes *bytes, gpointer reader)
{
  g_auto (DomuimgBootloaderRequest) request = { 0 };
  DomuimgReader *self = reader;
  g_autoptr (GError) error = NULL;
  DomuimgBootloaderLoaded loaded = { 0 };
  GBytes *answer = NULL;

  domuimg_bootloader_request_read (bytes, &request);
  if (request.load && load_entry (self, &request, &loaded, &error))
    answer = domuimg_bootloader_loaded_write (&loaded);
  else if (request.saves)
    answer = tell_saves (self, request.entry, &error);
  else if (!request.load
           && (self->setup.is_config ? parse_config (self, &error) : find_menu (self, &error)))
    answer = domuimg_bootloader_menu_write (self->menu);
  g_free (loaded.note);
  if (answer == NULL)
    return domuimg_bootloader_error_write (error);
  if (g_bytes_get_size (answer) <= DOMUIMG_CONFINED_MESSAGE)
    return answer;
  g_bytes_unref (answer);
  domuimg_fail (&error, DOMUIMG_ERROR_CORRUPT_INPUT, "the boot menu is larger than any");
  return domuimg_bootloader_error_write (error);
}
