/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/bootloader/message.h"

/* Strings are bytes: a guest's need not be UTF-8. An answer is the code of an error + 1, or 0, its
 * message, and what was asked for. */
#define REQUEST "(bbuayayb)"
#define ANSWER "(uayay)"
#define ENTRY "(ayayayaayayayub)"
#define MENU "(uayayiayubaaya" ENTRY ")"
#define LOADED "(ubay)"
#define SAVE "(tayayb)"
#define SAVES "(a" SAVE "aay)"
#define INITRDS_MAX 64

static GVariant *
parse (GBytes *bytes, const char *type)
{
  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, FALSE));
}

static GBytes *
serialise (GVariant *floating)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (floating);

  return g_variant_get_data_as_bytes (value);
}

static GVariant *
text (const char *value)
{
  return g_variant_new_bytestring (value != NULL ? value : "");
}

/* NULL for "". */
static char *
take_text (GVariant *tuple, gsize index)
{
  g_autoptr (GVariant) child = g_variant_get_child_value (tuple, index);
  const char *value = g_variant_get_bytestring (child);

  return *value != '\0' ? g_strdup (value) : NULL;
}

static guint32
take_number (GVariant *tuple, gsize index)
{
  g_autoptr (GVariant) child = g_variant_get_child_value (tuple, index);

  return g_variant_is_of_type (child, G_VARIANT_TYPE_INT32) ? (guint32) g_variant_get_int32 (child)
                                                            : g_variant_get_uint32 (child);
}

static gboolean
take_boolean (GVariant *tuple, gsize index)
{
  g_autoptr (GVariant) child = g_variant_get_child_value (tuple, index);

  return g_variant_get_boolean (child);
}

/* What was asked for. */
static GBytes *
answer (GVariant *floating)
{
  g_autoptr (GBytes) payload = serialise (floating);
  gsize size;
  const guint8 *data = g_bytes_get_data (payload, &size);

  return serialise (g_variant_new (
      "(u@ay@ay)", 0, text (NULL),
      g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, data, size, sizeof *data)));
}

GBytes *
domuimg_bootloader_request_write (const DomuimgBootloaderRequest *self)
{
  return serialise (g_variant_new ("(bbu@ay@ayb)", self->load, self->saves, self->entry, text (self->kernel),
                                   text (self->ramdisk), self->dry));
}

void
domuimg_bootloader_request_read (GBytes *bytes, DomuimgBootloaderRequest *self)
{
  g_autoptr (GVariant) value = parse (bytes, REQUEST);

  *self = (DomuimgBootloaderRequest){
    .load = take_boolean (value, 0),
    .saves = take_boolean (value, 1),
    .entry = take_number (value, 2),
    .kernel = take_text (value, 3),
    .ramdisk = take_text (value, 4),
    .dry = take_boolean (value, 5),
  };
}

void
domuimg_bootloader_request_clear (DomuimgBootloaderRequest *self)
{
  g_clear_pointer (&self->kernel, g_free);
  g_clear_pointer (&self->ramdisk, g_free);
}

static void
write_texts (GVariantBuilder *builder, const GPtrArray *texts)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE ("aay"));
  for (guint i = 0; i < texts->len; i++)
    g_variant_builder_add_value (builder, text (g_ptr_array_index (texts, i)));
  g_variant_builder_close (builder);
}

/* Whether anything is to be written when it is chosen, of @entry or of its menu. */
static void
write_entry (GVariantBuilder *builder, const DomuimgMenuEntry *entry, gboolean saves)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE (ENTRY));
  g_variant_builder_add_value (builder, text (entry->id));
  g_variant_builder_add_value (builder, text (entry->title));
  g_variant_builder_add_value (builder, text (entry->kernel));
  write_texts (builder, entry->initrds);
  g_variant_builder_add_value (builder, text (entry->cmdline));
  g_variant_builder_add_value (builder, text (entry->root_hint));
  g_variant_builder_add (builder, "u", entry->line);
  g_variant_builder_add (builder, "b", saves || entry->has_saves || entry->saves->len > 0 || entry->is_counted);
  g_variant_builder_close (builder);
}

