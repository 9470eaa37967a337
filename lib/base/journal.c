/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that names what has to be undone, for the process that comes after a kill. */
#include "config.h"
#include "lib/base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SUFFIX ".journal"

struct _DomuimgJournal {
  char *path;
  char *id;
  int fd;
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
  g_free (self);
}

/* Root's belong to the machine, others' to their own state. */
static char *
journal_directory (void)
{
  const char *chosen = g_getenv ("DOMUIMG_STATE_DIR");

  if (chosen != NULL && *chosen != '\0')
    return g_strdup (chosen);
  if (geteuid () == 0)
    return g_strdup ("/var/lib/domuimg/journal");
  return g_build_filename (g_get_user_state_dir (), "domuimg", "journal", NULL);
}

static DomuimgJournal *
journal_open (const char *path, int flags, GError **error)
{
  DomuimgJournal *self;
  int fd = open (path, flags | O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    {
      domuimg_set_errno (error, errno, "opening the journal %s", path);
      return NULL;
    }
  if (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      domuimg_set_errno (error, errno, "locking the journal %s", path);
      close (fd);
      return NULL;
    }
  self = g_new0 (DomuimgJournal, 1);
  self->path = g_strdup (path);
  self->fd = fd;
  return self;
}

DomuimgJournal *
domuimg_journal_create (GError **error)
{
  g_autofree char *directory = journal_directory ();
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *id = g_strndup (uuid, 8);
  g_autofree char *path = g_strdup_printf ("%s/%s" SUFFIX, directory, id);
  DomuimgJournal *self;

  if (g_mkdir_with_parents (directory, 0700) != 0)
    {
      domuimg_set_errno (error, errno, "making the directory %s for the journal", directory);
      return NULL;
    }
  self = journal_open (path, O_CREAT | O_EXCL, error);
  if (self == NULL)
    return NULL;
  self->id = g_steal_pointer (&id);
  return self;
}

const char *
domuimg_journal_get_id (DomuimgJournal *self)
{
  return self->id;
}

static char *
record_to_line (const DomuimgJournalRecord *record)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_array (builder);
  json_builder_add_string_value (builder, record->verb);
  if (record->path != NULL)
    json_builder_add_string_value (builder, record->path);
  if (record->to != NULL)
    {
      json_builder_add_string_value (builder, record->to);
      json_builder_add_string_value (builder, record->replace ? "replace" : "keep");
    }
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  return g_strconcat (text, "\n", NULL);
}

gboolean
domuimg_journal_append (DomuimgJournal *self, const DomuimgJournalRecord *record, GError **error)
{
  g_autofree char *line = record_to_line (record);
  gssize length = strlen (line);

  if (write (self->fd, line, length) != length)
    return domuimg_set_errno (error, errno, "writing the journal %s", self->path);
  return TRUE;
}

gboolean
domuimg_journal_sync (DomuimgJournal *self, GError **error)
{
  if (fdatasync (self->fd) != 0)
    return domuimg_set_errno (error, errno, "writing the journal %s", self->path);
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
domuimg_journal_list (void)
{
  g_autofree char *directory = journal_directory ();
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (g_str_has_suffix (name, SUFFIX))
        g_strv_builder_add (paths, path);
    }
  return g_strv_builder_end (paths);
}

static const char *
element (JsonArray *array, guint i)
{
  return i < json_array_get_length (array) ? json_array_get_string_element (array, i) : NULL;
}

static DomuimgJournalRecord *
record_from_line (const char *line)
{
  g_autoptr (JsonNode) node = json_from_string (line, NULL);
  JsonArray *array;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      if (json_node_get_value_type (json_array_get_element (array, i)) != G_TYPE_STRING)
        return NULL;
    }
  if (element (array, 0) == NULL)
    return NULL;
  return domuimg_journal_record_new (element (array, 0), element (array, 1), element (array, 2),
                                     g_strcmp0 (element (array, 3), "replace") == 0);
}

DomuimgJournal *
domuimg_journal_take_over (const char *path, GPtrArray **records)
{
  DomuimgJournal *self = journal_open (path, 0, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (self == NULL)
    return NULL;
  *records = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_journal_record_free);
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return self;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    {
      DomuimgJournalRecord *record = record_from_line (lines[i]);

      if (record != NULL)
        g_ptr_array_add (*records, record);
    }
  return self;
}
