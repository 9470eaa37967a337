/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a guest runs, by the hypervisor that would know. */
#include "config.h"
#include "lib/life/state.h"

#include "lib/host/guest.h"

void
domuimg_life_state_clear (DomuimgLifeState *self)
{
  g_clear_pointer (&self->why, g_free);
}

/* A guest of the same name with another UUID is another guest. */
static gboolean
is_of (const DomuimgManifest *manifest, const DomuimgHostGuest *guest)
{
  if (manifest->uuid != NULL && guest->uuid != NULL)
    return g_ascii_strcasecmp (guest->uuid, manifest->uuid) == 0;
  return g_strcmp0 (guest->name, manifest->name) == 0;
}

const DomuimgHostGuest *
domuimg_life_find_running (const DomuimgManifest *manifest, const GPtrArray *known)
{
  for (guint i = 0; i < known->len; i++)
    if (is_of (manifest, g_ptr_array_index (known, i)))
      return g_ptr_array_index (known, i);
  return NULL;
}

void
domuimg_life_state_find (DomuimgLifeState *self, const DomuimgManifest *manifest,
                         const GPtrArray *known)
{
  const DomuimgHostGuest *guest = domuimg_life_find_running (manifest, known);

  self->state = guest != NULL ? guest->state : DOMUIMG_GUEST_STATE_OFF;
  self->domid = guest != NULL ? guest->domid : -1;
  self->autostart = guest != NULL && guest->autostart;
}

gboolean
domuimg_life_state_ask (DomuimgLifeState *self, const DomuimgManifest *manifest,
                        DomuimgBackend backend, const char *connect, GCancellable *cancellable,
                        GError **error)
{
  g_autoptr (GPtrArray) known = NULL;

  if (connect == NULL && manifest->defined != NULL)
    {
      backend = DOMUIMG_BACKEND_LIBVIRT;
      connect = manifest->defined;
    }
  self->state = DOMUIMG_GUEST_STATE_UNKNOWN;
  self->domid = -1;
  if (!domuimg_host_list_known (backend, connect, &known, cancellable, error))
    return FALSE;
  if (known != NULL)
    domuimg_life_state_find (self, manifest, known);
  else
    self->why = g_strdup ("Xen does not run on this machine");
  return TRUE;
}

gboolean
domuimg_life_state_check_off (const DomuimgLifeState *self, const char *name, GError **error)
{
  if (self->state == DOMUIMG_GUEST_STATE_OFF
      || (self->state == DOMUIMG_GUEST_STATE_UNKNOWN && self->domid < 0))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_BUSY, "%s is %s: shut the guest down first", name,
                       domuimg_guest_state_to_string (self->state));
}
