/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that is one application: what is put into it, and that its init reads what was written. */
#include "config.h"

#include <glib.h>
#include <signal.h>
#include <string.h>

#include "cli/init/config.h"
#include "cli/init/dhcp-packet.h"
#include "lib/guest/application.h"
#include "lib/tree/memory.h"

static DomuimgApplication *
make_application (void)
{
  DomuimgApplication *self = domuimg_application_new ();

  g_ptr_array_add (self->argv, g_strdup ("server"));
  g_ptr_array_add (self->argv, g_strdup ("two\nlines \\ and more"));
  g_assert_true (domuimg_application_set_env (self, "PATH=/opt:/bin", NULL));
  g_assert_true (domuimg_application_set_env (self, "LEVEL=1", NULL));
  g_assert_true (domuimg_application_set_env (self, "LEVEL=2", NULL));
  self->user = g_strdup ("web:33");
  self->restart = DOMUIMG_RESTART_ALWAYS;
  g_free (self->stop_signal);
  self->stop_signal = g_strdup ("QUIT");
  return self;
}

static DomuimgCustomise *
make_wishes (void)
{
  DomuimgCustomise *want = domuimg_customise_new ();
  DomuimgGuestNic *nic = domuimg_customise_add_nic (want, "00:16:3E:01:02:03");

  want->hostname = g_strdup ("web1");
  nic->mode = DOMUIMG_GUEST_NIC_STATIC;
  nic->address = g_strdup ("192.0.2.5/24");
  nic->gateway6 = g_strdup ("2001:db8::1");
  g_ptr_array_add (nic->dns, g_strdup ("192.0.2.1"));
  domuimg_customise_add_nic (want, "00:16:3e:01:02:04");
  domuimg_customise_add_mount (want, "UUID=x", "/var/data", "ext4", NULL);
  domuimg_customise_add_growth (want, "x", "/", "ext4");
  return want;
}

static void
test_init_reads_what_is_written (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (DomuimgCustomise) want = make_wishes ();
  g_autofree char *text = domuimg_application_to_text (application, want);
  struct config config;

  g_assert_true (config_parse (&config, text));
  g_assert_cmpuint (config.n_args, ==, 2);
  g_assert_cmpstr (config.argv[1], ==, "two\nlines \\ and more");
  g_assert_null (config.argv[2]);
  g_assert_cmpuint (config.n_env, ==, 2);
  g_assert_cmpstr (config.env[1], ==, "LEVEL=2");
  g_assert_cmpstr (config.user, ==, "web:33");
  g_assert_cmpint (config.stop_signal, ==, SIGQUIT);
  g_assert_cmpint (config.restart, ==, RESTART_ALWAYS);
  g_assert_cmpstr (config.hostname, ==, "web1");
  g_assert_cmpuint (config.n_nics, ==, 2);
  g_assert_false (config.nics[0].is_dhcp);
  g_assert_cmpstr (config.nics[0].addresses[0], ==, "192.0.2.5/24");
  g_assert_cmpstr (config.nics[0].gateways[0], ==, "2001:db8::1");
  g_assert_true (config.nics[1].is_dhcp);
  g_assert_cmpstr (config.dns[0], ==, "192.0.2.1");
  g_assert_cmpstr (config.mounts[0].place, ==, "/var/data");
  g_assert_cmpstr (config.grow[0], ==, "/");
  g_free (config.argv);
  g_free (config.env);
}

static void
test_a_check_reads_what_is_written (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (DomuimgCustomise) want = make_wishes ();
  g_autofree char *text = domuimg_application_to_text (application, want);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgApplication) read = domuimg_application_new_for_text (text, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (read->argv->len, ==, 2);
  g_assert_cmpstr (read->argv->pdata[1], ==, "two\nlines \\ and more");
  g_assert_cmpstr (read->user, ==, "web:33");
  g_assert_null (domuimg_application_new_for_text ("hostname x\n", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
}

static void
put (DomuimgTree *tree, const char *path, guint32 mode)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, mode);
  g_autofree char *parent = g_path_get_dirname (path);

  g_assert_true (domuimg_tree_mkdir_p (tree, parent, 0755, NULL));
  g_assert_true (domuimg_tree_put (tree, entry, NULL, NULL));
}

