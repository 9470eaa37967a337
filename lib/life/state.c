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

/* A guest of the same name counts, whatever its UUID: the name is what would be in its way. */
static gboolean
is_of (const DomuimgManifest *manifest, const DomuimgHostGuest *guest)
{
  return g_strcmp0 (guest->name, manifest->name) == 0
         || (manifest->uuid != NULL && g_strcmp0 (guest->uuid, manifest->uuid) == 0);
}

void
domuimg_life_state_find (DomuimgLifeState *self, const DomuimgManifest *manifest,
                         const GPtrArray *known)
{
  self->state = DOMUIMG_GUEST_STATE_OFF;
  self->domid = -1;
  for (guint i = 0; i < known->len; i++)
    {
      const DomuimgHostGuest *guest = g_ptr_array_index (known, i);

      if (!is_of (manifest, guest))
        continue;
      self->state = guest->state;
      self->domid = guest->domid;
      return;
    }
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
