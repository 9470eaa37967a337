/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk in an XVA, Xen's archive of a whole guest: a raw image until everything is packed. */
#include "config.h"
#include "lib/disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/import/archive/xva.h"

/* The archive itself is a result of the build; the work directory goes in any case. */
static char *
create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error)
{
  return g_strdup_printf ("%s/image%u", making->work_directory, making->number);
}

static void
add_disks (DomuimgXvaMachine *machine, const GPtrArray *disks)
{
  for (guint i = 0; i < disks->len; i++)
    {
      const DomuimgDiskSpec *spec = g_ptr_array_index (disks, i);
      DomuimgXvaDisk *disk = domuimg_xva_machine_add_disk (machine, spec->size);

      disk->name = g_strdup_printf ("%s-%s", machine->name, spec->vdev);
      disk->device = i;
      disk->is_bootable = i == 0;
    }
}

static void
add_nics (DomuimgXvaMachine *machine, GPtrArray *nics)
{
  for (guint i = 0; i < nics->len; i++)
    {
      DomuimgDomainNic *from = g_ptr_array_index (nics, i);
      DomuimgXvaNic *nic = domuimg_xva_machine_add_nic (machine);

      nic->mac = g_strdup (domuimg_domain_nic_get_mac (from));
      nic->network = g_strdup (domuimg_domain_nic_get_bridge (from));
      nic->device = i;
    }
}

static DomuimgXvaMachine *
describe (const DomuimgDiskPublication *all)
{
  DomuimgDomain *domain = all->domain;
  DomuimgXvaMachine *machine = domuimg_xva_machine_new (domuimg_domain_get_name (domain));

  machine->memory = (guint64) domuimg_domain_get_memory (domain) << 20;
  machine->vcpus = domuimg_domain_get_vcpus (domain);
  machine->is_hvm = domuimg_domain_get_guest_type (domain) == DOMUIMG_GUEST_TYPE_HVM;
  machine->is_uefi = machine->is_hvm && domuimg_domain_get_firmware (domain) != NULL;
  add_disks (machine, all->disks);
  add_nics (machine, domuimg_domain_get_nics (domain));
  return machine;
}

static gboolean
write_archive (const DomuimgDiskPublication *all, const GArray *images, DomuimgProgress *progress,
               GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgXvaMachine) machine = describe (all);
  int out = open (all->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  gboolean ok;

  if (out < 0)
    return domuimg_set_errno (error, errno, "making %s", all->name);
  ok = domuimg_xva_write (machine, (const int *) (const void *) images->data, out, progress,
                          cancellable, error);
  if (close (out) != 0 && ok)
    return domuimg_set_errno (error, errno, "writing %s", all->name);
  return ok;
}

static gboolean
publish (const DomuimgDiskPublication *all, DomuimgProgress *progress, GCancellable *cancellable,
         GError **error)
{
  g_autoptr (GArray) images = g_array_new (FALSE, FALSE, sizeof (int));

  domuimg_progress_set_message (progress, "Writing the XVA");
  g_array_set_clear_func (images, (GDestroyNotify) domuimg_fd_clear);
  for (guint i = 0; i < all->disks->len; i++)
    {
      int fd = open (all->images[i], O_RDONLY | O_CLOEXEC);

      if (fd < 0)
        return domuimg_set_errno (error, errno, "opening %s", all->images[i]);
      g_array_append_val (images, fd);
    }
  return write_archive (all, images, progress, cancellable, error);
}

const DomuimgDiskKind domuimg_disk_kind_archive = {
  .scheme = "xva",
  .placeholder = "FILE",
  .name = "xva",
  .storage = "archive",
  .format = "raw",
  .suffix = "xva",
  .traits = DOMUIMG_DISK_HOLDS_ALL,
  .describe = domuimg_disk_file_describe,
  .check = domuimg_disk_file_check,
  .create = create,
  .allocate = domuimg_disk_file_allocate_raw,
  .open = domuimg_region_open,
  .to_node = domuimg_disk_file_to_raw_node,
  .take = domuimg_disk_file_take,
  .publish = publish,
  .fill_domain = domuimg_disk_file_fill_domain,
};
