/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks DHCP servers on behalf of a guest. */
#include "config.h"
#include "lib/netboot/dhcp.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/fd.h"

#define PACKET_MAX 2048
#define SECOND G_TIME_SPAN_SECOND
/* For an offer that says what to boot, after one that does not. */
#define BETTER_OFFER SECOND
#define TRIES 4
/* No answer has more packets that are not for us before it. */
#define STRANGERS_MAX 10000

/* Packets go out twice: in a frame of the guest's card, which switches that watch over DHCP want,
 * and by UDP, since what is put on a bridge as a frame does not come to a server on the same host,
 * and what such a server broadcasts comes to a UDP socket only. */
struct _DomuimgDhcp {
  char *interface;
  const DomuimgDhcpOptions *options; /* (nullable) of the exchange that goes on */
  DomuimgFd frames;
  DomuimgFd datagrams; /* -1 where there is none */
  int index;
  gint64 start;
  guint32 xid;
  guint strangers;
  DomuimgDhcpReply *offer; /* (nullable) with an address */
  DomuimgDhcpReply *proxy; /* (nullable) that says what to boot, and has no address */
  GCancellable *cancellable;
};

void
domuimg_dhcp_free (DomuimgDhcp *self)
{
  g_free (self->interface);
  domuimg_fd_clear (&self->frames);
  domuimg_fd_clear (&self->datagrams);
  g_clear_pointer (&self->offer, domuimg_dhcp_reply_free);
  g_clear_pointer (&self->proxy, domuimg_dhcp_reply_free);
  g_free (self);
}

/* Only UDP to port 68 over IPv4 that is not in fragments leaves the kernel. */
static gboolean
filter_frames (int fd)
{
  struct sock_filter code[] = {
    BPF_STMT (BPF_LD | BPF_H | BPF_ABS, 12),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 8),
    BPF_STMT (BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + 9),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
    BPF_STMT (BPF_LD | BPF_H | BPF_ABS, ETH_HLEN + 6),
    BPF_JUMP (BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
    BPF_STMT (BPF_LDX | BPF_B | BPF_MSH, ETH_HLEN),
    BPF_STMT (BPF_LD | BPF_H | BPF_IND, ETH_HLEN + 2),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, 68, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, PACKET_MAX),
    BPF_STMT (BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = { G_N_ELEMENTS (code), code };

  return setsockopt (fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

static gboolean
open_frames (DomuimgDhcp *self, GError **error)
{
  struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = g_htons (ETH_P_IP) };
  /* Some servers answer to the card that asks, broadcast or not, and that is not this one. */
  struct packet_mreq all = { .mr_type = PACKET_MR_PROMISC };

  address.sll_ifindex = all.mr_ifindex = self->index;
  self->frames = socket (AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->frames < 0 || !filter_frames (self->frames)
      || bind (self->frames, (struct sockaddr *) &address, sizeof address) != 0
      || setsockopt (self->frames, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) != 0)
    return domuimg_set_errno (error, errno, "asking by DHCP on %s (this needs root)",
                              self->interface);
  return TRUE;
}

/* Where it is not to be had, because another client on this host holds the port, servers
 * elsewhere still answer to frames. */
static void
open_datagrams (DomuimgDhcp *self)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = g_htons (68) };
  const char *interface = self->interface;
  int on = 1;
  g_auto (DomuimgFd) fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  if (fd < 0 || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
      || setsockopt (fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0
      || setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, interface, strlen (interface) + 1) != 0
      || bind (fd, (struct sockaddr *) &address, sizeof address) != 0)
    return;
  self->datagrams = fd;
  fd = -1;
}

