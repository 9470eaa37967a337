/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/guest-fixtures.h"

#include <string.h>

/* Each fixture's result as a whole is tests/golden/guest/NAME.dump. After a change that is
 * meant, run with DOMUIMG_UPDATE_GOLDEN=1 and read the difference. */
static void
test_golden (gconstpointer data)
{
  const char *name = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load (name);
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GPtrArray) changes = guest_run (want, tree);
  g_autofree char *dump = guest_dump (tree);
  g_autofree char *golden = guest_test_file ("golden", name);
  g_autofree char *expected = NULL;

  g_assert_cmpuint (changes->len, >, 0);
  if (g_getenv ("DOMUIMG_UPDATE_GOLDEN") != NULL)
    g_file_set_contents (golden, dump, -1, &error);
  g_assert_no_error (error);
  g_file_get_contents (golden, &expected, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (dump, ==, expected);
}

static void
test_second_run_changes_nothing (gconstpointer data)
{
  g_autoptr (DomuimgTree) tree = guest_load (data);
  g_autoptr (DomuimgCustomise) want = guest_want ();
  want->locale = g_strdup ("de_DE.UTF-8");
  want->keymap = g_strdup ("de");
  want->device_nodes = TRUE;
  domuimg_customise_add_mount (want, "UUID=1234", "/srv/data", "xfs", NULL);
  domuimg_customise_add_mount (want, "UUID=5678", "none", "swap", NULL);
  guest_apply (want, tree);
  g_autofree char *before = guest_dump (tree);
  g_autoptr (GPtrArray) second = guest_run (want, tree);
  g_autofree char *after = guest_dump (tree);

  g_assert_cmpstr (before, ==, after);
  for (guint i = 0; i < second->len; i++)
    g_assert_true (g_str_has_prefix (g_ptr_array_index (second, i), "warning: "));
}

static void
test_debian_bookworm (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  want->timezone = g_strdup ("Europe/Berlin");
  want->locale = g_strdup ("de_DE.UTF-8");
  g_autoptr (GPtrArray) changes = guest_run (want, tree);

  guest_assert_contains (tree, "/etc/fstab",
                         "\nUUID=" GUEST_UUID " / ext4 errors=remount-ro 0 1\n");
  guest_assert_contains (tree, "/etc/fstab", "is not in the guest: UUID=1111-2222");
  guest_assert_contains (tree, "/etc/fstab", "is not in the guest: LABEL=data");
  guest_assert_contains (tree, "/etc/fstab", "is not in the guest: /dev/mapper/vg-swap");
  guest_assert_contains (tree, "/etc/fstab", "\ntmpfs /tmp tmpfs size=1G 0 0\n");
  guest_assert_contains (tree, "/etc/fstab", "\nnas:/export /mnt/nas nfs ro 0 0\n/srv/a /srv/b");
  guest_assert_contains (tree, "/etc/crypttab", "is not in the guest: secret");
  guest_assert_text (tree, "/etc/hostname", "web1\n");
  guest_assert_text (tree, "/etc/mailname", "web1.example.net\n");
  guest_assert_contains (tree, "/etc/hosts", "\n127.0.1.1\tweb1.example.net web1\n10.0.0.9\tnas\n");
  guest_assert_lacks (tree, "/etc/hosts", "source");
  guest_assert_link (tree, "/etc/systemd/system/getty.target.wants/serial-getty@hvc0.service",
                     "/lib/systemd/system/serial-getty@.service");
  guest_assert_contains (tree, "/etc/network/interfaces",
                         "\nauto mac/" GUEST_MAC "=nic0\niface nic0 inet static\n");
  guest_assert_contains (tree, "/var/lib/domuimg/replaced/etc/network/interfaces", "br0");
  guest_assert_contains (tree, "/var/lib/domuimg/replaced/etc/network/interfaces.d/vlan", "br0.7");
  guest_assert_absent (tree, "/etc/udev/rules.d/70-persistent-net.rules");
  guest_assert_absent (tree, "/etc/ssh/ssh_host_ed25519_key");
  guest_assert_contains (tree, "/etc/systemd/system/domuimg-ssh-host-keys.service",
                         "ExecStart=/usr/bin/ssh-keygen -A");
  guest_assert_link (tree,
                     "/etc/systemd/system/multi-user.target.wants/domuimg-ssh-host-keys.service",
                     "/etc/systemd/system/domuimg-ssh-host-keys.service");
  guest_assert_text (tree, "/etc/machine-id", "");
  guest_assert_link (tree, "/var/lib/dbus/machine-id", "/etc/machine-id");
  guest_assert_absent (tree, "/var/lib/systemd/random-seed");
  guest_assert_absent (tree, "/var/lib/dhcp/dhclient.enp3s0.leases");
  guest_assert_link (tree, "/etc/localtime", "/usr/share/zoneinfo/Europe/Berlin");
  guest_assert_text (tree, "/etc/timezone", "Europe/Berlin\n");
  guest_assert_contains (tree, "/etc/locale.gen", "\nde_DE.UTF-8 UTF-8\n");
  guest_assert_contains (tree, "/etc/locale.gen", "\n# de_DE ISO-8859-1\n");
  guest_assert_text (tree, "/etc/default/locale", "LANG=de_DE.UTF-8\n");
  g_assert_true (guest_has_line (changes, "warning: the locale de_DE.UTF-8"));
  guest_assert_lacks (tree, "/etc/modules", "xen");
}

