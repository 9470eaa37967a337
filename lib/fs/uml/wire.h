/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/appliance.h"

/* What is said between us and the agent, our program in User-mode Linux (machine.h). Both see the
 * same memory, the mailbox: a request, its answer, and bytes of files. That something is in it, one
 * tells the other by a byte through a serial line. What comes from the agent is foreign: a guest's
 * filesystem may have taken over the kernel that it runs on. */

#define DOMUIMG_UML_REQUEST_AT ((gsize) 0)
#define DOMUIMG_UML_ANSWER_AT ((gsize) 4 << 20)
#define DOMUIMG_UML_DATA_AT ((gsize) 8 << 20)
#define DOMUIMG_UML_DATA ((gsize) 8 << 20)
#define DOMUIMG_UML_MAILBOX (DOMUIMG_UML_DATA_AT + DOMUIMG_UML_DATA)
/* Its length, and up to where its bytes begin. */
#define DOMUIMG_UML_MESSAGE_HEAD 16
#define DOMUIMG_UML_MESSAGE_MAX (((gsize) 4 << 20) - DOMUIMG_UML_MESSAGE_HEAD)
/* The agent is ready; there is a request; there is an answer. */
#define DOMUIMG_UML_READY 'H'
#define DOMUIMG_UML_ASKED 'q'
#define DOMUIMG_UML_ANSWERED 'a'

typedef enum {
  DOMUIMG_UML_LIST_VOLUMES = 'v', /* extra: a(tt) of physical volumes; answer: VOLUMES */
  DOMUIMG_UML_MOUNT = 'm',        /* path: type, target: logical volume, offset, length; extra: b */
  DOMUIMG_UML_UNMOUNT = 'u',
  DOMUIMG_UML_SYNC = 'y',
  DOMUIMG_UML_TRIM = 't',
  DOMUIMG_UML_GROW = 'g',  /* length: of what it lies on */
  /* Makes an erofs with the UUID path on the disk at offset, with length bytes of room, of all that is
   * mounted; answer: b, FALSE where it is to be asked for again, since it goes on. */
  DOMUIMG_UML_PACK = 'e',
  DOMUIMG_UML_STAT = 's',  /* answer: ENTRY */
  DOMUIMG_UML_LIST = 'l',  /* answer: ENTRIES */
  DOMUIMG_UML_READ = 'r',  /* answer: t, with that many bytes of data */
  DOMUIMG_UML_PUT = 'p',   /* extra: ENTRY; length: of its data, G_MAXUINT64: it follows in pieces */
  DOMUIMG_UML_PIECE = 'w', /* length: of the data, 0 at the end, G_MAXUINT64: it is given up */
  DOMUIMG_UML_SET_ATTRIBUTES = 'a', /* extra: ENTRY */
  DOMUIMG_UML_LINK = 'k',           /* from path to target */
  DOMUIMG_UML_REMOVE = 'd',
  DOMUIMG_UML_SUBVOLUME = 'b', /* makes one of btrfs at path */
  DOMUIMG_UML_FILL = 'f',      /* extra: FILL; what is new in an empty filesystem */
} DomuimgUmlVerb;

#define DOMUIMG_UML_ENTRY "(ayuuuuxuttuuayta(ayay)u)"
/* The names of all, and entries of the first of them. */
#define DOMUIMG_UML_ENTRIES "(aaya" DOMUIMG_UML_ENTRY ")"
/* VG/LV, bytes, tags of blkid, its first bytes */
#define DOMUIMG_UML_VOLUMES "a(ayta(ayay)ay)"
/* Each with where its bytes go; an entry without a path is more of the one before. */
#define DOMUIMG_UML_FILL_TYPE "a(" DOMUIMG_UML_ENTRY "a(tt))"
/* How many entries an answer has at most. */
#define DOMUIMG_UML_ENTRIES_MAX 4096

typedef struct {
  DomuimgUmlVerb verb;
  guint32 mount;
  char *path;
  char *target;
  guint64 offset;
  guint64 length;
  GVariant *extra; /* (nullable) */
} DomuimgUmlRequest;

GBytes *domuimg_uml_request_write (const DomuimgUmlRequest *self);
/* FALSE for what is not a request. */
gboolean domuimg_uml_request_read (GBytes *bytes, DomuimgUmlRequest *self);
void domuimg_uml_request_clear (DomuimgUmlRequest *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgUmlRequest, domuimg_uml_request_clear)

/* The answer @payload (nullable, sunk), or what failed. */
GBytes *domuimg_uml_answer_write (GVariant *payload, const GError *failure);
/* The payload, which is of @type; NULL: the error that was sent, after "@name: ", or UNSAFE_INPUT. */
GVariant *domuimg_uml_answer_read (GBytes *bytes, const char *type, const char *name,
                                   GError **error);

/* Floating. @path: in place of the entry's. */
GVariant *domuimg_uml_entry_write (const DomuimgEntry *entry, const char *path);
/* The entry under @path; NULL for what cannot be one. */
DomuimgEntry *domuimg_uml_entry_read (GVariant *value, const char *path);
/* The same of what is in a filesystem. */
DomuimgEntry *domuimg_uml_entry_read_whole (GVariant *value, const char *path);
/* Names and entries of the directory @path: FALSE for what no directory can hold. @names: sorted. */
gboolean domuimg_uml_entries_read (GVariant *value, const char *path, char ***names,
                                   GPtrArray **entries);
/* (element-type DomuimgApplianceVolume) The VOLUMES; NULL where one has a name that it cannot have. */
GPtrArray *domuimg_uml_volumes_read (GVariant *value);
/* Floating: @text as bytes that need not be UTF-8; NULL as "". */
GVariant *domuimg_uml_text (const char *text);
char *domuimg_uml_take_text (GVariant *tuple, gsize index);

/* A message in the mailbox, where the other side may change it at any time: so it is copied first.
 * FALSE, NULL for one that is too long. */
gboolean domuimg_uml_mailbox_put (guint8 *at, GBytes *message);
GBytes *domuimg_uml_mailbox_take (const guint8 *at);
