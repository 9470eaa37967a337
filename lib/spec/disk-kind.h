/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/domain.h"
#include "lib/base/pool.h"
#include "lib/base/progress.h"
#include "lib/base/region.h"
#include "lib/base/undo.h"
#include "lib/base/volumes.h"

/* Where a disk lives: a row for each kind of --disk. The rows stand in lib/disk, each in the file of
 * its kind; this room only reads them, so that nothing below or above has to know a kind by name.
 * To add one: a file there with its row, and the row's name in kinds.c. */

typedef struct _DomuimgDiskSpec DomuimgDiskSpec;
typedef struct _DomuimgDiskKind DomuimgDiskKind;

typedef enum {
  DOMUIMG_DISK_CAN_BE_FILLED = 1 << 0, /* with files; else only with the copy of a disk */
  DOMUIMG_DISK_LIES_OVER = 1 << 1,     /* the disk that it is made of, which has to stay */
  DOMUIMG_DISK_HOLDS_ALL = 1 << 2,     /* all disks of the guest are in one file, and no configuration */
  DOMUIMG_DISK_OVERWRITES = 1 << 3,    /* what was there is gone once it is begun */
  DOMUIMG_DISK_IS_SENT = 1 << 4,       /* its kind's put () takes as long as a copy */
} DomuimgDiskTraits;

/* What a disk is made of. */
typedef struct {
  const char *name;    /* for a person */
  const char *format;  /* as qemu-img calls it */
  const char *backing; /* (nullable) the image file that another could lie over */
  guint64 size;        /* bytes */
} DomuimgDiskOrigin;

/* What making a disk takes. */
typedef struct {
  DomuimgUndo *undo;
  const char *work_directory;
  const char *directory; /* of the results */
  const char *uuid; /* (nullable) of the image, at its end */
  GPtrArray *volumes; /* of DomuimgPoolVolume: gets those that become results */
  guint number;     /* of the disk, from 0 */
  gboolean replace; /* what is there */
} DomuimgDiskMaking;

/* What is written once all disks of a guest are whole. */
typedef struct {
  DomuimgDomain *domain;
  const GPtrArray *disks;    /* (element-type DomuimgDiskSpec) */
  const char *const *images; /* where each of them was made */
  const char *path;          /* of the file to write, which becomes ... */
  const char *name;          /* ... this one */
} DomuimgDiskPublication;

/* A disk that is copied for a clone. */
typedef struct {
  const char *path;     /* absolute */
  const char *format;   /* of its image, as QEMU calls it */
  DomuimgRegion *bytes; /* what the guest sees */
} DomuimgDiskOriginal;

/* A way to copy a disk for a clone: a row for each, of which a kind names those that it has. */
typedef struct {
  const char *name;   /* of --copy: "reflink" */
  const char *help;
  const char *format; /* of the copy */
  const char *suffix; /* of its file */
  gboolean shares;    /* the original has to stay as it is */
  /* Whether it can be done in @directory: NOT_SUPPORTED says why not. */
  gboolean (*check) (const DomuimgDiskOriginal *original, const char *directory, GError **error);
  /* Makes the copy at @path, where nothing is; what is returned are its bytes, to be written to, under the
   * @name that it will have. */
  DomuimgRegion *(*begin) (const DomuimgDiskOriginal *original, const char *path, const char *name,
                           GCancellable *cancellable, GError **error);
  /* (nullable) Once all is written: makes a disk of it. */
  gboolean (*end) (const DomuimgDiskOriginal *original, DomuimgRegion *begun, GError **error);
} DomuimgCopyWay;

struct _DomuimgDiskKind {
  const char *scheme;   /* (nullable) before a colon: "overlay" */
  const char *placeholder; /* (nullable) what may follow the colon: "FILE"; of @claims: a path */
  const char *name;     /* in plans; without @scheme and @claims also the value of format= */
  const char *storage;  /* in manifests: "file" */
  const char *format;   /* of the image while it is made, as xl.cfg has it */
  const char *driver;   /* (nullable) QEMU's name for that, where it has another one */
  const char *suffix;   /* of a file that has no path yet */
  const char *options;  /* (nullable) the keys that only some kinds have: "thin" */
  DomuimgDiskTraits traits;
  const DomuimgCopyWay *const *copies; /* (nullable) how clones get a disk of it, ended by NULL, the cheapest
                                         * first */
  const DomuimgVolumes *volumes; /* (nullable) with @begin: what begins is a volume of these */

