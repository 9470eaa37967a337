/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chooses the kernel that the guest starts with and copies it beside the image; if it is not the
 * guest's own, its modules are copied into the guest. */
#include "config.h"
#include "lib/build/state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/article.h"
#include "lib/build/application.h"
#include "lib/build/copy-out.h"
#include "lib/build/host-modules.h"
#include "lib/build/step-loader.h"
#include "lib/guest/boot-menu.h"
#include "lib/guest/kernels.h"
#include "lib/kernel/initramfs.h"
#include "lib/tree/dir.h"

void
domuimg_build_keep_choice (DomuimgBuildState *self, DomuimgTree *tree,
                           const DomuimgKernelChoice *choice)
{
  g_set_object (&self->kernel_read, choice->kernel);
  g_clear_pointer (&self->ramdisk_read, domuimg_initramfs_free);
  if (choice->initramfs != NULL)
    self->ramdisk_read = domuimg_initramfs_ref (choice->initramfs);
  else if (choice->initrd != NULL)
    self->ramdisk_read = domuimg_look_ahead_find_initramfs (tree, choice->initrd);
  g_free (self->kernel_in_tree);
  self->kernel_in_tree = g_strdup (choice->vmlinuz);
  g_free (self->ramdisk_in_tree);
  self->ramdisk_in_tree = g_strdup (choice->initrd);
}

static gboolean
copy_choice (DomuimgBuildState *self, DomuimgTree *tree, const DomuimgKernelChoice *choice,
             const char *from, GCancellable *cancellable, GError **error)
{
  self->kernel_version = g_strdup (choice->version);
  self->kernel_from = g_strdup (from);
  self->kernel_reason = g_strdup (choice->reason);
  self->has_ramdisk = choice->initrd != NULL;
  domuimg_build_keep_choice (self, tree, choice);
  if (!domuimg_copy_out (tree, choice->vmlinuz, self->kernel, self->plan->kernel_path, cancellable,
                         error))
    return FALSE;
  return !self->has_ramdisk
         || domuimg_copy_out (tree, choice->initrd, self->ramdisk, self->plan->ramdisk_path,
                              cancellable, error);
}

static gboolean
use_guest (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_guest_list_kernels (self->tree, error);
  DomuimgKernelTarget target = domuimg_plan_get_target (self->plan);
  g_autoptr (DomuimgKernelChoice) choice = NULL;

  if (choices != NULL)
    choice = domuimg_kernel_select_from (self->tree, choices, &target, self->root_fs, &self->type, error);
  if (choice == NULL)
    {
      g_prefix_error (error, "the guest: ");
      return FALSE;
    }
  return copy_choice (self, self->tree, choice, "guest", cancellable, error);
}

static gboolean
choose_host (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  const char *root = domuimg_plan_get (self->plan, "host-root", "/");
  g_autoptr (DomuimgTree) host = domuimg_tree_dir_new (root, error);
  DomuimgKernelTarget target = domuimg_plan_get_target (self->plan);
  g_autoptr (DomuimgKernelChoice) choice = NULL;

  if (host == NULL)
    return FALSE;
  choice = domuimg_kernel_select (host, &target, self->root_fs, &self->type, error);
  if (choice == NULL)
    {
      g_prefix_error (error, "the host (%s): ", root);
      return FALSE;
    }
  /* Old initramfs tools, and a guest's own modprobe, look for modules of the running kernel. */
  return domuimg_host_modules_measure (host, choice->version, &self->modules, error)
         && copy_choice (self, host, choice, "host", cancellable, error);
}

static gboolean
add_host_modules (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  const char *root = domuimg_plan_get (self->plan, "host-root", "/");
  g_autoptr (DomuimgTree) host = domuimg_tree_dir_new (root, error);

  return host != NULL
         && domuimg_host_modules_copy (self, host, self->kernel_version, cancellable, error);
}