/* Runs with @locale, and tells whether the guest is said not to have it. */
static gboolean
lacks_locale (DomuimgTree *tree, const char *locale)
{
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GPtrArray) changes = NULL;

  want->locale = g_strdup (locale);
  changes = guest_run (want, tree);
  return guest_has_line (changes, "warning: the locale ");
}

static void
test_locales_that_the_guest_has (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  /* The name lies over the border of two pieces of a mebibyte. */
  g_autofree char *padding = g_strnfill ((1 << 20) - 5, 'x');
  g_autofree char *archive = g_strconcat (padding, "fr_FR.utf8", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (archive, strlen (archive) + 1);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new ("/usr/lib/locale/locale-archive", DOMUIMG_ENTRY_FILE, 0644);
  g_autoptr (GError) error = NULL;

  g_assert_false (lacks_locale (tree, "C.UTF-8"));
  g_assert_true (lacks_locale (tree, "de_DE.UTF-8"));
  domuimg_tree_mkdir_p (tree, "/usr/lib/locale/de_DE.utf8", 0755, &error);
  g_assert_no_error (error);
  g_assert_false (lacks_locale (tree, "de_DE.UTF-8"));
  domuimg_tree_put (tree, entry, bytes, &error);
  g_assert_no_error (error);
  g_assert_false (lacks_locale (tree, "fr_FR.UTF-8"));
  g_assert_true (lacks_locale (tree, "fr_F"));
}

static void
test_keyboards_that_the_guest_has (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GError) error = NULL;

  want->keymap = g_strdup ("de,us");
  changes = guest_run (want, tree);
  g_assert_true (guest_has_line (changes, "warning: the keymap de,us is set, but nothing"));
  domuimg_tree_mkdir_p (tree, "/usr/share/X11/xkb/symbols", 0755, &error);
  domuimg_tree_write_text (tree, "/usr/share/X11/xkb/symbols/de", "", 0644, &error);
  g_assert_no_error (error);
  g_assert_false (domuimg_customise_run (want, tree, changes, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "no keyboard layout \"de,us\""));
  g_clear_error (&error);
  domuimg_tree_write_text (tree, "/usr/share/X11/xkb/symbols/us", "", 0644, &error);
  g_ptr_array_unref (changes);
  changes = guest_run (want, tree);
  g_assert_false (guest_has_line (changes, "warning: the keymap"));
  guest_assert_contains (tree, "/etc/default/keyboard", "XKBLAYOUT=\"de,us\"");
}

/* One line for each place: of several the first stays. xfs needs no check at boot. */
static void
test_fstab_of_other_filesystems (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  g_autoptr (DomuimgCustomise) want = guest_want ();

  g_free (want->root_fs);
  want->root_fs = g_strdup ("xfs");
  domuimg_customise_add_mount (want, "UUID=1234", "/srv/more/data", "ext4", NULL);
  g_assert_true (domuimg_tree_write_text (tree, "/etc/fstab",
                                          "/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 / ext3 ro 0 1\n", 0644,
                                          NULL));
  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/fstab", "UUID=" GUEST_UUID " / xfs defaults 0 0\n");
  guest_assert_contains (tree, "/etc/fstab", "UUID=1234 /srv/more/data ext4 defaults 0 2\n");
  guest_assert_lacks (tree, "/etc/fstab", "\n/dev/sdb1");
  g_assert_true (domuimg_tree_is_dir (tree, "/srv/more/data"));
}

