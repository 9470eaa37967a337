/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/kernel/initramfs.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgInitramfs) initramfs
      = domuimg_initramfs_new_for_bytes (bytes, "initrd", &error);

  g_assert_true ((initramfs == NULL) == (error != NULL));
  if (initramfs == NULL)
    return 0;

  g_auto (GStrv) files = domuimg_initramfs_list_files (initramfs);
  g_auto (GStrv) versions = domuimg_initramfs_list_versions (initramfs);

  g_assert_cmpuint (g_strv_length (files), >, 0);
  for (guint i = 0; files[i] != NULL; i++)
    g_assert_true (domuimg_initramfs_has_file (initramfs, files[i]));
  for (guint i = 0; versions[i] != NULL; i++)
    g_assert_null (strchr (versions[i], '/'));
  return 0;
}
