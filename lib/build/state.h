/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/domain.h"
#include "domuimg/kernel.h"
#include "lib/base/base.h"
#include "lib/base/undo.h"
#include "lib/build/grub-image.h"
#include "lib/build/transfer.h"
#include "lib/build/plan.h"
#include "lib/guest/customise.h"
#include "lib/kernel/select-ahead.h"
#include "lib/kernel/select.h"
#include "lib/tree/tree.h"

/* A disk while it is made. */
typedef struct {
  char *path;          /* where it is until the commit */
  DomuimgRegion *region; /* (nullable) its bytes, once it was begun, where it has a kind that does that */
  char *volume;        /* (nullable) the ID of a volume that was made for it */
  DomuimgImage *image; /* (nullable) as it is now, under the name that it will have, while it is open */
} DomuimgBuildDisk;

/* A filesystem of the guest that is open. */
typedef struct {
  DomuimgImage *image;         /* (unowned) */
  const DomuimgVolume *volume; /* (unowned) */
  char *name;                  /* in the domU: "xvda1" */
  DomuimgTree *tree;           /* (nullable) not yet open */
} DomuimgBuildMount;

/* A build under way: the plan, and what the steps have found so far. */
typedef struct {
  DomuimgPlan *plan;
  gboolean is_rehearsal; /* the disks are only inspected */
  int terminal[2]; /* a user's, to read from and to write to; -1: there is none */
  DomuimgUndo *undo;
  char *work_directory;
  char *directory; /* of the results */
  GPtrArray *disks;   /* of DomuimgBuildDisk */
  GPtrArray *volumes; /* of DomuimgPoolVolume: results that are elsewhere, or that a pool shows */
  GPtrArray *mounts;  /* of DomuimgBuildMount, the root first; empty where nothing is known */
  char *archive;      /* (nullable) likewise, of all disks in one */
  char *config;       /* likewise */
  char *xml;
  char *manifest;
  char *kernel;
  char *ramdisk;
  char *install_config; /* (nullable) of a guest that has yet to be installed */
  char *install_kernel;
  char *install_ramdisk;
  char *seed;
  gboolean has_seed;  /* it was made */
  const char *seed_vdev; /* (nullable) what the guest calls it, once it has a domain */
  GArray *extents;    /* (nullable) of DomuimgExtent, for each part of the plan, once they are known */
  DomuimgRegion *inside; /* (nullable) what is in the holder of the first disk, once that is made */
  GPtrArray *asides;  /* (nullable) (element-type DomuimgRegion) for each part of the plan, NULL where that is
                       * made in its place */
  guint64 root_size;  /* bytes of its filesystem */
  DomuimgUsage usage; /* of the root */
  DomuimgUsage modules; /* of the host's kernel, that will be copied into the root */
  DomuimgTree *tree;  /* (nullable) the root with what is mounted in it, while it is changed */
  DomuimgTree *boot_tree; /* (unowned) (nullable) a separate /boot among the mounts */
  DomuimgSystem system;
  char *system_name;  /* (nullable) for a person; of a machine that is converted */
  char *root_fs;      /* (nullable) the type of the root's filesystem, and its UUID */
  char *root_uuid;    /* (nullable) */
  char *cmdline;      /* (nullable) of the entry that the guest's own menu starts */
  DomuimgGuestType type;
  DomuimgLoader loader; /* as planned, unless the guest cannot be started so */
  gboolean has_xml;     /* libvirt can boot such a guest */
  char *kernel_version;
  char *kernel_from;   /* "guest", "host" or "file" */
  char *kernel_reason; /* one sentence */
  const char *program; /* (nullable) for bootloader=, where it is not pygrub of Xen's */
  char *loader_path;   /* (nullable) of GRUB or pygrub, on the Xen host */
  gboolean has_ramdisk;
  char *root_password; /* (nullable) one that was made, for the result alone */
  GPtrArray *changes;  /* of char *: what was changed in the guest */
  GPtrArray *warnings; /* of char * */
  GPtrArray *losses;   /* of char *: those of the warnings that --strict makes errors */
  DomuimgReport *report; /* (nullable) what a check says of the guest, once it is made */
  DomuimgDomain *domain;
  DomuimgDomain *install_domain; /* (nullable) the same guest with its installer */
  char *install_text;            /* (nullable) the xl.cfg of that */
  char *xml_text;      /* (nullable) its libvirt XML, once it is written */
  char *config_text;   /* (nullable) its xl.cfg, as it will be written; there is none in an archive */
  DomuimgTransfer *transfer;         /* (nullable) where a machine is converted */
  DomuimgConversion *conversion; /* likewise */
  DomuimgGrubJob *grub[DOMUIMG_GRUB_N]; /* (nullable) images for the platforms, while they are made */
  DomuimgLookAhead *ahead;       /* (nullable) what was seen of the guest's kernel as it was written */
  /* What the kernel's choice has read, kept so that it is not unpacked again. */
  DomuimgKernel *kernel_read;     /* (nullable) */
  DomuimgInitramfs *ramdisk_read; /* (nullable) */
  char *kernel_in_tree;           /* (nullable) where the kernel lies in the tree it comes from */
  char *ramdisk_in_tree;          /* (nullable) */
} DomuimgBuildState;

