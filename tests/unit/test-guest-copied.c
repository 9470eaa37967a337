/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/guest-fixtures.h"

#include <string.h>

/* The old network of a machine that was copied, as each kind of guest keeps it. */

#define F(path, text) path " f 0644 0:0 - - - - \"" text "\"\n"
#define X(path) path " f 0755 0:0 - - - - \"x\"\n"
#define ROOT F ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\\n")
#define SYSTEMD                                                                                    \
  ROOT X ("/lib/systemd/systemd") F ("/lib/systemd/system/serial-getty@.service", "x")             \
  "/sbin/init l 0777 0:0 - - - /lib/systemd/systemd -\n"
#define NETWORKD X ("/lib/systemd/systemd-networkd")
#define ETH0 F ("/etc/systemd/network/05-static.network", "[Match]\\nName=eth0\\n")
#define RUNIT ROOT X ("/sbin/runit-init") "/sbin/init l 0777 0:0 - - - runit-init -\n"
#define OPENRC ROOT X ("/sbin/openrc-init") X ("/sbin/openrc") "/sbin/init l 0777 0:0 - - - openrc-init -\n"
#define SYSV ROOT X ("/sbin/init") F ("/etc/inittab", "id:3:initdefault:\\n")
#define CENTOS                                                                                     \
  F ("/etc/os-release", "ID=centos\\nVERSION_ID=7\\n")                                             \
  F ("/etc/sysconfig/network-scripts/ifcfg-ens192", "DEVICE=ens192\\n")                            \
  F ("/etc/sysconfig/network-scripts/rule6-ens192", "x\\n")                                        \
  F ("/etc/sysconfig/static-routes", "any net 10.7.0.0/16 gw 10.9.9.2\\n")                         \
  F ("/etc/sysconfig/static-routes-ipv6", "ens192 2001::/16 fe80::1\\n")                           \
  F ("/etc/sysconfig/network",                                                                     \
     "NETWORKING=yes\\nGATEWAY=10.9.9.1\\n export GATEWAYDEV=ens192\\nIPV6_DEFAULTGW=fe80::1%ens192\\n")