/* What another guest of the same source has, too, is nobody's. */
static void
test_host_keys_go (void)
{
  static const char *const files[] = { "/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_rsa_key.pub",
                                       "/etc/ssh/ssh_host_rsa_key-cert.pub" };
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  g_autoptr (DomuimgCustomise) want = guest_want ();

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_assert_true (domuimg_tree_mkdir_p (tree, "/etc/ssh", 0755, NULL));
      g_assert_true (domuimg_tree_write_text (tree, files[i], "key", 0600, NULL));
    }
  guest_apply (want, tree);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    guest_assert_absent (tree, files[i]);
}

/* Only root's own line changes, and a hash that passwd has counts no more. */
static void
test_lock_of_root_alone (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  g_autoptr (DomuimgCustomise) want = guest_want ();

  want->root_password = DOMUIMG_ROOT_PASSWORD_LOCK;
  g_assert_true (domuimg_tree_write_text (tree, "/etc/passwd",
                                          "rootless:x:1:1::/:/bin/sh\nroot:$1$old:0:0:root:/root:/bin/sh\n",
                                          0644, NULL));
  g_assert_true (domuimg_tree_write_text (tree, "/etc/shadow",
                                          "rootless:$6$kept:1:0:99999:7:::\nroot:$6$old:1:0:99999:7:::\n", 0640,
                                          NULL));
  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/shadow", "rootless:$6$kept:1:");
  guest_assert_contains (tree, "/etc/shadow", "\nroot:!*:");
  guest_assert_contains (tree, "/etc/passwd", "\nroot:x:0:0:");
}

static void
test_root_login (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_text (tree, "/etc/shadow",
                     "root:" GUEST_HASH ":19723:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n");
  guest_assert_mode (tree, "/etc/shadow", 0640);
  guest_assert_text (tree, "/root/.ssh/authorized_keys",
                     "ssh-ed25519 AAAAOLD old@example\nssh-ed25519 AAAANEW me@example\n");
  guest_assert_mode (tree, "/root/.ssh", 0700);
  guest_assert_mode (tree, "/root/.ssh/authorized_keys", 0600);
  g_autoptr (DomuimgEntry) keys = domuimg_tree_stat (tree, "/root/.ssh/authorized_keys", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (keys->uid, ==, 0);
  g_assert_cmpuint (keys->gid, ==, 0);
}

static void
test_clock_of_1970_asks_for_no_new_password (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  DomuimgTime epoch = { 0, 0 };

  domuimg_tree_set_time (tree, epoch);
  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/shadow", "root:" GUEST_HASH ":1:0:99999:7:::\n");
}

static void
test_lock_and_home_elsewhere (void)
{
  g_autoptr (DomuimgTree) tree = guest_load_text (
      "/etc/passwd f 0644 0:0 - - - - \"root:!:0:3:root:/var/root:/bin/sh\\n\"\n");
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  want->root_password = DOMUIMG_ROOT_PASSWORD_LOCK;
  g_ptr_array_add (want->authorized_keys, g_strdup ("ssh-rsa AAAA one"));
  g_ptr_array_add (want->authorized_keys, g_strdup ("no-pty ssh-rsa AAAA the same"));
  guest_apply (want, tree);

  guest_assert_text (tree, "/etc/passwd", "root:!*:0:3:root:/var/root:/bin/sh\n");
  guest_assert_text (tree, "/var/root/.ssh/authorized_keys", "ssh-rsa AAAA one\n");
}

static void
test_bare_systemd_gets_networkd (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("systemd-networkd");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/systemd/network/10-domuimg-nic0.network",
                         "[Match]\nMACAddress=" GUEST_MAC "\n\n[Network]\nDHCP=no\n"
                         "Address=192.0.2.10/24\nGateway=192.0.2.1\n");
  guest_assert_link (tree, "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
                     "/lib/systemd/system/systemd-networkd.service");
  guest_assert_link (tree, "/etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf");
  guest_assert_absent (tree, "/etc/systemd/system/domuimg-ssh-host-keys.service");
  guest_assert_mode (tree, "/tmp", 01777);
  guest_assert_text (tree, "/etc/fstab", "UUID=" GUEST_UUID " / ext4 errors=remount-ro 0 1\n");
}

