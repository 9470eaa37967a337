/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes and reads packets of DHCP. */
#include "config.h"
#include "lib/netboot/dhcp-packet.h"

#include <arpa/inet.h>

#define HEADER 240
#define SNAME_AT 44
#define SNAME_SIZE 64
#define FILE_AT 108
#define FILE_SIZE 128
#define ETHERNET 14
#define IP 20
#define UDP 8
#define SERVER_PORT 67
#define CLIENT_PORT 68
#define FLAG_BROADCAST 0x8000

enum {
  PAD = 0,
  NETMASK = 1,
  ROUTER = 3,
  DNS = 6,
  HOSTNAME = 12,
  DOMAIN = 15,
  REQUESTED = 50,
  OVERLOAD = 52,
  TYPE = 53,
  SERVER_ID = 54,
  WANTED = 55,
  MAX_SIZE = 57,
  VENDOR_CLASS = 60,
  SERVER_NAME = 66,
  BOOT_FILE = 67,
  USER_CLASS = 77,
  ARCH = 93,
  UNDI = 94,
  UUID = 97,
  CONFIG_FILE = 209,
  PATH_PREFIX = 210,
  END = 255,
};

static const guint8 cookie[] = { 99, 130, 83, 99 };

static void
add_option (GByteArray *to, guint8 code, const void *value, gsize size)
{
  guint8 length = MIN (size, 255);

  g_byte_array_append (to, &code, 1);
  g_byte_array_append (to, &length, 1);
  g_byte_array_append (to, value, length);
}

static void
add_address (GByteArray *to, guint8 code, const char *text)
{
  struct in_addr address;

  if (text != NULL && inet_pton (AF_INET, text, &address) == 1)
    add_option (to, code, &address, sizeof address);
}

/* What a ROM of a PC with a BIOS says of itself, so that servers answer as they do to one: 93 is
 * architecture 0, 94 UNDI 2.1. */
static void
add_pxe (GByteArray *to, const DomuimgDhcpQuery *query)
{
  static const char class_[] = "PXEClient:Arch:00000:UNDI:002001";
  static const guint8 arch[] = { 0, 0 };
  static const guint8 undi[] = { 1, 2, 1 };
  guint8 uuid[17] = { 0 };

  add_option (to, VENDOR_CLASS, class_, sizeof class_ - 1);
  add_option (to, ARCH, arch, sizeof arch);
  add_option (to, UNDI, undi, sizeof undi);
  if (query->uuid != NULL)
    {
      memcpy (uuid + 1, query->uuid, 16);
      add_option (to, UUID, uuid, sizeof uuid);
    }
  if (query->user_class != NULL)
    add_option (to, USER_CLASS, query->user_class, strlen (query->user_class));
}

GBytes *
domuimg_dhcp_build (const DomuimgDhcpQuery *query)
{
  static const guint8 wanted[] = { NETMASK, ROUTER, DNS, HOSTNAME, DOMAIN, VENDOR_CLASS,
                                   SERVER_NAME, BOOT_FILE, UUID, 208, CONFIG_FILE, PATH_PREFIX,
                                   211 };
  static const guint8 max_size[] = { 1472 >> 8, 1472 & 0xff };
  static const guint8 end = END;
  guint8 type = query->type;
  guint8 header[HEADER] = { 1, 1, 6, 0 };
  guint32 xid = g_htonl (query->xid);
  guint16 seconds = g_htons (query->seconds);
  guint16 flags = g_htons (FLAG_BROADCAST);
  GByteArray *packet = g_byte_array_new ();

  memcpy (header + 4, &xid, sizeof xid);
  memcpy (header + 8, &seconds, sizeof seconds);
  /* Nobody has the address yet, so that nobody could be told by it. */
  memcpy (header + 10, &flags, sizeof flags);
  memcpy (header + 28, query->mac, sizeof query->mac);
  memcpy (header + 236, cookie, sizeof cookie);
  g_byte_array_append (packet, header, sizeof header);
  add_option (packet, TYPE, &type, 1);
  add_address (packet, REQUESTED, query->requested);
  add_address (packet, SERVER_ID, query->server_id);
  add_option (packet, MAX_SIZE, max_size, sizeof max_size);
  add_option (packet, WANTED, wanted, sizeof wanted);
  add_pxe (packet, query);
  g_byte_array_append (packet, &end, 1);
  /* Some servers drop what is shorter than BOOTP's packets. */
  if (packet->len < 300)
    {
      gsize length = packet->len;

      g_byte_array_set_size (packet, 300);
      memset (packet->data + length, 0, 300 - length);
    }
  return g_byte_array_free_to_bytes (packet);
}

