/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads lists of checksums. */
#include "config.h"
#include "lib/source/checksums.h"

#include <string.h>

static const struct {
  GChecksumType type;
  const char *name;
  gsize length; /* in hexadecimal digits */
} kinds[] = {
  { G_CHECKSUM_SHA256, "sha256", 64 },
  { G_CHECKSUM_SHA384, "sha384", 96 },
  { G_CHECKSUM_SHA512, "sha512", 128 },
};

static gboolean
is_hex (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isxdigit (text[i]))
      return FALSE;
  return length > 0;
}

/* By the length, which tells them apart; what is weaker is ignored. */
static gboolean
find_kind (const char *hex, gsize length, GChecksumType *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].length == length && is_hex (hex, length))
      {
        *type = kinds[i].type;
        return TRUE;
      }
  return FALSE;
}

/* @name (nullable) is any. */
static gboolean
is_name (const char *text, gsize length, const char *name)
{
  if (name == NULL)
    return TRUE;
  if (length > 2 && strncmp (text, "./", 2) == 0)
    {
      text += 2;
      length -= 2;
    }
  return length == strlen (name) && memcmp (text, name, length) == 0;
}

/* "HEX  NAME", "HEX *NAME"; without a @name, "HEX", too */
static const char *
match_gnu (const char *line, gsize length, const char *name, gsize *hex_length)
{
  gsize hex = 0;
  gsize start;

  while (hex < length && g_ascii_isxdigit (line[hex]))
    hex++;
  start = hex;
  while (start < length && (line[start] == ' ' || line[start] == '\t'))
    start++;
  if (start == hex && (name != NULL || start < length))
    return NULL;
  if (start < length && line[start] == '*')
    start++;
  *hex_length = hex;
  return is_name (line + start, length - start, name) ? line : NULL;
}

/* "SHA256 (NAME) = HEX" */
static const char *
match_bsd (const char *line, gsize length, const char *name, gsize *hex_length)
{
  const char *open = memchr (line, '(', length);
  const char *close = g_strrstr_len (line, (gssize) length, ") = ");

  if (open == NULL || close == NULL || close < open + 1
      || !is_name (open + 1, (gsize) (close - open - 1), name))
    return NULL;
  close += strlen (") = ");
  *hex_length = length - (gsize) (close - line);
  return close;
}

static DomuimgDigest *
read_line (const char *line, gsize length, const char *name)
{
  DomuimgDigest *self;
  GChecksumType type;
  gsize hex_length = 0;
  const char *hex = match_bsd (line, length, name, &hex_length);

  if (hex == NULL)
    hex = match_gnu (line, length, name, &hex_length);
  if (hex == NULL || !find_kind (hex, hex_length, &type))
    return NULL;
  self = g_new0 (DomuimgDigest, 1);
  self->type = type;
  self->hex = g_ascii_strdown (hex, (gssize) hex_length);
  return self;
}

/* Keeps the stronger one. FALSE where two of one kind differ. */
static gboolean
take (DomuimgDigest **best, DomuimgDigest *found)
{
  g_autoptr (DomuimgDigest) other = found;

  if (*best != NULL && (*best)->type == other->type)
    return g_str_equal ((*best)->hex, other->hex);
  if (*best == NULL || strlen ((*best)->hex) < strlen (other->hex))
    {
      g_clear_pointer (best, domuimg_digest_free);
      *best = g_steal_pointer (&other);
    }
  return TRUE;
}

DomuimgDigest *
domuimg_checksums_find (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (DomuimgDigest) best = NULL;
  const char *end = text + length;

  while (text < end)
    {
      const char *newline = memchr (text, '\n', (gsize) (end - text));
      gsize line = (gsize) ((newline != NULL ? newline : end) - text);
      DomuimgDigest *found;

      while (line > 0 && g_ascii_isspace (text[line - 1]))
        line--;
      found = read_line (text, line, name);
      if (found != NULL && !take (&best, found))
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "it has two checksums of %s that differ",
                        name != NULL ? name : "the image");
          return NULL;
        }
      text = newline != NULL ? newline + 1 : end;
    }
  if (best == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "it has no SHA-256, SHA-384 or SHA-512 of %s", name != NULL ? name : "the image");
  return g_steal_pointer (&best);
}

void
domuimg_digest_free (DomuimgDigest *self)
{
  g_free (self->hex);
  g_free (self);
}

const char *
domuimg_digest_name (const DomuimgDigest *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].type == self->type)
      return kinds[i].name;
  return "";
}
