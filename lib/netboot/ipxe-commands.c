/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of iPXE's scripts. */
#include "config.h"
#include "lib/netboot/ipxe.h"

#include <string.h>

#include "lib/netboot/url.h"

#define INITRDS_MAX 32

/* Options stand before all other words; what follows them is the command's own. */
typedef struct {
  const char *name;     /* (nullable) each */
  const char *default_;
  const char *timeout;
  const char *key;
  gboolean gap;
  char **rest;
} Options;

static gboolean
is_option (const char *word, const char *long_name, char letter)
{
  gsize length = strlen (long_name);

  if (word[1] == letter && word[2] == '\0')
    return TRUE;
  return g_str_has_prefix (word, "--") && strncmp (word + 2, long_name, length) == 0
         && (word[2 + length] == '\0' || word[2 + length] == '=');
}

static void
read_options (Options *self, char **words)
{
  const struct {
    const char *name;
    char letter;
    const char **to;
  } valued[] = { { "name", 'n', &self->name }, { "default", 'd', &self->default_ },
                 { "timeout", 't', &self->timeout }, { "key", 'k', &self->key } };
  guint at = 1;

  for (; words[at] != NULL && words[at][0] == '-' && words[at][1] != '\0'; at++)
    {
      char *word = words[at];

      if (is_option (word, "gap", 'g'))
        self->gap = TRUE;
      for (guint i = 0; i < G_N_ELEMENTS (valued); i++)
        if (is_option (word, valued[i].name, valued[i].letter))
          {
            char *equals = g_str_has_prefix (word, "--") ? strchr (word, '=') : NULL;

            if (equals != NULL)
              *valued[i].to = equals + 1;
            else if (words[at + 1] != NULL)
              *valued[i].to = words[++at];
            break;
          }
    }
  self->rest = words + at;
}

static gboolean
do_set (DomuimgIpxe *self, const char *url, char **words)
{
  g_autofree char *value = words[1] != NULL ? g_strjoinv (" ", words + 2) : NULL;

  return value != NULL && domuimg_ipxe_set (self, words[1], value);
}

static gboolean
do_clear (DomuimgIpxe *self, const char *url, char **words)
{
  return words[1] != NULL && domuimg_ipxe_set (self, words[1], NULL);
}

static gboolean
do_isset (DomuimgIpxe *self, const char *url, char **words)
{
  return words[1] != NULL && *words[1] != '\0';
}

static gboolean
do_iseq (DomuimgIpxe *self, const char *url, char **words)
{
  return words[1] != NULL && words[2] != NULL && g_str_equal (words[1], words[2]);
}

/* The address of a file that is there; NULL where it is not, or not known yet. */
static char *
find_file (DomuimgIpxe *self, const char *url, const char *path)
{
  g_autofree char *found = domuimg_netboot_resolve (url, path);

  if (found == NULL || domuimg_netboot_pass_file (self->pass, found) == NULL)
    return NULL;
  return g_steal_pointer (&found);
}

static gboolean
do_kernel (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };
  char *found;

  read_options (&options, words);
  found = options.rest[0] != NULL ? find_file (self, url, options.rest[0]) : NULL;
  if (found == NULL)
    return FALSE;
  g_free (self->kernel);
  g_free (self->kernel_name);
  g_free (self->cmdline);
  self->kernel = found;
  self->kernel_name = options.name != NULL ? g_strdup (options.name) : g_path_get_basename (found);
  self->cmdline = g_strjoinv (" ", options.rest + 1);
  return TRUE;
}

static gboolean
do_select (DomuimgIpxe *self, const char *url, char **words)
{
  return (words[1] != NULL && g_strcmp0 (words[1], self->kernel_name) == 0)
         || do_kernel (self, url, words);
}

static gboolean
do_initrd (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };
  char *found;

  read_options (&options, words);
  if (options.rest[0] != NULL && options.rest[1] != NULL)
    return domuimg_netboot_pass_fail (self->pass, DOMUIMG_ERROR_NOT_SUPPORTED,
                                      "%s: an initrd that becomes the file “%s” in another is not "
                                      "supported",
                                      url, options.rest[1]);
  if (options.rest[0] == NULL || self->initrds->len >= INITRDS_MAX)
    return FALSE;
  found = find_file (self, url, options.rest[0]);
  if (found == NULL)
    return FALSE;
  g_ptr_array_add (self->initrds, found);
  return TRUE;
}

static gboolean
do_imgargs (DomuimgIpxe *self, const char *url, char **words)
{
  if (words[1] == NULL || self->kernel == NULL)
    return FALSE;
  if (!g_str_equal (words[1], self->kernel_name))
    return TRUE;
  g_free (self->cmdline);
  self->cmdline = g_strjoinv (" ", words + 2);
  return TRUE;
}

static gboolean
do_imgfree (DomuimgIpxe *self, const char *url, char **words)
{
  g_clear_pointer (&self->kernel, g_free);
  g_ptr_array_set_size (self->initrds, 0);
  return TRUE;
}

static gboolean
do_boot (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };

  read_options (&options, words);
  if (options.rest[0] != NULL && g_strcmp0 (options.rest[0], self->kernel_name) != 0
      && !do_kernel (self, url, words))
    return FALSE;
  if (self->kernel == NULL)
    return FALSE;
  domuimg_netboot_pass_boot (self->pass, url, self->kernel, self->initrds, self->cmdline, NULL);
  return FALSE;
}

static gboolean
starts_with_line (const char *text, const char *word)
{
  return text != NULL && g_str_has_prefix (text, word);
}

