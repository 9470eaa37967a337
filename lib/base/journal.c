/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that names what has to be undone, for the process that comes after a kill. */
#include "config.h"
#include "lib/base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/directory.h"
#include "lib/base/exchange.h"
#include "lib/base/fd.h"
#include "lib/base/locked-file.h"

#define SUFFIX ".journal"
#define ID_LENGTH 8
/* Both of one length: one takes the place of the other. */
#define COMMIT "[\"commit\"]\n"
#define UNDONE "[\"undone\"]\n"
#define JOURNAL_MAX (16 << 20)
#define ATTEMPTS 100

G_STATIC_ASSERT (sizeof COMMIT == sizeof UNDONE);

struct _DomuimgJournal {
  char *path;
  char *id;
  int fd;
  off_t end;       /* of the records that are whole */
  off_t commit_at; /* -1: there is none */
  gboolean is_named; /* its name is on the disk */
};

DomuimgJournalRecord *
domuimg_journal_record_new (const char *verb, const char *path, const char *to, gboolean replace)
{
  DomuimgJournalRecord *self = g_new0 (DomuimgJournalRecord, 1);

  self->verb = g_strdup (verb);
  self->path = g_strdup (path);
  self->to = g_strdup (to);
  self->replace = replace;
  return self;
}

void
domuimg_journal_record_free (DomuimgJournalRecord *self)
{
  g_free (self->verb);
  g_free (self->path);
  g_free (self->to);
  g_free (self->was);
  g_free (self->is);
  g_free (self->wanted);
  g_free (self);
}

/* Root's belong to the machine, others' to their own state. */
static char *
choose_directory (void)
{
  const char *chosen = g_getenv ("DOMUIMG_STATE_DIR");

  if (chosen != NULL && *chosen != '\0')
    return g_strdup (chosen);
  if (geteuid () == 0)
    return g_strdup ("/var/lib/domuimg/journal");
  return g_build_filename (g_get_user_state_dir (), "domuimg", "journal", NULL);
}

char *
domuimg_journal_directory (GError **error)
{
  g_autofree char *directory = choose_directory ();

  if (g_mkdir_with_parents (directory, 0700) == 0)
    return g_steal_pointer (&directory);
  domuimg_set_errno (error, errno, "making the directory %s for the journal", directory);
  return NULL;
}

static char *
choose_state_directory (const char *name)
{
  const char *chosen = g_getenv ("DOMUIMG_GUESTS_DIR");

  if (chosen != NULL && *chosen != '\0')
    return g_build_filename (chosen, name, NULL);
  if (geteuid () == 0)
    return g_build_filename ("/var/lib/domuimg", name, NULL);
  return g_build_filename (g_get_user_state_dir (), "domuimg", name, NULL);
}

char *
domuimg_state_directory (const char *name, GError **error)
{
  g_autofree char *directory = choose_state_directory (name);

  if (g_mkdir_with_parents (directory, 0700) == 0)
    return g_steal_pointer (&directory);
  domuimg_set_errno (error, errno, "making the directory %s", directory);
  return NULL;
}

static DomuimgJournal *
journal_new (const char *path, int fd)
{
  DomuimgJournal *self = g_new0 (DomuimgJournal, 1);
  g_autofree char *name = g_path_get_basename (path);

  self->path = g_strdup (path);
  self->id = g_strndup (name, strlen (name) - strlen (SUFFIX));
  self->fd = fd;
  self->commit_at = -1;
  return self;
}

static int
create_locked (const char *directory, char **path)
{
  int fd = -1;

  /* A cleanup may take one over before it is locked. */
  for (guint i = 0; i < ATTEMPTS; i++)
    {
      g_autofree char *uuid = g_uuid_string_random ();

      g_free (*path);
      *path = g_strdup_printf ("%s/%.*s" SUFFIX, directory, ID_LENGTH, uuid);
      fd = domuimg_locked_file_open (*path, O_CREAT | O_EXCL);
      if (fd >= 0 || (errno != EWOULDBLOCK && errno != ESTALE && errno != EEXIST))
        return fd;
    }
  return fd;
}

DomuimgJournal *
domuimg_journal_create (GError **error)
{
  g_autofree char *directory = domuimg_journal_directory (error);
  g_autofree char *path = NULL;
  int fd;

  if (directory == NULL)
    return NULL;
  fd = create_locked (directory, &path);
  if (fd >= 0)
    return journal_new (path, fd);
  domuimg_set_errno (error, errno, "making the journal %s", path);
  return NULL;
}

const char *
domuimg_journal_get_id (DomuimgJournal *self)
{
  return self->id;
}

static char *
words_to_line (const char *const *words)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_array (builder);
  for (guint i = 0; words[i] != NULL; i++)
    json_builder_add_string_value (builder, words[i]);
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  return g_strconcat (text, "\n", NULL);
}

static gboolean
append_line (DomuimgJournal *self, const char *line, GError **error)
{
  if (!domuimg_pwrite_all (self->fd, line, strlen (line), (guint64) self->end))
    {
      domuimg_set_errno (error, errno, "writing the journal %s", self->path);
      /* A part of a line is no record, and must not become one with the next. */
      if (ftruncate (self->fd, self->end) != 0)
        g_prefix_error (error, "cutting off a part of a record failed, and: ");
      return FALSE;
    }
  self->end += (off_t) strlen (line);
  return TRUE;
}