static void
test_the_program_is_looked_for_along_path (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *none = NULL;
  g_autofree char *found = NULL;

  put (tree, "opt/server", 0644);
  none = domuimg_application_find_program (application, tree, &error);
  g_assert_null (none);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  put (tree, "bin/server", 0755);
  found = domuimg_application_find_program (application, tree, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "/bin/server");
}

static void
test_what_is_put_into_a_guest (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (DomuimgApplication) read = NULL;
  g_autoptr (DomuimgCustomise) want = make_wishes ();
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *hosts = NULL;

  put (tree, "bin/server", 0755);
  g_assert_false (domuimg_application_install (application, want, tree, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (domuimg_tree_mkdir_p (tree, "/etc", 0755, NULL));
  g_assert_true (domuimg_tree_write_text (tree, "/etc/passwd", "web:x:33:33::/:\n", 0644, NULL));
  if (!domuimg_application_install (application, want, tree, NULL, NULL, &error))
    {
      /* There is no musl-gcc here. */
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_MISSING_TOOL);
      g_test_skip (error->message);
      return;
    }
  g_assert_true (domuimg_tree_is_executable (tree, DOMUIMG_APPLICATION_INIT));
  g_assert_true (domuimg_tree_is_executable (tree, "/sbin/reboot"));
  g_assert_true (domuimg_tree_is_dir (tree, "/var/data"));
  hosts = domuimg_tree_read_text (tree, "/etc/hosts", &error);
  g_assert_nonnull (strstr (hosts, "127.0.1.1\tweb1\n"));
  /* By the note in it, whatever it is called. */
  read = domuimg_application_find (tree, "/sbin/reboot", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (read->argv->pdata[0], ==, "server");
  g_assert_null (domuimg_application_find (tree, "/bin/server", &error));
  g_assert_no_error (error);
}

static void
test_dhcp (void)
{
  static const guint8 mac[6] = { 0, 0x16, 0x3e, 1, 2, 3 };
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "fuzz", "seeds", "init", "ack", NULL);
  g_autofree char *answer = NULL;
  guint8 packet[DHCP_PACKET_SIZE];
  struct dhcp_lease lease;
  gsize length;

  g_assert_true (g_file_get_contents (path, &answer, &length, NULL));
  g_assert_true (dhcp_packet_read ((guint8 *) answer, length, 0x04030201, mac, &lease));
  g_assert_cmpint (lease.type, ==, DHCP_ACK);
  g_assert_cmpuint (lease.seconds, ==, 3600);
  g_assert_cmpuint (lease.n_dns, ==, DHCP_DNS_MAX);
  g_assert_cmpstr (lease.domain, ==, "example.org");
  g_assert_false (dhcp_packet_read ((guint8 *) answer, length, 1, mac, &lease));
  g_assert_false (dhcp_packet_read ((guint8 *) answer, 100, 0x04030201, mac, &lease));
  g_assert_cmpuint (dhcp_packet_make (packet, 7, mac, &lease, "web1"), >=, 300);
  g_assert_cmpuint (packet[242], ==, DHCP_REQUEST);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/application/init-reads-what-is-written", test_init_reads_what_is_written);
  g_test_add_func ("/application/a-check-reads-what-is-written", test_a_check_reads_what_is_written);
  g_test_add_func ("/application/path", test_the_program_is_looked_for_along_path);
  g_test_add_func ("/application/install", test_what_is_put_into_a_guest);
  g_test_add_func ("/application/dhcp", test_dhcp);
  return g_test_run ();
}
