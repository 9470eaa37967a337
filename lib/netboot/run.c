/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/netboot.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/fd.h"
#include "lib/base/mac.h"
#include "lib/netboot/dhcp.h"
#include "lib/netboot/next.h"
#include "lib/netboot/transfer.h"
#include "lib/netboot/url.h"

#define PASSES_MAX 512
#define FILES_MAX 256
/* Of all starts of files together. */
#define STARTS_MAX (64 << 20)
/* Of a file that is no text the kind is of interest only. */
#define BINARY_MAX (64 << 10)
#define KERNEL_MAX (G_GUINT64_CONSTANT (256) << 20)
#define INITRDS_MAX (G_GUINT64_CONSTANT (2) << 30)

typedef struct {
  const DomuimgNetbootOptions *options;
  DomuimgNetbootState *state;
  gint64 deadline;
  gsize kept; /* bytes of starts */
  GCancellable *cancellable;
} Run;

static void
run_clear (Run *self)
{
  g_clear_pointer (&self->state, domuimg_netboot_state_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void say (const Run *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (const Run *self, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  if (self->options->say == NULL)
    return;
  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  self->options->say (line, self->options->data);
}

static gboolean
read_uuid (const char *text, guint8 bytes[16])
{
  guint n = 0;

  if (!g_uuid_string_is_valid (text))
    return FALSE;
  for (const char *at = text; *at != '\0'; at++)
    if (*at != '-')
      {
        bytes[n++] = (guint8) (g_ascii_xdigit_value (at[0]) << 4 | g_ascii_xdigit_value (at[1]));
        at++;
      }
  return TRUE;
}

/* Loaders of iPXE ask again, and say then what they are. */
static gboolean
is_ipxe (const char *file)
{
  g_autofree char *name = file != NULL ? g_path_get_basename (file) : NULL;

  return name != NULL
         && (g_str_has_suffix (name, ".kpxe") || g_str_has_suffix (name, ".kkpxe")
             || (g_str_has_prefix (name, "ipxe") && !g_str_has_suffix (name, ".ipxe")));
}

static DomuimgDhcpReply *
ask (Run *self, DomuimgDhcpOptions *dhcp, GError **error)
{
  g_autoptr (DomuimgDhcpReply) reply = domuimg_dhcp_ask (dhcp, self->cancellable, error);

  if (reply == NULL || !is_ipxe (reply->file))
    return g_steal_pointer (&reply);
  dhcp->user_class = "iPXE";
  return domuimg_dhcp_ask (dhcp, self->cancellable, error);
}

static void
take_dhcp (Run *self, const DomuimgDhcpReply *reply)
{
  DomuimgNetbootState *state = self->state;
  const char *server = reply->next_server;

  if (server == NULL)
    server = reply->server_name != NULL ? reply->server_name : reply->server_id;
  domuimg_netboot_state_set (state, "ip", reply->address);
  domuimg_netboot_state_set (state, "netmask", reply->netmask);
  domuimg_netboot_state_set (state, "gateway", reply->gateway);
  domuimg_netboot_state_set (state, "dns", reply->dns);
  domuimg_netboot_state_set (state, "hostname", reply->hostname);
  domuimg_netboot_state_set (state, "domain", reply->domain);
  domuimg_netboot_state_set (state, "next-server", server);
  domuimg_netboot_state_set (state, "file", reply->file);
  domuimg_netboot_state_set (state, "config-file", reply->config_file);
  domuimg_netboot_state_set (state, "path-prefix", reply->path_prefix);
  say (self, "DHCP: %s from %s; boot file %s on %s", reply->address,
       reply->server_id != NULL ? reply->server_id : "a server without a name",
       reply->file != NULL ? reply->file : "(none)", server != NULL ? server : "(none)");
}

static gboolean
start_with_dhcp (Run *self, GError **error)
{
  const DomuimgNetbootOptions *options = self->options;
  DomuimgDhcpOptions dhcp = { .deadline = self->deadline };
  g_autoptr (DomuimgDhcpReply) reply = NULL;
  g_autofree char *bridge = NULL;
  guint8 uuid[16];

  if (options->mac == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "DHCP is asked with the guest's MAC address, which libxl does not tell; "
                         "name it: --mac=MAC, as in vif=; or name the place: --net=URL");
  if (options->interface == NULL && (bridge = domuimg_dhcp_find_bridge (error)) == NULL)
    return FALSE;
  dhcp.interface = options->interface != NULL ? options->interface : bridge;
  if (options->uuid != NULL && read_uuid (options->uuid, uuid))
    dhcp.uuid = uuid;
  domuimg_mac_read (options->mac, dhcp.mac);
  say (self, "DHCP: asking on %s for %s", dhcp.interface, options->mac);
  reply = ask (self, &dhcp, error);
  if (reply == NULL)
    return FALSE;
  take_dhcp (self, reply);
  return TRUE;
}

static gboolean
start (Run *self, GError **error)
{
  const DomuimgNetbootOptions *options = self->options;
  guint8 bytes[16];

  if (options->mac != NULL && !domuimg_mac_read (options->mac, bytes))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is no MAC address",
                         options->mac);
  if (options->uuid != NULL && !read_uuid (options->uuid, bytes))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is no UUID", options->uuid);
  if (options->url != NULL && !domuimg_netboot_is_url (options->url))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is no address by http, https, ftp or tftp", options->url);
  self->state = domuimg_netboot_state_new ();
  domuimg_netboot_state_set (self->state, "mac", options->mac);
  domuimg_netboot_state_set (self->state, "uuid", options->uuid);
  domuimg_netboot_state_set (self->state, "entry", options->entry);
  domuimg_netboot_state_set (self->state, "url", options->url);
  return options->url != NULL || start_with_dhcp (self, error);
}

static GBytes *
shorten_binary (GBytes *bytes, gboolean *truncated)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size <= BINARY_MAX || memchr (data, '\0', BINARY_MAX) == NULL)
    return g_bytes_ref (bytes);
  *truncated = TRUE;
  return g_bytes_new (data, BINARY_MAX);
}

