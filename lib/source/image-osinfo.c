/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The images that libosinfo's database knows. It has addresses, and no checksums. */
#include "config.h"
#include "lib/source/image.h"

#include "lib/osinfo/db.h"

#ifdef HAVE_OSINFO
/* Our definitions go before; of several, the first that fits is the most common one. */
static gboolean
is_known (GPtrArray *offers, const char *id, const char *arch)
{
  for (guint i = 0; i < offers->len; i++)
    {
      const DomuimgImageOffer *offer = g_ptr_array_index (offers, i);

      if (g_str_equal (offer->id, id) && (!offer->from_osinfo || g_str_equal (offer->arch, arch)))
        return TRUE;
    }
  return FALSE;
}

/* What cloud-init sets up, in a file that can be converted. */
static gboolean
is_wanted (OsinfoImage *image)
{
  const char *format = osinfo_image_get_format (image);
  const char *url = osinfo_image_get_url (image);

  return url != NULL && g_regex_match_simple ("^(https?|ftp)://", url, 0, 0)
         && osinfo_image_get_architecture (image) != NULL && osinfo_image_get_cloud_init (image)
         && (g_strcmp0 (format, "qcow2") == 0 || g_strcmp0 (format, "raw") == 0);
}

static void
add_image (GPtrArray *offers, OsinfoOs *os, OsinfoImage *image)
{
  OsinfoProduct *product = OSINFO_PRODUCT (os);
  const char *id = osinfo_product_get_short_id (product);
  const char *arch = osinfo_image_get_architecture (image);
  DomuimgImageOffer *offer;

  if (!is_wanted (image) || is_known (offers, id, arch))
    return;
  offer = g_new0 (DomuimgImageOffer, 1);
  offer->id = g_strdup (id);
  offer->name = g_strdup (osinfo_product_get_name (product));
  offer->arch = g_strdup (arch);
  offer->url = g_strdup (osinfo_image_get_url (image));
  offer->key_urls = g_new0 (char *, 1);
  offer->fingerprints = g_new0 (char *, 1);
  offer->untried = TRUE;
  offer->from_osinfo = TRUE;
  g_ptr_array_add (offers, offer);
}

static void
add_system (GPtrArray *offers, OsinfoOs *os)
{
  g_autoptr (OsinfoImageList) images = osinfo_os_get_image_list (os);

  for (int i = 0; i < osinfo_list_get_length (OSINFO_LIST (images)); i++)
    add_image (offers, os, OSINFO_IMAGE (osinfo_list_get_nth (OSINFO_LIST (images), i)));
}

gboolean
domuimg_image_osinfo_add (GPtrArray *offers, const char *id, GError **error)
{
  g_autoptr (GError) local = NULL;
  OsinfoDb *db = domuimg_osinfo_db_get (&local);
  g_autoptr (OsinfoOsList) systems = NULL;

  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_MISSING_TOOL))
    return TRUE;
  if (db == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  systems = osinfo_db_get_os_list (db);
  for (int i = 0; i < osinfo_list_get_length (OSINFO_LIST (systems)); i++)
    {
      OsinfoOs *os = OSINFO_OS (osinfo_list_get_nth (OSINFO_LIST (systems), i));
      const char *short_id = osinfo_product_get_short_id (OSINFO_PRODUCT (os));

      if (short_id != NULL && (id == NULL || g_str_equal (short_id, id)))
        add_system (offers, os);
    }
  return TRUE;
}
#else
gboolean
domuimg_image_osinfo_add (GPtrArray *offers, const char *id, GError **error)
{
  return TRUE;
}
#endif
