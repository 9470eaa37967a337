/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a device holds by its signature, and how it is given back. */
#include "config.h"
#include "lib/image/signature.h"

#include <errno.h>

#include "lib/base/block.h"
#include "lib/base/fd.h"
#include "lib/image/blkid.h"

void
domuimg_signature_clear (DomuimgSignature *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->uuid, g_free);
}

gboolean
domuimg_signature_find (int fd, const char *path, DomuimgSignature *found, GError **error)
{
  g_autoptr (DomuimgBlkidProbe) probe = blkid_new_probe ();
  g_autoptr (DomuimgRegion) region = domuimg_region_new_for_fd (fd, path, error);
  gboolean is_known;

  if (region == NULL)
    return FALSE;
  if (probe == NULL || blkid_probe_set_device (probe, fd, 0, 0) != 0)
    return domuimg_set_errno (error, errno, "%s: looking for what is on it", path);
  blkid_probe_enable_superblocks (probe, TRUE);
  blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID
                                                | BLKID_SUBLKS_BADCSUM);
  blkid_probe_enable_partitions (probe, TRUE);
  blkid_probe_set_partitions_flags (probe, BLKID_PARTS_FORCE_GPT);
  if (!domuimg_blkid_run (probe, blkid_do_probe, region, 0, region->length, &is_known, error))
    return FALSE;
  if (!is_known)
    return TRUE;
  found->name = domuimg_blkid_lookup (probe, "TYPE");
  found->uuid = domuimg_blkid_lookup (probe, "UUID");
  if (found->name == NULL)
    found->name = domuimg_blkid_lookup (probe, "PTTYPE");
  if (found->name == NULL)
    found->name = g_strdup ("something");
  return TRUE;
}

/* @fd: nobody else uses the device. */
static char *
withdraw (int fd, const char *path, const char *uuid, GError **error)
{
  g_auto (DomuimgSignature) found = { NULL, NULL };

  if (!domuimg_signature_find (fd, path, &found, error))
    return NULL;
  if (found.name == NULL)
    return g_strdup_printf ("%s stays as it is: nothing is on it", path);
  if (uuid == NULL || g_strcmp0 (found.uuid, uuid) != 0)
    return g_strdup_printf ("%s stays as it is: what is on it (%s) was not made for this guest, or"
                            " cannot be told to be; wipefs -a takes it off",
                            path, found.name);
  if (domuimg_block_clear_first (fd))
    return g_strdup_printf ("took the %s off %s; the device stays, and its blocks are not erased",
                            found.name, path);
  domuimg_set_errno (error, errno, "writing to %s", path);
  return NULL;
}

char *
domuimg_signature_withdraw (const char *path, const char *uuid)
{
  g_autoptr (GError) error = NULL;
  g_auto (DomuimgFd) fd = domuimg_block_open (path, TRUE, &error);
  char *line = fd >= 0 ? withdraw (fd, path, uuid, &error) : NULL;

  return line != NULL ? line : g_strdup_printf ("%s stays as it is: %s", path, error->message);
}
