/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/progress.h"
#include "lib/base/base.h"
#include "lib/clone/clone-verdict.h"

/* A run that makes clones of one source. */
typedef struct {
  DomuimgCloneSource *source;
  DomuimgCloneVerdicts *verdicts;
  const DomuimgCopyWay **ways;
  GPtrArray *jobs;  /* of DomuimgCloneJob */
  gboolean *is_made; /* for each of them */
  GPtrArray *addresses; /* (element-type utf8) that pools may not give out; NULL at the end */
  GCancellable *cancellable; /* (unowned) (nullable) */
  gint next;        /* atomic: the job to be begun next */
  gint n_done;      /* atomic */
  GMutex lock;      /* of what follows */
  GError *error;    /* (nullable) the first */
} DomuimgCloneRun;

typedef struct {
  const char *source, *dir; /* @dir (nullable) */
  const char *copy;         /* (nullable) the way to copy */
  guint64 cleaners;
  const GPtrArray *specs;   /* of DomuimgSpec */
  const GPtrArray *places;  /* (element-type utf8) of each of them in a table, or NULL */
} DomuimgCloneWish;

/* Everything is planned, and nothing is made. */
DomuimgCloneRun *domuimg_clone_run_new (const DomuimgCloneWish *wish, GError **error);
void domuimg_clone_run_free (DomuimgCloneRun *self);
/* On all processors. The first error ends it when what is begun is over. */
gboolean domuimg_clone_run_all (DomuimgCloneRun *self, DomuimgProgress *progress,
                                GCancellable *cancellable, GError **error);
void domuimg_clone_run_list_manifests (const DomuimgCloneRun *self, GStrvBuilder *paths);
char *domuimg_clone_run_to_text (DomuimgCloneRun *self);
char *domuimg_clone_run_to_json (DomuimgCloneRun *self);
