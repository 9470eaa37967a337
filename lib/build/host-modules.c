/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies the modules of the host's kernel into a guest, and checks first that there is room. */
#include "config.h"
#include "lib/build/host-modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/exec.h"
#include "lib/build/copy-out.h"
#include "lib/guest/kmod.h"
#include "lib/image/image.h"
#include "lib/base/decompress.h"
#include "lib/tree/copy.h"
#include "lib/tree/dir.h"

#define MODULE_MAX ((guint64) 256 << 20)

static const char *const suffixes[] = { ".gz", ".xz", ".zst" };

static char *
directory_of (const char *version)
{
  return g_strconcat ("lib/modules/", version, NULL);
}

static gboolean
add_usage (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
           GError **error)
{
  domuimg_usage_add (user_data, entry, NULL);
  return TRUE;
}

gboolean
domuimg_host_modules_measure (DomuimgTree *host, const char *version, DomuimgUsage *usage,
                              GError **error)
{
  g_autofree char *directory = directory_of (version);
  g_autofree char *top = NULL;

  if (!domuimg_tree_is_dir (host, directory))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                         "the host's kernel %s has no modules in /%s; install its package",
                         version, directory);
  top = domuimg_tree_resolve (host, directory, error);
  return top != NULL && domuimg_tree_walk (host, top, add_usage, usage, error);
}

/* ".xz" of "a/b.ko.xz", else NULL. */
static const char *
packed_suffix (const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *ending = g_strconcat (".ko", suffixes[i], NULL);

      if (g_str_has_suffix (path, ending))
        return suffixes[i];
    }
  return NULL;
}

static gboolean
find_suffix (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
             GError **error)
{
  const char **found = user_data;
  const char *suffix = packed_suffix (entry->path);

  if (suffix != NULL)
    *found = suffix;
  *descend = *found == NULL;
  return TRUE;
}

/* A copy on the host's disk, to be changed before it goes into the guest. */
typedef struct {
  char *from;         /* resolved */
  char *to;           /* a path of the host */
  gboolean unpack;
  GCancellable *cancellable;
} Stage;

static gboolean
write_unpacked (DomuimgTree *host, const char *path, const char *to, GError **error)
{
  g_autoptr (GBytes) packed = domuimg_tree_read (host, path, MODULE_MAX, error);
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GError) local = NULL;
  DomuimgBytes in;

  if (packed == NULL)
    return FALSE;
  in = domuimg_bytes_of (packed);
  plain = domuimg_decompress (domuimg_compression_detect (in), in, path, 0, MODULE_MAX, error);
  if (plain == NULL)
    return FALSE;
  if (g_file_set_contents_full (to, g_bytes_get_data (plain, NULL), (gssize) g_bytes_get_size (plain),
                                G_FILE_SET_CONTENTS_NONE, 0644, &local))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
}

static gboolean
stage_file (Stage *self, DomuimgTree *host, const DomuimgEntry *entry, const char *to,
            GError **error)
{
  const char *suffix = self->unpack ? packed_suffix (entry->path) : NULL;
  g_autofree char *plain
      = suffix != NULL ? g_strndup (to, strlen (to) - strlen (suffix)) : g_strdup (to);
  const struct timespec times[]
      = { { entry->mtime.sec, entry->mtime.nsec }, { entry->mtime.sec, entry->mtime.nsec } };
  gboolean ok = suffix != NULL
                    ? write_unpacked (host, entry->path, plain, error)
                    : domuimg_copy_out (host, entry->path, plain, plain, self->cancellable, error);

  if (ok && utimensat (AT_FDCWD, plain, times, 0) != 0)
    return domuimg_set_errno (error, errno, "setting the time of %s", plain);
  return ok;
}

/* Links lead to the sources that the kernel was built from, and to nothing in a guest. */
static gboolean
stage_one (DomuimgTree *host, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
           GError **error)
{
  Stage *self = user_data;
  g_autofree char *to = g_strconcat (self->to, entry->path + strlen (self->from), NULL);

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_FILE)
    return stage_file (self, host, entry, to, error);
  if (entry->type != DOMUIMG_ENTRY_DIRECTORY || g_mkdir_with_parents (to, 0755) == 0)
    return TRUE;
  return domuimg_set_errno (error, errno, "making the directory %s", to);
}

static gboolean
run_depmod (const char *root, const char *version, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("depmod");

  domuimg_exec_arg (exec, "-b");
  domuimg_exec_arg (exec, root);
  domuimg_exec_arg (exec, version);
  return domuimg_exec_run (exec, cancellable, error);
}

/* What depmod writes has the time of the build, as all that is made. */
static gboolean
set_time (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
          GError **error)
{
  g_autofree char *name = g_path_get_basename (entry->path);
  g_autoptr (DomuimgEntry) changed = NULL;

  if (entry->type != DOMUIMG_ENTRY_DIRECTORY && !g_str_has_prefix (name, "modules."))
    return TRUE;
  changed = domuimg_entry_copy (entry);
  changed->mtime = domuimg_build_time ();
  return domuimg_tree_set_attributes (tree, changed, error);
}

