/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prepares guests whose kernel stays on their disk: GRUB in the guest, or pygrub or domuimg-bootloader in
 * dom0, finds it there by a menu. */
#include "config.h"
#include "lib/build/step-loader.h"

#include <unistd.h>

#include "lib/base/guest-type.h"
#include "lib/guest/boot-menu.h"
#include "lib/kernel/compat.h"
#include "lib/kernel/select-drivers.h"
#include "lib/kernel/select.h"
#include "lib/xen/version.h"

/* Where Debian's package grub-xen-host installs GRUB. */
#define GRUB_DIRECTORY "/usr/lib/grub-xen/"
#define GRUB_PVH GRUB_DIRECTORY "grub-i386-xen_pvh.bin"
#define GRUB_PV64 GRUB_DIRECTORY "grub-x86_64-xen.bin"
#define GRUB_PV32 GRUB_DIRECTORY "grub-i386-xen.bin"

/* The types to try; libvirt has no pygrub for PVH, so that comes second there. */
static const DomuimgGuestType *
types_of (DomuimgBuildState *self)
{
  static const DomuimgGuestType pvh_first[]
      = { DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_AUTO };
  static const DomuimgGuestType pv_first[]
      = { DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_AUTO };
  static const DomuimgGuestType only[][2]
      = { [DOMUIMG_GUEST_TYPE_PV] = { DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_AUTO },
          [DOMUIMG_GUEST_TYPE_PVH] = { DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_AUTO },
          [DOMUIMG_GUEST_TYPE_HVM] = { DOMUIMG_GUEST_TYPE_HVM, DOMUIMG_GUEST_TYPE_AUTO } };

  if (self->plan->type != DOMUIMG_GUEST_TYPE_AUTO)
    return only[self->plan->type];
  return self->loader == DOMUIMG_LOADER_PYGRUB ? pv_first : pvh_first;
}

/* domuimg-bootloader unpacks what Xen does not. */
static gboolean
can_start (DomuimgBuildState *self, DomuimgKernel *kernel, DomuimgGuestType type, char **why)
{
  DomuimgCompatProblem problem = domuimg_kernel_find_problem (
      kernel, type, self->loader, domuimg_plan_get_xen (self->plan), why);

  return problem == DOMUIMG_COMPAT_FINE
         || (problem == DOMUIMG_COMPAT_COMPRESSION && self->program != NULL);
}

static gboolean
try_choice (DomuimgBuildState *self, DomuimgKernelChoice *choice, char **why)
{
  g_autoptr (GError) local = NULL;

  if (!domuimg_kernel_choice_load (choice, self->tree, &local))
    {
      *why = g_strdup (local->message);
      return FALSE;
    }
  for (const DomuimgGuestType *type = types_of (self); *type != DOMUIMG_GUEST_TYPE_AUTO; type++)
    {
      g_clear_pointer (why, g_free);
      if (!can_start (self, choice->kernel, *type, why))
        continue;
      self->type = *type;
      return domuimg_drivers_check (self->tree, choice, *type, self->root_fs, why);
    }
  return FALSE;
}

static gboolean
refuse (DomuimgBuildState *self, const char *refusals, GError **error)
{
  gboolean pv_grub = self->loader == DOMUIMG_LOADER_PVGRUB
                     && self->plan->type == DOMUIMG_GUEST_TYPE_PV;

  if (*refusals == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                         "the guest: there is no kernel in /boot; install one (Debian:"
                         " --kernel-package linux-image-amd64, Fedora: kernel-core) [kernel-missing]");
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "the guest: %s can start no kernel here: %s%s", self->plan->kernel->text, refusals,
                       pv_grub ? "; use --type pvh, where the kernel unpacks itself, or a kernel"
                                 " packed by xz or gzip (--kernel-package linux-image-amd64)"
                               : "");
}

/* Moves the newest kernel that the loader can start to the front of @choices. */
static gboolean
choose (DomuimgBuildState *self, GPtrArray *choices, char **drivers, GError **error)
{
  g_autoptr (GString) refusals = g_string_new (NULL);

  for (guint i = 0; i < choices->len; i++)
    {
      DomuimgKernelChoice *choice = g_ptr_array_index (choices, i);
      g_autofree char *why = NULL;

      if (try_choice (self, choice, &why))
        {
          *drivers = g_steal_pointer (&why);
          g_ptr_array_insert (choices, 0, g_ptr_array_steal_index (choices, i));
          return TRUE;
        }
      g_string_append_printf (refusals, "%s/%s: %s", i > 0 ? "; " : "", choice->vmlinuz, why);
      g_clear_object (&choice->kernel);
      g_clear_pointer (&choice->initramfs, domuimg_initramfs_free);
    }
  return refuse (self, refusals->str, error);
}

static char *
default_program (DomuimgPlan *plan)
{
  g_autofree char *version = domuimg_xen_version_to_string (domuimg_plan_get_xen (plan));

  return g_strdup_printf ("/usr/lib/xen-%s/bin/pygrub", version);
}

/* libvirt wants a path; the program may be on the Xen host only. */
static char *
find_program (const char *name)
{
  char *path = g_find_program_in_path (name);

  return path != NULL ? path : g_build_filename ("/usr/bin", name, NULL);
}

