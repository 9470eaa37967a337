/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/stream.h"

/* A way of making a guest: what lies behind --from. */
#define DOMUIMG_TYPE_SOURCE (domuimg_source_get_type ())
G_DECLARE_INTERFACE (DomuimgSource, domuimg_source, DOMUIMG, SOURCE, GObject)

/* What a source may need of the build. */
typedef struct {
  const char *work_directory; /* for intermediate files; removed in any case */
  GStrv results; /* absolute paths that the build makes and a copy must leave out */
} DomuimgSourceContext;

struct _DomuimgSourceInterface {
  GTypeInterface parent;

  /* For a plan: one line of what will be done. */
  char *(*describe) (DomuimgSource *self);
  /* What can be told at once: is the input there, are the programs? Changes nothing. */
  gboolean (*check) (DomuimgSource *self, GError **error);
  /* Whether the size can be known before; then adds it to @usage. */
  gboolean (*measure) (DomuimgSource *self, const DomuimgSourceContext *context,
                       DomuimgUsage *usage, gboolean *known, GCancellable *cancellable,
                       GError **error);
  /* The guest's files. To be read to the end, then closed. */
  DomuimgStream *(*open) (DomuimgSource *self, const DomuimgSourceContext *context,
                          DomuimgProgress *progress, GCancellable *cancellable, GError **error);
  /* FALSE where what looked like a whole guest was not (a program failed at its end). */
  gboolean (*close) (DomuimgSource *self, GError **error);
  /* Says why the stream broke off, where the source knows better than @error. */
  void (*explain) (DomuimgSource *self, GError **error);
};

char *domuimg_source_describe (DomuimgSource *self);
gboolean domuimg_source_check (DomuimgSource *self, GError **error);
gboolean domuimg_source_measure (DomuimgSource *self, const DomuimgSourceContext *context,
                                 DomuimgUsage *usage, gboolean *known, GCancellable *cancellable,
                                 GError **error);
DomuimgStream *domuimg_source_open (DomuimgSource *self, const DomuimgSourceContext *context,
                                    DomuimgProgress *progress, GCancellable *cancellable,
                                    GError **error);
gboolean domuimg_source_close (DomuimgSource *self, GError **error);
void domuimg_source_explain (DomuimgSource *self, GError **error);

DomuimgSource *domuimg_source_tar_new (const char *path);
/* Groups of @include are copied although they are left out by default (see dir-excludes.c);
 * what matches a pattern of @exclude is left out too. */
DomuimgSource *domuimg_source_dir_new (const char *path, const char *const *include,
                                       const char *const *exclude, GError **error);

/* A root made of Debian packages. */
typedef struct {
  gboolean ubuntu;
  const char *suite;
  const char *variant;        /* NULL: minbase */
  const char *arch;           /* NULL: the machine's */
  const char *kernel_package; /* NULL: by the architecture; "none" */
  GStrv packages;
  GStrv mirrors;              /* empty: the machine's own */
  GStrv keyrings;
  gboolean use_cache;
} DomuimgDebOptions;

DomuimgSource *domuimg_source_deb_new (const DomuimgDebOptions *options);
