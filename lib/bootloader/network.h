/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/kernel/compat.h"

/* domuimg-bootloader --net, which is a program of its own, as it needs many more libraries than one
 * that only reads a disk. */

/* network-exec.c: becomes that program; returns with the error only. */
gboolean domuimg_network_exec (char **argv, GError **error);
/* What that program does. @argv as for domuimg_bootloader_run (). Three processes of no rights do the
 * work: one has the network, one parses what servers say, one looks at the kernel. */
gboolean domuimg_network_run (char **argv, GCancellable *cancellable, GError **error);

/* network-kernel.c */

typedef struct {
  int kernels[2]; /* the first has what was fetched */
  int ramdisk;
  DomuimgCompatXen xen;
} DomuimgNetworkKernel;

/* In confinement: whether a PV or PVH guest can boot it, and makes it one that this Xen takes. Of
 * domuimg_confined_ask's kind; answers as domuimg_bootloader_loaded_write does. */
GBytes *domuimg_network_kernel_serve (GBytes *request, gpointer kernel);
