/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in the encodings of older systems: which of them fits. */
#include "config.h"
#include "lib/import/describe/encoding.h"

#include <string.h>

/* A pair of bytes means something in each of these: what tells them apart is the script that a whole
 * text would be in. */
static gboolean
is_hangul (gunichar c)
{
  return c >= 0xac00 && c <= 0xd7a3;
}

static gboolean
is_kana (gunichar c)
{
  return c >= 0x3040 && c <= 0x30ff;
}

static gboolean
is_ideograph (gunichar c)
{
  return c >= 0x4e00 && c <= 0x9fff;
}

static const struct {
  const char *name;
  gboolean (*is_typical) (gunichar c); /* there has to be one */
  gboolean (*is_other) (gunichar c);   /* (nullable) what else there may be */
} encodings[] = {
  { "CP949", is_hangul, NULL },          { "CP932", is_kana, is_ideograph },
  { "GB18030", is_ideograph, NULL },     { "CP932", is_ideograph, NULL },
  { "CP950", is_ideograph, NULL },       { "CP949", is_hangul, is_ideograph },
};

/* Punctuation and full-width forms are in texts of all of them. */
static gboolean
is_common (gunichar c)
{
  return c < 0x80 || (c >= 0x3000 && c <= 0x303f) || (c >= 0xff00 && c <= 0xffef);
}

static gboolean
fits (const char *plain, guint i)
{
  gboolean is_found = FALSE;

  for (const char *at = plain; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      gboolean is_typical = encodings[i].is_typical (c);

      is_found |= is_typical;
      if (!is_typical && !is_common (c)
          && (encodings[i].is_other == NULL || !encodings[i].is_other (c)))
        return FALSE;
    }
  return is_found;
}

/* In the alphabets of Europe, letters beyond ASCII stand between others; elsewhere all do. */
static gboolean
is_european (const char *text, gsize length)
{
  gsize n_alone = 0, n_together = 0;

  for (gsize i = 0; i < length; i++)
    if ((guchar) text[i] >= 0x80)
      {
        gboolean is_alone = (i == 0 || (guchar) text[i - 1] < 0x80)
                            && (i + 1 == length || (guchar) text[i + 1] < 0x80);

        n_alone += is_alone;
        n_together += !is_alone;
      }
  return n_alone > n_together;
}

static void
add (GPtrArray *list, const char *text, gsize length, const char *encoding, int rule)
{
  gsize written = 0;
  g_autofree char *plain
      = g_convert (text, (gssize) length, "UTF-8", encoding, NULL, &written, NULL);

  if (plain == NULL || strlen (plain) != written || (rule >= 0 && !fits (plain, (guint) rule))
      || g_ptr_array_find_with_equal_func (list, plain, g_str_equal, NULL))
    return;
  g_ptr_array_add (list, g_steal_pointer (&plain));
}

static void
add_european (GPtrArray *list, const char *text, gsize length)
{
  add (list, text, length, "CP1252", -1);
  add (list, text, length, "ISO-8859-1", -1);
}

GPtrArray *
domuimg_encoding_list (const char *text, gsize length)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  if (is_european (text, length))
    add_european (list, text, length);
  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++)
    add (list, text, length, encodings[i].name, (int) i);
  add_european (list, text, length);
  return list;
}

char *
domuimg_encoding_decode (const char *text, gsize length, const char *name)
{
  static const struct {
    const char *pattern; /* of what VMware names; a name from outside is not for iconv to look up */
    const char *encoding; /* (nullable) it is the name itself */
  } known[] = {
    { "^(windows-932|shift_jis|cp932)$", "CP932" },  { "^(windows-936|gbk|gb2312|gb18030)$", "GB18030" },
    { "^(windows-949|euc-kr|cp949)$", "CP949" },     { "^(windows-950|big5)$", "CP950" },
    { "^windows-[0-9]{3,4}$", NULL },                { "^iso-8859-[0-9]{1,2}$", NULL },
    { "^euc-(jp|cn|tw)$", NULL },
  };
  gsize written = 0;

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_regex_match_simple (known[i].pattern, name, G_REGEX_CASELESS, 0))
      {
        const char *encoding = known[i].encoding != NULL ? known[i].encoding : name;
        g_autofree char *plain
            = g_convert (text, (gssize) length, "UTF-8", encoding, NULL, &written, NULL);

        return plain != NULL && strlen (plain) == written ? g_steal_pointer (&plain) : NULL;
      }
  return NULL;
}