static void
test_ubuntu_netplan (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("ubuntu-netplan");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/netplan/10-domuimg.yaml",
                         "      match:\n        macaddress: \"" GUEST_MAC "\"\n");
  guest_assert_mode (tree, "/etc/netplan/10-domuimg.yaml", 0600);
  guest_assert_absent (tree, "/etc/netplan/50-cloud-init.yaml");
  guest_assert_contains (tree, "/etc/cloud/cloud.cfg.d/99-domuimg-network.cfg", "disabled");
  guest_assert_absent (tree, "/etc/systemd/network");
  guest_assert_absent (tree, "/var/lib/cloud/instances");
}

static void
test_centos_6 (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("centos-6");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/sysconfig/network-scripts/ifcfg-eth0",
                         "DEVICE=eth0\nNAME=eth0\nHWADDR=00:16:3E:01:02:03\n");
  guest_assert_contains (tree, "/etc/sysconfig/network-scripts/ifcfg-eth0",
                         "BOOTPROTO=none\nIPADDR=192.0.2.10\nNETMASK=255.255.255.0\n"
                         "GATEWAY=192.0.2.1\n");
  guest_assert_contains (tree, "/etc/sysconfig/network", "HOSTNAME=web1.example.net\n");
  guest_assert_contains (tree, "/etc/sysconfig/network-scripts/ifcfg-lo", "127.0.0.1");
  guest_assert_contains (tree, "/etc/udev/rules.d/60-net.rules", "rename_device");
  guest_assert_absent (tree, "/etc/udev/rules.d/70-persistent-net.rules");
  guest_assert_text (tree, "/etc/securetty", "console\ntty1\nhvc0\nxvc0\n");
  guest_assert_absent (tree, "/etc/init/hvc0.conf");
  guest_assert_text (tree, "/etc/inittab", "id:3:initdefault:\n");
  guest_assert_text (tree, "/.autorelabel", "");
  guest_assert_absent (tree, "/run");
  guest_assert_absent (tree, "/etc/hostname");
  guest_assert_mode (tree, "/etc/shadow", 0);
}

static void
assert_label (DomuimgTree *tree, const char *path, const char *label)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, &error);
  GBytes *value;

  g_assert_no_error (error);
  value = domuimg_entry_get_xattr (entry, "security.selinux");
  g_test_message ("%s", path);
  g_assert_cmpstr (value != NULL ? g_bytes_get_data (value, NULL) : NULL, ==, label);
}

static void
put_text (DomuimgTree *tree, const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_path_get_dirname (path);

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  domuimg_tree_write_text (tree, path, text, 0644, &error);
  g_assert_no_error (error);
}

/* As a root that was labelled has them. */
static void
give_label (DomuimgTree *tree, const char *path, const char *label)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, &error);

  domuimg_entry_add_xattr (entry, "security.selinux", label, strlen (label) + 1);
  domuimg_tree_set_attributes (tree, entry, &error);
  g_assert_no_error (error);
}

#define CONTEXTS "/etc/selinux/targeted/contexts/files/file_contexts"

