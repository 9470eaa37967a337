/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a parser says comes next, as bytes between processes. */
#include "config.h"
#include "lib/netboot/next.h"

#include <string.h>

#include "lib/netboot/url.h"

#define REPLY_TYPE "(uussasssbuia(sss))"
#define URLS_MAX 64
#define CMDLINE_MAX 4096

static void
file_free (gpointer data)
{
  DomuimgNetbootFile *self = data;

  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_free (self);
}

static void
answer_free (gpointer data)
{
  DomuimgNetbootAnswer *self = data;

  g_free (self->cmdline);
  g_free (self);
}

DomuimgNetbootState *
domuimg_netboot_state_new (void)
{
  DomuimgNetbootState *self = g_new0 (DomuimgNetbootState, 1);

  self->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, file_free);
  self->answers = g_ptr_array_new_with_free_func (answer_free);
  return self;
}

void
domuimg_netboot_state_free (DomuimgNetbootState *self)
{
  g_hash_table_unref (self->facts);
  g_hash_table_unref (self->files);
  g_ptr_array_unref (self->answers);
  g_free (self);
}

void
domuimg_netboot_state_set (DomuimgNetbootState *self, const char *name, const char *value)
{
  if (value != NULL)
    g_hash_table_insert (self->facts, g_strdup (name), g_utf8_make_valid (value, -1));
}

const char *
domuimg_netboot_state_get (const DomuimgNetbootState *self, const char *name)
{
  return g_hash_table_lookup (self->facts, name);
}

void
domuimg_netboot_state_add_file (DomuimgNetbootState *self, const char *url, GBytes *bytes,
                                gboolean truncated)
{
  DomuimgNetbootFile *file = g_new0 (DomuimgNetbootFile, 1);

  file->bytes = bytes != NULL ? g_bytes_ref (bytes) : NULL;
  file->truncated = truncated;
  g_hash_table_insert (self->files, g_strdup (url), file);
}

void
domuimg_netboot_state_answer (DomuimgNetbootState *self, int index, const char *cmdline)
{
  DomuimgNetbootAnswer *answer = g_new0 (DomuimgNetbootAnswer, 1);

  answer->index = index;
  answer->cmdline = cmdline != NULL ? g_utf8_make_valid (cmdline, -1) : NULL;
  g_ptr_array_add (self->answers, answer);
}

static GBytes *
write_variant (GVariant *variant)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (variant);

  return g_variant_get_data_as_bytes (owned);
}

static void
write_files (GVariantBuilder *builder, GHashTable *files)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, files);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const DomuimgNetbootFile *file = value;
      g_autoptr (GBytes) bytes
          = file->bytes != NULL ? g_bytes_ref (file->bytes) : g_bytes_new (NULL, 0);

      g_variant_builder_add (builder, "{s(bb@ay)}", name, file->bytes != NULL, file->truncated,
                             g_variant_new_from_bytes (G_VARIANT_TYPE ("ay"), bytes, TRUE));
    }
}

GBytes *
domuimg_netboot_state_write (const DomuimgNetbootState *self)
{
  GVariantBuilder builder;
  GHashTableIter iter;
  gpointer name, value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (DOMUIMG_NETBOOT_REQUEST_TYPE));
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{ss}"));
  g_hash_table_iter_init (&iter, self->facts);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_variant_builder_add (&builder, "{ss}", name, value);
  g_variant_builder_close (&builder);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a{s(bbay)}"));
  write_files (&builder, self->files);
  g_variant_builder_close (&builder);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a(ims)"));
  for (guint i = 0; i < self->answers->len; i++)
    {
      const DomuimgNetbootAnswer *answer = g_ptr_array_index (self->answers, i);

      g_variant_builder_add (&builder, "(ims)", answer->index, answer->cmdline);
    }
  g_variant_builder_close (&builder);
  return write_variant (g_variant_builder_end (&builder));
}

/* Bytes of a GVariant that anybody wrote, in memory that is aligned as it wants. */
static GVariant *
read_variant (GBytes *bytes, const char *type)
{
  gsize size = g_bytes_get_size (bytes);
  g_autoptr (GBytes) copy = g_bytes_new (g_bytes_get_data (bytes, NULL), size);
  GVariant *variant
      = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (type), copy, FALSE));

  if (g_variant_is_normal_form (variant))
    return variant;
  g_variant_unref (variant);
  return NULL;
}

DomuimgNetbootState *
domuimg_netboot_state_read (GBytes *request)
{
  g_autoptr (GVariant) variant = read_variant (request, DOMUIMG_NETBOOT_REQUEST_TYPE);
  DomuimgNetbootState *self = domuimg_netboot_state_new ();
  g_autoptr (GVariantIter) facts = NULL;
  g_autoptr (GVariantIter) files = NULL;
  g_autoptr (GVariantIter) answers = NULL;
  const char *name, *value;
  gboolean present, truncated;
  GVariant *content;
  int index;

  if (variant == NULL)
    return self;
  g_variant_get (variant, DOMUIMG_NETBOOT_REQUEST_TYPE, &facts, &files, &answers);
  while (g_variant_iter_next (facts, "{&s&s}", &name, &value))
    domuimg_netboot_state_set (self, name, value);
  while (g_variant_iter_next (files, "{&s(bb@ay)}", &name, &present, &truncated, &content))
    {
      g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (content);

      domuimg_netboot_state_add_file (self, name, present ? bytes : NULL, truncated);
      g_variant_unref (content);
    }
  while (g_variant_iter_next (answers, "(im&s)", &index, &value))
    domuimg_netboot_state_answer (self, index, value);
  return self;
}

