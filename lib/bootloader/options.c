/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of the boot loader, which is pygrub's. */
#include "config.h"
#include "lib/bootloader/options.h"

#include <string.h>

#define DIRECTORY "/run/xen/pygrub"

/* The options as they stand on the command line. */
typedef struct {
  DomuimgBootloaderOptions *to;
  char *format;
  char *offset;
  char *runas;
  char *seconds;
  gboolean interactive;
  gboolean help;
  char **rest;
} Words;

static void
words_clear (Words *self)
{
  g_free (self->format);
  g_free (self->offset);
  g_free (self->runas);
  g_free (self->seconds);
  g_strfreev (self->rest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Words, words_clear)

static gboolean
take_net (const char *name, const char *value, gpointer data, GError **error)
{
  Words *words = data;

  words->to->network = TRUE;
  g_free (words->to->url);
  words->to->url = value != NULL && *value != '\0' ? g_strdup (value) : NULL;
  return TRUE;
}

/* Adds the options that go with --net. */
static void
add_network_options (GOptionGroup *group, DomuimgBootloaderOptions *to, Words *words)
{
  const GOptionEntry entries[] = {
    { "net", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, take_net,
      "Boot from the network: from URL, a server, or what DHCP says", "URL" },
    { "bridge", 0, 0, G_OPTION_ARG_STRING, &to->bridge,
      "The interface to ask by DHCP on, the first bridge if not given", "NAME" },
    { "mac", 0, 0, G_OPTION_ARG_STRING, &to->mac, "The guest's, as in its vif=", "MAC" },
    { "uuid", 0, 0, G_OPTION_ARG_STRING, &to->uuid, "The guest's", "UUID" },
    { "net-timeout", 0, 0, G_OPTION_ARG_STRING, &words->seconds,
      "What the network may take, 120 if not given", "SECONDS" },
    { NULL },
  };

  g_option_group_add_entries (group, entries);
}

static GOptionContext *
make_context (DomuimgBootloaderOptions *to, Words *words)
{
  const GOptionEntry entries[] = {
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &to->quiet, "Show no menu", NULL },
    { "interactive", 'i', 0, G_OPTION_ARG_NONE, &words->interactive,
      "Show a menu, where there is a terminal (the default)", NULL },
    { "list-entries", 'l', 0, G_OPTION_ARG_NONE, &to->list, "Print the menu's entries", NULL },
    { "not-really", 'n', 0, G_OPTION_ARG_NONE, &to->dry, "Copy no file", NULL },
    { "entry", 0, 0, G_OPTION_ARG_STRING, &to->entry,
      "The entry to boot, by number from 0, id or title", "ENTRY" },
    { "kernel", 0, 0, G_OPTION_ARG_STRING, &to->kernel,
      "A kernel in the guest, in place of its menu", "PATH" },
    { "ramdisk", 0, 0, G_OPTION_ARG_STRING, &to->ramdisk, "A ramdisk in the guest", "PATH" },
    { "args", 0, 0, G_OPTION_ARG_STRING, &to->args, "More of a command line", "ARGS" },
    { "output", 0, 0, G_OPTION_ARG_STRING, &to->output, "The file to answer in", "FILE" },
    { "output-format", 0, 0, G_OPTION_ARG_STRING, &words->format, "sxp, simple or simple0",
      "FORMAT" },
    { "output-directory", 0, 0, G_OPTION_ARG_STRING, &to->directory, "Where copies go", "DIR" },
    { "offset", 0, 0, G_OPTION_ARG_STRING, &words->offset, "The filesystem's place on the disk",
      "BYTES" },
    { "runas", 0, 0, G_OPTION_ARG_STRING, &words->runas,
      "The user id that reads the disk, 65534 if not given", "UID" },
    { "isconfig", 0, 0, G_OPTION_ARG_NONE, &to->is_config, "The file is a menu, not a disk", NULL },
    { "read-only", 0, 0, G_OPTION_ARG_NONE, &to->read_only,
      "Write nothing to the disk: what GRUB would save there is told", NULL },
    { "require-confinement", 0, 0, G_OPTION_ARG_NONE, &to->require,
      "Fail where a part of the confinement cannot be had", NULL },
    { "debug", 0, 0, G_OPTION_ARG_NONE, &to->debug, "Say what is done", NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &words->help, "Show this", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words->rest, NULL, NULL },
    { NULL },
  };
  GOptionContext *context = g_option_context_new ("DISK");
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, words, NULL);

  g_option_group_add_entries (group, entries);
  add_network_options (group, to, words);
  g_option_context_set_main_group (context, group);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (
      context, "Chooses the kernel of a Xen guest by the boot menu on its disk, for bootloader= in"
               " xl.cfg.");
  return context;
}

