/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules that an initramfs lacks, in an archive that is put before it. */
#include "config.h"
#include "lib/repair/initramfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/base/cpio-write.h"
#include "lib/repair/modules.h"

/* Modules that an initramfs lacks. An archive with them is put before it, as the ones with
 * microcode are, so that nothing in it is replaced and any compression may follow: the modules in
 * a directory of their own, and a hook that loads them one after another, since the indexes that
 * modprobe needs are the initramfs's own. */

#define PIECE (256 * 1024)

/* kmod and busybox are what their name says. */
static const char *
find_loader (DomuimgInitramfs *initramfs)
{
  static const char *const loaders[]
      = { "usr/sbin/insmod", "usr/bin/insmod",    "sbin/insmod",     "usr/bin/kmod", "bin/kmod",
          "usr/sbin/modprobe", "sbin/modprobe",   "usr/bin/busybox", "bin/busybox" };

  for (guint i = 0; i < G_N_ELEMENTS (loaders); i++)
    if (domuimg_initramfs_has_file (initramfs, loaders[i]))
      return loaders[i];
  return NULL;
}

static char *
find_dracut_hooks (DomuimgInitramfs *initramfs)
{
  static const char *const places[]
      = { "var/lib/dracut/hooks", "usr/lib/dracut/hooks", "lib/dracut/hooks" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *hooks = g_strconcat (places[i], "/pre-udev", NULL);

      if (domuimg_initramfs_has_file (initramfs, hooks))
        return g_steal_pointer (&hooks);
    }
  return NULL;
}

gboolean
domuimg_initramfs_find_hook (DomuimgInitramfs *initramfs, const char *name,
                             DomuimgInitramfsHook *hook)
{
  g_autofree char *dracut = find_dracut_hooks (initramfs);

  *hook = (DomuimgInitramfsHook){ .loader = find_loader (initramfs) };
  if (hook->loader == NULL)
    return FALSE;
  /* initramfs-tools' init sources whatever lies there, before it loads a module itself. */
  if (domuimg_initramfs_has_file (initramfs, "conf/initramfs.conf"))
    hook->path = g_strdup_printf ("conf/conf.d/%s", name);
  else if (dracut != NULL)
    hook->path = g_strdup_printf ("%s/00-%s.sh", dracut, name);
  else if (domuimg_initramfs_has_file (initramfs, "usr/lib/systemd/systemd")
           || domuimg_initramfs_has_file (initramfs, "lib/systemd/systemd"))
    {
      hook->path = g_strdup_printf ("etc/systemd/system/%s.service", name);
      hook->wanted_by = g_strdup_printf ("etc/systemd/system/sysinit.target.wants/%s.service",
                                         name);
    }
  return hook->path != NULL;
}

void
domuimg_initramfs_hook_clear (DomuimgInitramfsHook *self)
{
  g_free (self->path);
  g_free (self->wanted_by);
}

/* A script that is sourced, or a unit. */
static char *
write_hook (const DomuimgInitramfsHook *self, const char *name, GPtrArray *modules)
{
  g_autoptr (GString) text = g_string_new ("# Written by domuimg: drivers of a Xen guest\n");

  if (self->wanted_by != NULL)
    g_string_append (text, "[Unit]\nDescription=Drivers of a Xen guest\nDefaultDependencies=no\n"
                           "Before=sysinit.target\n\n[Service]\nType=oneshot\n");
  for (guint i = 0; i < modules->len; i++)
    {
      const char *module = g_ptr_array_index (modules, i);

      if (self->wanted_by != NULL)
        g_string_append_printf (text, "ExecStart=-/%s/insmod /%s/%s.ko\n", name, name, module);
      else
        g_string_append_printf (text, "[ -e /sys/module/%s ] || /%s/insmod /%s/%s.ko\n", module,
                                name, name, module);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
add_hook (DomuimgCpioWriter *cpio, const DomuimgInitramfsHook *hook, const char *name,
          GPtrArray *modules, GError **error)
{
  char *text = write_hook (hook, name, modules);
  g_autoptr (GBytes) content = g_bytes_new_take (text, strlen (text));
  g_autofree char *insmod = g_strdup_printf ("%s/insmod", name);
  g_autofree char *loader = g_strdup_printf ("/%s", hook->loader);
  g_autofree char *unit = g_strdup_printf ("/%s", hook->path);

  return domuimg_cpio_writer_add_symlink (cpio, insmod, loader, error)
         && domuimg_cpio_writer_add_file (cpio, hook->path, 0644, content, error)
         && (hook->wanted_by == NULL
             || domuimg_cpio_writer_add_symlink (cpio, hook->wanted_by, unit, error));
}

GBytes *
domuimg_initramfs_make_addition (DomuimgTree *tree, DomuimgInitramfs *initramfs,
                                 const char *version, const char *name,
                                 const char *const *modules, GError **error)
{
  g_auto (DomuimgInitramfsHook) hook = { NULL };
  g_autoptr (GPtrArray) paths = domuimg_modules_resolve (tree, version, modules, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (DomuimgCpioWriter) cpio = domuimg_cpio_writer_new ();

  if (paths == NULL)
    return NULL;
  if (!domuimg_initramfs_find_hook (initramfs, name, &hook))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "what loads modules in this initramfs is not known");
      return NULL;
    }
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      char *module = domuimg_module_of_path (path);
      g_autoptr (GBytes) content = domuimg_modules_read (tree, path, error);
      g_autofree char *to = g_strdup_printf ("%s/%s.ko", name, module);

      g_ptr_array_add (names, module);
      if (content == NULL || !domuimg_cpio_writer_add_file (cpio, to, 0644, content, error))
        return NULL;
    }
  return add_hook (cpio, &hook, name, names, error) ? domuimg_cpio_writer_finish (cpio, error)
                                                    : NULL;
}

