/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/base/unnamed.h"
#include "lib/image/gpt.h"
#include "lib/image/table-uuids.h"

#include <unistd.h>

/* A disk with a partition table, which is read, and then given other UUIDs. */

#define OWN "11111111-2222-4333-8444-555555555555"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* All partitions get the same one; that of a DOS table is as good as any. */
static GHashTable *
rename_all (const GPtrArray *volumes)
{
  GHashTable *renamed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      g_hash_table_insert (renamed, g_strdup (volume->partuuid),
                           domuimg_table_fit_uuid (volume->partuuid, OWN, OWN));
    }
  if (volumes->len == 0)
    g_hash_table_insert (renamed, g_strdup ("1234abcd-01"), domuimg_table_fit_uuid ("1234abcd-01", OWN, OWN));
  return renamed;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GPtrArray) volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  g_autoptr (GHashTable) renamed = NULL;
  g_autoptr (DomuimgRegion) region = NULL;
  DomuimgBytes head = { data, MIN (size, DOMUIMG_GPT_HEAD) };
  int fd = domuimg_memory_file ("fuzz-partitions", size);

  if (fd < 0 || write (fd, data, size) != (gssize) size)
    return 0;
  region = domuimg_region_new_for_fd (fd, "fuzz", NULL);
  close (fd);
  domuimg_gpt_parse (head, volumes);
  renamed = rename_all (volumes);
  if (region != NULL)
    domuimg_table_set_uuids (region, OWN, renamed, NULL);
  return 0;
}
