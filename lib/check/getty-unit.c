/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts the unit of a login together from its file and drop-ins, and tells what starts it. */
#include "config.h"
#include "lib/check/getty-unit.h"

#include <string.h>

#define GENERATOR "systemd-getty-generator"

/* Where units are, what goes first, first. */
static const char *const places[] = { "/etc/systemd/system", "/run/systemd/system",
                                      "/usr/local/lib/systemd/system", "/lib/systemd/system",
                                      "/usr/lib/systemd/system" };

void
domuimg_getty_unit_free (DomuimgGettyUnit *self)
{
  g_free (self->command);
  g_free (self->line);
  g_free (self->absent);
  g_free (self);
}

static gboolean
is_masked_on_cmdline (DomuimgMachine *self, const char *unit)
{
  g_autoptr (GPtrArray) masks = domuimg_machine_list_parameter (self, "systemd.mask");

  return g_ptr_array_find_with_equal_func (masks, unit, g_str_equal, NULL);
}

static gboolean
is_nothing (const DomuimgEntry *entry)
{
  return (entry->type == DOMUIMG_ENTRY_SYMLINK && g_str_equal (entry->target, "/dev/null"))
         || (entry->type == DOMUIMG_ENTRY_FILE && entry->size == 0);
}

gboolean
domuimg_getty_is_masked (DomuimgMachine *self, const char *unit)
{
  if (is_masked_on_cmdline (self, unit))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_build_filename (places[i], unit, NULL);
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->tree, path, NULL);

      if (entry != NULL)
        return is_nothing (entry);
    }
  return FALSE;
}

static char *
take_word (const char *value)
{
  value += strspn (value, " -@:+!|");
  return *value != '\0' ? g_strndup (value, strcspn (value, " \t\r")) : NULL;
}

/* An empty value takes back what was said before. */
static void
read_line (DomuimgGettyUnit *self, DomuimgTree *tree, const char *line)
{
  const char *value = strchr (line, '=');

  value = value != NULL ? value + 1 : "";
  if (g_str_has_prefix (line, "ExecStart="))
    {
      g_free (self->command);
      g_free (self->line);
      self->command = take_word (value);
      self->line = g_strdup (value);
    }
  else if (g_str_has_prefix (line, "BindsTo="))
    self->waits_for_device |= strstr (value, ".device") != NULL;
  /* It takes back all conditions, of any kind: systemd.unit(5). */
  else if (g_str_has_prefix (line, "Condition") && *value == '\0' && g_str_has_suffix (line, "="))
    g_clear_pointer (&self->absent, g_free);
  else if (g_str_has_prefix (line, "ConditionPathExists=/") && !domuimg_tree_exists (tree, value)
           && !g_str_has_prefix (value, "/dev/") && !g_str_has_prefix (value, "/proc/")
           && !g_str_has_prefix (value, "/sys/") && !g_str_has_prefix (value, "/run/"))
    {
      g_free (self->absent);
      self->absent = take_word (value);
    }
}

static void
read_unit (DomuimgGettyUnit *self, DomuimgTree *tree, const char *path)
{
  g_autofree char *text = domuimg_tree_read_text (tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    read_line (self, tree, g_strstrip (lines[i]));
}

/* The files of one directory of drop-ins; one of the same name before is what counts. */
static void
add_drop_ins (GHashTable *paths, DomuimgTree *tree, const char *place, const char *unit)
{
  g_autofree char *directory = g_strdup_printf ("%s/%s.d", place, unit);
  g_auto (GStrv) names = domuimg_tree_list (tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_str_has_suffix (names[i], ".conf") && !g_hash_table_contains (paths, names[i]))
      g_hash_table_insert (paths, g_strdup (names[i]), g_build_filename (directory, names[i], NULL));
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

DomuimgGettyUnit *
domuimg_getty_unit_new (DomuimgTree *tree, const char *path, const char *template, const char *own)
{
  g_autoptr (GHashTable) paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  DomuimgGettyUnit *self = g_new0 (DomuimgGettyUnit, 1);
  g_autoptr (GList) names = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      add_drop_ins (paths, tree, places[i], own);
      add_drop_ins (paths, tree, places[i], template);
    }
  read_unit (self, tree, path);
  names = g_list_sort (g_hash_table_get_keys (paths), compare);
  for (GList *name = names; name != NULL; name = name->next)
    read_unit (self, tree, g_hash_table_lookup (paths, name->data));
  return self;
}

const char *
domuimg_getty_find_no_udev (DomuimgMachine *self)
{
  static const char *const programs[]
      = { "/lib/systemd/systemd-udevd", "/usr/lib/systemd/systemd-udevd", "/sbin/udevd", "/lib/udev/udevd" };
  static const char *const units[] = { "systemd-udevd.service", "systemd-udev-trigger.service" };
  gboolean found = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    found = found || domuimg_tree_is_executable (self->tree, programs[i]);
  if (!found)
    return "systemd-udevd";
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (domuimg_getty_is_masked (self, units[i]))
      return units[i];
  return NULL;
}

/* A link to nowhere in /etc takes a generator of /lib away. */
static gboolean
has_generator (DomuimgTree *tree)
{
  static const char *const directories[]
      = { "/etc/systemd/system-generators", "/usr/local/lib/systemd/system-generators",
          "/lib/systemd/system-generators", "/usr/lib/systemd/system-generators" };

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = g_build_filename (directories[i], GENERATOR, NULL);
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, NULL);

      if (entry != NULL)
        return !is_nothing (entry) && domuimg_tree_is_executable (tree, path);
    }
  return FALSE;
}

