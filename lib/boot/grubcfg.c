/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

#include "lib/boot/grub-script.h"

/* grub.cfg of GRUB 2: the commands that make the menu, and those that an entry boots with. */

#define SOURCES_MAX 8

/* An entry or a submenu, as they are nested. */
typedef struct {
  char *title;
  char *id;             /* (nullable) */
  char *block;
  guint line;
  GPtrArray *children;  /* (nullable) of a submenu */
  int first;            /* index into the menu's entries of what it comes to */
} Node;

typedef struct {
  DomuimgMenu *menu;
  const DomuimgMenuFiles *files;
  gboolean has_blscfg;
  guint sources;
  GPtrArray *nodes;      /* (unowned) where entries are added now */
  DomuimgMenuEntry *entry; /* (unowned) (nullable) the one whose body runs */
} Config;

static void
node_free (gpointer data)
{
  Node *self = data;

  g_free (self->title);
  g_free (self->id);
  g_free (self->block);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_free (self);
}

static char *
absolute (DomuimgGrubScript *script, const char *path)
{
  g_autofree char *device = NULL;
  char *file;

  domuimg_menu_split_device (path, &device, &file);
  return file;
}

static gboolean
exists (Config *self, DomuimgGrubScript *script, const char *path)
{
  g_autofree char *file = absolute (script, path);

  return self->files->exists != NULL && self->files->exists (self->files->data, file);
}

/* One test of up to three words. */
static gboolean
test_simple (Config *self, DomuimgGrubScript *script, char **words, guint n)
{
  if (n == 0)
    return FALSE;
  if (g_str_equal (words[0], "!"))
    return !test_simple (self, script, words + 1, n - 1);
  if (n == 1)
    return *words[0] != '\0';
  if (n == 2 && g_str_equal (words[0], "-n"))
    return *words[1] != '\0';
  if (n == 2 && g_str_equal (words[0], "-z"))
    return *words[1] == '\0';
  if (n == 2 && (g_str_equal (words[0], "-f") || g_str_equal (words[0], "-e")
                 || g_str_equal (words[0], "-s") || g_str_equal (words[0], "-d")))
    return exists (self, script, words[1]);
  if (n != 3)
    return FALSE;
  if (g_str_equal (words[1], "=") || g_str_equal (words[1], "=="))
    return g_str_equal (words[0], words[2]);
  if (g_str_equal (words[1], "!="))
    return !g_str_equal (words[0], words[2]);
  if (g_str_equal (words[1], "-eq"))
    return g_ascii_strtoll (words[0], NULL, 10) == g_ascii_strtoll (words[2], NULL, 10);
  if (g_str_equal (words[1], "-ne"))
    return g_ascii_strtoll (words[0], NULL, 10) != g_ascii_strtoll (words[2], NULL, 10);
  return FALSE;
}

/* -o binds less than -a. */
static gboolean
test (Config *self, DomuimgGrubScript *script, char **words)
{
  gboolean any = FALSE, all = TRUE;
  guint start = 0, i = 0;

  for (;; i++)
    {
      gboolean is_or = words[i] != NULL && g_str_equal (words[i], "-o");
      gboolean is_and = words[i] != NULL && g_str_equal (words[i], "-a");

      if (words[i] != NULL && !is_or && !is_and)
        continue;
      all = all && test_simple (self, script, words + start, i - start);
      start = i + 1;
      if (is_and)
        continue;
      any |= all;
      all = TRUE;
      if (words[i] == NULL)
        return any;
    }
}

static gboolean
do_test (Config *self, DomuimgGrubScript *script, char **words)
{
  guint n = g_strv_length (words);

  if (g_str_equal (words[0], "[") && n > 1 && g_str_equal (words[n - 1], "]"))
    g_clear_pointer (&words[n - 1], g_free);
  return test (self, script, words + 1);
}

static gboolean
do_set (DomuimgGrubScript *script, char **words)
{
  char *equals = words[1] != NULL ? strchr (words[1], '=') : NULL;

  if (equals == NULL)
    return FALSE;
  *equals = '\0';
  domuimg_grub_script_set (script, words[1], equals + 1);
  return TRUE;
}

