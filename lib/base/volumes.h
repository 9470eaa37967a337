/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/names.h"

/* Volumes of this host's volume managers, by the paths of their devices. Each is asked by its own
 * programs, and knows a volume by an ID that no other one ever gets. */

typedef struct {
  char *id;   /* (nullable) there is no such volume */
  char *mark; /* what the transaction that made it has marked it with, among others */
  gboolean is_open;
} DomuimgVolumeState;

void domuimg_volume_state_clear (DomuimgVolumeState *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgVolumeState, domuimg_volume_state_clear)

typedef struct {
  DomuimgNames names;
  const char *kind; /* in manifests */
  const char *remove_verb, *rename_verb, *withdraw_verb; /* in journals: see undo-verbs.c */
  /* *@state is empty before. */
  gboolean (*look) (const char *path, DomuimgVolumeState *state, GError **error);
  gboolean (*rename) (const char *from, const char *to, GError **error);
  /* The volume at @path that has this @id, and no other. */
  gboolean (*remove) (const char *path, const char *id, GError **error);
} DomuimgVolumes;

extern const DomuimgVolumes domuimg_volumes_lvm;
extern const DomuimgVolumes domuimg_volumes_zfs;

/* (nullable) Those that a manifest calls @kind (nullable). */
const DomuimgVolumes *domuimg_volumes_find (const char *kind);
/* Removes the volume at @path if it has this @mark; FALSE with errno, ENOENT where there is none. */
gboolean domuimg_volumes_remove_marked (const DomuimgVolumes *self, const char *path,
                                        const char *mark);
/* The same by its @id. */
gboolean domuimg_volumes_remove_known (const DomuimgVolumes *self, const char *path, const char *id);

/* The names of a volume manager, whose other functions are its own. */
#define DOMUIMG_VOLUME_NAMES                                                                       \
  {                                                                                                \
    .label = domuimg_volumes_label, .settle = domuimg_volumes_settle,                              \
    .rename_new = domuimg_volumes_rename_new, .exchange = domuimg_volumes_exchange,                \
    .is_busy = domuimg_volumes_is_busy, .remove = domuimg_volumes_remove                           \
  }
char *domuimg_volumes_label (const DomuimgNames *names, const char *path, GError **error);
void domuimg_volumes_settle (const DomuimgNames *names, const char *a, const char *b);
gboolean domuimg_volumes_rename_new (const DomuimgNames *names, const char *from, const char *to);
gboolean domuimg_volumes_exchange (const DomuimgNames *names, const char *a, const char *b);
gboolean domuimg_volumes_is_busy (const DomuimgNames *names, const char *path);
gboolean domuimg_volumes_remove (const DomuimgNames *names, const char *path);
