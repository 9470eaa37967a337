/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A boot menu: its entries, its default, and how one is found. */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

void
domuimg_menu_save_free (gpointer data)
{
  DomuimgMenuSave *self = data;

  g_free (self->hint);
  g_free (self->file);
  g_free (self->name);
  g_free (self->value);
  g_free (self);
}

DomuimgMenuEntry *
domuimg_menu_entry_new (void)
{
  DomuimgMenuEntry *self = g_new0 (DomuimgMenuEntry, 1);

  self->initrds = g_ptr_array_new_with_free_func (g_free);
  self->saves = g_ptr_array_new_with_free_func (domuimg_menu_save_free);
  return self;
}

void
domuimg_menu_entry_free (DomuimgMenuEntry *self)
{
  g_free (self->id);
  g_free (self->title);
  g_free (self->kernel);
  g_ptr_array_unref (self->initrds);
  g_free (self->cmdline);
  g_free (self->root_hint);
  g_free (self->source);
  g_ptr_array_unref (self->saves);
  g_free (self);
}

DomuimgMenu *
domuimg_menu_new (DomuimgMenuFormat format, const char *path)
{
  DomuimgMenu *self = g_new0 (DomuimgMenu, 1);

  self->format = format;
  self->path = g_strdup (path);
  self->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_menu_entry_free);
  self->default_entry = -1;
  self->problems = g_ptr_array_new_with_free_func (g_free);
  self->saves = g_ptr_array_new_with_free_func (domuimg_menu_save_free);
  return self;
}

void
domuimg_menu_free (DomuimgMenu *self)
{
  g_free (self->path);
  g_free (self->title);
  g_free (self->wanted);
  g_free (self->fallback);
  g_ptr_array_unref (self->entries);
  g_ptr_array_unref (self->problems);
  g_ptr_array_unref (self->saves);
  g_free (self);
}

const char *
domuimg_menu_format_to_string (DomuimgMenuFormat format)
{
  static const char *const names[] = { "grub.cfg", "Boot Loader Specification", "extlinux",
                                       "GRUB legacy", "unified kernel image" };

  return names[format];
}

void
domuimg_menu_add_problem (DomuimgMenu *self, const char *format, ...)
{
  va_list args;

  if (self->problems->len >= DOMUIMG_MENU_PROBLEMS)
    return;
  va_start (args, format);
  g_ptr_array_add (self->problems, g_strdup_vprintf (format, args));
  va_end (args);
}

gboolean
domuimg_menu_add_entry (DomuimgMenu *self, DomuimgMenuEntry *entry)
{
  if (self->entries->len >= DOMUIMG_MENU_ENTRIES)
    {
      domuimg_menu_entry_free (entry);
      return FALSE;
    }
  if (entry->cmdline == NULL)
    entry->cmdline = g_strdup ("");
  if (entry->source == NULL)
    entry->source = g_strdup (self->path);
  g_ptr_array_add (self->entries, entry);
  return TRUE;
}

int
domuimg_menu_find_entry (DomuimgMenu *self, const char *wanted)
{
  guint64 index;

  if (g_ascii_string_to_unsigned (wanted, 10, 0, G_MAXINT, &index, NULL))
    return index < self->entries->len ? (int) index : -1;
  for (guint i = 0; i < self->entries->len; i++)
    {
      const DomuimgMenuEntry *entry = g_ptr_array_index (self->entries, i);

      if (g_strcmp0 (entry->id, wanted) == 0 || g_strcmp0 (entry->title, wanted) == 0)
        return i;
    }
  return -1;
}

char *
domuimg_menu_read_file (const DomuimgMenuFiles *files, const char *path)
{
  return files->read != NULL ? files->read (files->data, path) : NULL;
}

void
domuimg_menu_split_device (const char *path, char **device, char **file)
{
  const char *close = path[0] == '(' ? strchr (path, ')') : NULL;

  /* "()" is what ($root) becomes where that is not set. */
  *device = close != NULL && close > path + 1 ? g_strndup (path, close + 1 - path) : NULL;
  path = close != NULL ? close + 1 : path;
  *file = *path == '/' ? g_strdup (path) : g_strconcat ("/", path, NULL);
}

char *
domuimg_menu_name_on (const char *device, char *file)
{
  char *named;

  if (device == NULL || !domuimg_grub_device_is_elsewhere (device))
    return file;
  named = *device == '(' ? g_strconcat (device, file, NULL)
                         : g_strconcat ("(", device, ")", file, NULL);
  g_free (file);
  return named;
}

static gboolean
is_separator (char c)
{
  return c != '\0' && !g_ascii_isalnum (c) && c != '~';
}

/* Numbers without their leading zeros: the longer is the larger. */
static int
compare_segments (const char *a, gsize a_length, const char *b, gsize b_length, gboolean numbers)
{
  int order;

  while (numbers && a_length > 0 && *a == '0')
    a++, a_length--;
  while (numbers && b_length > 0 && *b == '0')
    b++, b_length--;
  if (numbers && a_length != b_length)
    return a_length < b_length ? -1 : 1;
  order = strncmp (a, b, MIN (a_length, b_length));
  return order != 0 || a_length == b_length ? order : a_length < b_length ? -1 : 1;
}

/* Segments of digits or of letters, one after the other; a number is above letters, a longer
 * version above its beginning, and a tilde below everything. */
int
domuimg_menu_compare_versions (const char *a, const char *b)
{
  for (;;)
    {
      const char *set = G_CSET_DIGITS;
      gsize a_length, b_length;
      int order;

      while (is_separator (*a))
        a++;
      while (is_separator (*b))
        b++;
      if (*a == '~' && *b == '~')
        {
          a++, b++;
          continue;
        }
      if (*a == '~' || *b == '~')
        return *a == '~' ? -1 : 1;
      if (*a == '\0' || *b == '\0')
        return (*a != '\0') - (*b != '\0');
      if (g_ascii_isdigit (*a) != g_ascii_isdigit (*b))
        return g_ascii_isdigit (*a) ? 1 : -1;
      if (!g_ascii_isdigit (*a))
        set = G_CSET_a_2_z G_CSET_A_2_Z;
      a_length = strspn (a, set);
      b_length = strspn (b, set);
      order = compare_segments (a, a_length, b, b_length, g_ascii_isdigit (*a));
      if (order != 0)
        return order;
      a += a_length;
      b += b_length;
    }
}
