/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from disk:FILE|URL, a machine that another hypervisor ran: its disks, and what is known of its
 * hardware. */
#include "config.h"
#include "lib/source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>

#include "lib/base/fd.h"
#include "lib/base/http.h"
#include "lib/base/private-file.h"
#include "lib/source/file-kind.h"

#define DOMUIMG_TYPE_SOURCE_DISK (domuimg_source_disk_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceDisk, domuimg_source_disk, DOMUIMG, SOURCE_DISK, GObject)

struct _DomuimgSourceDisk {
  GObject parent_instance;

  char *url;  /* (nullable) */
  char *path; /* (nullable) while it has still to be downloaded */
  gboolean allow_backing;
  DomuimgImport *import; /* (nullable) not before the check */
};

static void domuimg_source_disk_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceDisk, domuimg_source_disk, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_disk_source_init))

static void
domuimg_source_disk_finalize (GObject *object)
{
  DomuimgSourceDisk *self = DOMUIMG_SOURCE_DISK (object);

  g_clear_pointer (&self->import, domuimg_import_free);
  g_free (self->url);
  g_free (self->path);
  G_OBJECT_CLASS (domuimg_source_disk_parent_class)->finalize (object);
}

static void
domuimg_source_disk_class_init (DomuimgSourceDiskClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_disk_finalize;
}

static void
domuimg_source_disk_init (DomuimgSourceDisk *self)
{
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  DomuimgSourceDisk *self = g_object_new (DOMUIMG_TYPE_SOURCE_DISK, NULL);

  if (g_regex_match_simple ("^(https?|ftp)://", rest, G_REGEX_CASELESS, 0))
    self->url = g_strdup (rest);
  else
    self->path = g_strdup (rest);
  self->allow_backing = domuimg_spec_get_flag (spec, "allow-backing");
  return DOMUIMG_SOURCE (self);
}

static const char *const keys[] = { "map-network", "keep-macs",        "root", "allow-backing",
                                    "no-backup",   "keep-guest-tools", "luks-key", NULL };

static const DomuimgSourceProgram programs[] = {
  { "qemu-img", FALSE, NULL },
  { "qemu-storage-daemon", FALSE, NULL },
  { "fusermount3", TRUE, "without root" },
  { NULL },
};

const DomuimgSourceType domuimg_source_type_disk = {
  .scheme = "disk",
  .placeholder = "FILE",
  .help = "a machine of another hypervisor: an image, OVA, OVF, vmx, vbox, libvirt XML or XVA",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM | DOMUIMG_SOURCE_GIVES_DISKS,
  .create = create,
};

static const char *
disk_get_url (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_DISK (source)->url;
}

static gboolean
disk_fetch (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  DomuimgSourceDisk *self = DOMUIMG_SOURCE_DISK (source);
  g_auto (GStrv) parts = g_strsplit_set (self->url, "?#", 2);
  g_autofree char *name = g_path_get_basename (parts[0]);
  g_autofree char *path = g_build_filename (context->work_directory, name, NULL);
  DomuimgHttpRequest request = { .uri = self->url,
                                 .schemes = "http,https,ftp,file",
                                 .max = G_MAXUINT64,
                                 .progress = progress,
                                 .cancellable = cancellable };
  g_auto (DomuimgFd) fd = domuimg_private_file_make (path, error);

  if (fd < 0)
    return FALSE;
  domuimg_progress_set_message (progress, "Downloading %s", self->url);
  if (!domuimg_http_get_to_fd (&request, fd, error))
    return FALSE;
  self->path = g_steal_pointer (&path);
  return TRUE;
}

/* What would be read as a raw disk, whatever it holds. */
static gboolean
is_raw (DomuimgImport *import)
{
  return domuimg_import_get_hardware (import) == NULL && domuimg_import_get_n_disks (import) == 1
         && g_str_equal (domuimg_import_get_format (import, 0), "raw");
}

/* A file that is known to be something else is named as that, in place of @problem (nullable). */
static gboolean
check_kind (DomuimgSourceDisk *self, GError *problem, GError **error)
{
  g_autofree char *known = NULL;

  if (problem == NULL ? is_raw (self->import)
                      : problem->domain == DOMUIMG_ERROR && !domuimg_import_is_machine (self->path)
                            && !g_error_matches (problem, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    known = domuimg_file_kind_explain (self->path, DOMUIMG_WANTED_MACHINE, FALSE);
  if (known != NULL)
    {
      g_clear_error (&problem);
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s", known);
    }
  if (problem != NULL)
    g_propagate_error (error, problem);
  return problem == NULL;
}

static gboolean
disk_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceDisk *self = DOMUIMG_SOURCE_DISK (source);
  GError *problem = NULL;

  if (self->path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has to be downloaded before there can be a plan", self->url);
  g_clear_pointer (&self->import, domuimg_import_free);
  self->import = domuimg_import_open (self->path, self->allow_backing, &problem);
  return check_kind (self, problem, error);
}

static char *
disk_describe (DomuimgSource *source)
{
  return domuimg_import_describe (DOMUIMG_SOURCE_DISK (source)->import);
}

static DomuimgImport *
disk_get_import (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_DISK (source)->import;
}

static gboolean
disk_prepare (DomuimgSource *source, const DomuimgSourceContext *context,
              DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  return domuimg_import_prepare (DOMUIMG_SOURCE_DISK (source)->import, context->work_directory,
                                 progress, cancellable, error);
}

static void
domuimg_source_disk_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = disk_describe;
  iface->get_url = disk_get_url;
  iface->fetch = disk_fetch;
  iface->check = disk_check;
  iface->prepare = disk_prepare;
  iface->get_import = disk_get_import;
}
