/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* What a guest is, told from its files. */

typedef enum {
  DOMUIMG_INIT_UNKNOWN,
  DOMUIMG_INIT_SYSTEMD,
  DOMUIMG_INIT_UPSTART,
  DOMUIMG_INIT_SYSVINIT,
  DOMUIMG_INIT_BUSYBOX,
  DOMUIMG_INIT_OPENRC, /* openrc-init; OpenRC below another init is the flag @openrc */
  DOMUIMG_INIT_RUNIT,
} DomuimgInit;

typedef enum {
  DOMUIMG_STACK_NONE,
  DOMUIMG_STACK_NETPLAN,
  DOMUIMG_STACK_NM,
  DOMUIMG_STACK_NETWORKD,
  DOMUIMG_STACK_IFUPDOWN,
  DOMUIMG_STACK_IFCFG,  /* Red Hat's network scripts */
  DOMUIMG_STACK_WICKED, /* SUSE's ifcfg files */
  DOMUIMG_STACK_DHCPCD,
  DOMUIMG_STACK_NETIFRC, /* Gentoo's scripts */
  DOMUIMG_STACK_INET1,   /* Slackware's */
} DomuimgNetStack;

typedef enum {
  DOMUIMG_LIBC_UNKNOWN,
  DOMUIMG_LIBC_GLIBC,
  DOMUIMG_LIBC_MUSL,
} DomuimgLibc;

typedef struct {
  char *id;      /* of os-release: "debian"; "linux" where nothing tells */
  char *id_like; /* may be "" */
  char *version; /* VERSION_ID; may be "" */
  char *name;    /* for a person */
  DomuimgInit init;
  gboolean openrc;
  gboolean redhat;  /* RHEL, its rebuilds, Fedora */
  int major;        /* number that @version starts with, 0 without */
  guint stacks;     /* 1 << DomuimgNetStack, of those installed */
  DomuimgNetStack stack; /* the one in charge, or to be put in charge */
  gboolean merged_usr;
  DomuimgLibc libc;
} DomuimgGuestInfo;

DomuimgGuestInfo *domuimg_guest_info_new (DomuimgTree *tree, GError **error);
void domuimg_guest_info_free (DomuimgGuestInfo *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgGuestInfo, domuimg_guest_info_free)

const char *domuimg_init_to_string (DomuimgInit init);
const char *domuimg_net_stack_to_string (DomuimgNetStack stack);

/* Whether systemd starts @unit at boot: some target or socket wants it. */
gboolean domuimg_guest_unit_enabled (DomuimgTree *tree, const char *unit);
/* Whether any init of the guest starts dhcpcd for all interfaces. */
gboolean domuimg_guest_dhcpcd_is_enabled (DomuimgTree *tree);
/* The absolute path of a distribution's unit, or NULL. */
char *domuimg_guest_unit_path (DomuimgTree *tree, const char *unit);
/* Version of an installed Debian package, or NULL. */
char *domuimg_guest_dpkg_version (DomuimgTree *tree, const char *package);
