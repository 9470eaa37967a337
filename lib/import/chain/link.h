/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "lib/import/chain/part.h"
#include "lib/import/chain/chain.h"

typedef struct {
  guint64 size;
  gboolean is_device;
  dev_t device;
  ino_t inode;
} DomuimgFile;

/* One image; what it lies over is the next one. */
typedef struct {
  char *path;         /* absolute, without symbolic links */
  DomuimgFile file;
  const char *driver; /* of QEMU */
  DomuimgHeader header;
  char *data_path;    /* (nullable) of qcow2 */
  gboolean data_is_device;
  gboolean is_moved;   /* it is not where the link above says */
  gboolean is_guessed; /* nothing but its content says of what format it is */
} DomuimgChainLink;

struct _DomuimgImageChain {
  GPtrArray *links;   /* of DomuimgChainLink, the image first */
  GPtrArray *files;   /* of char * */
  GPtrArray *notes;   /* of char * */
  guint64 total;      /* bytes of @files */
  char *directory;    /* of the image */
  gboolean allow_backing;
  gboolean is_member; /* then of the first link: */
  guint64 offset;
  guint64 length;
};
