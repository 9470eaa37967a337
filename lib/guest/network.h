/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/steps.h"

/* Each writes the configuration of all wanted NICs for one network tool of the guest, by
 * MAC address where the tool can, and sets the source machine's aside. */
gboolean domuimg_guest_network_networkd (DomuimgGuestRun *self, GError **error);
/* Has it started, for files that something else writes. */
gboolean domuimg_guest_enable_networkd (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_ifupdown (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_nm (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_netplan (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_ifcfg (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_wicked (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_dhcpcd (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_netifrc (DomuimgGuestRun *self, GError **error);
gboolean domuimg_guest_network_inet1 (DomuimgGuestRun *self, GError **error);

/* Sets aside the files of @directory that match the glob @pattern, but for @keep (NULL, or
 * names ended by NULL). */
gboolean domuimg_guest_set_aside_glob (DomuimgGuestRun *self, const char *directory,
                                       const char *pattern, const char *const *keep,
                                       GError **error);
/* udev rules that name the NICs eth0, eth1, ... in their order, for tools that know
 * interfaces by name only. */
gboolean domuimg_guest_name_nics (DomuimgGuestRun *self, GError **error);
/* Likewise, where the guest has udev; without it the kernel's names stay, which are these. */
gboolean domuimg_guest_name_nics_if_udev (DomuimgGuestRun *self, GError **error);
/* A fixed /etc/resolv.conf with the name servers of all NICs; nothing without any. */
gboolean domuimg_guest_write_resolv_conf (DomuimgGuestRun *self, GError **error);
/* A NIC by @index. */
const DomuimgGuestNic *domuimg_guest_nic (DomuimgGuestRun *self, guint index);
/* The part before, and the number after, the slash of ADDRESS/PREFIX. */
char *domuimg_guest_address_part (const char *prefixed);
guint domuimg_guest_prefix_part (const char *prefixed);
/* "255.255.255.0" of "192.0.2.10/24". */
char *domuimg_guest_netmask (const char *prefixed);
gboolean domuimg_guest_is_ipv6 (const char *address);
gboolean domuimg_guest_set_aside_interfaces (DomuimgGuestRun *self, GError **error);
/* Files ifcfg-ethN in Red Hat's directory, for its scripts or for NetworkManager. */
gboolean domuimg_guest_write_ifcfg (DomuimgGuestRun *self, GError **error);
/* Sets aside what the source machine says of its network in Red Hat's directory. */
gboolean domuimg_guest_set_aside_ifcfg (DomuimgGuestRun *self, GError **error);
/* Takes the services of interfaces, but for the first @n_own, out of Gentoo's run level. */
gboolean domuimg_guest_set_aside_netifrc (DomuimgGuestRun *self, guint n_own, GError **error);
