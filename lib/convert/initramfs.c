/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Drivers of a Xen guest for the initramfs of every kernel that Xen can start. */
#include "config.h"

#include "lib/convert/edit.h"
#include "lib/guest/kernels.h"
#include "lib/repair/modules.h"

/* Every kernel that Xen can start gets an initramfs that reaches the root: modules of the guest's
 * own are put before it, and its configuration has them for the next one that it makes. */

static gboolean
add_modules (DomuimgConvertEdit *self, const DomuimgKernelChoice *choice, GPtrArray *missing,
             GError **error)
{
  /* The initramfs as it was follows what is put before it: a copy would only take its room. */
  DomuimgRepairSite site = *self->site;
  g_autofree char *list = NULL;
  g_autoptr (GError) local = NULL;

  site.root.originals = NULL;
  site.boot = site.root;
  site.boot.tree = self->whole;
  g_ptr_array_add (missing, NULL);
  list = g_strjoinv (",", (char **) missing->pdata);
  if (domuimg_repair_initramfs (&site, list, &local))
    return TRUE;
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE)
      || g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  domuimg_edit_warn (self->edit, "/%s gets no %s: %s", choice->initrd, list, local->message);
  return TRUE;
}

/* Without one the others are of use all the same. */
static void
leave_out_absent (DomuimgConvertEdit *self, const DomuimgKernelChoice *choice, GPtrArray *missing)
{
  const char *version = domuimg_kernel_get_version (choice->kernel);

  for (guint i = missing->len; i > 0; i--)
    {
      const char *modules[] = { g_ptr_array_index (missing, i - 1), NULL };
      g_autoptr (GError) local = NULL;
      g_autoptr (GPtrArray) paths = domuimg_modules_resolve (self->root, version, modules, &local);

      if (paths != NULL || !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        continue;
      domuimg_edit_warn (self->edit,
                         "the kernel /%s (%s) has no module %s, and /%s gets none",
                         choice->vmlinuz, version, modules[0], choice->initrd);
      g_ptr_array_remove_index (missing, i - 1);
    }
}

static gboolean
convert_one (DomuimgConvertEdit *self, DomuimgKernelChoice *choice, GError **error)
{
  DomuimgInitramfs *initramfs;
  g_autoptr (GPtrArray) missing = NULL;
  g_autoptr (GError) local = NULL;

  if (choice->initrd == NULL || !domuimg_kernel_choice_load (choice, self->whole, NULL)
      || !domuimg_kernel_can_boot (choice->kernel, self->want->type, NULL))
    return TRUE;
  initramfs = domuimg_initramfs_new_for_tree (self->whole, choice->initrd, &local);
  if (initramfs == NULL)
    {
      domuimg_edit_warn (self->edit, "/%s: %s", choice->initrd, local->message);
      return TRUE;
    }
  domuimg_guest_boot_set_kernel (self->boot, choice->kernel, initramfs, choice->initrd);
  missing = domuimg_repair_list_missing_modules (self->boot, self->root, self->want->root->volume);
  leave_out_absent (self, choice, missing);
  return missing->len == 0 || add_modules (self, choice, missing, error);
}

gboolean
domuimg_convert_step_initramfs (DomuimgConvertEdit *self, GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_guest_list_kernels (self->whole, error);

  if (choices == NULL)
    return FALSE;
  for (guint i = 0; i < choices->len; i++)
    if (!convert_one (self, g_ptr_array_index (choices, i), error))
      return FALSE;
  return TRUE;
}
