/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

#include "lib/boot/grub-linux.h"
#include "lib/boot/grub-menu.h"
#include "lib/boot/grub-script.h"
#include "lib/boot/grub-test.h"

/* grub.cfg of GRUB 2: the commands that make the menu, and those that an entry boots with.
 *
 * GRUB for Xen of Debian (grub-xen-host 2.06) is made by debian/rules of grub2 with all modules in
 * it. From a grub.cfg in its memory it searches the disks for /boot/grub/grub.cfg, then for
 * /grub/grub.cfg, and gives what it finds to `configfile`. So $prefix stays (memdisk)/boot/grub: the
 * guest's grubenv is not found by `load_env` without a path, and saved_entry and next_entry are
 * empty. It knows neither blscfg nor linux16 and linuxefi. (As PV it starts /boot/xen/pvboot-*.elf
 * instead, a GRUB of the guest's own, where the guest's grub-xen installed one.) */

#define SOURCES_MAX 8
#define SUBMENUS_MAX 8
#define MEMDISK "(memdisk)"

typedef struct {
  DomuimgMenu *menu;
  const DomuimgMenuFiles *files;
  gboolean is_xen;
  guint sources;
  const char *file;         /* that is read now, without a "/" before it */
  GPtrArray *nodes;         /* (unowned) where entries are added now */
  DomuimgMenuEntry *entry;  /* (unowned) (nullable) the one whose body runs */
  GPtrArray *loaded;        /* (nullable) of a menu that `configfile` put in place of this one */
  DomuimgGrubScript *script;
  const char *chosen;       /* (nullable) the ids of the submenus that are entered, joined by ">" */
  gboolean is_booting;      /* the menu is read; what runs now runs for a choice */
} Config;

/* NULL for what lies on no disk that the menu may lie on: in the memory of GRUB, in a file. */
static char *
path_of (Config *self, const char *path)
{
  g_autofree char *device = NULL;
  g_autofree char *file = NULL;
  const char *on;

  domuimg_menu_split_device (path, &device, &file);
  on = device != NULL ? device : domuimg_grub_script_get (self->script, "root");
  if (on == NULL || g_str_equal (on, ""))
    return g_steal_pointer (&file);
  if (self->files->on_network ? g_str_equal (on, MEMDISK) : domuimg_grub_device_is_elsewhere (on))
    return NULL;
  return g_steal_pointer (&file);
}

static gboolean
exists (gpointer data, const char *path)
{
  Config *self = data;
  g_autofree char *file = path_of (self, path);

  return file != NULL && self->files->exists != NULL
         && self->files->exists (self->files->data, file);
}

static char *
read_text (Config *self, const char *path)
{
  g_autofree char *file = path_of (self, path);

  return file != NULL ? domuimg_menu_read_file (self->files, file) : NULL;
}

static gboolean
do_test (Config *self, char **words)
{
  guint n = g_strv_length (words);

  if (n > 1 && g_str_equal (words[n - 1], "]"))
    g_clear_pointer (&words[n - 1], g_free);
  return domuimg_grub_test (words + 1, exists, self);
}

static gboolean
do_set (DomuimgGrubScript *script, char **words)
{
  char *equals = words[1] != NULL ? strchr (words[1], '=') : NULL;

  if (equals == NULL)
    return words[1] == NULL;
  *equals = '\0';
  domuimg_grub_script_set (script, words[1], equals + 1);
  return TRUE;
}

typedef struct {
  const char *tag;      /* (nullable) "UUID=", "LABEL=", "" for a file */
  const char *name;     /* (nullable) what is searched */
  const char *variable; /* (nullable) that is set to the device */
} Search;

/* GRUB's options may have their value after a "=" or in the next word that is not an option. */
static const char *
take_option (char **words, guint *i)
{
  const char *equals = g_str_has_prefix (words[*i], "--") ? strchr (words[*i], '=') : NULL;

  if (equals != NULL)
    return equals + 1;
  return words[*i + 1] != NULL && words[*i + 1][0] != '-' ? words[++*i] : NULL;
}