gboolean
domuimg_getty_is_started (DomuimgMachine *self, const char *own)
{
  g_autofree char *automatic = domuimg_machine_get_parameter (self, "systemd.getty_auto");
  static const char *const no[] = { "0", "no", "false", "off", "n", "f", NULL };

  if (domuimg_guest_unit_enabled (self->tree, own))
    return TRUE;
  return has_generator (self->tree) && (automatic == NULL || !g_strv_contains (no, automatic));
}

/* "own-getty@.service" of "own-getty@hvc0.service", and "hvc0"; FALSE where it is no instance. */
static gboolean
split_instance (const char *unit, char **template, char **instance)
{
  const char *at = strchr (unit, '@');
  const char *dot = strrchr (unit, '.');

  if (at == NULL || dot == NULL || dot < at + 2)
    return FALSE;
  *template = g_strdup_printf ("%.*s%s", (int) (at + 1 - unit), unit, dot);
  *instance = g_strndup (at + 1, dot - at - 1);
  return TRUE;
}

/* Whether the line runs a getty, or login, on the console; @instance (nullable) is what "%i" stands for. */
static gboolean
is_login_on (const char *line, const char *console, const char *instance)
{
  g_auto (GStrv) words = g_strsplit_set (line, " \t\"'", -1);

  if (words[0] == NULL || (strstr (words[0], "getty") == NULL && !g_str_has_suffix (words[0], "login")))
    return FALSE;
  for (guint i = 1; words[i] != NULL; i++)
    {
      const char *word = g_str_has_prefix (words[i], "/dev/") ? words[i] + strlen ("/dev/") : words[i];

      if (g_str_equal (word, console)
          || (g_ascii_strcasecmp (word, "%i") == 0 && g_strcmp0 (instance, console) == 0))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_own_login (DomuimgMachine *self, const char *name, const char *console)
{
  g_autofree char *template = NULL, *instance = NULL;
  gboolean is_instance = split_instance (name, &template, &instance);
  g_autofree char *own = domuimg_guest_unit_path (self->tree, name);
  g_autofree char *path = own == NULL && is_instance ? domuimg_guest_unit_path (self->tree, template)
                                                     : g_steal_pointer (&own);
  g_autoptr (DomuimgGettyUnit) unit = NULL;

  if (path == NULL || domuimg_getty_is_masked (self, name)
      || (is_instance && domuimg_getty_is_masked (self, template)))
    return FALSE;
  unit = domuimg_getty_unit_new (self->tree, path, is_instance ? template : name, name);
  return unit->command != NULL && is_login_on (unit->line, console, instance)
         && domuimg_tree_is_executable (self->tree, unit->command) && unit->absent == NULL
         && (!unit->waits_for_device || domuimg_getty_find_no_udev (self) == NULL);
}

gboolean
domuimg_getty_has_own (DomuimgMachine *self, const char *stock, const char *console)
{
  static const char *const targets[] = { "sysinit.target", "basic.target", "multi-user.target",
                                         "getty.target" };

  /* The last is wanted by the one before only. */
  for (guint i = 0; i + 1 < G_N_ELEMENTS (targets); i++)
    if (domuimg_getty_is_masked (self, targets[i]))
      return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autofree char *wants = g_strdup_printf ("/etc/systemd/system/%s.wants", targets[i]);
      g_auto (GStrv) names = domuimg_tree_list (self->tree, wants, NULL);

      if (domuimg_getty_is_masked (self, targets[i]))
        continue;
      for (guint j = 0; names != NULL && names[j] != NULL; j++)
        if (!g_str_equal (names[j], stock) && g_str_has_suffix (names[j], ".service")
            && is_own_login (self, names[j], console))
          return TRUE;
    }
  return FALSE;
}