  /* (nullable) Whether a disk at @path is of this kind, though nothing else says so. */
  gboolean (*claims) (const char *path);
  /* (nullable) Makes disk->path a path of what was given for it, and checks what else was given,
   * without looking at anything. */
  gboolean (*complete) (DomuimgDiskSpec *disk, GError **error);
  /* (nullable) In place of a path that was given: asks where it is to live, which becomes disk->path. It
   * may become a disk of another row. */
  gboolean (*locate) (DomuimgDiskSpec *disk, GError **error);
  /* (nullable) Takes from what is at disk->path what it decides, such as the size. @is_copied: the
   * size is that of the disk to be copied. Changes nothing but @disk. */
  gboolean (*settle) (DomuimgDiskSpec *disk, gboolean is_copied, GError **error);
  /* For a plan, one line: @origin (nullable) where it is filled with files. */
  char *(*describe) (const DomuimgDiskSpec *disk, const DomuimgDiskOrigin *origin);
  /* Whether it can be made at disk->path: free or @replace, writable. Changes nothing. */
  gboolean (*check) (const DomuimgDiskSpec *disk, gboolean replace, GError **error);
  /* (nullable) Whether it can be made of this disk. */
  gboolean (*check_origin) (const DomuimgDiskOrigin *origin, GError **error);
  /* Where it is made, which becomes disk->path when the transaction commits; what takes it back is
   * in the journal. */
  char *(*create) (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error);
  /* (nullable) In place of @allocate and @open, where it is to be filled (or with @allocate NULL
   * always): begins it and gives its bytes, @size zeros, to write to. What cannot be undone is in the
   * journal and, where it fails afterwards, in the error (DOMUIMG_DISK_LOST). */
  DomuimgRegion *(*begin) (const DomuimgDiskSpec *disk, const char *path, guint64 size,
                           const DomuimgDiskMaking *making, GCancellable *cancellable,
                           GError **error);
  /* (nullable) With @begin: the last act before the commit, once all else is written, which makes a
   * disk of what was kept aside. */
  gboolean (*end) (const DomuimgDiskSpec *disk, const char *path, DomuimgRegion *begun,
                   const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error);
  /* (nullable) After @end, once no more is written to it: takes what was made at @path to where it is to
   * live; what takes it back from there is in the journal. */
  gboolean (*put) (const DomuimgDiskSpec *disk, const char *path, const DomuimgDiskMaking *making,
                   DomuimgProgress *progress, GCancellable *cancellable, GError **error);
  /* (nullable) What lies beside the disk, such as a kernel, has to lie on its host: *@path (transfer full)
   * becomes the path there that @name has, free or @replace, and stays NULL on this host. */
  gboolean (*locate_file) (const DomuimgDiskSpec *disk, const char *name, gboolean replace,
                           char **path, GError **error);
  /* (nullable) With @locate_file: takes there the file that was made at @from. */
  gboolean (*put_file) (const DomuimgDiskSpec *disk, const char *name, const char *from,
                        const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error);
  /* (nullable) After the commit: tells those who have to know. */
  gboolean (*announce) (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making,
                        GError **error);
  /* (nullable) Makes more of an error after @begin, if it can be told what it comes from. */
  void (*explain) (const DomuimgDiskSpec *disk, GError **error);
  /* (nullable) Its first state, there: @size bytes that read as zeros, or those of @origin (nullable), which a
   * kind with LIES_OVER is made of. */
  gboolean (*allocate) (const DomuimgDiskSpec *disk, const char *path, guint64 size,
                        const DomuimgDiskOrigin *origin, GCancellable *cancellable, GError **error);
  /* (nullable) Its bytes, where those are the guest's. */
  DomuimgRegion *(*open) (const char *path, gboolean writable, GError **error);
  /* What QEMU writes to: a block node, as a JSON text that may follow "json:". */
  char *(*to_node) (const char *path);
  /* (nullable) Makes it of the raw image @from, which is not needed any more; FALSE where that takes
   * a copy. Nothing was allocated. */
  gboolean (*take) (const char *path, const char *from);
  /* (nullable) Gives the disk at @path, which nobody has open, another size; it may become a little
   * larger than @size. Of a file, @path is a copy; what has @volumes is changed where it is. */
  gboolean (*resize) (const char *path, guint64 size, GCancellable *cancellable, GError **error);
  /* (nullable) Whether there is room for @more bytes. */
  gboolean (*check_more) (const char *path, guint64 more, GError **error);
  /* (nullable) With HOLDS_ALL: puts all disks together. */
  gboolean (*publish) (const DomuimgDiskPublication *all, DomuimgProgress *progress,
                       GCancellable *cancellable, GError **error);
  /* What a domain says of it. */
  void (*fill_domain) (const DomuimgDiskSpec *disk, DomuimgDomainDisk *domain_disk);
};

/* What precedes the message of an error after which a path has nothing that it had. */
#define DOMUIMG_DISK_LOST "what was on %s is gone and cannot be restored, and nothing is on it now: "

/* Ended by NULL; the first one is what a disk is of which nothing is said. */
extern const DomuimgDiskKind *const domuimg_disk_kinds[];

/* The kind that @text ("overlay:FILE") begins with, *@rest becomes what follows the colon; the first
 * kind, and all of @text, where it begins with none. NULL where it begins with another word and a
 * colon. */
const DomuimgDiskKind *domuimg_disk_kind_find (const char *text, const char **rest,
                                               GError **error);
/* "format=raw|qcow2, overlay:, xva:FILE or /dev/NAME" */
char *domuimg_disk_kind_list (void);
/* The kind that a disk at @path, of which only that is said, has by what is there; NULL for none. */
const DomuimgDiskKind *domuimg_disk_kind_find_claim (const char *path);
/* (nullable) The kind of a disk of which a manifest says @storage (nullable), and whose image is in
 * @format. */
const DomuimgDiskKind *domuimg_disk_kind_find_stored (const char *storage, const char *format);
/* Every way to copy a disk, for a person: "reflink, overlay or sparse". */
char *domuimg_disk_kind_list_copies (void);
/* NULL where format= has no such value. */
const DomuimgDiskKind *domuimg_disk_kind_find_format (const char *format);
