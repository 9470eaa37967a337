/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories and device nodes that a boot needs and a copied root lacks. */
#include "config.h"
#include "lib/guest/steps.h"

/* A copy of a running root lacks them; a boot needs them. */
static const struct {
  const char *path;
  guint32 mode;
} directories[] = {
  { "/proc", 0555 },    { "/sys", 0555 },      { "/dev", 0755 },      { "/tmp", 01777 },
  { "/mnt", 0755 },     { "/media", 0755 },    { "/boot", 0755 },     { "/home", 0755 },
  { "/root", 0700 },    { "/var", 0755 },      { "/var/tmp", 01777 }, { "/var/log", 0755 },
  { "/var/lib", 0755 }, { "/var/cache", 0755 },
};

/* linux/Documentation/admin-guide/devices.txt; Xen's console and disks are 229 and 202. */
static const struct {
  const char *path;
  DomuimgEntryType type;
  guint32 mode, dev_major, dev_minor;
} nodes[] = {
  { "/dev/console", DOMUIMG_ENTRY_CHAR_DEVICE, 0600, 5, 1 },
  { "/dev/null", DOMUIMG_ENTRY_CHAR_DEVICE, 0666, 1, 3 },
  { "/dev/zero", DOMUIMG_ENTRY_CHAR_DEVICE, 0666, 1, 5 },
  { "/dev/full", DOMUIMG_ENTRY_CHAR_DEVICE, 0666, 1, 7 },
  { "/dev/random", DOMUIMG_ENTRY_CHAR_DEVICE, 0666, 1, 8 },
  { "/dev/urandom", DOMUIMG_ENTRY_CHAR_DEVICE, 0666, 1, 9 },
  { "/dev/kmsg", DOMUIMG_ENTRY_CHAR_DEVICE, 0600, 1, 11 },
  { "/dev/tty", DOMUIMG_ENTRY_CHAR_DEVICE, 0666, 5, 0 },
  { "/dev/ptmx", DOMUIMG_ENTRY_CHAR_DEVICE, 0666, 5, 2 },
  { "/dev/tty0", DOMUIMG_ENTRY_CHAR_DEVICE, 0620, 4, 0 },
  { "/dev/tty1", DOMUIMG_ENTRY_CHAR_DEVICE, 0620, 4, 1 },
  { "/dev/ttyS0", DOMUIMG_ENTRY_CHAR_DEVICE, 0620, 4, 64 },
  { "/dev/hvc0", DOMUIMG_ENTRY_CHAR_DEVICE, 0620, 229, 0 },
  { "/dev/xvda", DOMUIMG_ENTRY_BLOCK_DEVICE, 0660, 202, 0 },
  { "/dev/xvda1", DOMUIMG_ENTRY_BLOCK_DEVICE, 0660, 202, 1 },
};

static const struct {
  const char *path, *target;
} links[] = {
  { "/dev/fd", "/proc/self/fd" },
  { "/dev/stdin", "/proc/self/fd/0" },
  { "/dev/stdout", "/proc/self/fd/1" },
  { "/dev/stderr", "/proc/self/fd/2" },
};

static gboolean
is_there (DomuimgGuestRun *self, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->edit->tree, path, NULL);

  return entry != NULL;
}

static gboolean
make_nodes (DomuimgGuestRun *self, GError **error)
{
  if (!domuimg_edit_mkdir (self->edit, "/dev/pts", 0755, error)
      || !domuimg_edit_mkdir (self->edit, "/dev/shm", 01777, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      if (is_there (self, nodes[i].path))
        continue;
      if (!domuimg_tree_mknod (self->edit->tree, nodes[i].path, nodes[i].type, nodes[i].mode,
                               nodes[i].dev_major, nodes[i].dev_minor, error))
        return FALSE;
      domuimg_edit_note (self->edit, "made device %s", nodes[i].path);
    }
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    if (!is_there (self, links[i].path)
        && !domuimg_edit_symlink (self->edit, links[i].target, links[i].path, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_guest_step_devices (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (DomuimgEntry) var_run = domuimg_tree_stat (self->edit->tree, "/var/run", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    if (!domuimg_edit_mkdir (self->edit, directories[i].path, directories[i].mode, error))
      return FALSE;
  /* Systems from before /run have a true /var/run. */
  if ((var_run == NULL || var_run->type != DOMUIMG_ENTRY_DIRECTORY)
      && !domuimg_edit_mkdir (self->edit, "/run", 0755, error))
    return FALSE;
  return !self->want->device_nodes || make_nodes (self, error);
}
