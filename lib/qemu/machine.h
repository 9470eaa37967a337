/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/qemu/display.h"
#include "lib/qemu/qmp.h"

/* A virtual machine of QEMU's, by KVM where that works, else emulated. It dies with us. */
typedef struct _DomuimgQemu DomuimgQemu;

typedef struct {
  const char *disk;    /* a raw image that it may write to */
  const char *iso;     /* (nullable) in its CD-ROM drive */
  const char *answers; /* (nullable) a second ISO image, in a drive of its own */
  const char *kernel;  /* (nullable) is started in place of what @iso boots, with the two below */
  const char *ramdisk;
  const char *cmdline;
  guint64 memory;      /* bytes */
  guint vcpus;
  const char *mac;     /* of its network card, which reaches what this host reaches */
  DomuimgQemuDisplay display;
  gboolean has_drivers; /* for virtio: else it gets an IDE disk and an e1000 */
} DomuimgQemuMachine;

/* NULL where it can be run here; else why not, and what to do (transfer full). */
char *domuimg_qemu_explain_missing (void);
/* "KVM", or "emulation (TCG), since …", for a person. */
const char *domuimg_qemu_describe_speed (void);

/* What a machine has to call @url by, where that is of this host's own loopback interface; else the same. */
char *domuimg_qemu_map_address (const char *url);

DomuimgQemu *domuimg_qemu_start (const DomuimgQemuMachine *machine, DomuimgQmpEvent on_event,
                                 gpointer user_data, GCancellable *cancellable, GError **error);
void domuimg_qemu_free (DomuimgQemu *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgQemu, domuimg_qemu_free)
/* To be polled and read. */
DomuimgQmp *domuimg_qemu_get_qmp (DomuimgQemu *self);
/* What comes from the serial line; not to be waited for by a read. */
int domuimg_qemu_get_serial (DomuimgQemu *self);
/* What goes into it; a pipe. */
int domuimg_qemu_get_input (DomuimgQemu *self);
/* Lets who has @password see and use the screen by VNC; its address (transfer full). */
char *domuimg_qemu_open_vnc (DomuimgQemu *self, const char *password, GCancellable *cancellable,
                             GError **error);
/* Has it write everything out and end. */
gboolean domuimg_qemu_stop (DomuimgQemu *self, GCancellable *cancellable, GError **error);
/* TOOL_FAILED, with its last words, once it has ended by itself. */
gboolean domuimg_qemu_explain_end (DomuimgQemu *self, GError **error);
/* What its drives were asked for so far, together. */
typedef struct {
  guint64 reads;
  guint64 writes;
} DomuimgQemuCounts;

gboolean domuimg_qemu_count (DomuimgQemu *self, DomuimgQemuCounts *counts, GCancellable *cancellable,
                             GError **error);
/* Its screen, as a PNG (@is_png), or as a PPM where QEMU knows nothing else. */
gboolean domuimg_qemu_take_screen (DomuimgQemu *self, const char *path, gboolean is_png,
                                   GCancellable *cancellable, GError **error);
