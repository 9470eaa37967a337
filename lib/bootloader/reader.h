/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/bootloader/message.h"
#include "lib/kernel/compat.h"
#include "lib/tree/tree.h"

/* What reads the guest's disk: all of this runs in a confined process (confine.h). */

typedef struct {
  int disk;           /* open for reading */
  const char *name;   /* of the disk, for messages */
  gint64 offset;      /* of the only filesystem to look at; -1: as the partition table says */
  gboolean is_config; /* @disk is a menu, not a disk */
  int kernels[2];     /* open for reading and writing, -1: there are none; one becomes the kernel */
  int ramdisk;
  int helper;         /* answers for what this library cannot read (helper.h); -1: nobody does */
  DomuimgCompatXen xen;
} DomuimgReaderSetup;

typedef struct _DomuimgReader DomuimgReader;

DomuimgReader *domuimg_reader_new (const DomuimgReaderSetup *setup);
void domuimg_reader_free (DomuimgReader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgReader, domuimg_reader_free)
/* Starts its second thread, once, in the process that serves. */
void domuimg_reader_begin (gpointer reader);
/* A request to its answer; of domuimg_confined_ask's kind. */
GBytes *domuimg_reader_serve (GBytes *request, gpointer reader);

/* reader-volumes.c: the filesystems of the disk. */
typedef struct {
  guint number;     /* of the partition, 0 for none */
  char *fs;         /* (nullable) */
  char *uuid;       /* (nullable) */
  char *label;      /* (nullable) */
  guint64 offset;
  char *device;     /* (nullable) as GRUB names it, where the helper reads it */
  gboolean active;
  DomuimgTree *tree; /* (nullable) not before it is opened */
} DomuimgReaderVolume;

/* (element-type DomuimgReaderVolume) in the order in which they are looked at: what takes least
 * time first, and of those the active partition. */
GPtrArray *domuimg_reader_list_volumes (const DomuimgReaderSetup *setup, GError **error);
DomuimgTree *domuimg_reader_open_volume (const DomuimgReaderSetup *setup,
                                         DomuimgReaderVolume *volume, GError **error);
/* Whether a menu's @hint, in a menu of @format, means @volume. */
gboolean domuimg_reader_hint_is (const char *hint, DomuimgMenuFormat format,
                                 const DomuimgReaderVolume *volume);

/* reader-saves.c: adds to @found (element-type DomuimgBootloaderSave) where what a menu saves is to be
 * written, or to @notes why it cannot be. @find tells the volume of a hint (nullable), NULL for none. */
typedef DomuimgReaderVolume *(*DomuimgReaderFindVolume) (const char *hint, gpointer data);
void domuimg_reader_find_saves (const GPtrArray *saves, DomuimgReaderFindVolume find, gpointer data,
                                GPtrArray *found, GPtrArray *notes);

/* reader-kernel.c: makes the kernel in @kernels[@slot] one that @xen takes. A ramdisk that was in it
 * takes the place of what is in @ramdisk, and @loaded has one then. */
gboolean domuimg_reader_settle_kernel (const DomuimgReaderSetup *setup,
                                       DomuimgBootloaderLoaded *loaded, GError **error);
