/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vendors' images that are known by name. */
#include "config.h"
#include "lib/source/image.h"

#include <string.h>

#include "lib/spec/definitions.h"

#define GROUP "image"

static const DomuimgDefinitions definitions = { "images", "DOMUIMG_IMAGES_DIR", "image" };

void
domuimg_image_offer_free (DomuimgImageOffer *self)
{
  g_free (self->id);
  g_free (self->name);
  g_free (self->arch);
  g_free (self->url);
  g_free (self->checksums);
  g_free (self->signature);
  g_free (self->keys_hint);
  g_strfreev (self->key_urls);
  g_strfreev (self->fingerprints);
  g_free (self);
}

gboolean
domuimg_image_offer_is_signed (const DomuimgImageOffer *self)
{
  return self->signature != NULL || self->is_clearsigned;
}

/* A list's address without a scheme is of a file beside the image. */
static char *
read_address (GKeyFile *file, const char *arch, const char *key, const char *url)
{
  g_autofree char *text = g_key_file_get_string (file, arch, key, NULL);
  const char *slash = strrchr (url, '/');

  if (text == NULL || strstr (text, "://") != NULL || slash == NULL)
    return g_steal_pointer (&text);
  return g_strdup_printf ("%.*s/%s", (int) (slash - url), url, text);
}

static DomuimgImageOffer *
read_offer (GKeyFile *file, const char *id, const char *arch, GError **error)
{
  g_autoptr (DomuimgImageOffer) self = g_new0 (DomuimgImageOffer, 1);

  self->id = g_strdup (id);
  self->arch = g_strdup (arch);
  self->name = g_key_file_get_string (file, GROUP, "name", NULL);
  if (self->name == NULL)
    self->name = g_strdup (id);
  self->key_urls = domuimg_definitions_get_list (file, "key", "urls");
  self->fingerprints = domuimg_definitions_get_list (file, "key", "fingerprints");
  self->keys_hint = g_key_file_get_string (file, "key", "hint", NULL);
  self->untried = g_key_file_get_boolean (file, GROUP, "untried", NULL);
  self->is_clearsigned = g_key_file_get_boolean (file, GROUP, "clearsigned", NULL);
  self->url = g_key_file_get_string (file, arch, "url", error);
  if (self->url == NULL)
    return NULL;
  self->checksums = read_address (file, arch, "checksums", self->url);
  self->signature = read_address (file, arch, "signature", self->url);
  if (self->checksums == NULL && domuimg_image_offer_is_signed (self))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "[%s] has a signature and no checksums that it could be of", arch);
      return NULL;
    }
  return g_steal_pointer (&self);
}

static gboolean
is_arch (const char *group)
{
  return !g_str_equal (group, GROUP) && !g_str_equal (group, "key");
}

/* A group for each architecture. */
static gboolean
add_offers (GPtrArray *offers, const char *id, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GKeyFile) file = domuimg_definitions_load (&definitions, id, &path, error);
  g_auto (GStrv) groups = file != NULL ? g_key_file_get_groups (file, NULL) : NULL;

  for (guint i = 0; groups != NULL && groups[i] != NULL; i++)
    {
      g_autoptr (GError) local = NULL;
      DomuimgImageOffer *offer
          = is_arch (groups[i]) ? read_offer (file, id, groups[i], &local) : NULL;

      if (local != NULL)
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: %s", path, local->message);
      if (offer != NULL)
        g_ptr_array_add (offers, offer);
    }
  return file != NULL;
}

static DomuimgImageOffer *
choose (GPtrArray *offers, const char *id, const char *arch, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < offers->len; i++)
    {
      const DomuimgImageOffer *offer = g_ptr_array_index (offers, i);

      if (g_str_equal (offer->arch, arch))
        return g_ptr_array_steal_index (offers, i);
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", offer->arch);
    }
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the image %s is not known for %s; it is for %s", id,
                arch, known->len > 0 ? known->str : "no architecture at all");
  return NULL;
}

static GPtrArray *
offers_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_image_offer_free);
}

DomuimgImageOffer *
domuimg_image_offer_find (const char *id, const char *arch, GError **error)
{
  g_autoptr (GPtrArray) offers = offers_new ();

  /* The database takes a second to read, which our own definitions need not wait for. */
  if (!domuimg_definitions_has (&definitions, id)
      && !domuimg_image_osinfo_add (offers, id, error))
    return NULL;
  if (offers->len == 0 && !add_offers (offers, id, error))
    return NULL;
  return choose (offers, id, arch, error);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const DomuimgImageOffer *left = *(DomuimgImageOffer *const *) a;
  const DomuimgImageOffer *right = *(DomuimgImageOffer *const *) b;
  int order = strcmp (left->id, right->id);

  return order != 0 ? order : strcmp (left->arch, right->arch);
}

GPtrArray *
domuimg_image_offers_list (GError **error)
{
  g_autoptr (GPtrArray) offers = offers_new ();
  g_auto (GStrv) ids = domuimg_definitions_list (&definitions, error);

  if (ids == NULL)
    return NULL;
  for (guint i = 0; ids[i] != NULL; i++)
    if (!add_offers (offers, ids[i], error))
      return NULL;
  if (!domuimg_image_osinfo_add (offers, NULL, error))
    return NULL;
  g_ptr_array_sort (offers, compare);
  return g_steal_pointer (&offers);
}
