/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/progress.h"

/* An OVA: a tar archive, not compressed as a whole, of an OVF description, disks and a manifest of
 * checksums (DMTF's DSP0243). Nothing is unpacked. */
typedef struct _DomuimgOva DomuimgOva;

typedef struct {
  char *name;     /* relative, without "./" */
  guint64 offset; /* of its bytes in the archive */
  guint64 length;
} DomuimgOvaMember;

/* NOT_SUPPORTED for a compressed archive and for sparse members, UNSAFE_INPUT for names that lead
 * out of a directory, CORRUPT_INPUT for what is cut off, for names that come twice, and where there
 * is not one OVF of at most 4 MiB. What macOS adds ("._NAME", "__MACOSX") is not a member. */
DomuimgOva *domuimg_ova_open (const char *path, GError **error);
void domuimg_ova_free (DomuimgOva *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgOva, domuimg_ova_free)

const char *domuimg_ova_get_path (DomuimgOva *self);
/* (element-type DomuimgOvaMember) In their order. */
GPtrArray *domuimg_ova_get_members (DomuimgOva *self);
/* The member that the description, or the manifest beside it, names so, or NULL: in its directory,
 * and where exactly one is named so but for case, that. */
const DomuimgOvaMember *domuimg_ova_find (DomuimgOva *self, const char *name);
/* The description, with a NUL at its end that is not counted. */
const char *domuimg_ova_get_ovf (DomuimgOva *self, gsize *length);
const char *domuimg_ova_get_ovf_name (DomuimgOva *self);

gboolean domuimg_ova_has_manifest (DomuimgOva *self);
/* Reads all that the manifest names; UNTRUSTED where a checksum does not match, CORRUPT_INPUT
 * where it names what is not there, or is not a manifest. TRUE without one. May run in a thread of its
 * own, then without @progress. */
gboolean domuimg_ova_verify (DomuimgOva *self, DomuimgProgress *progress,
                             GCancellable *cancellable, GError **error);

/* The same for an OVF that lies beside its disks. */
gboolean domuimg_ovf_has_manifest (const char *ovf);
gboolean domuimg_ovf_verify_directory (const char *ovf, DomuimgProgress *progress,
                                       GCancellable *cancellable, GError **error);
