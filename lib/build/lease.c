/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of pools for the interfaces of a guest that is built. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/base/address-range.h"
#include "lib/guest/address-lease.h"
#include "lib/repair/owned.h"

const char *
domuimg_build_get_lease (const DomuimgBuildState *self, guint nic)
{
  return self->leases != NULL && nic < self->leases->len ? g_ptr_array_index (self->leases, nic) : NULL;
}

/* Another one for each guest, and the same again where builds are to be reproducible. */
static char *
make_token (const DomuimgBuildState *self, guint i)
{
  g_autofree char *what = g_strdup_printf ("lease/%u/%s", i, self->plan->manifest_path);
  g_autofree char *uuid = domuimg_plan_make_uuid (self->plan, what);

  return g_strndup (uuid, DOMUIMG_ADDRESS_TOKEN_LENGTH);
}

static gboolean
lease (DomuimgBuildState *self, DomuimgNicSpec *nic, guint i, GError **error)
{
  const DomuimgManifest *old = self->plan->replaced;
  g_autoptr (DomuimgOwned) owned = domuimg_owned_new (error);
  g_autoptr (GPtrArray) excluded = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *token = make_token (self, i);
  DomuimgLeaseWish wish = { old != NULL && i < old->nics->len ? g_ptr_array_index (old->nics, i) : NULL,
                            token, NULL };
  char *given;

  if (owned == NULL)
    return FALSE;
  domuimg_owned_add_addresses (owned, excluded);
  g_ptr_array_add (excluded, NULL);
  wish.excluded = (const char *const *) excluded->pdata;
  given = domuimg_lease_give (&wish, self->undo, nic, error);
  g_ptr_array_add (self->leases, given);
  return given != NULL;
}

/* The plan has been made without; its interfaces get their addresses when the transaction has begun, which
 * takes them back if the guest is not made. */
gboolean
domuimg_build_lease (DomuimgBuildState *self, GError **error)
{
  if (self->is_rehearsal)
    return TRUE;
  self->leases = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < self->plan->nics->len; i++)
    {
      DomuimgNicSpec *nic = g_ptr_array_index (self->plan->nics, i);

      if (nic->pool == NULL)
        g_ptr_array_add (self->leases, NULL);
      else if (!lease (self, nic, i, error))
        return FALSE;
    }
  return self->plan->replaced == NULL
         || domuimg_lease_end_all (self->undo, self->plan->replaced->nics, self->leases, error);
}
