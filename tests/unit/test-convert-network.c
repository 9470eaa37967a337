/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/convert-fixtures.h"

#include <string.h>

#include "lib/convert/cards.h"

#define RULES "/etc/udev/rules.d/70-domuimg-net.rules"

static char *
rule (const char *mac, const char *name)
{
  return g_strdup_printf ("ATTR{address}==\"%s\", NAME=\"%s\"\n", mac, name);
}

static void
assert_named (DomuimgTree *tree, const char *mac, const char *name)
{
  g_autofree char *wanted = rule (mac, name);

  guest_assert_contains (tree, RULES, wanted);
}

static void
assert_not_named (DomuimgTree *tree, const char *name)
{
  g_autofree char *part = g_strdup_printf ("NAME=\"%s\"", name);

  guest_assert_lacks (tree, RULES, part);
}

static void
test_ifupdown (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-12", &changes);
  g_autoptr (DomuimgTree) old = convert_load ("debian-12");
  g_autofree char *before = guest_text (old, "/etc/network/interfaces");

  assert_named (tree, CONVERT_FIRST_MAC, "ens33");
  assert_not_named (tree, "ens33.100");
  guest_assert_text (tree, "/etc/network/interfaces", before);
}

/* It is in no stanza of its own. */
static void
test_port_of_a_bridge (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-11", &changes);

  assert_named (tree, CONVERT_FIRST_MAC, "enp1s0");
  assert_named (tree, CONVERT_SECOND_MAC, "enp7s0");
  assert_not_named (tree, "br0");
  guest_assert_contains (tree, "/etc/network/interfaces.d/50-lan",
                         "\n    hwaddress ether " CONVERT_FIRST_MAC "\n");
}

static void
test_netplan (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("ubuntu-22.04", &changes);

  assert_named (tree, CONVERT_FIRST_MAC, "ens160");
  assert_named (tree, CONVERT_SECOND_MAC, "ens192");
  guest_assert_contains (tree, "/etc/netplan/00-installer-config.yaml",
                         "\n        macaddress: " CONVERT_SECOND_MAC "\n");
  guest_assert_contains (tree, "/etc/netplan/00-installer-config.yaml", "\n      - 192.0.2.20/24\n");
  guest_assert_mode (tree, "/etc/netplan/00-installer-config.yaml", 0600);
}

/* The machine's first card is ens224 by its address, although ens192 comes first by name. */
static void
test_addresses_tell_the_order (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("centos-7", &changes);

  assert_named (tree, CONVERT_FIRST_MAC, "ens224");
  assert_named (tree, CONVERT_SECOND_MAC, "ens192");
  guest_assert_contains (tree, "/etc/sysconfig/network-scripts/ifcfg-ens192",
                         "\nHWADDR=" CONVERT_SECOND_MAC "\nIPADDR=192.0.2.30\n");
  guest_assert_contains (tree, "/etc/sysconfig/network-scripts/ifcfg-ens224",
                         "\nHWADDR=\"" CONVERT_FIRST_MAC "\"\n");
}

static void
test_keyfile (void)
{
  static const char path[] = "/etc/NetworkManager/system-connections/ens160.nmconnection";
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("rocky-9", &changes);

  assert_named (tree, CONVERT_FIRST_MAC, "ens160");
  guest_assert_contains (tree, path, "\nmac-address=" CONVERT_FIRST_MAC "\n");
  guest_assert_contains (tree, path, "\naddress1=192.0.2.40/24,192.0.2.1\n");
  guest_assert_mode (tree, path, 0600);
}

static void
test_what_udev_remembers_tells_the_order (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("opensuse", &changes);

  assert_named (tree, CONVERT_FIRST_MAC, "eth1");
  assert_named (tree, CONVERT_SECOND_MAC, "eth0");
  guest_assert_absent (tree, "/etc/udev/rules.d/70-persistent-net.rules");
  /* udev cannot exchange them. */
  g_assert_true (convert_says (changes, "warning: eth0 is network card 2 here"));
}

