/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/base/unnamed.h"
#include "lib/image/lvm-volumes.h"

#include <unistd.h>

/* A physical volume: its label, and metadata of which every volume is read at both ends. */

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
read_ends (const DomuimgVolume *volume)
{
  char bytes[512];

  domuimg_region_read (volume->inside, 0, bytes, sizeof bytes);
  domuimg_region_read (volume->inside, volume->length - MIN (volume->length, sizeof bytes), bytes, sizeof bytes);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GPtrArray) volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (GError) error = NULL;
  int fd = domuimg_memory_file ("fuzz-lvm", size);

  if (fd < 0 || write (fd, data, size) != (gssize) size)
    return 0;
  region = domuimg_region_new_for_fd (fd, "fuzz", NULL);
  close (fd);
  if (region != NULL && domuimg_lvm_add_volumes (region, volumes, problems, &error))
    for (guint i = 0; i < volumes->len; i++)
      read_ends (g_ptr_array_index (volumes, i));
  return 0;
}
