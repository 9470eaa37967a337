/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What blocks in this room, as asynchronous calls. */
#include "config.h"
#include "lib/base/async.h"

#include "domuimg/guest.h"
#include "domuimg/host.h"

static gpointer
start_run (gpointer self, gpointer arguments, DomuimgProgress *progress,
           GCancellable *cancellable, GError **error)
{
  return domuimg_run_start (self, progress, cancellable, error);
}

/**
 * domuimg_run_start_async:
 * @self: a start; it can be used once
 * @progress: (nullable): tells what is being done, in the caller's main context
 * @cancellable: (nullable): to stop it
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_run_start() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_run_start_async (DomuimgRun *self, DomuimgProgress *progress, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  g_return_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress));
  domuimg_async_start (self, start_run, NULL, NULL, g_object_unref, progress, cancellable, callback,
                       user_data);
}

/**
 * domuimg_run_start_finish:
 * @self: a start
 * @result: what the callback got
 * @error: return location for an error, as of domuimg_run_start()
 *
 * Returns: (transfer full): the guest, or %NULL
 *
 * Since: 0.1
 */
DomuimgHostGuest *
domuimg_run_start_finish (DomuimgRun *self, GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (self, result, error);
}

static gpointer
examine (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
         GError **error)
{
  return domuimg_doctor_examine (self, cancellable, error);
}

/**
 * domuimg_doctor_examine_async:
 * @self: a host
 * @cancellable: (nullable): to stop it
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_doctor_examine() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_doctor_examine_async (DomuimgDoctor *self, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (DOMUIMG_IS_DOCTOR (self));
  domuimg_async_start (self, examine, NULL, NULL, (GDestroyNotify) g_ptr_array_unref, NULL,
                       cancellable, callback, user_data);
}

/**
 * domuimg_doctor_examine_finish:
 * @self: a host
 * @result: what the callback got
 * @error: return location for an error: only a cancellation
 *
 * Returns: (transfer container) (element-type DomuimgFinding): what was found, or %NULL
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_doctor_examine_finish (DomuimgDoctor *self, GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (self, result, error);
}

/* Arguments of what has no object. */
typedef struct {
  char *name;
  DomuimgBackend backend;
  char *connect;
  gboolean disks;
  guint timeout;
} Request;

static void
request_free (gpointer data)
{
  Request *self = data;

  g_free (self->name);
  g_free (self->connect);
  g_free (self);
}

static Request *
request_new (const char *name, DomuimgBackend backend, const char *connect)
{
  Request *self = g_new0 (Request, 1);

  self->name = g_strdup (name);
  self->backend = backend;
  self->connect = g_strdup (connect);
  return self;
}

static gpointer
list_guests (gpointer self, gpointer arguments, DomuimgProgress *progress,
             GCancellable *cancellable, GError **error)
{
  const Request *request = arguments;

  return domuimg_host_list_guests (request->backend, request->connect, cancellable, error);
}

/**
 * domuimg_host_list_guests_async:
 * @backend: what to ask
 * @connect: (nullable): libvirt's URI; %NULL for `xen:///system`
 * @cancellable: (nullable): to stop it
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_host_list_guests() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_host_list_guests_async (DomuimgBackend backend, const char *connect,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  domuimg_async_start (NULL, list_guests, request_new (NULL, backend, connect), request_free,
                       (GDestroyNotify) g_ptr_array_unref, NULL, cancellable, callback, user_data);
}

/**
 * domuimg_host_list_guests_finish:
 * @result: what the callback got
 * @error: return location for an error, as of domuimg_host_list_guests()
 *
 * Returns: (transfer container) (element-type DomuimgHostGuest): guests, sorted by name, or %NULL
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_host_list_guests_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}

static gpointer
delete_guest (gpointer self, gpointer arguments, DomuimgProgress *progress,
              GCancellable *cancellable, GError **error)
{
  const Request *request = arguments;

  return domuimg_host_delete_guest (request->name, request->backend, request->connect,
                                    request->disks, request->timeout, cancellable, error);
}

/**
 * domuimg_host_delete_guest_async:
 * @name: the name of a guest, or the path of its configuration
 * @backend: what it may run by
 * @connect: (nullable): libvirt's URI; %NULL for `xen:///system`
 * @disks: whether to remove its disks, too
 * @timeout: for how many seconds it may shut down by itself before it is ended by force, or
 *   %DOMUIMG_DELETE_NOT_RUNNING
 * @cancellable: (nullable): to stop it before anything is removed
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_host_delete_guest() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_host_delete_guest_async (const char *name, DomuimgBackend backend, const char *connect,
                                 gboolean disks, guint timeout, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  Request *request;

  g_return_if_fail (name != NULL);
  request = request_new (name, backend, connect);
  request->disks = disks;
  request->timeout = timeout;
  domuimg_async_start (NULL, delete_guest, request, request_free, (GDestroyNotify) g_strfreev,
                       NULL, cancellable, callback, user_data);
}

/**
 * domuimg_host_delete_guest_finish:
 * @result: what the callback got
 * @error: return location for an error, as of domuimg_host_delete_guest()
 *
 * Returns: (transfer full) (array zero-terminated=1): what was done, a line each, or %NULL
 *
 * Since: 0.1
 */
char **
domuimg_host_delete_guest_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}
