/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <guestfs.h>

#include "lib/fs/guestfs/share.h"
#include "lib/fs/guestfs/tree.h"

/* What the appliance and the trees in it share. */

/* A device that is mounted in the appliance, at "/mN". */
typedef struct {
  char *device;
  char *at;
  gboolean writable;
  guint users;
  /* Path in the tree → DomuimgEntry, NULL if it does not exist: a call takes milliseconds. */
  GHashTable *seen;
} DomuimgMount;

struct _DomuimgGuestfs {
  gatomicrefcount references;
  char *name;   /* for messages */
  char *path;   /* (nullable) of the image: this or @share */
  char *format;
  DomuimgShare *share; /* (nullable) */
  guestfs_h *handle; /* (nullable) while it runs */
  gboolean writable;
  guint next;
  GPtrArray *mounts; /* (element-type DomuimgMount) */
};

DomuimgMount *domuimg_guestfs_mount (DomuimgGuestfs *self, const char *device,
                                       gboolean writable, GError **error);
/* Unmounts it where nobody else uses it, with everything written out. */
gboolean domuimg_guestfs_release (DomuimgGuestfs *self, DomuimgMount *mount, GError **error);
/* FALSE, with the handle's last error: "IMAGE: doing WHAT: ...". */
gboolean domuimg_guestfs_fail (DomuimgGuestfs *self, GError **error, const char *what, ...)
    G_GNUC_PRINTF (3, 4);
/* What it calls a place. */
char *domuimg_guestfs_device_of (const char *lv, guint number);
