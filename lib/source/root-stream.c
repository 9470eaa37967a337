/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings a root made of packages to the disk, from the program that makes it or from the cache. */
#include "config.h"
#include "lib/source/root-stream.h"

#include <unistd.h>

#include "lib/source/tar.h"

void
domuimg_root_stream_clear (DomuimgRootStream *self)
{
  g_clear_pointer (&self->exec, domuimg_exec_free);
  g_clear_pointer (&self->cache, domuimg_root_cache_free);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

gboolean
domuimg_root_stream_take_cache (DomuimgRootStream *self, DomuimgRootCache *cache,
                                DomuimgStream **stream, GError **error)
{
  self->cache = cache;
  self->fd = domuimg_root_cache_open (cache);
  if (self->fd < 0)
    return FALSE;
  *stream = domuimg_tar_new (self->fd, "the cached root", NULL, NULL, error);
  return TRUE;
}

DomuimgStream *
domuimg_root_stream_start (DomuimgRootStream *self, DomuimgExec *exec, const char *name,
                           GCancellable *cancellable, GError **error)
{
  int fd;

  self->exec = exec;
  if (self->cache != NULL && !domuimg_root_cache_begin (self->cache, error))
    return NULL;
  fd = domuimg_exec_start (exec, cancellable, error);
  if (fd < 0)
    return NULL;
  return domuimg_tar_new (fd, name, self->cache != NULL ? domuimg_root_cache_add : NULL,
                          self->cache, error);
}

gboolean
domuimg_root_stream_close (DomuimgRootStream *self, DomuimgRootExplain explain,
                           gpointer user_data, GError **error)
{
  gboolean ok = TRUE;

  if (self->exec != NULL)
    {
      ok = domuimg_exec_finish (self->exec, error);
      if (!ok)
        explain (user_data, domuimg_exec_get_tail (self->exec), error);
      else if (self->cache != NULL)
        ok = domuimg_root_cache_keep (self->cache, error);
    }
  domuimg_root_stream_clear (self);
  return ok;
}

/* A broken archive is how the program's own failure shows here. */
void
domuimg_root_stream_explain (DomuimgRootStream *self, DomuimgRootExplain explain,
                             gpointer user_data, GError **error)
{
  g_autoptr (GError) own = NULL;

  if (self->exec == NULL
      || !g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    return;
  if (domuimg_exec_finish (self->exec, &own))
    return;
  explain (user_data, domuimg_exec_get_tail (self->exec), &own);
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&own));
}

char *
domuimg_root_stream_match (const char *tail, const char *pattern, int group)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, tail, 0, &match) ? g_match_info_fetch (match, group) : NULL;
}
