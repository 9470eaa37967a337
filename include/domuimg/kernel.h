/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>

G_BEGIN_DECLS

/**
 * DomuimgKernelFormat:
 * @DOMUIMG_KERNEL_FORMAT_BZIMAGE: Linux for x86, with a compressed kernel inside
 * @DOMUIMG_KERNEL_FORMAT_ELF: a plain ELF file, such as vmlinux or Mini-OS
 * @DOMUIMG_KERNEL_FORMAT_ELF_GZIP: an ELF file in gzip
 * @DOMUIMG_KERNEL_FORMAT_EFI_ZBOOT: an EFI application that unpacks the kernel in it; Xen
 *   cannot start it
 * @DOMUIMG_KERNEL_FORMAT_ARM64_IMAGE: Linux for arm64, plain or in gzip; Xen on x86 cannot
 *   start it
 * @DOMUIMG_KERNEL_FORMAT_UKI: a unified kernel image, a kernel with its initramfs and command line
 *   in one EFI application; Xen cannot start it
 *
 * The kind of a kernel file.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_KERNEL_FORMAT_BZIMAGE,
  DOMUIMG_KERNEL_FORMAT_ELF,
  DOMUIMG_KERNEL_FORMAT_ELF_GZIP,
  DOMUIMG_KERNEL_FORMAT_EFI_ZBOOT,
  DOMUIMG_KERNEL_FORMAT_ARM64_IMAGE,
  DOMUIMG_KERNEL_FORMAT_UKI,
} DomuimgKernelFormat;

DOMUIMG_API
const char *domuimg_kernel_format_to_string (DomuimgKernelFormat format);

/**
 * DomuimgLoader:
 * @DOMUIMG_LOADER_DIRECT: libxl's domain builder, from `kernel=` and `ramdisk=`
 * @DOMUIMG_LOADER_PVGRUB: GRUB 2 built for Xen, started in the guest as its kernel
 * @DOMUIMG_LOADER_PYGRUB: pygrub, which reads the guest's menu in dom0
 * @DOMUIMG_LOADER_FIRMWARE: the BIOS or UEFI of an HVM guest, and the boot loader on its disk
 *
 * What loads the kernel of a guest.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_LOADER_DIRECT,
  DOMUIMG_LOADER_PVGRUB,
  DOMUIMG_LOADER_PYGRUB,
  DOMUIMG_LOADER_FIRMWARE,
} DomuimgLoader;

DOMUIMG_API
const char *domuimg_loader_to_string (DomuimgLoader loader);

DOMUIMG_API
char *domuimg_host_get_xen_version (void);

#define DOMUIMG_TYPE_KERNEL (domuimg_kernel_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgKernel, domuimg_kernel, DOMUIMG, KERNEL, GObject)

DOMUIMG_API
DomuimgKernel *domuimg_kernel_new_for_file (const char *path, GError **error);
DOMUIMG_API
DomuimgKernel *domuimg_kernel_new_for_bytes (GBytes *bytes, const char *name, GError **error);
DOMUIMG_API
DomuimgKernelFormat domuimg_kernel_get_format (DomuimgKernel *self);
DOMUIMG_API
const char *domuimg_kernel_get_version (DomuimgKernel *self);
DOMUIMG_API
const char *domuimg_kernel_get_architecture (DomuimgKernel *self);
DOMUIMG_API
const char *domuimg_kernel_get_compression (DomuimgKernel *self);
DOMUIMG_API
const char *domuimg_kernel_get_boot_protocol (DomuimgKernel *self);
DOMUIMG_API
char **domuimg_kernel_get_notes (DomuimgKernel *self);
DOMUIMG_API
char **domuimg_kernel_get_xen_config (DomuimgKernel *self);
DOMUIMG_API
gboolean domuimg_kernel_can_boot (DomuimgKernel *self, DomuimgGuestType type, char **reason);
DOMUIMG_API
gboolean domuimg_kernel_can_boot_with (DomuimgKernel *self, DomuimgGuestType type,
                                       DomuimgLoader loader, const char *xen_version,
                                       char **reason);

G_END_DECLS
