/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The labels of a guest's files, by its own policy's file_contexts. */
#include "config.h"
#include "lib/guest/selinux-contexts.h"

#include <string.h>
#include <sys/stat.h>

/* One line: the pattern is compiled when something is compared with it first. */
typedef struct {
  char *pattern;
  char type; /* as in ls -l, '-' for files; 0: any */
  char *label;
  GRegex *regex;
  gboolean is_bad; /* not a pattern that we can compile: matches nothing */
} Line;

struct _DomuimgSelinuxContexts {
  GPtrArray *lines;   /* of Line; the last that matches counts */
  GPtrArray *aliases; /* (element-type utf8) pairs: what begins with the first is the second */
};

static void
line_free (gpointer data)
{
  Line *self = data;

  g_free (self->pattern);
  g_free (self->label);
  g_clear_pointer (&self->regex, g_regex_unref);
  g_free (self);
}

void
domuimg_selinux_contexts_free (DomuimgSelinuxContexts *self)
{
  g_ptr_array_unref (self->lines);
  g_ptr_array_unref (self->aliases);
  g_free (self);
}

/* The words of a line; none for a comment. */
static GPtrArray *
words_of (const char *line)
{
  g_auto (GStrv) all = g_strsplit_set (line, " \t\r", -1);
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; all[i] != NULL && all[i][0] != '#'; i++)
    {
      if (all[i][0] != '\0')
        g_ptr_array_add (words, g_strdup (all[i]));
    }
  return words;
}

static void
add_line (DomuimgSelinuxContexts *self, const char *text)
{
  g_autoptr (GPtrArray) words = words_of (text);
  const char *type = words->len == 3 ? words->pdata[1] : "";
  Line *line;

  if (words->len < 2 || words->len > 3)
    return;
  line = g_new0 (Line, 1);
  line->pattern = g_strdup (words->pdata[0]);
  line->type = strlen (type) == 2 && type[0] == '-' ? type[1] : 0;
  line->label = g_strdup (words->pdata[words->len - 1]);
  g_ptr_array_add (self->lines, line);
}

static void
add_alias (DomuimgSelinuxContexts *self, const char *text)
{
  g_autoptr (GPtrArray) words = words_of (text);

  for (guint i = 0; words->len == 2 && i < 2; i++)
    g_ptr_array_add (self->aliases, g_strdup (words->pdata[i]));
}

static gboolean
read_file (DomuimgSelinuxContexts *self, DomuimgTree *tree, const char *path,
           void (*add) (DomuimgSelinuxContexts *self, const char *text), GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = domuimg_tree_read_text (tree, path, &local);
  g_auto (GStrv) lines = NULL;

  if (text == NULL && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  if (text == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    add (self, lines[i]);
  return TRUE;
}

/* What has nothing but itself to match comes after patterns, and so counts before them. */
static int
by_kind (gconstpointer a, gconstpointer b)
{
  const Line *one = *(const Line *const *) a;
  const Line *other = *(const Line *const *) b;
  gboolean one_is_plain = strpbrk (one->pattern, ".^$?*+|[({") == NULL;
  gboolean other_is_plain = strpbrk (other->pattern, ".^$?*+|[({") == NULL;

  return one_is_plain - other_is_plain;
}

gboolean
domuimg_selinux_contexts_read (DomuimgTree *tree, const char *name,
                               DomuimgSelinuxContexts **contexts, GError **error)
{
  static const struct {
    const char *suffix;
    void (*add) (DomuimgSelinuxContexts *self, const char *text);
  } files[] = { { "", add_line }, { ".homedirs", add_line }, { ".local", add_line },
                { ".subs", add_alias }, { ".subs_dist", add_alias } };
  g_autoptr (DomuimgSelinuxContexts) self = g_new0 (DomuimgSelinuxContexts, 1);

  *contexts = NULL;
  self->lines = g_ptr_array_new_with_free_func (line_free);
  self->aliases = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strdup_printf (
          "/etc/selinux/%s/contexts/files/file_contexts%s", name, files[i].suffix);

      if (!read_file (self, tree, path, files[i].add, error))
        return FALSE;
    }
  g_ptr_array_sort (self->lines, by_kind);
  if (self->lines->len > 0)
    *contexts = g_steal_pointer (&self);
  return TRUE;
}

static char
type_of (const DomuimgEntry *entry)
{
  switch (domuimg_entry_get_st_mode (entry) & S_IFMT)
    {
    case S_IFDIR: return 'd';
    case S_IFLNK: return 'l';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '-';
    }
}

static char *
follow_alias (DomuimgSelinuxContexts *self, const DomuimgEntry *entry)
{
  g_autofree char *path = g_strconcat ("/", entry->path, NULL);

  for (guint i = 0; i + 1 < self->aliases->len; i += 2)
    {
      const char *alias = self->aliases->pdata[i];
      gsize length = strlen (alias);

      if (g_str_has_prefix (path, alias) && (path[length] == '/' || path[length] == '\0'))
        return g_strconcat (self->aliases->pdata[i + 1], path + length, NULL);
    }
  return g_steal_pointer (&path);
}

static gboolean
matches (Line *line, const char *path)
{
  if (line->regex == NULL && !line->is_bad)
    {
      g_autofree char *whole = g_strconcat ("^(?:", line->pattern, ")$", NULL);

      line->regex = g_regex_new (whole, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY | G_REGEX_DOTALL, 0,
                                 NULL);
      line->is_bad = line->regex == NULL;
    }
  return !line->is_bad && g_regex_match (line->regex, path, 0, NULL);
}

const char *
domuimg_selinux_contexts_find (DomuimgSelinuxContexts *self, const DomuimgEntry *entry)
{
  g_autofree char *path = follow_alias (self, entry);
  char type = type_of (entry);

  for (guint i = self->lines->len; i-- > 0;)
    {
      Line *line = self->lines->pdata[i];

      if ((line->type == 0 || line->type == type) && matches (line, path))
        return g_str_equal (line->label, "<<none>>") ? NULL : line->label;
    }
  return NULL;
}