static gboolean
copy_file (const char *from, const char *to, const char *name, GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GFile) source = g_file_new_for_path (from);
  g_autoptr (GFile) target = g_file_new_for_path (to);
  g_autoptr (GError) local = NULL;

  if (g_file_copy (source, target, G_FILE_COPY_NONE, cancellable, NULL, NULL, &local))
    return TRUE;
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&local));
  else if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    domuimg_set_errno (error, ENOSPC, "copying %s to %s", from, name);
  else
    domuimg_fail (error, DOMUIMG_ERROR_IO, "copying %s to %s: %s", from, name, local->message);
  return FALSE;
}

static gboolean
check_ramdisk (DomuimgBuildState *self, const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local = NULL;

  file = g_mapped_file_new (path, FALSE, &local);
  if (file == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "ramdisk: %s", local->message);
  bytes = g_mapped_file_get_bytes (file);
  self->ramdisk_read = domuimg_initramfs_new_for_bytes (bytes, path, error);
  return self->ramdisk_read != NULL;
}

/* PVH before PV, as wherever a type is to be chosen. */
static gboolean
choose_type (DomuimgBuildState *self, DomuimgKernel *kernel, const char *path, GError **error)
{
  static const DomuimgGuestType order[] = { DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_PV };
  const char *type = domuimg_guest_type_to_string (self->plan->type);
  g_autofree char *reason = NULL;

  if (self->plan->type != DOMUIMG_GUEST_TYPE_AUTO)
    {
      if (domuimg_kernel_can_boot (kernel, self->plan->type, &reason))
        return TRUE;
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "%s cannot boot as %s %s guest: %s [kernel-type]",
                           path, domuimg_article (type), type, reason);
    }
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      g_clear_pointer (&reason, g_free);
      if (domuimg_kernel_can_boot (kernel, order[i], &reason))
        {
          self->type = order[i];
          return TRUE;
        }
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "%s can boot neither PVH nor PV: %s [kernel-type]",
                       path, reason);
}

/* What is damaged is known by the rule of a check; what could not be read is a different case. */
static gboolean
name_rule (GError **error, const char *rule)
{
  if (error != NULL && g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    {
      g_autofree char *message = g_steal_pointer (&(*error)->message);

      (*error)->message = g_strdup_printf ("%s [%s]", message, rule);
    }
  return FALSE;
}

static gboolean
use_file (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  const DomuimgKernelSpec *files = self->plan->kernel;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_file (files->kernel, error);
  const char *version;

  if (kernel == NULL)
    return name_rule (error, "kernel-not-a-kernel");
  if (!choose_type (self, kernel, files->kernel, error))
    return FALSE;
  if (files->ramdisk != NULL && !check_ramdisk (self, files->ramdisk, error))
    return name_rule (error, "initramfs-corrupt");
  g_set_object (&self->kernel_read, kernel);
  version = domuimg_kernel_get_version (kernel);
  self->kernel_version = g_strdup (version != NULL ? version : "of unknown version");
  self->kernel_from = g_strdup ("file");
  self->kernel_reason = g_strdup_printf ("The kernel is %s, as it was asked for.", files->kernel);
  self->has_ramdisk = files->ramdisk != NULL;
  return copy_file (files->kernel, self->kernel, self->plan->kernel_path, cancellable, error)
         && (!self->has_ramdisk
             || copy_file (files->ramdisk, self->ramdisk, self->plan->ramdisk_path, cancellable,
                           error));
}

/* What is tried second must not find the first's half copy. */
static void
forget_kernel (DomuimgBuildState *self)
{
  unlink (self->kernel);
  unlink (self->ramdisk);
  g_clear_object (&self->kernel_read);
  g_clear_pointer (&self->ramdisk_read, domuimg_initramfs_free);
  g_clear_pointer (&self->kernel_version, g_free);
  g_clear_pointer (&self->kernel_from, g_free);
  g_clear_pointer (&self->kernel_reason, g_free);
  self->has_ramdisk = FALSE;
}

static gboolean
is_other_kernels_turn (const GError *error)
{
  return g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_BOOTABLE)
         || g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

/* Still one sentence: "…; HOW (OF_GUEST)." */
static void
explain_fallback (DomuimgBuildState *self, const char *how, const GError *of_guest)
{
  g_autofree char *reason = g_steal_pointer (&self->kernel_reason);

  reason[strlen (reason) - 1] = '\0';
  self->kernel_reason = g_strdup_printf ("%s; %s (%s).", reason, how, of_guest->message);
}

/* Its own kernel suits a guest better than the host's, and the project's boot loader starts some that
 * Xen does not. */
static gboolean
use_own_loader (DomuimgBuildState *self, const GError *of_guest)
{
  const DomuimgKernelPolicy *policy = domuimg_kernel_policy_get_own_loader ();
  g_autofree char *program = g_find_program_in_path (policy->program);

  if (program == NULL || self->plan->type == DOMUIMG_GUEST_TYPE_HVM || self->tree == NULL
      || !domuimg_boot_menu_check_cmdline (domuimg_plan_get (self->plan, "extra", ""), NULL))
    return FALSE;
  self->loader = policy->loader;
  self->program = policy->program;
  if (domuimg_build_use_loader (self, NULL))
    {
      explain_fallback (self, "Xen itself cannot start it", of_guest);
      return TRUE;
    }
  self->loader = self->plan->kernel->policy->loader;
  self->program = self->plan->kernel->policy->program;
  return FALSE;
}

static gboolean
use_auto (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) of_guest = NULL;
  g_autoptr (GError) of_host = NULL;

  if (use_guest (self, cancellable, &of_guest))
    return TRUE;
  if (!is_other_kernels_turn (of_guest))
    {
      g_propagate_error (error, g_steal_pointer (&of_guest));
      return FALSE;
    }
  forget_kernel (self);
  if (use_own_loader (self, of_guest))
    return TRUE;
  forget_kernel (self);
  if (choose_host (self, cancellable, &of_host))
    {
      explain_fallback (self, "it is the host's, as the guest's would not do", of_guest);
      return add_host_modules (self, cancellable, error);
    }
  if (!is_other_kernels_turn (of_host))
    {
      g_propagate_error (error, g_steal_pointer (&of_host));
      return FALSE;
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "no kernel to boot with: %s; %s; or use --kernel file:VMLINUZ,INITRD",
                       of_guest->message, of_host->message);
}

