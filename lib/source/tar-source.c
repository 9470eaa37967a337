/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from tar:FILE, an archive of a root; "-" is standard input. */
#include "config.h"
#include "lib/source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/source/tar.h"

#define DOMUIMG_TYPE_SOURCE_TAR (domuimg_source_tar_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceTar, domuimg_source_tar, DOMUIMG, SOURCE_TAR, GObject)

struct _DomuimgSourceTar {
  GObject parent_instance;

  char *path;
  int fd;
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
  DomuimgSourceTar *self = g_object_new (DOMUIMG_TYPE_SOURCE_TAR, NULL);

  self->path = g_strdup (rest);
  return DOMUIMG_SOURCE (self);
}

const DomuimgSourceType domuimg_source_type_tar = {
  .scheme = "tar",
  .placeholder = "FILE",
  .help = "an archive of a root; - is standard input",
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
  gboolean ok = open_file (self, error);

  close_file (self);
  return ok;
}

static gboolean
tar_measure (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgUsage *usage,
             gboolean *known, GCancellable *cancellable, GError **error)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);
  g_autoptr (DomuimgStream) stream = NULL;
  struct stat status;

  if (!open_file (self, error))
    return FALSE;
  *known = !is_stdin (self) && fstat (self->fd, &status) == 0 && S_ISREG (status.st_mode);
  if (!*known)
    return TRUE;
  stream = domuimg_tar_new (self->fd, self->path, NULL, NULL, error);
  return stream != NULL && domuimg_usage_scan (usage, stream, cancellable, error);
}

static DomuimgStream *
tar_open (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  DomuimgSourceTar *self = DOMUIMG_SOURCE_TAR (source);

  if (!open_file (self, error))
    return NULL;
  domuimg_progress_set_message (progress, "Unpacking %s",
                                is_stdin (self) ? "standard input" : self->path);
  return domuimg_tar_new (self->fd, self->path, NULL, NULL, error);
}

static gboolean
tar_close (DomuimgSource *source, GError **error)
{
  close_file (DOMUIMG_SOURCE_TAR (source));
  return TRUE;
}

static void
domuimg_source_tar_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = tar_describe;
  iface->check = tar_check;
  iface->measure = tar_measure;
  iface->open = tar_open;
  iface->close = tar_close;
}