GBytes *
domuimg_bootloader_menu_write (const DomuimgMenu *menu)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (MENU));

  g_variant_builder_add (&builder, "u", menu->format);
  g_variant_builder_add_value (&builder, text (menu->path));
  g_variant_builder_add_value (&builder, text (menu->title));
  g_variant_builder_add (&builder, "i", menu->default_entry);
  g_variant_builder_add_value (&builder, text (menu->wanted));
  g_variant_builder_add (&builder, "u", menu->timeout);
  g_variant_builder_add (&builder, "b", menu->waits);
  write_texts (&builder, menu->problems);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a" ENTRY));
  for (guint i = 0; i < menu->entries->len; i++)
    write_entry (&builder, g_ptr_array_index (menu->entries, i), menu->saves->len > 0);
  g_variant_builder_close (&builder);
  return answer (g_variant_builder_end (&builder));
}

GBytes *
domuimg_bootloader_loaded_write (const DomuimgBootloaderLoaded *loaded)
{
  return answer (g_variant_new ("(ub@ay)", loaded->slot, loaded->has_ramdisk,
                                text (loaded->note)));
}

void
domuimg_bootloader_save_free (gpointer data)
{
  DomuimgBootloaderSave *self = data;

  g_free (self->name);
  g_free (self->value);
  g_free (self);
}

GBytes *
domuimg_bootloader_saves_write (const GPtrArray *saves, const GPtrArray *notes)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (SAVES));

  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a" SAVE));
  for (guint i = 0; i < saves->len; i++)
    {
      const DomuimgBootloaderSave *save = g_ptr_array_index (saves, i);

      g_variant_builder_add (&builder, "(t@ay@ayb)", save->offset, text (save->name),
                             text (save->value), save->value != NULL);
    }
  g_variant_builder_close (&builder);
  write_texts (&builder, notes);
  return answer (g_variant_builder_end (&builder));
}

GBytes *
domuimg_bootloader_error_write (const GError *failure)
{
  guint code = failure->domain == DOMUIMG_ERROR ? failure->code : DOMUIMG_ERROR_FAILED;

  return serialise (g_variant_new ("(u@ay@ay)", code + 1, text (failure->message),
                                   g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0)));
}

/* What was asked for, as @type; NULL with the error that was sent. */
static GVariant *
open_answer (GBytes *bytes, const char *type, GError **error)
{
  g_autoptr (GVariant) value = parse (bytes, ANSWER), payload = NULL;
  g_autoptr (GBytes) inner = NULL;
  guint code = take_number (value, 0);
  gconstpointer data;
  gsize size;

  if (code != 0)
    {
      g_autofree char *message = take_text (value, 1);
      g_autofree char *plain = domuimg_bootloader_plain (message != NULL ? message : "");

      domuimg_fail (error, code - 1 <= DOMUIMG_ERROR_IO ? code - 1 : DOMUIMG_ERROR_FAILED, "%s",
                    plain);
      return NULL;
    }
  payload = g_variant_get_child_value (value, 2);
  data = g_variant_get_fixed_array (payload, &size, 1);
  /* A copy lies where its numbers can be read. */
  inner = g_bytes_new (data, size);
  return parse (inner, type);
}

static gboolean
refuse (const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                       "the process that reads the guest's disk gives an answer that makes no"
                       " sense (%s): the disk may have taken it over",
                       what);
}

static void
read_texts (GVariant *tuple, gsize index, GPtrArray *texts, gsize max)
{
  g_autoptr (GVariant) array = g_variant_get_child_value (tuple, index);
  gsize n = MIN (g_variant_n_children (array), max);

  for (gsize i = 0; i < n; i++)
    {
      char *one = take_text (array, i);

      g_ptr_array_add (texts, one != NULL ? one : g_strdup (""));
    }
}

