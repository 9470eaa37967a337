/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

#include "lib/boot/pygrub-line.h"

/* Menus as pygrub (tools/pygrub/src/pygrub and GrubConf.py of Xen 4.17) takes them: line by line,
 * with no variable expanded and no condition looked at, so that what is in an if happens in any
 * case, and the last of several settings counts. Submenus are as if they were not there. The kernel
 * and its one initramfs are looked for on the menu's filesystem, whatever root says. Where its
 * parser raises an exception, it goes on to the next partition, and starts nothing if there is
 * none. */

typedef struct {
  DomuimgMenu *menu;
  DomuimgMenuEntry *entry; /* (nullable) */
  guint entry_lines;
  guint depth;             /* of submenus */
  gboolean in_function;
  char *wanted;            /* (nullable) */
  char *timeout;           /* (nullable) */
  gboolean raised;
} Parser;

static gboolean
give_up (Parser *self, guint line, const char *why)
{
  if (line > 0)
    domuimg_menu_add_problem (self->menu, "line %u: pygrub gives up: %s", line, why);
  else
    domuimg_menu_add_problem (self->menu, "pygrub gives up: %s", why);
  self->raised = TRUE;
  return FALSE;
}

static void
replace (char **to, const char *value)
{
  g_free (*to);
  *to = g_strdup (value);
}

/* What a quote at the beginning and the last one like it enclose. */
static char *
unquote (char *value)
{
  char *end = *value == '"' || *value == '\'' ? strrchr (value, *value) : NULL;

  if (end == NULL || end == value)
    return g_strstrip (value);
  memmove (value, value + 1, end - value - 1);
  end[-1] = '\0';
  return g_strstrip (value);
}

/* It knows no saved entry, and takes a negative number badly. */
static gboolean
take_default (Parser *self, const char *value, guint line)
{
  gboolean is_saved = g_str_equal (value, "${saved_entry}") || g_str_equal (value, "${next_entry}")
                      || g_str_equal (value, "saved");
  gint64 index;

  replace (&self->wanted, is_saved ? "0" : value);
  if (domuimg_pygrub_parse_int (value, &index) && index < 0)
    return give_up (self, line, "the default is negative");
  return TRUE;
}

static gboolean
take_set (Parser *self, const char *text, guint line)
{
  g_autofree char *name = NULL;
  g_autofree char *value = NULL;

  if (!domuimg_pygrub_split_set (text, &name, &value))
    return give_up (self, line, "it cannot read a `set` that has not just one “=”");
  unquote (value);
  if (self->entry != NULL && g_str_equal (name, "root") && !domuimg_pygrub_is_disk (value))
    return give_up (self, line, "it takes only disks such as hd0,msdos1 for root");
  if (self->entry == NULL && g_str_equal (name, "timeout"))
    replace (&self->timeout, value);
  if (self->entry == NULL && g_str_equal (name, "default"))
    return take_default (self, value, line);
  return TRUE;
}

static gboolean
take_boot_command (Parser *self, const char *word, const char *value, guint line)
{
  gboolean is_legacy = self->menu->format == DOMUIMG_MENU_LEGACY;
  gboolean ok = TRUE;

  if (is_legacy ? g_str_equal (word, "kernel")
                : g_str_equal (word, "linux") || g_str_equal (word, "linux16"))
    ok = domuimg_pygrub_set_kernel (self->entry, value);
  else if (g_str_equal (word, "initrd") || (!is_legacy && g_str_equal (word, "initrd16")))
    ok = domuimg_pygrub_set_initrd (self->entry, value);
  else if (is_legacy && (g_str_equal (word, "root") || g_str_equal (word, "rootnoverify")))
    ok = domuimg_pygrub_is_disk (value);
  return ok || give_up (self, line, "it takes only disks such as (hd0,0) before a path");
}

static gboolean
take_command (Parser *self, const char *text, guint line)
{
  g_autofree char *word = NULL;
  g_autofree char *value = NULL;

  domuimg_pygrub_split (text, &word, &value);
  if (self->menu->format == DOMUIMG_MENU_GRUB2 && g_str_equal (word, "set"))
    return take_set (self, value, line);
  if (self->entry != NULL)
    {
      self->entry_lines++;
      return take_boot_command (self, word, value, line);
    }
  if (self->menu->format == DOMUIMG_MENU_LEGACY && g_str_equal (word, "default"))
    return take_default (self, value, line);
  if (self->menu->format == DOMUIMG_MENU_LEGACY && g_str_equal (word, "timeout"))
    replace (&self->timeout, value);
  return TRUE;
}

static void
begin_entry (Parser *self, const char *title, gsize length, guint line)
{
  self->entry = domuimg_menu_entry_new ();
  self->entry->title = g_strstrip (g_strndup (title, length));
  self->entry->line = line;
  self->entry_lines = 0;
}

