/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the seed from what the guest was to be customised with. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/guest/seed.h"

/* Ignition reads a config drive where its kernel calls the platform so. */
#define IGNITION_PLATFORM "ignition.platform.id=openstack"

static gboolean
write_seed (DomuimgBuildState *self, const DomuimgCustomise *guest, const GPtrArray *nics,
            GError **error)
{
  const DomuimgPlan *plan = self->plan;
  g_autoptr (GPtrArray) files = domuimg_seed_make (plan->seed, guest, nics, plan->uuid, error);
  g_auto (DomuimgFd) fd = -1;
  char *warning;

  if (files == NULL)
    return FALSE;
  fd = domuimg_private_file_make (self->seed, error);
  if (fd < 0
      || !domuimg_iso_write (fd, plan->seed_path, domuimg_seed_get_label (plan->seed), files, error))
    return FALSE;
  self->has_seed = TRUE;
  warning = domuimg_seed_explain_user_data (plan->seed, files);
  if (warning != NULL)
    g_ptr_array_add (self->warnings, warning);
  return TRUE;
}

static void
tell (DomuimgBuildState *self, gboolean is_read)
{
  if (!self->plan->seed->is_ignition && self->tree != NULL && !is_read)
    g_ptr_array_add (self->warnings,
                     g_strdup ("nothing reads the seed: the guest has no cloud-init, or it is disabled,"
                               " or the datasource_list in /etc/cloud does not have the seed's form"));
  if (self->plan->seed->is_ignition)
    g_ptr_array_add (self->warnings,
                     g_strdup ("Ignition reads a config drive where the kernel's command line has"
                               " " IGNITION_PLATFORM ", as in the vendor's image for OpenStack;"
                               " with another one use --extra " IGNITION_PLATFORM));
}

gboolean
domuimg_build_make_seed (DomuimgBuildState *self, DomuimgCustomise *guest, const GPtrArray *nics,
                         GError **error)
{
  gboolean is_read = self->tree != NULL
                     && domuimg_guest_reads_seed (self->tree, self->plan->seed->format);

  if (!self->plan->seed_is_asked && !is_read)
    return TRUE;
  if (!write_seed (self, guest, nics, error))
    return FALSE;
  tell (self, is_read);
  if (is_read && !self->plan->seed->is_ignition)
    domuimg_seed_take (self->plan->seed, guest);
  return TRUE;
}