typedef struct {
  GByteArray *values[256]; /* (nullable) each */
} Options;

static void
clear_options (Options *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->values); i++)
    g_clear_pointer (&self->values[i], g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, clear_options)

static gboolean
read_options (Options *self, DomuimgBytes area, GError **error)
{
  guint64 at = 0;
  guint8 code, length;

  while (domuimg_bytes_u8 (area, at, &code) && code != END)
    {
      DomuimgBytes value;

      at++;
      if (code == PAD)
        continue;
      if (!domuimg_bytes_u8 (area, at, &length) || !domuimg_bytes_has (area, at + 1, length))
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "a DHCP answer ends in the middle of option %u", code);
      value = domuimg_bytes_slice (area, at + 1, length);
      if (self->values[code] == NULL)
        self->values[code] = g_byte_array_new ();
      g_byte_array_append (self->values[code], value.data, value.size);
      at += 1 + (guint64) length;
    }
  return TRUE;
}

static guint8
byte_of (const Options *self, guint8 code)
{
  const GByteArray *value = self->values[code];

  return value != NULL && value->len == 1 ? value->data[0] : 0;
}

static char *
address_at (const guint8 *bytes)
{
  char text[INET_ADDRSTRLEN];

  if (memcmp (bytes, "\0\0\0\0", 4) == 0)
    return NULL;
  return g_strdup (inet_ntop (AF_INET, bytes, text, sizeof text));
}

static char *
address_of (const Options *self, guint8 code)
{
  const GByteArray *value = self->values[code];

  return value != NULL && value->len >= 4 ? address_at (value->data) : NULL;
}

/* Some servers count a NUL at the end. NULL for what is empty or no printable text: these become
 * parts of addresses and of the kernel's command line. */
static char *
take_text (const guint8 *bytes, gsize size)
{
  gsize length = 0;

  while (length < size && bytes[length] > ' ' && bytes[length] < 0x7f)
    length++;
  if (length == 0 || (length < size && bytes[length] != '\0'))
    return NULL;
  return g_strndup ((const char *) bytes, length);
}

static char *
text_of (const Options *self, guint8 code)
{
  const GByteArray *value = self->values[code];

  return value != NULL ? take_text (value->data, value->len) : NULL;
}

static DomuimgDhcpReply *
take_reply (DomuimgBytes packet, const Options *options)
{
  guint8 overload = byte_of (options, OVERLOAD);
  DomuimgDhcpReply *self = g_new0 (DomuimgDhcpReply, 1);

  self->type = byte_of (options, TYPE);
  self->address = address_at (packet.data + 16);
  self->next_server = address_at (packet.data + 20);
  self->server_id = address_of (options, SERVER_ID);
  self->netmask = address_of (options, NETMASK);
  self->gateway = address_of (options, ROUTER);
  self->dns = address_of (options, DNS);
  self->hostname = text_of (options, HOSTNAME);
  self->domain = text_of (options, DOMAIN);
  self->vendor_class = text_of (options, VENDOR_CLASS);
  self->server_name = text_of (options, SERVER_NAME);
  self->file = text_of (options, BOOT_FILE);
  self->config_file = text_of (options, CONFIG_FILE);
  self->path_prefix = text_of (options, PATH_PREFIX);
  if (self->server_name == NULL && (overload & 2) == 0)
    self->server_name = take_text (packet.data + SNAME_AT, SNAME_SIZE);
  if (self->file == NULL && (overload & 1) == 0)
    self->file = take_text (packet.data + FILE_AT, FILE_SIZE);
  return self;
}

