/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Creates the disks of a new guest, makes their filesystems and fills the root. */
#include "config.h"
#include "lib/build/state.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/build/plan-import.h"
#include "lib/build/step-layout.h"
#include "lib/fs/fs.h"
#include "lib/repair/base-image.h"

#define MEMORY_DIRECTORY "/dev/shm"

/* A root of packages tells its size only when it is there; the file is sparse, so that
 * what is not used costs nothing. */
#define UNKNOWN_SIZE ((guint64) 4 << 30)

/* Packages are unpacked fastest in memory, where there is enough of both kinds. */
#define ROOM_FOR_PACKAGES ((guint64) 3 << 30)

static gboolean
has_room_in_memory (void)
{
  g_autofree char *text = NULL;
  struct statvfs status;
  const char *line;

  if (access (MEMORY_DIRECTORY, W_OK) != 0 || statvfs (MEMORY_DIRECTORY, &status) != 0
      || (status.f_flag & ST_NOEXEC) != 0
      || (guint64) status.f_bavail * status.f_frsize < ROOM_FOR_PACKAGES
      || !g_file_get_contents ("/proc/meminfo", &text, NULL, NULL))
    return FALSE;
  line = strstr (text, "MemAvailable:");
  return line != NULL
         && g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10) * 1024
                >= 2 * ROOM_FOR_PACKAGES;
}

/* mmdebstrap without root works in a user namespace, whose root cannot enter a home
 * directory. */
static const char *
work_parent (DomuimgBuildState *self, const char *results)
{
  gboolean has_packages
      = (self->plan->source_type->traits & DOMUIMG_SOURCE_UNPACKS_PACKAGES) != 0;

  if (has_packages && has_room_in_memory ())
    return MEMORY_DIRECTORY;
  /* What an installer writes is as large as a disk. */
  return geteuid () == 0 || !domuimg_plan_is_there (self->plan) ? results : g_get_tmp_dir ();
}

static void
source_context (DomuimgBuildState *self, DomuimgSourceContext *context)
{
  g_autoptr (GStrvBuilder) results = g_strv_builder_new ();
  g_autofree char *dir = g_path_get_dirname (self->plan->manifest_path);

  if (domuimg_spec_get (self->plan->spec, "dir") != NULL)
    g_strv_builder_add (results, dir);
  for (guint i = 0; i < self->disks->len; i++)
    g_strv_builder_add (results, domuimg_build_get_disk (self, i)->path);
  context->work_directory = self->work_directory;
  context->has_terminal = self->terminal[0] >= 0 && self->terminal[1] >= 0;
  context->terminal_in = self->terminal[0];
  context->terminal_out = self->terminal[1];
  context->results = g_strv_builder_end (results);
}

static gboolean
prepare_source (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
                GError **error)
{
  g_auto (GStrv) results = NULL;
  DomuimgSourceContext context;

  source_context (self, &context);
  results = context.results;
  return domuimg_source_prepare (self->plan->source, &context, progress, cancellable, error);
}

DomuimgDiskMaking
domuimg_build_get_making (DomuimgBuildState *self, guint i)
{
  return (DomuimgDiskMaking){ .undo = self->undo,
                              .work_directory = self->work_directory,
                              .directory = self->directory,
                              .volumes = self->volumes,
                              .number = i,
                              .replace = self->plan->force };
}

static gboolean
create_disks (DomuimgBuildState *self, GError **error)
{
  DomuimgPlan *plan = self->plan;

  for (guint i = 0; i < plan->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (plan, i);
      const DomuimgDiskMaking making = domuimg_build_get_making (self, i);
      char *image = disk->kind->create (disk, &making, error);

      if (image == NULL)
        return FALSE;
      domuimg_build_add_disk (self, image);
    }
  return TRUE;
}

/* What is not to stay here is made where all of it goes. */
static char *
add_result (DomuimgBuildState *self, const char *final, gboolean is_elsewhere, GError **error)
{
  g_autofree char *name = g_path_get_basename (final);

  return is_elsewhere ? g_build_filename (self->work_directory, name, NULL)
                      : domuimg_undo_add_result (self->undo, final, self->plan->force, error);
}

/* All names of results, at once: whoever else makes this guest, or changes it, waits or fails. Meanwhile,
 * somebody may have made a clone of what is to be replaced. */
static gboolean
lock_names (DomuimgBuildState *self, GError **error)
{
  g_autoptr (GPtrArray) names = domuimg_plan_list_results (self->plan);

  g_ptr_array_add (names, NULL);
  if (!domuimg_undo_lock (self->undo, (const char *const *) names->pdata, error))
    return FALSE;
  g_ptr_array_remove_index (names, names->len - 1);
  return !self->plan->force || domuimg_base_image_check_files (names, error);
}

