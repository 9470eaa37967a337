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
  char *kernel_words;      /* (nullable) what follows its kernel on the same line */
  int menu_default;        /* the number of the entry with MENU DEFAULT, or -1 */
  char *on_timeout;        /* (nullable) the LABEL of ONTIMEOUT */
  char *append;            /* (nullable) of all entries that have none */
  guint sysappend;         /* as @append */
  guint includes;
  gboolean in_help;        /* between TEXT HELP and ENDTEXT */
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

static gboolean
exists (Config *self, const char *path)
{
  return self->files->exists != NULL && self->files->exists (self->files->data, path);
}

static void
join_words (char **to, const char *first, const char *second)
{
  g_autofree char *joined = g_strdup_printf ("%s%s%s", first != NULL ? first : "",
                                             first != NULL && second != NULL && *second != '\0' ? " "
                                                                                                : "",
                                             second != NULL ? second : "");

  g_free (*to);
  *to = g_steal_pointer (&joined);
}

/* Without KERNEL, an entry starts the file that it is called after. */
static void
end_entry (Config *self)
{
  DomuimgMenuEntry *entry = g_steal_pointer (&self->entry);
  g_autofree char *words = g_steal_pointer (&self->kernel_words);

  if (entry == NULL)
    return;
  if (entry->cmdline == NULL)
    entry->cmdline = g_strdup (self->append);
  if (words != NULL)
    join_words (&entry->cmdline, words, entry->cmdline);
  if (entry->kernel == NULL && !entry->local)
    {
      g_autofree char *path = resolve (self, entry->id);

      entry->kernel = exists (self, path) ? g_steal_pointer (&path) : NULL;
    }
  domuimg_menu_add_entry (self->menu, entry);
}

/* The words after a kernel's path are part of its command line. */
static void
set_kernel (Config *self, const char *value)
{
  gsize length = strcspn (value, " \t");
  g_autofree char *path = g_strndup (value, length);

  g_free (self->entry->kernel);
  self->entry->kernel = resolve (self, path);
  g_free (self->kernel_words);
  value += length + strspn (value + length, " \t");
  self->kernel_words = *value != '\0' ? g_strdup (value) : NULL;
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
    self->menu_default = (int) self->menu->entries->len;
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
    set_kernel (self, value);
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
      const char *value = line + length + strspn (line + length, " \t");

      if (self->in_help || (g_ascii_strcasecmp (key, "text") == 0
                            && g_ascii_strncasecmp (value, "help", strlen ("help")) == 0))
        self->in_help = g_ascii_strcasecmp (key, "endtext") != 0;
      else if (*line != '\0' && *line != '#')
        take_line (self, key, value, i + 1);
    }
}

static int
find_label (DomuimgMenu *self, const char *wanted, gsize length)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      const char *id = ((DomuimgMenuEntry *) self->entries->pdata[i])->id;

      if (strlen (id) == length && g_ascii_strncasecmp (id, wanted, length) == 0)
        return i;
    }
  return -1;
}

/* What DEFAULT says is a label with all its blanks, or a command line: a label, or the path of a kernel,
 * with further words for the kernel. */
static int
find_default (Config *self, const char *wanted)
{
  DomuimgMenu *menu = self->menu;
  gsize length = strcspn (wanted, " \t");
  const char *words = wanted + length + strspn (wanted + length, " \t");
  g_autofree char *first = g_strndup (wanted, length);
  int index = find_label (menu, wanted, strlen (wanted));

  if (index >= 0)
    return index;
  index = find_label (menu, wanted, length);
  if (index >= 0)
    {
      DomuimgMenuEntry *entry = g_ptr_array_index (menu->entries, index);

      join_words (&entry->cmdline, *entry->cmdline != '\0' ? entry->cmdline : NULL, words);
      return index;
    }
  if (menu->entries->len >= DOMUIMG_MENU_ENTRIES)
    return -1;
  begin_entry (self, first, 0);
  set_kernel (self, wanted);
  if (!exists (self, self->entry->kernel))
    {
      g_clear_pointer (&self->entry, domuimg_menu_entry_free);
      return -1;
    }
  /* initrd= among them is the loader's. */
  g_clear_pointer (&self->kernel_words, g_free);
  set_append (self, words);
  end_entry (self);
  return (int) menu->entries->len - 1;
}

static void
choose (Config *self)
{
  DomuimgMenu *menu = self->menu;

  if (self->on_timeout != NULL || self->menu_default >= 0)
    {
      g_free (menu->wanted);
      menu->wanted = g_strdup (self->on_timeout != NULL
                                   ? self->on_timeout
                                   : ((DomuimgMenuEntry *) menu->entries->pdata[self->menu_default])->id);
    }
  /* DEFAULT may name the module that draws the menu; then the first entry it is. */
  if (self->on_timeout == NULL && self->menu_default >= 0)
    menu->default_entry = self->menu_default;
  else if (menu->wanted == NULL || g_str_has_suffix (menu->wanted, ".c32"))
    menu->default_entry = menu->entries->len > 0 ? 0 : -1;
  else
    menu->default_entry = find_default (self, menu->wanted);
}

void
domuimg_extlinux_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files)
{
  Config config = { .menu = self, .files = files, .menu_default = -1 };

  parse_text (&config, text);
  end_entry (&config);
  if (config.menu_default >= (int) self->entries->len)
    config.menu_default = -1;
  choose (&config);
  g_free (config.kernel_words);
  g_free (config.on_timeout);
  g_free (config.append);
}
