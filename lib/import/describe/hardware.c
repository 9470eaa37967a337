/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine of another hypervisor: memory, processors, disks and cards. */
#include "config.h"
#include "lib/import/describe/parts.h"

#include <string.h>

#include "lib/base/mac.h"
#include "lib/base/utf16.h"
#include "lib/import/describe/encoding.h"

#define NOTES_MAX 100
#define NOTE_LENGTH_MAX 400
#define SIZE_LIMIT ((guint64) 1 << 60)

static void
disk_free (gpointer data)
{
  DomuimgHardwareDisk *self = data;

  g_free (self->path);
  g_free (self->format);
  g_free (self->bus);
  g_free (self);
}

static void
nic_free (gpointer data)
{
  DomuimgHardwareNic *self = data;

  g_free (self->mac);
  g_free (self->network);
  g_free (self->model);
  g_free (self);
}

DomuimgHardware *
domuimg_hardware_new (const char *origin)
{
  DomuimgHardware *self = g_new0 (DomuimgHardware, 1);

  self->origin = g_strdup (origin);
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->nics = g_ptr_array_new_with_free_func (nic_free);
  self->elsewhere = g_ptr_array_new_with_free_func (g_free);
  self->unmapped = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
domuimg_hardware_free (DomuimgHardware *self)
{
  g_free (self->origin);
  g_free (self->name);
  g_free (self->architecture);
  g_free (self->guest_os);
  g_free (self->graphics);
  g_ptr_array_unref (self->disks);
  g_ptr_array_unref (self->nics);
  g_ptr_array_unref (self->elsewhere);
  g_ptr_array_unref (self->unmapped);
  g_free (self);
}

DomuimgHardwareDisk *
domuimg_hardware_add_disk (DomuimgHardware *self)
{
  DomuimgHardwareDisk *disk = g_new0 (DomuimgHardwareDisk, 1);

  g_ptr_array_add (self->disks, disk);
  return disk;
}

DomuimgHardwareNic *
domuimg_hardware_add_nic (DomuimgHardware *self)
{
  DomuimgHardwareNic *nic = g_new0 (DomuimgHardwareNic, 1);

  g_ptr_array_add (self->nics, nic);
  return nic;
}

/* One line for a person: what a description holds may be long or hold control characters. */
static char *
one_line (const char *text)
{
  char *line = g_utf8_make_valid (text, -1);

  if (strlen (line) > NOTE_LENGTH_MAX)
    {
      char *cut = g_utf8_find_prev_char (line, line + NOTE_LENGTH_MAX);

      *cut = '\0';
    }
  for (char *c = line; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  return line;
}

void
domuimg_hardware_note_unmapped (DomuimgHardware *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = one_line (text);
  if (self->unmapped->len > NOTES_MAX
      || g_ptr_array_find_with_equal_func (self->unmapped, line, g_str_equal, NULL))
    return;
  if (self->unmapped->len == NOTES_MAX)
    g_ptr_array_add (self->unmapped, g_strdup ("more that is left out is not listed"));
  else
    g_ptr_array_add (self->unmapped, g_steal_pointer (&line));
}

void
domuimg_hardware_note_elsewhere (DomuimgHardware *self, const char *what, const char *where)
{
  g_autofree char *text = g_strdup_printf ("%s (%s)", what, where);
  g_autofree char *line = one_line (text);

  domuimg_hardware_note_unmapped (self, "the disk %s is left out: it is not a file", line);
  if (self->elsewhere->len < DOMUIMG_HARDWARE_DEVICES_MAX)
    g_ptr_array_add (self->elsewhere, g_steal_pointer (&line));
}

void
domuimg_hardware_set_architecture (DomuimgHardware *self, const char *name)
{
  static const char *const ours[] = { "x86_64", "amd64", "x86", "i386", "i486", "i586", "i686",
                                      NULL };
  g_autofree char *lower = g_ascii_strdown (name, -1);

  if (g_strv_contains (ours, lower))
    return;
  g_free (self->architecture);
  self->architecture = one_line (lower);
}

gboolean
domuimg_hardware_number (const char *text, guint64 max, guint64 *value)
{
  g_autofree char *stripped = text != NULL ? g_strstrip (g_strdup (text)) : NULL;

  return stripped != NULL && g_ascii_string_to_unsigned (stripped, 10, 0, max, value, NULL);
}

guint
domuimg_hardware_count (const char *text)
{
  guint64 value;

  return domuimg_hardware_number (text, DOMUIMG_HARDWARE_VCPUS_MAX, &value) ? value : 0;
}

guint64
domuimg_hardware_bytes (guint64 number, guint64 unit)
{
  guint64 bytes;

  if (!g_uint64_checked_mul (&bytes, number, unit) || bytes > SIZE_LIMIT)
    return 0;
  return bytes;
}

guint64
domuimg_hardware_size (const char *text, guint64 plain)
{
  static const char suffixes[] = "KMGTP";
  g_autofree char *digits = text != NULL ? g_strstrip (g_strdup (text)) : g_strdup ("");
  char *end = digits + strspn (digits, "0123456789");
  g_autofree char *suffix = g_ascii_strup (g_strstrip (end), -1);
  const char *letter = *suffix != '\0' ? strchr (suffixes, *suffix) : NULL;
  const char *after = letter != NULL ? suffix + 1 : suffix;
  guint64 unit = letter != NULL ? (guint64) 1 << (10 * (letter - suffixes + 1)) : plain;
  guint64 number;

  if (*after != '\0' && !g_str_equal (after, "B") && !(letter != NULL && g_str_equal (after, "IB")))
    return 0;
  if (letter == NULL && *after != '\0')
    unit = 1;
  *end = '\0';
  return domuimg_hardware_number (digits, SIZE_LIMIT, &number)
             ? domuimg_hardware_bytes (number, unit)
             : 0;
}

gboolean
domuimg_hardware_is_true (const char *text)
{
  static const char *const words[] = { "true", "yes", "on", "1" };

  for (guint i = 0; text != NULL && i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (text, words[i]) == 0)
      return TRUE;
  return FALSE;
}

char *
domuimg_hardware_some (const char *text)
{
  return text != NULL && *text != '\0' ? g_strdup (text) : NULL;
}

char *
domuimg_hardware_mac (const char *text)
{
  g_autoptr (GString) written = g_string_new (NULL);
  guint8 b[6];

  if (text == NULL)
    return NULL;
  /* VirtualBox writes the digits alone. */
  for (guint i = 0; strlen (text) == 12 && i < 12; i++)
    g_string_append_printf (written, "%s%c", i > 0 && i % 2 == 0 ? ":" : "", text[i]);
  if (!domuimg_mac_read (written->len > 0 ? written->str : text, b))
    return NULL;
  return domuimg_mac_format (b);
}

char *
domuimg_hardware_text (const char *text, gsize length, const char *name, GError **error)
{
  static const char bom[] = "\xef\xbb\xbf";
  g_autofree char *plain = NULL;
  g_autoptr (GPtrArray) others = NULL;

  if (length > DOMUIMG_HARDWARE_TEXT_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                    "%s: %" G_GSIZE_FORMAT " bytes are too many for a machine's description", name,
                    length);
      return NULL;
    }
  plain = domuimg_utf16_to_utf8 (text, length, NULL);
  if (plain != NULL)
    return g_steal_pointer (&plain);
  if (memchr (text, '\0', length) != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: there are binary data in it", name);
      return NULL;
    }
  if (length >= strlen (bom) && memcmp (text, bom, strlen (bom)) == 0)
    return g_utf8_make_valid (text + strlen (bom), length - strlen (bom));
  if (g_utf8_validate (text, length, NULL))
    return g_strndup (text, length);
  others = domuimg_encoding_list (text, length);
  return others->len > 0 ? g_strdup (g_ptr_array_index (others, 0))
                         : g_utf8_make_valid (text, length);
}

void
domuimg_hardware_set_topology (DomuimgHardware *self, guint sockets, guint cores, guint threads)
{
  guint64 inner = (guint64) MAX (cores, 1) * MAX (threads, 1);

  /* What was said before goes: QEMU's last -smp counts. */
  self->sockets = self->cores = self->threads = 0;
  if (self->vcpus == 0 || (sockets == 0 && cores == 0 && threads == 0))
    return;
  if (sockets == 0 && self->vcpus % inner == 0)
    sockets = self->vcpus / inner;
  if (sockets == 0 || inner * sockets != self->vcpus)
    return;
  self->sockets = sockets;
  self->cores = MAX (cores, 1);
  self->threads = MAX (threads, 1);
}

gboolean
domuimg_hardware_check_devices (const DomuimgHardware *self, const char *name, GError **error)
{
  if (self->disks->len <= DOMUIMG_HARDWARE_DEVICES_MAX
      && self->nics->len <= DOMUIMG_HARDWARE_DEVICES_MAX)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: it has more than %d disks or network cards", name,
                       DOMUIMG_HARDWARE_DEVICES_MAX);
}

