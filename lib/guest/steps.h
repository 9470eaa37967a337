/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/customise.h"
#include "lib/guest/edit.h"
#include "lib/guest/guest-info.h"

/* One run of the customisation: what its steps share. */
typedef struct {
  const DomuimgCustomise *want;
  DomuimgEdit *edit;
  DomuimgGuestInfo *info;
  const char *old_hostname; /* (nullable) */
} DomuimgGuestRun;

/* Does what systemctl enable does for one wanting unit ("multi-user.target"). */
gboolean domuimg_guest_want_unit (DomuimgGuestRun *self, const char *wanting, const char *unit,
                                  GError **error);
/* Has init run @line of /etc/inittab, which is there already or becomes the last one. */
gboolean domuimg_guest_add_to_inittab (DomuimgGuestRun *self, const char *line, GError **error);
/* The last component of hostname, up to the first dot. */
char *domuimg_guest_short_name (const char *hostname);
/* The console device of this type of guest: "hvc0" or "ttyS0". */
const char *domuimg_guest_console (const DomuimgCustomise *want);

/* The steps. */
gboolean domuimg_guest_step_devices (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_growfs (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_fstab (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_hosts (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_console (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_udev (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_network (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_users (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_identity (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_host_keys (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_locale (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_modules (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_step_selinux (DomuimgGuestRun *self, GError **error);
