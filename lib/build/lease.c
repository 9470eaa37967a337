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

/* (element-type utf8) The addresses of all guests of this host, and NULL. */
static GPtrArray *
list_addresses (GError **error)
{
  g_autoptr (DomuimgOwned) owned = domuimg_owned_new (error);
  GPtrArray *addresses;

  if (owned == NULL)
    return NULL;
  addresses = g_ptr_array_new_with_free_func (g_free);
  domuimg_owned_add_addresses (owned, addresses);
  g_ptr_array_add (addresses, NULL);
  return addresses;
}

static gboolean
lease (DomuimgBuildState *self, DomuimgNicSpec *nic, guint i, const GPtrArray *excluded, GError **error)
{
  const DomuimgManifest *old = self->plan->replaced;
  g_autofree char *token = make_token (self, i);
  const DomuimgLeaseWish wish
      = { old != NULL && i < old->nics->len ? g_ptr_array_index (old->nics, i) : NULL, token,
          (const char *const *) excluded->pdata };
  char *given = domuimg_lease_give (&wish, self->undo, nic, error);

  g_ptr_array_add (self->leases, given);
  return given != NULL;
}

/* The plan has been made without; its interfaces get their addresses when the transaction has begun, which
 * takes them back if the guest is not made. */
gboolean
domuimg_build_lease (DomuimgBuildState *self, GError **error)
{
  g_autoptr (GPtrArray) excluded = NULL;

  if (self->is_rehearsal)
    return TRUE;
  self->leases = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < self->plan->nics->len; i++)
    {
      DomuimgNicSpec *nic = g_ptr_array_index (self->plan->nics, i);

      if (nic->pool == NULL)
        {
          g_ptr_array_add (self->leases, NULL);
          continue;
        }
      if (excluded == NULL)
        excluded = list_addresses (error);
      if (excluded == NULL || !lease (self, nic, i, excluded, error))
        return FALSE;
    }
  return self->plan->replaced == NULL
         || domuimg_lease_end_all (self->undo, self->plan->replaced->nics, self->leases, error);
}
