/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Divides a stream of files among the filesystems of a guest. */
#include "config.h"
#include "lib/fs/divide.h"

#include <string.h>

/* A filesystem beside the root. */
typedef struct {
  char *mount; /* normalised: "var" */
  const DomuimgFsWriter *kind;
  gpointer writer;
} Branch;

struct _DomuimgDivide {
  GObject parent_instance;

  DomuimgStream *inner;
  GPtrArray *branches; /* (element-type Branch) */
};

static void domuimg_divide_stream_init (DomuimgStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgDivide, domuimg_divide, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_STREAM,
                                                      domuimg_divide_stream_init))

static void
branch_free (gpointer data)
{
  Branch *self = data;

  if (self->writer != NULL)
    self->kind->free (self->writer);
  g_free (self->mount);
  g_free (self);
}

static void
domuimg_divide_finalize (GObject *object)
{
  DomuimgDivide *self = DOMUIMG_DIVIDE (object);

  g_clear_pointer (&self->branches, g_ptr_array_unref);
  g_clear_object (&self->inner);
  G_OBJECT_CLASS (domuimg_divide_parent_class)->finalize (object);
}

static void
domuimg_divide_class_init (DomuimgDivideClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_divide_finalize;
}

static void
domuimg_divide_init (DomuimgDivide *self)
{
  self->branches = g_ptr_array_new_with_free_func (branch_free);
}

DomuimgDivide *
domuimg_divide_new (DomuimgStream *inner)
{
  DomuimgDivide *self = g_object_new (DOMUIMG_TYPE_DIVIDE, NULL);

  self->inner = g_object_ref (inner);
  return self;
}

gboolean
domuimg_divide_add (DomuimgDivide *self, const char *mount, DomuimgRegion *region,
                    const DomuimgFs *fs, GError **error)
{
  Branch *branch;

  if (fs->writer == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "mount=%s: %s cannot be filled while the root is; use fs=ext4", mount,
                         fs->name);
  branch = g_new0 (Branch, 1);
  g_ptr_array_add (self->branches, branch);
  branch->mount = g_strdup (mount + strspn (mount, "/"));
  branch->kind = fs->writer;
  branch->writer = fs->writer->begin (fs->name, region, FALSE, self->inner, error);
  return branch->writer != NULL;
}

/* What @path is below @mount, "" for that itself; NULL where it is not. */
static const char *
path_inside (const char *path, const char *mount)
{
  gsize length = strlen (mount);

  if (strncmp (path, mount, length) != 0 || (path[length] != '\0' && path[length] != '/'))
    return NULL;
  return path[length] == '/' ? path + length + 1 : path + length;
}

/* The filesystem that has @path, *@inside as that calls it; NULL for the root. What is mounted deeper
 * was added later. @is_point: a mount point counts as part of what it is mounted in. */
static Branch *
find (DomuimgDivide *self, const char *path, gboolean is_point, const char **inside)
{
  *inside = path;
  for (guint i = self->branches->len; i > 0; i--)
    {
      Branch *branch = g_ptr_array_index (self->branches, i - 1);
      const char *rest = path_inside (path, branch->mount);

      if (rest == NULL || (is_point && *rest == '\0'))
        continue;
      *inside = rest;
      return branch;
    }
  return NULL;
}

static gboolean
check_link (DomuimgDivide *self, const DomuimgEntry *entry, const Branch *own, const char **target,
            GError **error)
{
  if (entry->type != DOMUIMG_ENTRY_HARD_LINK || find (self, entry->target, FALSE, target) == own)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "/%s is a hard link to /%s, and these are on two filesystems of the guest;"
                       " make it a copy or a symlink, or choose other mount points",
                       entry->path, entry->target);
}

static gboolean
give (DomuimgDivide *self, Branch *branch, const DomuimgEntry *entry, const char *inside,
      GError **error)
{
  DomuimgEntry moved = *entry;
  const char *target = entry->target;

  if (!check_link (self, entry, branch, &target, error))
    return FALSE;
  moved.path = (char *) inside;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    moved.target = (char *) target;
  if (branch->kind->add (branch->writer, &moved, error))
    return TRUE;
  g_prefix_error (error, "the filesystem for /%s: ", branch->mount);
  return FALSE;
}

/* A mount point is the root of what is mounted there, and a directory in what that is mounted in.
 * *@is_taken: nothing of it is for the root. */
static gboolean
deliver (DomuimgDivide *self, const DomuimgEntry *entry, gboolean *is_taken, GError **error)
{
  const char *inside;
  Branch *branch = find (self, entry->path, FALSE, &inside);
  const char *target;

  *is_taken = branch != NULL;
  if (branch == NULL)
    return check_link (self, entry, NULL, &target, error);
  if (*inside == '\0' && entry->type != DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "/%s is not a directory in this guest, so that nothing can be mounted"
                         " there",
                         entry->path);
  if (!give (self, branch, entry, inside, error))
    return FALSE;
  if (*inside != '\0')
    return TRUE;
  branch = find (self, entry->path, TRUE, &inside);
  *is_taken = branch != NULL;
  return branch == NULL || give (self, branch, entry, inside, error);
}

static const DomuimgEntry *
divide_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgDivide *self = DOMUIMG_DIVIDE (stream);
  gboolean is_taken = TRUE;
  const DomuimgEntry *entry = NULL;

  while (is_taken)
    {
      entry = domuimg_stream_next (self->inner, cancellable, error);
      if (entry == NULL)
        return NULL;
      if (!deliver (self, entry, &is_taken, error))
        return NULL;
    }
  return entry;
}

static DomuimgStream *
divide_get_inner (DomuimgStream *stream)
{
  return DOMUIMG_DIVIDE (stream)->inner;
}

static gboolean
divide_is_watching (DomuimgStream *stream)
{
  return domuimg_stream_is_watching (DOMUIMG_DIVIDE (stream)->inner);
}

static void
divide_placed (DomuimgStream *stream, DomuimgRegion *region, guint64 ino, GArray *pieces)
{
  domuimg_stream_placed (DOMUIMG_DIVIDE (stream)->inner, region, ino, pieces);
}

static void
domuimg_divide_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = divide_next;
  iface->get_inner = divide_get_inner;
  iface->is_watching = divide_is_watching;
  iface->placed = divide_placed;
}

DomuimgTree *
domuimg_divide_finish (DomuimgDivide *self, guint i, GCancellable *cancellable, GError **error)
{
  Branch *branch = g_ptr_array_index (self->branches, i);
  DomuimgTree *tree = branch->kind->finish (branch->writer, cancellable, error);

  if (tree == NULL)
    g_prefix_error (error, "the filesystem for /%s: ", branch->mount);
  return tree;
}