/* Another script, in the same run; or a kernel, or a loader that has a configuration beside it. */
static gboolean
do_chain (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };
  g_autofree char *found = NULL;
  g_autofree char *text = NULL;
  g_autofree char *arguments = NULL;

  read_options (&options, words);
  found = options.rest[0] != NULL ? find_file (self, url, options.rest[0]) : NULL;
  if (found == NULL)
    return FALSE;
  arguments = g_strjoinv (" ", options.rest + 1);
  if (domuimg_netboot_is_kernel (domuimg_netboot_pass_file (self->pass, found)))
    {
      domuimg_netboot_pass_boot (self->pass, url, found, self->initrds, arguments, NULL);
      return FALSE;
    }
  text = domuimg_netboot_pass_text (self->pass, found);
  if (starts_with_line (text, "#!ipxe") || starts_with_line (text, "#!gpxe"))
    return domuimg_ipxe_run (self, found, text);
  if (domuimg_netboot_pass_step (self->pass, found))
    domuimg_netboot_open_loader (self->pass, found, g_hash_table_lookup (self->variables, "210"));
  return FALSE;
}

static gboolean
do_menu (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };
  g_autofree char *title = NULL;

  read_options (&options, words);
  title = g_strjoinv (" ", options.rest);
  g_clear_pointer (&self->menu, domuimg_menu_free);
  self->menu = domuimg_menu_new (DOMUIMG_MENU_EXTLINUX, url);
  self->menu->title = *title != '\0' ? g_steal_pointer (&title) : NULL;
  return TRUE;
}

/* Lines that cannot be chosen are not shown. */
static gboolean
do_item (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };
  DomuimgMenuEntry *entry;

  if (self->menu == NULL)
    return FALSE;
  read_options (&options, words);
  if (options.gap || options.rest[0] == NULL)
    return TRUE;
  entry = domuimg_menu_entry_new ();
  entry->id = g_strdup (options.rest[0]);
  entry->title = options.rest[1] != NULL ? g_strjoinv (" ", options.rest + 1)
                                         : g_strdup (options.rest[0]);
  return domuimg_menu_add_entry (self->menu, entry);
}

static void
set_default (DomuimgMenu *menu, const Options *options)
{
  guint64 milliseconds = options->timeout != NULL ? g_ascii_strtoull (options->timeout, NULL, 10)
                                                  : 0;
  int wanted = options->default_ != NULL ? domuimg_menu_find_entry (menu, options->default_) : -1;

  menu->default_entry = wanted >= 0 ? wanted : menu->entries->len > 0 ? 0 : -1;
  menu->waits = milliseconds == 0;
  menu->timeout = (guint) (MIN (milliseconds, G_MAXINT) + 999) / 1000;
}

static gboolean
do_choose (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };
  const char *edited;
  int index;

  read_options (&options, words);
  if (self->menu == NULL || options.rest[0] == NULL)
    return FALSE;
  set_default (self->menu, &options);
  index = domuimg_netboot_pass_choose (self->pass, &self->menu, &edited);
  return index >= 0
         && domuimg_ipxe_set (self, options.rest[0],
                              ((DomuimgMenuEntry *) self->menu->entries->pdata[index])->id);
}

/* A key that nobody presses: with a time limit it fails. */
static gboolean
do_prompt (DomuimgIpxe *self, const char *url, char **words)
{
  Options options = { NULL };

  read_options (&options, words);
  return options.timeout == NULL && options.key == NULL;
}

/* Whether the processor is one for 64 bits is what scripts ask. */
static gboolean
do_cpuid (DomuimgIpxe *self, const char *url, char **words)
{
  return g_strv_contains ((const char *const *) words, "--ext")
         && g_strv_contains ((const char *const *) words, "29");
}

/* To go on without would be to boot what was not verified. */
static gboolean
do_verify (DomuimgIpxe *self, const char *url, char **words)
{
  return domuimg_netboot_pass_fail (self->pass, DOMUIMG_ERROR_NOT_SUPPORTED,
                                    "%s wants signatures verified (%s), which is not supported",
                                    url, words[0]);
}

static gboolean
do_nothing (DomuimgIpxe *self, const char *url, char **words)
{
  return TRUE;
}

gboolean
domuimg_ipxe_command (DomuimgIpxe *self, const char *url, char **words)
{
  static const struct {
    const char *name;
    gboolean (*run) (DomuimgIpxe *self, const char *url, char **words);
  } commands[] = {
    { "set", do_set },         { "clear", do_clear },     { "isset", do_isset },
    { "iseq", do_iseq },       { "kernel", do_kernel },   { "linux", do_kernel },
    { "imgselect", do_select },{ "imgload", do_select },  { "initrd", do_initrd },
    { "imgfetch", do_initrd }, { "module", do_initrd },   { "imgargs", do_imgargs },
    { "imgfree", do_imgfree }, { "boot", do_boot },       { "imgexec", do_boot },
    { "chain", do_chain },     { "menu", do_menu },       { "item", do_item },
    { "choose", do_choose },   { "prompt", do_prompt },   { "cpuid", do_cpuid },
    { "imgtrust", do_verify }, { "imgverify", do_verify },{ "echo", do_nothing },
    { "sleep", do_nothing },   { "dhcp", do_nothing },    { "ifconf", do_nothing },
    { "ifopen", do_nothing },  { "ifclose", do_nothing }, { "ifstat", do_nothing },
    { "route", do_nothing },   { "colour", do_nothing },  { "color", do_nothing },
    { "cpair", do_nothing },   { "console", do_nothing }, { "imgstat", do_nothing },
    { "sync", do_nothing },    { "ntp", do_nothing },
  };

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (words[0], commands[i].name))
      return commands[i].run (self, url, words);
  return FALSE;
}
