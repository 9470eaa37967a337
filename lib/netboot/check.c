/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/netboot.h"

#include "domuimg/kernel.h"

static gboolean
can_boot (DomuimgKernel *kernel, DomuimgGuestType type, const char *name, GError **error)
{
  g_autofree char *reason = NULL;
  g_autofree char *other = NULL;

  if (type != DOMUIMG_GUEST_TYPE_AUTO && domuimg_kernel_can_boot (kernel, type, &reason))
    return TRUE;
  if (type == DOMUIMG_GUEST_TYPE_AUTO
      && (domuimg_kernel_can_boot (kernel, DOMUIMG_GUEST_TYPE_PV, &reason)
          || domuimg_kernel_can_boot (kernel, DOMUIMG_GUEST_TYPE_PVH, &other)))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "Xen cannot start %s: %s", name,
                       reason != NULL ? reason : "it is no kernel");
}

gboolean
domuimg_netboot_check_kernel (int fd, const char *name, DomuimgGuestType type, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GMappedFile) file = g_mapped_file_new_from_fd (fd, FALSE, &local_error);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (DomuimgKernel) kernel = NULL;

  if (file == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "reading %s: %s", name, local_error->message);
  bytes = g_mapped_file_get_bytes (file);
  kernel = domuimg_kernel_new_for_bytes (bytes, name, &local_error);
  if (kernel == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "%s", local_error->message);
  return can_boot (kernel, type, name, error);
}
