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
};

struct _DomuimgDomainNic {
  GObject parent_instance;

  char *mac;
  char *bridge;
  char *ip;
  char *script;
  char *model;
  char *vifname;
  char *rate;
  char *options; /* likewise */
};

typedef struct {
  char *key;
  char *value; /* as it stands in xl.cfg: quoted if it is a string */
} DomuimgDomainExtra;

struct _DomuimgDomain {
  GObject parent_instance;

  char *name;
  char *uuid;
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
  char *firmware;
  char *serial;
  char *on_poweroff;
  char *on_reboot;
  char *on_crash;
  DomuimgGraphics graphics;
  char *graphics_listen;
  guint graphics_port;
  char *graphics_options; /* likewise, of a vfb */
  GPtrArray *disks;
  GPtrArray *nics;
  GPtrArray *extra; /* of DomuimgDomainExtra */
};

/* Sets *@field to a copy of @value, or to NULL for NULL and "". */
void domuimg_replace_text (char **field, const char *value);
/* @value, or @fallback for NULL and "". */
const char *domuimg_text_or (const char *value, const char *fallback);

/* @value as a quoted string of xl.cfg. NULL with an error that names @key for what no
 * sane configuration holds: control characters and broken UTF-8. */
char *domuimg_xl_quote (const char *key, const char *value, GError **error);
/* Whether @value is one complete value of xl.cfg: a number, a quoted string or a list of
 * values. */
gboolean domuimg_xl_is_value (const char *value);
/* Whether the model itself writes @key, or something that contradicts it. */
gboolean domuimg_xl_is_modelled_key (const char *key);
