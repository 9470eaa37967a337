/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives addresses of pools to interfaces, and takes them back. */
#include "config.h"
#include "lib/guest/address-lease.h"

#include "lib/base/addresses.h"

/* (nullable) What the guest that is replaced has of this pool. */
static const DomuimgManifestNic *
find_old (const DomuimgLeaseWish *wish, const char *file)
{
  const DomuimgManifestNic *nic = wish->old;

  return nic != NULL && nic->lease != NULL && g_strcmp0 (nic->pool, file) == 0
                 && domuimg_addresses_has (file, nic->lease)
             ? nic
             : NULL;
}

/* The gateway and name servers have addresses of the network, too. */
static char **
list_excluded (const DomuimgLeaseWish *wish, const DomuimgNicSpec *nic)
{
  g_autoptr (GStrvBuilder) list = g_strv_builder_new ();

  if (wish->excluded != NULL)
    g_strv_builder_addv (list, (const char **) wish->excluded);
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

char *
domuimg_lease_give (const DomuimgLeaseWish *wish, DomuimgUndo *undo, DomuimgNicSpec *nic,
                    GError **error)
{
  g_autofree char *file = domuimg_addresses_locate (nic->pool, error);
  const DomuimgManifestNic *old = file != NULL ? find_old (wish, file) : NULL;
  g_auto (DomuimgAddress) address = { NULL };
  g_auto (GStrv) excluded = list_excluded (wish, nic);

  if (file == NULL)
    return NULL;
  if (old != NULL)
    {
      if (!domuimg_addresses_look (nic->pool, &address, error))
        return NULL;
      address.address = g_strdup (old->address);
    }
  else if (!domuimg_undo_add_lease (undo, file, wish->token, error)
           || !domuimg_addresses_give (nic->pool, wish->token, nic->gateway,
                                       (const char *const *) excluded, &address, error))
    return NULL;
  fill (nic, &address);
  return g_strdup (old != NULL ? old->lease : wish->token);
}

static gboolean
is_kept (const GPtrArray *kept, const char *token)
{
  for (guint i = 0; kept != NULL && i < kept->len; i++)
    if (g_strcmp0 (g_ptr_array_index (kept, i), token) == 0)
      return TRUE;
  return FALSE;
}

gboolean
domuimg_lease_end_all (DomuimgUndo *undo, const GPtrArray *nics, const GPtrArray *kept,
                       GError **error)
{
  for (guint i = 0; i < nics->len; i++)
    {
      const DomuimgManifestNic *nic = g_ptr_array_index (nics, i);

      if (nic->lease != NULL && nic->pool != NULL && !is_kept (kept, nic->lease)
          && !domuimg_undo_add_lease_end (undo, nic->pool, nic->lease, error))
        return FALSE;
    }
  return TRUE;
}
