/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/source/checksums.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The first line is the name that is looked for; an empty one is any. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *text = (const char *) data;
  const char *newline = memchr (text, '\n', size);
  gsize length = newline != NULL ? (gsize) (newline - text) : size;
  g_autofree char *name = g_strndup (text, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgDigest) digest = NULL;

  if (newline == NULL)
    return 0;
  digest = domuimg_checksums_find (newline + 1, size - length - 1, *name != '\0' ? name : NULL, &error);
  g_assert_true ((digest == NULL) == (error != NULL));
  if (digest == NULL)
    return 0;
  g_assert_cmpuint (strlen (digest->hex), ==, g_checksum_type_get_length (digest->type) * 2);
  g_assert_cmpuint (strspn (digest->hex, "0123456789abcdef"), ==, strlen (digest->hex));
  g_assert_cmpuint (strlen (domuimg_digest_name (digest)), ==, strlen ("sha256"));
  return 0;
}
