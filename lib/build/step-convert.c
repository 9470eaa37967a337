/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Converts the system inside the guest, before a kernel is chosen. */
#include "config.h"
#include "lib/build/state.h"

#include <string.h>

#include "lib/boot/menu-find.h"
#include "lib/build/esp.h"
#include "lib/build/transfer.h"
#include "lib/guest/kernels.h"
#include "lib/tree/faults.h"

/* What one of its kernels can be started as; HVM where none is made for Xen, or nothing is known
 * of the system. */
static DomuimgGuestType
find_type (DomuimgBuildState *self)
{
  static const DomuimgGuestType order[] = { DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_PV };
  g_autoptr (GPtrArray) choices = NULL;

  if (self->tree == NULL)
    return DOMUIMG_GUEST_TYPE_HVM;
  choices = domuimg_guest_list_kernels (self->tree, NULL);
  for (guint i = 0; choices != NULL && i < choices->len; i++)
    {
      DomuimgKernelChoice *choice = g_ptr_array_index (choices, i);

      if (!domuimg_kernel_choice_load (choice, self->tree, NULL))
        continue;
      for (guint j = 0; j < G_N_ELEMENTS (order); j++)
        if (domuimg_kernel_can_boot (choice->kernel, order[j], NULL))
          {
            self->kernel_read = g_object_ref (choice->kernel);
            return order[j];
          }
    }
  return DOMUIMG_GUEST_TYPE_HVM;
}

static gboolean
find_boot_loader (DomuimgBuildState *self, gboolean *has, GError **error)
{
  DomuimgTransferDisk *first = g_ptr_array_index (self->transfer->disks, 0);

  if (!domuimg_image_has_boot_code (first->image, has, error))
    return FALSE;
  self->transfer->needs_uefi = !*has;
  return *has || domuimg_image_has_esp (first->image, has, error);
}

static gboolean
is_auto (DomuimgBuildState *self)
{
  return self->plan->kernel->policy->origin == DOMUIMG_KERNEL_OF_ANY;
}

static gboolean
boots_by_uefi (DomuimgBuildState *self)
{
  const DomuimgHardware *hardware = domuimg_import_get_hardware (self->plan->import);

  return hardware != NULL && hardware->firmware != DOMUIMG_FIRMWARE_UNKNOWN
             ? hardware->firmware == DOMUIMG_FIRMWARE_UEFI
             : self->transfer->needs_uefi;
}

/* With a BIOS or UEFI, by the disk's own boot loader. */
static gboolean
use_firmware (DomuimgBuildState *self, GError **error)
{
  gboolean has;

  if (!find_boot_loader (self, &has, error))
    return FALSE;
  if (!has)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                         "%s has no boot loader of its own, neither for a BIOS nor for UEFI; use"
                         " --kernel host or --kernel file:VMLINUZ,INITRD",
                         domuimg_import_get_name (self->plan->import, 0));
  if (boots_by_uefi (self) && !domuimg_build_prepare_esp (self, error))
    return FALSE;
  self->loader = DOMUIMG_LOADER_FIRMWARE;
  self->type = DOMUIMG_GUEST_TYPE_HVM;
  self->kernel_from = g_strdup ("guest");
  self->kernel_reason = g_strdup_printf (
      "%s starts by the boot loader on its disk, with emulated devices%s.",
      self->system_name != NULL ? self->system_name : "The system",
      self->system == DOMUIMG_SYSTEM_LINUX && is_auto (self)
          ? ", as it has no kernel that Xen can start directly"
          : "");
  return TRUE;
}

/* Nothing but a kernel that is given goes with a system that nothing is known of, or the disk's own
 * boot loader. */
static gboolean
check_known (DomuimgBuildState *self, GError **error)
{
  DomuimgKernelOrigin origin = self->plan->kernel->policy->origin;

  if (self->tree != NULL || origin == DOMUIMG_KERNEL_OF_FILE || origin == DOMUIMG_KERNEL_OF_NETWORK)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "nothing is known of the system on the disks, so that only its own boot"
                       " loader could start it: use --kernel firmware (with --type hvm)");
}

