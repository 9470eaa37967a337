/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans the seed: the small disk that cloud-init or Ignition reads at the first boot. */
#include "config.h"
#include "lib/build/plan-seed.h"

#include <unistd.h>

#include "lib/build/plan-parts.h"

static const DomuimgSeedSpec *
find_spec (DomuimgPlan *self, GError **error)
{
  static const DomuimgSeedSpec usual;
  const DomuimgSeedSpec *cloud_init = domuimg_spec_get_object (self->spec, "cloud-init");
  const DomuimgSeedSpec *ignition = domuimg_spec_get_object (self->spec, "ignition");

  self->seed_is_asked = cloud_init != NULL || ignition != NULL;
  if (ignition != NULL && cloud_init != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "cloud-init and ignition exclude each other: give one of them");
      return NULL;
    }
  if (!self->seed_is_asked && (self->source_type->traits & DOMUIMG_SOURCE_EXPECTS_SEED) != 0)
    return &usual;
  return ignition != NULL ? ignition : cloud_init;
}

/* A setting that belongs into a file of the seed that is the user's own would be lost. */
static gboolean
check_own_files (DomuimgPlan *self, GError **error)
{
  static const struct {
    const char *key;
    gboolean in_meta, in_vendor;
  } settings[] = {
    { "root-password", FALSE, TRUE },
    { "root-password-file", FALSE, TRUE },
    { "ssh-key", TRUE, TRUE }, /* the key itself, and that root may log in */
    { "hostname", TRUE, FALSE },
  };
  const DomuimgSeedSpec *spec = self->seed;
  gboolean is_config_lost = spec->user_data != NULL && spec->vendor_data != NULL;

  for (guint i = 0; !spec->is_ignition && i < G_N_ELEMENTS (settings); i++)
    {
      gboolean is_meta = settings[i].in_meta && spec->meta_data != NULL;

      if (domuimg_spec_get (self->spec, settings[i].key) != NULL
          && (is_meta || (settings[i].in_vendor && is_config_lost)))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "%s would go into the seed's %s data, and %s-data=%s is your own: put it"
                             " there, or leave out one of them",
                             settings[i].key, is_meta ? "meta" : "vendor",
                             is_meta ? "meta" : "vendor",
                             is_meta ? spec->meta_data : spec->vendor_data);
    }
  return TRUE;
}

gboolean
domuimg_plan_make_seed (DomuimgPlan *self, GError **error)
{
  GError *problem = NULL;
  const DomuimgSeedSpec *spec = find_spec (self, &problem);
  g_autofree char *dir = g_path_get_dirname (self->manifest_path);

  if (problem != NULL)
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  if (spec == NULL || spec->is_none)
    return TRUE;
  if (self->archive_path != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "an XVA has no place for a seed beside its disks: use --cloud-init none, or"
                         " another format");
  self->seed = spec;
  self->seed_vdev = domuimg_plan_take_last_vdev (self);
  self->seed_path = g_strdup_printf ("%s/%s-seed.iso", dir, self->name);
  return check_own_files (self, error);
}

gboolean
domuimg_plan_check_seed (DomuimgPlan *self, GError **error)
{
  const char *files[4];

  if (self->seed == NULL)
    return TRUE;
  files[0] = self->seed->user_data;
  files[1] = self->seed->meta_data;
  files[2] = self->seed->network_config;
  files[3] = self->seed->vendor_data;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (files[i] != NULL && access (files[i], R_OK) != 0)
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: %s cannot be read",
                           self->seed->is_ignition ? "ignition" : "cloud-init", files[i]);
  return TRUE;
}

char *
domuimg_plan_describe_seed (DomuimgPlan *self)
{
  const char *of = self->seed->is_ignition                               ? "Ignition's config drive"
                   : self->seed->format == DOMUIMG_SEED_CONFIG_DRIVE ? "cloud-init's config drive"
                                                                         : "cloud-init's seed";

  return g_strdup_printf ("write %s, %s, and attach it as %s%s", self->seed_path, of, self->seed_vdev,
                          self->seed_is_asked ? "" : ", if the guest has cloud-init");
}
