/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client of a network boot: DHCP, files, menus, until there is a kernel. */
#include "config.h"
#include "lib/netboot/netboot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/http.h"
#include "lib/base/mac.h"
#include "lib/netboot/dhcp.h"
#include "lib/netboot/next.h"
#include "lib/netboot/url.h"

#define PASSES_MAX 512
#define FILES_MAX 256
/* The most bytes of all starts of files together. */
#define STARTS_MAX (DOMUIMG_NETBOOT_REQUEST_MAX - (1 << 20))
/* The beginning of a file that is not text is enough to tell its kind. */
#define BINARY_MAX (64 << 10)
#define KERNEL_MAX (G_GUINT64_CONSTANT (256) << 20)
#define INITRDS_MAX (G_GUINT64_CONSTANT (1) << 30)
/* An initramfs that follows another begins at such. */
#define ALIGNMENT 4

struct _DomuimgNetboot {
  DomuimgNetbootOptions options;
  DomuimgNetbootState *state;
  DomuimgDhcp *dhcp;        /* (nullable) still to be asked */
  DomuimgNetbootNext *next; /* (nullable) a menu, or what was booted */
  gint64 left;              /* microseconds that the network has */
  gint64 deadline;          /* while it goes on */
  gsize kept;               /* bytes of starts */
  guint passes;
  GCancellable *cancellable;
};

