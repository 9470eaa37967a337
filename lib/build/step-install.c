/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the empty disks of a guest that is to be installed, and puts its installer beside them. */
#include "config.h"
#include "lib/build/state.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "lib/base/copy-file.h"
#include "lib/base/guest-type.h"
#include "lib/build/step-loader.h"

static gboolean
make_disks (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

      if (!domuimg_build_begin_disk (self, i, disk->size, cancellable, error)
          || !domuimg_build_open_disk (self, i, error))
        return FALSE;
    }
  return TRUE;
}

/* The work directory is mostly on the same filesystem. */
static gboolean
put_file (const char *from, const char *to, GCancellable *cancellable, GError **error)
{
  return g_rename (from, to) == 0
         || (errno == EXDEV ? domuimg_copy_file (from, to, cancellable, error)
                            : domuimg_set_errno (error, errno, "putting %s in its place", to));
}

/* What the installer was started as, the guest stays, as it installs a kernel of the same system. */
static gboolean
take_type (DomuimgBuildState *self, GError **error)
{
  self->type = self->plan->installer->type;
  if (self->type != DOMUIMG_GUEST_TYPE_HVM || self->loader == DOMUIMG_LOADER_FIRMWARE)
    return TRUE;
  if (domuimg_spec_get (self->plan->spec, "kernel") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--kernel %s is for PV and PVH guests, and this installer starts as HVM only; use"
                         " --kernel firmware",
                         self->plan->kernel->text);
  self->loader = DOMUIMG_LOADER_FIRMWARE;
  return TRUE;
}

static void
explain (DomuimgBuildState *self)
{
  const char *version = domuimg_kernel_get_version (self->kernel_read);

  self->kernel_version = g_strdup (version != NULL ? version : "of unknown version");
  self->kernel_from = g_strdup ("installer");
  self->kernel_reason = g_strdup_printf (
      "The installer's kernel %s starts as %s; the guest's own will be on its disk, and is started from there"
      " by %s.",
      self->kernel_version, domuimg_guest_type_describe (self->type),
      self->loader == DOMUIMG_LOADER_FIRMWARE ? "the disk's boot loader"
      : self->program != NULL                 ? self->program
                                              : self->plan->kernel->text);
}

gboolean
domuimg_build_step_install (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  const DomuimgInstaller *installer = self->plan->installer;

  domuimg_progress_set_message (progress, "Making empty disks");
  if (!take_type (self, error) || !make_disks (self, cancellable, error)
      || !put_file (installer->kernel, self->install_kernel, cancellable, error)
      || !put_file (installer->ramdisk, self->install_ramdisk, cancellable, error))
    return FALSE;
  g_set_object (&self->kernel_read, installer->kernel_read);
  self->has_ramdisk = TRUE;
  self->root_password = g_strdup (installer->root_password);
  if (self->loader != DOMUIMG_LOADER_FIRMWARE)
    domuimg_build_find_loader (self, self->kernel_read);
  explain (self);
  return TRUE;
}