/* A file that is not there is an answer, too. */
static gboolean
fetch_start (Run *self, const char *url, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean truncated = FALSE;
  g_autoptr (GBytes) bytes
      = domuimg_transfer_start (url, DOMUIMG_NETBOOT_FILE_MAX, &truncated, self->deadline,
                                self->cancellable, &local_error);
  g_autoptr (GBytes) kept = NULL;

  if (bytes == NULL && !g_error_matches (local_error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  say (self, "%s: %s", url, bytes != NULL ? "read" : "not there");
  if (bytes != NULL)
    kept = shorten_binary (bytes, &truncated);
  self->kept += kept != NULL ? g_bytes_get_size (kept) : 0;
  if (self->kept > STARTS_MAX || g_hash_table_size (self->state->files) >= FILES_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: menus and scripts ask for too many files", url);
  domuimg_netboot_state_add_file (self->state, url, kept, truncated);
  return TRUE;
}

static gboolean
fetch_starts (Run *self, const DomuimgNetbootNext *next, GError **error)
{
  for (guint i = 0; i < next->urls->len; i++)
    if (!fetch_start (self, next->urls->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
answer_menu (Run *self, DomuimgMenu *menu, GError **error)
{
  const DomuimgNetbootOptions *options = self->options;
  const DomuimgMenuEntry *entry;
  int index;

  if (options->choose == NULL)
    {
      domuimg_netboot_state_answer (self->state, MAX (menu->default_entry, 0), NULL);
      return TRUE;
    }
  index = options->choose (menu, options->data, error);
  if (index < 0)
    return FALSE;
  entry = g_ptr_array_index (menu->entries, index);
  domuimg_netboot_state_answer (self->state, index, entry->cmdline);
  return TRUE;
}

/* A file that is gone when the last descriptor of it is. */
static int
open_unnamed (const char *directory, GError **error)
{
  int fd = open (directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
    {
      g_autofree char *path = g_build_filename (directory, ".domuimg-XXXXXX", NULL);

      fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
      if (fd >= 0)
        unlink (path);
    }
  if (fd < 0)
    domuimg_set_errno (error, errno, "keeping a kernel in %s", directory);
  return fd;
}

/* Returns the file at its beginning, and its size. */
static int
fetch_whole (Run *self, const char *url, guint64 max, guint64 *size, GError **error)
{
  g_auto (DomuimgFd) fd = open_unnamed (self->options->directory, error);
  off_t end;
  int result;

  if (fd < 0 || !domuimg_transfer_file (url, fd, max, self->deadline, self->cancellable, error))
    return -1;
  end = lseek (fd, 0, SEEK_END);
  if (end < 0 || lseek (fd, 0, SEEK_SET) != 0)
    {
      domuimg_set_errno (error, errno, "keeping %s", url);
      return -1;
    }
  *size = (guint64) end;
  say (self, "%s: %" G_GUINT64_FORMAT " KiB", url, (*size + 1023) / 1024);
  result = fd;
  fd = -1;
  return result;
}

static gboolean
check (Run *self, const DomuimgNetboot *result, GError **error)
{
  const DomuimgNetbootOptions *options = self->options;
  gboolean ok = options->check != NULL
                    ? options->check (result->kernel, options->data, error)
                    : domuimg_netboot_check_kernel (result->kernel, result->kernel_url,
                                                    options->type, error);

  if (ok && lseek (result->kernel, 0, SEEK_SET) != 0)
    return domuimg_set_errno (error, errno, "reading %s", result->kernel_url);
  return ok;
}

static DomuimgNetboot *
fetch_all (Run *self, const DomuimgNetbootNext *next, GError **error)
{
  g_autoptr (DomuimgNetboot) result = g_new0 (DomuimgNetboot, 1);
  guint64 size, left = INITRDS_MAX;

  result->initrds = g_array_new (FALSE, FALSE, sizeof (int));
  result->kernel_url = g_strdup (next->urls->pdata[0]);
  result->cmdline = g_strdup (next->cmdline);
  result->description = g_strdup (next->text);
  say (self, "Booting %s", next->text);
  result->kernel = fetch_whole (self, result->kernel_url, KERNEL_MAX, &size, error);
  if (result->kernel < 0 || !check (self, result, error))
    return NULL;
  for (guint i = 1; i < next->urls->len; i++)
    {
      int fd = fetch_whole (self, next->urls->pdata[i], left, &size, error);

      if (fd < 0)
        return NULL;
      g_array_append_val (result->initrds, fd);
      left -= MIN (size, left);
    }
  return g_steal_pointer (&result);
}

static DomuimgNetbootNext *
parse (Run *self, GError **error)
{
  const DomuimgNetbootOptions *options = self->options;
  g_autoptr (GBytes) request = domuimg_netboot_state_write (self->state);
  g_autoptr (GBytes) reply = options->parse != NULL
                                 ? options->parse (request, options->data, error)
                                 : domuimg_netboot_parse (request);

  return reply != NULL ? domuimg_netboot_next_read (reply, error) : NULL;
}

/* One pass over all that is known; TRUE to go on. */
static gboolean
step (Run *self, DomuimgNetboot **result, GError **error)
{
  g_autoptr (DomuimgNetbootNext) next = parse (self, error);

  if (next == NULL)
    return FALSE;
  switch (next->kind)
    {
    case DOMUIMG_NETBOOT_NEED:
      return fetch_starts (self, next, error);
    case DOMUIMG_NETBOOT_MENU:
      return answer_menu (self, next->menu, error);
    case DOMUIMG_NETBOOT_BOOT:
      *result = fetch_all (self, next, error);
      return FALSE;
    default:
      return domuimg_fail (error, next->code, "%s", next->text);
    }
}

DomuimgNetboot *
domuimg_netboot_run (const DomuimgNetbootOptions *options, GCancellable *cancellable,
                     GError **error)
{
  guint seconds = options->seconds > 0 ? options->seconds : DOMUIMG_NETBOOT_SECONDS;
  g_auto (Run) self = { .options = options, .cancellable = cancellable };
  DomuimgNetboot *result = NULL;
  guint passes = 0;

  self.deadline = g_get_monotonic_time () + (gint64) seconds * G_TIME_SPAN_SECOND;
  if (!start (&self, error))
    return NULL;
  while (step (&self, &result, error))
    if (++passes > PASSES_MAX)
      {
        domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                      "menus and scripts of the boot server do not come to an end");
        return NULL;
      }
  return result;
}

void
domuimg_netboot_free (DomuimgNetboot *self)
{
  domuimg_fd_clear (&self->kernel);
  for (guint i = 0; i < self->initrds->len; i++)
    domuimg_fd_clear (&g_array_index (self->initrds, int, i));
  g_array_unref (self->initrds);
  g_free (self->kernel_url);
  g_free (self->cmdline);
  g_free (self->description);
  g_free (self);
}
