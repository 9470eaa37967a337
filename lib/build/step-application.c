/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel of a guest that is one application, and the initramfs that our init makes of it. */
#include "config.h"
#include "lib/build/application.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cpio-write.h"
#include "lib/base/fd.h"
#include "lib/build/copy-out.h"
#include "lib/build/state.h"
#include "lib/guest/kernels.h"
#include "lib/kernel/needs.h"
#include "lib/kernel/select-drivers.h"
#include "lib/repair/modules.h"
#include "lib/tree/dir.h"

/* The list that cli/init/root.c reads. */
#define LIST "modules.load"

const DomuimgApplication *
domuimg_build_get_application (const DomuimgBuildState *self)
{
  return domuimg_source_get_application (self->plan->source);
}

/* (element-type utf8) (unowned) Modules of the guest's disks, filesystems and network. */
static GPtrArray *
list_modules (DomuimgBuildState *self, DomuimgGuestType type)
{
  GPtrArray *modules = g_ptr_array_new ();
  const DomuimgNeed *fs = domuimg_need_of_fs (self->root_fs);

  g_ptr_array_add (modules, (char *) domuimg_need_of_disks (type)->modules[0]);
  g_ptr_array_add (modules, (char *) (fs != NULL ? fs->modules[0] : self->root_fs));
  for (guint i = 0; i < self->plan->parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (self->plan->parts, i);

      fs = domuimg_need_of_fs (part->fs);
      if (fs != NULL)
        g_ptr_array_add (modules, (char *) fs->modules[0]);
    }
  if (self->plan->nics->len > 0)
    g_ptr_array_add (modules, (char *) domuimg_need_of_network.modules[0]);
  g_ptr_array_add (modules, NULL);
  return modules;
}

/* What a kernel without a list of its modules needs is inside of it, or nowhere. */
static gboolean
has_all_inside (DomuimgBuildState *self, DomuimgTree *tree, DomuimgKernelChoice *choice,
                DomuimgGuestType type, char **text)
{
  g_autofree char *initrd = g_steal_pointer (&choice->initrd);
  gboolean has = domuimg_drivers_check (tree, choice, type, self->root_fs, text);

  choice->initrd = g_steal_pointer (&initrd);
  return has;
}

static gboolean
accept (DomuimgTree *tree, DomuimgKernelChoice *choice, DomuimgGuestType type, gpointer user_data,
        char **text)
{
  DomuimgBuildState *self = user_data;
  g_autoptr (GPtrArray) modules = list_modules (self, type);
  g_autoptr (GPtrArray) paths = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *list = g_strdup_printf ("/lib/modules/%s/modules.dep", choice->version);

  if (!domuimg_tree_exists (tree, list))
    return has_all_inside (self, tree, choice, type, text);
  paths = domuimg_modules_resolve (tree, choice->version, (const char *const *) modules->pdata, &error);
  if (paths == NULL)
    *text = g_strdup_printf ("%s [initramfs-driver]", error->message);
  else if (paths->len == 0)
    *text = g_strdup ("all that the guest needs is built into it");
  else
    *text = g_strdup_printf ("an initramfs has the %u modules that the guest needs", paths->len);
  return paths != NULL;
}

static gboolean
add_modules (DomuimgCpioWriter *writer, DomuimgTree *tree, GPtrArray *paths, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GBytes) text = NULL;

  for (guint i = 0; i < paths->len; i++)
    {
      g_autoptr (GBytes) module = domuimg_modules_read (tree, paths->pdata[i], error);
      /* Its suffix would be of what it is no longer packed by. */
      const char *end = strstr (paths->pdata[i], ".ko");
      g_autofree char *path = g_strndup (paths->pdata[i], end + 3 - (char *) paths->pdata[i]);

      if (module == NULL || !domuimg_cpio_writer_add_file (writer, path + 1, 0644, module, error))
        return FALSE;
      g_string_append_printf (list, "%s\n", path);
    }
  text = g_bytes_new (list->str, list->len);
  return domuimg_cpio_writer_add_file (writer, LIST, 0644, text, error);
}

static GBytes *
make_initramfs (DomuimgTree *tree, GPtrArray *paths, GError **error)
{
  DomuimgCpioWriter *writer = domuimg_cpio_writer_new ();
  g_autoptr (GBytes) init = domuimg_application_load_init (error);
  GBytes *archive = NULL;

  if (init != NULL && domuimg_cpio_writer_add_file (writer, "init", 0755, init, error)
      && add_modules (writer, tree, paths, error))
    archive = domuimg_cpio_writer_finish (writer, error);
  domuimg_cpio_writer_free (writer);
  return archive;
}