static char *
loader_path (DomuimgBuildState *self, DomuimgKernel *kernel)
{
  const char *given = domuimg_spec_get (self->plan->spec, "loader");

  if (given != NULL || self->loader == DOMUIMG_LOADER_FIRMWARE)
    return g_strdup (given);
  if (self->program != NULL)
    return find_program (self->program);
  if (self->loader == DOMUIMG_LOADER_PYGRUB)
    return default_program (self->plan);
  if (self->type == DOMUIMG_GUEST_TYPE_PVH)
    return g_strdup (GRUB_PVH);
  return g_strdup (g_strcmp0 (domuimg_kernel_get_architecture (kernel), "i386") == 0 ? GRUB_PV32
                                                                                    : GRUB_PV64);
}

static void
warn_if_missing (DomuimgBuildState *self)
{
  if (self->loader_path == NULL || access (self->loader_path, F_OK) == 0)
    return;
  /* xl finds its own pygrub. */
  g_ptr_array_add (
      self->warnings,
      self->program != NULL
          ? g_strdup_printf ("%s is not on this machine; the Xen host needs domuimg, or name its place"
                             " there by --loader",
                             self->loader_path)
      : self->loader == DOMUIMG_LOADER_PYGRUB
          ? g_strdup_printf ("%s is not on this machine; if the Xen host has pygrub elsewhere, name"
                             " its place there by --loader for libvirt",
                             self->loader_path)
          : g_strdup_printf ("%s is not on this machine; the Xen host needs it (Debian: the package"
                             " grub-xen-host), or name its place there by --loader",
                             self->loader_path));
}

static void
explain (DomuimgBuildState *self, const DomuimgKernelChoice *choice, const char *drivers)
{
  self->kernel_reason = g_strdup_printf (
      "Kernel %s, on the guest's disk, is the newest that %s starts as %s; %s.", choice->version,
      self->program != NULL      ? self->program
      : self->loader == DOMUIMG_LOADER_PYGRUB ? "pygrub"
                                              : "GRUB",
      domuimg_guest_type_describe (self->type), drivers);
}

/* An entry of a disk that starts by itself is for all types: the console is the last of these that
 * there is. */
static char *
menu_command_line (DomuimgBuildState *self)
{
  const char *extra = domuimg_plan_get (self->plan, "extra", "");
  g_autofree char *words = NULL;

  if (!domuimg_plan_has_menu (self->plan))
    return domuimg_build_command_line (self);
  words = domuimg_build_root_words (self);
  return g_strdup_printf ("%sconsole=tty0 console=hvc0 console=ttyS0%s%s", words, *extra != '\0' ? " " : "", extra);
}

/* (nullable) The UUID of the filesystem that is /boot alone, which holds the kernels then. */
static const char *
find_boot_uuid (DomuimgBuildState *self)
{
  const DomuimgPart *planned = domuimg_plan_find_part (self->plan, DOMUIMG_PART_BOOT);

  if (planned != NULL)
    return planned->uuid;
  for (guint i = 1; self->boot_tree != NULL && i < self->mounts->len; i++)
    {
      const DomuimgBuildMount *mount = g_ptr_array_index (self->mounts, i);

      if (mount->tree == self->boot_tree)
        return mount->volume->uuid;
    }
  return NULL;
}

gboolean
domuimg_build_write_menu (DomuimgBuildState *self, GPtrArray *kernels, GError **error)
{
  g_autofree char *cmdline = menu_command_line (self);
  const char *boot = find_boot_uuid (self);
  const DomuimgBootMenu menu = { .uuid = boot != NULL ? boot : self->root_uuid,
                                 .cmdline = cmdline,
                                 .kernels = kernels,
                                 .is_separate = boot != NULL,
                                 .is_of_disk = domuimg_plan_has_menu (self->plan) };

  return domuimg_boot_menu_write (&menu, self->tree, self->changes, error);
}

void
domuimg_build_find_loader (DomuimgBuildState *self, DomuimgKernel *kernel)
{
  self->loader_path = loader_path (self, kernel);
  warn_if_missing (self);
}

gboolean
domuimg_build_use_loader (DomuimgBuildState *self, GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_kernel_list (self->tree, error);
  g_autofree char *drivers = NULL;
  DomuimgKernelChoice *choice;

  if (choices == NULL || !choose (self, choices, &drivers, error))
    return FALSE;
  choice = g_ptr_array_index (choices, 0);
  self->kernel_version = g_strdup (choice->version);
  self->kernel_from = g_strdup ("guest");
  self->has_ramdisk = choice->initrd != NULL;
  domuimg_build_keep_choice (self, self->tree, choice);
  domuimg_build_find_loader (self, choice->kernel);
  explain (self, choice, drivers);
  return domuimg_build_write_menu (self, choices, error);
}

void
domuimg_build_use_network (DomuimgBuildState *self)
{
  if (self->plan->type == DOMUIMG_GUEST_TYPE_AUTO)
    self->type = DOMUIMG_GUEST_TYPE_PVH;
  self->kernel_from = g_strdup ("network");
  self->kernel_reason = g_strdup_printf (
      "%s fetches the kernel from %s at each start; its modules have to be in the guest or in its"
      " initramfs.",
      self->program,
      self->plan->kernel->address ?: "the server that DHCP names");
  domuimg_build_find_loader (self, NULL);
}
