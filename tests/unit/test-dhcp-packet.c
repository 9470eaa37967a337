/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets of DHCP, byte by byte: what is somebody else's, damaged, or more than a text. */
#include "config.h"

#include <string.h>

#include "lib/netboot/dhcp-packet.h"

#define XID 0x12345678
#define HEADER 240
#define OP_AT 0
#define XID_AT 4
#define FLAGS_AT 10
#define ADDRESS_AT 16
#define CARD_AT 28
#define SNAME_AT 44
#define FILE_AT 108
#define COOKIE_AT 236
#define ETHERNET 14
#define IP_HEADER 20
#define UDP_HEADER 8

static const guint8 mac[6] = { 0x00, 0x16, 0x3e, 0x00, 0x00, 0x01 };

/* An answer to us with these options, as "\1\4..." of @length bytes. */
static GByteArray *
make_answer (const char *options, gsize length)
{
  static const guint8 cookie[] = { 99, 130, 83, 99 };
  guint8 header[HEADER] = { 2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78 };
  GByteArray *packet = g_byte_array_new ();

  memcpy (header + CARD_AT, mac, sizeof mac);
  memcpy (header + COOKIE_AT, cookie, sizeof cookie);
  g_byte_array_append (packet, header, sizeof header);
  g_byte_array_append (packet, (const guint8 *) options, (guint) length);
  return packet;
}

#define ANSWER(options) make_answer (options, sizeof options - 1)

static DomuimgDhcpReply *
parse (const GByteArray *packet, GError **error)
{
  return domuimg_dhcp_parse (domuimg_bytes (packet->data, packet->len), XID, mac, error);
}

static void
assert_refused (const GByteArray *packet, DomuimgError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgDhcpReply) reply = parse (packet, &error);

  g_assert_null (reply);
  g_assert_error (error, DOMUIMG_ERROR, (int) code);
}

static void
test_answers_of_others (void)
{
  /* A question, another exchange, another card, and one whose first byte differs only. */
  static const struct {
    guint at;
    guint8 value;
  } changes[] = { { OP_AT, 1 }, { XID_AT + 3, 0 }, { CARD_AT + 5, 2 }, { CARD_AT, 2 } };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GByteArray) packet = ANSWER ("\x35\x01\x05\xff");
      g_autoptr (DomuimgDhcpReply) reply = parse (packet, NULL);

      g_assert_nonnull (reply);
      g_assert_cmpuint (reply->type, ==, DOMUIMG_DHCP_ACK);
      packet->data[changes[i].at] = changes[i].value;
      assert_refused (packet, DOMUIMG_ERROR_NOT_FOUND);
    }
}

static void
test_damaged (void)
{
  g_autoptr (GByteArray) no_cookie = ANSWER ("\x35\x01\x05\xff");
  g_autoptr (GByteArray) no_value = ANSWER ("\x35\x01\x05\x43\x09tes");
  g_autoptr (GByteArray) no_length = ANSWER ("\x35\x01\x05\x43");

  no_cookie->data[COOKIE_AT] = 0;
  assert_refused (no_cookie, DOMUIMG_ERROR_CORRUPT_INPUT);
  assert_refused (no_value, DOMUIMG_ERROR_CORRUPT_INPUT);
  assert_refused (no_length, DOMUIMG_ERROR_CORRUPT_INPUT);
}

static void
test_fields (void)
{
  g_autoptr (GByteArray) packet
      = ANSWER ("\x35\x01\x02\0\x36\4\xc0\0\2\1\1\4\xff\xff\xff\0\3\4\xc0\0\2\xfe\6\x08\1\1\1\1\2\2\2\2\xff");
  g_autoptr (DomuimgDhcpReply) reply = NULL;

  memcpy (packet->data + ADDRESS_AT, "\xc0\0\2\x09\xc0\0\2\2", 8);
  memcpy (packet->data + SNAME_AT, "server", 6);
  memcpy (packet->data + FILE_AT, "pxelinux.0", 10);
  reply = parse (packet, NULL);
  g_assert_nonnull (reply);
  g_assert_cmpstr (reply->address, ==, "192.0.2.9");
  g_assert_cmpstr (reply->next_server, ==, "192.0.2.2");
  g_assert_cmpstr (reply->server_id, ==, "192.0.2.1");
  g_assert_cmpstr (reply->netmask, ==, "255.255.255.0");
  g_assert_cmpstr (reply->gateway, ==, "192.0.2.254");
  g_assert_cmpstr (reply->dns, ==, "1.1.1.1");
  g_assert_cmpstr (reply->server_name, ==, "server");
  g_assert_cmpstr (reply->file, ==, "pxelinux.0");
}

/* Option 52: the fields of names hold options, and are no names. */
static void
test_overload (void)
{
  g_autoptr (GByteArray) packet = ANSWER ("\x35\x01\x05\x34\x01\x03\xff");
  g_autoptr (DomuimgDhcpReply) reply = NULL;

  memcpy (packet->data + FILE_AT, "\x0c\x05guest\xff", 8);
  memcpy (packet->data + SNAME_AT, "\x0f\x04home\xff", 7);
  reply = parse (packet, NULL);
  g_assert_nonnull (reply);
  g_assert_cmpstr (reply->hostname, ==, "guest");
  g_assert_cmpstr (reply->domain, ==, "home");
  g_assert_null (reply->file);
  g_assert_null (reply->server_name);
}