static void
test_new_files_have_labels_of_the_policy (void)
{
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (DomuimgTree) tree = guest_load ("rocky-9");

  put_text (tree, "/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
  give_label (tree, "/etc/selinux/config", "old:r:config_t:s0");
  put_text (tree, CONTEXTS,
            "# the last that matches counts, plain paths before patterns\n"
            "/.*\ts:r:default_t:s0\n"
            "/etc/hostname\t--\ts:r:hostname_t:s0\n"
            "/etc(/.*)?\ts:r:etc_t:s0\n"
            "/etc/hosts\t-d\ts:r:wrong_t:s0\n"
            "/tmp/.*\t<<none>>\n"
            "/etc/[\ts:r:bad_t:s0\n"
            "/srv/www(/.*)?\ts:r:www_t:s0\n");
  put_text (tree, CONTEXTS ".local", "/etc/fstab\ts:r:local_t:s0\n");
  put_text (tree, CONTEXTS ".subs_dist", "/web /srv/www\n");
  put_text (tree, "/tmp/file", "");
  put_text (tree, "/web/index", "");
  put_text (tree, "/webs", "");
  guest_apply (want, tree);

  guest_assert_absent (tree, "/.autorelabel");
  assert_label (tree, "/etc/hostname", "s:r:hostname_t:s0");
  assert_label (tree, "/etc/hosts", "s:r:etc_t:s0");
  assert_label (tree, "/etc/fstab", "s:r:local_t:s0");
  assert_label (tree, "/web/index", "s:r:www_t:s0");
  assert_label (tree, "/webs", "s:r:default_t:s0");
  assert_label (tree, "/", "s:r:default_t:s0");
  assert_label (tree, "/tmp/file", NULL);
  assert_label (tree, "/etc/selinux/config", "old:r:config_t:s0");
}

static void
test_no_label_without_a_policy (void)
{
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (DomuimgTree) tree = guest_load ("rocky-9");

  put_text (tree, "/etc/selinux/config", "SELINUX=permissive\nSELINUXTYPE=targeted\n");
  give_label (tree, "/etc/selinux/config", "old:r:config_t:s0");
  guest_apply (want, tree);
  guest_assert_text (tree, "/.autorelabel", "");
  assert_label (tree, "/etc/hostname", NULL);
}

static void
test_centos_7_and_rocky_9 (void)
{
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (DomuimgTree) centos = guest_load ("centos-7");
  guest_apply (want, centos);
  g_autoptr (DomuimgTree) rocky = guest_load ("rocky-9");
  guest_apply (want, rocky);
  const char *ifcfg = "/etc/sysconfig/network-scripts/ifcfg-eth0";
  const char *keyfile = "/etc/NetworkManager/system-connections/domuimg-nic0.nmconnection";

  guest_assert_contains (centos, ifcfg, "HWADDR=00:16:3E:01:02:03\n");
  guest_assert_lacks (centos, ifcfg, "DEVICE=");
  guest_assert_absent (centos, "/etc/sysconfig/network-scripts/ifcfg-ens192");
  guest_assert_absent (centos, "/etc/sysconfig/network-scripts/route-ens192");
  guest_assert_text (centos, "/etc/hostname", "web1.example.net\n");
  guest_assert_absent (centos, "/.autorelabel");
  guest_assert_absent (centos, "/etc/systemd/system/domuimg-ssh-host-keys.service");

  guest_assert_contains (rocky, keyfile, "mac-address=" GUEST_MAC "\n");
  guest_assert_contains (rocky, keyfile, "address1=192.0.2.10/24,192.0.2.1\ndns=192.0.2.53;\n");
  guest_assert_mode (rocky, keyfile, 0600);
  guest_assert_absent (rocky, "/etc/NetworkManager/system-connections/ens192.nmconnection");
  guest_assert_absent (rocky, ifcfg);
}

static void
test_debian_sysvinit (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-sysvinit");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/inittab", "\nhvc0:2345:respawn:/sbin/getty 38400 hvc0\n");
  guest_assert_contains (tree, "/etc/inittab", "\n#T0:23:respawn");
  guest_assert_contains (tree, "/etc/inittab",
                         "\nsshk::bootwait:/bin/sh /etc/ssh/domuimg-host-keys\n");
  guest_assert_contains (tree, "/etc/modules", "loop\nxen-blkfront\nxen-netfront\n");
  guest_assert_contains (tree, "/etc/network/interfaces",
                         "auto eth0\niface eth0 inet static\n\taddress 192.0.2.10\n");
  guest_assert_absent (tree, "/etc/udev/rules.d/70-persistent-net.rules");
  guest_assert_contains (tree, "/etc/udev/rules.d/70-domuimg-net.rules",
                         "ATTR{address}==\"" GUEST_MAC "\"");
  guest_assert_contains (tree, "/etc/resolv.conf", "nameserver 192.0.2.53\n");
}

static void
test_alpine (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("alpine");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/inittab",
                         "\nhvc0::respawn:/sbin/getty -L hvc0 115200 vt100\n");
  guest_assert_lacks (tree, "/etc/inittab", "ssh-keygen");
  guest_assert_contains (tree, "/etc/network/interfaces", "auto eth0\niface eth0 inet static\n");
  guest_assert_link (tree, "/etc/runlevels/boot/networking", "/etc/init.d/networking");
  guest_assert_absent (tree, "/etc/udev");
}

