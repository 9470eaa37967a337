/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

/* grub.cfg as pygrub (tools/pygrub/src/GrubConf.py of Xen 4.17) takes it: line by line, with no
 * variable expanded and no condition looked at, so that what is in an if happens in any case. Where
 * its parser raises an exception, no guest starts. */

typedef struct {
  DomuimgMenu *menu;
  DomuimgMenuEntry *entry; /* (nullable) */
  guint depth;             /* of submenus */
  gboolean in_function;
  char *wanted;
  gboolean raised;
} Parser;

static gboolean
give_up (Parser *self, guint line, const char *why)
{
  domuimg_menu_add_problem (self->menu, "line %u: pygrub gives up: %s", line, why);
  self->raised = TRUE;
  return FALSE;
}

/* One word and the rest, as its grub_exact_split: cut at blanks; the rest may be "". */
static char *
first_word (const char *line, const char **rest)
{
  gsize length = strcspn (line, " \t=");

  if (line[length] == '=')
    length = strcspn (line, " \t");
  *rest = line + length + strspn (line + length, " \t");
  return g_strndup (line, length);
}

static char *
strip_device (const char *path)
{
  const char *close = strchr (path, ')');

  return g_strdup (path[0] == '(' && close != NULL ? close + 1 : path);
}

static void
take_kernel (DomuimgMenuEntry *entry, const char *value)
{
  gsize length = strcspn (value, " \t");
  g_autofree char *path = g_strndup (value, length);

  g_free (entry->kernel);
  entry->kernel = strip_device (path);
  g_free (entry->cmdline);
  entry->cmdline = g_strdup (value + length + strspn (value + length, " \t"));
}

static void
take_entry_line (Parser *self, const char *key, const char *value, guint line)
{
  if (g_str_equal (key, "linux") || g_str_equal (key, "linux16"))
    take_kernel (self->entry, value);
  else if (g_str_equal (key, "initrd") || g_str_equal (key, "initrd16"))
    {
      g_ptr_array_set_size (self->entry->initrds, 0);
      g_ptr_array_add (self->entry->initrds, strip_device (value));
    }
  else if (g_str_equal (key, "set") && g_str_has_prefix (value, "root="))
    {
      g_free (self->entry->root_hint);
      self->entry->root_hint = g_strdup (value + strlen ("root="));
    }
}

/* set X=Y; what follows "set" without a "=" is a list of one, and unpacking that raises. */
static gboolean
take_set (Parser *self, const char *value, guint line)
{
  const char *equals = strchr (value, '=');
  g_autofree char *name = equals != NULL ? g_strndup (value, equals - value) : NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (equals == NULL)
    return TRUE;
  text = g_strstrip (g_strdup (equals + 1));
  length = strlen (text);
  if (length >= 2 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0])
    {
      memmove (text, text + 1, length - 2);
      text[length - 2] = '\0';
    }
  if (g_str_equal (name, "kernelopts"))
    return give_up (self, line, "it cannot read `set kernelopts=`");
  if (g_str_equal (name, "default"))
    {
      /* The saved entry is not known to it: the first is taken. */
      gboolean saved = g_str_equal (text, "${saved_entry}") || g_str_equal (text, "${next_entry}");

      g_free (self->wanted);
      self->wanted = g_strdup (saved ? "0" : text);
    }
  else if (g_str_equal (name, "timeout"))
    self->menu->timeout = g_ascii_strtoull (text, NULL, 10);
  return TRUE;
}

/* ^menuentry ["'](.*?)["'] (.*){ */
static char *
match_title (const char *line)
{
  g_autoptr (GRegex) regex
      = g_regex_new ("^menuentry [\"'](.*?)[\"'] (.*)\\{", G_REGEX_RAW, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, line, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

static gboolean
close_brace (Parser *self, guint line)
{
  if (self->entry == NULL && self->depth == 0)
    return give_up (self, line, "a closing brace without a menuentry");
  if (self->entry == NULL)
    self->depth--;
  else
    domuimg_menu_add_entry (self->menu, g_steal_pointer (&self->entry));
  return TRUE;
}

static gboolean
take_line (Parser *self, const char *line, guint number)
{
  g_autofree char *title = NULL;
  g_autofree char *key = NULL;
  const char *rest;

  if (g_str_has_prefix (line, "function"))
    self->in_function = TRUE;
  else if (self->in_function)
    self->in_function = *line != '}';
  else if ((title = match_title (line)) != NULL)
    {
      if (self->entry != NULL)
        return give_up (self, number, "a menuentry within a menuentry");
      self->entry = domuimg_menu_entry_new ();
      self->entry->title = g_strstrip (g_steal_pointer (&title));
      self->entry->line = number;
    }
  else if (g_str_has_prefix (line, "submenu"))
    self->depth++;
  else if (*line == '}')
    return close_brace (self, number);
  else
    {
      key = first_word (line, &rest);
      if (self->entry != NULL)
        take_entry_line (self, key, rest, number);
      else if (g_str_equal (key, "set"))
        return take_set (self, rest, number);
    }
  return TRUE;
}

/* A number counts the entries without their submenus; of a title with submenus only the last part
 * is looked for; else the first entry. */
static int
find_default (Parser *self)
{
  const char *wanted = self->wanted != NULL ? self->wanted : "0";
  const char *last;
  guint64 index;

  if (g_ascii_string_to_unsigned (wanted, 10, 0, G_MAXINT, &index, NULL))
    return index < self->menu->entries->len ? (int) index : 0;
  last = strrchr (wanted, '>');
  last = last != NULL ? last + 1 : wanted;
  for (guint i = 0; i < self->menu->entries->len; i++)
    if (g_str_equal (((DomuimgMenuEntry *) self->menu->entries->pdata[i])->title, last))
      return i;
  return 0;
}

void
domuimg_pygrub_parse (DomuimgMenu *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Parser parser = { self };

  for (guint i = 0; lines[i] != NULL && !parser.raised; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (*line != '\0' && *line != '#')
        take_line (&parser, line, i + 1);
    }
  if (!parser.raised && parser.entry != NULL)
    give_up (&parser, g_strv_length (lines), "the file ends within a menuentry");
  g_clear_pointer (&parser.entry, domuimg_menu_entry_free);
  if (parser.raised)
    g_ptr_array_set_size (self->entries, 0);
  self->default_entry = self->entries->len > 0 ? find_default (&parser) : -1;
  self->wanted = g_steal_pointer (&parser.wanted);
}