gboolean
domuimg_journal_append (DomuimgJournal *self, const DomuimgJournalRecord *record, GError **error)
{
  const char *words[] = { record->verb, record->path, record->to,
                          record->replace ? "replace" : "keep", NULL };
  g_autofree char *line = NULL;

  if (record->to == NULL)
    words[2] = NULL;
  line = words_to_line (words);
  return append_line (self, line, error);
}

gboolean
domuimg_journal_append_labels (DomuimgJournal *self, const DomuimgJournalRecord *record,
                               GError **error)
{
  const char *words[] = { "expect", record->to, record->was, record->is, NULL };
  g_autofree char *line = words_to_line (words);

  return append_line (self, line, error);
}

gboolean
domuimg_journal_append_commit (DomuimgJournal *self, GError **error)
{
  off_t at = self->end;

  if (!append_line (self, COMMIT, error))
    return FALSE;
  self->commit_at = at;
  return TRUE;
}

gboolean
domuimg_journal_revoke_commit (DomuimgJournal *self, GError **error)
{
  if (self->commit_at < 0)
    return TRUE;
  return (domuimg_pwrite_all (self->fd, UNDONE, strlen (UNDONE), (guint64) self->commit_at)
          || domuimg_set_errno (error, errno, "writing the journal %s", self->path))
         && domuimg_journal_sync (self, error);
}

gboolean
domuimg_journal_sync (DomuimgJournal *self, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (self->path);

  if (fdatasync (self->fd) != 0)
    return domuimg_set_errno (error, errno, "writing the journal %s", self->path);
  if (!self->is_named && !domuimg_sync_directory (directory, error))
    return FALSE;
  self->is_named = TRUE;
  return TRUE;
}

void
domuimg_journal_close (DomuimgJournal *self, gboolean remove)
{
  if (remove)
    unlink (self->path);
  close (self->fd);
  g_free (self->path);
  g_free (self->id);
  g_free (self);
}

char **
domuimg_journal_list (GError **error)
{
  g_autofree char *directory = choose_directory ();
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!domuimg_directory_open_if_any (directory, &dir, error))
    return NULL;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (g_str_has_suffix (name, SUFFIX))
        g_strv_builder_add (paths, path);
    }
  return g_strv_builder_end (paths);
}

char *
domuimg_journal_path (const char *id, GError **error)
{
  g_autofree char *directory = choose_directory ();

  if (*id != '\0' && strchr (id, '/') == NULL)
    return g_strdup_printf ("%s/%s" SUFFIX, directory, id);
  domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                "“%s” is not the ID of a transaction; domuimg cleanup names those that there are",
                id);
  return NULL;
}

static const char *
element (JsonArray *array, guint i)
{
  return i < json_array_get_length (array) ? json_array_get_string_element (array, i) : NULL;
}

/* To the newest record of that name. */
static void
take_labels (GPtrArray *records, JsonArray *array)
{
  for (guint i = records->len; i > 0; i--)
    {
      DomuimgJournalRecord *record = g_ptr_array_index (records, i - 1);

      if (record->to == NULL || g_strcmp0 (record->to, element (array, 1)) != 0)
        continue;
      g_free (record->was);
      g_free (record->is);
      record->was = g_strdup (element (array, 2));
      record->is = g_strdup (element (array, 3));
      return;
    }
}

static void
take_line (GPtrArray *records, const char *line)
{
  g_autoptr (JsonNode) node = json_from_string (line, NULL);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      if (json_node_get_value_type (json_array_get_element (array, i)) != G_TYPE_STRING)
        return;
    }
  if (element (array, 0) == NULL)
    return;
  if (g_str_equal (element (array, 0), "expect"))
    take_labels (records, array);
  else
    g_ptr_array_add (records,
                     domuimg_journal_record_new (element (array, 0), element (array, 1),
                                                 element (array, 2),
                                                 g_strcmp0 (element (array, 3), "replace") == 0));
}

/* By the descriptor that is locked: another file may have the name by now. */
static gboolean
read_all (DomuimgJournal *self, GString *text, GError **error)
{
  char block[16384];
  gssize got;

  while ((got = pread (self->fd, block, sizeof block, (off_t) text->len)) != 0)
    {
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading the journal %s", self->path);
      g_string_append_len (text, block, got);
      if (text->len > JOURNAL_MAX)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is too large for a journal",
                             self->path);
    }
  return TRUE;
}

static void
take_lines (DomuimgJournal *self, const char *text, GPtrArray *records)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    {
      take_line (records, lines[i]);
      if (g_str_has_prefix (COMMIT, lines[i]) && strlen (lines[i]) + 1 == strlen (COMMIT))
        self->commit_at = self->end;
      self->end += (off_t) strlen (lines[i]) + 1;
    }
}

DomuimgJournal *
domuimg_journal_take_over (const char *path, GPtrArray **records, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int fd = domuimg_locked_file_open (path, 0);
  DomuimgJournal *self;

  if (fd < 0)
    {
      if (errno != EWOULDBLOCK && errno != ESTALE && errno != ENOENT)
        domuimg_set_errno (error, errno, "opening the journal %s", path);
      return NULL;
    }
  self = journal_new (path, fd);
  self->is_named = TRUE;
  if (!read_all (self, text, error))
    {
      domuimg_journal_close (self, FALSE);
      return NULL;
    }
  *records = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_journal_record_free);
  take_lines (self, text->str, *records);
  return self;
}
