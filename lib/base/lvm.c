/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical volumes: looked at, made, made larger, renamed and removed by LVM's own programs. */
#include "config.h"
#include "lib/base/lvm.h"

#include <string.h>

#include "lib/base/exec.h"

#define NAME_MAX_LENGTH 127
/* No name and no number that is asked for has one. */
#define SEPARATOR "|"

typedef struct {
  char *group;
  char *volume;
} Name;

static void
name_clear (Name *self)
{
  g_free (self->group);
  g_free (self->volume);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Name, name_clear)

/* "/dev/GROUP/VOLUME" */
static Name
name_of (const char *path)
{
  g_autofree char *above = g_path_get_dirname (path);

  return (Name){ g_path_get_basename (above), g_path_get_basename (path) };
}

/* lvm(8), VALID NAMES */
static gboolean
is_valid (const char *name)
{
  static const char characters[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "+_.-";

  return *name != '\0' && *name != '-' && strlen (name) <= NAME_MAX_LENGTH
         && strspn (name, characters) == strlen (name) && !g_str_equal (name, ".")
         && !g_str_equal (name, "..");
}

static gboolean
is_reserved (const char *name)
{
  static const char *const parts[] = { "_cdata", "_cmeta", "_corig", "_mimage", "_mlog", "_pmspare",
                                       "_rimage", "_rmeta", "_tdata", "_tmeta", "_vdata", "_vorigin" };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (name, parts[i]) != NULL)
      return TRUE;
  return g_str_has_prefix (name, "snapshot") || g_str_has_prefix (name, "pvmove");
}

gboolean
domuimg_lvm_check_path (const char *path, GError **error)
{
  g_auto (Name) name = name_of (path);
  g_autofree char *again = g_build_filename ("/dev", name.group, name.volume, NULL);

  if (g_str_equal (again, path) && is_valid (name.group) && is_valid (name.volume) && !is_reserved (name.volume))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "“%s” cannot be a logical volume: write GROUP/VOLUME, with letters, digits and"
                       " + _ . - (and none of LVM's own names)",
                       path + strlen ("/dev/"));
}

/* The fields of the first line that @program prints of what @selection selects; no error and NULL
 * where that is nothing. */
static char **
ask (const char *program, const char *fields, const char *selection, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (program);
  g_autoptr (GBytes) output = NULL;
  g_autofree char *text = NULL;

  domuimg_exec_arg (exec, "--noheadings");
  domuimg_exec_arg (exec, "--nosuffix");
  domuimg_exec_arg (exec, "--units=b");
  domuimg_exec_arg (exec, "--separator=" SEPARATOR);
  domuimg_exec_argf (exec, "--options=%s", fields);
  domuimg_exec_argf (exec, "--select=%s", selection);
  output = domuimg_exec_output (exec, NULL, error);
  if (output == NULL)
    return NULL;
  text = g_bytes_get_size (output) > 0
             ? g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output))
             : g_strdup ("");
  g_strstrip (text);
  text[strcspn (text, "\n")] = '\0';
  return *text != '\0' ? g_strsplit (text, SEPARATOR, -1) : NULL;
}

/* FALSE only where it cannot be told; *@fields is NULL where there is none. */
static gboolean
ask_volume (const char *group, const char *volume, const char *names, guint n, GStrv *fields,
            GError **error)
{
  g_autofree char *selection
      = g_strdup_printf ("vg_name=\"%s\" && lv_name=\"%s\"", group, volume);
  g_autoptr (GError) local = NULL;

  *fields = ask ("lvs", names, selection, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return *fields == NULL || g_strv_length (*fields) == n
         || domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED,
                          "lvs has not answered as expected about %s/%s", group, volume);
}

static gboolean
look (const char *path, DomuimgVolumeState *state, GError **error)
{
  g_auto (Name) name = name_of (path);
  g_auto (GStrv) fields = NULL;

  if (!ask_volume (name.group, name.volume, "lv_uuid,lv_tags,lv_device_open", 3, &fields, error))
    return FALSE;
  if (fields == NULL)
    return TRUE;
  state->id = g_strdup (fields[0]);
  state->mark = g_strdup (fields[1]);
  state->is_open = g_str_equal (fields[2], "open");
  return TRUE;
}

static gboolean
rename_one (const char *from, const char *to, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("lvrename");
  g_auto (Name) old = name_of (from);
  g_auto (Name) new = name_of (to);

  domuimg_exec_arg (exec, "--yes");
  domuimg_exec_arg (exec, old.group);
  domuimg_exec_arg (exec, old.volume);
  domuimg_exec_arg (exec, new.volume);
  return domuimg_exec_run (exec, NULL, error);
}

