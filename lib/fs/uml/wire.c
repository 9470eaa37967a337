/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to and from the agent in User-mode Linux. */
#include "config.h"
#include "lib/fs/uml/wire.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/compare.h"

/* Verb, mount, path, target, offset, length, and what else there is. */
#define REQUEST "(yuayayttv)"
/* The code of an error + 1, or 0; its message; what was asked for. */
#define ANSWER "(uayv)"
#define BILLION 1000000000u

GVariant *
domuimg_uml_text (const char *text)
{
  return g_variant_new_bytestring (text != NULL ? text : "");
}

char *
domuimg_uml_take_text (GVariant *tuple, gsize index)
{
  g_autoptr (GVariant) child = g_variant_get_child_value (tuple, index);

  return g_strdup (g_variant_get_bytestring (child));
}

static GBytes *
serialise (GVariant *floating)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (floating);

  return g_variant_get_data_as_bytes (value);
}

static GVariant *
parse (GBytes *bytes, const char *type)
{
  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (type), bytes, FALSE));
}

GBytes *
domuimg_uml_request_write (const DomuimgUmlRequest *self)
{
  GVariant *extra = self->extra != NULL ? self->extra : g_variant_new_boolean (FALSE);

  return serialise (g_variant_new ("(yu@ay@ayttv)", (guint8) self->verb, self->mount,
                                   domuimg_uml_text (self->path), domuimg_uml_text (self->target),
                                   self->offset, self->length, extra));
}

gboolean
domuimg_uml_request_read (GBytes *bytes, DomuimgUmlRequest *self)
{
  g_autoptr (GVariant) value = parse (bytes, REQUEST);
  guint8 verb;

  g_variant_get_child (value, 0, "y", &verb);
  self->verb = verb;
  g_variant_get_child (value, 1, "u", &self->mount);
  self->path = domuimg_uml_take_text (value, 2);
  self->target = domuimg_uml_take_text (value, 3);
  g_variant_get_child (value, 4, "t", &self->offset);
  g_variant_get_child (value, 5, "t", &self->length);
  g_variant_get_child (value, 6, "v", &self->extra);
  return verb != 0;
}

void
domuimg_uml_request_clear (DomuimgUmlRequest *self)
{
  g_free (self->path);
  g_free (self->target);
  g_clear_pointer (&self->extra, g_variant_unref);
}

GBytes *
domuimg_uml_answer_write (GVariant *payload, const GError *failure)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (payload != NULL ? payload
                                                                   : g_variant_new_boolean (TRUE));
  guint code = 0;

  if (failure != NULL)
    code = 1 + (guint) (failure->domain == DOMUIMG_ERROR ? failure->code : DOMUIMG_ERROR_FAILED);
  return serialise (g_variant_new ("(u@ayv)", code,
                                   domuimg_uml_text (failure != NULL ? failure->message : NULL),
                                   owned));
}

static gboolean
fail_foreign (const char *name, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                       "%s: User-mode Linux, which reads it, gave an answer that cannot be true:"
                       " its filesystem may be made to break what reads it",
                       name);
}

/* Where a filesystem is mounted is nothing that a user knows of. */
static const char *
skip_mount_point (const char *message)
{
  gsize digits = g_str_has_prefix (message, "/m") ? strspn (message + 2, "0123456789") : 0;

  return digits > 0 ? message + 2 + digits : message;
}

GVariant *
domuimg_uml_answer_read (GBytes *bytes, const char *type, const char *name, GError **error)
{
  g_autoptr (GVariant) value = parse (bytes, ANSWER), payload = NULL;
  g_autofree char *message = domuimg_uml_take_text (value, 1), *valid = NULL;
  guint32 code;

  g_variant_get_child (value, 0, "u", &code);
  g_variant_get_child (value, 2, "v", &payload);
  if (code > 0)
    {
      valid = g_utf8_make_valid (skip_mount_point (message), -1);
      domuimg_fail (error, code <= DOMUIMG_ERROR_IO + 1 ? code - 1 : DOMUIMG_ERROR_IO, "%s: %s",
                    name, valid);
      return NULL;
    }
  if (!g_variant_is_of_type (payload, G_VARIANT_TYPE (type)))
    {
      fail_foreign (name, error);
      return NULL;
    }
  return g_steal_pointer (&payload);
}

static GVariant *
write_xattrs (const DomuimgEntry *entry)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ayay)"));
  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (entry->xattrs, i);

      g_variant_builder_add (&builder, "(@ay@ay)", domuimg_uml_text (xattr->name),
                             g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, xattr->value,
                                                       TRUE));
    }
  return g_variant_builder_end (&builder);
}

GVariant *
domuimg_uml_entry_write (const DomuimgEntry *entry, const char *path)
{
  return g_variant_new ("(@ayuuuuxuttuu@ayt@a(ayay)u)",
                        domuimg_uml_text (path != NULL ? path : entry->path),
                        (guint32) entry->type, entry->mode, entry->uid, entry->gid,
                        entry->mtime.sec, entry->mtime.nsec, entry->size, entry->allocated,
                        entry->dev_major, entry->dev_minor, domuimg_uml_text (entry->target),
                        entry->ino, write_xattrs (entry), entry->nlink);
}

static gboolean
read_xattrs (GVariant *list, DomuimgEntry *entry)
{
  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) pair = g_variant_get_child_value (list, i);
      g_autoptr (GVariant) value = g_variant_get_child_value (pair, 1);
      g_autofree char *name = domuimg_uml_take_text (pair, 0);

      if (*name == '\0')
        return FALSE;
      domuimg_entry_add_xattr (entry, name, g_variant_get_data (value),
                               g_variant_get_size (value));
    }
  return TRUE;
}