static const struct {
  const char *name, *dump;
  const char *has[8]; /* path, text; pairs ended by NULL */
  const char *gone[8];
} guests[] = {
  { "redhat-scripts", SYSTEMD CENTOS X ("/etc/sysconfig/network-scripts/ifup-eth"),
    { "/etc/sysconfig/network", "\n#GATEWAY=10.9.9.1\n# export GATEWAYDEV=ens192\n#IPV6_DEFAULTGW=",
      "/etc/sysconfig/network-scripts/ifcfg-eth0", "GATEWAY=192.0.2.1\n" },
    { "/etc/sysconfig/static-routes", "/etc/sysconfig/static-routes-ipv6",
      "/etc/sysconfig/network-scripts/ifcfg-ens192", "/etc/sysconfig/network-scripts/rule6-ens192" } },
  { "redhat-networkmanager", SYSTEMD CENTOS X ("/usr/sbin/NetworkManager"),
    { "/etc/sysconfig/network", "\n#GATEWAY=10.9.9.1\n" },
    { "/etc/sysconfig/static-routes", "/etc/sysconfig/network-scripts/ifcfg-ens192" } },
  { "newer-redhat",
    SYSTEMD X ("/usr/sbin/NetworkManager") F ("/etc/os-release", "ID=rhel\\nVERSION_ID=9.3\\n")
    F ("/etc/sysconfig/network-scripts/ifcfg-eth0", "DEVICE=eth0\\nIPADDR=10.9.9.9\\n"),
    { "/etc/NetworkManager/system-connections/domuimg-nic0.nmconnection", "192.0.2.7/24" },
    { "/etc/sysconfig/network-scripts/ifcfg-eth0" } },
  { "suse",
    SYSTEMD X ("/usr/sbin/wicked") F ("/etc/sysconfig/network/routes", "default 10.9.9.1 - -\\n")
    F ("/etc/sysconfig/network/ifroute-eth0", "default 10.9.9.2 - -\\n")
    F ("/etc/sysconfig/network/ifroute-eth1", "x\\n") F ("/etc/sysconfig/network/ifrule-eth1", "x\\n")
    F ("/etc/wicked/ifconfig/old.xml", "x\\n"),
    { "/etc/sysconfig/network/ifroute-eth0", "default 192.0.2.1 - -\n" },
    { "/etc/sysconfig/network/routes", "/etc/sysconfig/network/ifroute-eth1",
      "/etc/sysconfig/network/ifrule-eth1", "/etc/wicked/ifconfig/old.xml" } },
  { "suse-with-networkmanager",
    SYSTEMD X ("/usr/sbin/NetworkManager") F ("/etc/sysconfig/network/config", "x=1\\n"),
    { "/etc/NetworkManager/system-connections/domuimg-nic0.nmconnection", "192.0.2.7/24" },
    { NULL } },
  { "networkd-beside-netplan",
    SYSTEMD NETWORKD ETH0 X ("/usr/sbin/netplan")
    F ("/etc/systemd/network/10-br0.netdev", "x\\n") F ("/etc/netplan/50-cloud-init.yaml", "x\\n")
    X ("/usr/sbin/NetworkManager") F ("/etc/NetworkManager/system-connections/eth0", "x\\n"),
    { "/etc/netplan/10-domuimg.yaml", "192.0.2.7/24" },
    { "/etc/systemd/network/05-static.network", "/etc/systemd/network/10-br0.netdev",
      "/etc/netplan/50-cloud-init.yaml", "/etc/NetworkManager/system-connections/eth0" } },
  { "networkd-beside-ifupdown",
    SYSTEMD NETWORKD ETH0 X ("/sbin/ifup") F ("/etc/network/interfaces", "auto lo\\n"),
    { "/etc/network/interfaces", "address 192.0.2.7\n" },
    { "/etc/systemd/network/05-static.network" } },
  { "ifupdown-beside-networkd",
    SYSTEMD NETWORKD X ("/sbin/ifup") F ("/etc/network/interfaces", "iface eth0 inet dhcp\\n")
    "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service l 0777 0:0 - - - x -\n",
    { "/etc/systemd/network/10-domuimg-nic0.network", "Address=192.0.2.7/24\n" },
    { "/etc/network/interfaces" } },
  { "void",
    RUNIT X ("/sbin/dhcpcd") X ("/etc/sv/dhcpcd/run") "/etc/runit/runsvdir/default/dhcpcd l 0777 0:0 - - - /etc/sv/dhcpcd -\n"
    F ("/etc/dhcpcd.conf", "duid\\nstatic domain_name_servers=10.9.9.3\\n\\ninterface ens3\\nstatic ip_address=10.9.9.9/24\\n"),
    { "/etc/dhcpcd.conf",
      "duid\n\ninterface eth0\nstatic ip_address=192.0.2.7/24\nstatic routers=192.0.2.1\nstatic "
      "ip6_address=2001:db8::7/64\nstatic domain_name_servers=192.0.2.53\n",
      "/var/lib/domuimg/replaced/etc/dhcpcd.conf", "10.9.9.9" },
    { NULL } },
  { "void-with-dhcpcd-off", RUNIT X ("/usr/bin/dhcpcd") X ("/etc/sv/dhcpcd/run"),
    { "/etc/dhcpcd.conf", "static ip_address=192.0.2.7/24\n" },
    { NULL } },
  { "arch-with-dhcpcd",
    SYSTEMD NETWORKD ETH0 X ("/usr/bin/dhcpcd")
    "/etc/systemd/system/multi-user.target.wants/dhcpcd.service l 0777 0:0 - - - x -\n",
    { "/etc/dhcpcd.conf", "static ip_address=192.0.2.7/24\n" },
    { "/etc/systemd/network/05-static.network" } },
  { "gentoo",
    OPENRC X ("/etc/init.d/net.lo") F ("/etc/conf.d/net", "config_enp1s0=\\\"10.9.9.9/24\\\"\\n")
    "/etc/runlevels/default/net.enp1s0 l 0777 0:0 - - - /etc/init.d/net.enp1s0 -\n",
    { "/etc/conf.d/net",
      "config_eth0=\"192.0.2.7/24\n2001:db8::7/64\"\nroutes_eth0=\"default via 192.0.2.1\n"
      "default via 2001:db8::1\n\"\ndns_servers_eth0=\"192.0.2.53 \"\n",
      "/var/lib/domuimg/replaced/etc/conf.d/net", "10.9.9.9" },
    { "/etc/runlevels/default/net.enp1s0" } },
  { "slackware-14",
    SYSV X ("/etc/rc.d/rc.inet1") F ("/etc/rc.d/rc.inet1.conf", "IPADDR[0]=\\\"10.9.9.9\\\"\\n"),
    { "/etc/rc.d/rc.inet1.conf",
      "IFNAME[0]=\"eth0\"\nUSE_DHCP[0]=\"\"\nIPADDR[0]=\"192.0.2.7\"\nNETMASK[0]=\"255.255.255.0\"\n"
      "GATEWAY=\"192.0.2.1\"\n",
      "/etc/resolv.conf", "nameserver 192.0.2.53\n" },
    { NULL } },
  { "slackware-15",
    SYSV F ("/etc/rc.d/rc.inet1", "for i in ${IPADDRS[@]}\\n")
    F ("/etc/rc.d/rc.inet1.conf", "USE_DHCP[0]=\\\"yes\\\"\\n"),
    { "/etc/rc.d/rc.inet1.conf",
      "IPADDRS[0]=\"192.0.2.7/24\"\nIP6ADDRS[0]=\"2001:db8::7/64\"\nGATEWAY=\"192.0.2.1\"\n"
      "GATEWAY6=\"2001:db8::1\"\n" },
    { NULL } },
};

