/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/progress.h"

/* Volumes in the storage pools of a libvirt, here or on another host. One is named by an address,
 * "URI#POOL/VOLUME", and known by an ID that libvirt gives it. */

char *domuimg_pool_make_address (const char *uri, const char *pool_and_volume);

/* One that was made, or a file that a pool shows. */
typedef struct {
  char *path; /* on its host */
  char *address;
  char *id; /* (nullable) it is a file of this host */
} DomuimgPoolVolume;

/* All are copied. */
DomuimgPoolVolume *domuimg_pool_volume_new (const char *path, const char *address, const char *id);
void domuimg_pool_volume_free (gpointer self);

typedef struct {
  char *type;        /* (nullable) there is no such pool */
  char *path;        /* (nullable) of the directory of its volumes, on its host */
  gboolean is_active; /* what follows is known only then */
  guint64 available; /* bytes */
  char *id;          /* (nullable) there is no such volume */
  char *user;        /* (nullable) the guest that runs on it, as far as libvirt knows */
} DomuimgPoolState;

void domuimg_pool_state_clear (DomuimgPoolState *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgPoolState, domuimg_pool_state_clear)

/* BUSY where a guest runs on it. */
gboolean domuimg_pool_check_unused (const char *address, const DomuimgPoolState *state,
                                    GError **error);
/* *@state is empty before. */
gboolean domuimg_pool_look (const char *address, DomuimgPoolState *state, GError **error);
/* A new volume that reads as zeros, where its pool gives it blocks that do; its ID. */
char *domuimg_pool_create (const char *address, guint64 capacity, GError **error);
/* What the file @fd holds, without its holes. */
gboolean domuimg_pool_upload (const char *address, int fd, DomuimgProgress *progress,
                              GCancellable *cancellable, GError **error);
/* The volume if it has this @id; *@deleted is FALSE where there is no such one. */
gboolean domuimg_pool_delete (const char *address, const char *id, gboolean *deleted,
                              GError **error);
/* The same of one that has @capacity bytes, of which nothing is allocated. */
gboolean domuimg_pool_delete_empty (const char *address, guint64 capacity, gboolean *deleted,
                                    GError **error);
/* Has it see what files there are. */
gboolean domuimg_pool_refresh (const char *address, GError **error);
