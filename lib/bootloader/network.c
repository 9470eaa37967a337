/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg-netboot: three processes that bring a kernel from the network. */
#include "config.h"
#include "lib/bootloader/network.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/bootloader/confine.h"
#include "lib/bootloader/console.h"
#include "lib/bootloader/hand-out.h"
#include "lib/bootloader/message.h"
#include "lib/netboot/netboot.h"

#define NOBODY 65534
/* The seconds that starting and ending may take, besides those of the network. */
#define GRACE 30
#define CMDLINE_MAX 4096

typedef struct {
  DomuimgBootloaderOptions options;
  DomuimgOutputFile files[3]; /* two for the kernel, the ramdisk */
  DomuimgFd channels[2];      /* between the client and the parser */
  DomuimgFd stderr_copy;      /* for the client */
  DomuimgNetboot *netboot;    /* what the client does; here it is never run */
  DomuimgConfined *parser;
  DomuimgConfined *client;
  GCancellable *cancellable;
} Network;

static void
network_clear (Network *self)
{
  g_clear_pointer (&self->client, domuimg_confined_free);
  g_clear_pointer (&self->parser, domuimg_confined_free);
  g_clear_pointer (&self->netboot, domuimg_netboot_free);
  for (guint i = 0; i < G_N_ELEMENTS (self->files); i++)
    domuimg_output_file_clear (&self->files[i]);
  for (guint i = 0; i < G_N_ELEMENTS (self->channels); i++)
    domuimg_fd_clear (&self->channels[i]);
  domuimg_fd_clear (&self->stderr_copy);
  domuimg_bootloader_options_clear (&self->options);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Network, network_clear)

/* In the process that parses. */
static GBytes *
serve_parser (GBytes *request, gpointer data)
{
  return domuimg_netboot_parse (request);
}

/* These are in the process that has the network. */

static GBytes *
ask_parser (GBytes *request, gpointer data, GError **error)
{
  Network *self = data;
  GBytes *reply = NULL;

  if (domuimg_confined_send (self->channels[0], request))
    reply = domuimg_confined_receive (self->channels[0]);
  if (reply == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                  "the process that parses what the boot server sent has ended: it was killed, or"
                  " what it reads breaks it");
  return reply;
}

static void
say_line (const char *line, gpointer data)
{
  g_autofree char *plain = domuimg_bootloader_plain (line);

  domuimg_output_say ("%s", plain);
}

/* Where others' stderr is taken from it. */
static const char *
keep_stderr (gpointer data)
{
  Network *self = data;

  return dup2 (self->stderr_copy, STDERR_FILENO) >= 0 ? NULL : "no console";
}

/* What the client says: a menu to be answered, what it fetched, or its error. */
enum { IS_MENU = 'm', IS_END = 'b', IS_ERROR = 'e' };

static GBytes *
mark (char kind, GBytes *payload)
{
  g_autoptr (GBytes) owned = payload;
  GByteArray *all = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (owned, &size);

  g_byte_array_append (all, (const guint8 *) &kind, 1);
  g_byte_array_append (all, data, size);
  return g_byte_array_free_to_bytes (all);
}

static GBytes *
report (DomuimgNetboot *netboot)
{
  const DomuimgMenu *menu = domuimg_netboot_get_menu (netboot);
  g_autofree char *end = NULL;

  if (menu != NULL)
    return mark (IS_MENU, domuimg_bootloader_menu_write (menu));
  end = g_strconcat (domuimg_netboot_has_ramdisk (netboot) ? "+" : "-",
                     domuimg_netboot_get_cmdline (netboot), NULL);
  return mark (IS_END, g_bytes_new (end, strlen (end)));
}

/* A request is an answer to the last menu: "INDEX CMDLINE"; empty at first. */
static GBytes *
serve_client (GBytes *request, gpointer data)
{
  Network *self = data;
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *bytes = g_bytes_get_data (request, &size);
  g_autofree char *answer = g_strndup (bytes != NULL ? bytes : "", size);
  const char *cmdline = strchr (answer, ' ');

  if (cmdline != NULL)
    domuimg_netboot_answer (self->netboot, (guint) g_ascii_strtoull (answer, NULL, 10),
                            cmdline + 1);
  if (domuimg_netboot_go (self->netboot, NULL, &error))
    return report (self->netboot);
  return mark (IS_ERROR, domuimg_bootloader_error_write (error));
}

