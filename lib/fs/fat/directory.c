/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories of a FAT filesystem, with their long names. */
#include "config.h"
#include "lib/fs/fat/directory.h"

#include <string.h>

#define SLOT 32
#define SHORT 11
#define LONG_UNITS 13 /* of UTF-16, in each slot */
#define ATTR_LABEL 0x08
#define ATTR_DIRECTORY 0x10
#define ATTR_ARCHIVE 0x20
#define ATTR_LONG 0x0f
#define DELETED 0xe5
#define LAST_LONG 0x40
#define LOWER_BASE 0x08
#define LOWER_EXTENSION 0x10

/* Where a slot has the units of a long name. */
static const guint8 unit_at[LONG_UNITS] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };

void
domuimg_fat_entry_free (DomuimgFatEntry *self)
{
  g_free (self->name);
  g_free (self);
}

static guint8
checksum_of (const guint8 *name)
{
  guint8 sum = 0;

  for (guint i = 0; i < SHORT; i++)
    sum = (sum << 7 | sum >> 1) + name[i];
  return sum;
}

static gint64
parse_time (guint16 date, guint16 time)
{
  g_autoptr (GDateTime) when
      = g_date_time_new_utc (1980 + (date >> 9), (date >> 5) & 15, date & 31, time >> 11,
                             (time >> 5) & 63, (time & 31) * 2);

  return when != NULL ? g_date_time_to_unix (when) : 0;
}

static void
put_16 (guint8 *at, guint16 value)
{
  at[0] = value;
  at[1] = value >> 8;
}

/* Its calendar begins with 1980. */
static void
put_time (guint8 *slot, gint64 mtime)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_utc (MAX (mtime, 315532800));
  guint16 time, date;

  if (when == NULL)
    return;
  time = g_date_time_get_hour (when) << 11 | g_date_time_get_minute (when) << 5
         | g_date_time_get_second (when) / 2;
  date = (g_date_time_get_year (when) - 1980) << 9 | g_date_time_get_month (when) << 5
         | g_date_time_get_day_of_month (when);
  put_16 (slot + 14, time);
  put_16 (slot + 16, date);
  put_16 (slot + 18, date);
  put_16 (slot + 22, time);
  put_16 (slot + 24, date);
}

static char *
short_name (const guint8 *slot)
{
  g_autoptr (GString) name = g_string_new (NULL);

  for (guint i = 0; i < SHORT; i++)
    {
      gboolean is_lower = (slot[12] & (i < 8 ? LOWER_BASE : LOWER_EXTENSION)) != 0;

      if (slot[i] == ' ')
        continue;
      if (i >= 8 && strchr (name->str, '.') == NULL)
        g_string_append_c (name, '.');
      g_string_append_c (name, is_lower ? g_ascii_tolower (slot[i]) : slot[i]);
    }
  return g_utf8_make_valid (name->str, -1);
}

/* The name in the slots from @from up to, but without, @slot; NULL where they are not of it. */
static char *
long_name (const GByteArray *bytes, guint from, guint slot)
{
  g_autofree gunichar2 *units = g_new0 (gunichar2, (slot - from) * LONG_UNITS + 1);
  guint8 sum = checksum_of (bytes->data + slot * SLOT);

  if (from == slot)
    return NULL;
  for (guint i = from; i < slot; i++)
    {
      const guint8 *part = bytes->data + i * SLOT;
      guint number = part[0] & ~LAST_LONG;

      if (part[13] != sum || number != slot - i)
        return NULL;
      for (guint j = 0; j < LONG_UNITS; j++)
        units[(number - 1) * LONG_UNITS + j] = part[unit_at[j]] | part[unit_at[j] + 1] << 8;
    }
  return g_utf16_to_utf8 (units, -1, NULL, NULL, NULL);
}

static gboolean
is_name (const char *name)
{
  return *name != '\0' && strchr (name, '/') == NULL && !g_str_equal (name, ".")
         && !g_str_equal (name, "..");
}

