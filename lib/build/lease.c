/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of pools for the interfaces of a guest. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/base/address-range.h"
#include "lib/base/addresses.h"
#include "lib/guest/known.h"

const char *
domuimg_build_get_lease (const DomuimgBuildState *self, guint nic)
{
  return self->leases != NULL && nic < self->leases->len ? g_ptr_array_index (self->leases, nic) : NULL;
}

/* (nullable) What the guest that is replaced has of this pool, by its number. */
static const DomuimgManifestNic *
find_old (const DomuimgBuildState *self, guint i, const char *file)
{
  const DomuimgManifest *old = self->plan->replaced;
  const DomuimgManifestNic *nic
      = old != NULL && i < old->nics->len ? g_ptr_array_index (old->nics, i) : NULL;

  return nic != NULL && nic->lease != NULL && g_strcmp0 (nic->pool, file) == 0
                 && domuimg_addresses_has (file, nic->lease)
             ? nic
             : NULL;
}

/* What other guests of this host were given by hand, the gateway and name servers. */
static char **
list_excluded (const DomuimgNicSpec *nic, GError **error)
{
  g_autoptr (GPtrArray) known = domuimg_known_list (NULL, NULL, error);
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();

  if (known == NULL)
    return NULL;
  for (guint i = 0; i < known->len; i++)
    {
      const DomuimgKnown *one = g_ptr_array_index (known, i);
      GPtrArray *nics = one->manifest != NULL ? one->manifest->nics : NULL;

      for (guint j = 0; nics != NULL && j < nics->len; j++)
        if (((const DomuimgManifestNic *) nics->pdata[j])->address != NULL)
          g_strv_builder_add (list, ((const DomuimgManifestNic *) nics->pdata[j])->address);
    }
  if (nic->gateway != NULL)
    g_strv_builder_add (list, nic->gateway);
  g_strv_builder_addv (list, (const char **) nic->dns);
  return g_strv_builder_end (list);
}

static void
fill (DomuimgNicSpec *nic, DomuimgAddress *address)
{
  nic->address = g_steal_pointer (&address->address);
  nic->prefix = address->prefix;
  nic->is_v6 = address->is_v6;
  if (nic->gateway == NULL)
    nic->gateway = g_steal_pointer (&address->gateway);
  if (nic->dns[0] == NULL)
    {
      g_strfreev (nic->dns);
      nic->dns = g_steal_pointer (&address->dns);
    }
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
  g_autofree char *file = domuimg_addresses_locate (nic->pool, error);
  const DomuimgManifestNic *old = file != NULL ? find_old (self, i, file) : NULL;
  g_auto (DomuimgAddress) address = { NULL };
  g_auto (GStrv) excluded = NULL;
  char *token;

  if (file == NULL)
    return FALSE;
  if (old != NULL)
    {
      if (!domuimg_addresses_look (nic->pool, &address, error))
        return FALSE;
      address.address = g_strdup (old->address);
      g_ptr_array_add (self->leases, g_strdup (old->lease));
      fill (nic, &address);
      return TRUE;
    }
  excluded = list_excluded (nic, error);
  token = make_token (self, i);
  g_ptr_array_add (self->leases, token);
  if (excluded == NULL || !domuimg_undo_add_lease (self->undo, file, token, error)
      || !domuimg_addresses_give (nic->pool, token, nic->gateway, (const char *const *) excluded,
                                  &address, error))
    return FALSE;
  fill (nic, &address);
  return TRUE;
}

static gboolean
is_used (const DomuimgBuildState *self, const char *token)
{
  for (guint i = 0; i < self->leases->len; i++)
    if (g_strcmp0 (g_ptr_array_index (self->leases, i), token) == 0)
      return TRUE;
  return FALSE;
}

/* Those of the guest that is replaced which the new one does not have. */
static gboolean
end_old (DomuimgBuildState *self, GError **error)
{
  GPtrArray *nics = self->plan->replaced != NULL ? self->plan->replaced->nics : NULL;

  for (guint i = 0; nics != NULL && i < nics->len; i++)
    {
      const DomuimgManifestNic *nic = g_ptr_array_index (nics, i);

      if (nic->lease != NULL && nic->pool != NULL && !is_used (self, nic->lease)
          && !domuimg_undo_add_lease_end (self->undo, nic->pool, nic->lease, error))
        return FALSE;
    }
  return TRUE;
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
  return end_old (self, error);
}