guint64
domuimg_hardware_rank (const char *bus, guint controller, guint unit)
{
  static const char *const buses[] = { "ide", "scsi", "sata", "nvme" };
  guint64 rank = 0;

  while (rank < G_N_ELEMENTS (buses) && !g_str_equal (bus, buses[rank]))
    rank++;
  return ((rank + 1) << 48) + ((guint64) controller << 32) + unit;
}

static int
compare_disks (gconstpointer a, gconstpointer b)
{
  const DomuimgHardwareDisk *one = *(const DomuimgHardwareDisk *const *) a;
  const DomuimgHardwareDisk *other = *(const DomuimgHardwareDisk *const *) b;

  if (one->is_cdrom != other->is_cdrom)
    return one->is_cdrom ? 1 : -1;
  return one->rank < other->rank ? -1 : one->rank > other->rank;
}

void
domuimg_hardware_finish_disks (DomuimgHardware *self)
{
  for (guint i = self->disks->len; i > 0; i--)
    {
      const DomuimgHardwareDisk *disk = g_ptr_array_index (self->disks, i - 1);

      if (disk->is_cdrom || disk->path != NULL)
        continue;
      domuimg_hardware_note_unmapped (self, "a disk without a file (%s) is left out",
                                      disk->bus != NULL ? disk->bus : "of no bus");
      g_ptr_array_remove_index (self->disks, i - 1);
    }
  g_ptr_array_sort (self->disks, compare_disks);
}

gboolean
domuimg_hardware_options_next (DomuimgHardwareOptions *self)
{
  g_autoptr (GString) word = g_string_new (NULL);
  const char *c = self->rest;
  char *equals;

  if (c == NULL || *c == '\0')
    return FALSE;
  for (; *c != '\0' && (*c != ',' || c[1] == ','); c++)
    {
      if (*c == ',')
        c++;
      g_string_append_c (word, *c);
    }
  self->rest = *c == ',' ? c + 1 : c;
  equals = strchr (word->str, '=');
  g_free (self->key);
  g_free (self->value);
  self->key = equals != NULL ? g_strndup (word->str, equals - word->str) : g_strdup ("");
  self->value = g_strdup (equals != NULL ? equals + 1 : word->str);
  return TRUE;
}

void
domuimg_hardware_options_clear (DomuimgHardwareOptions *self)
{
  g_clear_pointer (&self->key, g_free);
  g_clear_pointer (&self->value, g_free);
}

char *
domuimg_hardware_option (const char *text, const char *key)
{
  g_auto (DomuimgHardwareOptions) options = { .rest = text };

  while (domuimg_hardware_options_next (&options))
    if (g_str_equal (options.key, key))
      return g_strdup (options.value);
  return NULL;
}
