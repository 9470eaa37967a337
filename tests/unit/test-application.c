/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest that is one application: what is put into it, and that its init reads what was written. */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "cli/init/config.h"
#include "cli/init/copy.h"
#include "cli/init/dhcp-packet.h"
#include "lib/base/remove.h"
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
  g_assert_cmpstr (config.addresses[0].text, ==, "192.0.2.5/24");
  g_assert_cmpstr (config.gateways[0].text, ==, "2001:db8::1");
  g_assert_true (config.nics[1].is_dhcp);
  g_assert_cmpstr (config.dns[0], ==, "192.0.2.1");
  g_assert_cmpstr (config.mounts[0].place, ==, "/var/data");
  g_assert_cmpstr (config.grow[0], ==, "/");
  config_clear (&config);
}

static void
assert_has (const char *const *list, gsize length, const char *wanted, gboolean has)
{
  gboolean found = FALSE;

  for (gsize i = 0; i < length; i++)
    found |= g_str_equal (list[i], wanted);
  g_assert_cmpint (found, ==, has);
}

/* Whatever there are of them, all reach init. */
static void
test_nothing_is_dropped_for_its_number (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autofree char *text = NULL;
  struct config config;

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("/data/%u", i);
      g_autofree char *mac = g_strdup_printf ("00:16:3e:00:00:%02x", i);
      DomuimgGuestNic *nic = domuimg_customise_add_nic (want, mac);

      nic->address = g_strdup ("192.0.2.5/24");
      g_ptr_array_add (nic->dns, g_strdup ("192.0.2.1"));
      domuimg_customise_add_mount (want, "UUID=x", name, "ext4", NULL);
      domuimg_customise_add_growth (want, "x", name, "ext4");
    }
  text = domuimg_application_to_text (application, want);
  g_assert_true (config_parse (&config, text));
  g_assert_cmpuint (config.n_mounts, ==, 100);
  g_assert_cmpstr (config.mounts[99].place, ==, "/data/99");
  g_assert_cmpuint (config.n_grow, ==, 100);
  g_assert_cmpuint (config.n_nics, ==, 100);
  g_assert_cmpuint (config.n_addresses, ==, 100);
  g_assert_cmpuint (config.n_dns, ==, 100);
  config_clear (&config);
}

static void
test_what_is_copied_into_memory (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (DomuimgCustomise) want = make_wishes ();
  g_autofree char *text = NULL;
  g_autofree char *covered = NULL;
  struct config config;

  g_ptr_array_add (application->volumes, g_strdup ("/data"));
  g_ptr_array_add (application->volumes, g_strdup ("/var/lib/x"));
  text = domuimg_application_to_text (application, want);
  g_assert_true (config_parse (&config, text));
  g_assert_cmpuint (config.n_memory, ==, 3);
  assert_has (config.memory, config.n_memory, "/var", TRUE);
  assert_has (config.memory, config.n_memory, "/etc/resolv.conf", TRUE);
  assert_has (config.memory, config.n_memory, "/data", TRUE);
  config_clear (&config);
  domuimg_customise_add_mount (want, "UUID=y", "/var", "ext4", NULL);
  domuimg_customise_add_mount (want, "UUID=z", "/data", "ext4", NULL);
  covered = domuimg_application_to_text (application, want);
  g_assert_true (config_parse (&config, covered));
  g_assert_cmpuint (config.n_memory, ==, 1);
  assert_has (config.memory, config.n_memory, "/etc/resolv.conf", TRUE);
  config_clear (&config);
}

static void
test_a_read_only_root_has_what_is_copied (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  DomuimgEdit edit = { .tree = tree };
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (application->volumes, g_strdup ("/data"));
  g_assert_true (domuimg_tree_mkdir_p (tree, "/etc", 0755, NULL));
  g_assert_true (domuimg_tree_symlink (tree, "../run/none", "/etc/resolv.conf", NULL));
  g_assert_true (domuimg_application_make_memory (application, want, &edit, &error));
  g_assert_false (domuimg_tree_exists (tree, "/data"));
  want->is_read_only = TRUE;
  g_assert_true (domuimg_application_make_memory (application, want, &edit, &error));
  g_assert_no_error (error);
  g_assert_true (domuimg_tree_is_dir (tree, "/data"));
  g_assert_true (domuimg_tree_is_dir (tree, "/var"));
  g_assert_true (domuimg_tree_exists (tree, "/etc/resolv.conf"));
}

