/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from tar:FILE, an archive of a root; "-" is standard input. */
#include "config.h"
#include "lib/source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/source/file-kind.h"
#include "lib/source/root-filter.h"
#include "lib/source/tar.h"

#define DOMUIMG_TYPE_SOURCE_TAR (domuimg_source_tar_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceTar, domuimg_source_tar, DOMUIMG, SOURCE_TAR, GObject)

struct _DomuimgSourceTar {
  GObject parent_instance;

  char *path;
  int fd;
  gboolean has_wish; /* the user has said where the root is in the archive */
  char *root;        /* (nullable) the directory of the archive that is the root */
  gboolean is_shifting;
  gboolean was_measured;
  DomuimgRootOwner owner;
  DomuimgTar *tar; /* (nullable) the stream that was opened last, */
  DomuimgRootFilter *filter; /* and what the guest gets of it */
};

static void domuimg_source_tar_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceTar, domuimg_source_tar, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_tar_source_init))

static void
close_file (DomuimgSourceTar *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

static void
domuimg_source_tar_finalize (GObject *object)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (object);

  close_file (self);
  g_clear_object (&self->filter);
  g_clear_object (&self->tar);
  g_free (self->root);
  g_free (self->path);
  G_OBJECT_CLASS (domuimg_source_tar_parent_class)->finalize (object);
}

static void
domuimg_source_tar_class_init (DomuimgSourceTarClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_tar_finalize;
}

static void
domuimg_source_tar_init (DomuimgSourceTar *self)
{
  self->fd = -1;
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSourceTar) self = g_object_new (DOMUIMG_TYPE_SOURCE_TAR, NULL);
  const char *root = domuimg_spec_get (spec, "root");

  self->path = g_strdup (rest);
  self->is_shifting = domuimg_spec_get_flag (spec, "shift-owners");
  self->has_wish = root != NULL;
  if (root != NULL)
    {
      self->root = domuimg_path_normalise (root, error);
      if (self->root == NULL)
        return NULL;
    }
  return DOMUIMG_SOURCE (g_steal_pointer (&self));
}

static const char *const keys[] = { "root", "shift-owners", NULL };

const DomuimgSourceType domuimg_source_type_tar = {
  .scheme = "tar",
  .placeholder = "FILE",
  .help = "an archive of a root; - is standard input",
  .keys = keys,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM,
  .create = create,
};

static gboolean
is_stdin (DomuimgSourceTar *self)
{
  return g_str_equal (self->path, "-");
}

static char *
tar_describe (DomuimgSource *source)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);

  if (is_stdin (self))
    return g_strdup ("unpack the tar archive on standard input");
  return g_strdup_printf ("unpack the tar archive %s", self->path);
}

static gboolean
open_file (DomuimgSourceTar *self, GError **error)
{
  struct stat status;

  close_file (self);
  if (is_stdin (self))
    self->fd = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  else
    self->fd = open (self->path, O_RDONLY | O_CLOEXEC);
  if (self->fd < 0 || fstat (self->fd, &status) != 0)
    return domuimg_set_errno (error, errno, "opening the tar archive %s", self->path);
  if (S_ISDIR (status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is a directory; to copy it, use --from %s:%s", self->path,
                         domuimg_source_type_dir.scheme, self->path);
  return TRUE;
}

static gboolean
tar_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);
  g_autofree char *other = NULL;

  if (!open_file (self, error))
    return FALSE;
  close_file (self);
  if (!is_stdin (self))
    other = domuimg_file_kind_explain (self->path, DOMUIMG_WANTED_ROOT, TRUE);
  return other == NULL || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s", other);
}

static gboolean
open_stream (DomuimgSourceTar *self, GError **error)
{
  g_autoptr (DomuimgStream) stream = NULL;

  if (!open_file (self, error))
    return FALSE;
  stream = domuimg_tar_new (self->fd, self->path, NULL, NULL, error);
  if (stream == NULL)
    return FALSE;
  g_set_object (&self->tar, DOMUIMG_TAR (stream));
  domuimg_tar_set_root (self->tar, self->root);
  g_clear_object (&self->filter);
  self->filter = domuimg_root_filter_new (stream);
  if (self->is_shifting)
    domuimg_root_filter_shift (self->filter, &self->owner);
  return TRUE;
}