static void
test_a_name_that_somebody_gave (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-6", &changes);

  assert_named (tree, CONVERT_FIRST_MAC, "eth1");
  assert_named (tree, CONVERT_SECOND_MAC, "lan0");
  guest_assert_absent (tree, "/etc/udev/rules.d/70-persistent-net.rules");
  guest_assert_contains (tree, "/var/lib/domuimg/replaced/etc/udev/rules.d/70-persistent-net.rules",
                         "NAME=\"lan0\"");
}

static GPtrArray *
convert_with (const char *path, const char *text, guint n_nics, DomuimgTree **tree)
{
  g_autoptr (DomuimgConversion) want = convert_want ("rocky-9");
  g_autofree char *directory = g_path_get_dirname (path);

  *tree = convert_load ("rocky-9");
  g_assert_true (domuimg_tree_remove_all (*tree, "/etc/NetworkManager", NULL));
  g_assert_true (domuimg_tree_mkdir_p (*tree, directory, 0755, NULL));
  g_assert_true (domuimg_tree_write_text (*tree, path, text, 0644, NULL));
  if (n_nics > 1)
    domuimg_conversion_add_nic (want, NULL, CONVERT_SECOND_MAC);
  return convert_run (want, *tree);
}

/* Nothing tells the old addresses but the files, of which each is of the card with its name. */
static void
test_unknown_addresses_go_by_names (void)
{
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GPtrArray) changes
      = convert_with ("/etc/netplan/01.yaml",
                      "network:\n  version: 2\n  ethernets:\n    # main\n    lan:\n      match: \n"
                      "        macaddress: '00:50:56:00:00:09'\n      set-name: ens192\n"
                      "    \"ens224\":\n      match:\n        macaddress: 00:50:56:00:00:08\n",
                      2, &tree);

  assert_named (tree, CONVERT_FIRST_MAC, "ens192");
  assert_named (tree, CONVERT_SECOND_MAC, "ens224");
  guest_assert_contains (tree, "/etc/netplan/01.yaml", "macaddress: '" CONVERT_FIRST_MAC "'\n");
  guest_assert_contains (tree, "/etc/netplan/01.yaml", "macaddress: " CONVERT_SECOND_MAC "\n");
}

static void
test_pattern_of_names (void)
{
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GPtrArray) changes = convert_with ("/etc/systemd/network/20-wired.network",
                                                "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n", 1,
                                                &tree);

  assert_named (tree, CONVERT_FIRST_MAC, "enX0");
}

static void
test_pattern_that_fits (void)
{
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GPtrArray) changes
      = convert_with ("/etc/systemd/network/20-wired.network", "[Match]\nName=e*\n", 1, &tree);

  guest_assert_absent (tree, RULES);
}

