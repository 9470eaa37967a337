/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks and repairs in a thread of their own, for programs with a main loop. */
#include "config.h"
#include "domuimg/check.h"

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  DomuimgReport *report = domuimg_check_run (source, cancellable, &error);

  if (report != NULL)
    g_task_return_pointer (task, report, g_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
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
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, domuimg_check_run_async);
  g_task_run_in_thread (task, run_in_thread);
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
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
fix_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  char **changes = NULL;
  DomuimgReport *report = domuimg_check_fix (source, cancellable, &changes, &error);

  g_task_set_task_data (task, changes, (GDestroyNotify) g_strfreev);
  if (report != NULL)
    g_task_return_pointer (task, report, g_object_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
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
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, domuimg_check_fix_async);
  /* What was done must be told, even to one who wants no more of it. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, fix_in_thread);
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
  DomuimgReport *report;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  report = g_task_propagate_pointer (G_TASK (result), error);
  if (report != NULL && changes != NULL)
    *changes = g_strdupv (g_task_get_task_data (G_TASK (result)));
  return report;
}
