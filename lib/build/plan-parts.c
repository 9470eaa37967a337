/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans the disks, network interfaces and kernel files of a new guest. */
#include "config.h"
#include "lib/build/plan-parts.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/addresses.h"
#include "lib/base/base.h"
#include "lib/build/plan-import.h"
#include "lib/build/plan-seed.h"
#include "lib/disk/file.h"
#include "lib/domain/model/identity.h"
#include "lib/fs/fs.h"
#include "lib/guest/application.h"
#include "lib/guest/logins.h"
#include "lib/spec/spec-keys.h"

#define DEFAULT_BRIDGE "xenbr0"

static gboolean
vdev_is_taken (GPtrArray *disks, const char *vdev)
{
  for (guint i = 0; i < disks->len; i++)
    {
      if (g_strcmp0 (((DomuimgDiskSpec *) g_ptr_array_index (disks, i))->vdev, vdev) == 0)
        return TRUE;
    }
  return FALSE;
}

static char *
free_vdev (GPtrArray *disks)
{
  for (char letter = 'a'; letter <= 'z'; letter++)
    {
      char vdev[] = { 'x', 'v', 'd', letter, '\0' };

      if (!vdev_is_taken (disks, vdev))
        return g_strdup (vdev);
    }
  return NULL;
}

char *
domuimg_plan_take_last_vdev (DomuimgPlan *self)
{
  for (char letter = 'z'; letter > 'a'; letter--)
    {
      char vdev[] = { 'x', 'v', 'd', letter, '\0' };

      if (!vdev_is_taken (self->disks, vdev))
        return g_strdup (vdev);
    }
  return NULL;
}

/* NAME.img holds the root; NAME-xvdb.img is a further disk. An archive holds all. */
static void
fill_path (DomuimgPlan *self, DomuimgDiskSpec *disk, gboolean is_root)
{
  g_autofree char *dir = g_path_get_dirname (self->manifest_path);
  const char *suffix = disk->kind->suffix;
  gboolean is_first = is_root || (disk->kind->traits & DOMUIMG_DISK_HOLDS_ALL) != 0;
  g_autofree char *name = is_first ? g_strdup_printf ("%s.%s", self->name, suffix)
                                   : g_strdup_printf ("%s-%s.%s", self->name, disk->vdev, suffix);
  g_autofree char *given = g_steal_pointer (&disk->path);

  disk->path = given != NULL ? g_canonicalize_filename (given, NULL)
                             : g_build_filename (dir, name, NULL);
}

static gboolean
place (DomuimgPlan *self, DomuimgDiskSpec *disk, gboolean is_root, GError **error)
{
  if (disk->kind->locate == NULL)
    {
      fill_path (self, disk, is_root);
      return TRUE;
    }
  disk->connect = g_strdup (domuimg_spec_get (self->spec, "connect"));
  return disk->kind->locate (disk, error);
}

static gboolean
check_made (const DomuimgDiskSpec *disk, gboolean is_root, GError **error)
{
  const DomuimgFs *fs = domuimg_fs_find (disk->fs);

  if ((disk->kind->traits & DOMUIMG_DISK_CAN_BE_FILLED) == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "only disks that are converted can become %s; this source makes raw ones",
                         disk->kind->name);
  if (!is_root && domuimg_fs_is_packed (fs))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "disk %s: only the root can be %s", disk->vdev, disk->fs);
  if (is_root && (fs == NULL || (fs->writer == NULL && !domuimg_fs_is_packed (fs))))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "the first disk holds the root, which can be ext4, ext3, ext2, xfs, btrfs,"
                         " f2fs, erofs or squashfs, not %s",
                         disk->fs);
  if (!is_root && disk->size == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "disk %s has no size: add size=",
                         disk->vdev);
  if (disk->size > 0 && disk->size < 8 * 1048576)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk %s: %" G_GUINT64_FORMAT " bytes are too small for a filesystem; "
                         "the least is 8M",
                         disk->vdev, disk->size);
  return TRUE;
}

