/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans which kernel a guest starts with and by what, and refuses what contradicts the rest. */
#include "config.h"
#include "lib/build/plan-kernel.h"

#include "lib/guest/boot-menu.h"

gboolean
domuimg_plan_wants_archive (DomuimgPlan *self)
{
  const DomuimgDiskSpec *disk = domuimg_spec_get_object (self->spec, "disk");

  return disk != NULL && (disk->kind->traits & DOMUIMG_DISK_HOLDS_ALL) != 0;
}

/* A whole disk starts by itself, where there is a BIOS or UEFI. */
static gboolean
plan_firmware (DomuimgPlan *self, GError **error)
{
  if (self->type != DOMUIMG_GUEST_TYPE_AUTO && self->type != DOMUIMG_GUEST_TYPE_HVM)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--kernel firmware is for HVM guests: PV and PVH have none; use --type"
                         " hvm");
  self->type = DOMUIMG_GUEST_TYPE_HVM;
  return TRUE;
}

/* What would be done to a guest's files is not done, as it has none yet. */
static gboolean
check_installed_keys (DomuimgPlan *self, GError **error)
{
  static const char *const keys[] = { "cloud-init", "ignition", "host-keys", "no-customise", "host-root" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (domuimg_spec_get (self->spec, keys[i]) != NULL)
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "--%s is for the files of a guest, and this one has none until it is installed; leave"
                           " it out, and say what is wanted in the answers",
                           keys[i]);
  return TRUE;
}

/* Whatever the installer does with a disk, it puts kernel and boot menu there. */
static gboolean
plan_installed_kernel (DomuimgPlan *self, GError **error)
{
  const DomuimgKernelSpec *asked = domuimg_spec_get_object (self->spec, "kernel");
  gboolean is_any = asked == NULL || asked->policy->origin == DOMUIMG_KERNEL_OF_ANY;

  if (!is_any && asked->policy->origin != DOMUIMG_KERNEL_STAYS)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--kernel %s: the kernel of an installed guest stays on its disk; use --kernel"
                         " domuimg, pvgrub, pygrub or firmware",
                         asked->text);
  if (!check_installed_keys (self, error))
    return FALSE;
  if (domuimg_spec_get (self->spec, "extra") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--extra is for a guest's own kernel, whose command line the installer writes; use"
                         " --extra-args for the installer's");
  if (!is_any)
    self->kernel = domuimg_kernel_spec_copy (asked);
  else
    self->kernel = self->type == DOMUIMG_GUEST_TYPE_HVM ? domuimg_kernel_spec_new_firmware ()
                                                        : domuimg_kernel_spec_parse (
                              domuimg_kernel_policy_get_own_loader ()->name, error);
  return self->kernel != NULL;
}

/* What starts a guest from an XVA is on its disks. */
static gboolean
check_archive (DomuimgPlan *self, GError **error)
{
  DomuimgLoader loader = self->kernel->policy->loader;

  if (!domuimg_plan_wants_archive (self) || loader == DOMUIMG_LOADER_FIRMWARE
      || (loader == DOMUIMG_LOADER_PYGRUB && self->kernel->policy->program == NULL
          && self->type == DOMUIMG_GUEST_TYPE_PV))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "an XVA has no kernel beside its disks: use --kernel firmware, or --kernel"
                       " pygrub with --type pv");
}

/* The policy that was asked for. HVM guests, and those in an archive, have no kernel beside them. */
static void
plan_own_kernel (DomuimgPlan *self)
{
  const DomuimgKernelSpec *asked = domuimg_spec_get_object (self->spec, "kernel");

  self->kernel = asked != NULL ? domuimg_kernel_spec_copy (asked) : domuimg_kernel_spec_new ();
  if ((self->import == NULL && !domuimg_plan_has_menu (self))
      || self->kernel->policy->origin != DOMUIMG_KERNEL_OF_ANY
      || (self->type != DOMUIMG_GUEST_TYPE_HVM
          && (self->type != DOMUIMG_GUEST_TYPE_AUTO || !domuimg_plan_wants_archive (self))))
    return;
  domuimg_kernel_spec_free (self->kernel);
  self->kernel = domuimg_kernel_spec_new_firmware ();
}

/* Ways to boot that contradict the rest, or that nothing could boot by. */
static gboolean
check_loader (DomuimgPlan *self, GError **error)
{
  DomuimgLoader loader = self->kernel->policy->loader;

  if (loader == DOMUIMG_LOADER_FIRMWARE
      && (self->import != NULL || self->installer != NULL || domuimg_plan_has_menu (self)))
    return plan_firmware (self, error);
  if (loader == DOMUIMG_LOADER_FIRMWARE)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "--kernel %s needs a whole disk with a boot loader of its own, and a"
                         " guest from %s is a filesystem without one; add --layout gpt or mbr, or"
                         " use --kernel auto, or pvgrub to have GRUB start the guest's own kernel",
                         self->kernel->text, domuimg_spec_get (self->spec, "from"));
  if (loader == DOMUIMG_LOADER_DIRECT && domuimg_spec_get (self->spec, "loader") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--loader goes with --kernel pvgrub or pygrub only");
  if (loader == DOMUIMG_LOADER_DIRECT)
    return TRUE;
  if (self->type == DOMUIMG_GUEST_TYPE_HVM)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--kernel %s is for PV and PVH guests; use --type pvh",
                         self->kernel->text);
  return domuimg_boot_menu_check_cmdline (domuimg_plan_get (self, "extra", ""), error);
}

gboolean
domuimg_plan_make_kernel (DomuimgPlan *self, GError **error)
{
  if (self->installer == NULL)
    plan_own_kernel (self);
  else if (!plan_installed_kernel (self, error))
    return FALSE;
  return check_loader (self, error) && check_archive (self, error);
}
