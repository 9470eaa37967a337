/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What blocks in this room, as asynchronous calls. */
#include "config.h"
#include "lib/base/async.h"

#include "domuimg/build.h"
#include "domuimg/kernel-update.h"
#include "domuimg/resize.h"

static gpointer
run_build (gpointer self, gpointer arguments, DomuimgProgress *progress,
           GCancellable *cancellable, GError **error)
{
  return domuimg_build_run (self, progress, cancellable, error);
}

/**
 * domuimg_build_run_async:
 * @self: a build
 * @progress: (nullable): tells how far it is, in the caller's main context
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_build_run() in a thread. @self must not be changed meanwhile.
 *
 * Since: 0.1
 */
void
domuimg_build_run_async (DomuimgBuild *self, DomuimgProgress *progress, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (DOMUIMG_IS_BUILD (self));
  g_return_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress));
  domuimg_async_start (self, run_build, NULL, NULL, g_object_unref, progress, cancellable, callback,
                       user_data);
}

/**
 * domuimg_build_run_finish:
 * @self: a build
 * @result: what the callback got
 * @error: return location for a #GError, as of domuimg_build_run()
 *
 * Returns: (transfer full): what was made, or %NULL
 *
 * Since: 0.1
 */
DomuimgResult *
domuimg_build_run_finish (DomuimgBuild *self, GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (self, result, error);
}

typedef struct {
  char *name;
  char *dir;
  gboolean dry_run;
} Update;

static void
update_free (gpointer data)
{
  Update *self = data;

  g_free (self->name);
  g_free (self->dir);
  g_free (self);
}

static gpointer
run_update (gpointer self, gpointer arguments, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  const Update *update = arguments;

  return domuimg_kernel_update_run (update->name, update->dir, update->dry_run, cancellable,
                                    error);
}

/**
 * domuimg_kernel_update_run_async:
 * @name: the guest's name
 * @dir: (nullable) (type filename): the directory that it was made in; %NULL for
 *   `/var/lib/xen/images`
 * @dry_run: only say what would be done
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_kernel_update_run() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_kernel_update_run_async (const char *name, const char *dir, gboolean dry_run,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  Update *update;

  g_return_if_fail (name != NULL);
  update = g_new0 (Update, 1);
  *update = (Update){ g_strdup (name), g_strdup (dir), dry_run };
  domuimg_async_start (NULL, run_update, update, update_free, g_object_unref, NULL, cancellable,
                       callback, user_data);
}

/**
 * domuimg_kernel_update_run_finish:
 * @result: what the callback got
 * @error: return location for a #GError, as of domuimg_kernel_update_run()
 *
 * Returns: (transfer full): what was done, or %NULL
 *
 * Since: 0.1
 */
DomuimgKernelUpdate *
domuimg_kernel_update_run_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}

typedef struct {
  char *what;
  char *dir;
  char *size;
  DomuimgResizeFlags flags;
} Resize;

static void
resize_free (gpointer data)
{
  Resize *self = data;

  g_free (self->what);
  g_free (self->dir);
  g_free (self->size);
  g_free (self);
}

static gpointer
run_resize (gpointer self, gpointer arguments, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  const Resize *resize = arguments;

  return domuimg_resize_run (resize->what, resize->dir, resize->size, resize->flags, cancellable,
                             error);
}

/**
 * domuimg_resize_run_async:
 * @what: the guest and, after a colon, its disk
 * @dir: (nullable) (type filename): the directory that it was made in
 * @size: what the disk is to have: `32G` or `+4G`
 * @flags: whether it may become smaller, and whether anything is to be done at all
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_resize_run() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_resize_run_async (const char *what, const char *dir, const char *size,
                          DomuimgResizeFlags flags, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  Resize *resize;

  g_return_if_fail (what != NULL);
  g_return_if_fail (size != NULL);
  resize = g_new0 (Resize, 1);
  *resize = (Resize){ g_strdup (what), g_strdup (dir), g_strdup (size), flags };
  domuimg_async_start (NULL, run_resize, resize, resize_free, g_object_unref, NULL, cancellable,
                       callback, user_data);
}

/**
 * domuimg_resize_run_finish:
 * @result: what the callback got
 * @error: return location for a #GError, as of domuimg_resize_run()
 *
 * Returns: (transfer full): what was done, or %NULL
 *
 * Since: 0.1
 */
DomuimgResize *
domuimg_resize_run_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}
