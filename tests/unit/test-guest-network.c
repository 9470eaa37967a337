/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/guest-fixtures.h"

#include "lib/guest/guest-info.h"

/* The stacks and init systems that no fixture is about. */

#define ROOT "/etc/passwd f 0644 0:0 - - - - \"root:x:0:0:root:/root:/bin/sh\\n\"\n"
#define SYSTEMD                                                               \
  ROOT                                                                        \
  "/lib/systemd/systemd f 0755 0:0 - - - - \"x\"\n"                           \
  "/lib/systemd/system/serial-getty@.service f 0644 0:0 - - - - \"x\"\n"      \
  "/sbin/init l 0777 0:0 - - - /lib/systemd/systemd -\n"
#define NETWORKD                                                              \
  "/lib/systemd/systemd-networkd f 0755 0:0 - - - - \"x\"\n"                  \
  "/lib/systemd/system/systemd-networkd.service f 0644 0:0 - - - - \"x\"\n"
#define IFUPDOWN                                                              \
  "/sbin/ifup f 0755 0:0 - - - - \"x\"\n"                                     \
  "/etc/network/interfaces f 0644 0:0 - - - - \"iface ens3 inet dhcp\\n\"\n"

static void
assert_stack (const char *dump, DomuimgNetStack expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) tree = guest_load_text (dump);
  g_autoptr (DomuimgGuestInfo) info = domuimg_guest_info_new (tree, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (domuimg_net_stack_to_string (info->stack), ==,
                   domuimg_net_stack_to_string (expected));
}

static void
test_the_stack_in_charge_is_chosen (void)
{
  const char *nm = "/usr/sbin/NetworkManager f 0755 0:0 - - - - \"x\"\n";
  const char *nm_on = "/etc/systemd/system/multi-user.target.wants/NetworkManager.service l 0777 "
                      "0:0 - - - x -\n";
  const char *networkd_on = "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service "
                            "l 0777 0:0 - - - x -\n";
  g_autofree char *off = g_strconcat (SYSTEMD NETWORKD IFUPDOWN, nm, NULL);
  g_autofree char *on = g_strconcat (off, nm_on, NULL);
  g_autofree char *other = g_strconcat (off, networkd_on, NULL);
  g_autofree char *only_nm = g_strconcat (SYSTEMD, nm, NULL);

  assert_stack (SYSTEMD, DOMUIMG_STACK_NONE);
  assert_stack (SYSTEMD NETWORKD, DOMUIMG_STACK_NETWORKD);
  assert_stack (SYSTEMD NETWORKD IFUPDOWN, DOMUIMG_STACK_IFUPDOWN);
  assert_stack (off, DOMUIMG_STACK_IFUPDOWN);
  assert_stack (on, DOMUIMG_STACK_NM);
  assert_stack (other, DOMUIMG_STACK_NETWORKD);
  assert_stack (only_nm, DOMUIMG_STACK_NM);
}

static DomuimgCustomise *
want_nics (guint count)
{
  DomuimgCustomise *want = domuimg_customise_new ();

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *mac = g_strdup_printf ("00:16:3E:00:00:%02x", i + 10);

      domuimg_customise_add_nic (want, mac);
    }
  return want;
}

static void
test_ifupdown_without_dhcp_client (void)
{
  g_autoptr (DomuimgCustomise) want = want_nics (1);
  g_autoptr (DomuimgTree) with = guest_load_text (SYSTEMD NETWORKD IFUPDOWN);
  g_autoptr (DomuimgTree) without = guest_load_text (SYSTEMD IFUPDOWN);
  guest_apply (want, with);
  g_autoptr (GPtrArray) warned = guest_run (want, without);

  guest_assert_contains (with, "/etc/systemd/network/10-domuimg-nic0.network", "\nDHCP=yes\n");
  guest_assert_absent (with, "/etc/network/interfaces");
  g_assert_true (guest_has_line (warned, "warning: the guest has no DHCP client"));
  guest_assert_contains (without, "/etc/network/interfaces", "iface eth0 inet dhcp\n");
}

static void
test_fewer_nics_leave_nothing_behind (void)
{
  g_autoptr (DomuimgCustomise) two = want_nics (2);
  g_autoptr (DomuimgCustomise) one = want_nics (1);
  g_autoptr (DomuimgTree) tree = guest_load_text (SYSTEMD NETWORKD);
  g_autoptr (GPtrArray) first = guest_run (two, tree);

  guest_assert_contains (tree, "/etc/systemd/network/10-domuimg-nic1.network",
                         "MACAddress=00:16:3e:00:00:0b\n");
  g_assert_true (guest_has_line (first, "warning: the guest has no systemd-resolved"));
  guest_apply (one, tree);
  guest_assert_absent (tree, "/etc/systemd/network/10-domuimg-nic1.network");
  guest_assert_absent (tree, "/var/lib/domuimg");
}