static DomuimgMenuEntry *
read_entry (GVariant *value)
{
  DomuimgMenuEntry *entry = domuimg_menu_entry_new ();

  g_free (entry->cmdline);
  g_free (entry->title);
  entry->id = take_text (value, 0);
  entry->title = take_text (value, 1);
  entry->kernel = take_text (value, 2);
  read_texts (value, 3, entry->initrds, INITRDS_MAX);
  entry->cmdline = take_text (value, 4);
  entry->root_hint = take_text (value, 5);
  entry->line = take_number (value, 6);
  entry->has_saves = take_boolean (value, 7);
  if (entry->cmdline == NULL)
    entry->cmdline = g_strdup ("");
  if (entry->title == NULL)
    entry->title = g_strdup ("");
  return entry;
}

static gboolean
read_entries (GVariant *array, DomuimgMenu *menu, GError **error)
{
  gsize n = g_variant_n_children (array);

  if (n > DOMUIMG_MENU_ENTRIES)
    return refuse ("too many entries", error);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (array, i);

      g_ptr_array_add (menu->entries, read_entry (entry));
    }
  if (menu->default_entry < -1 || menu->default_entry >= (int) n)
    return refuse ("a default that is not an entry", error);
  return TRUE;
}

DomuimgMenu *
domuimg_bootloader_menu_read (GBytes *bytes, GError **error)
{
  g_autoptr (GVariant) value = open_answer (bytes, MENU, error), entries = NULL;
  g_autoptr (DomuimgMenu) menu = NULL;
  g_autofree char *path = NULL;
  guint format;

  if (value == NULL)
    return NULL;
  format = take_number (value, 0);
  path = take_text (value, 1);
  if (format > DOMUIMG_MENU_UKI)
    {
      refuse ("no kind of menus", error);
      return NULL;
    }
  menu = domuimg_menu_new (format, path != NULL ? path : "");
  menu->title = take_text (value, 2);
  menu->default_entry = (int) take_number (value, 3);
  menu->wanted = take_text (value, 4);
  menu->timeout = take_number (value, 5);
  menu->waits = take_boolean (value, 6);
  read_texts (value, 7, menu->problems, DOMUIMG_MENU_PROBLEMS);
  entries = g_variant_get_child_value (value, 8);
  return read_entries (entries, menu, error) ? g_steal_pointer (&menu) : NULL;
}

gboolean
domuimg_bootloader_loaded_read (GBytes *bytes, DomuimgBootloaderLoaded *loaded, GError **error)
{
  g_autoptr (GVariant) value = open_answer (bytes, LOADED, error);

  *loaded = (DomuimgBootloaderLoaded){ 0 };
  if (value == NULL)
    return FALSE;
  loaded->slot = take_number (value, 0);
  if (loaded->slot > 1)
    return refuse ("no such file", error);
  loaded->has_ramdisk = take_boolean (value, 1);
  loaded->note = take_text (value, 2);
  return TRUE;
}

static DomuimgBootloaderSave *
read_save (GVariant *value)
{
  DomuimgBootloaderSave *save = g_new0 (DomuimgBootloaderSave, 1);
  char *name = take_text (value, 1);

  g_variant_get_child (value, 0, "t", &save->offset);
  save->name = name != NULL ? name : g_strdup ("");
  save->value = take_text (value, 2);
  if (save->value == NULL && take_boolean (value, 3))
    save->value = g_strdup ("");
  return save;
}

gboolean
domuimg_bootloader_saves_read (GBytes *bytes, GPtrArray *saves, GPtrArray *notes, GError **error)
{
  g_autoptr (GVariant) value = open_answer (bytes, SAVES, error), array = NULL;
  gsize n;

  if (value == NULL)
    return FALSE;
  array = g_variant_get_child_value (value, 0);
  n = g_variant_n_children (array);
  if (n > 2 * DOMUIMG_MENU_SAVES)
    return refuse ("too many variables", error);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) save = g_variant_get_child_value (array, i);

      g_ptr_array_add (saves, read_save (save));
    }
  read_texts (value, 1, notes, DOMUIMG_MENU_PROBLEMS);
  return TRUE;
}

char *
domuimg_bootloader_plain (const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);
  GString *plain = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      g_string_append_unichar (plain, g_unichar_isprint (c) ? c : ' ');
    }
  return g_string_free (plain, FALSE);
}
