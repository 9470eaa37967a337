/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs a blocking call in a thread, for the functions that end in _async. */
#include "config.h"
#include "lib/base/async.h"

#include "lib/base/thread.h"

/* The result of a call, from its beginning on. It is not a GTask, since the first of those starts a
 * thread of GLib's that ends the process where it cannot start. */
#define DOMUIMG_TYPE_CALL (domuimg_call_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgCall, domuimg_call, DOMUIMG, CALL, GObject)

struct _DomuimgCall {
  GObject parent_instance;

  GObject *source; /* (nullable) */
  DomuimgAsyncWork work;
  gpointer arguments;
  GDestroyNotify free_arguments;
  GDestroyNotify free_result;
  DomuimgProgress *progress; /* (nullable) the caller's */
  GCancellable *cancellable; /* (nullable) */
  GAsyncReadyCallback callback;
  gpointer user_data;
  GMainContext *context; /* the caller's */
  /* Set by the thread, and read once it has handed the call back. */
  gpointer result;
  GError *error;
};

static void call_result_init (GAsyncResultIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgCall, domuimg_call, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT, call_result_init))

static void
call_finalize (GObject *object)
{
  DomuimgCall *self = DOMUIMG_CALL (object);

  if (self->free_arguments != NULL && self->arguments != NULL)
    self->free_arguments (self->arguments);
  if (self->result != NULL && self->free_result != NULL)
    self->free_result (self->result);
  g_clear_error (&self->error);
  g_clear_object (&self->progress);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->source);
  g_main_context_unref (self->context);
  G_OBJECT_CLASS (domuimg_call_parent_class)->finalize (object);
}

static void
domuimg_call_class_init (DomuimgCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = call_finalize;
}

static void
domuimg_call_init (DomuimgCall *self)
{
  self->context = g_main_context_ref_thread_default ();
}

static gpointer
call_get_user_data (GAsyncResult *result)
{
  return DOMUIMG_CALL (result)->user_data;
}

static GObject *
call_get_source_object (GAsyncResult *result)
{
  DomuimgCall *self = DOMUIMG_CALL (result);

  return self->source != NULL ? g_object_ref (self->source) : NULL;
}

static gboolean
call_is_tagged (GAsyncResult *result, gpointer tag)
{
  return DOMUIMG_CALL (result)->work == tag;
}

static void
call_result_init (GAsyncResultIface *iface)
{
  iface->get_user_data = call_get_user_data;
  iface->get_source_object = call_get_source_object;
  iface->is_tagged = call_is_tagged;
}

/* @run is called in the caller's main loop. */
static void
send (DomuimgCall *self, GSourceFunc run, gpointer data, GDestroyNotify free_data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, run, data, free_data);
  g_source_attach (source, self->context);
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
  DomuimgCall *call = data;
  Change *change = g_new0 (Change, 1);

  change->progress = g_object_ref (call->progress);
  change->fraction = fraction;
  change->message = g_strdup (message);
  /* Before the end of the call, which comes by the same priority. */
  send (call, apply_change, change, change_free);
}

static gboolean
tell_end (gpointer data)
{
  DomuimgCall *self = data;

  if (self->callback != NULL)
    self->callback (self->source, G_ASYNC_RESULT (self), self->user_data);
  return G_SOURCE_REMOVE;
}

/* The reference is the thread's, and goes on to the caller's main loop. */
static gpointer
run (gpointer data)
{
  DomuimgCall *self = data;
  g_autoptr (DomuimgProgress) progress = NULL;

  if (self->progress != NULL)
    {
      progress = domuimg_progress_new ();
      g_signal_connect (progress, "changed", G_CALLBACK (send_change), self);
    }
  /* What was done before a cancellation came too late has been done: its result counts. */
  self->result = self->work (self->source, self->arguments, progress, self->cancellable,
                             &self->error);
  send (self, tell_end, self, g_object_unref);
  return NULL;
}

void
domuimg_async_start (gpointer self, DomuimgAsyncWork work, gpointer arguments,
                     GDestroyNotify free_arguments, GDestroyNotify free_result,
                     DomuimgProgress *progress, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer user_data)
{
  DomuimgCall *call = g_object_new (DOMUIMG_TYPE_CALL, NULL);
  GThread *thread;

  call->source = self != NULL ? g_object_ref (self) : NULL;
  call->work = work;
  call->arguments = arguments;
  call->free_arguments = free_arguments;
  call->free_result = free_result;
  call->progress = progress != NULL ? g_object_ref (progress) : NULL;
  call->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  call->callback = callback;
  call->user_data = user_data;
  thread = domuimg_thread_start ("domuimg-async", run, call, &call->error);
  if (thread != NULL)
    g_thread_unref (thread);
  else
    send (call, tell_end, call, g_object_unref);
}

gpointer
domuimg_async_finish (gpointer self, GAsyncResult *result, GError **error)
{
  DomuimgCall *call = DOMUIMG_CALL (result);

  g_return_val_if_fail (DOMUIMG_IS_CALL (result), NULL);
  g_return_val_if_fail (call->source == self, NULL);
  if (call->error != NULL)
    g_propagate_error (error, g_steal_pointer (&call->error));
  return g_steal_pointer (&call->result);
}
