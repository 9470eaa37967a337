/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/netboot/dhcp-packet.h"
#include "lib/netboot/next.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define BOOTREPLY 2
#define XID_AT 4
#define CARD_AT 28
#define PASSES_MAX 40

static void
read_dhcp (const guint8 *data, gsize size)
{
  g_autoptr (DomuimgDhcpReply) reply = NULL;
  guint8 mac[6] = { 0 };
  guint32 xid = 0;

  if (size >= CARD_AT + sizeof mac)
    {
      memcpy (&xid, data + XID_AT, sizeof xid);
      memcpy (mac, data + CARD_AT, sizeof mac);
    }
  domuimg_dhcp_unwrap (domuimg_bytes (data, size));
  reply = domuimg_dhcp_parse (domuimg_bytes (data, size), g_ntohl (xid), mac, NULL);
  g_assert_true (reply == NULL || reply->file == NULL || strpbrk (reply->file, "\n\r") == NULL);
}

/* What a guest asks is what it says of itself, and fits in a frame. */
static void
write_dhcp (const guint8 *data, gsize size)
{
  g_autofree char *class_ = g_strndup ((const char *) data, MIN (size, 300));
  DomuimgDhcpQuery query = { .type = DOMUIMG_DHCP_REQUEST, .xid = (guint32) size, .user_class = class_,
                             .requested = "192.0.2.9", .server_id = "192.0.2.1" };
  g_autoptr (GBytes) packet = NULL, frame = NULL;

  query.uuid = size >= 16 ? data : NULL;
  packet = domuimg_dhcp_build (&query);
  frame = domuimg_dhcp_wrap (packet, query.mac);
  g_assert_cmpuint (g_bytes_get_size (packet), >=, 300);
  g_assert_cmpuint (g_bytes_get_size (frame), >, g_bytes_get_size (packet));
}

/* What a parser that was taken over may say, and what it is told. */
static void
read_messages (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgNetbootNext) next = domuimg_netboot_next_read (bytes, &error);
  g_autoptr (GBytes) reply = domuimg_netboot_parse (bytes);

  g_assert_true ((next == NULL) == (error != NULL));
  g_assert_cmpuint (g_bytes_get_size (reply), >, 0);
}

/* One pass; FALSE at the end. Every file of the server is the same. */
static gboolean
step (DomuimgNetbootState *state, GBytes *file)
{
  g_autoptr (GBytes) request = domuimg_netboot_state_write (state);
  g_autoptr (GBytes) reply = domuimg_netboot_parse (request);
  g_autoptr (DomuimgNetbootNext) next = domuimg_netboot_next_read (reply, NULL);

  if (next == NULL)
    return FALSE;
  if (next->kind == DOMUIMG_NETBOOT_NEED)
    for (guint i = 0; i < next->urls->len; i++)
      domuimg_netboot_state_add_file (state, next->urls->pdata[i], file, FALSE);
  else if (next->kind == DOMUIMG_NETBOOT_MENU)
    domuimg_netboot_state_answer (state, MAX (next->menu->default_entry, 0), NULL);
  else
    return FALSE;
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (DomuimgNetbootState) state = domuimg_netboot_state_new ();

  if (size > 0 && *data == BOOTREPLY)
    read_dhcp (data, size);
  else
    domuimg_dhcp_unwrap (domuimg_bytes (data, size));
  write_dhcp (data, size);
  read_messages (bytes);
  /* A directory is looked through for what boots there; without an address, DHCP has named a file. */
  if (size % 4 == 0)
    {
      domuimg_netboot_state_set (state, "next-server", "192.0.2.1");
      domuimg_netboot_state_set (state, "file", "pxelinux.0");
    }
  else
    domuimg_netboot_state_set (state, "url", size % 4 == 1 ? "http://server/directory/"
                                                           : "http://server/directory/file");
  domuimg_netboot_state_set (state, "mac", "00:16:3e:00:00:01");
  domuimg_netboot_state_set (state, "ip", "192.0.2.9");
  for (guint i = 0; i < PASSES_MAX && step (state, bytes); i++)
    ;
  return 0;
}