DomuimgEntry *
domuimg_uml_entry_read (GVariant *value, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0);
  g_autoptr (GVariant) target = NULL, xattrs = NULL;
  guint32 type;

  g_variant_get (value, "(@ayuuuuxuttuu@ayt@a(ayay)u)", NULL, &type, &entry->mode, &entry->uid,
                 &entry->gid, &entry->mtime.sec, &entry->mtime.nsec, &entry->size,
                 &entry->allocated, &entry->dev_major, &entry->dev_minor, &target, &entry->ino,
                 &xattrs, &entry->nlink);
  entry->type = type;
  if (type > DOMUIMG_ENTRY_HARD_LINK || entry->mode > 07777 || entry->mtime.nsec >= BILLION
      || entry->size > G_MAXINT64)
    return NULL;
  if (*g_variant_get_bytestring (target) != '\0')
    entry->target = g_strdup (g_variant_get_bytestring (target));
  return read_xattrs (xattrs, entry) ? g_steal_pointer (&entry) : NULL;
}

DomuimgEntry *
domuimg_uml_entry_read_whole (GVariant *value, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_uml_entry_read (value, path);

  if (entry == NULL || entry->type == DOMUIMG_ENTRY_HARD_LINK
      || (entry->type == DOMUIMG_ENTRY_SYMLINK) != (entry->target != NULL))
    return NULL;
  return g_steal_pointer (&entry);
}

/* Sorted; NULL where one is none, or there twice. */
static char **
read_names (GVariant *list)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (list, i);
      const char *name = g_variant_get_bytestring (child);

      if (*name == '\0' || strchr (name, '/') != NULL || g_str_equal (name, ".")
          || g_str_equal (name, ".."))
        return NULL;
      g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, domuimg_compare_strings);
  for (guint i = 1; i < names->len; i++)
    if (g_str_equal (names->pdata[i - 1], names->pdata[i]))
      return NULL;
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_steal (names, NULL);
}

static gboolean
has_name (char **sorted, const char *name)
{
  return bsearch (&name, sorted, g_strv_length (sorted), sizeof *sorted, domuimg_compare_strings) != NULL;
}

gboolean
domuimg_uml_entries_read (GVariant *value, const char *path, char ***names, GPtrArray **entries)
{
  g_autoptr (GVariant) first = g_variant_get_child_value (value, 0);
  g_autoptr (GVariant) second = g_variant_get_child_value (value, 1);
  g_autoptr (GPtrArray) found
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_entry_free);
  g_auto (GStrv) sorted = read_names (first);

  for (gsize i = 0; sorted != NULL && i < g_variant_n_children (second); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (second, i);
      g_autofree char *name = domuimg_uml_take_text (child, 0);
      g_autofree char *full = *path != '\0' ? g_strconcat (path, "/", name, NULL)
                                            : g_strdup (name);
      DomuimgEntry *entry = domuimg_uml_entry_read_whole (child, full);

      if (entry == NULL || !has_name (sorted, name))
        {
          g_clear_pointer (&entry, domuimg_entry_free);
          return FALSE;
        }
      g_ptr_array_add (found, entry);
    }
  if (sorted == NULL)
    return FALSE;
  *names = g_steal_pointer (&sorted);
  *entries = g_steal_pointer (&found);
  return TRUE;
}

static DomuimgApplianceVolume *
volume_of (GVariant *value)
{
  DomuimgApplianceVolume *volume = g_new0 (DomuimgApplianceVolume, 1);
  g_autoptr (GVariant) tags = g_variant_get_child_value (value, 2);
  g_autoptr (GVariant) head = g_variant_get_child_value (value, 3);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  volume->lv = domuimg_uml_take_text (value, 0);
  g_variant_get_child (value, 1, "t", &volume->length);
  for (gsize i = 0; i < g_variant_n_children (tags); i++)
    {
      g_autoptr (GVariant) pair = g_variant_get_child_value (tags, i);

      g_ptr_array_add (words, domuimg_uml_take_text (pair, 0));
      g_ptr_array_add (words, domuimg_uml_take_text (pair, 1));
    }
  g_ptr_array_add (words, NULL);
  volume->tags = (char **) g_ptr_array_steal (words, NULL);
  volume->head = g_variant_get_data_as_bytes (head);
  return volume;
}

/* lvm(8) says what names are valid. */
static gboolean
is_volume (const char *name)
{
  return g_regex_match_simple ("^[a-zA-Z0-9+_.-]+/[a-zA-Z0-9+_.-]+$", name, G_REGEX_DOLLAR_ENDONLY,
                               0);
}

GPtrArray *
domuimg_uml_volumes_read (GVariant *value)
{
  g_autoptr (GPtrArray) volumes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_appliance_volume_free);

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      DomuimgApplianceVolume *volume = volume_of (child);

      g_ptr_array_add (volumes, volume);
      if (!is_volume (volume->lv))
        return NULL;
    }
  return g_steal_pointer (&volumes);
}

gboolean
domuimg_uml_mailbox_put (guint8 *at, GBytes *message)
{
  gsize size;
  const void *data = g_bytes_get_data (message, &size);
  guint32 length = (guint32) size;

  if (size > DOMUIMG_UML_MESSAGE_MAX)
    return FALSE;
  memcpy (at + DOMUIMG_UML_MESSAGE_HEAD, data, size);
  memcpy (at, &length, sizeof length);
  return TRUE;
}

GBytes *
domuimg_uml_mailbox_take (const guint8 *at)
{
  guint32 length;

  memcpy (&length, at, sizeof length);
  if (length > DOMUIMG_UML_MESSAGE_MAX)
    return NULL;
  return g_bytes_new (at + DOMUIMG_UML_MESSAGE_HEAD, length);
}