/* And these are not. */

static gboolean
open_files (Network *self, GError **error)
{
  const char *directory = self->options.directory;

  if (g_mkdir_with_parents (directory, 0700) != 0)
    return domuimg_set_errno (error, errno, "making %s", directory);
  for (guint i = 0; i < G_N_ELEMENTS (self->files); i++)
    if (!domuimg_output_file_open (&self->files[i], directory, error))
      return FALSE;
  self->stderr_copy = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (self->stderr_copy < 0
      || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, self->channels) != 0)
    return domuimg_set_errno (error, errno, "starting what boots from the network");
  return TRUE;
}

static DomuimgConfined *
start (Network *self, DomuimgConfinement *how, GError **error)
{
  DomuimgConfined *started;
  const char *missing;

  how->uid = self->options.runas >= 0 ? (guint32) self->options.runas : NOBODY;
  started = domuimg_confined_start (how, error);
  if (started != NULL && self->options.require && !domuimg_confined_require (started, error))
    g_clear_pointer (&started, domuimg_confined_free);
  missing = started != NULL ? domuimg_confined_get_missing (started) : "";
  if (*missing != '\0')
    domuimg_output_say ("the process that %s is confined less: %s", how->task, missing);
  return started;
}

static gboolean
start_parser (Network *self, GError **error)
{
  DomuimgConfinement how = { .profile = DOMUIMG_CONFINED_STRICT,
                             .task = "parses what a boot server sends",
                             .fds = &self->channels[1],
                             .n_fds = 1,
                             .channel = self->channels[1],
                             .serve = serve_parser };

  self->parser = start (self, &how, error);
  domuimg_fd_clear (&self->channels[1]);
  return self->parser != NULL;
}

static gboolean
start_client (Network *self, GError **error)
{
  int fds[4 + DOMUIMG_NETBOOT_FDS]
      = { self->stderr_copy, self->channels[0], self->files[0].fd, self->files[2].fd };
  guint seconds
      = self->options.seconds > 0 ? self->options.seconds : DOMUIMG_NETBOOT_SECONDS;
  DomuimgConfinement how = { .profile = DOMUIMG_CONFINED_CLIENT,
                             .task = "boots from the network",
                             .seconds = seconds + GRACE,
                             .fds = fds,
                             .prepare = keep_stderr,
                             .serve = serve_client,
                             .data = self };

  how.n_fds = 4 + domuimg_netboot_get_fds (self->netboot, fds + 4);
  how.results[how.n_results++] = self->files[0].fd;
  how.results[how.n_results++] = self->files[2].fd;
  self->client = start (self, &how, error);
  domuimg_fd_clear (&self->channels[0]);
  return self->client != NULL;
}

static gboolean
start_all (Network *self, GError **error)
{
  const DomuimgBootloaderOptions *options = &self->options;
  const DomuimgNetbootOptions netboot = {
    .url = options->url,
    .interface = options->bridge,
    .mac = options->mac,
    .uuid = options->uuid,
    .entry = options->entry,
    .seconds = options->seconds,
    .verbose = options->debug,
    .kernel = self->files[0].fd,
    .ramdisk = self->files[2].fd,
    .say = say_line,
    .parse = ask_parser,
    .data = self,
  };

  self->netboot = domuimg_netboot_new (&netboot, error);
  return self->netboot != NULL && start_parser (self, error) && start_client (self, error);
}

/* The text comes from the process with the network, which may have been taken over. */
static char *
take_cmdline (const char *text, gsize size)
{
  g_autofree char *cmdline = g_strndup (text, MIN (size, CMDLINE_MAX));

  return domuimg_bootloader_plain (cmdline);
}

static GBytes *
answer_menu (Network *self, DomuimgMenu *menu, GError **error)
{
  const DomuimgBootloaderOptions *options = &self->options;
  const DomuimgMenuEntry *entry;
  g_autofree char *text = NULL;
  int index;

  if (menu->entries->len == 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "a menu of the boot server has no entry");
      return NULL;
    }
  index = domuimg_console_choose (menu, options->quiet, self->cancellable, error);
  if (index < 0)
    return NULL;
  entry = g_ptr_array_index (menu->entries, index);
  text = g_strdup_printf ("%d %s", index, entry->cmdline);
  return g_bytes_new (text, strlen (text));
}

