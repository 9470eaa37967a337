/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/chain/part.h"

typedef struct {
  guint64 sectors;
  char *type;     /* "FLAT", "SPARSE", "VMFS", "VMFSSPARSE", "SESPARSE" */
  char *name;     /* as it stands */
  guint64 offset; /* sectors */
} DomuimgVmdkExtent;

/* The text that describes a VMDK, in a file of its own or in a sparse one. */
typedef struct {
  GPtrArray *extents; /* of DomuimgVmdkExtent */
  char *parent;       /* (nullable) where there is one */
  gboolean has_hint;  /* at a parent, in a place where QEMU takes it for one */
  gboolean is_encrypted;
} DomuimgVmdkDescriptor;

/* This is as strict as it takes for QEMU, which reads more as an extent than is one, to see the same:
 * CORRUPT_INPUT, and NOT_SUPPORTED for kinds of extents that QEMU would leave out. */
DomuimgVmdkDescriptor *domuimg_vmdk_descriptor_parse (const char *text, gsize length,
                                                      const char *name, GError **error);
void domuimg_vmdk_descriptor_free (DomuimgVmdkDescriptor *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgVmdkDescriptor, domuimg_vmdk_descriptor_free)

/* That @self, the file of an extent, is whole and what the descriptor says. */
gboolean domuimg_part_examine_extent (DomuimgPart *self, const DomuimgVmdkExtent *extent,
                                      GError **error);