static gboolean
remove_one (const char *path, const char *id, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("lvremove");
  g_auto (Name) name = name_of (path);

  domuimg_exec_arg (exec, "--yes");
  domuimg_exec_arg (exec, "--force");
  domuimg_exec_argf (exec, "--select=lv_uuid=%s", id);
  domuimg_exec_arg (exec, name.group);
  return domuimg_exec_run (exec, NULL, error);
}

const DomuimgVolumes domuimg_volumes_lvm = {
  .names = DOMUIMG_VOLUME_NAMES,
  .kind = "lvm",
  .remove_verb = "lvremove",
  .rename_verb = "lvrename",
  .withdraw_verb = "lvwithdraw",
  .look = look,
  .rename = rename_one,
  .remove = remove_one,
};

static gboolean
fail_no_space (const char *what, const char *name, guint64 size, guint64 free, GError **error)
{
  g_autofree char *wanted = g_format_size_full (size, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *has = g_format_size_full (free, G_FORMAT_SIZE_IEC_UNITS);

  return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                       "the %s %s has no room for %s: %s are free; give the disk a smaller size, or"
                       " the %s more room",
                       what, name, wanted, has, what);
}

static gboolean
check_pool (const char *group, const char *pool, GError **error)
{
  g_auto (GStrv) fields = NULL;

  if (!ask_volume (group, pool, "segtype,data_percent,zero", 3, &fields, error))
    return FALSE;
  if (fields == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "there is no thin pool %s in the volume group %s; lvs lists what is in it",
                         pool, group);
  if (!g_str_equal (fields[0], "thin-pool"))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s/%s is not a thin pool (but %s); lvs lists what is in the group", group,
                         pool, fields[0]);
  /* A new volume is not written with zeros, which would take room for all of it. */
  if (*fields[2] == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "the thin pool %s/%s hands out blocks with what was in them before; have it"
                         " make them zeros (lvchange --zero y %s/%s)",
                         group, pool, group, pool);
  return g_ascii_strtod (fields[1], NULL) < 100
         || domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                          "the thin pool %s/%s is full: remove something from it, or make it larger"
                          " (lvextend)",
                          group, pool);
}

gboolean
domuimg_lvm_check_room (const char *path, const char *pool, guint64 size, GError **error)
{
  g_auto (Name) name = name_of (path);
  g_autofree char *selection = g_strdup_printf ("vg_name=\"%s\"", name.group);
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) fields = ask ("vgs", "vg_free", selection, &local);
  guint64 free;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (fields == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "there is no volume group %s; vgs lists those that there are", name.group);
  if (pool != NULL)
    return check_pool (name.group, pool, error);
  free = g_ascii_strtoull (fields[0], NULL, 10);
  return size <= free || fail_no_space ("volume group", name.group, size, free, error);
}

gboolean
domuimg_lvm_create (const DomuimgLvmNew *what, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("lvcreate");
  g_auto (Name) name = name_of (what->path);

  domuimg_exec_arg (exec, "--yes");
  /* What was there before is overwritten with zeros anyway. */
  domuimg_exec_arg (exec, "--wipesignatures=n");
  domuimg_exec_argf (exec, "--addtag=%s", what->mark);
  domuimg_exec_argf (exec, "--name=%s", name.volume);
  if (what->pool != NULL)
    {
      domuimg_exec_argf (exec, "--virtualsize=%" G_GUINT64_FORMAT "b", what->size);
      domuimg_exec_argf (exec, "--thinpool=%s", what->pool);
    }
  else
    domuimg_exec_argf (exec, "--size=%" G_GUINT64_FORMAT "b", what->size);
  domuimg_exec_arg (exec, name.group);
  return domuimg_exec_run (exec, cancellable, error);
}

gboolean
domuimg_lvm_check_more (const char *path, guint64 more, GError **error)
{
  g_auto (Name) name = name_of (path);
  g_auto (GStrv) fields = NULL;

  if (!domuimg_lvm_check_path (path, error)
      || !ask_volume (name.group, name.volume, "lv_uuid,pool_lv", 2, &fields, error))
    return FALSE;
  if (fields == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "there is no logical volume %s; lvs lists those that there are", path);
  return domuimg_lvm_check_room (path, *fields[1] != '\0' ? fields[1] : NULL, more, error);
}

gboolean
domuimg_lvm_extend (const char *path, guint64 size, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("lvextend");
  g_auto (Name) name = name_of (path);

  domuimg_exec_arg (exec, "--yes");
  domuimg_exec_argf (exec, "--size=%" G_GUINT64_FORMAT "b", size);
  domuimg_exec_argf (exec, "%s/%s", name.group, name.volume);
  return domuimg_exec_run (exec, cancellable, error);
}