/* An installer divides an empty disk itself. */
static gboolean
fit_installed (DomuimgPlan *self, DomuimgDiskSpec *disk, guint i, GError **error)
{
  if (disk->has_content)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk %s stays empty until the installer divides it: fs=, label=, mount= and inodes="
                         " are not for it",
                         disk->vdev);
  if ((disk->kind->traits & DOMUIMG_DISK_CAN_BE_FILLED) == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "only disks that are converted can become %s; an installer is given empty ones",
                         disk->kind->name);
  if (disk->size == 0 && i > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "disk %s has no size: add size=",
                         disk->vdev);
  if (disk->size == 0)
    disk->size = self->installer->disk_size;
  return TRUE;
}

/* Disks for an application's data, behind the others. */
static void
add_volumes (DomuimgPlan *self, GPtrArray *disks)
{
  g_autoptr (GPtrArray) volumes = domuimg_spec_get_objects (self->spec, "volume");

  for (guint i = 0; i < volumes->len; i++)
    g_ptr_array_add (disks, domuimg_disk_spec_copy (g_ptr_array_index (volumes, i)));
}

GPtrArray *
domuimg_plan_parse_disks (DomuimgPlan *self, GError **error)
{
  g_autoptr (GPtrArray) given = domuimg_spec_get_objects (self->spec, "disk");
  g_autoptr (GPtrArray) disks
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_disk_spec_free);

  for (guint i = 0; i < given->len; i++)
    {
      DomuimgDiskSpec *disk = domuimg_disk_spec_copy (g_ptr_array_index (given, i));

      if (disk->vdev != NULL && vdev_is_taken (disks, disk->vdev))
        {
          domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "two disks are %s", disk->vdev);
          domuimg_disk_spec_free (disk);
          return NULL;
        }
      g_ptr_array_add (disks, disk);
    }
  if (self->import != NULL)
    {
      g_autoptr (GPtrArray) all = domuimg_plan_import_disks (self, disks, error);

      if (all == NULL)
        return NULL;
    }
  else if (disks->len == 0)
    g_ptr_array_add (disks, domuimg_disk_spec_new ());
  add_volumes (self, disks);
  for (guint i = 0; i < disks->len; i++)
    {
      DomuimgDiskSpec *disk = g_ptr_array_index (disks, i);

      if (disk->vdev == NULL)
        disk->vdev = free_vdev (disks);
      if (!place (self, disk, i == 0, error))
        return NULL;
      if (disk->kind->settle != NULL
          && !disk->kind->settle (disk, i < domuimg_plan_count_converted (self), error))
        return NULL;
      if (self->installer != NULL ? !fit_installed (self, disk, i, error)
                                  : i >= domuimg_plan_count_converted (self)
                                        && !check_made (disk, self->import == NULL && i == 0, error))
        return NULL;
    }
  return g_steal_pointer (&disks);
}

static void
fill_nic (DomuimgPlan *self, DomuimgNicSpec *nic, guint i)
{
  g_autofree char *seed = g_strdup_printf ("domuimg/%s/nic/%u", self->name, i);

  if (nic->mac == NULL)
    nic->mac = g_strdup (domuimg_plan_get_replaced_mac (self, i));
  if (nic->mac == NULL)
    nic->mac = domuimg_plan_is_reproducible () ? domuimg_mac_new_from_seed (seed)
                                               : domuimg_mac_new_random ();
  if (nic->bridge == NULL)
    nic->bridge = g_strdup (DEFAULT_BRIDGE);
}

/* Those that --nic asks for; NULL where some ask for none, and others do not. */
static GPtrArray *
take_nics (DomuimgPlan *self, gboolean *none, GError **error)
{
  g_autoptr (GPtrArray) given = domuimg_spec_get_objects (self->spec, "nic");
  g_autoptr (GPtrArray) nics
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_nic_spec_free);

  *none = FALSE;
  for (guint i = 0; i < given->len; i++)
    {
      DomuimgNicSpec *nic = domuimg_nic_spec_copy (g_ptr_array_index (given, i));

      *none |= nic->is_none;
      /* A machine that is converted keeps its addresses unless others are given. */
      nic->unmanaged |= self->import != NULL && !nic->has_ip;
      g_ptr_array_add (nics, nic);
    }
  if (*none && nics->len > 1)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "--nic none and another --nic contradict each other");
      return NULL;
    }
  if (*none)
    g_ptr_array_set_size (nics, 0);
  return g_steal_pointer (&nics);
}