/* A file without a name with the addition, to be followed by the initramfs. */
static int
make_temporary (GBytes *addition, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_unnamed_file (NULL, error);
  gsize length;
  const void *data = g_bytes_get_data (addition, &length);
  int result = fd;

  if (fd < 0)
    return -1;
  if (!domuimg_write_all (fd, data, length))
    {
      domuimg_set_errno (error, errno, "writing a temporary file in %s", g_get_tmp_dir ());
      return -1;
    }
  fd = -1;
  return result;
}

static gboolean
copy_bytes (int from, int to, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PIECE);
  gssize got;

  while ((got = read (from, buffer, PIECE)) > 0)
    if (!domuimg_write_all (to, buffer, (gsize) got))
      return domuimg_set_errno (error, errno, "writing an initramfs");
  return got == 0 || domuimg_set_errno (error, errno, "reading an initramfs");
}

/* A file of the host, shared perhaps with other guests: to them the addition is nothing new. */
static gboolean
prepend_on_host (DomuimgRepairSite *self, const char *path, GBytes *addition, GError **error)
{
  const char *copy = domuimg_repair_get_file (self, path, error);
  g_auto (DomuimgFd) file = copy != NULL ? open (copy, O_RDWR | O_CLOEXEC) : -1;
  g_auto (DomuimgFd) fd = -1;

  if (copy == NULL)
    return FALSE;
  if (file < 0)
    return domuimg_set_errno (error, errno, "opening %s", copy);
  fd = make_temporary (addition, error);
  if (fd < 0 || !copy_bytes (file, fd, error))
    return FALSE;
  if (lseek (fd, 0, SEEK_SET) != 0 || lseek (file, 0, SEEK_SET) != 0 || ftruncate (file, 0) != 0)
    return domuimg_set_errno (error, errno, "writing %s", copy);
  return copy_bytes (fd, file, error);
}

static gboolean
prepend_in_guest (DomuimgRepairSite *self, const char *path, GBytes *addition, GError **error)
{
  DomuimgEdit *boot = domuimg_repair_get_boot (self, error);
  g_auto (DomuimgFd) fd = -1;
  g_autofree char *resolved = boot != NULL ? domuimg_tree_resolve (boot->tree, path, error) : NULL;
  g_autoptr (DomuimgEntry) entry = NULL;

  if (resolved == NULL || !domuimg_edit_keep (boot, resolved, error))
    return FALSE;
  entry = domuimg_tree_stat (boot->tree, resolved, error);
  fd = entry != NULL ? make_temporary (addition, error) : -1;
  if (fd < 0 || !domuimg_tree_copy_out (boot->tree, resolved, fd, boot->cancellable, error))
    return FALSE;
  if (lseek (fd, 0, SEEK_SET) != 0)
    return domuimg_set_errno (error, errno, "reading a temporary file");
  return domuimg_tree_put_fd (boot->tree, entry, fd, boot->cancellable, error);
}

/* A name that is not in the initramfs yet, as that would come later and win. */
static char *
choose_name (DomuimgInitramfs *initramfs, char **modules)
{
  g_autofree char *list = g_strjoinv ("-", modules);

  for (guint i = 0;; i++)
    {
      g_autofree char *name = i == 0 ? g_strdup_printf ("domuimg-%s", list)
                                     : g_strdup_printf ("domuimg-%s.%u", list, i);
      g_autofree char *path = g_strconcat (name, "/insmod", NULL);

      if (!domuimg_initramfs_has_file (initramfs, path))
        return g_steal_pointer (&name);
    }
}

gboolean
domuimg_repair_initramfs (DomuimgRepairSite *self, const char *argument, GError **error)
{
  const DomuimgGuestBoot *boot = self->loaded;
  const char *path = g_ptr_array_index (boot->initrd_paths, boot->initrd_paths->len - 1);
  g_auto (GStrv) modules = g_strsplit (argument, ",", -1);
  g_autofree char *name = choose_name (boot->initramfs, modules);
  DomuimgEdit *root = domuimg_repair_get_root (self, error);
  g_autoptr (GBytes) addition = NULL;

  if (root == NULL)
    return FALSE;
  addition = domuimg_initramfs_make_addition (root->tree, boot->initramfs,
                                              domuimg_kernel_get_version (boot->kernel), name,
                                              (const char *const *) modules, error);
  if (addition == NULL
      || !(boot->in_guest ? prepend_in_guest (self, path, addition, error)
                          : prepend_on_host (self, path, addition, error)))
    return FALSE;
  domuimg_edit_note (root,
                     "put %s into the initramfs %s: its first %" G_GSIZE_FORMAT
                     " bytes, without which it is as it was",
                     argument, path, g_bytes_get_size (addition));
  return domuimg_repair_keep_modules (root, (const char *const *) modules, error);
}

GPtrArray *
domuimg_repair_list_missing_modules (DomuimgGuestBoot *boot, DomuimgTree *tree,
                                     const DomuimgVolume *root)
{
  const DomuimgNeed *needs[] = { domuimg_need_of_disks (DOMUIMG_GUEST_TYPE_PV),
                                 &domuimg_need_of_network,
                                 root != NULL ? domuimg_need_of_fs (root->fs) : NULL,
                                 root != NULL && root->lv != NULL ? &domuimg_need_of_volumes
                                                                  : NULL };
  GPtrArray *modules = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (needs); i++)
    if (needs[i] != NULL && !domuimg_guest_boot_meets (boot, tree, needs[i]))
      g_ptr_array_add (modules, (char *) needs[i]->modules[0]);
  return modules;
}