static DomuimgFatEntry *
parse_entry (const GByteArray *bytes, guint from, guint slot)
{
  const guint8 *at = bytes->data + slot * SLOT;
  g_autofree char *name = long_name (bytes, from, slot);
  DomuimgFatEntry *self;

  if (name == NULL || !is_name (name))
    {
      g_free (name);
      name = short_name (at);
    }
  if (!is_name (name))
    return NULL;
  self = g_new0 (DomuimgFatEntry, 1);
  self->name = g_steal_pointer (&name);
  self->is_directory = (at[11] & ATTR_DIRECTORY) != 0;
  self->first = at[26] | at[27] << 8 | at[20] << 16 | (guint32) at[21] << 24;
  self->size = at[28] | at[29] << 8 | at[30] << 16 | (guint32) at[31] << 24;
  self->mtime = parse_time (at[24] | at[25] << 8, at[22] | at[23] << 8);
  self->slot = from;
  self->n_slots = slot - from + 1;
  return self;
}

GPtrArray *
domuimg_fat_parse_directory (const GByteArray *bytes)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_fat_entry_free);
  guint from = 0;

  for (guint slot = 0; slot < bytes->len / SLOT && bytes->data[slot * SLOT] != 0; slot++)
    {
      const guint8 *at = bytes->data + slot * SLOT;
      DomuimgFatEntry *entry = NULL;

      if (at[0] != DELETED && (at[11] & 0x3f) == ATTR_LONG)
        {
          from = (at[0] & LAST_LONG) != 0 ? slot : from;
          continue;
        }
      if (at[0] != DELETED && (at[11] & ATTR_LABEL) == 0 && at[0] != '.')
        entry = parse_entry (bytes, from, slot);
      if (entry != NULL)
        g_ptr_array_add (entries, entry);
      from = slot + 1;
    }
  return entries;
}

static gboolean
has_short (const GByteArray *bytes, const guint8 *name)
{
  for (guint slot = 0; slot < bytes->len / SLOT && bytes->data[slot * SLOT] != 0; slot++)
    {
      const guint8 *at = bytes->data + slot * SLOT;

      if ((at[11] & ATTR_LABEL) == 0 && memcmp (at, name, SHORT) == 0)
        return TRUE;
    }
  return FALSE;
}

typedef enum {
  EXACT,    /* the short name is the name */
  IN_UPPER, /* it is that in upper case */
  CUT       /* it is another */
} Likeness;

/* Copies up to @max letters of @text that a short name may have. */
static Likeness
copy_letters (guint8 *to, const char *text, gsize length, guint max)
{
  Likeness likeness = EXACT;
  guint n = 0;

  for (gsize i = 0; i < length; i++)
    {
      char c = g_ascii_toupper (text[i]);

      if (n == max || !(g_ascii_isalnum (c) || strchr ("_-~!#$%&@^", c) != NULL))
        {
          likeness = CUT;
          continue;
        }
      likeness = MAX (likeness, c == text[i] ? EXACT : IN_UPPER);
      to[n++] = c;
    }
  return likeness;
}

/* Makes it one that the directory does not have yet. */
static void
number (const GByteArray *bytes, guint8 *name)
{
  guint8 base[SHORT];

  memcpy (base, name, SHORT);
  for (guint i = 1; i < 100000; i++)
    {
      g_autofree char *tail = g_strdup_printf ("~%u", i);
      gsize at = 8 - strlen (tail);

      memcpy (name, base, SHORT);
      while (at > 0 && name[at - 1] == ' ')
        at--;
      memcpy (name + at, tail, strlen (tail));
      if (!has_short (bytes, name))
        return;
    }
}