/* Before the guest is changed it must be known what for. */
static gboolean
choose_type (DomuimgBuildState *self, GError **error)
{
  gboolean is_free = self->plan->type == DOMUIMG_GUEST_TYPE_AUTO;
  gboolean has_loader = FALSE;

  if (self->loader == DOMUIMG_LOADER_FIRMWARE)
    return use_firmware (self, error);
  if (is_free && !domuimg_build_has_other_kernel (self))
    self->type = find_type (self);
  /* A kernel that could not be read is none that is not there. */
  if (self->tree != NULL && !domuimg_tree_check_faults (self->tree, error))
    return FALSE;
  if (is_free && is_auto (self) && self->type == DOMUIMG_GUEST_TYPE_HVM
      && !find_boot_loader (self, &has_loader, error))
    return FALSE;
  if (has_loader)
    return use_firmware (self, error);
  return check_known (self, error);
}

static void
add_nics (DomuimgBuildState *self)
{
  const DomuimgHardware *hardware = domuimg_import_get_hardware (self->plan->import);

  for (guint i = 0; i < self->plan->nics->len; i++)
    {
      const DomuimgNicSpec *nic = g_ptr_array_index (self->plan->nics, i);
      const DomuimgHardwareNic *old = hardware != NULL && i < hardware->nics->len
                                          ? g_ptr_array_index (hardware->nics, i)
                                          : NULL;

      domuimg_conversion_add_nic (self->conversion, old != NULL ? old->mac : NULL, nic->mac);
    }
}

/* Words that this guest needs, such as where its root is, are in its own menu. */
static void
read_cmdline (DomuimgBuildState *self)
{
  const DomuimgBuildMount *root = g_ptr_array_index (self->mounts, 0);
  DomuimgTree *tree = self->boot_tree != NULL ? self->boot_tree : root->tree;
  g_autoptr (DomuimgMenu) menu = domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_DIRECT, NULL);
  const DomuimgMenuEntry *entry;

  if (menu == NULL || menu->entries->len == 0)
    return;
  entry = g_ptr_array_index (menu->entries, MAX (menu->default_entry, 0));
  /* NixOS knows its root by itself, and is nothing without init=. */
  if (strstr (entry->cmdline, "root=") != NULL || strstr (entry->cmdline, "init=/nix/") != NULL)
    self->cmdline = g_strstrip (g_strdup (entry->cmdline));
}

static void
tell_notes (DomuimgBuildState *self)
{
  for (guint i = 0; i < self->plan->notes->len; i++)
    g_ptr_array_add (self->warnings, g_strdup (g_ptr_array_index (self->plan->notes, i)));
}

static gboolean
convert (DomuimgBuildState *self, GPtrArray *lines, GCancellable *cancellable, GError **error)
{
  const DomuimgBuildMount *root = g_ptr_array_index (self->mounts, 0);

  return domuimg_conversion_run (self->conversion, root->tree, self->boot_tree, self->tree,
                                 lines, cancellable, error);
}

gboolean
domuimg_build_step_convert (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  domuimg_progress_set_message (progress, "Converting the system");
  tell_notes (self);
  if (!choose_type (self, error))
    return FALSE;
  if (self->tree == NULL)
    return TRUE;
  if (!domuimg_spec_get_flag (self->plan->spec, "no-customise"))
    {
      self->conversion->type = self->type;
      self->conversion->keep_tools = domuimg_spec_get_flag (self->plan->spec, "keep-guest-tools");
      self->conversion->no_backup = domuimg_spec_get_flag (self->plan->spec, "no-backup");
      add_nics (self);
      if (!convert (self, lines, cancellable, error))
        return FALSE;
      domuimg_build_sort_changes (self, lines);
    }
  read_cmdline (self);
  return TRUE;
}