/* ^menuentry ["'](.*?)["'] (.*){ */
static gboolean
take_title (Parser *self, const char *line, guint number)
{
  const char *title = line + strlen ("menuentry '");
  const char *brace = strrchr (line, '{');

  if (!g_str_has_prefix (line, "menuentry \"") && !g_str_has_prefix (line, "menuentry '"))
    return FALSE;
  for (const char *at = title; brace != NULL && at + 1 < brace; at++)
    if ((*at == '"' || *at == '\'') && at[1] == ' ')
      {
        if (self->entry != NULL)
          give_up (self, number, "a menuentry within a menuentry");
        else
          begin_entry (self, title, at - title, number);
        return TRUE;
      }
  return FALSE;
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

static void
take_grub2_line (Parser *self, const char *line, guint number)
{
  if (g_str_has_prefix (line, "function"))
    self->in_function = TRUE;
  else if (self->in_function)
    self->in_function = *line != '}';
  else if (take_title (self, line, number))
    return;
  else if (g_str_has_prefix (line, "submenu"))
    self->depth++;
  else if (*line == '}')
    close_brace (self, number);
  else
    take_command (self, line, number);
}

/* The last entry counts if there is a line in it. */
static void
end_legacy_entry (Parser *self, gboolean is_last)
{
  if (self->entry != NULL && (!is_last || self->entry_lines > 0))
    domuimg_menu_add_entry (self->menu, g_steal_pointer (&self->entry));
  g_clear_pointer (&self->entry, domuimg_menu_entry_free);
}

static void
take_legacy_line (Parser *self, const char *line, guint number)
{
  if (!g_str_has_prefix (line, "title"))
    {
      take_command (self, line, number);
      return;
    }
  end_legacy_entry (self, FALSE);
  line += MIN (strlen (line), strlen ("title "));
  begin_entry (self, line, strlen (line), number);
}

static void
parse_lines (Parser *self, char **lines)
{
  gboolean is_legacy = self->menu->format == DOMUIMG_MENU_LEGACY;
  guint i;

  for (i = 0; lines[i] != NULL && !self->raised; i++)
    {
      const char *line = lines[i];

      if (*line == '\0' || *line == '#')
        continue;
      if (is_legacy)
        take_legacy_line (self, line, i + 1);
      else
        take_grub2_line (self, line, i + 1);
    }
  if (is_legacy)
    end_legacy_entry (self, TRUE);
  else if (!self->raised && self->entry != NULL)
    give_up (self, i, "the file ends within a menuentry");
}

/* In grub.cfg and menu.lst only a number counts: anything else is the first entry. */
static int
find_by_number (Parser *self)
{
  gint64 index = 0;

  if (self->wanted != NULL && !domuimg_pygrub_parse_int (self->wanted, &index))
    domuimg_menu_add_problem (self->menu, "pygrub takes the first entry: it takes a default by its"
                                          " number only, and not “%s”",
                              self->wanted);
  return index < self->menu->entries->len ? index : -1;
}

/* In extlinux.conf it is a label; the first entry where there is none. */
static int
find_by_label (Parser *self)
{
  for (guint i = 0; self->wanted != NULL && i < self->menu->entries->len; i++)
    if (g_str_equal (((DomuimgMenuEntry *) self->menu->entries->pdata[i])->title, self->wanted))
      return i;
  return 0;
}

static void
choose (Parser *self)
{
  DomuimgMenu *menu = self->menu;
  const DomuimgMenuEntry *entry;
  gint64 timeout = 0;

  if (self->timeout != NULL && !domuimg_pygrub_parse_int (self->timeout, &timeout))
    give_up (self, 0, "the timeout is not a number");
  menu->timeout = CLAMP (timeout, 0, G_MAXINT32);
  if (self->raised || menu->entries->len == 0)
    return;
  menu->default_entry = menu->format == DOMUIMG_MENU_EXTLINUX ? find_by_label (self)
                                                              : find_by_number (self);
  entry = g_ptr_array_index (menu->entries, MAX (menu->default_entry, 0));
  if (entry->kernel == NULL)
    give_up (self, entry->line,
             menu->format == DOMUIMG_MENU_EXTLINUX ? "the entry has no KERNEL, and LINUX it does"
                                                     " not know"
                                                   : "the entry has no line `linux` or `kernel`"
                                                     " that it knows");
}

static void
parse (Parser *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit_set (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    g_strstrip (lines[i]);
  if (!g_utf8_validate (text, -1, NULL))
    give_up (self, 0, "the menu is not UTF-8");
  else if (self->menu->format == DOMUIMG_MENU_EXTLINUX)
    {
      domuimg_pygrub_parse_extlinux (self->menu, lines, &self->timeout);
      self->wanted = g_steal_pointer (&self->menu->wanted);
    }
  else
    parse_lines (self, lines);
  choose (self);
}

void
domuimg_pygrub_parse (DomuimgMenu *self, const char *text)
{
  Parser parser = { self };

  parse (&parser, text);
  g_clear_pointer (&parser.entry, domuimg_menu_entry_free);
  if (parser.raised)
    {
      g_ptr_array_set_size (self->entries, 0);
      self->default_entry = -1;
    }
  self->wanted = g_steal_pointer (&parser.wanted);
  g_free (parser.timeout);
}
