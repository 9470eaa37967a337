/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/bytes.h"

/* Packets of DHCP, from bytes and to bytes. RFC 2131, RFC 2132 (options), RFC 3396 (options in
 * parts), RFC 4578 (PXE: 93, 94, 97), RFC 5071 (PXELINUX: 209, 210). */

typedef enum {
  DOMUIMG_DHCP_DISCOVER = 1,
  DOMUIMG_DHCP_OFFER = 2,
  DOMUIMG_DHCP_REQUEST = 3,
  DOMUIMG_DHCP_ACK = 5,
  DOMUIMG_DHCP_NAK = 6,
} DomuimgDhcpType;

typedef struct {
  DomuimgDhcpType type;
  guint32 xid;
  guint8 mac[6];
  guint16 seconds;         /* since the first of them */
  const guint8 *uuid;      /* (nullable) 16 bytes of option 97 */
  const char *user_class;  /* (nullable) */
  const char *requested;   /* (nullable) the address that was offered */
  const char *server_id;   /* (nullable) by whom */
} DomuimgDhcpQuery;

GBytes *domuimg_dhcp_build (const DomuimgDhcpQuery *query);

/* What a server answered. Addresses are in dotted form; texts have no control characters. */
typedef struct {
  guint8 type;
  char *address;      /* (nullable) of the guest; NULL from a proxy */
  char *server_id;    /* (nullable) */
  char *netmask;      /* (nullable) */
  char *gateway;      /* (nullable) */
  char *dns;          /* (nullable) the first */
  char *next_server;  /* (nullable) siaddr */
  char *server_name;  /* (nullable) option 66, or sname */
  char *file;         /* (nullable) option 67, or file */
  char *hostname;     /* (nullable) */
  char *domain;       /* (nullable) */
  char *vendor_class; /* (nullable) */
  char *config_file;  /* (nullable) option 209 */
  char *path_prefix;  /* (nullable) option 210 */
} DomuimgDhcpReply;

/* NULL with CORRUPT_INPUT; of another exchange: NULL with NOT_FOUND. */
DomuimgDhcpReply *domuimg_dhcp_parse (DomuimgBytes packet, guint32 xid, const guint8 mac[6],
                                      GError **error);
void domuimg_dhcp_reply_free (DomuimgDhcpReply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgDhcpReply, domuimg_dhcp_reply_free)

/* The payload of a UDP datagram to the port 68 in an Ethernet frame; empty where it is none. */
DomuimgBytes domuimg_dhcp_unwrap (DomuimgBytes frame);
/* @payload from port 68 to 67 in a broadcast frame from @mac. */
GBytes *domuimg_dhcp_wrap (GBytes *payload, const guint8 mac[6]);