/* The manifest comes last: where it is, everything is. */
static gboolean
add_results (DomuimgBuildState *self, GError **error)
{
  DomuimgPlan *plan = self->plan;
  struct {
    char **temporary;
    const char *final;
    gboolean is_elsewhere;
  } results[] = { { &self->archive, plan->archive_path },
                  { &self->kernel, plan->kernel_path, plan->has_files_elsewhere },
                  { &self->ramdisk, plan->ramdisk_path, plan->has_files_elsewhere },
                  { &self->seed, plan->seed_path, plan->has_files_elsewhere },
                  { &self->config, plan->config_path },
                  { &self->xml, plan->xml_path },
                  { &self->install_config, plan->install_config_path },
                  { &self->install_kernel, plan->install_kernel_path },
                  { &self->install_ramdisk, plan->install_ramdisk_path },
                  { &self->documents[DOMUIMG_DOCUMENT_REASONS],
                    plan->document_paths[DOMUIMG_DOCUMENT_REASONS] },
                  { &self->documents[DOMUIMG_DOCUMENT_SPDX],
                    plan->document_paths[DOMUIMG_DOCUMENT_SPDX] },
                  { &self->documents[DOMUIMG_DOCUMENT_CYCLONEDX],
                    plan->document_paths[DOMUIMG_DOCUMENT_CYCLONEDX] },
                  { &self->manifest, plan->manifest_path } };

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      if (results[i].final == NULL)
        continue;
      *results[i].temporary
          = add_result (self, results[i].final, results[i].is_elsewhere, error);
      if (*results[i].temporary == NULL)
        return FALSE;
    }
  return TRUE;
}

/* The transaction, and the directories that are worked in. */
static gboolean
begin (DomuimgBuildState *self, GError **error)
{
  g_autofree char *dir = g_path_get_dirname (self->plan->manifest_path);

  if (self->undo == NULL)
    self->undo = domuimg_undo_new (error);
  if (self->undo == NULL || !domuimg_undo_make_parents (self->undo, dir, error))
    return FALSE;
  if (self->work_directory == NULL)
    self->work_directory
        = domuimg_undo_make_directory (self->undo, work_parent (self, dir), error);
  if (self->work_directory == NULL)
    return FALSE;
  self->directory = g_steal_pointer (&dir);
  return TRUE;
}

static void
take_root (DomuimgBuildState *self)
{
  DomuimgPlan *plan = self->plan;
  const DomuimgPart *root;

  if (plan->import != NULL || plan->installer != NULL)
    return;
  root = domuimg_plan_find_part (plan, DOMUIMG_PART_ROOT);
  self->root_fs = g_strdup (root->fs);
  self->root_uuid = g_strdup (root->uuid);
}

gboolean
domuimg_build_step_prepare (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  if (!begin (self, error) || !lock_names (self, error))
    return FALSE;
  domuimg_undo_hold (self->undo);
  if (!create_disks (self, error))
    return FALSE;
  take_root (self);
  return add_results (self, error) && domuimg_undo_release (self->undo, error)
         && domuimg_build_lease (self, error) && prepare_source (self, progress, cancellable, error);
}

static guint64
to_mib (guint64 bytes)
{
  return (bytes + 1048575) / 1048576;
}

static gboolean
too_small (DomuimgBuildState *self, guint64 root_size, guint64 root_needed, GError **error)
{
  guint64 size = domuimg_build_to_disk_size (self, root_size);
  guint64 needed = domuimg_build_to_disk_size (self, root_needed);
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, 0);

  if (disk->kind->settle != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                         "%s is too small: its size is %" G_GUINT64_FORMAT
                         " MiB, and the guest needs at least %" G_GUINT64_FORMAT
                         " MiB; choose a larger one",
                         disk->path, size / 1048576, to_mib (needed));
  return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                       "the root disk is too small: its size is %" G_GUINT64_FORMAT
                       " MiB, and the guest needs at least %" G_GUINT64_FORMAT
                       " MiB; use --disk size=%" G_GUINT64_FORMAT "M or more",
                       size / 1048576, to_mib (needed), to_mib (needed));
}

