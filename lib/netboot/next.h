/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/boot/menu.h"
#include "lib/netboot/netboot.h"

/* What crosses the border between fetching, which has a network, and parsing, which has nothing: a
 * request with all that was fetched and answered until now, and what comes next. Parsing begins
 * from nothing each time, so that it need not be kept running.
 *
 * A request is a GVariant (facts, files, answers); facts have these names: "url", or of DHCP "file",
 * "next-server", "config-file", "path-prefix"; "mac", "uuid", "ip", "netmask", "gateway", "dns",
 * "hostname", "domain", "entry". */

#define DOMUIMG_NETBOOT_FILE_MAX DOMUIMG_MENU_FILE_MAX
#define DOMUIMG_NETBOOT_REQUEST_TYPE "(a{ss}a{s(bbay)}a(ims))"

typedef struct {
  GHashTable *facts;   /* (element-type utf8 utf8) */
  GHashTable *files;   /* (element-type utf8 DomuimgNetbootFile) by address */
  GPtrArray *answers;  /* (element-type DomuimgNetbootAnswer) */
} DomuimgNetbootState;

typedef struct {
  GBytes *bytes; /* (nullable) where the server has no such file; at most FILE_MAX */
  gboolean truncated;
} DomuimgNetbootFile;

typedef struct {
  int index;
  char *cmdline; /* (nullable) in place of the entry's */
} DomuimgNetbootAnswer;

DomuimgNetbootState *domuimg_netboot_state_new (void);
void domuimg_netboot_state_free (DomuimgNetbootState *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgNetbootState, domuimg_netboot_state_free)
/* @value (nullable) is not set. */
void domuimg_netboot_state_set (DomuimgNetbootState *self, const char *name, const char *value);
const char *domuimg_netboot_state_get (const DomuimgNetbootState *self, const char *name);
/* @bytes (nullable) is not taken. */
void domuimg_netboot_state_add_file (DomuimgNetbootState *self, const char *url, GBytes *bytes,
                                     gboolean truncated);
void domuimg_netboot_state_answer (DomuimgNetbootState *self, int index, const char *cmdline);
GBytes *domuimg_netboot_state_write (const DomuimgNetbootState *self);
DomuimgNetbootState *domuimg_netboot_state_read (GBytes *request);

typedef enum {
  DOMUIMG_NETBOOT_FAIL, /* @code, @text */
  DOMUIMG_NETBOOT_NEED, /* the files at @urls */
  DOMUIMG_NETBOOT_MENU, /* an answer to @menu */
  DOMUIMG_NETBOOT_BOOT, /* @urls are the kernel and its initrds; @cmdline; @text for a person */
} DomuimgNetbootKind;

typedef struct {
  DomuimgNetbootKind kind;
  DomuimgError code;
  char *text;        /* (nullable) */
  char *cmdline;     /* (nullable) */
  GPtrArray *urls;   /* (element-type utf8) */
  DomuimgMenu *menu; /* (nullable) */
} DomuimgNetbootNext;

DomuimgNetbootNext *domuimg_netboot_next_new (void);
void domuimg_netboot_next_free (DomuimgNetbootNext *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgNetbootNext, domuimg_netboot_next_free)
GBytes *domuimg_netboot_next_write (const DomuimgNetbootNext *self);
/* NULL with CORRUPT_INPUT for what the parser cannot have written: it may have been taken over by
 * what it read. */
DomuimgNetbootNext *domuimg_netboot_next_read (GBytes *reply, GError **error);
