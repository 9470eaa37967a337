/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/spec.h"

/* A way of making a guest as everybody else sees it: a row for each scheme of --from, from which
 * come help, manual, completion, validation and plans. The rows stand in lib/source, each in the
 * file of its source; this room only reads them, so that nothing below or above has to know a
 * scheme. */

typedef struct _DomuimgSource DomuimgSource;

typedef enum {
  DOMUIMG_SOURCE_UNPACKS_PACKAGES = 1 << 0, /* works fastest in memory; its root user has no password */
  DOMUIMG_SOURCE_COPIES_A_SYSTEM = 1 << 1,  /* its users stay as they are */
  DOMUIMG_SOURCE_GIVES_DISKS = 1 << 2,      /* whole disks, whose system is fitted to Xen */
  DOMUIMG_SOURCE_EXPECTS_SEED = 1 << 3,     /* cloud-init sets its system up at the first boot */
  DOMUIMG_SOURCE_INSTALLS = 1 << 4,         /* an installer, which fills empty disks once the guest runs */
} DomuimgSourceTraits;

/* Where an installer runs. In the order of the words of the key. */
typedef enum {
  DOMUIMG_INSTALLER_IN_GUEST,
  DOMUIMG_INSTALLER_IN_QEMU,
} DomuimgInstallerPlace;

/* A program that a source runs. */
typedef struct {
  const char *name;
  gboolean is_optional; /* there is another way without it */
  const char *when;     /* (nullable) it is run: "without root" */
} DomuimgSourceProgram;

typedef struct _DomuimgSourceType DomuimgSourceType;

struct _DomuimgSourceType {
  const char *scheme;      /* without its colon: "tar" */
  const char *placeholder; /* what follows the colon: "FILE" */
  const char *help;        /* a few words: "the archive of a root" */
  const char *const *keys; /* (nullable) keys of a specification that go with such sources only */
  const DomuimgSourceProgram *programs; /* (nullable) ended by a NULL name */
  DomuimgSourceTraits traits;
  /* @rest is what follows the colon, never empty. Does no work. */
  DomuimgSource *(*create) (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest,
                            GError **error);
  /* (nullable) The row of an installer that is run on this host (`installer=qemu`), in place of this one. */
  const DomuimgSourceType *here;
};

/* Ended by NULL, in the order of the manual. */
extern const DomuimgSourceType *const domuimg_source_types[];

/* One --from. */
typedef struct {
  const DomuimgSourceType *type;
  char *rest; /* what follows the colon, never empty */
} DomuimgSourceSpec;

DomuimgSourceSpec *domuimg_source_spec_parse (const char *text, GError **error);
/* The row that counts for @spec, which has such a key. */
const DomuimgSourceType *domuimg_source_type_of (DomuimgSpec *spec);
void domuimg_source_spec_free (DomuimgSourceSpec *self);
/* "tar:FILE" for each row, joined by commas and, before the last, "or". @key (nullable): only rows
 * that this key goes with. */
char *domuimg_source_type_list (const char *key);
/* Whether @key goes with such sources, and not with all. */
gboolean domuimg_source_type_owns_key (const DomuimgSourceType *self, const char *key);
/* The same of the row or the one that may take its place. */
gboolean domuimg_source_type_may_own_key (const DomuimgSourceType *self, const char *key);
