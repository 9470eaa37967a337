/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/progress.h"
#include "lib/qemu/machine.h"

/* An installer run in a virtual machine until it powers off. */
typedef struct {
  DomuimgQemuMachine machine;
  const char *question; /* (nullable) how a line of its serial line begins by which it asks */
  const char *name;    /* of the installer, for messages */
  guint64 timeout;     /* seconds; 0: as long as it takes */
  guint restarts;      /* that are no failure, where it starts by a boot record */
  gboolean is_attended; /* somebody may take his time, and restart it */
  int terminal_in, terminal_out; /* descriptors that its serial line is on, too; -1: it is not */
  const char *log;     /* a new file, for what its serial line says */
  const char *screen;  /* for its last screen, where it fails: ".png" or ".ppm" is added */
} DomuimgQemuInstall;

/* A cancellation where the user leaves the terminal (Ctrl-]). TOOL_FAILED with the reason where it did not end well: QEMU failed, the guest panicked, nothing happened for
 * a twelfth of the time that nobody attends, the time was over, it restarted again and again, or nothing was written. */
gboolean domuimg_qemu_install (const DomuimgQemuInstall *install, DomuimgProgress *progress,
                               GCancellable *cancellable, GError **error);
