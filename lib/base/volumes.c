/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of volumes, given and taken as those of files are, but in several steps. */
#include "config.h"
#include "lib/base/volumes.h"

#include <errno.h>
#include <string.h>

#include "lib/base/label.h"
#include "lib/base/lease.h"

static const DomuimgVolumes *const all[] = { &domuimg_volumes_lvm, &domuimg_volumes_zfs };

void
domuimg_volume_state_clear (DomuimgVolumeState *self)
{
  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->mark, g_free);
}

const DomuimgVolumes *
domuimg_volumes_find (const char *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (g_strcmp0 (all[i]->kind, kind) == 0)
      return all[i];
  return NULL;
}

/* Its names are its first member. */
static const DomuimgVolumes *
volumes_of (const DomuimgNames *names)
{
  return (const DomuimgVolumes *) names;
}

/* FALSE where it cannot be told. */
static gboolean
has (const DomuimgVolumes *self, const char *path, gboolean *is_there)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  if (!self->look (path, &state, NULL))
    return FALSE;
  *is_there = state.id != NULL;
  return TRUE;
}

char *
domuimg_volumes_label (const DomuimgNames *names, const char *path, GError **error)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  if (!volumes_of (names)->look (path, &state, error))
    return NULL;
  return state.id != NULL ? g_steal_pointer (&state.id) : g_strdup (DOMUIMG_LABEL_ABSENT);
}

/* What the programs say in detail is of no use to whoever only learns a number. */
static gboolean
rename_volume (const DomuimgVolumes *self, const char *from, const char *to)
{
  if (self->rename (from, to, NULL))
    return TRUE;
  errno = EIO;
  return FALSE;
}

gboolean
domuimg_volumes_rename_new (const DomuimgNames *names, const char *from, const char *to)
{
  gboolean is_there = FALSE;

  if (has (volumes_of (names), to, &is_there) && !is_there)
    return rename_volume (volumes_of (names), from, to);
  errno = is_there ? EEXIST : EIO;
  return FALSE;
}

static char *
third_name (const char *a)
{
  return g_strconcat (a, ".old", NULL);
}

/* The third name is of what has had @b. */
void
domuimg_volumes_settle (const DomuimgNames *names, const char *a, const char *b)
{
  const DomuimgVolumes *self = volumes_of (names);
  g_autofree char *old = third_name (a);
  gboolean has_old = FALSE, has_a = FALSE, has_b = FALSE;

  if (!has (self, old, &has_old) || !has_old || !has (self, a, &has_a) || !has (self, b, &has_b))
    return;
  if (!has_b)
    rename_volume (self, old, b);
  else if (!has_a)
    rename_volume (self, old, a);
}

gboolean
domuimg_volumes_exchange (const DomuimgNames *names, const char *a, const char *b)
{
  const DomuimgVolumes *self = volumes_of (names);
  g_autofree char *old = third_name (a);

  if (!rename_volume (self, b, old))
    return FALSE;
  if (rename_volume (self, a, b) && rename_volume (self, old, a))
    return TRUE;
  domuimg_volumes_settle (names, a, b);
  errno = EIO;
  return FALSE;
}

gboolean
domuimg_volumes_is_busy (const DomuimgNames *names, const char *path)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  return (volumes_of (names)->look (path, &state, NULL) && state.is_open)
         || domuimg_file_is_busy (path);
}

static gboolean
has_mark (const char *marks, const char *mark)
{
  g_auto (GStrv) each = g_strsplit (marks != NULL ? marks : "", ",", -1);

  return g_strv_contains ((const char *const *) each, mark);
}

/* @mark or @id, or neither, says which one it must be. */
static gboolean
remove_if (const DomuimgVolumes *self, const char *path, const char *mark, const char *id)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  errno = EIO;
  if (!self->look (path, &state, NULL))
    return FALSE;
  errno = ENOENT;
  if (state.id == NULL || (mark != NULL && !has_mark (state.mark, mark))
      || (id != NULL && !g_str_equal (state.id, id)))
    return FALSE;
  errno = EBUSY;
  return self->remove (path, state.id, NULL);
}

gboolean
domuimg_volumes_remove (const DomuimgNames *names, const char *path)
{
  return remove_if (volumes_of (names), path, NULL, NULL);
}

gboolean
domuimg_volumes_remove_marked (const DomuimgVolumes *self, const char *path, const char *mark)
{
  return remove_if (self, path, mark, NULL);
}

gboolean
domuimg_volumes_remove_known (const DomuimgVolumes *self, const char *path, const char *id)
{
  return remove_if (self, path, NULL, id);
}