/* FALSE where the long name has to be there, too. */
static gboolean
make_short (const GByteArray *bytes, const char *name, guint8 *into)
{
  const char *dot = strrchr (name, '.');
  gsize length = dot != NULL ? (gsize) (dot - name) : strlen (name);
  Likeness likeness, of_extension = EXACT;

  memset (into, ' ', SHORT);
  likeness = length > 0 ? copy_letters (into, name, length, 8) : CUT;
  if (dot != NULL)
    of_extension = copy_letters (into + 8, dot + 1, strlen (dot + 1), 3);
  likeness = MAX (likeness, of_extension);
  if (likeness != CUT && !has_short (bytes, into))
    return likeness == EXACT;
  number (bytes, into);
  return FALSE;
}

static void
put_long (guint8 *slot, const gunichar2 *units, glong n, guint number, gboolean is_last,
          guint8 sum)
{
  memset (slot, 0, SLOT);
  slot[0] = number | (is_last ? LAST_LONG : 0);
  slot[11] = ATTR_LONG;
  slot[13] = sum;
  for (guint i = 0; i < LONG_UNITS; i++)
    {
      glong at = (glong) (number - 1) * LONG_UNITS + i;

      put_16 (slot + unit_at[i], at < n ? units[at] : at == n ? 0 : 0xffff);
    }
}

static void
put_short (guint8 *slot, const DomuimgFatEntry *entry, const guint8 *name)
{
  memset (slot, 0, SLOT);
  memcpy (slot, name, SHORT);
  slot[11] = entry->is_directory ? ATTR_DIRECTORY : ATTR_ARCHIVE;
  put_time (slot, entry->mtime);
  put_16 (slot + 20, entry->first >> 16);
  put_16 (slot + 26, entry->first);
  put_16 (slot + 28, entry->size);
  put_16 (slot + 30, entry->size >> 16);
}

/* The end of what is in use: nothing is behind the first slot that begins with zero. */
static guint
find_end (const GByteArray *bytes)
{
  guint slot = 0;

  while (slot < bytes->len / SLOT && bytes->data[slot * SLOT] != 0)
    slot++;
  return slot;
}

gboolean
domuimg_fat_add_entry (GByteArray *bytes, DomuimgFatEntry *entry, GError **error)
{
  glong n = 0;
  g_autofree gunichar2 *units = g_utf8_to_utf16 (entry->name, -1, NULL, &n, NULL);
  guint8 name[SHORT];
  gboolean is_exact;
  guint n_long, old = bytes->len;

  if (units == NULL || n > 255 || strpbrk (entry->name, "\"*:<>?\\|") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is not a name that a FAT filesystem can have", entry->name);
  is_exact = make_short (bytes, entry->name, name);
  n_long = is_exact ? 0 : (n + LONG_UNITS - 1) / LONG_UNITS;
  entry->slot = find_end (bytes);
  entry->n_slots = n_long + 1;
  g_byte_array_set_size (bytes, MAX (old, (entry->slot + entry->n_slots) * SLOT));
  memset (bytes->data + old, 0, bytes->len - old);
  for (guint i = 0; i < n_long; i++)
    put_long (bytes->data + (entry->slot + i) * SLOT, units, n, n_long - i, i == 0,
              checksum_of (name));
  put_short (bytes->data + (entry->slot + n_long) * SLOT, entry, name);
  return TRUE;
}

void
domuimg_fat_remove_entry (GByteArray *bytes, const DomuimgFatEntry *entry)
{
  for (guint i = 0; i < entry->n_slots; i++)
    bytes->data[(entry->slot + i) * SLOT] = DELETED;
}

GByteArray *
domuimg_fat_new_directory (guint32 first, guint32 parent, gint64 mtime)
{
  static const guint8 self_name[] = ".          ", parent_name[] = "..         ";
  DomuimgFatEntry entry = { .is_directory = TRUE, .first = first, .mtime = mtime };
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_set_size (bytes, 2 * SLOT);
  put_short (bytes->data, &entry, self_name);
  entry.first = parent;
  put_short (bytes->data + SLOT, &entry, parent_name);
  return bytes;
}