static gboolean
write_initramfs (DomuimgBuildState *self, GBytes *archive, GError **error)
{
  g_auto (DomuimgFd) fd = open (self->ramdisk, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  gsize length;
  const void *bytes = g_bytes_get_data (archive, &length);

  if (fd < 0 || !domuimg_write_all (fd, bytes, length))
    return domuimg_set_errno (error, errno, "writing %s", self->plan->ramdisk_path);
  self->ramdisk_read
      = domuimg_initramfs_new_for_bytes (archive, self->plan->ramdisk_path, error);
  self->has_ramdisk = TRUE;
  return self->ramdisk_read != NULL;
}

/* The initramfs of the kernel @choice in @tree, where one is needed. */
static gboolean
add_initramfs (DomuimgBuildState *self, DomuimgTree *tree, const char *version, GError **error)
{
  g_autofree char *list = g_strdup_printf ("/lib/modules/%s/modules.dep", version);
  g_autoptr (GPtrArray) modules = list_modules (self, self->type);
  g_autoptr (GPtrArray) paths = NULL;
  g_autoptr (GBytes) archive = NULL;

  if (!domuimg_tree_exists (tree, list))
    return TRUE;
  paths = domuimg_modules_resolve (tree, version, (const char *const *) modules->pdata, error);
  if (paths == NULL || paths->len == 0)
    return paths != NULL;
  archive = make_initramfs (tree, paths, error);
  return archive != NULL && write_initramfs (self, archive, error);
}

static gboolean
use_tree (DomuimgBuildState *self, DomuimgTree *tree, GPtrArray *choices, const char *from,
          GCancellable *cancellable, GError **error)
{
  DomuimgKernelTarget target = domuimg_plan_get_target (self->plan);
  g_autoptr (DomuimgKernelChoice) choice
      = domuimg_kernel_select_accepted (tree, choices, &target, accept, self, &self->type, error);

  if (choice == NULL)
    {
      g_prefix_error (error, "the %s: ", from);
      return FALSE;
    }
  g_clear_pointer (&choice->initrd, g_free);
  domuimg_build_keep_choice (self, tree, choice);
  self->kernel_version = g_strdup (choice->version);
  self->kernel_from = g_strdup (from);
  self->kernel_reason = g_strdup (choice->reason);
  return domuimg_copy_out (tree, choice->vmlinuz, self->kernel, self->plan->kernel_path, cancellable, error)
         && add_initramfs (self, tree, choice->version, error);
}

static gboolean
use_host (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  const char *root = domuimg_plan_get (self->plan, "host-root", "/");
  g_autoptr (DomuimgTree) host = domuimg_tree_dir_new (root, error);
  g_autoptr (GPtrArray) choices = host != NULL ? domuimg_kernel_list (host, error) : NULL;

  return choices != NULL && use_tree (self, host, choices, "host", cancellable, error);
}

static gboolean
use_guest (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_guest_list_kernels (self->tree, error);

  return choices != NULL && use_tree (self, self->tree, choices, "guest", cancellable, error);
}

/* A kernel that was given alone: its modules are where the host's are, if anywhere. */
static gboolean
complete_file (DomuimgBuildState *self, GError **error)
{
  const char *root = domuimg_plan_get (self->plan, "host-root", "/");
  g_autoptr (DomuimgTree) host = self->has_ramdisk ? NULL : domuimg_tree_dir_new (root, error);

  if (self->has_ramdisk)
    return TRUE;
  return host != NULL && add_initramfs (self, host, self->kernel_version, error);
}

gboolean
domuimg_build_use_application_kernel (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  switch (self->plan->kernel->policy->origin)
    {
    case DOMUIMG_KERNEL_OF_ANY:
    case DOMUIMG_KERNEL_OF_HOST:
      return use_host (self, cancellable, error);
    case DOMUIMG_KERNEL_OF_GUEST:
      return use_guest (self, cancellable, error);
    case DOMUIMG_KERNEL_OF_FILE:
      return complete_file (self, error);
    default:
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                           "--kernel %s: a guest that is one application has no kernel or menu in it that"
                           " could be started so; use --kernel host or file:VMLINUZ",
                           self->plan->kernel->text);
    }
}