static DomuimgCustomise *
want_address (void)
{
  DomuimgCustomise *want = domuimg_customise_new ();
  DomuimgGuestNic *nic = domuimg_customise_add_nic (want, GUEST_MAC);

  nic->mode = DOMUIMG_GUEST_NIC_STATIC;
  nic->address = g_strdup ("192.0.2.7/24");
  nic->gateway = g_strdup ("192.0.2.1");
  nic->address6 = g_strdup ("2001:db8::7/64");
  nic->gateway6 = g_strdup ("2001:db8::1");
  g_ptr_array_add (nic->dns, g_strdup ("192.0.2.53"));
  return want;
}

/* What a second run leaves as it is. */
static void
test_copied (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (DomuimgCustomise) want = want_address ();
  g_autoptr (DomuimgTree) tree = guest_load_text (guests[i].dump);
  g_autoptr (GPtrArray) lines = guest_run (want, tree);
  g_autofree char *once = guest_dump (tree);
  g_autofree char *twice = NULL;

  g_assert_false (guest_has_line (lines, "warning: no network configuration tool"));
  for (guint j = 0; guests[i].has[j] != NULL; j += 2)
    guest_assert_contains (tree, guests[i].has[j], guests[i].has[j + 1]);
  for (guint j = 0; guests[i].gone[j] != NULL; j++)
    {
      guest_assert_absent (tree, guests[i].gone[j]);
    }
  guest_apply (want, tree);
  twice = guest_dump (tree);
  g_assert_cmpstr (once, ==, twice);
}

static void
test_services (void)
{
  g_autoptr (DomuimgCustomise) want = want_address ();
  g_autoptr (DomuimgTree) runit = guest_load_text (RUNIT X ("/usr/bin/dhcpcd") X ("/etc/sv/dhcpcd/run"));
  g_autoptr (DomuimgTree) gentoo = guest_load_text (OPENRC X ("/etc/init.d/net.lo"));

  guest_apply (want, runit);
  guest_assert_link (runit, "/etc/runit/runsvdir/default/dhcpcd", "/etc/sv/dhcpcd");
  guest_apply (want, gentoo);
  guest_assert_link (gentoo, "/etc/init.d/net.eth0", "net.lo");
  guest_assert_link (gentoo, "/etc/runlevels/default/net.eth0", "/etc/init.d/net.eth0");
}

static void
test_dhcp (void)
{
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  g_autoptr (DomuimgTree) gentoo = guest_load_text (OPENRC X ("/etc/init.d/net.lo"));
  g_autoptr (DomuimgTree) slackware = guest_load_text (SYSV X ("/etc/rc.d/rc.inet1"));
  g_autoptr (DomuimgTree) connman = guest_load_text (SYSV X ("/usr/sbin/connmand"));
  g_autoptr (GPtrArray) lines = NULL;

  domuimg_customise_add_nic (want, GUEST_MAC);
  guest_apply (want, gentoo);
  guest_assert_contains (gentoo, "/etc/conf.d/net", "config_eth0=\"dhcp\"\n");
  guest_apply (want, slackware);
  guest_assert_contains (slackware, "/etc/rc.d/rc.inet1.conf", "USE_DHCP[0]=\"yes\"\n");
  lines = guest_run (want, connman);
  g_assert_true (guest_has_line (lines, "warning: the guest's network is ConnMan's"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (guests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/guest/copied/%s", guests[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_copied);
    }
  g_test_add_func ("/guest/copied/services", test_services);
  g_test_add_func ("/guest/copied/dhcp", test_dhcp);
  return g_test_run ();
}
