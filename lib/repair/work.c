/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of the host's files, in which repairs are made, and their commit. */
#include "config.h"
#include "lib/repair/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/undo.h"
#include "lib/base/copy-file.h"
#include "lib/base/label.h"
#include "lib/base/lease.h"
#include "lib/fs/ext/tools.h"
#include "lib/repair/base-image.h"

/* A file of the host that is changed: in a copy beside it, or, as a block device, in place. */
typedef struct {
  char *path;        /* symlinks resolved */
  char *copy;        /* NULL: in place */
  DomuimgImage *image; /* (nullable) of what is changed, while trees of it are open */
  char *label;         /* of it before; NULL in place */
} Changed;

typedef struct {
  const DomuimgVolume *volume;
  Changed *changed;
  DomuimgTree *tree;
} OpenTree;

struct _DomuimgRepairWork {
  DomuimgUndo *undo; /* (nullable) nothing is changed yet */
  char *config;      /* (nullable) path */
  char *config_before;
  char *config_text;
  GHashTable *kept;
  GPtrArray *files; /* of Changed */
  GPtrArray *trees; /* of OpenTree */
  GCancellable *cancellable;
};

static void
changed_free (gpointer data)
{
  Changed *self = data;

  g_clear_pointer (&self->image, domuimg_image_free);
  g_free (self->path);
  g_free (self->copy);
  g_free (self->label);
  g_free (self);
}

DomuimgRepairWork *
domuimg_repair_work_new (GCancellable *cancellable)
{
  DomuimgRepairWork *self = g_new0 (DomuimgRepairWork, 1);

  self->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->files = g_ptr_array_new_with_free_func (changed_free);
  self->trees = g_ptr_array_new_with_free_func (g_free);
  self->cancellable = cancellable;
  return self;
}

static gboolean
close_tree (DomuimgRepairWork *self, guint index, GError **error)
{
  g_autofree OpenTree *open = g_ptr_array_steal_index (self->trees, index);

  return domuimg_image_close_tree (open->changed->image, open->tree, error);
}

void
domuimg_repair_work_free (DomuimgRepairWork *self)
{
  /* What is changed in place is to be whole in itself, whatever else failed. */
  while (self->trees->len > 0)
    close_tree (self, self->trees->len - 1, NULL);
  g_ptr_array_unref (self->trees);
  g_ptr_array_unref (self->files);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_hash_table_unref (self->kept);
  g_free (self->config);
  g_free (self->config_before);
  g_free (self->config_text);
  g_free (self);
}

GHashTable *
domuimg_repair_work_get_kept (DomuimgRepairWork *self)
{
  return self->kept;
}

void
domuimg_repair_work_set_config (DomuimgRepairWork *self, const char *path, const char *before,
                                const char *text)
{
  if (self->config == NULL)
    {
      self->config = g_strdup (path);
      self->config_before = g_strdup (before);
    }
  g_free (self->config_text);
  self->config_text = g_strdup (text);
}

const char *
domuimg_repair_work_get_config (DomuimgRepairWork *self)
{
  return self->config_text;
}

static DomuimgUndo *
get_undo (DomuimgRepairWork *self, GError **error)
{
  if (self->undo == NULL)
    self->undo = domuimg_undo_new (error);
  return self->undo;
}

gboolean
domuimg_repair_work_lock (DomuimgRepairWork *self, const char *const *paths, GError **error)
{
  return get_undo (self, error) != NULL && domuimg_undo_lock (self->undo, paths, error);
}

static char *
add_result (DomuimgRepairWork *self, const char *path, GError **error)
{
  return get_undo (self, error) != NULL ? domuimg_undo_add_result (self->undo, path, TRUE, error)
                                        : NULL;
}

static gboolean
check_busy (const char *path, GError **error)
{
  if (!domuimg_file_is_busy (path))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                       "%s is in use: shut the guest down, or unmount it, first", path);
}