GPtrArray *
domuimg_plan_parse_nics (DomuimgPlan *self, GError **error)
{
  gboolean none;
  g_autoptr (GPtrArray) nics = take_nics (self, &none, error);

  if (nics == NULL)
    return NULL;
  if (!none && nics->len == 0 && self->import != NULL)
    {
      g_clear_pointer (&nics, g_ptr_array_unref);
      nics = domuimg_plan_import_nics (self, error);
      if (nics == NULL)
        return NULL;
    }
  else if (!none && nics->len == 0)
    g_ptr_array_add (nics, domuimg_nic_spec_new ());
  for (guint i = 0; i < nics->len; i++)
    {
      const DomuimgNicSpec *nic = g_ptr_array_index (nics, i);

      if (nic->pool != NULL && self->replaced == NULL && !domuimg_addresses_check (nic->pool, 1, NULL, error))
        return NULL;
      fill_nic (self, g_ptr_array_index (nics, i), i);
    }
  return g_steal_pointer (&nics);
}

static gboolean
check_readable (const char *what, const char *path, GError **error)
{
  if (path == NULL || g_str_equal (path, "-") || access (path, R_OK) == 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: %s cannot be read", what, path);
}

/* What can be read once only, such as a pipe, is left to the build. */
static gboolean
check_key (const char *path, GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return check_readable ("ssh-key", path, error);
  return domuimg_ssh_keys_read_file (path, keys, error);
}

static gboolean
check_env_file (const char *path, GError **error)
{
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return check_readable ("env-file", path, error);
  return domuimg_application_check_env_file (path, error);
}

static gboolean
check_logins (DomuimgPlan *self, GError **error)
{
  static const char *const keys[] = { "root-password", "root-password-file", "ssh-key" };
  const char *password = domuimg_spec_get (self->spec, "root-password");
  const char *file = domuimg_spec_get (self->spec, "root-password-file");

  if (password != NULL && file != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "root-password and root-password-file exclude each other: give one of them");
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (domuimg_spec_get (self->spec, keys[i]) != NULL
        && self->seed == NULL && domuimg_spec_get_flag (self->spec, "no-customise"))
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "no-customise leaves the guest's files as they are, so %s cannot be set:"
                           " give one of them",
                           keys[i]);
  return TRUE;
}

static gboolean
check_kernel_files (DomuimgPlan *self, GError **error)
{
  return check_readable ("kernel", self->kernel->kernel, error)
         && check_readable ("ramdisk", self->kernel->ramdisk, error);
}

gboolean
domuimg_plan_check_files (DomuimgPlan *self, GError **error)
{
  const char *results[] = { self->config_path, self->xml_path, self->manifest_path,
                            self->has_files_elsewhere ? NULL : self->kernel_path,
                            self->has_files_elsewhere ? NULL : self->ramdisk_path,
                            self->has_files_elsewhere ? NULL : self->seed_path,
                            self->install_config_path, self->install_kernel_path,
                            self->install_ramdisk_path };
  g_auto (GStrv) keys = domuimg_spec_get_all (self->spec, "ssh-key");
  g_auto (GStrv) env_files = domuimg_spec_get_all (self->spec, "env-file");

  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, i);

      if (!disk->kind->check (disk, self->force, error)
          || !check_readable ("luks", disk->luks, error))
        return FALSE;
    }
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    if (self->document_paths[i] != NULL
        && !domuimg_check_place (self->document_paths[i], self->force, error))
      return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      if (results[i] != NULL && !domuimg_check_place (results[i], self->force, error))
        return FALSE;
    }
  for (guint i = 0; keys[i] != NULL; i++)
    {
      if (!check_key (keys[i], error))
        return FALSE;
    }
  for (guint i = 0; env_files[i] != NULL; i++)
    if (!check_env_file (env_files[i], error))
      return FALSE;
  return check_logins (self, error)
         && check_readable ("root-password-file",
                         domuimg_spec_get (self->spec, "root-password-file"), error)
         && check_kernel_files (self, error) && domuimg_plan_check_seed (self, error);
}
