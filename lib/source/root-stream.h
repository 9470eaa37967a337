/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"
#include "lib/source/root-cache.h"
#include "lib/tree/stream.h"

/* A root made of packages on its way to the disk: the tar that a program writes, which the cache
 * keeps, or the one that the cache has. All zeros and an fd of -1 at first. */
typedef struct {
  DomuimgExec *exec;       /* (nullable) the program */
  DomuimgRootCache *cache; /* (nullable) */
  int fd;                  /* of a cached archive */
} DomuimgRootStream;

/* Says in place of @error what the last lines of a program mean. */
typedef void (*DomuimgRootExplain) (gpointer user_data, const char *tail, GError **error);

void domuimg_root_stream_clear (DomuimgRootStream *self);
/* Takes @cache. Whether it has the root: then *@stream is it, or NULL with the error. */
gboolean domuimg_root_stream_take_cache (DomuimgRootStream *self, DomuimgRootCache *cache,
                                         DomuimgStream **stream, GError **error);
/* Takes @exec, and starts it; @name is the program's in messages. */
DomuimgStream *domuimg_root_stream_start (DomuimgRootStream *self, DomuimgExec *exec,
                                          const char *name, GCancellable *cancellable,
                                          GError **error);
/* After all was read: FALSE where the program failed; else the cache keeps what it wrote. */
gboolean domuimg_root_stream_close (DomuimgRootStream *self, DomuimgRootExplain explain,
                                    gpointer user_data, GError **error);
/* (nullable) What @group of the regular expression @pattern has found in the last lines of a program. */
char *domuimg_root_stream_match (const char *tail, const char *pattern, int group);
/* Where the stream broke off: the program's own failure in place of @error. */
void domuimg_root_stream_explain (DomuimgRootStream *self, DomuimgRootExplain explain,
                                  gpointer user_data, GError **error);