gboolean
domuimg_build_has_other_kernel (DomuimgBuildState *self)
{
  DomuimgKernelOrigin origin = self->plan->kernel->policy->origin;

  return origin == DOMUIMG_KERNEL_OF_HOST || origin == DOMUIMG_KERNEL_OF_FILE
         || origin == DOMUIMG_KERNEL_OF_NETWORK;
}

gboolean
domuimg_build_step_known_kernel (DomuimgBuildState *self, DomuimgProgress *progress,
                                 GCancellable *cancellable, GError **error)
{
  domuimg_progress_set_message (progress, "Looking at the kernel");
  switch (self->plan->kernel->policy->origin)
    {
    case DOMUIMG_KERNEL_OF_HOST:
      return domuimg_build_get_application (self) != NULL || choose_host (self, cancellable, error);
    case DOMUIMG_KERNEL_OF_FILE:
      return use_file (self, cancellable, error);
    case DOMUIMG_KERNEL_OF_NETWORK:
      domuimg_build_use_network (self);
      return TRUE;
    default:
      return TRUE;
    }
}

gboolean
domuimg_build_step_kernel (DomuimgBuildState *self, DomuimgProgress *progress,
                           GCancellable *cancellable, GError **error)
{
  if (self->loader == DOMUIMG_LOADER_FIRMWARE && self->plan->import != NULL)
    return TRUE;
  domuimg_progress_set_message (progress, "Choosing the kernel");
  if (domuimg_build_get_application (self) != NULL)
    return domuimg_build_use_application_kernel (self, cancellable, error);
  switch (self->plan->kernel->policy->origin)
    {
    case DOMUIMG_KERNEL_OF_HOST:
      return add_host_modules (self, cancellable, error);
    case DOMUIMG_KERNEL_OF_GUEST:
      return use_guest (self, cancellable, error);
    case DOMUIMG_KERNEL_STAYS:
      return domuimg_build_use_loader (self, error);
    case DOMUIMG_KERNEL_OF_FILE:
    case DOMUIMG_KERNEL_OF_NETWORK:
      return TRUE;
    default:
      return use_auto (self, cancellable, error);
    }
}