typedef gboolean (*DomuimgBuildStep) (DomuimgBuildState *self, DomuimgProgress *progress,
                                      GCancellable *cancellable, GError **error);

/* The steps, each in a file of its name. */
gboolean domuimg_build_step_prepare (DomuimgBuildState *self, DomuimgProgress *progress,
                                     GCancellable *cancellable, GError **error);
/* A kernel that is not the guest's is looked at before the work begins. */
gboolean domuimg_build_step_known_kernel (DomuimgBuildState *self, DomuimgProgress *progress,
                                          GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_disks (DomuimgBuildState *self, DomuimgProgress *progress,
                                   GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_fill (DomuimgBuildState *self, DomuimgProgress *progress,
                                  GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_kernel (DomuimgBuildState *self, DomuimgProgress *progress,
                                    GCancellable *cancellable, GError **error);
/* GRUB's images begin to be made, which needs nothing but the plan. */
gboolean domuimg_build_step_begin_grub (DomuimgBuildState *self, DomuimgProgress *progress,
                                        GCancellable *cancellable, GError **error);
/* GRUB on a disk that is to start by itself. */
gboolean domuimg_build_step_grub (DomuimgBuildState *self, DomuimgProgress *progress,
                                  GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_guest (DomuimgBuildState *self, DomuimgProgress *progress,
                                   GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_domain (DomuimgBuildState *self, DomuimgProgress *progress,
                                    GCancellable *cancellable, GError **error);
/* The guest's system on the disks that the source gave, and its root as a tree. */
gboolean domuimg_build_step_find (DomuimgBuildState *self, DomuimgProgress *progress,
                                  GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_close (DomuimgBuildState *self, DomuimgProgress *progress,
                                   GCancellable *cancellable, GError **error);
/* The disks that the source gives. */
gboolean domuimg_build_step_transfer (DomuimgBuildState *self, DomuimgProgress *progress,
                                    GCancellable *cancellable, GError **error);
/* New disks beside those that are converted. */
gboolean domuimg_build_step_added_disks (DomuimgBuildState *self, DomuimgProgress *progress,
                                         GCancellable *cancellable, GError **error);
/* The disks begin to be copied, while the system on them is looked at. */
gboolean domuimg_build_step_begin_copy (DomuimgBuildState *self, DomuimgProgress *progress,
                                        GCancellable *cancellable, GError **error);
/* Disks that are to be larger than those that the source gives. */
gboolean domuimg_build_step_grow (DomuimgBuildState *self, DomuimgProgress *progress,
                                  GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_convert (DomuimgBuildState *self, DomuimgProgress *progress,
                                     GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_verdict (DomuimgBuildState *self, DomuimgProgress *progress,
                                     GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_copy (DomuimgBuildState *self, DomuimgProgress *progress,
                                  GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_publish (DomuimgBuildState *self, DomuimgProgress *progress,
                                     GCancellable *cancellable, GError **error);
/* What is to live elsewhere is taken there. */
gboolean domuimg_build_step_upload (DomuimgBuildState *self, DomuimgProgress *progress,
                                    GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_define (DomuimgBuildState *self, DomuimgProgress *progress,
                                    GCancellable *cancellable, GError **error);
/* After the commit. */
gboolean domuimg_build_step_announce (DomuimgBuildState *self, DomuimgProgress *progress,
                                      GCancellable *cancellable, GError **error);
gboolean domuimg_build_step_put (DomuimgBuildState *self, DomuimgProgress *progress,
                                 GCancellable *cancellable, GError **error);
/* Begins disk @i, which then reads as @size bytes of zeros. */
gboolean domuimg_build_begin_disk (DomuimgBuildState *self, guint i, guint64 size,
                                   GCancellable *cancellable, GError **error);
/* Says in an error what disks that were begun have cost. */
void domuimg_build_tell_lost (DomuimgBuildState *self, GError **error);
/* What the kind of disk @i is told. */
DomuimgDiskMaking domuimg_build_get_making (DomuimgBuildState *self, guint i);
/* No disks and no mounts yet. */
void domuimg_build_init_disks (DomuimgBuildState *self);
DomuimgBuildDisk *domuimg_build_get_disk (DomuimgBuildState *self, guint i);
/* A disk that is to be at @path while it is made. */
void domuimg_build_add_disk (DomuimgBuildState *self, char *path);
/* Opens disk @i, which is being made, under the name that it will have. */
gboolean domuimg_build_open_disk (DomuimgBuildState *self, guint i, GError **error);
/* @tree (nullable) is taken. */
DomuimgBuildMount *domuimg_build_add_mount (DomuimgBuildState *self, DomuimgImage *image,
                                            const DomuimgVolume *volume, const char *name,
                                            DomuimgTree *tree);
/* Writes what was changed to the disks; everything stays open. */
gboolean domuimg_build_flush (DomuimgBuildState *self, GError **error);
/* The bytes of disk @i, while it is made, under its final name. */
DomuimgRegion *domuimg_build_open_region (DomuimgBuildState *self, guint i, gboolean writable,
                                          GError **error);
/* Whether a kernel that is not the guest's was asked for. */
gboolean domuimg_build_has_other_kernel (DomuimgBuildState *self);
void domuimg_build_keep_choice (DomuimgBuildState *self, DomuimgTree *tree,
                                const DomuimgKernelChoice *choice);
/* Empty disks, and beside them the installer that the source gave. */
gboolean domuimg_build_step_install (DomuimgBuildState *self, DomuimgProgress *progress,
                                     GCancellable *cancellable, GError **error);
/* What a check says of a guest whose filesystem is still open; NULL on error. */
DomuimgReport *domuimg_build_check_made (DomuimgBuildState *self, GCancellable *cancellable,
                                         GError **error);
/* A warning of what the guest will not have of what it is made from. */
void domuimg_build_note_loss (DomuimgBuildState *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
/* Gives the domain the CD-ROM drives of a machine that is converted, and notes what it cannot have. */
void domuimg_build_add_devices (DomuimgBuildState *self);
/* Writes the seed, where one is wanted, and takes from @guest what it tells; @nics
 * (element-type DomuimgGuestNic) are all network cards. */
gboolean domuimg_build_make_seed (DomuimgBuildState *self, DomuimgCustomise *guest,
                                  const GPtrArray *nics, GError **error);
/* Sets @domain to what the configuration will say, and @config_text. */
gboolean domuimg_build_make_domain (DomuimgBuildState *self, GError **error);
/* Lines of what steps did in the guest, to the changes and the warnings. */
void domuimg_build_sort_changes (DomuimgBuildState *self, GPtrArray *lines);
/* (nullable) Where the results will be, as far as this guest has them. */
const char *domuimg_build_get_kernel_path (const DomuimgBuildState *self);
const char *domuimg_build_get_ramdisk_path (const DomuimgBuildState *self);
const char *domuimg_build_get_xml_path (const DomuimgBuildState *self);
/* What root= says: "UUID=…", "/dev/mapper/vg0-root". */
char *domuimg_build_name_root (DomuimgBuildState *self);
/* Its first words, ended by a blank: the root, and what has to be opened for it. */
char *domuimg_build_root_words (DomuimgBuildState *self);
/* The kernel command line: root, console and the words that the user adds. */
char *domuimg_build_command_line (DomuimgBuildState *self);
/* What was made from what, for the manifest and the result. */
char *domuimg_build_manifest (DomuimgBuildState *self);
