/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/xen/grub-version.h"

#include <string.h>

/* The line that GRUB puts over its menu; what it fills in follows in the image. */
static const char mark[] = "GNU GRUB  version %s";

#define LONGEST 64

char *
domuimg_grub_read_version (const char *path)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  const char *data, *found, *version;
  gsize left, length;

  if (file == NULL || g_mapped_file_get_contents (file) == NULL)
    return NULL;
  data = g_mapped_file_get_contents (file);
  left = g_mapped_file_get_length (file);
  found = memmem (data, left, mark, sizeof mark);
  if (found == NULL)
    return NULL;
  version = found + sizeof mark;
  left -= version - data;
  length = strnlen (version, MIN (left, LONGEST));
  if (length == 0 || length == LONGEST || !g_ascii_isdigit (*version))
    return NULL;
  return g_strndup (version, length);
}