static gboolean
make_copy (DomuimgRepairWork *self, Changed *changed, GError **error)
{
  changed->copy = add_result (self, changed->path, error);
  if (changed->copy == NULL)
    return FALSE;
  /* Whatever was written to the file meanwhile would be lost. */
  changed->label = domuimg_label_of (changed->path, error);
  if (changed->label == NULL)
    return FALSE;
  domuimg_undo_expect (self->undo, changed->path, changed->label);
  return domuimg_copy_file (changed->path, changed->copy, self->cancellable, error);
}

/* @real may be the copy itself. */
static Changed *
find (DomuimgRepairWork *self, const char *real)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      Changed *changed = g_ptr_array_index (self->files, i);

      if (g_str_equal (changed->path, real) || g_strcmp0 (changed->copy, real) == 0)
        return changed;
    }
  return NULL;
}

const char *
domuimg_repair_where (DomuimgRepairWork *self, const char *path)
{
  g_autofree char *real = self != NULL ? realpath (path, NULL) : NULL;
  Changed *changed = real != NULL ? find (self, real) : NULL;

  return changed != NULL && changed->copy != NULL ? changed->copy : path;
}

/* Begins to change the file: its copy is made the first time. */
static Changed *
begin (DomuimgRepairWork *self, const char *path, GError **error)
{
  g_autofree char *real = realpath (path, NULL);
  Changed *changed;
  struct stat status;

  if (real == NULL)
    {
      domuimg_set_errno (error, errno, "finding %s", path);
      return NULL;
    }
  changed = find (self, real);
  if (changed != NULL)
    return changed;
  if (!check_busy (real, error) || !domuimg_base_image_check_file (real, error))
    return NULL;
  changed = g_new0 (Changed, 1);
  changed->path = g_steal_pointer (&real);
  if ((stat (changed->path, &status) == 0
       || domuimg_set_errno (error, errno, "looking at %s", changed->path))
      && (S_ISBLK (status.st_mode) || make_copy (self, changed, error)))
    {
      g_ptr_array_add (self->files, changed);
      return changed;
    }
  changed_free (changed);
  return NULL;
}

static const char *
place_of (const Changed *changed)
{
  return changed->copy != NULL ? changed->copy : changed->path;
}

const char *
domuimg_repair_work_file (DomuimgRepairWork *self, const char *path, GError **error)
{
  Changed *changed = begin (self, path, error);

  return changed != NULL ? place_of (changed) : NULL;
}

static gboolean
is_ext (const DomuimgVolume *volume)
{
  return volume->fs != NULL && g_str_has_prefix (volume->fs, "ext") && volume->lv == NULL;
}

/* What a crash left in the journal must be in the filesystem before it is changed. */
static gboolean
make_clean (DomuimgRepairWork *self, Changed *changed, const DomuimgVolume *volume,
            GError **error)
{
  g_autoptr (DomuimgExtState) state = NULL;
  g_autoptr (DomuimgRegion) region = NULL;

  if (!is_ext (volume))
    return TRUE;
  region = domuimg_image_get_region (changed->image, volume);
  if (region == NULL)
    return TRUE;
  state = domuimg_image_get_ext_state (changed->image, volume, error);
  if (state == NULL)
    return FALSE;
  return (state->clean && !state->needs_recovery && !state->has_errors)
         || domuimg_ext_fsck (region, self->cancellable, error);
}

DomuimgTree *
domuimg_repair_work_open (DomuimgRepairWork *self, DomuimgImage *image,
                          const DomuimgVolume *volume, GError **error)
{
  Changed *changed;
  OpenTree *open;
  DomuimgTree *tree;

  for (guint i = 0; i < self->trees->len; i++)
    {
      open = g_ptr_array_index (self->trees, i);
      if (open->volume == volume)
        return open->tree;
    }
  changed = begin (self, domuimg_image_get_path (image), error);
  if (changed == NULL)
    return NULL;
  if (changed->image == NULL)
    changed->image = domuimg_image_open_copy (image, place_of (changed), error);
  if (changed->image == NULL || !make_clean (self, changed, volume, error))
    return NULL;
  tree = domuimg_image_open_tree (changed->image, volume, TRUE, error);
  if (tree == NULL)
    return NULL;
  open = g_new0 (OpenTree, 1);
  *open = (OpenTree){ volume, changed, tree };
  g_ptr_array_add (self->trees, open);
  return tree;
}

