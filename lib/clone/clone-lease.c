/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of pools for a clone. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include "lib/base/address-range.h"
#include "lib/guest/address-lease.h"

static gboolean
lease (DomuimgCloneJob *self, guint i, DomuimgUndo *undo, GError **error)
{
  DomuimgCloneNic *nic = g_ptr_array_index (self->nics, i);
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *token = g_strndup (uuid, DOMUIMG_ADDRESS_TOKEN_LENGTH);
  DomuimgLeaseWish wish = { domuimg_clone_job_get_replaced_nic (self, i), token,
                            (const char *const *) self->addresses->pdata };

  if (nic->spec == NULL || nic->spec->pool == NULL)
    return TRUE;
  nic->lease = domuimg_lease_give (&wish, undo, nic->spec, error);
  return nic->lease != NULL;
}

gboolean
domuimg_clone_job_lease (DomuimgCloneJob *self, DomuimgUndo *undo, GError **error)
{
  g_autoptr (GPtrArray) given = g_ptr_array_new ();

  for (guint i = 0; i < self->nics->len; i++)
    {
      if (!lease (self, i, undo, error))
        return FALSE;
      g_ptr_array_add (given, ((const DomuimgCloneNic *) g_ptr_array_index (self->nics, i))->lease);
    }
  return self->replaced == NULL
         || domuimg_lease_end_all (undo, self->replaced->nics, given, error);
}