DomuimgDhcpReply *
domuimg_dhcp_parse (DomuimgBytes packet, guint32 xid, const guint8 mac[6], GError **error)
{
  g_auto (Options) options = { { NULL } };
  guint32 id = g_htonl (xid);
  guint8 overload;

  if (packet.size < HEADER || memcmp (packet.data + 236, cookie, sizeof cookie) != 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "what came to the DHCP port is no DHCP");
      return NULL;
    }
  if (packet.data[0] != 2 || memcmp (packet.data + 4, &id, sizeof id) != 0
      || memcmp (packet.data + 28, mac, 6) != 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "a DHCP answer is for somebody else");
      return NULL;
    }
  if (!read_options (&options, domuimg_bytes_slice (packet, HEADER, packet.size - HEADER), error))
    return NULL;
  overload = byte_of (&options, OVERLOAD);
  if ((overload & 1) != 0
      && !read_options (&options, domuimg_bytes_slice (packet, FILE_AT, FILE_SIZE), error))
    return NULL;
  if ((overload & 2) != 0
      && !read_options (&options, domuimg_bytes_slice (packet, SNAME_AT, SNAME_SIZE), error))
    return NULL;
  return take_reply (packet, &options);
}

void
domuimg_dhcp_reply_free (DomuimgDhcpReply *self)
{
  g_free (self->address);
  g_free (self->server_id);
  g_free (self->netmask);
  g_free (self->gateway);
  g_free (self->dns);
  g_free (self->next_server);
  g_free (self->server_name);
  g_free (self->file);
  g_free (self->hostname);
  g_free (self->domain);
  g_free (self->vendor_class);
  g_free (self->config_file);
  g_free (self->path_prefix);
  g_free (self);
}

static gboolean
read_be16 (DomuimgBytes bytes, guint64 offset, guint16 *value)
{
  if (!domuimg_bytes_read (bytes, offset, value, sizeof *value))
    return FALSE;
  *value = g_ntohs (*value);
  return TRUE;
}

/* Checksums are not looked at: what a server on this host sends over a bridge has none yet. */
DomuimgBytes
domuimg_dhcp_unwrap (DomuimgBytes frame)
{
  static const DomuimgBytes none = { (const guint8 *) "", 0 };
  guint16 kind, total, fragment, port, length;
  guint8 first, protocol;
  gsize ip;

  if (!read_be16 (frame, 12, &kind) || kind != 0x0800
      || !domuimg_bytes_u8 (frame, ETHERNET, &first) || first >> 4 != 4
      || !read_be16 (frame, ETHERNET + 2, &total) || !read_be16 (frame, ETHERNET + 6, &fragment)
      || (fragment & 0x3fff) != 0 || !domuimg_bytes_u8 (frame, ETHERNET + 9, &protocol)
      || protocol != IPPROTO_UDP || !domuimg_bytes_has (frame, ETHERNET, total))
    return none;
  ip = (gsize) (first & 15) * 4;
  frame = domuimg_bytes_slice (frame, ETHERNET, total);
  if (ip < IP || !read_be16 (frame, ip + 2, &port) || port != CLIENT_PORT
      || !read_be16 (frame, ip + 4, &length) || length < UDP)
    return none;
  return domuimg_bytes_slice (frame, ip + UDP, length - UDP);
}

static guint16
checksum (const guint8 *bytes, gsize size)
{
  guint32 sum = 0;

  for (gsize i = 0; i + 1 < size; i += 2)
    sum += (guint32) bytes[i] << 8 | bytes[i + 1];
  while (sum >> 16 != 0)
    sum = (sum & 0xffff) + (sum >> 16);
  return (guint16) ~sum;
}

static void
put_be16 (guint8 *to, guint value)
{
  to[0] = (guint8) (value >> 8);
  to[1] = (guint8) value;
}

GBytes *
domuimg_dhcp_wrap (GBytes *payload, const guint8 mac[6])
{
  guint8 head[ETHERNET + IP + UDP] = { 0 };
  gsize size = g_bytes_get_size (payload);
  guint8 *ip = head + ETHERNET;
  guint8 *udp = ip + IP;
  GByteArray *frame = g_byte_array_new ();

  memset (head, 0xff, 6);
  memcpy (head + 6, mac, 6);
  put_be16 (head + 12, 0x0800);
  ip[0] = 0x45;
  put_be16 (ip + 2, IP + UDP + size);
  ip[8] = 64;
  ip[9] = IPPROTO_UDP;
  memset (ip + 16, 0xff, 4);
  put_be16 (ip + 10, checksum (ip, IP));
  put_be16 (udp, CLIENT_PORT);
  put_be16 (udp + 2, SERVER_PORT);
  /* A checksum of 0 is none, which UDP over IPv4 may do without. */
  put_be16 (udp + 4, UDP + size);
  g_byte_array_append (frame, head, sizeof head);
  g_byte_array_append (frame, g_bytes_get_data (payload, NULL), size);
  return g_byte_array_free_to_bytes (frame);
}
