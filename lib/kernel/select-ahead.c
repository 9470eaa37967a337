/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream that knows kernels and initramfs by their names, and has them looked at once they are
 * written. */
#include "config.h"
#include "lib/kernel/select-ahead.h"

#include <string.h>

#include "lib/kernel/select-ahead-worker.h"
#include "lib/kernel/select.h"

struct _DomuimgLookAhead {
  GObject parent_instance;

  DomuimgStream *inner;
  DomuimgAheadWorker *workers[2]; /* by kind: each takes as long as the other */
  DomuimgAheadKind kind; /* of the current file, where it is wanted */
  char *version;         /* (nullable) likewise */
  char *path;
  DomuimgAheadFile file;
};

static void domuimg_look_ahead_stream_init (DomuimgStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgLookAhead, domuimg_look_ahead, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_STREAM,
                                                      domuimg_look_ahead_stream_init))
static G_DEFINE_QUARK (domuimg-look-ahead, domuimg_look_ahead)

static void
domuimg_look_ahead_finalize (GObject *object)
{
  DomuimgLookAhead *self = DOMUIMG_LOOK_AHEAD (object);

  for (guint i = 0; i < G_N_ELEMENTS (self->workers); i++)
    g_clear_pointer (&self->workers[i], domuimg_ahead_worker_free);
  g_clear_object (&self->inner);
  g_free (self->version);
  g_free (self->path);
  G_OBJECT_CLASS (domuimg_look_ahead_parent_class)->finalize (object);
}

static void
domuimg_look_ahead_class_init (DomuimgLookAheadClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_look_ahead_finalize;
}

static void
domuimg_look_ahead_init (DomuimgLookAhead *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->workers); i++)
    self->workers[i] = domuimg_ahead_worker_new (i);
}

DomuimgLookAhead *
domuimg_look_ahead_new (DomuimgStream *inner)
{
  DomuimgLookAhead *self = g_object_new (DOMUIMG_TYPE_LOOK_AHEAD, NULL);

  self->inner = g_object_ref (inner);
  return self;
}

void
domuimg_look_ahead_attach (DomuimgLookAhead *self, DomuimgTree *tree)
{
  g_object_set_qdata_full (G_OBJECT (tree), domuimg_look_ahead_quark (), g_object_ref (self),
                           g_object_unref);
  /* Everything has passed. */
  g_clear_object (&self->inner);
}

/* An initramfs for a dump after a crash, or to rescue with, is newer than none, and never asked for. */
static gboolean
is_for_accidents (const char *path)
{
  return strstr (path, "kdump") != NULL || strstr (path, "rescue") != NULL;
}

static void
consider (DomuimgLookAhead *self, const DomuimgEntry *entry)
{
  g_clear_pointer (&self->version, g_free);
  if (entry->type != DOMUIMG_ENTRY_FILE)
    return;
  self->kind = DOMUIMG_AHEAD_KERNEL;
  self->version = domuimg_kernel_version_of_path (entry->path);
  if (self->version == NULL && !is_for_accidents (entry->path))
    {
      self->kind = DOMUIMG_AHEAD_INITRAMFS;
      self->version = domuimg_initrd_version_of_path (entry->path);
    }
  if (self->version == NULL)
    return;
  if (!domuimg_ahead_worker_wants (self->workers[self->kind], entry->path, self->version))
    {
      g_clear_pointer (&self->version, g_free);
      return;
    }
  g_free (self->path);
  self->path = g_strdup (entry->path);
  self->file = (DomuimgAheadFile){ self->path, 0, entry->size, entry->mtime };
}

static const DomuimgEntry *
look_ahead_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgLookAhead *self = DOMUIMG_LOOK_AHEAD (stream);
  const DomuimgEntry *entry = domuimg_stream_next (self->inner, cancellable, error);

  if (entry != NULL)
    consider (self, entry);
  return entry;
}

static DomuimgStream *
look_ahead_get_inner (DomuimgStream *stream)
{
  return DOMUIMG_LOOK_AHEAD (stream)->inner;
}

static gboolean
look_ahead_is_watching (DomuimgStream *stream)
{
  return DOMUIMG_LOOK_AHEAD (stream)->version != NULL;
}

static void
look_ahead_placed (DomuimgStream *stream, DomuimgRegion *region, guint64 ino, GArray *pieces)
{
  DomuimgLookAhead *self = DOMUIMG_LOOK_AHEAD (stream);

  self->file.ino = ino;
  domuimg_ahead_worker_add (self->workers[self->kind], &self->file, self->version, region, pieces);
}

static void
domuimg_look_ahead_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = look_ahead_next;
  iface->get_inner = look_ahead_get_inner;
  iface->is_watching = look_ahead_is_watching;
  iface->placed = look_ahead_placed;
}

/* The look ahead of @tree, and in @file what its file at @path is now. */
static DomuimgLookAhead *
find (DomuimgTree *tree, const char *path, DomuimgAheadFile *file)
{
  DomuimgLookAhead *self = g_object_get_qdata (G_OBJECT (tree), domuimg_look_ahead_quark ());
  g_autoptr (DomuimgEntry) entry = self != NULL ? domuimg_tree_stat (tree, path, NULL) : NULL;

  if (entry == NULL || entry->type != DOMUIMG_ENTRY_FILE)
    return NULL;
  *file = (DomuimgAheadFile){ path, entry->ino, entry->size, entry->mtime };
  return self;
}

DomuimgKernel *
domuimg_look_ahead_find_kernel (DomuimgTree *tree, const char *path)
{
  DomuimgAheadFile file;
  DomuimgLookAhead *self = find (tree, path, &file);

  return self != NULL
             ? domuimg_ahead_worker_find_kernel (self->workers[DOMUIMG_AHEAD_KERNEL], &file)
             : NULL;
}

DomuimgInitramfs *
domuimg_look_ahead_find_initramfs (DomuimgTree *tree, const char *path)
{
  DomuimgAheadFile file;
  DomuimgLookAhead *self = find (tree, path, &file);

  return self != NULL
             ? domuimg_ahead_worker_find_initramfs (self->workers[DOMUIMG_AHEAD_INITRAMFS], &file)
             : NULL;
}