gboolean
domuimg_repair_work_close (DomuimgRepairWork *self, const DomuimgVolume *volume, GError **error)
{
  for (guint i = 0; i < self->trees->len; i++)
    if (((OpenTree *) g_ptr_array_index (self->trees, i))->volume == volume)
      return close_tree (self, i, error);
  return TRUE;
}

/* The label is of the file as it says @before, and must be so until the commit. */
static gboolean
expect_text (DomuimgRepairWork *self, const char *path, const char *before, GError **error)
{
  g_autofree char *label = domuimg_label_of (path, error);
  g_autofree char *now = NULL;
  g_autoptr (GError) local = NULL;

  if (label == NULL)
    return FALSE;
  if (!g_file_get_contents (path, &now, NULL, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  if (!g_str_equal (now, before))
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "%s was changed while the guest was repaired: try again", path);
  domuimg_undo_expect (self->undo, path, label);
  return TRUE;
}

gboolean
domuimg_repair_work_replace (DomuimgRepairWork *self, const char *path, const char *before,
                             const char *text, GError **error)
{
  g_autofree char *real = realpath (path, NULL);
  g_autofree char *copy = NULL;

  if (real == NULL)
    return domuimg_set_errno (error, errno, "finding %s", path);
  copy = add_result (self, real, error);
  return copy != NULL && expect_text (self, real, before, error)
         && domuimg_copy_file_as (real, copy, text, strlen (text), error);
}

/* The commit looks again when all is written out; what is known now need not wait for that. */
static gboolean
check_unchanged (const Changed *changed, GError **error)
{
  g_autofree char *now = NULL;

  if (changed->copy == NULL)
    return TRUE;
  now = domuimg_label_of (changed->path, error);
  if (now == NULL)
    return FALSE;
  if (!g_str_equal (now, changed->label))
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "%s was changed while it was repaired: shut the guest down first",
                         changed->path);
  return check_busy (changed->path, error);
}

gboolean
domuimg_repair_work_close_all (DomuimgRepairWork *self, GError **error)
{
  while (self->trees->len > 0)
    if (!close_tree (self, self->trees->len - 1, error))
      return FALSE;
  /* Whoever reads the copies next opens them for themselves. */
  for (guint i = 0; i < self->files->len; i++)
    g_clear_pointer (&((Changed *) g_ptr_array_index (self->files, i))->image, domuimg_image_free);
  return TRUE;
}

static gboolean
write_config (DomuimgRepairWork *self, GPtrArray *changes, GError **error)
{
  if (self->config == NULL || g_str_equal (self->config_before, self->config_text))
    return TRUE;
  return domuimg_repair_work_replace (self, self->config, self->config_before, self->config_text,
                                      error)
         && domuimg_repair_work_follow_with_xml (self, self->config, self->config_before,
                                                 self->config_text, changes, error);
}

gboolean
domuimg_repair_work_commit (DomuimgRepairWork *self, GPtrArray *changes, GError **error)
{
  if (!domuimg_repair_work_close_all (self, error) || !write_config (self, changes, error))
    return FALSE;
  for (guint i = 0; i < self->files->len; i++)
    {
      Changed *changed = g_ptr_array_index (self->files, i);

      /* Nobody has the copies open for writing when they become somebody's images. */
      g_clear_pointer (&changed->image, domuimg_image_free);
      if (!check_unchanged (changed, error))
        return FALSE;
    }
  return !g_cancellable_set_error_if_cancelled (self->cancellable, error)
         && (self->undo == NULL || domuimg_undo_commit (self->undo, error));
}

const char *
domuimg_repair_work_get_in_place (DomuimgRepairWork *self)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      const Changed *changed = g_ptr_array_index (self->files, i);

      if (changed->copy == NULL)
        return changed->path;
    }
  return NULL;
}