static void
test_link_files (void)
{
  static const char path[] = "/etc/systemd/network/10-lan.link";
  static const struct {
    const char *match, *name;
  } cases[] = {
    { "MACAddress=00:0c:29:12:34:56", "ens33" },
    { "PermanentMACAddress=00:0c:29:12:34:56", "lan0" },
    { "PermanentMACAddress = 00-0C-29-12-34-56", "lan0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgTree) tree = convert_load ("debian-12");
      g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
      g_autofree char *text
          = g_strdup_printf ("[Match]\n%s\n\n[Link]\nName=%s\n", cases[i].match, cases[i].name);
      g_autoptr (GPtrArray) changes = NULL;

      g_assert_true (domuimg_tree_mkdir_p (tree, "/etc/systemd/network", 0755, NULL));
      g_assert_true (domuimg_tree_write_text (tree, path, text, 0644, NULL));
      changes = convert_run (want, tree);
      guest_assert_absent (tree, path);
      assert_named (tree, CONVERT_FIRST_MAC, cases[i].name);
    }
}

/* The generator of rules that was switched off stays so. */
static void
test_masked_rules_stay (void)
{
  static const char path[] = "/etc/udev/rules.d/75-persistent-net-generator.rules";
  g_autoptr (DomuimgTree) tree = convert_load ("debian-12");
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (GPtrArray) changes = NULL;

  g_assert_true (domuimg_tree_mkdir_p (tree, "/etc/udev/rules.d", 0755, NULL));
  g_assert_true (domuimg_tree_symlink (tree, "/dev/null", path, NULL));
  changes = convert_run (want, tree);
  guest_assert_link (tree, path, "/dev/null");
}

static void
test_interface_without_a_card (void)
{
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GPtrArray) changes = convert_with (
      "/etc/network/interfaces", "iface eth0 inet dhcp\niface eth10 inet dhcp\niface eth9 inet dhcp\n"
                                 "# iface eth1 inet dhcp\n",
      2, &tree);

  assert_named (tree, CONVERT_FIRST_MAC, "eth0");
  assert_named (tree, CONVERT_SECOND_MAC, "eth9");
  g_assert_true (convert_says (changes, "warning: the interface eth10 is configured"));
  g_assert_false (convert_says (changes, "interface eth1 "));
}

/* A template's file of a card that no machine had. */
static void
test_leftover_of_another_machine (void)
{
  g_autoptr (DomuimgConversion) want = convert_want ("centos-7");
  g_autoptr (DomuimgTree) tree = convert_load ("centos-7");
  g_autoptr (GPtrArray) changes = NULL;

  g_assert_true (domuimg_tree_write_text (tree, "/etc/sysconfig/network-scripts/ifcfg-eno1",
                                          "DEVICE=eno1\nHWADDR=00:11:22:33:44:55\n", 0644, NULL));
  g_assert_true (domuimg_tree_write_text (tree, "/etc/sysconfig/network-scripts/ifcfg-ens3.bak",
                                          "DEVICE=ens3\n", 0644, NULL));
  changes = convert_run (want, tree);
  assert_named (tree, CONVERT_FIRST_MAC, "ens224");
  assert_named (tree, CONVERT_SECOND_MAC, "ens192");
  g_assert_true (convert_says (changes, "warning: the interface eno1 is configured"));
  g_assert_false (convert_says (changes, "ens3 "));
}

static void
test_names_in_text (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *all = NULL;

  domuimg_cards_find_names (names, "eth0 eth1.7 eth2:1 'ens33' enp0s3, eno1np0 enx001122aabbcc\n"
                                   "ensure enable enough method eth /etc/eth5 my-eth6 eth7x"
                                   " ether br0 bond0 BRIDGE_PORTS=\"em1 p2p1\"\n");
  g_ptr_array_add (names, NULL);
  all = g_strjoinv (" ", (char **) names->pdata);
  g_assert_cmpstr (all, ==,
                   "eth0 eth1 eth2 ens33 enp0s3 eno1np0 enx001122aabbcc em1 p2p1");
}