static gboolean
send_query (DomuimgDhcp *self, const DomuimgDhcpReply *offer, GError **error)
{
  const DomuimgDhcpOptions *options = self->options;
  struct sockaddr_ll card = { .sll_family = AF_PACKET, .sll_halen = 6 };
  struct sockaddr_in all = { .sin_family = AF_INET, .sin_port = g_htons (67) };
  DomuimgDhcpQuery query = {
    .type = offer != NULL ? DOMUIMG_DHCP_REQUEST : DOMUIMG_DHCP_DISCOVER,
    .xid = self->xid,
    .seconds = (guint16) ((g_get_monotonic_time () - self->start) / SECOND),
    .uuid = options->uuid,
    .user_class = options->user_class,
    .requested = offer != NULL ? offer->address : NULL,
    .server_id = offer != NULL ? offer->server_id : NULL,
  };
  g_autoptr (GBytes) packet = NULL;
  g_autoptr (GBytes) frame = NULL;

  memcpy (query.mac, options->mac, sizeof query.mac);
  packet = domuimg_dhcp_build (&query);
  frame = domuimg_dhcp_wrap (packet, options->mac);
  card.sll_ifindex = self->index;
  memset (card.sll_addr, 0xff, 6);
  all.sin_addr.s_addr = INADDR_BROADCAST;
  /* Without an address on the interface the second may have no route; a server is then elsewhere. */
  if (self->datagrams >= 0)
    sendto (self->datagrams, g_bytes_get_data (packet, NULL), g_bytes_get_size (packet), 0,
            (struct sockaddr *) &all, sizeof all);
  if (sendto (self->frames, g_bytes_get_data (frame, NULL), g_bytes_get_size (frame), 0,
              (struct sockaddr *) &card, sizeof card)
      < 0)
    return domuimg_set_errno (error, errno, "asking by DHCP on %s; is it up?", self->interface);
  return TRUE;
}

/* The next answer of our exchange that is in the socket now, or NULL. What is malformed is passed
 * over, as anybody may send it. */
static DomuimgDhcpReply *
receive (DomuimgDhcp *self, int fd)
{
  guint8 buffer[PACKET_MAX];
  gssize size;

  while (self->strangers < STRANGERS_MAX && (size = recv (fd, buffer, sizeof buffer, 0)) > 0)
    {
      DomuimgBytes packet = domuimg_bytes (buffer, (gsize) size);
      DomuimgDhcpReply *reply;

      if (fd == self->frames)
        packet = domuimg_dhcp_unwrap (packet);
      reply = domuimg_dhcp_parse (packet, self->xid, self->options->mac, NULL);
      if (reply != NULL)
        return reply;
      self->strangers++;
    }
  return NULL;
}

/* The next answer before @until, or NULL. */
static DomuimgDhcpReply *
wait_reply (DomuimgDhcp *self, gint64 until)
{
  GPollFD cancel = { .fd = -1 };
  gboolean has_cancel
      = self->cancellable != NULL && g_cancellable_make_pollfd (self->cancellable, &cancel);
  struct pollfd fds[] = { { self->frames, POLLIN }, { self->datagrams, POLLIN },
                          { has_cancel ? cancel.fd : -1, POLLIN } };
  DomuimgDhcpReply *reply = NULL;

  while (reply == NULL && self->strangers < STRANGERS_MAX
         && !g_cancellable_is_cancelled (self->cancellable))
    {
      gint64 left = until - g_get_monotonic_time ();

      if (left <= 0)
        break;
      if (poll (fds, G_N_ELEMENTS (fds), (int) (left / 1000) + 1) < 0 && errno != EINTR)
        break;
      reply = receive (self, self->frames);
      if (reply == NULL && self->datagrams >= 0)
        reply = receive (self, self->datagrams);
    }
  if (has_cancel)
    g_cancellable_release_fd (self->cancellable);
  return reply;
}

static gboolean
says_what_to_boot (const DomuimgDhcpReply *reply)
{
  return reply->file != NULL || reply->config_file != NULL;
}

static void
keep_offer (DomuimgDhcp *self, DomuimgDhcpReply *reply)
{
  DomuimgDhcpReply **to = reply->address != NULL ? &self->offer : &self->proxy;

  if (reply->type != DOMUIMG_DHCP_OFFER || (reply->address != NULL && reply->server_id == NULL)
      || (*to != NULL && (says_what_to_boot (*to) || !says_what_to_boot (reply))))
    {
      domuimg_dhcp_reply_free (reply);
      return;
    }
  g_clear_pointer (to, domuimg_dhcp_reply_free);
  *to = reply;
}

static gboolean
is_content (const DomuimgDhcp *self)
{
  return self->offer != NULL
         && (says_what_to_boot (self->offer)
             || (self->proxy != NULL && says_what_to_boot (self->proxy)));
}

static gboolean
discover (DomuimgDhcp *self, GError **error)
{
  for (guint i = 0; i < TRIES && self->offer == NULL; i++)
    {
      gint64 until = MIN (g_get_monotonic_time () + (SECOND << i), self->options->deadline);
      DomuimgDhcpReply *reply;

      if (!send_query (self, NULL, error))
        return FALSE;
      while (!is_content (self) && (reply = wait_reply (self, until)) != NULL)
        {
          gboolean had = self->offer != NULL;

          keep_offer (self, reply);
          if (!had && self->offer != NULL)
            until = MIN (until, g_get_monotonic_time () + BETTER_OFFER);
        }
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
    }
  if (self->offer != NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                       "no DHCP server answers on %s; look at the bridge and its server, or name "
                       "the place to boot from: --net=URL",
                       self->interface);
}