/* The size of the root disk: as given if the content fits, else by the content. */
static gboolean
size_root (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  guint64 disk = domuimg_plan_get_disk (self->plan, 0)->size;
  guint64 given = disk > 0 ? domuimg_build_to_root_size (self, disk) : 0;
  const DomuimgFs *fs = domuimg_fs_find (domuimg_plan_get_disk (self->plan, 0)->fs);
  g_auto (GStrv) results = NULL;
  DomuimgSourceContext context;
  gboolean known = FALSE;
  gboolean ok;

  source_context (self, &context);
  results = context.results;
  ok = domuimg_source_measure (self->plan->source, &context, &self->usage, &known, cancellable,
                               error);
  if (!ok)
    return FALSE;
  self->usage.entries += self->modules.entries;
  self->usage.data_bytes += self->modules.data_bytes;
  self->usage.other_bytes += self->modules.other_bytes;
  if (!known)
    self->root_size = given > 0 ? given : UNKNOWN_SIZE;
  else if (given == 0)
    self->root_size = domuimg_fs_default_size (fs, &self->usage);
  else if (!domuimg_fs_is_packed (fs) && given < domuimg_fs_min_size (fs, &self->usage)
           && !domuimg_build_is_divided (self))
    return too_small (self, given, domuimg_fs_min_size (fs, &self->usage), error);
  else
    self->root_size = given;
  self->root_size
      = domuimg_layout_round_size (domuimg_plan_get_layout (self->plan, 0), self->root_size);
  return TRUE;
}

gboolean
domuimg_build_step_disks (DomuimgBuildState *self, DomuimgProgress *progress,
                          GCancellable *cancellable, GError **error)
{
  domuimg_progress_set_message (progress, "Measuring");
  if (!size_root (self, cancellable, error))
    return FALSE;
  domuimg_progress_set_message (progress, "Making the filesystem");
  return domuimg_build_make_disks (self, cancellable, error);
}

/* The disk was too small: what the whole guest would have needed. */
static void
explain_no_space (DomuimgBuildState *self, DomuimgStream *stream, const DomuimgUsage *so_far,
                  GCancellable *cancellable, GError **error)
{
  DomuimgUsage all = *so_far;
  const DomuimgFs *fs = domuimg_fs_find (domuimg_plan_get_disk (self->plan, 0)->fs);

  /* How much of the rest is for which filesystem, nobody has counted. */
  if (!g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE)
      || domuimg_build_is_divided (self) || !domuimg_usage_scan (&all, stream, cancellable, NULL)
      || domuimg_fs_min_size (fs, &all) <= self->root_size)
    return;
  g_clear_error (error);
  too_small (self, self->root_size, domuimg_fs_min_size (fs, &all), error);
}

/* Nobody asks for the guest's kernel where another one is given. */
static DomuimgStream *
watch_kernel (DomuimgBuildState *self, DomuimgStream *stream)
{
  if (domuimg_build_has_other_kernel (self))
    return stream;
  self->ahead = domuimg_look_ahead_new (stream);
  return DOMUIMG_STREAM (self->ahead);
}

/* What of a source the guest does not have. */
static void
tell_losses (DomuimgBuildState *self)
{
  g_autoptr (GPtrArray) losses = g_ptr_array_new_with_free_func (g_free);

  domuimg_source_tell (self->plan->source, losses);
  for (guint i = 0; i < losses->len; i++)
    domuimg_build_note_loss (self, "%s", (const char *) g_ptr_array_index (losses, i));
}

static gboolean
fill (DomuimgBuildState *self, const DomuimgSourceContext *context, DomuimgProgress *progress,
      GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgStream) stream = domuimg_source_open (self->plan->source, context, progress,
                                                          cancellable, error);
  const DomuimgPart *root = domuimg_plan_find_part (self->plan, DOMUIMG_PART_ROOT);
  const DomuimgFs *fs = domuimg_fs_find_filled (domuimg_fs_find (root->fs));
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgDivide) divide = NULL;
  g_autoptr (GError) local = NULL;
  DomuimgUsage usage = { 0 };
  DomuimgFsContent content = { NULL, &usage, progress };

  if (stream == NULL)
    {
      domuimg_source_explain (self->plan->source, error);
      return FALSE;
    }
  region = domuimg_build_open_part (self, root, TRUE, error);
  if (region == NULL)
    return FALSE;
  divide = domuimg_build_divide (self, watch_kernel (self, stream), error);
  if (divide == NULL)
    return FALSE;
  content.stream = DOMUIMG_STREAM (divide);
  self->tree = domuimg_fs_fill (fs, region, &content, cancellable, &local);
  if (self->tree == NULL)
    {
      explain_no_space (self, stream, &usage, cancellable, &local);
      domuimg_source_explain (self->plan->source, &local);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  self->usage = usage;
  if (!domuimg_build_open_made (self, divide, cancellable, error))
    return FALSE;
  if (self->ahead != NULL)
    domuimg_look_ahead_attach (self->ahead, self->tree);
  if (!domuimg_source_close (self->plan->source, error))
    return FALSE;
  tell_losses (self);
  return TRUE;
}

gboolean
domuimg_build_step_fill (DomuimgBuildState *self, DomuimgProgress *progress,
                         GCancellable *cancellable, GError **error)
{
  g_auto (GStrv) results = NULL;
  DomuimgSourceContext context;

  source_context (self, &context);
  results = context.results;
  return fill (self, &context, progress, cancellable, error);
}
