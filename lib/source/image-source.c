/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from image:NAME, a vendor's cloud image: fetched and verified, and then a disk to be converted. */
#include "config.h"
#include "lib/source/image.h"

#include "lib/source/rpm.h"

#define DOMUIMG_TYPE_SOURCE_IMAGE (domuimg_source_image_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceImage, domuimg_source_image, DOMUIMG, SOURCE_IMAGE, GObject)

struct _DomuimgSourceImage {
  GObject parent_instance;

  DomuimgSpec *spec;
  DomuimgImageOffer *offer;
  DomuimgImageTrust trust;
  DomuimgSource *disk; /* (nullable) not before it is fetched */
};

static void domuimg_source_image_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceImage, domuimg_source_image, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_image_source_init))

static void
domuimg_source_image_finalize (GObject *object)
{
  DomuimgSourceImage *self = DOMUIMG_SOURCE_IMAGE (object);

  g_clear_object (&self->spec);
  g_clear_object (&self->disk);
  g_clear_pointer (&self->offer, domuimg_image_offer_free);
  domuimg_image_trust_clear (&self->trust);
  G_OBJECT_CLASS (domuimg_source_image_parent_class)->finalize (object);
}

static void
domuimg_source_image_class_init (DomuimgSourceImageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_image_finalize;
}

static void
domuimg_source_image_init (DomuimgSourceImage *self)
{
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autofree char *arch = domuimg_rpm_arch (domuimg_spec_get (spec, "arch"));
  DomuimgImageOffer *offer = domuimg_image_offer_find (rest, arch, error);
  DomuimgSourceImage *self;

  if (offer == NULL)
    return NULL;
  self = g_object_new (DOMUIMG_TYPE_SOURCE_IMAGE, NULL);
  self->spec = g_object_ref (spec);
  self->offer = offer;
  return DOMUIMG_SOURCE (self);
}

static const char *const keys[]
    = { "arch",        "keyring", "allow-unsigned", "map-network", "keep-macs",
        "root",        "no-backup", "keep-guest-tools", "luks-key", NULL };

static const DomuimgSourceProgram programs[] = {
  { "qemu-img", FALSE, NULL },
  { "qemu-storage-daemon", FALSE, NULL },
  { "gpgv", TRUE, "for a list that is signed" },
  { "fusermount3", TRUE, "without root" },
  { NULL },
};

const DomuimgSourceType domuimg_source_type_image = {
  .scheme = "image",
  .placeholder = "NAME",
  .help = "a vendor's cloud image; domuimg list-images has the names",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM | DOMUIMG_SOURCE_GIVES_DISKS
            | DOMUIMG_SOURCE_EXPECTS_SEED,
  .create = create,
};

static const char *
image_get_url (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_IMAGE (source)->offer->url;
}

static gboolean
image_fetch (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
             GCancellable *cancellable, GError **error)
{
  DomuimgSourceImage *self = DOMUIMG_SOURCE_IMAGE (source);
  g_auto (GStrv) keyrings = domuimg_spec_get_all (self->spec, "keyring");
  const DomuimgImageRequest request
      = { .offer = self->offer,
          .keyrings = keyrings,
          .allow_unsigned = domuimg_spec_get_flag (self->spec, "allow-unsigned"),
          .use_cache = !domuimg_spec_get_flag (self->spec, "no-cache"),
          .work = context->work_directory };
  g_autofree char *path = NULL;

  domuimg_progress_set_message (progress, "Looking for %s", self->offer->name);
  if (!domuimg_image_trust_fetch (&self->trust, &request, cancellable, error))
    return FALSE;
  path = domuimg_image_fetch (&self->trust, &request, progress, cancellable, error);
  if (path == NULL)
    return FALSE;
  self->disk
      = domuimg_source_type_disk.create (&domuimg_source_type_disk, self->spec, path, error);
  return self->disk != NULL;
}

static gboolean
image_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceImage *self = DOMUIMG_SOURCE_IMAGE (source);

  if (self->disk == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has to be downloaded before there can be a plan", self->offer->url);
  return domuimg_source_check (self->disk, error);
}

/* There is a signature, and --allow-unsigned took it without a key. */
static gboolean
is_unverified (DomuimgSourceImage *self)
{
  return self->trust.signer == NULL && domuimg_image_offer_is_signed (self->offer);
}

static char *
image_describe (DomuimgSource *source)
{
  DomuimgSourceImage *self = DOMUIMG_SOURCE_IMAGE (source);
  g_autofree char *signer = self->trust.signer != NULL
                                ? g_strdup_printf ("signed by %s", self->trust.signer)
                                : g_strdup (is_unverified (self) ? "its signature not verified"
                                                                 : "its checksum not signed");

  return g_strdup_printf ("convert %s (%s, %s %s, %s)", self->offer->name, self->offer->url,
                          domuimg_digest_name (self->trust.digest), self->trust.digest->hex,
                          signer);
}

static DomuimgImport *
image_get_import (DomuimgSource *source)
{
  return domuimg_source_get_import (DOMUIMG_SOURCE_IMAGE (source)->disk);
}

static gboolean
image_prepare (DomuimgSource *source, const DomuimgSourceContext *context,
               DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  return domuimg_source_prepare (DOMUIMG_SOURCE_IMAGE (source)->disk, context, progress,
                                 cancellable, error);
}

static void
image_tell (DomuimgSource *source, GPtrArray *warnings)
{
  DomuimgSourceImage *self = DOMUIMG_SOURCE_IMAGE (source);

  if (is_unverified (self))
    g_ptr_array_add (warnings, g_strdup_printf ("%s: its signature was not verified, since its vendor's"
                                                " keys are not known here; name them with --keyring"
                                                " FILE",
                                                self->offer->url));
  else if (self->trust.signer == NULL)
    g_ptr_array_add (warnings, g_strdup_printf ("no signature vouches for %s, which is taken as it is"
                                                " since --allow-unsigned was given",
                                                self->offer->url));
}

static void
domuimg_source_image_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = image_describe;
  iface->get_url = image_get_url;
  iface->fetch = image_fetch;
  iface->check = image_check;
  iface->prepare = image_prepare;
  iface->get_import = image_get_import;
  iface->tell = image_tell;
}