static void
test_nic_that_stays_down (void)
{
  static const char *const dumps[] = {
    SYSTEMD NETWORKD,
    SYSTEMD "/usr/sbin/netplan f 0755 0:0 - - - - \"x\"\n",
    SYSTEMD "/usr/sbin/NetworkManager f 0755 0:0 - - - - \"x\"\n",
  };
  static const char *const files[][2] = {
    { "/etc/systemd/network/10-domuimg-nic0.network", "Unmanaged=yes\n" },
    { "/etc/netplan/10-domuimg.yaml", "dhcp4: false\n      link-local: []\n" },
    { "/etc/NetworkManager/system-connections/domuimg-nic0.nmconnection", "autoconnect=false\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (dumps); i++)
    {
      g_autoptr (DomuimgCustomise) want = want_nics (1);
      g_autoptr (DomuimgTree) tree = guest_load_text (dumps[i]);
      DomuimgGuestNic *nic = g_ptr_array_index (want->nics, 0);

      nic->mode = DOMUIMG_GUEST_NIC_NONE;
      guest_apply (want, tree);
      guest_assert_contains (tree, files[i][0], files[i][1]);
    }
}

static void
test_no_nics_leave_the_network_alone (void)
{
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autoptr (DomuimgTree) tree = guest_load_text (SYSTEMD IFUPDOWN);
  guest_apply (want, tree);

  guest_assert_text (tree, "/etc/network/interfaces", "iface ens3 inet dhcp\n");
}

/* Debian's cloud-init writes for networkd, which Debian does not enable. */
static void
test_networkd_runs_for_what_cloud_init_writes (void)
{
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autoptr (DomuimgTree) tree = guest_load_text (SYSTEMD NETWORKD);

  want->has_seeded_network = TRUE;
  guest_apply (want, tree);
  guest_assert_link (tree, "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service",
                     "/lib/systemd/system/systemd-networkd.service");
}

static void
test_wicked (void)
{
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (DomuimgTree) tree = guest_load_text (
      SYSTEMD "/usr/sbin/wicked f 0755 0:0 - - - - \"x\"\n"
              "/etc/sysconfig/network/config f 0644 0:0 - - - - "
              "\"NETCONFIG_DNS_STATIC_SERVERS=\\\"\\\"\\nA=1\\n\"\n"
              "/etc/sysconfig/network/ifcfg-eth0 f 0600 0:0 - - - - \"BOOTPROTO='dhcp'\\n\"\n");
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/sysconfig/network/ifcfg-eth0",
                         "BOOTPROTO='static'\nIPADDR_0='192.0.2.10/24'\n");
  guest_assert_contains (tree, "/etc/sysconfig/network/ifroute-eth0", "default 192.0.2.1 - -\n");
  guest_assert_text (tree, "/etc/sysconfig/network/config",
                     "NETCONFIG_DNS_STATIC_SERVERS=\"192.0.2.53 2001:db8::53\"\nA=1\n");
  guest_assert_contains (tree, "/etc/udev/rules.d/70-domuimg-net.rules", GUEST_MAC);
  guest_assert_contains (tree, "/var/lib/domuimg/replaced/etc/sysconfig/network/ifcfg-eth0",
                         "dhcp");
}

static void
test_upstart_of_ubuntu (void)
{
  g_autoptr (DomuimgCustomise) want = guest_want ();
  g_autoptr (DomuimgTree) tree = guest_load_text (
      ROOT "/sbin/init f 0755 0:0 - - - - \"x\"\n"
           "/sbin/initctl f 0755 0:0 - - - - \"x\"\n"
           "/sbin/getty f 0755 0:0 - - - - \"x\"\n"
           "/usr/sbin/sshd f 0755 0:0 - - - - \"x\"\n"
           "/etc/init/rc-sysinit.conf f 0644 0:0 - - - - \"x\"\n"
           "/etc/lsb-release f 0644 0:0 - - - - "
           "\"DISTRIB_ID=Ubuntu\\nDISTRIB_RELEASE=12.04\\n\"\n");
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/init/hvc0.conf", "exec /sbin/getty 38400 hvc0\n");
  guest_assert_contains (tree, "/etc/init/domuimg-ssh-host-keys.conf", "start on starting ssh\n");
}

static void
test_openrc_init (void)
{
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autoptr (DomuimgTree) tree
      = guest_load_text (ROOT "/sbin/openrc-init f 0755 0:0 - - - - \"x\"\n"
                              "/sbin/init l 0777 0:0 - - - openrc-init -\n"
                              "/etc/init.d/agetty f 0755 0:0 - - - - \"x\"\n");
  guest_apply (want, tree);

  guest_assert_link (tree, "/etc/init.d/agetty.hvc0", "agetty");
  guest_assert_link (tree, "/etc/runlevels/default/agetty.hvc0", "/etc/init.d/agetty.hvc0");
}

static void
test_masked_getty_is_unmasked (void)
{
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autoptr (DomuimgTree) tree = guest_load_text (
      SYSTEMD "/etc/systemd/system/getty.target l 0777 0:0 - - - /dev/null -\n"
              "/etc/systemd/system/serial-getty@.service l 0777 0:0 - - - /dev/null -\n");
  guest_apply (want, tree);

  guest_assert_absent (tree, "/etc/systemd/system/getty.target");
  guest_assert_link (tree, "/etc/systemd/system/getty.target.wants/serial-getty@hvc0.service",
                     "/lib/systemd/system/serial-getty@.service");
}

static void
test_what_a_guest_is (void)
{
  static const struct {
    const char *fixture, *id, *version, *init, *stack;
    gboolean merged_usr;
  } cases[] = {
    { "debian-bookworm", "debian", "12", "systemd", "ifupdown", TRUE },
    { "ubuntu-netplan", "ubuntu", "22.04", "systemd", "netplan", TRUE },
    { "centos-6", "centos", "6.10", "upstart", "ifcfg", FALSE },
    { "centos-7", "centos", "7", "systemd", "NetworkManager", TRUE },
    { "debian-sysvinit", "debian", "6.0.10", "sysvinit", "ifupdown", FALSE },
    { "alpine", "alpine", "3.19.1", "busybox", "ifupdown", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgTree) tree = guest_load (cases[i].fixture);
      g_autoptr (DomuimgGuestInfo) info = domuimg_guest_info_new (tree, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (info->id, ==, cases[i].id);
      g_assert_cmpstr (info->version, ==, cases[i].version);
      g_assert_cmpstr (domuimg_init_to_string (info->init), ==, cases[i].init);
      g_assert_cmpstr (domuimg_net_stack_to_string (info->stack), ==, cases[i].stack);
      g_assert_cmpint (info->merged_usr, ==, cases[i].merged_usr);
      g_assert_cmpint (info->libc == DOMUIMG_LIBC_MUSL, ==, i == 5);
    }
}

static void
test_host_keys_made_at_build (void)
{
  g_autofree char *program = g_find_program_in_path ("ssh-keygen");

  if (program == NULL)
    {
      g_test_skip ("ssh-keygen (Debian package openssh-client) is not installed");
      return;
    }
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  want->fresh_identity = TRUE;
  want->host_keys = DOMUIMG_HOST_KEYS_BUILD;
  g_autoptr (DomuimgTree) tree = guest_load ("debian-bookworm");
  guest_apply (want, tree);

  guest_assert_contains (tree, "/etc/ssh/ssh_host_ed25519_key", "BEGIN OPENSSH PRIVATE KEY");
  guest_assert_contains (tree, "/etc/ssh/ssh_host_rsa_key.pub", "ssh-rsa AAAA");
  guest_assert_mode (tree, "/etc/ssh/ssh_host_ed25519_key", 0600);
  guest_assert_absent (tree, "/etc/systemd/system/domuimg-ssh-host-keys.service");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guest/network/the-stack-in-charge-is-chosen",
                   test_the_stack_in_charge_is_chosen);
  g_test_add_func ("/guest/network/ifupdown-without-dhcp-client",
                   test_ifupdown_without_dhcp_client);
  g_test_add_func ("/guest/network/fewer-nics-leave-nothing-behind",
                   test_fewer_nics_leave_nothing_behind);
  g_test_add_func ("/guest/network/nic-that-stays-down", test_nic_that_stays_down);
  g_test_add_func ("/guest/network/no-nics-leave-the-network-alone",
                   test_no_nics_leave_the_network_alone);
  g_test_add_func ("/guest/network/networkd-runs-for-what-cloud-init-writes",
                   test_networkd_runs_for_what_cloud_init_writes);
  g_test_add_func ("/guest/network/wicked", test_wicked);
  g_test_add_func ("/guest/init/upstart-of-ubuntu", test_upstart_of_ubuntu);
  g_test_add_func ("/guest/init/openrc-init", test_openrc_init);
  g_test_add_func ("/guest/init/masked-getty-is-unmasked", test_masked_getty_is_unmasked);
  g_test_add_func ("/guest/info/what-a-guest-is", test_what_a_guest_is);
  g_test_add_func ("/guest/identity/host-keys-made-at-build", test_host_keys_made_at_build);
  return g_test_run ();
}
