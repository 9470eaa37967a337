/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads an entry of the Boot Loader Specification, type 1, as systemd-boot does
 * (https://uapi-group.org/specifications/specs/boot_loader_specification/). */
#include "config.h"
#include "lib/boot/sdboot.h"

#include <string.h>

/* What a hostile entry may come to. */
#define FIELD_MAX (64 << 10)
#define INITRDS_MAX 64

typedef struct {
  DomuimgSdbootItem *item;
  const char *kind;  /* (nullable) "linux", "uki" or "efi" */
  GString *options;
  gboolean is_bad;   /* or not for this machine */
} Reader;

gboolean
domuimg_sdboot_next_line (char **at, const char **key, const char **value)
{
  while (**at != '\0')
    {
      char *line = *at, *end = line + strcspn (line, "\n");
      gsize length;

      *at = *end != '\0' ? end + 1 : end;
      *end = '\0';
      g_strstrip (line);
      length = strcspn (line, " \t");
      if (*line == '#' || line[length] == '\0')
        continue;
      line[length] = '\0';
      *key = line;
      line += length + 1;
      line += strspn (line, " \t");
      length = strlen (line);
      if (length > 1 && line[0] == '"' && line[length - 1] == '"')
        {
          line[length - 1] = '\0';
          line++;
        }
      *value = line;
      return TRUE;
    }
  return FALSE;
}

/* Firmware takes a backslash for what divides a path, too. */
static char *
to_path (const char *value)
{
  char *path = g_strconcat (strchr ("/\\", *value) != NULL && *value != '\0' ? "" : "/", value, NULL);

  return g_strdelimit (path, "\\", '/');
}

static void
set (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

static void
add_initrds (DomuimgMenuEntry *entry, const char *value)
{
  g_auto (GStrv) words = g_strsplit_set (value, " \t", INITRDS_MAX);

  for (guint i = 0; words[i] != NULL && entry->initrds->len < INITRDS_MAX; i++)
    if (*words[i] != '\0')
      g_ptr_array_add (entry->initrds, to_path (words[i]));
}

/* An entry is of one kind only. */
static void
set_kernel (Reader *self, const char *kind, const char *value)
{
  self->is_bad |= self->kind != NULL && !g_str_equal (self->kind, kind);
  self->kind = kind;
  g_free (self->item->entry->kernel);
  self->item->entry->kernel = to_path (value);
}

static void
take_field (Reader *self, const char *key, const char *value)
{
  DomuimgSdbootItem *item = self->item;

  if (g_str_equal (key, "title"))
    set (&item->entry->title, value);
  else if (g_str_equal (key, "sort-key"))
    set (&item->sort_key, value);
  else if (g_str_equal (key, "version"))
    set (&item->version, value);
  else if (g_str_equal (key, "machine-id"))
    set (&item->machine_id, value);
  else if (g_str_equal (key, "architecture"))
    self->is_bad |= g_ascii_strcasecmp (value, "x64") != 0;
  else if (g_str_equal (key, "linux"))
    set_kernel (self, "linux", value);
  else if (g_str_equal (key, "uki"))
    set_kernel (self, "uki", value);
  else if (g_str_equal (key, "efi"))
    set_kernel (self, "efi", value);
  else if (g_str_equal (key, "initrd"))
    add_initrds (item->entry, value);
  else if (g_str_equal (key, "options") && self->options->len < FIELD_MAX)
    g_string_append_printf (self->options, "%s%.*s", self->options->len > 0 ? " " : "", FIELD_MAX,
                            value);
}

DomuimgSdbootItem *
domuimg_sdboot_read_entry (const char *directory, const char *name, const char *text)
{
  g_autoptr (DomuimgSdbootItem) item = domuimg_sdboot_item_new (directory, name, ".conf");
  g_autoptr (GString) options = g_string_new (NULL);
  g_autofree char *copy = g_strdup (text);
  Reader reader = { .item = item, .options = options };
  const char *key, *value;
  char *at = copy;

  while (!reader.is_bad && domuimg_sdboot_next_line (&at, &key, &value))
    take_field (&reader, key, value);
  if (reader.is_bad || reader.kind == NULL)
    return NULL;
  if (item->entry->title == NULL)
    item->entry->title = g_strdup (item->entry->id);
  item->entry->cmdline = g_strdup (options->str);
  item->entry->is_program = !g_str_equal (reader.kind, "linux");
  return g_steal_pointer (&item);
}