/* Options that would be a text, too: option 33 of 33 bytes. */
static void
test_overload_is_no_name (void)
{
  static const char option[] = "!!xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
  g_autoptr (GByteArray) packet = ANSWER ("\x34\x01\x03\xff");
  g_autoptr (DomuimgDhcpReply) reply = NULL;

  memcpy (packet->data + FILE_AT, option, strlen (option));
  memcpy (packet->data + SNAME_AT, option, strlen (option));
  reply = parse (packet, NULL);
  g_assert_nonnull (reply);
  g_assert_null (reply->file);
  g_assert_null (reply->server_name);
}

/* RFC 3396: an option may come in parts. */
static void
test_option_in_parts (void)
{
  g_autoptr (GByteArray) packet = ANSWER ("\x43\x04grub\x0c\x01g\x43\x04.cfg\xff");
  g_autoptr (DomuimgDhcpReply) reply = parse (packet, NULL);

  g_assert_nonnull (reply);
  g_assert_cmpstr (reply->file, ==, "grub.cfg");
}

/* They become words of the kernel's command line. */
static void
test_texts_are_one_word (void)
{
  g_autoptr (GByteArray) packet = ANSWER ("\x0c\x0ag init=/sh\x0f\x03" "a\nb\x43\x05" "end\0\0\xff");
  g_autoptr (DomuimgDhcpReply) reply = parse (packet, NULL);

  g_assert_nonnull (reply);
  g_assert_null (reply->hostname);
  g_assert_null (reply->domain);
  g_assert_cmpstr (reply->file, ==, "end");
}

/* A datagram to port 68 with this payload; its IP header has @words of 4 bytes. */
static GByteArray *
make_frame (guint words, const char *payload)
{
  guint ip = words * 4, size = ip + UDP_HEADER + strlen (payload);
  GByteArray *frame = g_byte_array_new ();
  guint8 *header;

  g_byte_array_set_size (frame, ETHERNET + ip + UDP_HEADER);
  memset (frame->data, 0, frame->len);
  frame->data[12] = 0x08;
  header = frame->data + ETHERNET;
  header[0] = (guint8) (0x40 | words);
  header[3] = (guint8) size;
  header[9] = 17;
  header[ip + 3] = 68;
  header[ip + 5] = (guint8) (UDP_HEADER + strlen (payload));
  g_byte_array_append (frame, (const guint8 *) payload, (guint) strlen (payload));
  return frame;
}

static gboolean
holds (const GByteArray *frame, const char *payload)
{
  DomuimgBytes found = domuimg_dhcp_unwrap (domuimg_bytes (frame->data, frame->len));

  return found.size == strlen (payload) && memcmp (found.data, payload, found.size) == 0;
}

static void
test_frames (void)
{
  g_autoptr (GByteArray) plain = make_frame (5, "payload");
  g_autoptr (GByteArray) options = make_frame (7, "payload");
  /* IPv6's kind, TCP, another port, a fragment, and one that is cut off. */
  static const struct {
    guint at;
    guint8 value;
  } changes[] = { { 12, 0x86 }, { ETHERNET + 9, 6 }, { ETHERNET + IP_HEADER + 3, 67 },
                  { ETHERNET + 6, 0x20 }, { ETHERNET + 7, 1 }, { ETHERNET + 3, 200 } };

  g_assert_true (holds (plain, "payload"));
  g_assert_true (holds (options, "payload"));
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GByteArray) frame = make_frame (5, "payload");

      frame->data[changes[i].at] = changes[i].value;
      g_assert_true (holds (frame, ""));
    }
}

static void
test_questions (void)
{
  const DomuimgDhcpQuery query = { .type = DOMUIMG_DHCP_DISCOVER, .xid = XID, .seconds = 3,
                                   .mac = { 0x00, 0x16, 0x3e, 0x00, 0x00, 0x01 } };
  g_autoptr (GBytes) packet = domuimg_dhcp_build (&query);
  g_autoptr (GBytes) frame = domuimg_dhcp_wrap (packet, mac);
  gsize size, whole;
  const guint8 *data = g_bytes_get_data (packet, &size);
  const guint8 *bytes = g_bytes_get_data (frame, &whole);

  /* BOOTP's servers take nothing shorter; nobody can answer an address that nobody has yet. */
  g_assert_cmpuint (size, >=, 300);
  g_assert_cmpuint (data[OP_AT], ==, 1);
  g_assert_cmpmem (data + XID_AT, 4, "\x12\x34\x56\x78", 4);
  g_assert_cmpuint (data[FLAGS_AT], ==, 0x80);
  g_assert_cmpmem (data + CARD_AT, 6, mac, 6);
  g_assert_cmpuint (whole, ==, size + ETHERNET + IP_HEADER + UDP_HEADER);
  g_assert_cmpmem (bytes, 6, "\xff\xff\xff\xff\xff\xff", 6);
  g_assert_cmpmem (bytes + ETHERNET + IP_HEADER, 4, "\0\x44\0\x43", 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/dhcp-packet/answers-of-others", test_answers_of_others);
  g_test_add_func ("/dhcp-packet/damaged", test_damaged);
  g_test_add_func ("/dhcp-packet/fields", test_fields);
  g_test_add_func ("/dhcp-packet/overload", test_overload);
  g_test_add_func ("/dhcp-packet/overload-is-no-name", test_overload_is_no_name);
  g_test_add_func ("/dhcp-packet/option-in-parts", test_option_in_parts);
  g_test_add_func ("/dhcp-packet/texts-are-one-word", test_texts_are_one_word);
  g_test_add_func ("/dhcp-packet/frames", test_frames);
  g_test_add_func ("/dhcp-packet/questions", test_questions);
  return g_test_run ();
}
