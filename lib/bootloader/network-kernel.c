/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/bootloader/network.h"

#include "domuimg/kernel.h"
#include "lib/bootloader/reader.h"

/* Xen itself says it of a disk's kernel, and nobody waits for it to be unpacked; what a network gave
 * may be anything. */
static gboolean
check (int fd, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, error);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (DomuimgKernel) kernel = NULL;
  g_autofree char *pv = NULL, *pvh = NULL;

  if (file == NULL)
    return FALSE;
  bytes = g_mapped_file_get_bytes (file);
  kernel = domuimg_kernel_new_for_bytes (bytes, "what was fetched as a kernel", error);
  if (kernel == NULL)
    return FALSE;
  if (domuimg_kernel_can_boot (kernel, DOMUIMG_GUEST_TYPE_PV, &pv)
      || domuimg_kernel_can_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, &pvh))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "Xen cannot start this kernel: %s", pv);
}

GBytes *
domuimg_network_kernel_serve (GBytes *request, gpointer data)
{
  const DomuimgNetworkKernel *self = data;
  const DomuimgReaderSetup setup = {
    .disk = -1,
    .kernels = { self->kernels[0], self->kernels[1] },
    .ramdisk = self->ramdisk,
    .helper = -1,
    .xen = self->xen,
  };
  DomuimgBootloaderLoaded loaded = { 0 };
  g_autofree char *note = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = check (self->kernels[0], &error)
                && domuimg_reader_settle_kernel (&setup, &loaded, &error);

  note = loaded.note;
  return ok ? domuimg_bootloader_loaded_write (&loaded) : domuimg_bootloader_error_write (error);
}
