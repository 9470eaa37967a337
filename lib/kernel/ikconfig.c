/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the configuration that a kernel holds. */
#include "config.h"
#include "lib/kernel/ikconfig.h"

#include "lib/base/decompress.h"

#define CONFIG_MAX (8 << 20)

static const char begin[] = "IKCFG_ST";

char *
domuimg_ikconfig_find (DomuimgBytes kernel)
{
  const gsize length = sizeof begin - 1;
  const guint8 *found = memmem (kernel.data, kernel.size, begin, length);
  g_autoptr (GBytes) plain = NULL;
  DomuimgBytes packed;

  if (found == NULL)
    return NULL;
  packed = domuimg_bytes (found + length, kernel.size - (found - kernel.data) - length);
  if (domuimg_compression_detect (packed) != DOMUIMG_COMPRESSION_GZIP)
    return NULL;
  packed.size = MIN (packed.size, CONFIG_MAX);
  /* The mark at its end tells where to stop. */
  found = memmem (packed.data, packed.size, "IKCFG_ED", length);
  if (found == NULL)
    return NULL;
  packed.size = found - packed.data;
  plain = domuimg_decompress (DOMUIMG_COMPRESSION_GZIP, packed, "its configuration", 0, CONFIG_MAX,
                              NULL);
  return plain != NULL ? g_strndup (g_bytes_get_data (plain, NULL), g_bytes_get_size (plain)) : NULL;
}

char **
domuimg_config_pick_xen (const char *config)
{
  g_autoptr (GStrvBuilder) picked = g_strv_builder_new ();
  g_auto (GStrv) lines = g_strsplit (config, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "CONFIG_XEN") || g_str_has_prefix (lines[i], "CONFIG_PVH"))
      {
        g_autofree char *valid = g_utf8_make_valid (lines[i], -1);

        g_strv_builder_add (picked, valid);
      }
  return g_strv_builder_end (picked);
}
