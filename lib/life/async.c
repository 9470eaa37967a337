/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What blocks in this room, as asynchronous calls. */
#include "config.h"
#include "lib/base/async.h"

#include "domuimg/rename.h"
#include "domuimg/show.h"

typedef struct {
  char *what;
  char *dir;
  char *name;
  DomuimgBackend backend;
  char *connect;
  guint flags;
} Request;

static void
request_free (gpointer data)
{
  Request *self = data;

  g_free (self->what);
  g_free (self->dir);
  g_free (self->name);
  g_free (self->connect);
  g_free (self);
}

static Request *
request_new (const char *what, const char *dir, DomuimgBackend backend, const char *connect)
{
  Request *self = g_new0 (Request, 1);

  self->what = g_strdup (what);
  self->dir = g_strdup (dir);
  self->backend = backend;
  self->connect = g_strdup (connect);
  return self;
}

static gpointer
show (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
      GError **error)
{
  const Request *request = arguments;

  return domuimg_show_run (request->what, request->dir, request->backend, request->connect,
                           cancellable, error);
}

/**
 * domuimg_show_run_async:
 * @what: (type filename): the guest, as domuimg_show_run() takes it
 * @dir: (nullable) (type filename): likewise
 * @backend: likewise
 * @connect: (nullable): likewise
 * @cancellable: (nullable): to stop it
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_show_run() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_show_run_async (const char *what, const char *dir, DomuimgBackend backend,
                        const char *connect, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (what != NULL);
  domuimg_async_start (NULL, show, request_new (what, dir, backend, connect), request_free,
                       g_object_unref, NULL, cancellable, callback, user_data);
}

/**
 * domuimg_show_run_finish:
 * @result: what the callback got
 * @error: return location for an error, as of domuimg_show_run()
 *
 * Returns: (transfer full): the guest, or %NULL
 *
 * Since: 0.1
 */
DomuimgShow *
domuimg_show_run_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}

static gpointer
rename_guest (gpointer self, gpointer arguments, DomuimgProgress *progress,
              GCancellable *cancellable, GError **error)
{
  const Request *request = arguments;

  return domuimg_rename_guest (request->what, request->dir, request->name, request->backend,
                               request->connect, request->flags, cancellable, error);
}

/**
 * domuimg_rename_guest_async:
 * @what: (type filename): the guest, as domuimg_rename_guest() takes it
 * @dir: (nullable) (type filename): likewise
 * @name: likewise
 * @backend: likewise
 * @connect: (nullable): likewise
 * @flags: likewise
 * @cancellable: (nullable): to stop it before anything is renamed
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_rename_guest() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_rename_guest_async (const char *what, const char *dir, const char *name,
                            DomuimgBackend backend, const char *connect, DomuimgRenameFlags flags,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Request *request;

  g_return_if_fail (what != NULL && name != NULL);
  request = request_new (what, dir, backend, connect);
  request->name = g_strdup (name);
  request->flags = flags;
  domuimg_async_start (NULL, rename_guest, request, request_free, (GDestroyNotify) g_strfreev, NULL,
                       cancellable, callback, user_data);
}

/**
 * domuimg_rename_guest_finish:
 * @result: what the callback got
 * @error: return location for an error, as of domuimg_rename_guest()
 *
 * Returns: (transfer full) (array zero-terminated=1): what was done, a line each, or %NULL
 *
 * Since: 0.1
 */
char **
domuimg_rename_guest_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}
