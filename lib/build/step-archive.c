/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packs the disks and the configuration of the guest into one XVA. */
#include "config.h"
#include "lib/build/state.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "lib/import/archive/xva.h"

static DomuimgXvaMachine *
describe (DomuimgBuildState *self)
{
  DomuimgPlan *plan = self->plan;
  DomuimgXvaMachine *machine = domuimg_xva_machine_new (plan->name);

  machine->memory = (guint64) plan->memory << 20;
  machine->vcpus = plan->vcpus;
  machine->is_hvm = self->type == DOMUIMG_GUEST_TYPE_HVM;
  machine->is_uefi = machine->is_hvm && domuimg_domain_get_firmware (self->domain) != NULL;
  if (!machine->is_hvm)
    machine->bootloader = g_strdup ("pygrub");
  for (guint i = 0; i < plan->disks->len; i++)
    {
      const DomuimgDiskSpec *spec = domuimg_plan_get_disk (plan, i);
      DomuimgXvaDisk *disk = domuimg_xva_machine_add_disk (machine, spec->size);

      disk->name = g_strdup_printf ("%s-%s", plan->name, spec->vdev);
      disk->device = i;
      disk->is_bootable = i == 0;
    }
  for (guint i = 0; i < plan->nics->len; i++)
    {
      const DomuimgNicSpec *spec = g_ptr_array_index (plan->nics, i);
      DomuimgXvaNic *nic = domuimg_xva_machine_add_nic (machine);

      nic->mac = g_strdup (spec->mac);
      nic->network = g_strdup (spec->bridge);
      nic->device = i;
    }
  return machine;
}

static gboolean
open_disks (DomuimgBuildState *self, GArray *fds, GError **error)
{
  for (guint i = 0; i < self->images->len; i++)
    {
      const char *path = g_ptr_array_index (self->images, i);
      int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);

      if (fd < 0)
        return domuimg_set_errno (error, errno, "opening %s", path);
      g_array_append_val (fds, fd);
    }
  return TRUE;
}

static gboolean
write_archive (DomuimgBuildState *self, const GArray *fds, DomuimgProgress *progress,
               GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgXvaMachine) machine = describe (self);
  int out = g_open (self->archive, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok;

  if (out < 0)
    return domuimg_set_errno (error, errno, "making %s", self->plan->archive_path);
  ok = domuimg_xva_write (machine, (const int *) (void *) fds->data, out, progress, cancellable,
                          error);
  if (close (out) != 0 && ok)
    return domuimg_set_errno (error, errno, "writing %s", self->plan->archive_path);
  return ok;
}

gboolean
domuimg_build_step_archive (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  g_autoptr (GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));
  gboolean ok;

  if (self->plan->archive_path == NULL)
    return TRUE;
  domuimg_progress_set_message (progress, "Writing the XVA");
  ok = open_disks (self, fds, error)
       && write_archive (self, fds, progress, cancellable, error);
  for (guint i = 0; i < fds->len; i++)
    close (g_array_index (fds, int, i));
  return ok;
}
