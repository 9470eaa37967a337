/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/archive/ova-manifest.h"

#include <string.h>

/* DSP0243, 5.1: "SHA256(package.ovf)= 237de026fb285b85528901da058475e56034da95". */

#define LINES_MAX 4096

static const struct {
  const char *name;
  GChecksumType type;
} algorithms[] = {
  { "SHA1", G_CHECKSUM_SHA1 },     { "SHA-1", G_CHECKSUM_SHA1 },
  { "SHA256", G_CHECKSUM_SHA256 }, { "SHA-256", G_CHECKSUM_SHA256 },
  { "SHA384", G_CHECKSUM_SHA384 }, { "SHA-384", G_CHECKSUM_SHA384 },
  { "SHA512", G_CHECKSUM_SHA512 }, { "SHA-512", G_CHECKSUM_SHA512 },
};

static void
checksum_free (gpointer data)
{
  DomuimgOvaChecksum *self = data;

  g_free (self->name);
  g_free (self->digest);
  g_free (self);
}

static gboolean
find_algorithm (const char *name, GChecksumType *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    if (g_ascii_strcasecmp (algorithms[i].name, name) == 0)
      {
        *type = algorithms[i].type;
        return TRUE;
      }
  return FALSE;
}

/* NULL where @line, which is changed, is none. */
static DomuimgOvaChecksum *
parse_line (char *line)
{
  char *open = strchr (line, '(');
  /* A name may have parentheses of its own. */
  char *close = strrchr (line, ')');
  DomuimgOvaChecksum *checksum;
  GChecksumType type;
  char *digest;

  if (open == NULL || close == NULL || close <= open + 1)
    return NULL;
  *open = '\0';
  *close = '\0';
  digest = close + 1 + strspn (close + 1, " \t");
  if (*digest != '=' || !find_algorithm (g_strstrip (line), &type))
    return NULL;
  digest = g_strstrip (digest + 1);
  if (strlen (digest) != (gsize) g_checksum_type_get_length (type) * 2
      || strspn (digest, "0123456789abcdefABCDEF") != strlen (digest))
    return NULL;
  checksum = g_new0 (DomuimgOvaChecksum, 1);
  checksum->name = g_strdup (open + 1);
  checksum->type = type;
  checksum->digest = g_ascii_strdown (digest, -1);
  return checksum;
}

GPtrArray *
domuimg_ova_manifest_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (GPtrArray) checksums = g_ptr_array_new_with_free_func (checksum_free);
  g_autofree char *copy = g_strndup (text, length);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", LINES_MAX + 1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      DomuimgOvaChecksum *checksum;

      if (*g_strstrip (lines[i]) == '\0')
        continue;
      checksum = i < LINES_MAX ? parse_line (lines[i]) : NULL;
      if (checksum == NULL)
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%u: this is not a line of a manifest",
                        name, i + 1);
          return NULL;
        }
      g_ptr_array_add (checksums, checksum);
    }
  return g_steal_pointer (&checksums);
}
