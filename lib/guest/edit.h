/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/customise.h"
#include "lib/guest/guest-info.h"

/* First line of each file that is ours as a whole: a later run may replace it. */
#define DOMUIMG_GUEST_MARK "# Written by domuimg\n"

/* One run of the customisation: what the steps share. The functions below change the tree
 * only where it differs from what is wanted, and note each change. */
typedef struct {
  const DomuimgCustomise *want;
  DomuimgTree *tree;
  DomuimgGuestInfo *info;
  GPtrArray *changes;     /* nullable */
  guint n_changes;        /* real ones: warnings do not count */
  gboolean keep_originals; /* of what domuimg_guest_write changes */
  GCancellable *cancellable;
} DomuimgGuestEdit;

void domuimg_guest_note (DomuimgGuestEdit *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void domuimg_guest_warn (DomuimgGuestEdit *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The text of a file into @text, NULL where there is none. CORRUPT_INPUT for what is no
 * text file. */
gboolean domuimg_guest_read (DomuimgGuestEdit *self, const char *path, char **text,
                             GError **error);
gboolean domuimg_guest_write (DomuimgGuestEdit *self, const char *path, const char *text,
                              guint32 mode, GError **error);
/* A file of our own: makes its directory too, replaces a symlink, and enforces @mode. */
gboolean domuimg_guest_write_own (DomuimgGuestEdit *self, const char *path, const char *text,
                                  guint32 mode, GError **error);
gboolean domuimg_guest_symlink (DomuimgGuestEdit *self, const char *target, const char *path,
                                GError **error);
gboolean domuimg_guest_mkdir (DomuimgGuestEdit *self, const char *path, guint32 mode,
                              GError **error);
gboolean domuimg_guest_remove (DomuimgGuestEdit *self, const char *path, GError **error);
/* Removes the files of @directory whose names match @pattern (a glob). */
gboolean domuimg_guest_remove_glob (DomuimgGuestEdit *self, const char *directory,
                                    const char *pattern, GError **error);
/* Moves a file of the source machine to where no program looks; removes one of ours. */
gboolean domuimg_guest_set_aside (DomuimgGuestEdit *self, const char *path, GError **error);
/* As systemctl enable does for one wanting unit ("multi-user.target"). */
gboolean domuimg_guest_want_unit (DomuimgGuestEdit *self, const char *wanting, const char *unit,
                                  GError **error);
/* @text with the shell-like assignment of @key set to @value: the first one is changed,
 * further ones go, none yet is appended. */
char *domuimg_guest_set_assignment (const char *text, const char *key, const char *value);
/* The last component of hostname, up to the first dot. */
char *domuimg_guest_short_name (const char *hostname);
/* The console device of this type of guest: "hvc0" or "ttyS0". */
const char *domuimg_guest_console (const DomuimgCustomise *want);

/* The steps. */
gboolean domuimg_guest_step_devices (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_fstab (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_hosts (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_console (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_udev (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_network (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_users (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_identity (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_host_keys (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_locale (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_modules (DomuimgGuestEdit *self, GError **error);
gboolean domuimg_guest_step_selinux (DomuimgGuestEdit *self, GError **error);