/* What the archive needs; what is replaced in it, by a later file of its name, needs nothing. */
static gboolean
scan (DomuimgSourceTar *self, DomuimgUsage *usage, GCancellable *cancellable, GError **error)
{
  *usage = (DomuimgUsage){ 0 };
  if (!open_stream (self, error)
      || !domuimg_usage_scan (usage, DOMUIMG_STREAM (self->filter), cancellable, error))
    return FALSE;
  usage->data_bytes -= domuimg_tar_order_get_replaced (domuimg_tar_get_order (self->tar));
  return TRUE;
}

/* The directory of the root, once all of the archive was seen; "" for its top. */
static char *
find_root (DomuimgSourceTar *self, GError **error)
{
  char *root = NULL;

  if (self->has_wish && !domuimg_root_filter_get_owner (self->filter)->is_known)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s has no directory %s in it", self->path,
                  self->root);
  else if (self->has_wish)
    return g_strdup ("");
  else
    domuimg_tar_contents_find_root (domuimg_tar_get_contents (self->tar), self->path, &root, error);
  return root;
}

/* A root below one directory is measured once more, without what lies beside it. */
static gboolean
measure (DomuimgSourceTar *self, DomuimgUsage *usage, GCancellable *cancellable, GError **error)
{
  g_autofree char *root = NULL;

  if (!scan (self, usage, cancellable, error))
    return FALSE;
  root = find_root (self, error);
  if (root == NULL)
    return FALSE;
  if (*root != '\0')
    {
      self->root = g_steal_pointer (&root);
      if (!scan (self, usage, cancellable, error))
        return FALSE;
    }
  self->owner = *domuimg_root_filter_get_owner (self->filter);
  self->was_measured = TRUE;
  return TRUE;
}

/* Something else that is compressed, where the archive could not be read. */
static void
explain_failure (DomuimgSourceTar *self, GError **error)
{
  g_autofree char *other = NULL;

  if (error == NULL || !g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT)
      || (self->filter != NULL && domuimg_root_filter_get_owner (self->filter)->is_known))
    return;
  other = domuimg_file_kind_explain (self->path, DOMUIMG_WANTED_ROOT, FALSE);
  if (other == NULL)
    return;
  g_clear_error (error);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s", other);
}

static gboolean
tar_measure (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgUsage *usage,
             gboolean *known, GCancellable *cancellable, GError **error)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);
  DomuimgUsage own;
  struct stat status;

  if (!open_file (self, error))
    return FALSE;
  *known = !is_stdin (self) && fstat (self->fd, &status) == 0 && S_ISREG (status.st_mode);
  if (!*known)
    return TRUE;
  if (!measure (self, &own, cancellable, error))
    {
      explain_failure (self, error);
      return FALSE;
    }
  usage->entries += own.entries;
  usage->data_bytes += own.data_bytes;
  usage->other_bytes += own.other_bytes;
  return TRUE;
}

static DomuimgStream *
tar_open (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);

  domuimg_progress_set_message (progress, "Unpacking %s",
                                is_stdin (self) ? "standard input" : self->path);
  if (!open_stream (self, error))
    return NULL;
  return DOMUIMG_STREAM (g_object_ref (self->filter));
}

/* What comes through a pipe is written before it is known what it was. */
static gboolean
check_root (DomuimgSourceTar *self, GError **error)
{
  g_autofree char *root = find_root (self, error);

  if (root == NULL || *root == '\0')
    return root != NULL;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "%s: the root is in %s, not at the top of the archive; use --root %s",
                       is_stdin (self) ? "standard input" : self->path, root, root);
}

static gboolean
tar_close (DomuimgSource *source, GError **error)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);

  close_file (self);
  return self->was_measured || check_root (self, error);
}

static void
tar_tell (DomuimgSource *source, GPtrArray *warnings)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);
  guint64 repeats;
  const char *first = domuimg_tar_order_get_repeat (domuimg_tar_get_order (self->tar), &repeats);

  if (self->root != NULL && !self->has_wish)
    g_ptr_array_add (warnings, g_strdup_printf ("the root is in %s of the archive; what lies beside"
                                                " that was left out",
                                                self->root));
  if (repeats > 0)
    g_ptr_array_add (warnings, g_strdup_printf ("%" G_GUINT64_FORMAT " names come more than once in"
                                                " the archive, such as /%s: the last one was taken,"
                                                " as tar -x does",
                                                repeats, first));
  domuimg_root_filter_tell (self->filter, warnings);
}

static void
domuimg_source_tar_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = tar_describe;
  iface->check = tar_check;
  iface->measure = tar_measure;
  iface->open = tar_open;
  iface->close = tar_close;
  iface->tell = tar_tell;
}
