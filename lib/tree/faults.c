/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What could not be read of a tree, which it remembers. */
#include "config.h"
#include "lib/tree/faults.h"

#include <string.h>

/* A damaged filesystem may have any number. */
#define FAULTS_MAX 100

/* A tree may be read by several threads at once. */
static GMutex lock;

static G_DEFINE_QUARK (domuimg-tree-faults, faults)
static G_DEFINE_QUARK (domuimg-tree-failures, failures)

static void
fault_free (gpointer data)
{
  DomuimgTreeFault *self = data;

  g_free (self->path);
  g_error_free (self->error);
  g_free (self);
}

static DomuimgTreeFault *
fault_new (const char *path, const GError *error)
{
  DomuimgTreeFault *self = g_new0 (DomuimgTreeFault, 1);

  self->path = g_strdup (path);
  self->error = g_error_copy (error);
  return self;
}

static GPtrArray *
get_faults (DomuimgTree *self)
{
  GPtrArray *list = g_object_get_qdata (G_OBJECT (self), faults_quark ());

  if (list == NULL)
    {
      list = g_ptr_array_new_with_free_func (fault_free);
      g_object_set_qdata_full (G_OBJECT (self), faults_quark (), list,
                               (GDestroyNotify) g_ptr_array_unref);
    }
  return list;
}

static gboolean
is_known (const GPtrArray *faults, const char *path)
{
  for (guint i = 0; i < faults->len; i++)
    if (g_str_equal (((DomuimgTreeFault *) g_ptr_array_index (faults, i))->path, path))
      return TRUE;
  return FALSE;
}

void
domuimg_tree_add_fault (DomuimgTree *self, const char *path, const GError *error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  GPtrArray *faults = get_faults (self);
  guint failures = GPOINTER_TO_UINT (g_object_get_qdata (G_OBJECT (self), failures_quark ()));

  g_object_set_qdata (G_OBJECT (self), failures_quark (), GUINT_TO_POINTER (failures + 1));
  if (faults->len < FAULTS_MAX && !is_known (faults, path))
    g_ptr_array_add (faults, fault_new (path, error));
}

guint
domuimg_tree_count_failures (DomuimgTree *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  return GPOINTER_TO_UINT (g_object_get_qdata (G_OBJECT (self), failures_quark ()));
}

/* Passes the error on, too: with the file's name, which not every back end says. */
static void
remember (DomuimgTree *self, const char *path, GError *local, GError **error)
{
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND)
      && !g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      domuimg_tree_add_fault (self, path, local);
      if (strstr (local->message, path) == NULL)
        g_prefix_error (&local, "/%s: ", path);
    }
  g_propagate_error (error, local);
}

DomuimgEntry *
domuimg_tree_backend_stat (DomuimgTree *self, const char *path, GError **error)
{
  GError *local = NULL;
  DomuimgEntry *entry = DOMUIMG_TREE_GET_IFACE (self)->stat (self, path, &local);

  if (entry == NULL)
    remember (self, path, local, error);
  return entry;
}

char **
domuimg_tree_backend_list (DomuimgTree *self, const char *path, GError **error)
{
  GError *local = NULL;
  char **names = DOMUIMG_TREE_GET_IFACE (self)->list (self, path, &local);

  if (names == NULL)
    remember (self, path, local, error);
  return names;
}

gssize
domuimg_tree_backend_read_at (DomuimgTree *self, const char *path, guint64 offset, void *buffer,
                              gsize length, GError **error)
{
  GError *local = NULL;
  gssize got
      = DOMUIMG_TREE_GET_IFACE (self)->read_at (self, path, offset, buffer, length, &local);

  if (got < 0)
    remember (self, path, local, error);
  return got;
}

GPtrArray *
domuimg_tree_list_faults (DomuimgTree *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);
  const GPtrArray *faults = get_faults (self);
  GPtrArray *copies = g_ptr_array_new_with_free_func (fault_free);

  for (guint i = 0; i < faults->len; i++)
    {
      const DomuimgTreeFault *fault = g_ptr_array_index (faults, i);

      g_ptr_array_add (copies, fault_new (fault->path, fault->error));
    }
  return copies;
}

gboolean
domuimg_tree_check_faults (DomuimgTree *self, GError **error)
{
  g_autoptr (GPtrArray) faults = domuimg_tree_list_faults (self);
  const DomuimgTreeFault *first = faults->len > 0 ? g_ptr_array_index (faults, 0) : NULL;

  if (first == NULL)
    return TRUE;
  g_set_error (error, first->error->domain, first->error->code, "/%s cannot be read: %s",
               first->path, first->error->message);
  return FALSE;
}
