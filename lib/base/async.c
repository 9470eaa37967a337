/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a blocking call in a thread, for the functions that end in _async. */
#include "config.h"
#include "lib/base/async.h"

typedef struct {
  DomuimgAsyncWork work;
  gpointer arguments;
  GDestroyNotify free_arguments;
  GDestroyNotify free_result;
  DomuimgProgress *progress; /* (nullable) the caller's */
} Call;

static void
call_free (gpointer data)
{
  Call *self = data;

  if (self->free_arguments != NULL && self->arguments != NULL)
    self->free_arguments (self->arguments);
  g_clear_object (&self->progress);
  g_free (self);
}

/* One change of the progress, on its way from the thread to who watches. */
typedef struct {
  DomuimgProgress *progress;
  double fraction;
  char *message;
} Change;

static void
change_free (gpointer data)
{
  Change *self = data;

  g_object_unref (self->progress);
  g_free (self->message);
  g_free (self);
}

static gboolean
apply_change (gpointer data)
{
  Change *self = data;

  domuimg_progress_set_message (self->progress, "%s", self->message);
  domuimg_progress_set_fraction (self->progress, self->fraction);
  return G_SOURCE_REMOVE;
}

static void
send_change (DomuimgProgress *inner, double fraction, const char *message, gpointer data)
{
  GTask *task = data;
  Call *call = g_task_get_task_data (task);
  Change *change = g_new0 (Change, 1);
  g_autoptr (GSource) source = g_idle_source_new ();

  change->progress = g_object_ref (call->progress);
  change->fraction = fraction;
  change->message = g_strdup (message);
  /* Before the callback of the task, which comes by the same priority. */
  g_source_set_priority (source, g_task_get_priority (task));
  g_source_set_callback (source, apply_change, change, change_free);
  g_source_attach (source, g_task_get_context (task));
}

static void
run (GTask *task, gpointer self, gpointer data, GCancellable *cancellable)
{
  Call *call = data;
  g_autoptr (DomuimgProgress) progress = NULL;
  GError *error = NULL;
  gpointer result;

  if (call->progress != NULL)
    {
      progress = domuimg_progress_new ();
      g_signal_connect (progress, "changed", G_CALLBACK (send_change), task);
    }
  result = call->work (self, call->arguments, progress, cancellable, &error);
  if (result != NULL)
    g_task_return_pointer (task, result, call->free_result);
  else
    g_task_return_error (task, error);
}

void
domuimg_async_start (gpointer self, DomuimgAsyncWork work, gpointer arguments,
                     GDestroyNotify free_arguments, GDestroyNotify free_result,
                     DomuimgProgress *progress, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->work = work;
  call->arguments = arguments;
  call->free_arguments = free_arguments;
  call->free_result = free_result;
  call->progress = progress != NULL ? g_object_ref (progress) : NULL;
  /* What was done before a cancellation came too late has been done: its result counts. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_source_tag (task, work);
  g_task_set_task_data (task, call, call_free);
  g_task_run_in_thread (task, run);
}

gpointer
domuimg_async_finish (gpointer self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
