/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/kernel.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_INSTALLED_KERNEL (domuimg_installed_kernel_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgInstalledKernel, domuimg_installed_kernel, DOMUIMG, INSTALLED_KERNEL,
                      GObject)

DOMUIMG_API
GPtrArray *domuimg_installed_kernel_list (const char *image, GCancellable *cancellable,
                                          GError **error);
DOMUIMG_API
const char *domuimg_installed_kernel_get_path (DomuimgInstalledKernel *self);
DOMUIMG_API
const char *domuimg_installed_kernel_get_version (DomuimgInstalledKernel *self);
DOMUIMG_API
const char *domuimg_installed_kernel_get_modules (DomuimgInstalledKernel *self);
DOMUIMG_API
const char *domuimg_installed_kernel_get_initramfs (DomuimgInstalledKernel *self);
DOMUIMG_API
gboolean domuimg_installed_kernel_get_matches (DomuimgInstalledKernel *self, char **reason);
DOMUIMG_API
DomuimgKernel *domuimg_installed_kernel_get_kernel (DomuimgInstalledKernel *self);

G_END_DECLS
