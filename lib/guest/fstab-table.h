/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The lines of fstab(5) and crypttab(5): read once here, and edited in place, so that whatever is
 * not changed stays as a person wrote it. */

/* Fields of fstab. In crypttab they are a name, a device, a key and options. */
enum {
  DOMUIMG_FSTAB_SPEC,
  DOMUIMG_FSTAB_FILE,
  DOMUIMG_FSTAB_TYPE,
  DOMUIMG_FSTAB_OPTIONS,
  DOMUIMG_FSTAB_FREQ,
  DOMUIMG_FSTAB_PASS,
};
#define DOMUIMG_CRYPTTAB_NAME DOMUIMG_FSTAB_SPEC
#define DOMUIMG_CRYPTTAB_DEVICE DOMUIMG_FSTAB_FILE

typedef struct _DomuimgFstab DomuimgFstab;

/* A line that mounts something, with "\040" and its like decoded. */
typedef struct {
  guint line;          /* from 1, in the text that was parsed */
  char **fields;       /* those that the line has: two or more */
  const char *spec;
  const char *file;
  const char *type;    /* "auto" without one */
  const char *options; /* "defaults" without any */
  int pass;            /* 0 without one */
} DomuimgFstabEntry;

DomuimgFstab *domuimg_fstab_parse (const char *text);
void domuimg_fstab_free (DomuimgFstab *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgFstab, domuimg_fstab_free)

/* (element-type DomuimgFstabEntry), as it was parsed: changes are only in the text. */
const GPtrArray *domuimg_fstab_get_entries (const DomuimgFstab *self);
/* (nullable) The first entry that mounts something at @file. */
const DomuimgFstabEntry *domuimg_fstab_find (const DomuimgFstab *self, const char *file);
gboolean domuimg_fstab_has_option (const DomuimgFstabEntry *entry, const char *option);
/* Whether @spec is a device of the machine, unlike "tmpfs", "server:/path" or a file. */
gboolean domuimg_fstab_is_device (const char *spec);

/* These change the line of an entry, by its number; a number that no line has changes nothing. */
void domuimg_fstab_set_field (DomuimgFstab *self, guint line, guint field, const char *value);
/* Makes it a comment, "# WHY: LINE"; @why (nullable). */
void domuimg_fstab_comment_out (DomuimgFstab *self, guint line, const char *why);
/* Comments the line out too, and adds an entry of @fields (ended by NULL) after it. */
void domuimg_fstab_replace (DomuimgFstab *self, guint line, const char *why,
                            const char *const *fields);
void domuimg_fstab_append (DomuimgFstab *self, const char *const *fields);
char *domuimg_fstab_to_text (const DomuimgFstab *self);