/* No text of any guest is more than can be read in a moment. */
static void
test_hostile_text (void)
{
  static const char *const paths[] = { "/a/x.rules", "/a/ifcfg-x", "/a/x.yaml", "/a/x.network",
                                       "/etc/NetworkManager/system-connections/x" };
  static const char *const pieces[] = { "\n", " ", "a:\n", "    a:\n", "Name=", "\xff\xfe", "eth0 ",
                                        "{address}==\n", "'", "en" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    for (guint j = 0; j < G_N_ELEMENTS (pieces); j++)
      {
        g_autoptr (GPtrArray) cards = domuimg_cards_new ();
        g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
        g_autoptr (GString) text = g_string_new (NULL);
        g_autofree char *plain = NULL, *glob = NULL;

        while (text->len < 1 << 15)
          g_string_append (text, pieces[j]);
        plain = domuimg_cards_strip (text->str);
        domuimg_cards_read (cards, paths[i], plain);
        domuimg_cards_find_names (names, plain);
        glob = domuimg_cards_find_glob (paths[i], plain);
        g_assert_cmpuint (cards->len, ==, 0);
        g_assert_cmpuint (names->len, <=, 1);
      }
}

#define ADD(name, function) g_test_add_func ("/convert-network/" name, function)

static void
assert_card (const char *path, const char *text, const char *name, const char *mac)
{
  g_autoptr (GPtrArray) cards = domuimg_cards_new ();
  g_autofree char *plain = domuimg_cards_strip (text);
  const DomuimgCard *card;

  domuimg_cards_read (cards, path, plain);
  g_assert_cmpuint (cards->len, ==, 1);
  card = g_ptr_array_index (cards, 0);
  g_assert_cmpstr (card->name, ==, name);
  g_assert_cmpstr (card->mac, ==, mac);
}

/* Each way to write down which address is whose. */
static void
test_cards_of_each_file (void)
{
  assert_card ("/etc/sysconfig/network-scripts/ifcfg-lan", "DEVICE=eth7\nHWADDR=00:0C:29:AA:BB:CC\n",
               "eth7", "00:0c:29:aa:bb:cc");
  assert_card ("/etc/sysconfig/network-scripts/ifcfg-eth1",
               "#DEVICE=eth9\nHWADDR=\"00:0c:29:aa:bb:cc\"\n", "eth1", "00:0c:29:aa:bb:cc");
  assert_card ("/etc/netplan/a.yaml",
               "network:\n  ethernets:\n    lan:\n      match:\n        macaddress: '00:0C:29:aa:bb:cc'\n"
               "      set-name: eth3\n",
               "eth3", "00:0c:29:aa:bb:cc");
  assert_card ("/etc/udev/rules.d/70-persistent-net.rules",
               "SUBSYSTEM==\"net\", ATTR{address}==\"00:0c:29:aa:bb:cc\", NAME=\"eth4\"\n"
               "#SUBSYSTEM==\"net\", ATTR{address}==\"00:0c:29:aa:bb:cd\", NAME=\"eth5\"\n",
               "eth4", "00:0c:29:aa:bb:cc");
}

static void
test_names_are_whole_words (void)
{
  static const struct {
    const char *text;
    gboolean mentions;
  } cases[] = { { "iface eth0 inet dhcp", TRUE }, { "veth0", FALSE }, { "eth01", FALSE },
                { "eth0.5", TRUE }, { "/sys/class/net/eth0", FALSE }, { "br-eth0", FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (domuimg_cards_mention (cases[i].text, "eth0"), ==, cases[i].mentions);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/convert-network/cards-of-each-file", test_cards_of_each_file);
  g_test_add_func ("/convert-network/names-are-whole-words", test_names_are_whole_words);
  ADD ("ifupdown", test_ifupdown);
  ADD ("port-of-a-bridge", test_port_of_a_bridge);
  ADD ("netplan", test_netplan);
  ADD ("addresses-tell-the-order", test_addresses_tell_the_order);
  ADD ("keyfile", test_keyfile);
  ADD ("what-udev-remembers-tells-the-order", test_what_udev_remembers_tells_the_order);
  ADD ("a-name-that-somebody-gave", test_a_name_that_somebody_gave);
  ADD ("unknown-addresses-go-by-names", test_unknown_addresses_go_by_names);
  ADD ("pattern-of-names", test_pattern_of_names);
  ADD ("pattern-that-fits", test_pattern_that_fits);
  ADD ("link-files", test_link_files);
  ADD ("masked-rules-stay", test_masked_rules_stay);
  ADD ("interface-without-a-card", test_interface_without_a_card);
  ADD ("leftover-of-another-machine", test_leftover_of_another_machine);
  ADD ("names-in-text", test_names_in_text);
  ADD ("hostile-text", test_hostile_text);
  return g_test_run ();
}
