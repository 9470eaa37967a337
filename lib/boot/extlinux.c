/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

/* extlinux.conf and its kin: https://wiki.syslinux.org/wiki/index.php?title=Config. Keywords in any
 * case; paths are relative to the file's directory. Of pxelinux, addresses and "server::file" stay as
 * they are. */

#define INCLUDES_MAX 8

typedef struct {
  DomuimgMenu *menu;
  const DomuimgMenuFiles *files;
  DomuimgMenuEntry *entry; /* (nullable) the LABEL that lines belong to */
  char *menu_default;      /* (nullable) the LABEL with MENU DEFAULT */
  char *on_timeout;        /* (nullable) the LABEL of ONTIMEOUT */
  char *append;            /* (nullable) of all entries that have none */
  guint sysappend;         /* as @append */
  guint includes;
} Config;

static char *
resolve (Config *self, const char *path)
{
  g_autofree char *directory = NULL;

  if (*path == '/' || strstr (path, "://") != NULL || strstr (path, "::") != NULL)
    return g_strdup (path);
  directory = g_path_get_dirname (self->menu->path);
  return g_strconcat (*directory == '/' ? "" : "/", g_str_equal (directory, ".") ? "" : directory,
                      "/", path, NULL);
}

static void
add_initrds (Config *self, const char *value)
{
  g_auto (GStrv) paths = g_strsplit (value, ",", DOMUIMG_MENU_ENTRIES);

  for (guint i = 0; paths[i] != NULL; i++)
    if (*g_strstrip (paths[i]) != '\0')
      g_ptr_array_add (self->entry->initrds, resolve (self, paths[i]));
}

/* initrd= on the command line is for the loader. */
static void
set_append (Config *self, const char *value)
{
  g_auto (GStrv) words = g_strsplit_set (value, " ", -1);
  g_autoptr (GString) rest = g_string_new (NULL);

  if (self->entry == NULL)
    {
      g_free (self->append);
      self->append = g_strdup (value);
      return;
    }
  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (words[i], "initrd="))
      add_initrds (self, words[i] + strlen ("initrd="));
    else if (*words[i] != '\0')
      g_string_append_printf (rest, "%s%s", rest->len > 0 ? " " : "", words[i]);
  g_free (self->entry->cmdline);
  /* "-" takes the common ones away. */
  self->entry->cmdline = g_strdup (g_str_equal (rest->str, "-") ? "" : rest->str);
}

static void
end_entry (Config *self)
{
  DomuimgMenuEntry *entry = g_steal_pointer (&self->entry);

  if (entry == NULL)
    return;
  if (entry->cmdline == NULL)
    entry->cmdline = g_strdup (self->append);
  domuimg_menu_add_entry (self->menu, entry);
}

static void
begin_entry (Config *self, const char *label, guint line)
{
  end_entry (self);
  self->entry = domuimg_menu_entry_new ();
  self->entry->id = g_strdup (label);
  self->entry->title = g_strdup (label);
  self->entry->line = line;
  self->entry->sysappend = self->sysappend;
}

static void include (Config *self, const char *value);

static void
take_menu (Config *self, const char *value)
{
  if (g_ascii_strncasecmp (value, "include ", 8) == 0)
    {
      g_autofree char *path = g_strndup (value + 8, strcspn (value + 8, " \t"));

      include (self, path);
      return;
    }
  if (g_ascii_strncasecmp (value, "title ", 6) == 0 && self->menu->title == NULL)
    self->menu->title = g_strdup (value + 6);
  if (self->entry == NULL)
    return;
  if (g_ascii_strncasecmp (value, "label ", 6) == 0)
    {
      g_free (self->entry->title);
      self->entry->title = g_strdup (value + 6);
    }
  else if (g_ascii_strcasecmp (value, "default") == 0)
    {
      g_free (self->menu_default);
      self->menu_default = g_strdup (self->entry->id);
    }
}

static void parse_text (Config *self, const char *text);