static void
read_search_options (Search *search, char **words)
{
  gboolean sets = FALSE;

  for (guint i = 1; words[i] != NULL; i++)
    {
      const char *word = words[i];
      gboolean is_short = word[0] == '-' && word[1] != '-';

      if (g_str_equal (word, "--fs-uuid") || (is_short && strchr (word, 'u') != NULL))
        search->tag = "UUID=";
      else if (g_str_equal (word, "--label") || g_str_equal (word, "--fs-label")
               || (is_short && strchr (word, 'l') != NULL))
        search->tag = "LABEL=";
      else if (g_str_equal (word, "--file") || (is_short && strchr (word, 'f') != NULL))
        search->tag = "";
      if (g_str_has_prefix (word, "--set") || (is_short && strchr (word, 's') != NULL))
        {
          sets = TRUE;
          if (!is_short || word[strlen (word) - 1] == 's')
            search->variable = take_option (words, &i);
        }
      else if (g_str_has_prefix (word, "--hint"))
        take_option (words, &i);
      else if (*word != '-' && search->name == NULL)
        search->name = word;
    }
  /* The only word that is not an option is what is searched. */
  if (search->name == NULL)
    {
      search->name = search->variable;
      search->variable = NULL;
    }
  if (sets && search->variable == NULL)
    search->variable = "root";
}

/* search.fs_uuid NAME VARIABLE HINT... */
static gboolean
read_search_name (Search *search, char **words)
{
  if (g_str_equal (words[0], "search.fs_uuid"))
    search->tag = "UUID=";
  else if (g_str_equal (words[0], "search.fs_label"))
    search->tag = "LABEL=";
  else if (g_str_equal (words[0], "search.file"))
    search->tag = "";
  else
    return FALSE;
  search->name = words[1];
  search->variable = words[1] != NULL ? words[2] : NULL;
  return TRUE;
}

/* A file that is here is on the disk of the menu, which is what no name means. */
static gboolean
search_file (Config *self, DomuimgGrubScript *script, const Search *search)
{
  if (self->files->exists == NULL || !self->files->exists (self->files->data, search->name))
    return FALSE;
  if (search->variable != NULL)
    domuimg_grub_script_set (script, search->variable, NULL);
  return TRUE;
}

/* The disks are not known here: a UUID or label is taken to be there, and named. */
static gboolean
do_search (Config *self, DomuimgGrubScript *script, char **words)
{
  Search search = { NULL, NULL, NULL };
  g_autofree char *value = NULL;

  if (!read_search_name (&search, words))
    read_search_options (&search, words);
  if (search.name == NULL || search.tag == NULL)
    return FALSE;
  if (*search.tag == '\0')
    return search_file (self, script, &search);
  value = g_strconcat (search.tag, search.name, NULL);
  if (search.variable != NULL)
    domuimg_grub_script_set (script, search.variable, value);
  return TRUE;
}

static gboolean
do_load_env (Config *self, DomuimgGrubScript *script, char **words)
{
  g_autoptr (GHashTable) variables
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) only = g_ptr_array_new ();
  g_autofree char *path
      = g_strconcat (domuimg_grub_script_get (script, "prefix") ?: "", "/grubenv", NULL);
  g_autofree char *text = NULL;
  GHashTableIter iter;
  gpointer name, value;

  for (guint i = 1; words[i] != NULL; i++)
    if (g_str_equal (words[i], "-f") || g_str_has_prefix (words[i], "--file"))
      {
        g_free (path);
        path = g_strdup (take_option (words, &i) ?: "");
      }
    else if (words[i][0] != '-')
      g_ptr_array_add (only, words[i]);
  text = read_text (self, path);
  if (text == NULL)
    return FALSE;
  if (!domuimg_grubenv_parse (text, variables))
    domuimg_menu_add_problem (self->menu, "%s is damaged: it does not begin as GRUB wrote it",
                              path);
  g_hash_table_iter_init (&iter, variables);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (only->len == 0 || g_ptr_array_find_with_equal_func (only, name, g_str_equal, NULL))
      domuimg_grub_script_set (script, name, value);
  return TRUE;
}

/* (nullable) What an environment block has for a variable. */
static char *
get_saved (Config *self, const char *path, const char *name)
{
  g_autofree char *text = read_text (self, path);
  g_autoptr (GHashTable) variables
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  if (text == NULL || !domuimg_grubenv_parse (text, variables))
    return NULL;
  return g_strdup (g_hash_table_lookup (variables, name));
}