/* A number from 0 to @max. */
static gboolean
take_number (const char *name, const char *text, guint64 max, gint64 *value, GError **error)
{
  guint64 number = 0;

  *value = -1;
  if (text == NULL)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 0, max, &number, NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--%s=%s is not a number that it can be", name, text);
  *value = (gint64) number;
  return TRUE;
}

/* What is of a disk only is refused beside --net, and the reverse. */
static gboolean
check_network (const DomuimgBootloaderOptions *self, const Words *words, GError **error)
{
  const struct {
    const char *name;
    gboolean given;
    gboolean of_network;
  } options[] = {
    { "list-entries", self->list, FALSE },        { "not-really", self->dry, FALSE },
    { "read-only", self->read_only, FALSE },
    { "isconfig", self->is_config, FALSE },       { "kernel", self->kernel != NULL, FALSE },
    { "ramdisk", self->ramdisk != NULL, FALSE },  { "offset", words->offset != NULL, FALSE },
    { "bridge", self->bridge != NULL, TRUE },     { "mac", self->mac != NULL, TRUE },
    { "uuid", self->uuid != NULL, TRUE },         { "net-timeout", words->seconds != NULL, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (options[i].given && options[i].of_network != self->network)
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "--%s goes %s --net",
                           options[i].name, self->network ? "without" : "with");
  return TRUE;
}

static gboolean
settle (DomuimgBootloaderOptions *self, Words *words, GError **error)
{
  gint64 seconds = 0;

  if (!check_network (self, words, error)
      || !take_number ("net-timeout", words->seconds, G_MAXINT16, &seconds, error)
      || !take_number ("offset", words->offset, G_MAXINT64, &self->offset, error)
      || !take_number ("runas", words->runas, G_MAXUINT32 - 1, &self->runas, error))
    return FALSE;
  self->format = DOMUIMG_OUTPUT_SXP;
  if (words->format != NULL && !domuimg_output_format_parse (words->format, &self->format))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--output-format=%s is none of sxp, simple and simple0", words->format);
  self->seconds = (guint) MAX (seconds, 0);
  if (!self->network && (words->rest == NULL || words->rest[0] == NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the guest's disk is to be the last argument");
  self->disk = words->rest != NULL ? g_strdup (words->rest[0]) : NULL;
  if (g_strcmp0 (self->output, "-") == 0)
    g_clear_pointer (&self->output, g_free);
  if (self->directory == NULL)
    self->directory = g_strdup (DIRECTORY);
  /* Who names an entry has chosen, as with pygrub. */
  self->quiet = !words->interactive && (self->quiet || self->entry != NULL);
  return TRUE;
}

gboolean
domuimg_bootloader_options_parse (DomuimgBootloaderOptions *self, char **argv, GError **error)
{
  g_auto (Words) words = { .to = self };
  g_auto (GStrv) copy = g_strdupv (argv);
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) local = NULL;

  *self = (DomuimgBootloaderOptions){ .offset = -1, .runas = -1 };
  context = make_context (self, &words);
  if (!g_option_context_parse_strv (context, &copy, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s", local->message);
  if (words.help)
    self->help = g_option_context_get_help (context, TRUE, NULL);
  return words.help || settle (self, &words, error);
}

void
domuimg_bootloader_options_clear (DomuimgBootloaderOptions *self)
{
  g_free (self->disk);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->args);
  g_free (self->output);
  g_free (self->directory);
  g_free (self->entry);
  g_free (self->url);
  g_free (self->bridge);
  g_free (self->mac);
  g_free (self->uuid);
  g_free (self->help);
}