/* Without an inittab, busybox's init starts the system all the same; with one, by what is in it only. */
static void
test_busybox_without_inittab (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("alpine");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GError) error = NULL;

  domuimg_tree_remove (tree, "/etc/inittab", &error);
  g_assert_no_error (error);
  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/inittab", "::sysinit:/etc/init.d/rcS\n");
  guest_assert_contains (tree, "/etc/inittab", "\nhvc0::respawn:/sbin/getty -L hvc0 115200 vt100\n");
}

static void
test_hvm_logs_in_on_serial_port (void)
{
  g_autoptr (DomuimgTree) tree = guest_load ("debian-sysvinit");
  g_autoptr (DomuimgTree) systemd = guest_load ("systemd-networkd");
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  want->type = DOMUIMG_GUEST_TYPE_HVM;
  guest_apply (want, tree);
  guest_apply (want, systemd);

  guest_assert_contains (tree, "/etc/inittab", "\nT0:23:respawn:/sbin/getty -L ttyS0 9600 vt100\n");
  guest_assert_contains (tree, "/etc/securetty", "\nttyS0\n");
  guest_assert_link (systemd, "/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service",
                     "/lib/systemd/system/serial-getty@.service");
}

static void
test_no_network_tool_is_a_warning (void)
{
  g_autoptr (DomuimgTree) tree
      = guest_load_text ("/etc/passwd f 0644 0:0 - - - - \"root:x:0:0::/root:/bin/sh\\n\"\n");
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (GPtrArray) changes = guest_run (want, tree);

  g_assert_true (guest_has_line (changes, "warning: no network configuration tool found"));
  g_assert_true (guest_has_line (changes, "warning: unknown init system"));
}

static const char *const fixtures[] = {
  "debian-bookworm", "systemd-networkd", "ubuntu-netplan", "centos-6",
  "centos-7",        "rocky-9",          "debian-sysvinit", "alpine",
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
    {
      g_autofree char *golden = g_strconcat ("/guest/golden/", fixtures[i], NULL);
      g_autofree char *again
          = g_strconcat ("/guest/second-run-changes-nothing/", fixtures[i], NULL);

      g_test_add_data_func (golden, fixtures[i], test_golden);
      g_test_add_data_func (again, fixtures[i], test_second_run_changes_nothing);
    }
  g_test_add_func ("/guest/selinux-labels", test_new_files_have_labels_of_the_policy);
  g_test_add_func ("/guest/selinux-no-policy", test_no_label_without_a_policy);
  g_test_add_func ("/guest/debian-bookworm", test_debian_bookworm);
  g_test_add_func ("/guest/locales", test_locales_that_the_guest_has);
  g_test_add_func ("/guest/keyboards", test_keyboards_that_the_guest_has);
  g_test_add_func ("/guest/fstab-of-other-filesystems", test_fstab_of_other_filesystems);
  g_test_add_func ("/guest/host-keys-go", test_host_keys_go);
  g_test_add_func ("/guest/lock-of-root-alone", test_lock_of_root_alone);
  g_test_add_func ("/guest/root-login", test_root_login);
  g_test_add_func ("/guest/clock-of-1970-asks-for-no-new-password",
                   test_clock_of_1970_asks_for_no_new_password);
  g_test_add_func ("/guest/lock-and-home-elsewhere", test_lock_and_home_elsewhere);
  g_test_add_func ("/guest/bare-systemd-gets-networkd", test_bare_systemd_gets_networkd);
  g_test_add_func ("/guest/ubuntu-netplan", test_ubuntu_netplan);
  g_test_add_func ("/guest/centos-6", test_centos_6);
  g_test_add_func ("/guest/centos-7-and-rocky-9", test_centos_7_and_rocky_9);
  g_test_add_func ("/guest/debian-sysvinit", test_debian_sysvinit);
  g_test_add_func ("/guest/alpine", test_alpine);
  g_test_add_func ("/guest/busybox-without-inittab", test_busybox_without_inittab);
  g_test_add_func ("/guest/hvm-logs-in-on-serial-port", test_hvm_logs_in_on_serial_port);
  g_test_add_func ("/guest/no-network-tool-is-a-warning", test_no_network_tool_is_a_warning);
  return g_test_run ();
}
