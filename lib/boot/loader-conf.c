/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loader.conf of systemd-boot: loader.conf(5). */
#include "config.h"
#include "lib/boot/sdboot.h"

#include <string.h>

typedef struct {
  DomuimgMenu *menu;
  GPtrArray *items;  /* (element-type DomuimgSdbootItem) of the menu's entries */
  char *preferred;   /* (nullable) a pattern, in lower case, as what follows */
  char *wanted;      /* (nullable) */
} Config;

/* A set, from behind its bracket to behind its end; NULL where it has none. */
static const char *
match_set (const char *at, char c, gboolean *found)
{
  gboolean first = TRUE;

  *found = FALSE;
  for (; *at != '\0' && (*at != ']' || first); first = FALSE)
    {
      char low = *at == '\\' && at[1] != '\0' ? *++at : *at;

      at++;
      if (at[0] == '-' && at[1] != '\0' && at[1] != ']')
        {
          *found |= c >= low && c <= at[1];
          at += 2;
        }
      else
        *found |= c == low;
    }
  return *at == ']' ? at + 1 : NULL;
}

/* One character of @text; behind its part of the pattern, NULL where it does not match. */
static const char *
match_one (const char *pattern, char c)
{
  gboolean found;

  if (*pattern == '?')
    return pattern + 1;
  if (*pattern == '[')
    {
      const char *end = match_set (pattern + 1, c, &found);

      return end != NULL && found ? end : NULL;
    }
  if (*pattern == '\\' && pattern[1] != '\0')
    pattern++;
  return *pattern == c ? pattern + 1 : NULL;
}

/* Does what fnmatch (3) does, in time that is no more than the product of the lengths. */
static gboolean
matches (const char *pattern, const char *text)
{
  const char *star = NULL, *retry = NULL, *next;

  while (*text != '\0')
    {
      if (*pattern == '*')
        {
          star = pattern++;
          retry = text;
        }
      else if ((next = match_one (pattern, *text)) != NULL)
        {
          pattern = next;
          text++;
        }
      else if (star == NULL)
        return FALSE;
      else
        {
          pattern = star + 1;
          text = ++retry;
        }
    }
  while (*pattern == '*')
    pattern++;
  return *pattern == '\0';
}

/* Its file's name, with and without the counter of its boots; before systemd 243, without its suffix. */
static gboolean
is_called (const DomuimgSdbootItem *item, const char *pattern)
{
  g_autofree char *bare = g_strndup (item->id, strlen (item->id)
                                                   - (g_str_has_suffix (item->id, ".conf")
                                                          ? strlen (".conf")
                                                          : 0));

  return matches (pattern, item->file) || matches (pattern, item->id) || matches (pattern, bare);
}

/* What is preferred is not taken when it is bad. */
static int
find_entry (const Config *self, const char *pattern, gboolean takes_bad)
{
  for (guint i = 0; pattern != NULL && i < self->items->len; i++)
    {
      const DomuimgSdbootItem *item = g_ptr_array_index (self->items, i);

      if (is_called (item, pattern) && (takes_bad || item->tries_left != 0))
        return (int) i;
    }
  return -1;
}

/* "@saved" is in the firmware's variables; what else begins so is not known to systemd-boot. */
static void
set_pattern (Config *self, char **pattern, const char *key, const char *value)
{
  if (*value == '@' && g_ascii_strcasecmp (value, "@saved") != 0)
    return;
  g_clear_pointer (pattern, g_free);
  if (*value == '@')
    domuimg_menu_add_problem (self->menu,
                              "loader.conf: %s is @saved, which only the firmware's variables tell; it"
                              " is taken for unset",
                              key);
  else if (*value != '\0')
    *pattern = g_ascii_strdown (value, -1);
}

static void
take_line (Config *self, const char *key, const char *value)
{
  if (g_str_equal (key, "timeout"))
    {
      self->menu->waits = g_str_equal (value, "menu-force");
      self->menu->timeout = (guint) MIN (g_ascii_strtoull (value, NULL, 10), G_MAXINT);
    }
  else if (g_str_equal (key, "preferred"))
    set_pattern (self, &self->preferred, key, value);
  else if (g_str_equal (key, "default"))
    {
      set_pattern (self, &self->wanted, key, value);
      g_free (self->menu->wanted);
      self->menu->wanted = self->wanted != NULL ? g_strdup (value) : NULL;
    }
}

void
domuimg_loader_conf_parse (DomuimgMenu *self, const char *path, GPtrArray *items,
                           const DomuimgMenuFiles *files)
{
  g_autofree char *text = domuimg_menu_read_file (files, path);
  Config config = { .menu = self, .items = items };
  const char *key, *value;
  char *at = text;

  while (at != NULL && domuimg_sdboot_next_line (&at, &key, &value))
    take_line (&config, key, value);
  self->default_entry = find_entry (&config, config.preferred, FALSE);
  if (self->default_entry < 0 && config.wanted != NULL)
    self->default_entry = find_entry (&config, config.wanted, TRUE);
  else if (self->default_entry < 0)
    self->default_entry = items->len > 0 ? 0 : -1;
  g_free (config.preferred);
  g_free (config.wanted);
}
