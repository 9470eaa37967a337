/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/boot/menu.h"

/* Kernel and initrds of a PV or PVH guest from the network: what a PXE ROM does for a machine, done
 * in dom0 before the guest runs. Nothing is configured on the host: no address, no route; files are
 * fetched from the host's own address. */

#define DOMUIMG_NETBOOT_SECONDS 120
/* Bytes of a request to domuimg_netboot_parse. */
#define DOMUIMG_NETBOOT_REQUEST_MAX (15 << 20)

typedef struct {
  const char *url;       /* (nullable) a menu, script, kernel, directory or install tree by http,
                            https, ftp or tftp; "SERVER" is tftp://SERVER/; NULL: DHCP says */
  const char *interface; /* (nullable) to ask by DHCP on; the host's first bridge */
  const char *mac;       /* (nullable) of the guest; DHCP needs it */
  const char *uuid;      /* (nullable) of the guest */
  const char *entry;     /* (nullable) to boot, by number, label or title, with no menu shown */
  guint seconds;         /* for all that the network takes; 0: DOMUIMG_NETBOOT_SECONDS */
  int kernel;            /* descriptors of empty files, written to from where they stand */
  int ramdisk;           /* gets all initrds in their order, each at a multiple of 4 */
  gboolean verbose;      /* say what was looked for and is not there, too */
  /* (nullable) a line for a person: what is asked, fetched. */
  void (*say) (const char *line, gpointer data);
  /* (nullable) returns what domuimg_netboot_parse (@request) returns, run in confinement: all
   * parsing of what servers send as menus and scripts is there. NULL: it is called directly. */
  GBytes *(*parse) (GBytes *request, gpointer data, GError **error);
  gpointer data;
} DomuimgNetbootOptions;

typedef struct _DomuimgNetboot DomuimgNetboot;

/* Looks at @options, whose texts stay the caller's and are to live as long, and opens what needs
 * root. INVALID_ARGUMENT, NOT_FOUND for an interface. */
DomuimgNetboot *domuimg_netboot_new (const DomuimgNetbootOptions *options, GError **error);
void domuimg_netboot_free (DomuimgNetboot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgNetboot, domuimg_netboot_free)
#define DOMUIMG_NETBOOT_FDS 2
/* What it opened, into @fds; how many. */
guint domuimg_netboot_get_fds (DomuimgNetboot *self, int fds[DOMUIMG_NETBOOT_FDS]);

/* On to the next menu, or to the end, when kernel and initrds are fetched. NETWORK where nothing
 * answers, in time or at all; NOT_FOUND where a server has no such file; NOT_BOOTABLE for an entry
 * that is none for a guest; CORRUPT_INPUT for what breaks its format or a limit. */
gboolean domuimg_netboot_go (DomuimgNetboot *self, GCancellable *cancellable, GError **error);
/* (nullable) to be answered before going on; the end where there is none. */
const DomuimgMenu *domuimg_netboot_get_menu (DomuimgNetboot *self);
/* @cmdline (nullable) is in place of the entry's. */
void domuimg_netboot_answer (DomuimgNetboot *self, guint index, const char *cmdline);
/* At the end: with what IPAPPEND asked for. */
const char *domuimg_netboot_get_cmdline (DomuimgNetboot *self);
gboolean domuimg_netboot_has_ramdisk (DomuimgNetboot *self);

/* Bytes to bytes, without files, sockets or time: what comes next, from all that was fetched.
 * (transfer full), never NULL. */
GBytes *domuimg_netboot_parse (GBytes *request);
