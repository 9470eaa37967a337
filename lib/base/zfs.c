/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of ZFS: looked at, made, renamed and removed by its own program. */
#include "config.h"
#include "lib/base/zfs.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/exec.h"

#define MARK "domuimg:mark"
/* udev makes the device a moment after the volume. */
#define DEVICE_POLLS 100
#define DEVICE_POLL_USEC (G_USEC_PER_SEC / 10)
#define NAME_MAX_LENGTH 200

static const char *
name_of (const char *path)
{
  return path + strlen (DOMUIMG_ZFS_DIRECTORY "/");
}

/* zfs(8): each part of a name. */
static gboolean
is_valid (const char *part)
{
  return *part != '\0' && g_ascii_isalnum (*part)
         && strspn (part, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.:-") == strlen (part);
}

gboolean
domuimg_zfs_check_path (const char *path, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (name_of (path), "/", -1);
  gboolean ok = g_strv_length (parts) > 1 && strlen (path) <= NAME_MAX_LENGTH;

  for (guint i = 0; ok && parts[i] != NULL; i++)
    ok = is_valid (parts[i]);
  return ok
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "“%s” cannot be a volume of ZFS: write POOL/NAME, with letters, digits and"
                          " _ . : -",
                          name_of (path));
}

static DomuimgExec *
new_call (const char *verb)
{
  DomuimgExec *exec = domuimg_exec_new ("zfs");

  domuimg_exec_arg (exec, verb);
  return exec;
}

/* The lines of "zfs list -o @fields" for what lies right in @parent, and for itself. */
static char **
list (const char *parent, const char *fields, GError **error)
{
  g_autoptr (DomuimgExec) exec = new_call ("list");
  g_autoptr (GBytes) output = NULL;
  g_autofree char *text = NULL;

  domuimg_exec_arg (exec, "-Hp");
  domuimg_exec_arg (exec, "-r");
  domuimg_exec_arg (exec, "-d1");
  domuimg_exec_arg (exec, "-tfilesystem,volume");
  domuimg_exec_argf (exec, "-o%s", fields);
  domuimg_exec_arg (exec, parent);
  output = domuimg_exec_output (exec, NULL, error);
  if (output == NULL)
    return NULL;
  text = g_strndup (g_bytes_get_size (output) > 0 ? g_bytes_get_data (output, NULL) : "",
                    g_bytes_get_size (output));
  return g_strsplit (text, "\n", -1);
}

/* The fields for @name, NULL and no error where @parent has nothing of that name. */
static char **
ask (const char *parent, const char *name, const char *fields, GError **error)
{
  g_auto (GStrv) lines = list (parent, fields, error);

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], "\t", -1);

      if (g_strv_length (parts) == 3 && g_str_equal (parts[0], name))
        return g_steal_pointer (&parts);
    }
  return NULL;
}

static gboolean
look (const char *path, DomuimgVolumeState *state, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (name_of (path));
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) fields = ask (parent, name_of (path), "name,guid," MARK, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (fields == NULL)
    return TRUE;
  state->id = g_strdup (fields[1]);
  state->mark = g_strdup (fields[2]);
  return TRUE;
}

static gboolean
rename_one (const char *from, const char *to, GError **error)
{
  g_autoptr (DomuimgExec) exec = new_call ("rename");

  domuimg_exec_arg (exec, name_of (from));
  domuimg_exec_arg (exec, name_of (to));
  return domuimg_exec_run (exec, NULL, error);
}

/* Its ID was looked at right before: zfs takes names only. */
static gboolean
remove_one (const char *path, const char *id, GError **error)
{
  g_autoptr (DomuimgExec) exec = new_call ("destroy");

  domuimg_exec_arg (exec, name_of (path));
  return domuimg_exec_run (exec, NULL, error);
}

const DomuimgVolumes domuimg_volumes_zfs = {
  .names = DOMUIMG_VOLUME_NAMES,
  .kind = "zvol",
  .remove_verb = "zvolremove",
  .rename_verb = "zvolrename",
  .withdraw_verb = "zvolwithdraw",
  .look = look,
  .rename = rename_one,
  .remove = remove_one,
};

gboolean
domuimg_zfs_check_room (const char *path, guint64 size, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (name_of (path));
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) fields = ask (parent, parent, "name,guid,available", &local);
  guint64 free = fields != NULL ? g_ascii_strtoull (fields[2], NULL, 10) : 0;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return size <= free
         || domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                          "%s has no room for %" G_GUINT64_FORMAT " MiB: %" G_GUINT64_FORMAT
                          " MiB are available; give the disk a smaller size",
                          parent, size >> 20, free >> 20);
}

static gboolean
wait_for_device (const char *path, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < DEVICE_POLLS; i++)
    {
      if (access (path, F_OK) == 0)
        return TRUE;
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      g_usleep (DEVICE_POLL_USEC);
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                       "%s has not appeared: see whether udev runs, and has zvol_id", path);
}

gboolean
domuimg_zfs_create (const char *path, guint64 size, const char *mark, GCancellable *cancellable,
                    GError **error)
{
  g_autoptr (DomuimgExec) exec = new_call ("create");

  domuimg_exec_argf (exec, "-o" MARK "=%s", mark);
  domuimg_exec_argf (exec, "-V%" G_GUINT64_FORMAT, size);
  domuimg_exec_arg (exec, name_of (path));
  return domuimg_exec_run (exec, cancellable, error) && wait_for_device (path, cancellable, error);
}
