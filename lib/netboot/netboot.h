/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/boot/menu.h"

/* Kernel and initrds of a PV or PVH guest from the network: what a PXE ROM does for a machine, done
 * in dom0 before the guest runs. For `domuimg-bootloader --net`:
 *
 *   --net             where to boot from is what DHCP says on the guest's bridge
 *   --net=URL         no DHCP; URL (http, https, ftp, tftp) is a menu of pxelinux or GRUB, a script of
 *                     iPXE, a kernel, a directory that has a pxelinux.cfg/ or grub/grub.cfg, or an
 *                     install tree
 *   --bridge=NAME     the interface to ask on; default: as vif-bridge does, the host's first bridge
 *   --mac=MAC         of the guest, as in its vif=; DHCP cannot be asked without it, and libxl tells
 *                     it to no boot loader: there is no vif in xenstore yet
 *   --uuid=UUID       of the guest, for option 97 and pxelinux.cfg/UUID
 *   --entry=NAME      the entry to boot, by number (from 0), label or title, with no menu shown
 *   --net-timeout=S   for all of it, in seconds; default DOMUIMG_NETBOOT_SECONDS
 *
 * Nothing is configured on the host: no address, no route; files are fetched from the host's own
 * address. */

#define DOMUIMG_NETBOOT_SECONDS 120

typedef struct {
  const char *url;       /* (nullable) then DHCP says */
  const char *interface; /* (nullable) */
  const char *mac;       /* (nullable) */
  const char *uuid;      /* (nullable) */
  const char *entry;     /* (nullable) */
  guint seconds;         /* 0: DOMUIMG_NETBOOT_SECONDS */
  DomuimgGuestType type; /* PV or PVH: what the kernel has to be able to; AUTO: either of them */
  const char *directory; /* where what is fetched is kept, in files that have no name */

  /* (nullable) shows @menu, whose default_entry, timeout and title it follows, and returns an index
   * into its entries. It may replace the entry's cmdline. -1 with @error: nothing is booted. NULL:
   * the default is booted at once. */
  int (*choose) (DomuimgMenu *menu, gpointer data, GError **error);
  /* (nullable) a line for a person: what is asked, fetched. */
  void (*say) (const char *line, gpointer data);
  /* (nullable) returns what domuimg_netboot_parse (@request) returns, run in confinement: all
   * parsing of what servers send as menus and scripts is there. NULL: it is called directly. */
  GBytes *(*parse) (GBytes *request, gpointer data, GError **error);
  /* (nullable) whether Xen can start the kernel in @fd, by domuimg_netboot_check_kernel () in
   * confinement. NULL: it is called directly. */
  gboolean (*check) (int fd, gpointer data, GError **error);
  gpointer data;
} DomuimgNetbootOptions;

typedef struct {
  int kernel;        /* descriptors of files without a name, open for reading and writing, at 0 */
  GArray *initrds;   /* (element-type int) in the order that they are loaded in */
  char *kernel_url;
  char *cmdline;     /* with what IPAPPEND asked for */
  char *description; /* "“Install”, http://10.0.0.1/vmlinuz with 1 initrd, by pxelinux.cfg/default" */
} DomuimgNetboot;

/* Takes no longer than the time limit. NETWORK where nothing answers, in time or at all; NOT_FOUND
 * where a server has no such file; NOT_BOOTABLE for a kernel or entry that no PV or PVH guest can
 * start; CORRUPT_INPUT for what breaks its format or a limit. */
DomuimgNetboot *domuimg_netboot_run (const DomuimgNetbootOptions *options,
                                     GCancellable *cancellable, GError **error);
void domuimg_netboot_free (DomuimgNetboot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgNetboot, domuimg_netboot_free)

/* Bytes to bytes, without files, sockets or time: what comes next, from all that was fetched.
 * (transfer full), never NULL. */
GBytes *domuimg_netboot_parse (GBytes *request);
/* NOT_BOOTABLE with the reason; AUTO: PV or PVH. */
gboolean domuimg_netboot_check_kernel (int fd, const char *name, DomuimgGuestType type,
                                       GError **error);
