/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/domain.h"
#include "lib/base/base.h"

/* The inside of the model, for the files of this room. Texts are NULL where nothing is
 * set, and never empty. */
struct _DomuimgDomainDisk {
  GObject parent_instance;

  char *vdev;
  char *target;
  char *format;
  char *backendtype;
  gboolean readonly;
  gboolean cdrom;
  char *options; /* what else an xl.cfg said of it, divided by commas */
  char *xml;     /* what else a libvirt XML said of it: elements */
};

struct _DomuimgDomainNic {
  GObject parent_instance;

  char *mac;
  gboolean has_mac; /* it was said; else it is a random one */
  char *bridge;
  char *ip;
  char *script;
  char *model;
  char *vifname;
  char *rate;
  char *network; /* libvirt's, in place of a bridge */
  char *options; /* likewise */
  char *xml;
};

typedef struct {
  char *key;
  char *value; /* as it stands in xl.cfg: quoted if it is a string */
} DomuimgDomainExtra;

typedef struct {
  char *parent; /* where it was in <domain>, such as "os"; "" for in itself */
  char *xml;    /* one element */
} DomuimgDomainForeign;

struct _DomuimgDomain {
  GObject parent_instance;

  char *name;
  char *uuid;
  gboolean has_uuid; /* it was said; else it is a random one */
  DomuimgGuestType type;
  guint memory;
  guint maxmem;
  guint vcpus;
  guint maxvcpus;
  char *kernel;
  char *ramdisk;
  char *cmdline;
  char *bootloader;
  char *bootloader_args;
  char **bootloader_words; /* NULL, or the same where it is a list: words that may have blanks */
  char *firmware;
  char *serial;   /* the first port */
  char **serials; /* NULL, or all ports where there is a list of them; "none" for one that is missing */
  char *on_poweroff;
  char *on_reboot;
  char *on_crash;
  DomuimgGraphics graphics;
  char *graphics_listen;
  guint graphics_port;
  char *graphics_password;
  char *graphics_xml; /* what else a libvirt XML said of it */
  char *graphics_options; /* likewise, of a vfb */
  char *cpus;
  char *cpus_soft;
  char **vcpu_cpus; /* NULL, or one text a virtual CPU */
  gboolean whole;   /* read from a file, which says all there is: no more is written */
  GPtrArray *disks;
  GPtrArray *nics;
  GPtrArray *devices;
  GPtrArray *extra;   /* of DomuimgDomainExtra */
  GPtrArray *foreign; /* of DomuimgDomainForeign: what only libvirt's XML has */
  GPtrArray *warnings; /* of what a reader left out or changed: sentences */
};

/* Sets *@field to a copy of @value, or to NULL for NULL and "". */
void domuimg_replace_text (char **field, const char *value);
/* @value, or @fallback for NULL and "". */
const char *domuimg_text_or (const char *value, const char *fallback);

/* What a device that was carried is called in the guest; NULL for one without a name. (transfer
 * full) */
char *domuimg_foreign_name (const DomuimgDomainForeign *self);
/* The address and the UUID that are to be written; NULL where a file that was read has none, so that
 * there is another one with each start. */
const char *domuimg_nic_written_mac (const DomuimgDomain *domain, const DomuimgDomainNic *self);
const char *domuimg_domain_written_uuid (const DomuimgDomain *self);
/* Whether QEMU alone knows what the target is, such as "rbd:pool/image". */
gboolean domuimg_disk_is_network (const DomuimgDomainDisk *self);
/* Notes what a reader left out or changed. */
void domuimg_domain_warn (DomuimgDomain *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* For readers: adds an extra key, or puts it in place of an earlier one. */
void domuimg_domain_set_extra (DomuimgDomain *self, const char *key, const char *value);
void domuimg_domain_add_foreign (DomuimgDomain *self, const char *parent, const char *xml);
/* What a reader has to take out since xl ignores it, with a note; and sizes that say
 * nothing. */
void domuimg_domain_finish_reading (DomuimgDomain *self);

/* @value as a quoted string of xl.cfg. NULL with an error that names @key for what no
 * sane configuration holds: control characters and broken UTF-8. */
char *domuimg_xl_quote (const char *key, const char *value, GError **error);
/* Whether @value is one complete value of xl.cfg: a number, a quoted string or a list of
 * values. */
gboolean domuimg_xl_is_value (const char *value);
/* Whether the model itself writes @key, or something that contradicts it. */
gboolean domuimg_xl_is_modelled_key (const char *key);
