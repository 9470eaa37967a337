/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/rules.h"
#include "tests/unit/guest-fixtures.h"

/* Machines made of a tree of files, for rules that need no image. */

#define ROOT_UUID "aaaaaaaa-0000-4000-8000-000000000001"
#define DATA_UUID "aaaaaaaa-0000-4000-8000-000000000002"
/* Guests of tests/fixtures/guest by their init. */
#define SYSTEMD "debian-bookworm"
#define SYSVINIT "debian-sysvinit"
#define UPSTART "centos-6"
#define BUSYBOX "alpine"

typedef struct {
  DomuimgMachine *machine;
  DomuimgVolume volumes[4];
} Guest;

/* With a root of ext4 on xvda1, xfs on xvda2 and swap on xvda3; fstab and crypttab are gone. */
void guest_init (Guest *self, const char *fixture);
/* Linux of that version. */
void guest_set_kernel (Guest *self, const char *version);
/* Debian, whose init is a program that has its libraries, and a kernel 6.1.0-fixture. */
void guest_init_programs (Guest *self);
void guest_clear (Guest *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Guest, guest_clear)
void guest_add_device (Guest *self, guint i, const char *name, const char *fs, const char *uuid);
void guest_set_cmdline (Guest *self, const char *cmdline);

#define GUEST_UDEVD "/usr/lib/systemd/systemd-udevd"
#define GUEST_GENERATOR "/usr/lib/systemd/system-generators/systemd-getty-generator"
#define GUEST_INIT "/lib/systemd/systemd"
#define GUEST_LOADER "/lib64/ld-linux-x86-64.so.2"

/* With their directories. */
void tree_put (DomuimgTree *tree, const char *path, GBytes *content, guint32 mode);
void tree_put_text (DomuimgTree *tree, const char *path, const char *text);
/* Text: the file's; "->TARGET": a symlink; "/": a directory; "": nothing. */
void tree_edit (DomuimgTree *tree, const char *path, const char *text);
/* A program or library that needs libraries; @interpreter and @search (DT_RPATH or DT_RUNPATH by
 * @search_tag) are nullable. */
GBytes *program_new (guint16 machine, const char *interpreter, const char *search,
                     guint32 search_tag, const char *const *needed);
void tree_put_program (DomuimgTree *tree, const char *path, const char *interpreter,
                       const char *search, guint32 search_tag, const char *const *needed);

typedef void (*Rule) (DomuimgMachine *machine);

/* "ID severity, ..." of what is found now. */
char *guest_find (Guest *self, Rule rule);
/* Runs the repairs that were offered, but settings of the kernel's command line. */
void guest_repair (Guest *self);

typedef struct {
  const char *name;
  const char *fixture;
  const char *path; /* (nullable) of what is changed */
  const char *text;
  const char *cmdline; /* (nullable) */
  const char *found;
  const char *after; /* (nullable) what is found after the repairs */
} Case;

/* What @make (nullable: guest_init of the case's fixture) gives, changed as the cases say. */
void run_cases (const Case *cases, guint n_cases, Rule rule, void (*make) (Guest *self));