/* To the end of all menus; the command line, and whether there is a ramdisk. */
static char *
converse (Network *self, gboolean *has_ramdisk, GError **error)
{
  g_autoptr (GBytes) request = g_bytes_new_static ("", 0);

  while (request != NULL)
    {
      g_autoptr (GBytes) reply
          = domuimg_confined_ask (self->client, request, self->cancellable, error);
      g_autoptr (GBytes) payload = NULL;
      g_autoptr (DomuimgMenu) menu = NULL;
      gsize size = 0;
      const char *data = reply != NULL ? g_bytes_get_data (reply, &size) : NULL;

      if (size >= 2 && *data == IS_END)
        {
          *has_ramdisk = data[1] == '+';
          return take_cmdline (data + 2, size - 2);
        }
      if (reply == NULL)
        return NULL;
      payload = g_bytes_new (size > 0 ? data + 1 : NULL, size > 0 ? size - 1 : 0);
      menu = domuimg_bootloader_menu_read (payload, error);
      g_clear_pointer (&request, g_bytes_unref);
      request = menu != NULL ? answer_menu (self, menu, error) : NULL;
    }
  return NULL;
}

/* Who fetched it does not look at it. */
static gboolean
settle (Network *self, DomuimgBootloaderLoaded *loaded, GError **error)
{
  DomuimgXenVersion version = domuimg_xen_version_of_host (NULL);
  DomuimgNetworkKernel kernel = { { self->files[0].fd, self->files[1].fd },
                                  self->files[2].fd,
                                  { version, domuimg_xen_tools_get_codecs ("", version) } };
  const int fds[] = { self->files[0].fd, self->files[1].fd, self->files[2].fd };
  DomuimgConfinement how = { .profile = DOMUIMG_CONFINED_STRICT,
                             .task = "looks at the kernel",
                             .fds = fds,
                             .n_fds = G_N_ELEMENTS (fds),
                             .results = { fds[0], fds[1], fds[2] },
                             .n_results = G_N_ELEMENTS (fds),
                             .serve = domuimg_network_kernel_serve,
                             .data = &kernel };
  g_autoptr (DomuimgConfined) process = start (self, &how, error);
  g_autoptr (GBytes) request = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) answer = NULL;

  if (process != NULL)
    answer = domuimg_confined_ask (process, request, self->cancellable, error);
  return answer != NULL && domuimg_bootloader_loaded_read (answer, loaded, error);
}

static gboolean
run (Network *self, GError **error)
{
  DomuimgBootloaderLoaded loaded = { 0 };
  gboolean has_ramdisk = FALSE;
  g_autofree char *cmdline = NULL, *args = NULL, *note = NULL;

  if (!open_files (self, error) || !start_all (self, error))
    return FALSE;
  cmdline = converse (self, &has_ramdisk, error);
  if (cmdline == NULL)
    return FALSE;
  g_clear_pointer (&self->client, domuimg_confined_free);
  if (!settle (self, &loaded, error))
    return FALSE;
  note = loaded.note != NULL ? domuimg_bootloader_plain (loaded.note) : NULL;
  g_free (loaded.note);
  if (note != NULL)
    domuimg_output_say ("the kernel was %s", note);
  args = domuimg_bootloader_join_args (cmdline, self->options.args);
  return domuimg_bootloader_hand_out (
      &self->options, &self->files[loaded.slot],
      has_ramdisk || loaded.has_ramdisk ? &self->files[2] : NULL, args, self->cancellable, error);
}

gboolean
domuimg_network_run (char **argv, GCancellable *cancellable, GError **error)
{
  g_auto (Network) self = { .channels = { -1, -1 }, .stderr_copy = -1, .cancellable = cancellable };

  for (guint i = 0; i < G_N_ELEMENTS (self.files); i++)
    self.files[i].fd = -1;
  if (!domuimg_bootloader_options_parse (&self.options, argv, error))
    return FALSE;
  if (!self.options.network)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "this is a part of domuimg-bootloader, and done by its --net");
  return run (&self, error);
}
