/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Who may change what has a name: one process at a time. The lock ends with its process; its file
 * is in the directory of journals, and goes with the lock. */
typedef struct _DomuimgLock DomuimgLock;

/* What @path is locked by: its directory with symlinks resolved. */
char *domuimg_lock_key (const char *path);
/* Waits for a while, and is BUSY then. */
DomuimgLock *domuimg_lock_take (const char *key, GError **error);
/* The same for who only needs that it stays as it is: as many as want to have such a lock at once. */
DomuimgLock *domuimg_lock_share (const char *key, GError **error);
void domuimg_lock_free (DomuimgLock *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgLock, domuimg_lock_free)
const char *domuimg_lock_get_key (DomuimgLock *self);
/* Removes the files that killed processes left. */
void domuimg_lock_sweep (void);
