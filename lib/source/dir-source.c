/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from dir:DIRECTORY, a copy of a root that is there as files. */
#include "config.h"
#include "lib/source/source.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/source/dir.h"
#include "lib/source/root-filter.h"

#define DOMUIMG_TYPE_SOURCE_DIR (domuimg_source_dir_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceDir, domuimg_source_dir, DOMUIMG, SOURCE_DIR, GObject)

struct _DomuimgSourceDir {
  GObject parent_instance;

  char *path;
  GStrv include;
  GStrv exclude;
  DomuimgExcludes *excludes;
  gboolean is_shifting;
  DomuimgRootFilter *filter; /* (nullable) of the stream that was opened last */
};

static void domuimg_source_dir_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceDir, domuimg_source_dir, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_dir_source_init))

static void
domuimg_source_dir_finalize (GObject *object)
{
  DomuimgSourceDir *self = DOMUIMG_SOURCE_DIR (object);

  g_clear_object (&self->filter);
  g_clear_pointer (&self->excludes, domuimg_excludes_free);
  g_strfreev (self->include);
  g_strfreev (self->exclude);
  g_free (self->path);
  G_OBJECT_CLASS (domuimg_source_dir_parent_class)->finalize (object);
}

static void
domuimg_source_dir_class_init (DomuimgSourceDirClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_dir_finalize;
}

static void
domuimg_source_dir_init (DomuimgSourceDir *self)
{
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSourceDir) self = g_object_new (DOMUIMG_TYPE_SOURCE_DIR, NULL);

  self->path = g_canonicalize_filename (rest, NULL);
  self->is_shifting = domuimg_spec_get_flag (spec, "shift-owners");
  self->include = domuimg_spec_get_all (spec, "include");
  self->exclude = domuimg_spec_get_all (spec, "exclude");
  self->excludes = domuimg_excludes_new ((const char *const *) self->include,
                                         (const char *const *) self->exclude, error);
  if (self->excludes == NULL)
    return NULL;
  return DOMUIMG_SOURCE (g_steal_pointer (&self));
}

static const char *const keys[] = { "exclude", "include", "shift-owners", NULL };

const DomuimgSourceType domuimg_source_type_dir = {
  .scheme = "dir",
  .placeholder = "DIRECTORY",
  .help = "a directory that is a root, such as /",
  .keys = keys,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM,
  .create = create,
};

static char *
dir_describe (DomuimgSource *source)
{
  return g_strdup_printf ("copy the root in %s", DOMUIMG_SOURCE_DIR (source)->path);
}

/* A container's directory, whose root is below it. */
static gboolean
check_below (DomuimgSourceDir *self, GError **error)
{
  static const char *const names[] = { "rootfs", "root.x86_64", "merged", "root", "diff" };
  g_autofree char *own = g_build_filename (self->path, "etc", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *below = g_build_filename (self->path, names[i], NULL);
      g_autofree char *etc = g_build_filename (below, "etc", NULL);

      if (!g_file_test (own, G_FILE_TEST_IS_DIR) && g_file_test (etc, G_FILE_TEST_IS_DIR))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "%s is not a root, and %s in it is: use --from %s:%s", self->path,
                             names[i], domuimg_source_type_dir.scheme, below);
    }
  return TRUE;
}

static gboolean
dir_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceDir *self = DOMUIMG_SOURCE_DIR (source);
  struct stat status;

  if (stat (self->path, &status) != 0)
    return domuimg_set_errno (error, errno, "opening the directory %s", self->path);
  if (!S_ISDIR (status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is not a directory; for an archive, use --from %s:%s", self->path,
                         domuimg_source_type_tar.scheme, self->path);
  return check_below (self, error);
}

/* What the build itself writes below the directory must not be copied into itself. */
static gboolean
exclude_results (DomuimgSourceDir *self, const DomuimgSourceContext *context, GError **error)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  g_autofree char *prefix = g_str_has_suffix (self->path, "/")
                                ? g_strdup (self->path)
                                : g_strconcat (self->path, "/", NULL);
  g_auto (GStrv) patterns = NULL;

  g_strv_builder_addv (all, (const char **) self->exclude);
  for (guint i = 0; context->results[i] != NULL; i++)
    {
      if (g_str_has_prefix (context->results[i], prefix))
        g_strv_builder_add (all, context->results[i] + strlen (prefix));
    }
  patterns = g_strv_builder_end (all);
  g_clear_pointer (&self->excludes, domuimg_excludes_free);
  self->excludes = domuimg_excludes_new ((const char *const *) self->include,
                                         (const char *const *) patterns, error);
  return self->excludes != NULL;
}

static DomuimgStream *
open_stream (DomuimgSourceDir *self, const DomuimgSourceContext *context, gboolean with_data,
             GError **error)
{
  const DomuimgRootOwner unknown = { 0 };
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (DomuimgStream) files = NULL;

  if (!exclude_results (self, context, error))
    return NULL;
  tree = domuimg_tree_dir_new (self->path, error);
  if (tree == NULL)
    return NULL;
  files = domuimg_dir_stream_new (DOMUIMG_TREE_DIR (tree), self->excludes, with_data);
  g_clear_object (&self->filter);
  self->filter = domuimg_root_filter_new (files);
  if (self->is_shifting)
    domuimg_root_filter_shift (self->filter, &unknown);
  return DOMUIMG_STREAM (g_object_ref (self->filter));
}

static gboolean
dir_measure (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgUsage *usage,
             gboolean *known, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgStream) stream
      = open_stream (DOMUIMG_SOURCE_DIR (source), context, FALSE, error);

  *known = TRUE;
  return stream != NULL && domuimg_usage_scan (usage, stream, cancellable, error);
}

static DomuimgStream *
dir_open (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  DomuimgSourceDir *self = DOMUIMG_SOURCE_DIR (source);

  domuimg_progress_set_message (progress, "Copying %s", self->path);
  return open_stream (self, context, TRUE, error);
}

static void
dir_tell (DomuimgSource *source, GPtrArray *warnings)
{
  domuimg_root_filter_tell (DOMUIMG_SOURCE_DIR (source)->filter, warnings);
}

static void
domuimg_source_dir_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = dir_describe;
  iface->check = dir_check;
  iface->measure = dir_measure;
  iface->open = dir_open;
  iface->tell = dir_tell;
}