/* search --no-floppy --fs-uuid --set=root UUID, in all the ways it is written. */
static gboolean
do_search (Config *self, DomuimgGrubScript *script, char **words)
{
  const char *variable = NULL, *name = NULL, *tag = NULL;
  g_autofree char *value = NULL;

  for (guint i = 1; words[i] != NULL; i++)
    {
      const char *word = words[i];

      if (g_str_equal (word, "--fs-uuid") || g_str_equal (word, "-u"))
        tag = "UUID=";
      else if (g_str_equal (word, "--label") || g_str_equal (word, "--fs-label")
               || g_str_equal (word, "-l"))
        tag = "LABEL=";
      else if (g_str_equal (word, "--file") || g_str_equal (word, "-f"))
        tag = "";
      else if (g_str_has_prefix (word, "--set="))
        variable = word + strlen ("--set=");
      else if (g_str_equal (word, "--set") || g_str_equal (word, "-s"))
        variable = words[i + 1] != NULL && words[i + 1][0] != '-' && words[i + 2] != NULL
                       ? words[++i]
                       : "root";
      else if (*word != '-')
        name = word;
    }
  if (name == NULL || tag == NULL)
    return FALSE;
  if (*tag == '\0')
    return exists (self, script, name);
  value = g_strconcat (tag, name, NULL);
  domuimg_grub_script_set (script, variable != NULL ? variable : "root", value);
  return TRUE;
}

static void
do_load_env (Config *self, DomuimgGrubScript *script, char **words)
{
  static const char *const paths[]
      = { "/boot/grub/grubenv", "/boot/grub2/grubenv", "/grub/grubenv", "/grub2/grubenv" };
  const char *named = NULL;
  g_autofree char *text = NULL;

  for (guint i = 1; words[i] != NULL; i++)
    if ((g_str_equal (words[i], "-f") || g_str_equal (words[i], "--file")) && words[i + 1] != NULL)
      named = words[++i];
  if (named != NULL)
    {
      g_autofree char *file = absolute (script, named);
      text = domuimg_menu_read_file (self->files, file);
    }
  for (guint i = 0; i < G_N_ELEMENTS (paths) && named == NULL && text == NULL; i++)
    text = domuimg_menu_read_file (self->files, paths[i]);
  if (text != NULL && !domuimg_grubenv_parse (text, domuimg_grub_script_get_variables (script)))
    domuimg_menu_add_problem (self->menu, "grubenv is damaged: it does not begin as GRUB wrote it");
}

static gboolean
do_source (Config *self, DomuimgGrubScript *script, const char *path)
{
  g_autofree char *file = absolute (script, path);
  g_autofree char *text = NULL;

  if (++self->sources > SOURCES_MAX)
    {
      domuimg_menu_add_problem (self->menu, "%s: too many files include each other", path);
      return FALSE;
    }
  text = domuimg_menu_read_file (self->files, file);
  return text != NULL && domuimg_grub_script_run (script, text, 1);
}

static Node *
new_node (char **words, const char *block, guint line)
{
  Node *node = g_new0 (Node, 1);

  for (guint i = 1; words[i] != NULL; i++)
    {
      if (g_str_equal (words[i], "--id") && words[i + 1] != NULL)
        node->id = g_strdup (words[++i]);
      else if (g_str_has_prefix (words[i], "--id="))
        node->id = g_strdup (words[i] + strlen ("--id="));
      else if (g_str_has_prefix (words[i], "--") && words[i + 1] != NULL
               && strchr (words[i], '=') == NULL && !g_str_equal (words[i], "--unrestricted"))
        i++;
      else if (words[i][0] != '-' && node->title == NULL)
        node->title = g_strdup (words[i]);
    }
  if (node->title == NULL)
    node->title = g_strdup ("");
  node->block = g_strdup (block != NULL ? block : "");
  node->line = line;
  node->first = -1;
  return node;
}

static void
do_submenu (Config *self, DomuimgGrubScript *script, Node *node)
{
  GPtrArray *outer = self->nodes;

  node->children = g_ptr_array_new_with_free_func (node_free);
  self->nodes = node->children;
  domuimg_grub_script_run (script, node->block, node->line);
  self->nodes = outer;
}

