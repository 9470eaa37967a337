/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The entries and submenus of a grub.cfg, put into a menu with its default. */
#include "config.h"
#include "lib/boot/grub-menu.h"

#include <string.h>

void
domuimg_grub_node_free (gpointer data)
{
  DomuimgGrubNode *self = data;

  g_free (self->title);
  g_free (self->id);
  g_free (self->block);
  g_free (self->source);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_clear_pointer (&self->made, domuimg_menu_entry_free);
  g_free (self);
}

GPtrArray *
domuimg_grub_nodes_new (void)
{
  return g_ptr_array_new_with_free_func (domuimg_grub_node_free);
}

DomuimgGrubNode *
domuimg_grub_node_new (char **words, const char *block, guint line)
{
  static const char *const valued[] = { "--class", "--users", "--hotkey", "--source", "--id",
                                        NULL };
  DomuimgGrubNode *node = g_new0 (DomuimgGrubNode, 1);

  node->is_submenu = g_str_equal (words[0], "submenu");
  for (guint i = 1; words[i] != NULL; i++)
    {
      g_autofree char *option = g_strndup (words[i], strcspn (words[i], "="));
      const char *value = strchr (words[i], '=') != NULL ? strchr (words[i], '=') + 1 : NULL;

      if (g_strv_contains (valued, option))
        {
          if (value == NULL && words[i + 1] != NULL && words[i + 1][0] != '-')
            value = words[++i];
          if (g_str_equal (option, "--id") && node->id == NULL)
            node->id = g_strdup (value);
        }
      else if (node->title == NULL && !g_str_equal (words[i], "--unrestricted"))
        node->title = g_strdup (words[i]);
    }
  if (node->title == NULL)
    node->title = g_strdup ("");
  node->block = g_strdup (block != NULL ? block : "");
  node->line = line;
  node->first = -1;
  return node;
}

/* Up to a ">"; two of them are one that is part of a title. */
static char *
take_part (const char **wanted)
{
  GString *part = g_string_new (NULL);
  const char *at = *wanted;

  for (; *at != '\0' && !(at[0] == '>' && at[1] != '>'); at++)
    {
      at += *at == '>';
      g_string_append_c (part, *at);
    }
  *wanted = *at == '>' ? at + 1 : at;
  return g_string_free (part, FALSE);
}

/* A number is an index, also where more than a number follows it and nothing is called so. */
static DomuimgGrubNode *
find_node (GPtrArray *nodes, const char *wanted)
{
  gsize digits = strspn (wanted, G_CSET_DIGITS);
  guint64 index = g_ascii_strtoull (wanted, NULL, 10);

  for (guint i = 0; i < nodes->len && (digits == 0 || wanted[digits] != '\0'); i++)
    {
      DomuimgGrubNode *node = g_ptr_array_index (nodes, i);

      if (g_strcmp0 (node->id, wanted) == 0 || g_str_equal (node->title, wanted))
        return node;
    }
  return digits > 0 && index < nodes->len ? g_ptr_array_index (nodes, index) : NULL;
}

/* The entry that a menu starts with: an empty submenu starts nothing. */
static int
first_of (GPtrArray *nodes)
{
  return nodes->len > 0 ? ((DomuimgGrubNode *) g_ptr_array_index (nodes, 0))->first : -1;
}

/* GRUB takes the first entry where what is wanted is not in a submenu. */
static int
find_default (DomuimgMenu *menu, GPtrArray *nodes, const char *wanted)
{
  int found = -1;

  for (gboolean outermost = TRUE; *wanted != '\0' && nodes != NULL; outermost = FALSE)
    {
      g_autofree char *part = take_part (&wanted);
      DomuimgGrubNode *node = find_node (nodes, part);

      if (node == NULL)
        {
          if (!outermost)
            domuimg_menu_add_problem (menu, "the default “%s” is not in its submenu, whose first"
                                            " entry is taken",
                                      part);
          return outermost ? -1 : first_of (nodes);
        }
      found = node->first;
      nodes = node->children;
    }
  return found;
}

void
domuimg_grub_menu_choose (DomuimgMenu *menu, GPtrArray *nodes, const char *wanted,
                          const char *fallback, const char *timeout)
{
  gint64 seconds;

  menu->wanted = g_strdup (wanted != NULL && *wanted != '\0' ? wanted : "0");
  menu->fallback = fallback != NULL && *fallback != '\0' ? g_strdup (fallback) : NULL;
  menu->default_entry = find_default (menu, nodes, menu->wanted);
  menu->waits = timeout == NULL || !g_ascii_string_to_signed (timeout, 10, 0, G_MAXINT, &seconds, NULL);
  menu->timeout = menu->waits ? 0 : seconds;
}
