/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans all clones of a run, and makes them in threads. */
#include "config.h"
#include "lib/clone/clone-run.h"

#include "lib/base/addresses.h"
#include "lib/base/progress.h"
#include "lib/base/thread.h"
#include "lib/clone/clone-verdict.h"
#include "lib/clone/clone-ways.h"
#include "lib/guest/manifest-find.h"

#define THREADS_MAX 16

void
domuimg_clone_run_free (DomuimgCloneRun *self)
{
  g_ptr_array_unref (self->jobs);
  g_ptr_array_unref (self->addresses);
  g_free (self->is_made);
  g_free (self->ways);
  domuimg_clone_verdicts_free (self->verdicts);
  g_clear_pointer (&self->source, domuimg_clone_source_free);
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCloneRun, domuimg_clone_run_free)

/* All of them go to one directory, but where a table says otherwise; then the first one's decides. */
static const char *
get_directory (const DomuimgCloneWish *wish)
{
  const char *dir = domuimg_spec_get (g_ptr_array_index (wish->specs, 0), "dir");

  return dir != NULL ? dir : DOMUIMG_IMAGE_DIRECTORY;
}

/* That a pool is too small is known before the first clone is made. */
static gboolean
check_pools (DomuimgCloneRun *self, GHashTable *pools, GError **error)
{
  GHashTableIter iter;
  gpointer pool, n;

  g_ptr_array_add (self->addresses, NULL);
  g_hash_table_iter_init (&iter, pools);
  while (g_hash_table_iter_next (&iter, &pool, &n))
    if (!domuimg_addresses_check (pool, GPOINTER_TO_UINT (n),
                                  (const char *const *) self->addresses->pdata, error))
      return FALSE;
  return TRUE;
}

static gboolean
plan_one (DomuimgCloneRun *self, const DomuimgCloneWish *wish, const DomuimgClonePlan *what, guint i,
          GError **error)
{
  DomuimgSpec *spec = g_ptr_array_index (wish->specs, i);
  const char *place = g_ptr_array_index (wish->places, i);
  DomuimgCloneJob *job = domuimg_clone_job_plan (self->source, spec, what, error);

  if (job == NULL)
    g_prefix_error (error, "%s%s%s: ", place != NULL ? place : "", place != NULL ? ": " : "",
                    domuimg_spec_get (spec, "name"));
  else
    g_ptr_array_add (self->jobs, job);
  return job != NULL;
}

static gboolean
plan (DomuimgCloneRun *self, const DomuimgCloneWish *wish, GError **error)
{
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) pools = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (DomuimgOwned) owned = domuimg_owned_new (error);
  DomuimgClonePlan what = { .verdicts = self->verdicts, .cleaners = wish->cleaners, .taken = taken,
                            .owned = owned, .addresses = self->addresses, .pools = pools };

  if (owned == NULL)
    return FALSE;
  domuimg_owned_add_addresses (owned, self->addresses);
  self->ways = domuimg_clone_choose_ways (self->source, get_directory (wish), wish->copy, error);
  what.ways = self->ways;
  for (guint i = 0; self->ways != NULL && i < wish->specs->len; i++)
    if (!plan_one (self, wish, &what, i, error))
      return FALSE;
  self->is_made = g_new0 (gboolean, wish->specs->len);
  return self->ways != NULL && check_pools (self, pools, error);
}

DomuimgCloneRun *
domuimg_clone_run_new (const DomuimgCloneWish *wish, GError **error)
{
  g_autoptr (DomuimgCloneRun) self = g_new0 (DomuimgCloneRun, 1);

  g_mutex_init (&self->lock);
  self->verdicts = domuimg_clone_verdicts_new ();
  self->addresses = g_ptr_array_new_with_free_func (g_free);
  self->jobs = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_clone_job_free);
  self->source = domuimg_clone_source_open (wish->source, wish->dir, error);
  if (self->source == NULL || !plan (self, wish, error))
    return NULL;
  return g_steal_pointer (&self);
}

static gboolean
has_failed (DomuimgCloneRun *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->error != NULL;
}

static void
fail (DomuimgCloneRun *self, const DomuimgCloneJob *job, GError *error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->error == NULL)
    g_propagate_prefixed_error (&self->error, error, "%s: ", job->name);
  else
    g_error_free (error);
}

static void
run_jobs (DomuimgCloneRun *self, DomuimgProgress *progress)
{
  gint n = (gint) self->jobs->len;

  for (gint i; !has_failed (self) && (i = g_atomic_int_add (&self->next, 1)) < n;)
    {
      DomuimgCloneJob *job = g_ptr_array_index (self->jobs, i);
      GError *error = NULL;

      domuimg_progress_set_message (progress, "Cloning %s", job->name);
      self->is_made[i] = domuimg_clone_job_run (job, self->cancellable, &error);
      /* The manifest has them; of a thousand clones, they would be all that memory has. */
      g_ptr_array_set_size (job->changes, 0);
      if (!self->is_made[i])
        fail (self, job, error);
      domuimg_progress_set_fraction (progress, (double) (g_atomic_int_add (&self->n_done, 1) + 1) / n);
    }
}

static gpointer
run_in_thread (gpointer data)
{
  run_jobs (data, NULL);
  return NULL;
}

/* What is complete is told in the line, and by its manifests in the details. */
static void
tell_made (const DomuimgCloneRun *self, GError *error)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", 2);
  g_autoptr (GString) text = g_string_new (lines[0]);
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_auto (GStrv) made = NULL;
  g_autofree char *list = NULL;
  guint n;

  domuimg_clone_run_list_manifests (self, paths);
  made = g_strv_builder_end (paths);
  n = g_strv_length (made);
  if (n == 0)
    return;
  list = g_strjoinv ("\n", made);
  g_string_append_printf (text, "; %u %s complete and %s\n%s%s%s", n, n == 1 ? "clone is" : "clones are",
                          n == 1 ? "stays" : "stay", lines[1] != NULL ? lines[1] : "",
                          lines[1] != NULL ? "\n" : "", list);
  g_free (error->message);
  error->message = g_strdup (text->str);
}

gboolean
domuimg_clone_run_all (DomuimgCloneRun *self, DomuimgProgress *progress, GCancellable *cancellable,
                       GError **error)
{
  guint n = MIN (MIN (g_get_num_processors (), self->jobs->len), THREADS_MAX);
  GThread *threads[THREADS_MAX] = { NULL };

  self->cancellable = cancellable;
  /* Where there are no more threads, those that there are do the work. */
  for (guint i = 1; i < n; i++)
    threads[i] = domuimg_thread_start ("clone", run_in_thread, self, NULL);
  run_jobs (self, progress);
  for (guint i = 1; i < n; i++)
    if (threads[i] != NULL)
      g_thread_join (threads[i]);
  if (self->error == NULL)
    return TRUE;
  tell_made (self, self->error);
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

void
domuimg_clone_run_list_manifests (const DomuimgCloneRun *self, GStrvBuilder *paths)
{
  for (guint i = 0; i < self->jobs->len; i++)
    if (self->is_made[i])
      g_strv_builder_add (paths,
                          ((DomuimgCloneJob *) g_ptr_array_index (self->jobs, i))->manifest_path);
}
