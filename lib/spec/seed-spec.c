/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The syntax of --cloud-init and --ignition. */
#include "config.h"
#include "lib/spec/seed-spec.h"

#include "lib/spec/parse.h"

static gboolean
take_format (DomuimgSeedSpec *self, const char *value, GError **error)
{
  if (g_str_equal (value, "nocloud"))
    self->format = DOMUIMG_SEED_NOCLOUD;
  else if (g_str_equal (value, "config-drive"))
    self->format = DOMUIMG_SEED_CONFIG_DRIVE;
  else
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "format=%s does not exist: use nocloud or config-drive", value);
  return TRUE;
}

static gboolean
take (gpointer into, const char *key, const char *value, GError **error)
{
  DomuimgSeedSpec *self = into;
  const struct {
    const char *key;
    char **field;
  } files[] = { { "user-data", &self->user_data },
                { "meta-data", &self->meta_data },
                { "network-config", &self->network_config },
                { "vendor-data", &self->vendor_data } };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (g_str_equal (files[i].key, key))
      {
        g_free (*files[i].field);
        *files[i].field = g_strdup (value);
        return TRUE;
      }
  if (g_str_equal (key, "format"))
    return take_format (self, value, error);
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "a seed has no “%s=”: use user-data=, meta-data=, network-config=,"
                       " vendor-data= and format=nocloud or config-drive",
                       key);
}

DomuimgSeedSpec *
domuimg_seed_spec_parse (const char *text, GError **error)
{
  g_autoptr (DomuimgSeedSpec) self = g_new0 (DomuimgSeedSpec, 1);

  self->is_none = g_str_equal (text, "none");
  if (!self->is_none && !g_str_equal (text, "auto")
      && !domuimg_parse_pairs (text, "user-data", take, self, error))
    return NULL;
  return g_steal_pointer (&self);
}

DomuimgSeedSpec *
domuimg_seed_spec_parse_ignition (const char *path, GError **error)
{
  DomuimgSeedSpec *self = g_new0 (DomuimgSeedSpec, 1);

  self->is_ignition = TRUE;
  self->format = DOMUIMG_SEED_CONFIG_DRIVE;
  self->user_data = g_strdup (path);
  return self;
}

void
domuimg_seed_spec_free (DomuimgSeedSpec *self)
{
  g_free (self->user_data);
  g_free (self->meta_data);
  g_free (self->network_config);
  g_free (self->vendor_data);
  g_free (self);
}