static void
do_blscfg (Config *self, DomuimgGrubScript *script)
{
  static const char *const directories[] = { "/boot/loader/entries", "/loader/entries" };
  g_autoptr (DomuimgMenu) part = domuimg_menu_new (DOMUIMG_MENU_BLS, self->menu->path);

  if (!self->has_blscfg)
    {
      domuimg_menu_add_problem (self->menu, "this GRUB has no blscfg command");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (directories) && part->entries->len == 0; i++)
    domuimg_bls_parse (part, directories[i], self->files,
                       domuimg_grub_script_get_variables (script));
  for (guint i = 0; i < part->entries->len; i++)
    {
      DomuimgMenuEntry *entry = g_ptr_array_index (part->entries, i);
      Node *node = g_new0 (Node, 1);

      node->title = g_strdup (entry->title);
      node->id = g_strdup (entry->id);
      node->first = self->menu->entries->len;
      g_ptr_array_add (self->nodes, node);
      if (!domuimg_menu_add_entry (self->menu, entry))
        node->first = -1;
      part->entries->pdata[i] = NULL;
    }
  g_ptr_array_set_free_func (part->entries, NULL);
}

static void
do_linux (Config *self, DomuimgGrubScript *script, char **words)
{
  g_autofree char *device = NULL;
  DomuimgMenuEntry *entry = self->entry;
  const char *root = domuimg_grub_script_get (script, "root");

  if (entry == NULL || words[1] == NULL)
    return;
  g_clear_pointer (&entry->kernel, g_free);
  g_clear_pointer (&entry->root_hint, g_free);
  g_free (entry->cmdline);
  domuimg_menu_split_device (words[1], &device, &entry->kernel);
  entry->root_hint = g_strdup (device != NULL ? device : root);
  /* "(UUID=…)", where a path began with ($root). */
  if (device != NULL && g_strrstr (device, "=") != NULL)
    {
      g_free (entry->root_hint);
      entry->root_hint = g_strndup (device + 1, strlen (device) - 2);
    }
  entry->cmdline = g_strjoinv (" ", words + 2);
}

static void
do_initrd (Config *self, DomuimgGrubScript *script, char **words)
{
  if (self->entry == NULL)
    return;
  g_ptr_array_set_size (self->entry->initrds, 0);
  for (guint i = 1; words[i] != NULL; i++)
    if (words[i][0] != '-')
      g_ptr_array_add (self->entry->initrds, absolute (script, words[i]));
}

static gboolean
run_command (DomuimgGrubScript *script, char **words, const char *block, guint line,
             gpointer user_data)
{
  Config *self = user_data;
  const char *name = words[0];

  if (g_str_equal (name, "[") || g_str_equal (name, "test"))
    return do_test (self, script, words);
  if (g_str_equal (name, "set"))
    return do_set (script, words);
  if (g_str_equal (name, "unset") && words[1] != NULL)
    domuimg_grub_script_set (script, words[1], NULL);
  else if (g_str_equal (name, "false"))
    return FALSE;
  else if (g_str_has_prefix (name, "search"))
    return do_search (self, script, words);
  else if (g_str_equal (name, "load_env"))
    do_load_env (self, script, words);
  else if ((g_str_equal (name, "source") || g_str_equal (name, "configfile")
            || g_str_equal (name, ".")) && words[1] != NULL)
    return do_source (self, script, words[1]);
  else if (g_str_equal (name, "blscfg"))
    do_blscfg (self, script);
  else if (g_str_equal (name, "menuentry") || g_str_equal (name, "submenu"))
    {
      Node *node = new_node (words, block, line);

      g_ptr_array_add (self->nodes, node);
      if (name[0] == 's')
        do_submenu (self, script, node);
    }
  else if (g_str_equal (name, "linux") || g_str_equal (name, "linux16")
           || g_str_equal (name, "linuxefi"))
    do_linux (self, script, words);
  else if (g_str_equal (name, "initrd") || g_str_equal (name, "initrd16")
           || g_str_equal (name, "initrdefi"))
    do_initrd (self, script, words);
  return TRUE;
}

