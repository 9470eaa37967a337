/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* root's password and SSH keys. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

#define SECONDS_A_DAY (24 * 60 * 60)

/* root as passwd(5) has it. */
typedef struct {
  char *home;
  guint32 gid;
  gboolean shadowed; /* the password is in shadow(5) */
} Root;

static void
root_clear (Root *self)
{
  g_free (self->home);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Root, root_clear)

static gboolean
find_root (DomuimgGuestRun *self, Root *root, GError **error)
{
  g_autofree char *text = NULL;

  if (!domuimg_edit_read (self->edit, "/etc/passwd", &text, error))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit_set (text != NULL ? text : "", "\r\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ":", -1);

      if (g_strv_length (fields) < 7 || !g_str_equal (fields[0], "root"))
        continue;
      root->home = g_strdup (fields[5][0] == '/' ? fields[5] : "/root");
      root->gid = (guint32) g_ascii_strtoull (fields[3], NULL, 10);
      root->shadowed = g_str_equal (fields[1], "x");
      return TRUE;
    }
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "The guest's /etc/passwd has no line for root: a login cannot be set up");
}

/* @text with field 1 of root's line set to @hash, and in a shadow file field 2, the day of
 * the change, to @day unless it is NULL. */
static char *
set_password_field (const char *text, const char *hash, const char *day, gboolean *found)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  *found = FALSE;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ":", -1);
      const char *end = lines[i + 1] != NULL ? "\n" : "";

      if (*found || g_strv_length (fields) < 3 || !g_str_equal (fields[0], "root"))
        {
          g_string_append_printf (out, "%s%s", lines[i], end);
          continue;
        }
      *found = TRUE;
      if (!g_str_equal (fields[1], hash))
        {
          g_free (fields[1]);
          fields[1] = g_strdup (hash);
          if (day != NULL)
            {
              g_free (fields[2]);
              fields[2] = g_strdup (day);
            }
        }
      g_autofree char *line = g_strjoinv (":", fields);
      g_string_append_printf (out, "%s%s", line, end);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
set_in_passwd (DomuimgGuestRun *self, const char *hash, GError **error)
{
  g_autofree char *old = NULL;
  gboolean found;

  if (!domuimg_edit_read (self->edit, "/etc/passwd", &old, error))
    return FALSE;
  g_autofree char *text = set_password_field (old, hash, NULL, &found);
  return domuimg_edit_write (self->edit, "/etc/passwd", text, 0644, error);
}

static gboolean
set_password (DomuimgGuestRun *self, const Root *root, GError **error)
{
  gboolean lock = self->want->root_password == DOMUIMG_ROOT_PASSWORD_LOCK;
  /* "!" is a lock that passwd -u would open, "*" matches no password: as Debian ships it. */
  const char *hash = lock ? "!*" : self->want->root_password_hash;
  g_autofree char *old = NULL;
  gboolean found;

  if (!domuimg_edit_read (self->edit, "/etc/shadow", &old, error))
    return FALSE;
  if (old == NULL)
    return set_in_passwd (self, hash, error);

  /* Day 0 means "to be changed at the next login", as a clock of 1970 would have it by mistake. */
  gint64 today = MAX (domuimg_tree_get_time (self->edit->tree).sec / SECONDS_A_DAY, 1);
  g_autofree char *day
      = g_strdup_printf ("%" G_GINT64_FORMAT, self->want->root_password_expired ? 0 : today);
  g_autofree char *text = set_password_field (old, hash, day, &found);
  if (!found)
    {
      g_autofree char *rest = g_steal_pointer (&text);
      const char *gap = *rest != '\0' && !g_str_has_suffix (rest, "\n") ? "\n" : "";

      text = g_strdup_printf ("%s%sroot:%s:%s:0:99999:7:::\n", rest, gap, hash, day);
    }
  if (!domuimg_edit_write (self->edit, "/etc/shadow", text, 0640, error))
    return FALSE;
  return root->shadowed || set_in_passwd (self, "x", error);
}

/* Type and key of a line of authorized_keys, without options and comment, so that the same
 * key is not added twice. */
static char *
key_of (const char *line)
{
  static const char *const types[] = { "ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-" };
  g_auto (GStrv) words = g_strsplit_set (line, " \t\r", -1);

  for (guint i = 0; words[i] != NULL && words[i + 1] != NULL; i++)
    for (guint j = 0; j < G_N_ELEMENTS (types); j++)
      if (g_str_has_prefix (words[i], types[j]))
        return g_strdup_printf ("%s %s", words[i], words[i + 1]);
  return g_strdup (line);
}

static char *
add_keys (const char *text, GPtrArray *keys)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) out = g_string_new (text);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i][0] != '#')
      g_hash_table_add (known, key_of (lines[i]));
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, '\n');
  for (guint i = 0; i < keys->len; i++)
    {
      const char *line = g_ptr_array_index (keys, i);

      if (g_hash_table_add (known, key_of (line)))
        g_string_append_printf (out, "%s\n", line);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* sshd refuses the file if others could write it, or its directory. */
static gboolean
restrict_to (DomuimgGuestRun *self, const char *path, guint32 mode, guint32 gid, GError **error)
{
  g_autofree char *real = domuimg_tree_resolve (self->edit->tree, path, error);

  if (real == NULL)
    return FALSE;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->edit->tree, real, error);
  if (entry == NULL)
    return FALSE;
  if (entry->mode == mode && entry->uid == 0 && entry->gid == gid)
    return TRUE;
  entry->mode = mode;
  entry->uid = 0;
  entry->gid = gid;
  if (!domuimg_tree_set_attributes (self->edit->tree, entry, error))
    return FALSE;
  domuimg_edit_note (self->edit, "set owner and mode of %s", path);
  return TRUE;
}

static gboolean
authorize_keys (DomuimgGuestRun *self, const Root *root, GError **error)
{
  g_autofree char *directory = g_build_path ("/", root->home, ".ssh", NULL);
  g_autofree char *file = g_strconcat (directory, "/authorized_keys", NULL);
  g_autofree char *old = NULL;

  if (!domuimg_edit_mkdir (self->edit, root->home, 0700, error)
      || !domuimg_edit_mkdir (self->edit, directory, 0700, error)
      || !domuimg_edit_read (self->edit, file, &old, error))
    return FALSE;
  g_autofree char *text = add_keys (old != NULL ? old : "", self->want->authorized_keys);
  return domuimg_edit_write (self->edit, file, text, 0600, error)
         && restrict_to (self, directory, 0700, root->gid, error)
         && restrict_to (self, file, 0600, root->gid, error);
}

gboolean
domuimg_guest_step_users (DomuimgGuestRun *self, GError **error)
{
  const DomuimgCustomise *want = self->want;
  g_auto (Root) root = { NULL };

  if (want->root_password == DOMUIMG_ROOT_PASSWORD_KEEP && want->authorized_keys->len == 0)
    return TRUE;
  if (!find_root (self, &root, error))
    return FALSE;
  if (want->root_password != DOMUIMG_ROOT_PASSWORD_KEEP && !set_password (self, &root, error))
    return FALSE;
  return want->authorized_keys->len == 0 || authorize_keys (self, &root, error);
}