static void say (const DomuimgNetboot *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (const DomuimgNetboot *self, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  if (self->options.say == NULL)
    return;
  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  self->options.say (line, self->options.data);
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
ask (DomuimgNetboot *self, DomuimgDhcpOptions *dhcp, GError **error)
{
  g_autoptr (DomuimgDhcpReply) reply
      = domuimg_dhcp_ask (self->dhcp, dhcp, self->cancellable, error);

  if (reply == NULL || !is_ipxe (reply->file))
    return g_steal_pointer (&reply);
  dhcp->user_class = "iPXE";
  return domuimg_dhcp_ask (self->dhcp, dhcp, self->cancellable, error);
}

static void
take_dhcp (DomuimgNetboot *self, const DomuimgDhcpReply *reply)
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
ask_dhcp (DomuimgNetboot *self, GError **error)
{
  const DomuimgNetbootOptions *options = &self->options;
  DomuimgDhcpOptions dhcp = { .deadline = self->deadline };
  g_autoptr (DomuimgDhcpReply) reply = NULL;
  guint8 uuid[16];

  if (options->uuid != NULL && read_uuid (options->uuid, uuid))
    dhcp.uuid = uuid;
  domuimg_mac_read (options->mac, dhcp.mac);
  say (self, "DHCP: asking on %s for %s", domuimg_dhcp_get_interface (self->dhcp), options->mac);
  reply = ask (self, &dhcp, error);
  if (reply == NULL)
    return FALSE;
  take_dhcp (self, reply);
  g_clear_pointer (&self->dhcp, domuimg_dhcp_free);
  return TRUE;
}

static gboolean
open_dhcp (DomuimgNetboot *self, GError **error)
{
  const char *interface = self->options.interface;
  g_autofree char *bridge = NULL;

  if (self->options.mac == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "DHCP is asked with the guest's MAC address, which libxl does not tell; "
                         "name it: --mac=MAC, as in vif=; or name the place: --net=URL");
  if (interface == NULL && (bridge = domuimg_dhcp_find_bridge (error)) == NULL)
    return FALSE;
  self->dhcp = domuimg_dhcp_open (interface != NULL ? interface : bridge, error);
  return self->dhcp != NULL;
}

/* A server alone has what it gives by TFTP. */
static char *
complete_url (const char *url)
{
  if (url == NULL || *url == '\0' || strpbrk (url, ":/") != NULL)
    return g_strdup (url);
  return g_strconcat ("tftp://", url, "/", NULL);
}

DomuimgNetboot *
domuimg_netboot_new (const DomuimgNetbootOptions *options, GError **error)
{
  g_autoptr (DomuimgNetboot) self = g_new0 (DomuimgNetboot, 1);
  g_autofree char *url = complete_url (options->url);
  guint8 bytes[16];

  self->options = *options;
  self->state = domuimg_netboot_state_new ();
  self->left = (options->seconds > 0 ? options->seconds : DOMUIMG_NETBOOT_SECONDS)
               * G_TIME_SPAN_SECOND;
  if (options->mac != NULL && !domuimg_mac_read (options->mac, bytes))
    domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is not a MAC address", options->mac);
  else if (options->uuid != NULL && !read_uuid (options->uuid, bytes))
    domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is not a UUID", options->uuid);
  else if (url != NULL && !domuimg_netboot_is_url (url))
    domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                  "“%s” is not an address by http, https, ftp or tftp", url);
  else if (url != NULL || open_dhcp (self, error))
    {
      domuimg_netboot_state_set (self->state, "mac", options->mac);
      domuimg_netboot_state_set (self->state, "uuid", options->uuid);
      domuimg_netboot_state_set (self->state, "entry", options->entry);
      domuimg_netboot_state_set (self->state, "url", url);
      return g_steal_pointer (&self);
    }
  return NULL;
}

guint
domuimg_netboot_get_fds (DomuimgNetboot *self, int fds[DOMUIMG_NETBOOT_FDS])
{
  G_STATIC_ASSERT ((int) DOMUIMG_NETBOOT_FDS == DOMUIMG_DHCP_FDS);
  return self->dhcp != NULL ? domuimg_dhcp_get_fds (self->dhcp, fds) : 0;
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

/* The address is what a menu of the network says, so it is looked at each time. */
static gboolean
prepare_request (DomuimgNetboot *self, const char *url, guint64 max, DomuimgHttpRequest *request,
                 GError **error)
{
  *request = (DomuimgHttpRequest){ .uri = url,
                                   .schemes = "http,https,ftp,tftp",
                                   .refused_is_absent = TRUE,
                                   .max = max,
                                   .deadline = self->deadline,
                                   .deadline_advice = "--net-timeout gives more",
                                   .cancellable = self->cancellable };
  return domuimg_netboot_is_url (url)
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "“%s” is not an address by http, https, ftp or tftp", url);
}

/* A file that is not there is an answer, too. */
static gboolean
fetch_start (DomuimgNetboot *self, const char *url, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) kept = NULL;
  DomuimgHttpRequest request;
  gboolean truncated = FALSE;

  if (prepare_request (self, url, DOMUIMG_NETBOOT_FILE_MAX, &request, &local_error))
    bytes = domuimg_http_get_start (&request, &truncated, &local_error);

  if (bytes == NULL && !g_error_matches (local_error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (bytes != NULL || self->options.verbose)
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
fetch_starts (DomuimgNetboot *self, const DomuimgNetbootNext *next, GError **error)
{
  for (guint i = 0; i < next->urls->len; i++)
    if (!fetch_start (self, next->urls->pdata[i], error))
      return FALSE;
  return TRUE;
}

/* Adds the file at @url to what @fd holds; takes its size from @left. */
static gboolean
fetch_whole (DomuimgNetboot *self, const char *url, int fd, guint64 *left, GError **error)
{
  off_t start = lseek (fd, 0, SEEK_CUR), end;
  DomuimgHttpRequest request;
  guint64 size;

  if (!prepare_request (self, url, *left, &request, error)
      || !domuimg_http_get_to_fd (&request, fd, error))
    return FALSE;
  end = lseek (fd, 0, SEEK_CUR);
  if (start < 0 || end < start)
    return domuimg_set_errno (error, errno, "keeping %s", url);
  size = (guint64) (end - start);
  say (self, "%s: %" G_GUINT64_FORMAT " KiB", url, (size + 1023) / 1024);
  *left -= MIN (size, *left);
  return TRUE;
}

static gboolean
fetch_all (DomuimgNetboot *self, const DomuimgNetbootNext *next, GError **error)
{
  guint64 kernel = KERNEL_MAX, initrds = INITRDS_MAX;

  say (self, "Booting %s", next->text);
  if (!fetch_whole (self, next->urls->pdata[0], self->options.kernel, &kernel, error))
    return FALSE;
  for (guint i = 1; i < next->urls->len; i++)
    {
      if (!domuimg_pad_file (self->options.ramdisk, ALIGNMENT))
        return domuimg_set_errno (error, errno, "keeping an initrd");
      if (!fetch_whole (self, next->urls->pdata[i], self->options.ramdisk, &initrds, error))
        return FALSE;
    }
  return TRUE;
}

static DomuimgNetbootNext *
parse (DomuimgNetboot *self, GError **error)
{
  const DomuimgNetbootOptions *options = &self->options;
  g_autoptr (GBytes) request = domuimg_netboot_state_write (self->state);
  g_autoptr (GBytes) reply = options->parse != NULL
                                 ? options->parse (request, options->data, error)
                                 : domuimg_netboot_parse (request);

  return reply != NULL ? domuimg_netboot_next_read (reply, error) : NULL;
}

/* Parses all that is known once. */
static gboolean
step (DomuimgNetboot *self, GError **error)
{
  g_autoptr (DomuimgNetbootNext) next = NULL;

  if (++self->passes > PASSES_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "menus and scripts of the boot server do not come to an end");
  next = parse (self, error);
  if (next == NULL)
    return FALSE;
  if (next->kind == DOMUIMG_NETBOOT_FAIL)
    return domuimg_fail (error, next->code, "%s", next->text);
  if (next->kind == DOMUIMG_NETBOOT_NEED)
    return fetch_starts (self, next, error);
  if (next->kind == DOMUIMG_NETBOOT_BOOT && !fetch_all (self, next, error))
    return FALSE;
  self->next = g_steal_pointer (&next);
  return TRUE;
}

gboolean
domuimg_netboot_go (DomuimgNetboot *self, GCancellable *cancellable, GError **error)
{
  gboolean ok;

  self->cancellable = cancellable;
  self->deadline = g_get_monotonic_time () + self->left;
  ok = self->dhcp == NULL || ask_dhcp (self, error);
  g_clear_pointer (&self->next, domuimg_netboot_next_free);
  while (ok && self->next == NULL)
    ok = step (self, error);
  /* Somebody before a menu takes no time from the network. */
  self->left = MAX (self->deadline - g_get_monotonic_time (), 1);
  return ok;
}

const DomuimgMenu *
domuimg_netboot_get_menu (DomuimgNetboot *self)
{
  return self->next->kind == DOMUIMG_NETBOOT_MENU ? self->next->menu : NULL;
}

void
domuimg_netboot_answer (DomuimgNetboot *self, guint index, const char *cmdline)
{
  domuimg_netboot_state_answer (self->state, (int) index, cmdline);
}

const char *
domuimg_netboot_get_cmdline (DomuimgNetboot *self)
{
  return self->next->cmdline;
}

gboolean
domuimg_netboot_has_ramdisk (DomuimgNetboot *self)
{
  return self->next->urls->len > 1;
}

void
domuimg_netboot_free (DomuimgNetboot *self)
{
  g_clear_pointer (&self->dhcp, domuimg_dhcp_free);
  g_clear_pointer (&self->next, domuimg_netboot_next_free);
  g_clear_pointer (&self->state, domuimg_netboot_state_free);
  g_free (self);
}