/* The body of an entry runs when it is chosen, after all of the menu was read. */
static void
boot_node (Config *self, DomuimgGrubScript *script, Node *node, const char *prefix)
{
  GHashTable *saved = domuimg_grub_script_save (script);
  DomuimgMenuEntry *entry = domuimg_menu_entry_new ();

  entry->title = g_strconcat (prefix, node->title, NULL);
  entry->id = g_strdup (node->id);
  entry->line = node->line;
  self->entry = entry;
  domuimg_grub_script_run (script, node->block, node->line);
  self->entry = NULL;
  domuimg_grub_script_restore (script, saved);
  node->first = self->menu->entries->len;
  if (!domuimg_menu_add_entry (self->menu, entry))
    node->first = -1;
}

static void
boot_nodes (Config *self, DomuimgGrubScript *script, GPtrArray *nodes, const char *prefix)
{
  for (guint i = 0; i < nodes->len; i++)
    {
      Node *node = g_ptr_array_index (nodes, i);

      if (node->children != NULL)
        {
          g_autofree char *inner = g_strconcat (prefix, node->title, ">", NULL);

          boot_nodes (self, script, node->children, inner);
          if (node->children->len > 0)
            node->first = ((Node *) g_ptr_array_index (node->children, 0))->first;
        }
      else if (node->first < 0)
        boot_node (self, script, node, prefix);
    }
}

static Node *
find_node (GPtrArray *nodes, const char *wanted)
{
  guint64 index;

  if (g_ascii_string_to_unsigned (wanted, 10, 0, G_MAXINT, &index, NULL))
    return index < nodes->len ? g_ptr_array_index (nodes, index) : NULL;
  for (guint i = 0; i < nodes->len; i++)
    {
      Node *node = g_ptr_array_index (nodes, i);

      if (g_strcmp0 (node->id, wanted) == 0 || g_str_equal (node->title, wanted))
        return node;
    }
  return NULL;
}

static int
find_default (GPtrArray *nodes, const char *wanted)
{
  g_auto (GStrv) parts = g_strsplit (wanted, ">", -1);
  Node *node = NULL;

  for (guint i = 0; parts[i] != NULL && nodes != NULL; i++)
    {
      node = find_node (nodes, parts[i]);
      if (node == NULL)
        return -1;
      nodes = node->children;
    }
  return node != NULL ? node->first : -1;
}

static void
take_settings (DomuimgMenu *menu, DomuimgGrubScript *script, GPtrArray *nodes)
{
  const char *wanted = domuimg_grub_script_get (script, "default");
  const char *timeout = domuimg_grub_script_get (script, "timeout");

  if (wanted != NULL && g_str_equal (wanted, "saved"))
    wanted = domuimg_grub_script_get (script, "saved_entry");
  menu->wanted = g_strdup (wanted != NULL && *wanted != '\0' ? wanted : "0");
  menu->default_entry = find_default (nodes, menu->wanted);
  menu->timeout = timeout != NULL ? MAX (g_ascii_strtoll (timeout, NULL, 10), 0) : 0;
}

void
domuimg_grubcfg_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files,
                       gboolean has_blscfg)
{
  g_autoptr (GPtrArray) nodes = g_ptr_array_new_with_free_func (node_free);
  Config config = { self, files, has_blscfg, 0, nodes, NULL };
  g_autoptr (DomuimgGrubScript) script = domuimg_grub_script_new (self, run_command, &config);
  g_autofree char *directory = NULL;
  g_autofree char *prefix = NULL;

  directory = g_path_get_dirname (self->path);
  prefix = g_strconcat ("/", directory, NULL);
  domuimg_grub_script_set (script, "prefix", prefix);
  domuimg_grub_script_set (script, "feature_menuentry_id", "y");
  domuimg_grub_script_set (script, "feature_default_font_path", "y");
  domuimg_grub_script_set (script, "feature_platform_search_hint", "y");
  domuimg_grub_script_set (script, "feature_timeout_style", "y");
  domuimg_grub_script_run (script, text, 1);
  boot_nodes (&config, script, nodes, "");
  take_settings (self, script, nodes);
}
