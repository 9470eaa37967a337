/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/app/closure.h"

/* A bill of materials: all regular files of a guest, with what is known of each. */

typedef struct {
  char *path;          /* below the guest's root */
  char *sha1, *sha256;
  gint64 mtime;        /* seconds */
  const DomuimgAppFile *file;    /* (nullable) of the closure; else domuimg made it for the guest */
  const DomuimgPackage *package; /* (nullable) that has installed it, and as which it is unchanged */
} DomuimgBillFile;

typedef struct {
  const DomuimgPackage *package;
  char *licence; /* (nullable) an expression of SPDX */
  char *purl;    /* the package's address, by the specification of package URLs */
} DomuimgBillPackage;

typedef struct {
  char *name, *uuid;    /* the guest's */
  char *created;        /* the newest file's time, as ISO 8601 has it: so that nothing depends on the clock */
  GPtrArray *files;     /* (element-type DomuimgBillFile) by path */
  GPtrArray *packages;  /* (element-type DomuimgBillPackage) by name */
} DomuimgBill;

/* What is in @tree of @closure, and beside it. Files whose bytes have passed already are not read again
 * unless they were changed since. */
DomuimgBill *domuimg_bill_new (DomuimgClosure *closure, DomuimgTree *tree, const char *name,
                               const char *uuid, GCancellable *cancellable, GError **error);
void domuimg_bill_free (DomuimgBill *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgBill, domuimg_bill_free)

/* JSON by SPDX 2.3, and by CycloneDX 1.5. */
char *domuimg_bill_to_spdx (const DomuimgBill *self);
char *domuimg_bill_to_cyclonedx (const DomuimgBill *self);
