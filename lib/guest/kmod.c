/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which compressed modules the modprobe of a guest can read. */
#include "config.h"
#include "lib/guest/kmod.h"

#include <string.h>

/* kmod is built with or without each library, and its versions do not tell which: the name of
 * the library is in the program, whether it is linked or, from kmod 33 on, loaded when needed. */

#define PROGRAM_MAX (16 * 1024 * 1024)

static const char *const programs[] = {
  "/usr/bin/kmod",
  "/bin/kmod",
  "/usr/lib/x86_64-linux-gnu/libkmod.so.2",
  "/lib/x86_64-linux-gnu/libkmod.so.2",
  "/usr/lib/i386-linux-gnu/libkmod.so.2",
  "/lib/i386-linux-gnu/libkmod.so.2",
  "/usr/lib64/libkmod.so.2",
  "/lib64/libkmod.so.2",
  "/usr/lib/libkmod.so.2",
  "/lib/libkmod.so.2",
};

static const struct {
  const char *suffix;
  const char *library;
} libraries[] = {
  { ".gz", "libz.so" },
  { ".xz", "liblzma.so" },
  { ".zst", "libzstd.so" },
};

static gboolean
names (DomuimgTree *tree, const char *program, const char *library)
{
  g_autoptr (GBytes) bytes = domuimg_tree_read (tree, program, PROGRAM_MAX, NULL);
  gsize size;
  const char *data;

  if (bytes == NULL)
    return FALSE;
  data = g_bytes_get_data (bytes, &size);
  return memmem (data, size, library, strlen (library)) != NULL;
}

gboolean
domuimg_guest_reads_modules (DomuimgTree *tree, const char *suffix)
{
  for (guint i = 0; i < G_N_ELEMENTS (libraries); i++)
    for (guint j = 0; j < G_N_ELEMENTS (programs) && g_str_equal (libraries[i].suffix, suffix); j++)
      if (names (tree, programs[j], libraries[i].library))
        return TRUE;
  return FALSE;
}
