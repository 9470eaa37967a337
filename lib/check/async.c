/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks and repairs in a thread of their own, for programs with a main loop. */
#include "config.h"
#include "lib/base/async.h"

#include "domuimg/check.h"

static gpointer
run (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
     GError **error)
{
  return domuimg_check_run (self, cancellable, error);
}

/**
 * domuimg_check_run_async:
 * @self: a check, which must not be changed until it has ended
 * @cancellable: (nullable): to stop it
 * @callback: (scope async): called when it has ended
 * @user_data: for @callback
 *
 * As domuimg_check_run(), without waiting for it.
 *
 * Since: 0.1
 */
void
domuimg_check_run_async (DomuimgCheck *self, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  domuimg_async_start (self, run, NULL, NULL, g_object_unref, NULL, cancellable, callback,
                       user_data);
}

/**
 * domuimg_check_run_finish:
 * @self: a check
 * @result: what the callback was given
 * @error: return location, as of domuimg_check_run()
 *
 * Returns: (transfer full): what was found
 *
 * Since: 0.1
 */
DomuimgReport *
domuimg_check_run_finish (DomuimgCheck *self, GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (self, result, error);
}

/* A report, and what was done before. */
typedef struct {
  DomuimgReport *report; /* (nullable) once it was taken */
  char **changes;
} Fixed;

static void
fixed_free (gpointer data)
{
  Fixed *self = data;

  g_clear_object (&self->report);
  g_strfreev (self->changes);
  g_free (self);
}

static gpointer
fix (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
     GError **error)
{
  Fixed *fixed = g_new0 (Fixed, 1);

  fixed->report = domuimg_check_fix (self, cancellable, &fixed->changes, error);
  if (fixed->report != NULL)
    return fixed;
  fixed_free (fixed);
  return NULL;
}

/**
 * domuimg_check_fix_async:
 * @self: a check, which must not be changed until it has ended
 * @cancellable: (nullable): to stop it
 * @callback: (scope async): called when it has ended
 * @user_data: for @callback
 *
 * As domuimg_check_fix(), without waiting for it.
 *
 * Since: 0.1
 */
void
domuimg_check_fix_async (DomuimgCheck *self, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  domuimg_async_start (self, fix, NULL, NULL, fixed_free, NULL, cancellable, callback, user_data);
}

/**
 * domuimg_check_fix_finish:
 * @self: a check
 * @result: what the callback was given
 * @changes: (out) (optional) (transfer full) (array zero-terminated=1): what was done, a line each
 * @error: return location, as of domuimg_check_fix()
 *
 * Returns: (transfer full): what a check finds afterwards
 *
 * Since: 0.1
 */
DomuimgReport *
domuimg_check_fix_finish (DomuimgCheck *self, GAsyncResult *result, char ***changes,
                          GError **error)
{
  Fixed *fixed = domuimg_async_finish (self, result, error);
  DomuimgReport *report;

  if (fixed == NULL)
    return NULL;
  report = g_steal_pointer (&fixed->report);
  if (changes != NULL)
    *changes = g_steal_pointer (&fixed->changes);
  fixed_free (fixed);
  return report;
}

static gpointer
run_all (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
         GError **error)
{
  return domuimg_check_run_all (arguments, cancellable, error);
}

/**
 * domuimg_check_run_all_async:
 * @checks: (element-type DomuimgCheck): checks, which must not be changed until it has ended
 * @cancellable: (nullable): to stop them
 * @callback: (scope async): called when all have ended
 * @user_data: for @callback
 *
 * As domuimg_check_run_all(), without waiting for it.
 *
 * Since: 0.1
 */
void
domuimg_check_run_all_async (GPtrArray *checks, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  GPtrArray *own;

  g_return_if_fail (checks != NULL);
  own = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < checks->len; i++)
    g_ptr_array_add (own, g_object_ref (g_ptr_array_index (checks, i)));
  domuimg_async_start (NULL, run_all, own, (GDestroyNotify) g_ptr_array_unref,
                       (GDestroyNotify) g_ptr_array_unref, NULL, cancellable, callback, user_data);
}

/**
 * domuimg_check_run_all_finish:
 * @result: what the callback was given
 * @error: return location, as of domuimg_check_run_all()
 *
 * Returns: (transfer container) (element-type DomuimgReport): a report for each, in their order
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_check_run_all_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}
