/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/run.h"
#include "tests/unit/check-fixtures.h"

/* A guest that was just made, with what a build has of it. */

#define MADE_KERNEL "/nowhere/web1.vmlinuz"
#define MADE_RAMDISK "/nowhere/web1.initrd"
#define MADE_VERSION "6.1.0-fixture"
#define MADE_MODULES "kernel/fs/ext4/ext4.ko\n"

typedef struct {
  Guest guest; /* for its tree and volumes */
  DomuimgDomain *domain;
  DomuimgKernel *kernel;
  DomuimgInitramfs *initramfs;
  DomuimgMade made;
} Made;

/* Of @fixture, which with SYSTEMD has its programs; @modules: what modules.builtin of its initramfs
 * says. */
void made_init (Made *self, const char *fixture, const char *modules);
void made_clear (Made *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Made, made_clear)