/* (transfer full) (nullable) An explicit device, else that of $root; but $prefix is on the device of the
 * menu, and has it in GRUB. */
static char *
find_hint (Config *self, const char *path, gboolean is_given)
{
  g_autofree char *file = NULL;
  char *device = NULL;

  domuimg_menu_split_device (path, &device, &file);
  if (device == NULL && is_given)
    device = g_strdup (domuimg_grub_script_get (self->script, "root"));
  return device;
}

static void
add_save (Config *self, const char *path, gboolean is_given, const char *name)
{
  GPtrArray *saves = self->entry != NULL ? self->entry->saves : self->menu->saves;
  const char *value = domuimg_grub_script_get (self->script, name);
  g_autofree char *saved = get_saved (self, path, name);
  DomuimgMenuSave *save;

  if (g_strcmp0 (saved, value) == 0 || saves->len >= DOMUIMG_MENU_SAVES)
    return;
  save = g_new0 (DomuimgMenuSave, 1);
  save->hint = find_hint (self, path, is_given);
  save->file = path_of (self, path);
  save->name = g_strdup (name);
  save->value = g_strdup (value);
  g_ptr_array_add (saves, save);
}

/* What is saved before an entry is chosen counts for all of them; a submenu is not entered here. */
static gboolean
do_save_env (Config *self, DomuimgGrubScript *script, char **words)
{
  g_autofree char *path
      = g_strconcat (domuimg_grub_script_get (script, "prefix") ?: "", "/grubenv", NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  gboolean is_given = FALSE;

  for (guint i = 1; words[i] != NULL; i++)
    if (g_str_equal (words[i], "-f") || g_str_has_prefix (words[i], "--file"))
      {
        g_free (path);
        path = g_strdup (take_option (words, &i) ?: "");
        is_given = TRUE;
      }
    else
      g_ptr_array_add (names, words[i]);
  if (!exists (self, path))
    return FALSE;
  for (guint i = 0; i < names->len && (self->entry != NULL || !self->is_booting); i++)
    add_save (self, path, is_given, g_ptr_array_index (names, i));
  return TRUE;
}

/* NULL where there is none, or too many are. */
static char *
open_source (Config *self, const char *path)
{
  if (++self->sources <= SOURCES_MAX)
    return read_text (self, path);
  domuimg_menu_add_problem (self->menu, "%s: too many files include each other", path);
  return NULL;
}

static gboolean
do_source (Config *self, DomuimgGrubScript *script, const char *path)
{
  const char *outer = self->file;
  g_autofree char *file = path_of (self, path);
  g_autofree char *text = open_source (self, path);
  gboolean ok;

  if (text == NULL)
    return FALSE;
  self->file = file + 1;
  ok = domuimg_grub_script_run (script, text, 1, NULL);
  self->file = outer;
  return ok;
}

static void
set_directory (DomuimgGrubScript *script, const char *file)
{
  g_autofree char *path = g_strconcat ("/", file, NULL);
  g_autofree char *directory = g_path_get_dirname (path);

  domuimg_grub_script_set (script, "config_file", path);
  domuimg_grub_script_set (script, "config_directory", directory);
}

/* A menu of its own, with the exported variables only; GRUB stays in it if it has an entry. */
static gboolean
do_configfile (Config *self, DomuimgGrubScript *script, const char *path)
{
  g_autoptr (GPtrArray) nodes = domuimg_grub_nodes_new ();
  GPtrArray *outer = self->nodes;
  g_autofree char *file = path_of (self, path);
  GHashTable *saved;
  gboolean ok;

  if (file == NULL || self->entry != NULL)
    return FALSE;
  saved = domuimg_grub_script_save (script);
  domuimg_grub_script_enter (script);
  set_directory (script, file + 1);
  self->nodes = nodes;
  ok = do_source (self, script, path);
  self->nodes = outer;
  if (self->loaded == NULL && nodes->len > 0)
    self->loaded = g_steal_pointer (&nodes);
  if (self->loaded != NULL)
    {
      g_hash_table_unref (saved);
      domuimg_grub_script_finish (script);
      return FALSE;
    }
  domuimg_grub_script_restore (script, saved);
  return ok;
}

static void
add_node (Config *self, DomuimgGrubNode *node)
{
  node->source = g_strdup (self->file);
  if (self->entry == NULL && self->nodes->len < DOMUIMG_MENU_ENTRIES)
    g_ptr_array_add (self->nodes, node);
  else
    domuimg_grub_node_free (node);
}

static gboolean
do_blscfg (Config *self, DomuimgGrubScript *script)
{
  const char *directories[] = { domuimg_grub_script_get (script, "blsdir"), "/loader/entries",
                                "/boot/loader/entries" };
  g_autoptr (DomuimgMenu) part = domuimg_menu_new (DOMUIMG_MENU_BLS, self->file);

  for (guint i = 0; i < G_N_ELEMENTS (directories) && part->entries->len == 0; i++)
    {
      g_autofree char *directory = directories[i] != NULL ? path_of (self, directories[i]) : NULL;

      if (directory != NULL)
        domuimg_bls_parse (part, directory, self->files,
                           domuimg_grub_script_get_variables (script));
    }
  for (guint i = 0; i < part->entries->len; i++)
    {
      DomuimgMenuEntry *entry = g_ptr_array_index (part->entries, i);
      char *words[] = { (char *) "menuentry", entry->title, NULL };
      DomuimgGrubNode *node = domuimg_grub_node_new (words, NULL, 0);

      node->id = g_strdup (entry->id);
      node->made = entry;
      entry->root_hint = g_strdup (domuimg_grub_script_get (script, "root"));
      add_node (self, node);
    }
  g_ptr_array_set_free_func (part->entries, NULL);
  return TRUE;
}

/* What boots an entry; `multiboot` and `chainloader` boot no Linux. FALSE where it is not such
 * command. */
static gboolean
run_loader_command (Config *self, DomuimgGrubScript *script, char **words, guint line)
{
  static const char *const loaders[] = { "linux", "linux16", "linuxefi", NULL };
  static const char *const initrds[] = { "initrd", "initrd16", "initrdefi", NULL };
  gboolean is_linux = g_strv_contains (loaders, words[0]);

  if (!is_linux && !g_strv_contains (initrds, words[0]))
    return FALSE;
  if (self->is_xen && !g_str_equal (words[0], "linux") && !g_str_equal (words[0], "initrd"))
    domuimg_menu_add_problem (self->menu, "line %u: GRUB for Xen has no command %s", line,
                              words[0]);
  else if (self->entry != NULL && is_linux)
    domuimg_grub_linux (self->entry, words, domuimg_grub_script_get (script, "root"));
  else if (self->entry != NULL)
    domuimg_grub_initrd (self->entry, words, domuimg_grub_script_get (script, "root"));
  return TRUE;
}

/* Runs its words as they were written anew. */
static gboolean
do_eval (DomuimgGrubScript *script, char **words, guint line)
{
  g_autofree char *text = g_strjoinv (" ", words + 1);

  return domuimg_grub_script_run (script, text, line, NULL);
}

/* Fedora's `increment` and `decrement`, which count boots. */
static gboolean
do_count (DomuimgGrubScript *script, char **words)
{
  const char *value = words[1] != NULL ? domuimg_grub_script_get (script, words[1]) : NULL;
  gint64 number;
  g_autofree char *text = NULL;

  if (value == NULL || !g_ascii_string_to_signed (value, 10, G_MININT, G_MAXINT, &number, NULL))
    return FALSE;
  text = g_strdup_printf ("%" G_GINT64_FORMAT,
                          number + (g_str_equal (words[0], "increment") ? 1 : -1));
  domuimg_grub_script_set (script, words[1], text);
  return TRUE;
}

/* Commands that open what is not read here, or ask what is not known here: what follows depends on
 * them, and goes on as where they fail. */
static gboolean
is_beyond (const char *name)
{
  static const char *const commands[]
      = { "loopback",          "cryptomount",        "zfskey",
          "zfs-bootfs",        "probe",              "regexp",
          "smbios",            "cmp",                "hashsum",
          "verify_detached",   "legacy_configfile",  "legacy_source",
          "syslinux_source",   "syslinux_configfile", "extract_legacy_entries_source",
          "extract_syslinux_entries_source", "extract_legacy_entries_configfile",
          "extract_syslinux_entries_configfile", NULL };

  return g_strv_contains (commands, name);
}

/* No key is pressed, and no firmware is asked. What else is not known does what it should. */
static gboolean
run_other_command (Config *self, DomuimgGrubScript *script, char **words, guint line)
{
  static const char *const failing[] = { "false", "keystatus", "cmostest", "fwsetup", NULL };
  const char *name = words[0];

  if (run_loader_command (self, script, words, line))
    return TRUE;
  if (g_str_equal (name, "blscfg") && !self->is_xen)
    return do_blscfg (self, script);
  if (g_str_equal (name, "blscfg"))
    {
      domuimg_menu_add_problem (self->menu, "line %u: GRUB for Xen has no command blscfg", line);
      return FALSE;
    }
  if (is_beyond (name))
    {
      domuimg_menu_add_problem (self->menu, "line %u: %s is not carried out here, and is taken to fail",
                                line, name);
      return FALSE;
    }
  if (g_str_equal (name, "eval"))
    return do_eval (script, words, line);
  if (!self->is_xen && (g_str_equal (name, "increment") || g_str_equal (name, "decrement")))
    return do_count (script, words);
  if (g_str_equal (name, "export"))
    for (guint i = 1; words[i] != NULL; i++)
      domuimg_grub_script_export (script, words[i]);
  return !g_strv_contains (failing, name);
}

static gboolean
run_command (DomuimgGrubScript *script, char **words, const char *block, guint line,
             gpointer user_data)
{
  Config *self = user_data;
  const char *name = words[0];

  if (g_str_equal (name, "[") || g_str_equal (name, "test"))
    return do_test (self, words);
  if (g_str_equal (name, "set"))
    return do_set (script, words);
  if (g_str_equal (name, "load_env"))
    return do_load_env (self, script, words);
  if (g_str_equal (name, "save_env"))
    return do_save_env (self, script, words);
  if (g_str_equal (name, "search") || g_str_has_prefix (name, "search."))
    return do_search (self, script, words);
  if (g_str_equal (name, "configfile"))
    return words[1] != NULL && do_configfile (self, script, words[1]);
  if (g_str_equal (name, "source") || g_str_equal (name, "."))
    return words[1] != NULL && do_source (self, script, words[1]);
  if (g_str_equal (name, "menuentry") || g_str_equal (name, "submenu"))
    add_node (self, domuimg_grub_node_new (words, block, line));
  else if (g_str_equal (name, "unset") && words[1] != NULL)
    domuimg_grub_script_set (script, words[1], NULL);
  else
    return run_other_command (self, script, words, line);
  return TRUE;
}

/* What `savedefault` saves: the ids on the way to an entry, with ">" in one of them doubled. */
static char *
add_to_chosen (Config *self, const DomuimgGrubNode *node)
{
  GString *chosen = g_string_new (self->chosen);

  if (self->chosen != NULL)
    g_string_append_c (chosen, '>');
  for (const char *at = node->id != NULL ? node->id : node->title; *at != '\0'; at++)
    {
      if (*at == '>')
        g_string_append_c (chosen, '>');
      g_string_append_c (chosen, *at);
    }
  return g_string_free (chosen, FALSE);
}

static void
boot_entry (Config *self, DomuimgGrubScript *script, DomuimgGrubNode *node, const char *prefix)
{
  char *arguments[] = { node->title, NULL };
  DomuimgMenuEntry *entry = g_steal_pointer (&node->made);

  if (entry == NULL)
    {
      GHashTable *saved = domuimg_grub_script_save (script);
      g_autofree char *chosen = add_to_chosen (self, node);

      domuimg_grub_script_set (script, "chosen", chosen);
      entry = domuimg_menu_entry_new ();
      entry->title = g_strconcat (prefix, node->title, NULL);
      entry->id = g_strdup (node->id);
      entry->line = node->line;
      entry->source = g_strdup (node->source);
      self->entry = entry;
      domuimg_grub_script_run (script, node->block, node->line, arguments);
      self->entry = NULL;
      domuimg_grub_script_restore (script, saved);
    }
  node->first = self->menu->entries->len;
  if (!domuimg_menu_add_entry (self->menu, entry))
    node->first = -1;
}

static void boot_nodes (Config *self, DomuimgGrubScript *script, GPtrArray *nodes,
                        const char *prefix, guint depth);

/* A submenu is read when it is chosen. */
static void
boot_submenu (Config *self, DomuimgGrubScript *script, DomuimgGrubNode *node, const char *prefix,
              guint depth)
{
  g_autofree char *inner = g_strconcat (prefix, node->title, ">", NULL);
  g_autofree char *chosen = add_to_chosen (self, node);
  const char *outer = self->chosen;
  char *arguments[] = { node->title, NULL };
  GHashTable *saved;

  node->children = domuimg_grub_nodes_new ();
  if (depth >= SUBMENUS_MAX)
    {
      domuimg_menu_add_problem (self->menu, "line %u: submenus are nested too deeply", node->line);
      return;
    }
  saved = domuimg_grub_script_save (script);
  domuimg_grub_script_enter (script);
  self->nodes = node->children;
  self->file = node->source;
  domuimg_grub_script_run (script, node->block, node->line, arguments);
  if (self->loaded != NULL)
    {
      g_ptr_array_unref (node->children);
      node->children = g_steal_pointer (&self->loaded);
    }
  self->chosen = chosen;
  boot_nodes (self, script, node->children, inner, depth + 1);
  self->chosen = outer;
  domuimg_grub_script_restore (script, saved);
  if (node->children->len > 0)
    node->first = ((DomuimgGrubNode *) g_ptr_array_index (node->children, 0))->first;
}

/* The body of an entry runs when it is chosen, after all of the menu was read. */
static void
boot_nodes (Config *self, DomuimgGrubScript *script, GPtrArray *nodes, const char *prefix,
            guint depth)
{
  for (guint i = 0; i < nodes->len; i++)
    {
      DomuimgGrubNode *node = g_ptr_array_index (nodes, i);

      if (node->is_submenu)
        boot_submenu (self, script, node, prefix, depth);
      else
        boot_entry (self, script, node, prefix);
    }
}

static void
set_up (Config *self, DomuimgGrubScript *script)
{
  static const char *const given[][2] = {
    { "feature_menuentry_id", "y" },         { "feature_default_font_path", "y" },
    { "feature_platform_search_hint", "y" }, { "feature_timeout_style", "y" },
    { "feature_all_video_module", "y" },     { "feature_menuentry_options", "y" },
    { "feature_200_final", "y" },            { "feature_nativedisk_cmd", "y" },
  };
  static const char *const exported[] = { "root", "prefix", "grub_platform", "config_file",
                                          "config_directory" };

  for (guint i = 0; i < G_N_ELEMENTS (given); i++)
    {
      domuimg_grub_script_set (script, given[i][0], given[i][1]);
      domuimg_grub_script_export (script, given[i][0]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (exported); i++)
    domuimg_grub_script_export (script, exported[i]);
  set_directory (script, self->file);
  domuimg_grub_script_set (script, "grub_platform", self->is_xen ? "xen" : "pc");
  domuimg_grub_script_set (script, "prefix",
                           self->is_xen ? MEMDISK "/boot/grub"
                                        : domuimg_grub_script_get (script, "config_directory"));
}

void
domuimg_grubcfg_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files,
                       DomuimgLoader loader)
{
  g_autoptr (GPtrArray) nodes = domuimg_grub_nodes_new ();
  Config config = { self, files, loader == DOMUIMG_LOADER_PVGRUB, 0, self->path, nodes, NULL,
                    NULL, NULL, NULL, FALSE };
  g_autoptr (DomuimgGrubScript) script = domuimg_grub_script_new (self, run_command, &config);
  g_autoptr (GPtrArray) loaded = NULL;
  GPtrArray *shown;
  g_autofree char *wanted = NULL;
  g_autofree char *fallback = NULL;
  g_autofree char *timeout = NULL;

  config.script = script;
  set_up (&config, script);
  domuimg_grub_script_run (script, text, 1, NULL);
  loaded = g_steal_pointer (&config.loaded);
  shown = loaded != NULL ? loaded : nodes;
  wanted = g_strdup (domuimg_grub_script_get (script, "default"));
  fallback = g_strdup (domuimg_grub_script_get (script, "fallback"));
  timeout = g_strdup (domuimg_grub_script_get (script, "timeout"));
  config.is_booting = TRUE;
  boot_nodes (&config, script, shown, "", 0);
  domuimg_grub_menu_choose (self, shown, wanted, fallback, timeout);
}