static void
include (Config *self, const char *value)
{
  g_autofree char *path = resolve (self, value);
  g_autofree char *text = NULL;

  if (++self->includes > INCLUDES_MAX)
    {
      domuimg_menu_add_problem (self->menu, "%s: too many files include each other", value);
      return;
    }
  text = domuimg_menu_read_file (self->files, path);
  if (text != NULL)
    parse_text (self, text);
}

/* What is started when nobody presses a key; ONTIMEOUT says it before DEFAULT. */
static void
take_default (Config *self, const char *key, const char *value)
{
  char **to = g_ascii_strcasecmp (key, "default") == 0 ? &self->menu->wanted : &self->on_timeout;

  g_free (*to);
  *to = g_strdup (value);
}

static void
set_sysappend (Config *self, const char *value)
{
  guint *to = self->entry != NULL ? &self->entry->sysappend : &self->sysappend;

  *to = (guint) MIN (g_ascii_strtoull (value, NULL, 0), G_MAXUINT);
}

static void
take_line (Config *self, const char *key, const char *value, guint line)
{
  if (g_ascii_strcasecmp (key, "label") == 0)
    begin_entry (self, value, line);
  else if (g_ascii_strcasecmp (key, "menu") == 0)
    take_menu (self, value);
  else if (g_ascii_strcasecmp (key, "append") == 0)
    set_append (self, value);
  else if (g_ascii_strcasecmp (key, "include") == 0)
    include (self, value);
  else if (g_ascii_strcasecmp (key, "timeout") == 0)
    self->menu->timeout = (MIN (g_ascii_strtoull (value, NULL, 10), G_MAXINT) + 9) / 10;
  else if (g_ascii_strcasecmp (key, "default") == 0 || g_ascii_strcasecmp (key, "ontimeout") == 0)
    take_default (self, key, value);
  else if (g_ascii_strcasecmp (key, "ipappend") == 0 || g_ascii_strcasecmp (key, "sysappend") == 0)
    set_sysappend (self, value);
  else if (self->entry != NULL && g_ascii_strcasecmp (key, "localboot") == 0)
    self->entry->local = TRUE;
  else if (self->entry != NULL && g_ascii_strcasecmp (key, "initrd") == 0)
    add_initrds (self, value);
  else if (self->entry != NULL
           && (g_ascii_strcasecmp (key, "linux") == 0 || g_ascii_strcasecmp (key, "kernel") == 0))
    {
      g_free (self->entry->kernel);
      self->entry->kernel = resolve (self, value);
    }
}

static void
parse_text (Config *self, const char *text)
{
  g_auto (GStrv) lines = g_strsplit_set (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strcspn (line, " \t");
      g_autofree char *key = g_strndup (line, length);

      if (*line != '\0' && *line != '#')
        take_line (self, key, line + length + strspn (line + length, " \t"), i + 1);
    }
}

static int
find_label (DomuimgMenu *self, const char *wanted)
{
  gsize length = strcspn (wanted, " \t");

  for (guint i = 0; i < self->entries->len; i++)
    {
      const char *id = ((DomuimgMenuEntry *) self->entries->pdata[i])->id;

      if (strlen (id) == length && g_ascii_strncasecmp (id, wanted, length) == 0)
        return i;
    }
  return -1;
}

void
domuimg_extlinux_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files)
{
  Config config = { self, files };

  parse_text (&config, text);
  end_entry (&config);
  if (config.menu_default != NULL || config.on_timeout != NULL)
    {
      g_free (self->wanted);
      self->wanted = g_strdup (config.on_timeout != NULL ? config.on_timeout
                                                         : config.menu_default);
    }
  g_free (config.menu_default);
  g_free (config.on_timeout);
  g_free (config.append);
  /* DEFAULT may name the module that draws the menu; then the first entry it is. */
  if (self->wanted == NULL || g_str_has_suffix (self->wanted, ".c32"))
    self->default_entry = self->entries->len > 0 ? 0 : -1;
  else
    self->default_entry = find_label (self, self->wanted);
}