DomuimgNetbootNext *
domuimg_netboot_next_new (void)
{
  DomuimgNetbootNext *self = g_new0 (DomuimgNetbootNext, 1);

  self->urls = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
domuimg_netboot_next_free (DomuimgNetbootNext *self)
{
  g_free (self->text);
  g_free (self->cmdline);
  g_ptr_array_unref (self->urls);
  g_clear_pointer (&self->menu, domuimg_menu_free);
  g_free (self);
}

/* What is in menus may be in any encoding. */
static GVariant *
text_new (const char *text)
{
  return g_variant_new_take_string (g_utf8_make_valid (text != NULL ? text : "", -1));
}

static void
write_entries (GVariantBuilder *builder, const DomuimgMenu *menu)
{
  for (guint i = 0; menu != NULL && i < menu->entries->len; i++)
    {
      const DomuimgMenuEntry *entry = g_ptr_array_index (menu->entries, i);

      g_variant_builder_add (builder, "(@s@s@s)", text_new (entry->id), text_new (entry->title),
                             text_new (entry->cmdline));
    }
}

GBytes *
domuimg_netboot_next_write (const DomuimgNetbootNext *self)
{
  const DomuimgMenu *menu = self->menu;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (REPLY_TYPE));
  g_variant_builder_add (&builder, "u", (guint32) self->kind);
  g_variant_builder_add (&builder, "u", (guint32) self->code);
  g_variant_builder_add (&builder, "@s", text_new (self->text));
  g_variant_builder_add (&builder, "@s", text_new (self->cmdline));
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < self->urls->len; i++)
    g_variant_builder_add (&builder, "@s", text_new (self->urls->pdata[i]));
  g_variant_builder_close (&builder);
  g_variant_builder_add (&builder, "@s", text_new (menu != NULL ? menu->path : NULL));
  g_variant_builder_add (&builder, "@s", text_new (menu != NULL ? menu->title : NULL));
  g_variant_builder_add (&builder, "b", menu != NULL && menu->waits);
  g_variant_builder_add (&builder, "u", (guint32) (menu != NULL ? menu->timeout : 0));
  g_variant_builder_add (&builder, "i", menu != NULL ? menu->default_entry : -1);
  g_variant_builder_open (&builder, G_VARIANT_TYPE ("a(sss)"));
  write_entries (&builder, menu);
  g_variant_builder_close (&builder);
  return write_variant (g_variant_builder_end (&builder));
}

static gboolean
urls_are_right (const DomuimgNetbootNext *self)
{
  gboolean wants = self->kind == DOMUIMG_NETBOOT_NEED || self->kind == DOMUIMG_NETBOOT_BOOT;

  if (self->urls->len > URLS_MAX || (wants && self->urls->len == 0))
    return FALSE;
  for (guint i = 0; i < self->urls->len; i++)
    if (!domuimg_netboot_is_url (self->urls->pdata[i]))
      return FALSE;
  return TRUE;
}

static gboolean
is_right (const DomuimgNetbootNext *self, guint32 kind, guint32 code)
{
  return kind <= DOMUIMG_NETBOOT_BOOT && code <= DOMUIMG_ERROR_IO && urls_are_right (self)
         && strlen (self->cmdline) <= CMDLINE_MAX && strpbrk (self->cmdline, "\n\r") == NULL
         && (kind != DOMUIMG_NETBOOT_MENU
             || (self->menu->entries->len > 0
                 && self->menu->default_entry < (int) self->menu->entries->len));
}

static void
read_entries (DomuimgMenu *menu, GVariantIter *entries)
{
  char *id, *title, *cmdline;

  while (g_variant_iter_next (entries, "(sss)", &id, &title, &cmdline))
    {
      DomuimgMenuEntry *entry = domuimg_menu_entry_new ();

      entry->id = id;
      entry->title = title;
      entry->cmdline = cmdline;
      domuimg_menu_add_entry (menu, entry);
    }
}

DomuimgNetbootNext *
domuimg_netboot_next_read (GBytes *reply, GError **error)
{
  g_autoptr (GVariant) variant = read_variant (reply, REPLY_TYPE);
  g_autoptr (DomuimgNetbootNext) self = domuimg_netboot_next_new ();
  g_autoptr (GVariantIter) urls = NULL;
  g_autoptr (GVariantIter) entries = NULL;
  const char *path, *title;
  guint32 kind = G_MAXUINT32, code = 0;
  gboolean waits;
  char *url;

  if (variant != NULL)
    {
      int default_entry;
      guint32 timeout;

      g_variant_get (variant, "(uussas&s&sbuia(sss))", &kind, &code, &self->text, &self->cmdline,
                     &urls, &path, &title, &waits, &timeout, &default_entry, &entries);
      while (g_variant_iter_next (urls, "s", &url))
        g_ptr_array_add (self->urls, url);
      self->menu = domuimg_menu_new (DOMUIMG_MENU_EXTLINUX, path);
      self->menu->title = *title != '\0' ? g_strdup (title) : NULL;
      self->menu->waits = waits;
      self->menu->timeout = MIN (timeout, 3600);
      self->menu->default_entry = default_entry;
      read_entries (self->menu, entries);
      self->kind = kind;
      self->code = code;
    }
  if (variant != NULL && is_right (self, kind, code))
    return g_steal_pointer (&self);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                "what a boot server sent upset its parser, or has a line that is too long");
  return NULL;
}