/* Three parts of init's copies: zeros, bytes, and zeros again. */
static void
write_with_holes (const char *path)
{
  g_autofree char *bytes = g_malloc0 (3 * 65536);

  memset (bytes + 65536, 'x', 1000);
  g_assert_true (g_file_set_contents (path, bytes, 3 * 65536, NULL));
}

static void
assert_same (const char *path, const char *copy)
{
  g_autofree char *bytes = NULL;
  g_autofree char *copied = NULL;
  struct stat status, other;
  gsize length, copied_length;

  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_assert_true (g_file_get_contents (copy, &copied, &copied_length, NULL));
  g_assert_cmpmem (bytes, length, copied, copied_length);
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (stat (copy, &other), ==, 0);
  g_assert_cmpuint (status.st_mode, ==, other.st_mode);
  g_assert_cmpint (status.st_mtime, ==, other.st_mtime);
  g_assert_cmpint (other.st_blocks * 512, <=, 65536);
}

static void
test_init_copies_files_as_they_are (void)
{
  g_autofree char *directory = g_dir_make_tmp ("domuimg-XXXXXX", NULL);
  g_autofree char *from = g_build_filename (directory, "from", NULL);
  g_autofree char *below = g_build_filename (from, "below", NULL);
  g_autofree char *file = g_build_filename (below, "file", NULL);
  g_autofree char *link = g_build_filename (from, "link", NULL);
  g_autofree char *to = g_build_filename (directory, "to", NULL);
  g_autofree char *copy = g_build_filename (to, "below", "file", NULL);
  g_autofree char *copied_link = g_build_filename (to, "link", NULL);
  g_autofree char *target = NULL;
  const struct utimbuf times = { 1000000000, 1000000000 };

  g_assert_cmpint (g_mkdir_with_parents (below, 0755), ==, 0);
  write_with_holes (file);
  g_assert_cmpint (chmod (file, 0604), ==, 0);
  g_assert_cmpint (utime (file, &times), ==, 0);
  g_assert_cmpint (symlink ("nowhere", link), ==, 0);
  g_assert_true (copy_all (from, to));
  assert_same (file, copy);
  target = g_file_read_link (copied_link, NULL);
  g_assert_cmpstr (target, ==, "nowhere");
  g_assert_false (copy_all (from, to));
  g_assert_cmpint (errno, ==, EEXIST);
  g_assert_true (domuimg_remove_tree (directory));
}

static void
test_env_files (void)
{
  g_autoptr (DomuimgApplication) application = make_application ();
  g_autoptr (GError) error = NULL;

  g_assert_true (domuimg_application_parse_env (application, "# of the shop\n\nKEY=se cret\r\nLEVEL=3\nEMPTY=\n",
                                                "FILE", &error));
  g_assert_no_error (error);
  g_assert_cmpuint (application->env->len, ==, 4);
  g_assert_cmpstr (application->env->pdata[1], ==, "LEVEL=3");
  g_assert_cmpstr (application->env->pdata[2], ==, "KEY=se cret");
  g_assert_cmpstr (application->env->pdata[3], ==, "EMPTY=");
  g_assert_cmpuint (application->notes->len, ==, 1);
  g_assert_cmpstr (application->notes->pdata[0], ==, "took the variables KEY, LEVEL, EMPTY from FILE");
  for (const char *const *bad = (const char *const[]){ "A=1\nhidden", "=hidden", "a b=hidden", "9=hidden", NULL };
       *bad != NULL; bad++)
    {
      g_assert_false (domuimg_application_parse_env (application, *bad, "FILE", &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, " of FILE is not NAME=VALUE"));
      g_assert_null (strstr (error->message, "hidden"));
      g_clear_error (&error);
    }
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
  g_test_add_func ("/application/nothing-is-dropped", test_nothing_is_dropped_for_its_number);
  g_test_add_func ("/application/memory", test_what_is_copied_into_memory);
  g_test_add_func ("/application/read-only-root", test_a_read_only_root_has_what_is_copied);
  g_test_add_func ("/application/copy", test_init_copies_files_as_they_are);
  g_test_add_func ("/application/env-files", test_env_files);
  g_test_add_func ("/application/a-check-reads-what-is-written", test_a_check_reads_what_is_written);
  g_test_add_func ("/application/path", test_the_program_is_looked_for_along_path);
  g_test_add_func ("/application/install", test_what_is_put_into_a_guest);
  g_test_add_func ("/application/dhcp", test_dhcp);
  return g_test_run ();
}
