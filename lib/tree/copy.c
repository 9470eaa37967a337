/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies a file from one tree to another. */
#include "config.h"
#include "lib/tree/copy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALL (1024 * 1024)

typedef struct {
  DomuimgTree *target;
  char *from; /* resolved, as the walk names it */
  const char *to;
  GCancellable *cancellable;
} Copy;

/* Any tree's bytes as a descriptor, through memory that has no name. */
static gboolean
copy_large (Copy *self, DomuimgTree *source, const char *path, const DomuimgEntry *entry,
            GError **error)
{
  int fd = memfd_create ("domuimg-copy", MFD_CLOEXEC);
  gboolean ok;

  if (fd < 0)
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "no memory to copy /%s", path);
  ok = domuimg_tree_copy_out (source, path, fd, self->cancellable, error);
  if (ok && lseek (fd, 0, SEEK_SET) == 0)
    ok = domuimg_tree_put_fd (self->target, entry, fd, self->cancellable, error);
  close (fd);
  return ok;
}

static gboolean
copy_file (Copy *self, DomuimgTree *source, const char *path, const DomuimgEntry *entry,
           GError **error)
{
  g_autoptr (GBytes) content = NULL;

  if (entry->size > SMALL)
    return copy_large (self, source, path, entry, error);
  content = domuimg_tree_read (source, path, SMALL, error);
  return content != NULL && domuimg_tree_put (self->target, entry, content, error);
}

static gboolean
copy_one (DomuimgTree *source, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
          GError **error)
{
  Copy *self = user_data;
  g_autoptr (DomuimgEntry) copy = domuimg_entry_copy (entry);

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_SYMLINK && *entry->target == '/')
    return TRUE;
  g_free (copy->path);
  copy->path = g_strconcat (self->to, entry->path + strlen (self->from), NULL);
  copy->uid = copy->gid = 0;
  if (entry->type == DOMUIMG_ENTRY_FILE)
    return copy_file (self, source, entry->path, copy, error);
  return domuimg_tree_put (self->target, copy, NULL, error);
}

gboolean
domuimg_tree_copy (DomuimgTree *source, const char *from, DomuimgTree *target, const char *to,
                   GCancellable *cancellable, GError **error)
{
  g_autofree char *top = domuimg_tree_resolve (source, from, error);
  Copy copy = { target, top, to, cancellable };

  return top != NULL && domuimg_tree_walk (source, top, copy_one, &copy, error);
}
