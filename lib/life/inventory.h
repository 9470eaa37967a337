/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/inventory.h"
#include "lib/guest/known.h"
#include "lib/host/guest.h"

/* One line of a list: a guest that was made here, one that has a configuration, one that runs, or all three. */
typedef struct _DomuimgListed DomuimgListed;
struct _DomuimgListed {
  char *name;
  DomuimgGuestState state; /* UNKNOWN where no hypervisor answers */
  gboolean is_known;       /* to the hypervisor that was asked */
  int domid;               /* -1: it does not run */
  char *uuid;              /* (nullable) */
  DomuimgGuestType type;   /* AUTO: not known */
  guint memory;            /* MiB */
  guint vcpus;
  char *config;            /* (nullable) path */
  gboolean autostart;
  const DomuimgKnown *made; /* (unowned) (nullable) it was not made here */
  guint64 disk_usage;      /* bytes, of one that was made here */
  char *base;              /* (nullable) the image that its first disk lies over */
  const DomuimgListed *parent; /* (unowned) (nullable) the guest whose disk that is */
};

struct _DomuimgInventory {
  GObject parent_instance;

  GPtrArray *known;    /* (element-type DomuimgKnown) */
  GPtrArray *guests;   /* (element-type DomuimgListed) by name */
  GPtrArray *problems; /* (element-type utf8) */
};

/* (transfer full) (nullable) What the guest calls itself. */
char *domuimg_listed_get_hostname (const DomuimgListed *self);
/* (nullable) Its first fixed address. */
const char *domuimg_listed_get_address (const DomuimgListed *self);

char *domuimg_inventory_to_text (const DomuimgInventory *self);
char *domuimg_inventory_to_json (const DomuimgInventory *self);
char *domuimg_inventory_to_ansible (const DomuimgInventory *self);
char *domuimg_inventory_to_hosts (const DomuimgInventory *self);
