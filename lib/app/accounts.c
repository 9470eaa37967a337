/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The users and groups that a guest of one application knows. */
#include "config.h"
#include "lib/app/closure-private.h"

#include <string.h>

#define RULE_ACCOUNTS "accounts"

typedef struct {
  const char *path;
  guint fields;
  guint id; /* the field with the number */
} Database;

static const Database passwd = { "etc/passwd", 7, 2 };
static const Database group = { "etc/group", 4, 2 };

/* The numbers that own files, and names that were asked for. */
typedef struct {
  GHashTable *ids;   /* of guint32 */
  GHashTable *names;
} Wanted;

static void
wanted_clear (Wanted *self)
{
  g_hash_table_unref (self->ids);
  g_hash_table_unref (self->names);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wanted, wanted_clear)

static void
wanted_init (Wanted *self)
{
  self->ids = g_hash_table_new (NULL, NULL);
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static gboolean
is_wanted (const Wanted *self, GStrv fields, guint32 id)
{
  return id == 0 || g_hash_table_contains (self->ids, GUINT_TO_POINTER (id))
         || g_hash_table_contains (self->names, fields[0]);
}

/* A group keeps only those of its users that the guest has. */
static void
keep_members (GStrv fields, const Wanted *users)
{
  g_auto (GStrv) members = g_strsplit (fields[3], ",", -1);
  g_autoptr (GString) kept = g_string_new (NULL);

  for (guint i = 0; members[i] != NULL; i++)
    if (g_hash_table_contains (users->names, members[i]))
      g_string_append_printf (kept, "%s%s", kept->len > 0 ? "," : "", members[i]);
  g_free (fields[3]);
  fields[3] = g_strdup (kept->str);
}

/* The lines of @database that are wanted; what they are is noted: names in @names, the groups of users
 * in @groups. */
static char *
filter (DomuimgClosure *self, const Database *database, const Wanted *wanted, const Wanted *users,
        Wanted *names, Wanted *groups)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, database->path, NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  GString *kept = g_string_new (NULL);

  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ":", -1);
      g_autofree char *line = NULL;
      guint64 id, gid;

      if (g_strv_length (fields) != database->fields
          || !g_ascii_string_to_unsigned (fields[database->id], 10, 0, G_MAXUINT32, &id, NULL)
          || !is_wanted (wanted, fields, (guint32) id))
        continue;
      g_hash_table_add (names->names, g_strdup (fields[0]));
      if (database == &group)
        keep_members (fields, users);
      else if (g_ascii_string_to_unsigned (fields[3], 10, 0, G_MAXUINT32, &gid, NULL))
        g_hash_table_add (groups->ids, GUINT_TO_POINTER ((guint32) gid));
      line = g_strjoinv (":", fields);
      g_string_append_printf (kept, "%s\n", line);
    }
  return g_string_free (kept, FALSE);
}

static void
add_database (DomuimgClosure *self, const Database *database, char *text, const char *fallback)
{
  const DomuimgAppReason reason = { 0, RULE_ACCOUNTS, NULL };
  g_autoptr (DomuimgEntry) old = domuimg_tree_stat_follow (self->tree, database->path, NULL);
  DomuimgEntry *entry = domuimg_entry_new (database->path, DOMUIMG_ENTRY_FILE, 0644);

  entry->mtime = old != NULL ? old->mtime : domuimg_tree_get_time (self->tree);
  if (*text == '\0')
    {
      g_free (text);
      text = g_strdup (fallback);
    }
  domuimg_closure_add_made (self, entry, g_bytes_new_take (text, strlen (text)), &reason);
}

/* "NAME:GROUP" is a user and a group. */
static void
take_users (DomuimgClosure *self, Wanted *users, Wanted *groups)
{
  static const char *const always[] = { "root", "nobody" };

  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    g_hash_table_add (users->names, g_strdup (always[i]));
  g_hash_table_add (groups->names, g_strdup ("nogroup"));
  for (guint i = 0; i < self->rule_users->len; i++)
    g_hash_table_add (users->names, g_strdup (g_ptr_array_index (self->rule_users, i)));
  for (guint i = 0; i < self->users->len; i++)
    {
      g_auto (GStrv) parts = g_strsplit (g_ptr_array_index (self->users, i), ":", 2);

      for (guint j = 0; parts[j] != NULL; j++)
        {
          Wanted *into = j == 0 ? users : groups;
          guint64 id;

          if (g_ascii_string_to_unsigned (parts[j], 10, 0, G_MAXUINT32, &id, NULL))
            g_hash_table_add (into->ids, GUINT_TO_POINTER ((guint32) id));
          else
            g_hash_table_add (into->names, g_strdup (parts[j]));
        }
    }
}

/* The user whom the application runs as has to be one. */
static gboolean
check_users (DomuimgClosure *self, const Wanted *known, GError **error)
{
  for (guint i = 0; i < self->users->len; i++)
    {
      g_auto (GStrv) parts = g_strsplit (g_ptr_array_index (self->users, i), ":", 2);

      if (parts[0] == NULL)
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "--user is empty: give a user of this root");
      if (!g_ascii_isdigit (*parts[0]) && !g_hash_table_contains (known->names, parts[0]))
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                             "this root has no user “%s” in its /etc/passwd", parts[0]);
    }
  return TRUE;
}

gboolean
domuimg_closure_make_accounts (DomuimgClosure *self, GError **error)
{
  g_auto (Wanted) users = { 0 }, groups = { 0 }, known = { 0 }, rest = { 0 };
  char *text;

  wanted_init (&users);
  wanted_init (&groups);
  wanted_init (&known);
  wanted_init (&rest);
  take_users (self, &users, &groups);
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgAppFile *file = g_ptr_array_index (self->files, i);

      g_hash_table_add (users.ids, GUINT_TO_POINTER (file->entry->uid));
      g_hash_table_add (groups.ids, GUINT_TO_POINTER (file->entry->gid));
    }
  text = filter (self, &passwd, &users, NULL, &known, &groups);
  if (!check_users (self, &known, error))
    {
      g_free (text);
      return FALSE;
    }
  add_database (self, &passwd, text, "root:x:0:0:root:/root:/bin/sh\n");
  text = filter (self, &group, &groups, &known, &rest, &rest);
  add_database (self, &group, text, "root:x:0:\n");
  return TRUE;
}
