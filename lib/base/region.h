/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Bytes in a file or block device: what everything that reads or writes a part of a disk is given.
 * A region is counted and never changes. It owns its descriptor, which all its parts share and which
 * is closed with the last of them; where the file is, or whether it still has a name, does not
 * matter. The name is for messages only, and nothing is ever opened by it. */
typedef struct _DomuimgRegion DomuimgRegion;

/* What holds the bytes of a region that are not those of a file: the pieces of several, the clusters of
 * an image format. Offsets and lengths are within the region. */
typedef struct {
  /* Both do all of @length, or fail with errno. */
  gboolean (*read) (gpointer data, guint64 offset, void *buffer, gsize length);
  gboolean (*write) (gpointer data, guint64 offset, const void *bytes, gsize length);
  /* (nullable) Decides where @bytes will go, before another thread writes them: so that this does not
   * depend on which thread is first. */
  void (*reserve) (gpointer data, guint64 offset, const void *bytes, gsize length);
  /* Begins to write out what was written, and with @wait waits for its end. FALSE with errno. */
  gboolean (*sync) (gpointer data, gboolean wait);
  void (*free) (gpointer data);
} DomuimgRegionBack;

struct _DomuimgRegion {
  int fd;         /* stays the region's; -1 where its bytes are not those of a file */
  guint64 offset; /* in the file, bytes */
  guint64 length; /* bytes; what lies behind the file's end is cut off when it is read */
  char *name;

  /*< private >*/
  gatomicrefcount references;
  DomuimgRegion *whole; /* (nullable) whose descriptor it shares */
  const DomuimgRegionBack *back; /* (nullable) in place of @fd */
  gpointer data;                 /* of @back */
};

/* All of the file or block device at @path, which becomes its name. INVALID_ARGUMENT for what is
 * neither of them. */
DomuimgRegion *domuimg_region_open (const char *path, gboolean writable, GError **error);
/* All of the file that @fd is, of which a copy is taken. */
DomuimgRegion *domuimg_region_new_for_fd (int fd, const char *name, GError **error);
/* @length bytes that @back has; @data is taken. */
DomuimgRegion *domuimg_region_new_backed (const DomuimgRegionBack *back, gpointer data,
                                          guint64 length, const char *name);
/* The same bytes, open for writing: @self, or the same file opened once more. */
DomuimgRegion *domuimg_region_make_writable (DomuimgRegion *self, GError **error);
/* @length bytes of @self at @offset, under the same name. */
DomuimgRegion *domuimg_region_new_part (DomuimgRegion *self, guint64 offset, guint64 length);
/* The same bytes under another name. */
DomuimgRegion *domuimg_region_new_named (DomuimgRegion *self, const char *name);
DomuimgRegion *domuimg_region_ref (DomuimgRegion *self);
void domuimg_region_unref (DomuimgRegion *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgRegion, domuimg_region_unref)

/* Up to @length bytes at @offset of the region, fewer at its end; -1 with errno. */
gssize domuimg_region_read (const DomuimgRegion *self, guint64 offset, void *buffer, gsize length);
/* All of @length bytes; FALSE with errno, EIO where the region ends before. */
gboolean domuimg_region_read_all (const DomuimgRegion *self, guint64 offset, void *buffer,
                                  gsize length);
/* All of @data; FALSE with errno, ENOSPC where it would not fit into the region. */
gboolean domuimg_region_write (const DomuimgRegion *self, guint64 offset, const void *data,
                               gsize length);
/* These bytes will be written by another thread. */
void domuimg_region_reserve (const DomuimgRegion *self, guint64 offset, const void *bytes,
                             gsize length);
/* Begins to write out what was written. */
void domuimg_region_begin_sync (const DomuimgRegion *self);
/* Waits until all that was written is on the disk; FALSE with errno. */
gboolean domuimg_region_sync (const DomuimgRegion *self);
