/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vendors' images that are known by name, for who has to choose one. */
#include "config.h"
#include "domuimg/cloud-image.h"

#include "lib/base/properties.h"
#include "lib/source/image.h"

/**
 * DomuimgCloudImage:
 *
 * An image of a vendor's that `image:NAME` makes a guest of, for one
 * architecture.
 *
 * Since: 0.1
 */
struct _DomuimgCloudImage {
  GObject parent_instance;

  DomuimgImageOffer *offer;
};

G_DEFINE_FINAL_TYPE (DomuimgCloudImage, domuimg_cloud_image, G_TYPE_OBJECT)

static void
domuimg_cloud_image_finalize (GObject *object)
{
  domuimg_image_offer_free (DOMUIMG_CLOUD_IMAGE (object)->offer);
  G_OBJECT_CLASS (domuimg_cloud_image_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "name", G_CALLBACK (domuimg_cloud_image_get_name),
    "its name in --from" },
  { DOMUIMG_PROPERTY_STRING, "title", G_CALLBACK (domuimg_cloud_image_get_title),
    "the system, for a person" },
  { DOMUIMG_PROPERTY_STRING, "architecture", G_CALLBACK (domuimg_cloud_image_get_architecture),
    "as uname has it" },
  { DOMUIMG_PROPERTY_STRING, "url", G_CALLBACK (domuimg_cloud_image_get_url), "its address" },
  { DOMUIMG_PROPERTY_BOOLEAN, "has-checksum", G_CALLBACK (domuimg_cloud_image_get_has_checksum),
    "whether its vendor publishes a checksum" },
  { DOMUIMG_PROPERTY_BOOLEAN, "is-signed", G_CALLBACK (domuimg_cloud_image_get_is_signed),
    "whether that is signed" },
  { DOMUIMG_PROPERTY_BOOLEAN, "has-keys", G_CALLBACK (domuimg_cloud_image_get_has_keys),
    "whether the vendor's keys are known" },
  { DOMUIMG_PROPERTY_BOOLEAN, "is-untried", G_CALLBACK (domuimg_cloud_image_get_is_untried),
    "whether nobody has made a guest of it yet" },
};

static void
domuimg_cloud_image_class_init (DomuimgCloudImageClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_cloud_image_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_cloud_image_init (DomuimgCloudImage *self)
{
}

/**
 * domuimg_cloud_image_list:
 * @error: return location for a #GError
 *
 * Reads the definitions of images and libosinfo's database; no server is asked.
 *
 * Returns: (transfer full) (element-type DomuimgCloudImage): the images that are
 *   known, by name and architecture. %NULL on error:
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT for a definition that is wrong,
 *   %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO where one cannot be read
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_cloud_image_list (GError **error)
{
  g_autoptr (GPtrArray) offers = domuimg_image_offers_list (error);
  GPtrArray *images;

  if (offers == NULL)
    return NULL;
  images = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_set_free_func (offers, NULL);
  for (guint i = 0; i < offers->len; i++)
    {
      DomuimgCloudImage *image = g_object_new (DOMUIMG_TYPE_CLOUD_IMAGE, NULL);

      image->offer = g_ptr_array_index (offers, i);
      g_ptr_array_add (images, image);
    }
  return images;
}

/**
 * domuimg_cloud_image_get_name:
 * @self: an image
 *
 * Returns: (transfer none): what follows `image:`, such as `debian12`
 *
 * Since: 0.1
 */
const char *
domuimg_cloud_image_get_name (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), NULL);
  return self->offer->id;
}

/**
 * domuimg_cloud_image_get_title:
 * @self: an image
 *
 * Returns: (transfer none): the system, for a person
 *
 * Since: 0.1
 */
const char *
domuimg_cloud_image_get_title (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), NULL);
  return self->offer->name;
}

/**
 * domuimg_cloud_image_get_architecture:
 * @self: an image
 *
 * Returns: (transfer none): as uname(1) has it, such as `x86_64`
 *
 * Since: 0.1
 */
const char *
domuimg_cloud_image_get_architecture (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), NULL);
  return self->offer->arch;
}

/**
 * domuimg_cloud_image_get_url:
 * @self: an image
 *
 * Returns: (transfer none): the address that it is fetched from
 *
 * Since: 0.1
 */
const char *
domuimg_cloud_image_get_url (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), NULL);
  return self->offer->url;
}

/**
 * domuimg_cloud_image_get_has_checksum:
 * @self: an image
 *
 * Returns: whether a list with its checksum is known
 *
 * Since: 0.1
 */
gboolean
domuimg_cloud_image_get_has_checksum (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), FALSE);
  return self->offer->checksums != NULL;
}

/**
 * domuimg_cloud_image_get_is_signed:
 * @self: an image
 *
 * Returns: whether that list is signed; if not, `allow-unsigned` is needed
 *
 * Since: 0.1
 */
gboolean
domuimg_cloud_image_get_is_signed (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), FALSE);
  return domuimg_image_offer_is_signed (self->offer);
}

/**
 * domuimg_cloud_image_get_has_keys:
 * @self: an image
 *
 * Returns: whether the keys of its vendor are known; if not, `keyring` is needed
 *
 * Since: 0.1
 */
gboolean
domuimg_cloud_image_get_has_keys (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), FALSE);
  return self->offer->key_urls[0] != NULL && self->offer->fingerprints[0] != NULL;
}

/**
 * domuimg_cloud_image_get_is_untried:
 * @self: an image
 *
 * Returns: whether nobody is known to have made a guest of it yet
 *
 * Since: 0.1
 */
gboolean
domuimg_cloud_image_get_is_untried (DomuimgCloudImage *self)
{
  g_return_val_if_fail (DOMUIMG_IS_CLOUD_IMAGE (self), FALSE);
  return self->offer->untried;
}