static DomuimgTree *
stage (DomuimgBuildState *self, DomuimgTree *host, const char *version, gboolean unpack,
       GCancellable *cancellable, GError **error)
{
  g_autofree char *directory = directory_of (version);
  g_autofree char *from = domuimg_tree_resolve (host, directory, error);
  g_autofree char *root = g_build_filename (self->work_directory, "host-modules", NULL);
  g_autofree char *to = g_build_filename (root, directory, NULL);
  Stage job = { from, to, unpack, cancellable };
  g_autoptr (DomuimgTree) staged = NULL;

  if (from == NULL)
    return NULL;
  if (g_mkdir_with_parents (to, 0755) != 0)
    {
      domuimg_set_errno (error, errno, "making the directory %s", to);
      return NULL;
    }
  if (!domuimg_tree_walk (host, from, stage_one, &job, error)
      || !run_depmod (root, version, cancellable, error))
    return NULL;
  staged = domuimg_tree_dir_new (root, error);
  if (staged == NULL || !domuimg_tree_walk (staged, directory, set_time, NULL, error))
    return NULL;
  return g_steal_pointer (&staged);
}

static guint64
to_mib (guint64 bytes)
{
  return (bytes + 1048575) / 1048576;
}

/* The state of the root's filesystem; NULL without an error if it cannot be read. */
static DomuimgExtState *
root_state (DomuimgBuildState *self, GError **error)
{
  const DomuimgBuildMount *root = g_ptr_array_index (self->mounts, 0);

  return domuimg_image_get_ext_state (root->image, root->volume, error);
}

/* Before anything is written, so that the filesystem's own numbers are those of the disk. */
static gboolean
check_space (DomuimgBuildState *self, DomuimgTree *from, const char *version, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgExtState) state = root_state (self, &local);
  DomuimgUsage usage = { 0 };
  guint64 needed;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (state == NULL)
    return TRUE;
  if (!domuimg_host_modules_measure (from, version, &usage, error))
    return FALSE;
  /* Blocks that map the files, and what the steps after this one write. */
  needed = (usage.data_bytes + usage.other_bytes) / 64 * 65 + 2 * 1048576;
  if (needed > state->free_bytes)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                         "the modules of the kernel %s need %" G_GUINT64_FORMAT " MiB, and the root"
                         " disk has %" G_GUINT64_FORMAT " MiB free; use --disk size=%"
                         G_GUINT64_FORMAT "M or more",
                         version, to_mib (needed), state->free_bytes / 1048576,
                         to_mib (self->root_size + needed - state->free_bytes));
  if (usage.entries + 64 > state->free_inodes)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                         "the modules of the kernel %s are %" G_GUINT64_FORMAT " files, and the root"
                         " disk has %" G_GUINT64_FORMAT " inodes free; use --disk with more size= or"
                         " inodes=",
                         version, usage.entries, state->free_inodes);
  return TRUE;
}

/* What is packed, and the guest cannot unpack: its suffix in *@suffix, else NULL. */
static gboolean
find_unreadable (DomuimgBuildState *self, DomuimgTree *host, const char *directory,
                 const char **suffix, GError **error)
{
  g_autofree char *top = domuimg_tree_resolve (host, directory, error);

  *suffix = NULL;
  if (top == NULL || !domuimg_tree_walk (host, top, find_suffix, suffix, error))
    return FALSE;
  if (*suffix != NULL && domuimg_guest_reads_modules (self->tree, *suffix))
    *suffix = NULL;
  return TRUE;
}

gboolean
domuimg_host_modules_copy (DomuimgBuildState *self, DomuimgTree *host, const char *version,
                           GCancellable *cancellable, GError **error)
{
  g_autofree char *directory = directory_of (version);
  g_autofree char *index = g_strconcat (directory, "/modules.dep.bin", NULL);
  gboolean has_index = domuimg_tree_exists (host, index);
  g_autoptr (DomuimgTree) staged = NULL;
  const char *suffix;

  if (!find_unreadable (self, host, directory, &suffix, error))
    return FALSE;
  /* Unpacked they are larger still. */
  if (!check_space (self, host, version, error))
    return FALSE;
  if (suffix != NULL || !has_index)
    {
      staged = stage (self, host, version, suffix != NULL, cancellable, error);
      if (staged == NULL || !check_space (self, staged, version, error))
        return FALSE;
    }
  if (!domuimg_tree_mkdir_p (self->tree, "lib/modules", 0755, error)
      || !domuimg_tree_copy (staged != NULL ? staged : host, directory, self->tree, directory,
                             cancellable, error))
    return FALSE;
  g_ptr_array_add (self->changes,
                   g_strdup_printf ("copied the host's modules to /%s%s%s%s", directory,
                                    suffix != NULL ? ", unpacked since the guest's modprobe does not"
                                                     " read " : "",
                                    suffix != NULL ? suffix : "",
                                    staged != NULL ? ", and ran depmod again" : ""));
  return TRUE;
}
