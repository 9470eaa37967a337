/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/guest-info.h"

/* The guest's SSH server, as far as it tells who can log in by a key: sshd_config(5). */
typedef struct _DomuimgSshd DomuimgSshd;

/* NULL where none is installed, or nothing starts it. */
DomuimgSshd *domuimg_sshd_find (DomuimgTree *tree, const DomuimgGuestInfo *info);
void domuimg_sshd_free (DomuimgSshd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgSshd, domuimg_sshd_free)

gboolean domuimg_sshd_permits_root (DomuimgSshd *self);
gboolean domuimg_sshd_uses_pam (DomuimgSshd *self);
/* Whether the account @name, whose home is @home, has a line in a file of its keys. */
gboolean domuimg_sshd_has_key (DomuimgSshd *self, const char *name, const char *home);