static DomuimgDhcpReply *
request (DomuimgDhcp *self, GError **error)
{
  for (guint i = 0; i < TRIES; i++)
    {
      gint64 until = MIN (g_get_monotonic_time () + (SECOND << i), self->options->deadline);
      DomuimgDhcpReply *reply;

      if (!send_query (self, self->offer, error))
        return NULL;
      while ((reply = wait_reply (self, until)) != NULL)
        {
          if (reply->type == DOMUIMG_DHCP_ACK && reply->address != NULL)
            return reply;
          if (reply->type == DOMUIMG_DHCP_NAK)
            {
              domuimg_dhcp_reply_free (reply);
              domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                            "the DHCP server %s refuses the address that it offered",
                            self->offer->server_id);
              return NULL;
            }
          domuimg_dhcp_reply_free (reply);
        }
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return NULL;
    }
  domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                "the DHCP server %s offers an address, and then does not answer",
                self->offer->server_id);
  return NULL;
}

static void
take_if_unset (char **to, char **from)
{
  if (*to == NULL)
    *to = g_steal_pointer (from);
}

/* A proxy says what to boot beside a server that gives addresses; some servers say it in their
 * offer only. */
static void
complete (DomuimgDhcpReply *reply, DomuimgDhcpReply *other)
{
  if (other == NULL || says_what_to_boot (reply))
    return;
  take_if_unset (&reply->file, &other->file);
  take_if_unset (&reply->config_file, &other->config_file);
  take_if_unset (&reply->path_prefix, &other->path_prefix);
  g_clear_pointer (&reply->next_server, g_free);
  g_clear_pointer (&reply->server_name, g_free);
  take_if_unset (&reply->next_server, &other->next_server);
  take_if_unset (&reply->server_name, &other->server_name);
  take_if_unset (&reply->next_server, &other->server_id);
}

DomuimgDhcp *
domuimg_dhcp_open (const char *interface, GError **error)
{
  g_autoptr (DomuimgDhcp) self = g_new0 (DomuimgDhcp, 1);

  self->frames = self->datagrams = -1;
  self->interface = g_strdup (interface);
  self->index = (int) if_nametoindex (interface);
  if (self->index == 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                    "there is no network interface %s on this host; name the guest's: --bridge=NAME",
                    interface);
      return NULL;
    }
  if (!open_frames (self, error))
    return NULL;
  open_datagrams (self);
  return g_steal_pointer (&self);
}

const char *
domuimg_dhcp_get_interface (DomuimgDhcp *self)
{
  return self->interface;
}

guint
domuimg_dhcp_get_fds (DomuimgDhcp *self, int fds[DOMUIMG_DHCP_FDS])
{
  guint n = 0;

  fds[n++] = self->frames;
  if (self->datagrams >= 0)
    fds[n++] = self->datagrams;
  return n;
}

DomuimgDhcpReply *
domuimg_dhcp_ask (DomuimgDhcp *self, const DomuimgDhcpOptions *options, GCancellable *cancellable,
                  GError **error)
{
  DomuimgDhcpReply *reply;

  g_clear_pointer (&self->offer, domuimg_dhcp_reply_free);
  g_clear_pointer (&self->proxy, domuimg_dhcp_reply_free);
  self->options = options;
  self->cancellable = cancellable;
  self->strangers = 0;
  self->xid = g_random_int ();
  self->start = g_get_monotonic_time ();
  if (!discover (self, error))
    return NULL;
  reply = request (self, error);
  if (reply == NULL)
    return NULL;
  complete (reply, self->offer);
  complete (reply, self->proxy);
  return reply;
}

static gboolean
is_bridge (const char *name)
{
  g_autofree char *path = g_build_filename ("/sys/class/net", name, "bridge", NULL);

  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

char *
domuimg_dhcp_find_bridge (GError **error)
{
  struct if_nameindex *names = if_nameindex ();
  char *found = NULL;

  for (guint i = 0; names != NULL && names[i].if_index != 0 && found == NULL; i++)
    if (is_bridge (names[i].if_name))
      found = g_strdup (names[i].if_name);
  if (names != NULL)
    if_freenameindex (names);
  if (found == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "this host has no bridge to ask by DHCP on; name the guest's: --bridge=NAME");
  return found;
}
