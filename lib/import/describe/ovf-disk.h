/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/describe/hardware.h"
#include "lib/base/xml.h"

/* The disks and files of an OVF, by what its items call them. */
typedef struct _DomuimgOvfDisks DomuimgOvfDisks;

/* @envelope must outlive it, as @name. */
DomuimgOvfDisks *domuimg_ovf_disks_new (xmlNode *envelope, const char *name);
void domuimg_ovf_disks_free (DomuimgOvfDisks *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgOvfDisks, domuimg_ovf_disks_free)

/* Sets path, format and capacity of @disk by a HostResource: "ovf:/disk/ID" or "ovf:/file/ID".
 * The path stays NULL for a disk that the OVF has no file for. */
gboolean domuimg_ovf_disks_resolve (DomuimgOvfDisks *self, const char *resource,
                                    DomuimgHardwareDisk *disk, GError **error);
/* The unit of "byte * 2^20", as DSP0004 writes it, or of a word of older makers; 0 for what is
 * none. */
guint64 domuimg_ovf_unit (const char *text);
