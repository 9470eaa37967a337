/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what a run of a program has opened. */
#include "config.h"
#include "lib/app/trace.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/compare.h"

#define HEADER "# What a run has opened, by domuimg trace.\n"

/* Calls that use a file; where its path is among their arguments. */
static const struct {
  const char *name;
  gboolean is_at; /* a directory comes first */
} calls[] = {
  { "open", FALSE }, { "openat", TRUE },   { "openat2", TRUE },  { "execve", FALSE },
  { "execveat", TRUE }, { "readlink", FALSE }, { "readlinkat", TRUE }, { "creat", FALSE },
};

/* "\"a\\40b\"": a string as strace writes it; *@at moves behind it. NULL where it is none, or cut off. */
static char *
take_string (const char **at)
{
  const char *end;
  char *text;

  if (**at != '"')
    return NULL;
  for (end = *at + 1; *end != '"'; end++)
    {
      if (*end == '\\' && end[1] != '\0')
        end++;
      if (*end == '\0')
        return NULL;
    }
  g_autofree char *quoted = g_strndup (*at + 1, (gsize) (end - *at - 1));
  *at = end + 1;
  if (g_str_has_prefix (*at, "..."))
    return NULL;
  text = g_strcompress (quoted);
  return text;
}

/* "AT_FDCWD</srv>, " or "3</etc>, ": with -y, strace says which directory a descriptor is. */
static char *
take_directory (const char **at)
{
  const char *comma = strchr (*at, ',');
  const char *open = strchr (*at, '<');
  const char *close = open != NULL && (comma == NULL || open < comma) ? strchr (open, '>') : NULL;

  if (close != NULL)
    comma = strchr (close, ',');
  if (comma == NULL)
    return NULL;
  *at = comma + 1 + strspn (comma + 1, " ");
  return close != NULL ? g_strndup (open + 1, (gsize) (close - open - 1)) : g_strdup ("/");
}

/* The start of the call: behind "[pid  12] ", "12 " or "12 10:00:00 ". */
static const char *
skip_prefix (const char *line)
{
  line += strspn (line, " ");
  if (g_str_has_prefix (line, "[pid"))
    {
      const char *end = strchr (line, ']');

      return end != NULL ? end + 1 + strspn (end + 1, " ") : line + strlen (line);
    }
  return line + strspn (line, "0123456789:. ");
}

/* Whether the call has worked. */
static gboolean
has_worked (const char *rest)
{
  const char *equals = NULL;

  /* A path, with its own ") = ", may follow the number: "= 3</etc/a) = b>". */
  for (const char *at = rest; equals == NULL && (at = strstr (at, ")")) != NULL; at++)
    if (at[1 + strspn (at + 1, " ")] == '=')
      equals = at + 1 + strspn (at + 1, " ");
  return equals != NULL && g_ascii_isdigit (equals[1 + strspn (equals + 1, " ")]);
}

/* What the call is about, whether it has worked or not; *@at moves behind its path. What is only looked
 * up (O_PATH) or made (O_CREAT) by the run need not be there before. */
static char *
take_path (const char *call, const char **at)
{
  gsize length = strcspn (call, "(");

  for (guint i = 0; call[length] == '(' && i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *directory = NULL, *path = NULL;

      *at = call + length + 1;
      if (strlen (calls[i].name) != length || strncmp (calls[i].name, call, length) != 0)
        continue;
      directory = calls[i].is_at ? take_directory (at) : g_strdup ("/");
      path = directory != NULL ? take_string (at) : NULL;
      if (path == NULL || *path == '\0' || strchr (path, '\n') != NULL
          || strstr (*at, "O_PATH") != NULL || strstr (*at, "O_CREAT") != NULL)
        return NULL;
      return g_canonicalize_filename (path, *directory == '/' ? directory : "/");
    }
  return NULL;
}

typedef struct {
  GPtrArray *paths;
  GHashTable *seen;    /* of what is in @paths */
  GHashTable *pending; /* process -> path of a call whose end comes on a later line */
} Parser;

static void
add_path (Parser *self, char *path)
{
  if (path == NULL || g_hash_table_contains (self->seen, path))
    {
      g_free (path);
      return;
    }
  g_hash_table_add (self->seen, path);
  g_ptr_array_add (self->paths, path);
}

/* "12 openat(3</etc>, "a", O_RDONLY <unfinished ...>" and later "12 <... openat resumed>) = 4". */
static void
take_line (Parser *self, const char *line)
{
  const char *call = skip_prefix (line), *at = "";
  g_autofree char *process = g_strndup (line, (gsize) (call - line));
  g_autofree char *path = NULL;

  if (g_str_has_prefix (call, "<..."))
    {
      path = g_strdup (g_hash_table_lookup (self->pending, process));
      g_hash_table_remove (self->pending, process);
      at = call;
    }
  else
    path = take_path (call, &at);
  if (path == NULL)
    return;
  if (strstr (at, "<unfinished") != NULL)
    g_hash_table_insert (self->pending, g_steal_pointer (&process), g_steal_pointer (&path));
  else if (has_worked (at))
    add_path (self, g_steal_pointer (&path));
}

void
domuimg_strace_parse (const char *text, GPtrArray *paths)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) pending
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Parser self = { paths, seen, pending };

  for (guint i = 0; lines[i] != NULL; i++)
    take_line (&self, lines[i]);
}

char *
domuimg_trace_to_text (GPtrArray *paths)
{
  GString *text = g_string_new (HEADER);

  g_ptr_array_sort (paths, domuimg_compare_strings);
  for (guint i = 0; i < paths->len; i++)
    g_string_append_printf (text, "%s\n", (const char *) g_ptr_array_index (paths, i));
  return g_string_free (text, FALSE);
}

GPtrArray *
domuimg_trace_parse (const char *text, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (*lines[i] == '\0' || *lines[i] == '#')
        continue;
      if (*lines[i] != '/' || strstr (lines[i], "/../") != NULL)
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                        "line %u is not an absolute path: “%.64s”", i + 1, lines[i]);
          return NULL;
        }
      g_ptr_array_add (paths, g_strdup (lines[i]));
    }
  return g_steal_pointer (&paths);
}

char *
domuimg_trace_read_file (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  DomuimgError code = DOMUIMG_ERROR_IO;
  char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, &local))
    return text;
  if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    code = DOMUIMG_ERROR_NOT_FOUND;
  else if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_ACCES))
    code = DOMUIMG_ERROR_PERMISSION;
  domuimg_fail (error, code, "%s", local->message);
  return NULL;
}

gboolean
domuimg_trace_is_fleeting (const char *path)
{
  static const char *const places[] = { "/proc", "/sys", "/dev", "/run", "/var/run", "/tmp", "/var/tmp",
                                       "/etc/resolv.conf" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      gsize length = strlen (places[i]);

      if (strncmp (path, places[i], length) == 0 && (path[length] == '\0' || path[length] == '/'))
        return TRUE;
    }
  return g_str_equal (path, "/");
}
