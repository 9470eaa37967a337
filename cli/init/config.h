/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What init is told, by a text of one thing a line: a word, a blank, its value. Bytes that would end a line,
 * or a field of one, are \ooo. domuimg writes it, lib/guest/application-text.c.
 *
 *   arg VALUE              the program, and then its arguments, a line each
 *   env NAME=VALUE
 *   directory PATH
 *   user NAME[:GROUP]      or numbers
 *   stop-signal NAME       TERM, or a number
 *   restart WHEN           on-failure, always or no
 *   debug-shell
 *   hostname NAME
 *   nic MAC dhcp|static
 *   address MAC ADDRESS/PREFIX
 *   gateway MAC ADDRESS
 *   dns ADDRESS
 *   mount DEVICE PLACE TYPE
 *   memory PLACE           where the root is only read: a copy of what is there, in memory
 *   grow PLACE             the filesystem there takes all of its disk
 *
 * What it does not know, it ignores with a message. */

#define CONFIG_PATH "/etc/domuimg-init.conf"

enum restart { RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_NO };

struct nic {
  const char *mac; /* in lower case */
  bool is_dhcp;
};

/* A network card has it: an address with its prefix, or a gateway. */
struct nic_address {
  const char *mac;
  const char *text;
};

struct mount_place {
  const char *device; /* UUID=… or /dev/… */
  const char *place;
  const char *type;
};

/* Whatever it points to lies in the text it was made of. Each list has room for all lines of the text. */
struct config {
  const char **argv; /* ended by NULL */
  const char **env;
  size_t n_args, n_env;
  const char *directory;
  const char *user; /* NULL: root */
  int stop_signal;
  enum restart restart;
  bool has_debug_shell;
  const char *hostname; /* NULL */
  struct nic *nics;
  size_t n_nics;
  struct nic_address *addresses, *gateways;
  size_t n_addresses, n_gateways;
  struct mount_place *mounts;
  size_t n_mounts;
  const char **dns;
  size_t n_dns;
  const char **grow;
  size_t n_grow;
  const char **memory;
  size_t n_memory;
};

/* Takes @text to pieces, which stays in use. false where it says of no program. */
bool config_parse (struct config *self, char *text);
/* Frees the lists; init never ends, and so never does. */
void config_clear (struct config *self);
