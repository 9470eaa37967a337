/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/guest/application.h"
#include "lib/import/import.h"
#include "lib/spec/source-type.h"
#include "lib/tree/stream.h"

/* A way of making a guest: what lies behind --from. It gives a stream of files, or the disks of a
 * machine (DOMUIMG_SOURCE_GIVES_DISKS), or an installer (DOMUIMG_SOURCE_INSTALLS). To add one: a file here with
 * its row and its class, and a row in source-list.h. */
#define DOMUIMG_TYPE_SOURCE (domuimg_source_get_type ())
G_DECLARE_INTERFACE (DomuimgSource, domuimg_source, DOMUIMG, SOURCE, GObject)

/* What a source may need of the build. */
typedef struct {
  const char *work_directory; /* for intermediate files; removed in any case */
  GStrv results; /* absolute paths that the build makes and a copy must leave out */
  gboolean has_terminal; /* of a user who may be asked: descriptors */
  int terminal_in, terminal_out;
} DomuimgSourceContext;

/* An installer that a guest is first started with. */
typedef struct {
  /* After check. */
  char *name;           /* of what it installs, for a person */
  guint64 memory;       /* bytes that it needs, and of the disk */
  guint64 disk_size;
  gboolean takes_login; /* root's, of the specification: its answers are made of that */
  char *answers;        /* (nullable) for a person: by what it is told, "a preseed" */
  char *answers_text;   /* (nullable) what it is told by answers of our own, without secrets */
  const char *media;    /* (nullable) an ISO image that it reads from */
  /* After prepare. */
  const char *media_vdev; /* the disk that @media is in the guest */
  char *kernel;         /* files of the work directory */
  char *ramdisk;
  char *cmdline;
  DomuimgGuestType type; /* that the kernel is started as */
  DomuimgKernel *kernel_read;
  char *root_password;  /* (nullable) one that was made */
} DomuimgInstaller;

struct _DomuimgSourceInterface {
  GTypeInterface parent;

  /* For a plan: one line of what will be done. */
  char *(*describe) (DomuimgSource *self);
  /* (nullable) Adds what else a plan should say of how (char *). */
  void (*describe_how) (DomuimgSource *self, GPtrArray *lines);
  /* (nullable) Whether something has to be downloaded before anything can be planned, and its
   * address (transfer none). */
  const char *(*get_url) (DomuimgSource *self);
  /* (nullable) Downloads it. */
  gboolean (*fetch) (DomuimgSource *self, const DomuimgSourceContext *context,
                     DomuimgProgress *progress, GCancellable *cancellable, GError **error);
  /* What can be told at once: is the input there, are the programs? Changes nothing. */
  gboolean (*check) (DomuimgSource *self, GError **error);
  /* (nullable) Work that has to come first, such as to unpack or to install. */
  gboolean (*prepare) (DomuimgSource *self, const DomuimgSourceContext *context,
                       DomuimgProgress *progress, GCancellable *cancellable, GError **error);

  /* (nullable) The build has failed: keeps, as files whose names begin with @prefix, what helps to find out why,
   * and adds to @list where. */
  void (*keep) (DomuimgSource *self, const char *prefix, GString *list);

  /* The machine whose disks it gives, after check; of such sources only. */
  DomuimgImport *(*get_import) (DomuimgSource *self);

  /* The installer, of sources that install only. */
  const DomuimgInstaller *(*get_installer) (DomuimgSource *self);

  /* (nullable) (transfer none) The application that is all that the guest runs; NULL where its files are a
   * system of their own. After prepare. */
  const DomuimgApplication *(*get_application) (DomuimgSource *self);

  /* Those below are of sources that give files. */

  /* Whether the size can be known before; then adds it to @usage. */
  gboolean (*measure) (DomuimgSource *self, const DomuimgSourceContext *context,
                       DomuimgUsage *usage, gboolean *known, GCancellable *cancellable,
                       GError **error);
  /* The guest's files. To be read to the end, then closed. */
  DomuimgStream *(*open) (DomuimgSource *self, const DomuimgSourceContext *context,
                          DomuimgProgress *progress, GCancellable *cancellable, GError **error);
  /* (nullable) FALSE where what looked like a whole guest was not (a program failed at its end). */
  gboolean (*close) (DomuimgSource *self, GError **error);
  /* (nullable) After close: adds what a user should know (char *) of what was copied. */
  void (*tell) (DomuimgSource *self, GPtrArray *warnings);
  /* (nullable) Says why the stream broke off, where the source knows better than @error. */
  void (*explain) (DomuimgSource *self, GError **error);
};

/* The source that --from asks for. */
DomuimgSource *domuimg_source_new (DomuimgSpec *spec, GError **error);

char *domuimg_source_describe (DomuimgSource *self);
void domuimg_source_describe_how (DomuimgSource *self, GPtrArray *lines);
const char *domuimg_source_get_url (DomuimgSource *self);
gboolean domuimg_source_fetch (DomuimgSource *self, const DomuimgSourceContext *context,
                               DomuimgProgress *progress, GCancellable *cancellable,
                               GError **error);
gboolean domuimg_source_check (DomuimgSource *self, GError **error);
gboolean domuimg_source_prepare (DomuimgSource *self, const DomuimgSourceContext *context,
                                 DomuimgProgress *progress, GCancellable *cancellable,
                                 GError **error);
void domuimg_source_keep (DomuimgSource *self, const char *prefix, GString *list);
/* NULL where the source gives files. */
DomuimgImport *domuimg_source_get_import (DomuimgSource *self);
/* (nullable) NULL where the guest is a whole system. After prepare. */
const DomuimgApplication *domuimg_source_get_application (DomuimgSource *self);
/* NULL where the source is not an installer. */
const DomuimgInstaller *domuimg_source_get_installer (DomuimgSource *self);
gboolean domuimg_source_measure (DomuimgSource *self, const DomuimgSourceContext *context,
                                 DomuimgUsage *usage, gboolean *known, GCancellable *cancellable,
                                 GError **error);
DomuimgStream *domuimg_source_open (DomuimgSource *self, const DomuimgSourceContext *context,
                                    DomuimgProgress *progress, GCancellable *cancellable,
                                    GError **error);
gboolean domuimg_source_close (DomuimgSource *self, GError **error);
void domuimg_source_tell (DomuimgSource *self, GPtrArray *warnings);
void domuimg_source_explain (DomuimgSource *self, GError **error);

/* The rows of source-list.h, each in the file of its source. */
#define DOMUIMG_SOURCE_ROW(name) extern const DomuimgSourceType domuimg_source_type_##name;
#include "lib/source/source-list.h"
#undef DOMUIMG_SOURCE_ROW
