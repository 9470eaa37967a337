/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* libxlutil, the reader of xl itself, as the judge of what is written for it. */
typedef struct _Judge Judge;

typedef struct {
  const char *format;
  const char *backend;
  char *vdev;
  char *target;
  gboolean readwrite;
  gboolean cdrom;
  gboolean empty;
} JudgeDisk;

/* FALSE where the test was built without libxlutil. */
gboolean judge_is_there (void);
/* NULL, with what libxlutil says in @message, if it refuses @text. */
Judge *judge_read (const char *text, char **message);
void judge_free (Judge *self);
/* NULL and -1 where there is no such key. */
const char *judge_string (Judge *self, const char *key);
long judge_number (Judge *self, const char *key);
/* The strings of a list, up to what is none; NULL where there is no such key. */
char **judge_list (Judge *self, const char *key);
gboolean judge_disk (Judge *self, const char *text, JudgeDisk *disk);
void judge_disk_clear (JudgeDisk *disk);
/* Whether a vif's rate is one. */
gboolean judge_rate (Judge *self, const char *rate);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Judge, judge_free)
