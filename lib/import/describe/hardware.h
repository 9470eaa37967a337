/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The hardware of a machine that another hypervisor ran, as its configuration describes it: what
 * there is, in terms that have a counterpart in Xen. What has none is a sentence in @unmapped;
 * nothing is dropped in silence. */

typedef enum {
  DOMUIMG_FIRMWARE_UNKNOWN, /* nothing says which */
  DOMUIMG_FIRMWARE_BIOS,
  DOMUIMG_FIRMWARE_UEFI,
} DomuimgFirmware;

typedef struct {
  char *path;       /* (nullable) of the image, as the description names it; NULL: an empty drive */
  char *format;     /* (nullable) as qemu-img calls it, where the description says so */
  char *bus;        /* (nullable) "ide", "sata", "scsi", "nvme", "virtio", "usb" */
  guint64 capacity; /* bytes; 0 where it does not say */
  gboolean is_cdrom;
  gboolean is_split; /* there is no such file, but PATH.000000000 and so on (OVF) */
  guint64 split_size; /* bytes of these pieces together; 0 where it does not say */
  gboolean is_gzip; /* the file is compressed as a whole (OVF) */
  guint64 rank;     /* while parsing: lower ones come earlier */
} DomuimgHardwareDisk;

typedef struct {
  char *mac;         /* (nullable) lower case, with colons */
  char *network;     /* (nullable) the name of the network or bridge that it is on */
  char *model;       /* (nullable) "e1000", "vmxnet3", "virtio", ... lower case */
  gboolean is_down;  /* not connected at power on */
} DomuimgHardwareNic;

typedef struct {
  char *origin;      /* "VMware", "OVF", "VirtualBox", "libvirt", "Proxmox VE", "QEMU" */
  char *name;        /* (nullable) of the machine */
  char *architecture; /* (nullable) of its processor, where that is not x86: "aarch64" */
  char *guest_os;    /* (nullable) what it says of the system in it, as it stands */
  guint64 memory;    /* bytes; 0 where it does not say */
  guint vcpus;       /* all of them; 0 where it does not say */
  guint sockets, cores, threads; /* 0 where it does not say */
  DomuimgFirmware firmware;
  gboolean secure_boot;
  gboolean is_localtime; /* the clock keeps local time, as Windows expects */
  char *graphics;    /* (nullable) "vnc", "spice", "none" */
  GPtrArray *disks;  /* (element-type DomuimgHardwareDisk) in boot order, then CD-ROMs */
  GPtrArray *nics;   /* (element-type DomuimgHardwareNic) in their order */
  GPtrArray *elsewhere; /* (element-type utf8) hard disks that are not files: "vda (rbd pool/image)";
                         * each is in @unmapped, too */
  GPtrArray *unmapped; /* (element-type utf8) "a sound card (es1371) is left out" */
} DomuimgHardware;

DomuimgHardware *domuimg_hardware_new (const char *origin);
void domuimg_hardware_free (DomuimgHardware *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgHardware, domuimg_hardware_free)
/* Appended to @self, which owns it. */
DomuimgHardwareDisk *domuimg_hardware_add_disk (DomuimgHardware *self);
DomuimgHardwareNic *domuimg_hardware_add_nic (DomuimgHardware *self);
void domuimg_hardware_note_unmapped (DomuimgHardware *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

/* Each reads the text of one kind of description, of @name for messages; CORRUPT_INPUT with the
 * line where that is known, UNSAFE_INPUT for XML with a document type (entities), NOT_SUPPORTED
 * for what is encrypted or holds several machines. */
DomuimgHardware *domuimg_vmx_parse (const char *text, gsize length, const char *name,
                                    GError **error);
DomuimgHardware *domuimg_ovf_parse (const char *text, gsize length, const char *name,
                                    GError **error);
DomuimgHardware *domuimg_vbox_parse (const char *text, gsize length, const char *name,
                                     GError **error);
DomuimgHardware *domuimg_libvirt_parse (const char *text, gsize length, const char *name,
                                        GError **error);
DomuimgHardware *domuimg_proxmox_parse (const char *text, gsize length, const char *name,
                                        GError **error);
DomuimgHardware *domuimg_qemu_parse (const char *text, gsize length, const char *name,
                                     GError **error);

/* By name and content whichever of the above it is; NOT_SUPPORTED for what is none. At most 4 MiB
 * are read. */
DomuimgHardware *domuimg_hardware_read (const char *path, GError **error);
gboolean domuimg_hardware_is_description (const char *path);
/* The description that lies beside the image @disk (in its directory) and names it; sets @path
 * (transfer full). NULL and no error where there is none; INVALID_ARGUMENT where there are
 * several that disagree. */
DomuimgHardware *domuimg_hardware_find_beside (const char *disk, char **path, GError **error);
