/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from iso:FILE|URL, an installer that runs here, in QEMU, until its disk can be converted. */
#include "config.h"
#include "lib/source/iso.h"

#include <string.h>

#include "lib/domain/model/identity.h"
#include "lib/source/checksums.h"
#include "lib/source/install-fetch.h"
#include "lib/source/rpm.h"

#define SUMS "SHA256SUMS"
#define SUMS_MAX (8 << 20)

#define DOMUIMG_TYPE_SOURCE_ISO (domuimg_source_iso_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceIso, domuimg_source_iso, DOMUIMG, SOURCE_ISO, GObject)

struct _DomuimgSourceIso {
  GObject parent_instance;

  DomuimgIso iso;
};

static void domuimg_source_iso_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceIso, domuimg_source_iso, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_iso_source_init))

static void
domuimg_source_iso_finalize (GObject *object)
{
  domuimg_iso_clear (&DOMUIMG_SOURCE_ISO (object)->iso);
  G_OBJECT_CLASS (domuimg_source_iso_parent_class)->finalize (object);
}

static void
domuimg_source_iso_class_init (DomuimgSourceIsoClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_iso_finalize;
}

static void
domuimg_source_iso_init (DomuimgSourceIso *self)
{
}

static gboolean
open_image (DomuimgIso *self, const char *path, GError **error)
{
  self->files = domuimg_install_files_new (path, error);
  if (self->files == NULL)
    return FALSE;
  return domuimg_install_files_is_iso (self->files)
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "%s is a directory, not an ISO image; an install tree is made a guest by another"
                          " --from, see domuimg create --help",
                          domuimg_install_files_get_location (self->files));
}

static gboolean
take_url (DomuimgIso *self, const char *url, GError **error)
{
  if (strpbrk (url, "?#") != NULL || g_str_has_suffix (url, "/"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: only an address that ends with the name of an ISO image is taken; download the"
                         " image, and give the file",
                         url);
  self->url = g_strdup (url);
  return TRUE;
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSourceIso) self = g_object_new (DOMUIMG_TYPE_SOURCE_ISO, NULL);
  DomuimgIso *iso = &self->iso;
  gboolean is_url = g_regex_match_simple ("^(https?|ftp)://", rest, G_REGEX_CASELESS, 0);

  iso->spec = domuimg_spec_copy (spec);
  iso->arch = domuimg_rpm_arch (domuimg_spec_get (spec, "arch"));
  iso->mac = domuimg_mac_new_random ();
  iso->is_interactive = domuimg_spec_get_flag (spec, "interactive");
  iso->display = domuimg_spec_get_number (spec, "display", DOMUIMG_QEMU_DISPLAY_NONE);
  if (is_url ? !take_url (iso, rest, error) : !open_image (iso, rest, error))
    return NULL;
  return DOMUIMG_SOURCE (g_steal_pointer (&self));
}

static const char *const keys[]
    = { "answers",     "extra-args", "timeout",   "keep-failed",      "interactive", "display", "arch",
        "package",     "mirror",     "map-network", "root",           "no-backup",   "keep-guest-tools",
        "luks-key",    NULL };

static const DomuimgSourceProgram programs[] = {
  { "qemu-system-x86_64", FALSE, NULL },
  { "qemu-img", FALSE, NULL },
  { "qemu-storage-daemon", FALSE, NULL },
  { "fusermount3", TRUE, "without root" },
  { NULL },
};

const DomuimgSourceType domuimg_source_type_iso = {
  .scheme = "iso",
  .placeholder = "FILE|URL",
  .help = "what an installer makes of an empty disk, run here in QEMU",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM | DOMUIMG_SOURCE_GIVES_DISKS,
  .create = create,
};

static const char *
iso_get_url (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_ISO (source)->iso.url;
}

/* (nullable) What the list beside the image says of it; NULL and no error where there is none. */
static DomuimgDigest *
find_digest (DomuimgInstallFiles *files, const char *name, GCancellable *cancellable, GError **error)
{
  const DomuimgInstallRead how = { .max = SUMS_MAX, .cancellable = cancellable };
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) list = domuimg_install_files_read (files, SUMS, &how, &local);
  DomuimgDigest *digest
      = list != NULL ? domuimg_checksums_find (g_bytes_get_data (list, NULL), g_bytes_get_size (list),
                                               name, &local)
                     : NULL;

  if (digest == NULL && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s%s: ",
                                domuimg_install_files_get_location (files), SUMS);
  return digest;
}

static gboolean
fetch_image (DomuimgIso *self, const char *to, DomuimgProgress *progress, GCancellable *cancellable,
             GError **error)
{
  const char *slash = strrchr (self->url, '/');
  g_autofree char *directory = g_strndup (self->url, (gsize) (slash + 1 - self->url));
  g_autofree char *name = g_uri_unescape_string (slash + 1, NULL);
  g_autoptr (DomuimgInstallFiles) files = domuimg_install_files_new (directory, error);
  g_autoptr (DomuimgDigest) digest = NULL;
  g_autoptr (GError) local = NULL;
  DomuimgInstallFetch fetch = { .path = name != NULL ? name : slash + 1,
                                .to = to,
                                .max = G_MAXINT64,
                                .use_cache = !domuimg_spec_get_flag (self->spec, "no-cache") };

  if (files == NULL)
    return FALSE;
  digest = find_digest (files, fetch.path, cancellable, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (digest != NULL)
    {
      fetch.checksum = digest->hex;
      fetch.type = digest->type;
    }
  return domuimg_install_fetch (files, &fetch, progress, cancellable, error);
}

static gboolean
iso_fetch (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
           GCancellable *cancellable, GError **error)
{
  DomuimgIso *self = &DOMUIMG_SOURCE_ISO (source)->iso;
  g_autofree char *path = g_build_filename (context->work_directory, "installer.iso", NULL);

  domuimg_progress_set_message (progress, "Fetching %s", self->url);
  return fetch_image (self, path, progress, cancellable, error) && open_image (self, path, error);
}

static gboolean
iso_check (DomuimgSource *source, GError **error)
{
  DomuimgIso *self = &DOMUIMG_SOURCE_ISO (source)->iso;

  if (self->files == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has to be downloaded before there can be a plan", self->url);
  return domuimg_iso_plan (self, error);
}

static char *
iso_describe (DomuimgSource *source)
{
  DomuimgIso *self = &DOMUIMG_SOURCE_ISO (source)->iso;
  const char *location = domuimg_iso_get_location (self);

  if (self->tree == NULL)
    return g_strdup_printf ("install what %s installs", location);
  return g_strdup_printf ("install %s from %s", self->tree->name, location);
}

static void
iso_describe_how (DomuimgSource *source, GPtrArray *lines)
{
  domuimg_iso_describe_how (&DOMUIMG_SOURCE_ISO (source)->iso, lines);
}

static DomuimgImport *
iso_get_import (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_ISO (source)->iso.import;
}

static gboolean
iso_prepare (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
             GCancellable *cancellable, GError **error)
{
  return domuimg_iso_run (&DOMUIMG_SOURCE_ISO (source)->iso, context, progress, cancellable, error);
}

static void
iso_keep (DomuimgSource *source, const char *prefix, GString *list)
{
  domuimg_iso_keep (&DOMUIMG_SOURCE_ISO (source)->iso, prefix, list);
}

static void
domuimg_source_iso_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = iso_describe;
  iface->describe_how = iso_describe_how;
  iface->get_url = iso_get_url;
  iface->fetch = iso_fetch;
  iface->check = iso_check;
  iface->prepare = iso_prepare;
  iface->get_import = iso_get_import;
  iface->keep = iso_keep;
}
