/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "lib/base/base.h"
#include "lib/xen/version.h"

/* What a Xen host has that guests depend on: read from the host, or from what `domuimg doctor --json`
 * has said there. What is not known is told from what is not there. */

typedef enum {
  DOMUIMG_PROFILE_TYPES,      /* that guests can have: "pv", "pvh", "hvm" */
  DOMUIMG_PROFILE_BRIDGES,    /* names */
  DOMUIMG_PROFILE_INTERFACES, /* likewise, of the network; bridges, too */
  DOMUIMG_PROFILE_SCRIPTS,    /* names of those in Xen's directory */
  DOMUIMG_PROFILE_FILES,      /* paths: loaders, firmware, device models */
  DOMUIMG_PROFILE_DOMAINS,    /* names of those that run */
  DOMUIMG_PROFILE_POOLS,      /* names of pools of processors */
  DOMUIMG_PROFILE_PCI,        /* addresses, as 0000:03:00.0 */
  DOMUIMG_PROFILE_ASSIGNABLE, /* those of them that a guest can be given */
  DOMUIMG_N_PROFILE_LISTS,
} DomuimgProfileList;

/* Where Xen's tools look for scripts that have no path. */
#define DOMUIMG_XEN_SCRIPTS "/etc/xen/scripts"

typedef struct {
  char *name;                /* of the file that it is from; NULL for the host itself */
  DomuimgXenVersion version; /* major 0: not known */
  guint cpus;                /* one more than the highest number of one; 0: not known */
  guint64 memory;            /* bytes; 0: not known */
  char *default_bridge;      /* (nullable) of vifs that name none */
  char *default_script;      /* (nullable) likewise */
  char *default_backend;     /* (nullable) likewise; NULL, too, where it is dom0 */
  GPtrArray *lists[DOMUIMG_N_PROFILE_LISTS]; /* (element-type utf8) NULL: not known */
} DomuimgProfile;

/* Whether the machine whose files are below @root ("" for this one) is the dom0 of a Xen. */
gboolean domuimg_profile_is_host (const char *root);
/* What the files below @root say. */
DomuimgProfile *domuimg_profile_look (const char *root);
/* Adds what libxl knows: processors, memory, pools and domains; @said is its answer. */
void domuimg_profile_add_libxl (DomuimgProfile *self, JsonNode *said);
/* The two of this machine; NULL where it is no Xen host. */
DomuimgProfile *domuimg_profile_of_host (GCancellable *cancellable);
/* CORRUPT_INPUT where @text is not what doctor writes, or is without what it looked at. */
DomuimgProfile *domuimg_profile_parse (const char *text, gsize length, const char *name,
                                       GError **error);
DomuimgProfile *domuimg_profile_read (const char *path, GError **error);
/* Adds it, as a member "host", to the object that is open. */
void domuimg_profile_write (const DomuimgProfile *self, JsonBuilder *builder);
void domuimg_profile_free (DomuimgProfile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgProfile, domuimg_profile_free)

/* Its version of Xen; this machine's where there is no @self (nullable), or it does not know. */
DomuimgXenVersion domuimg_profile_get_xen (const DomuimgProfile *self);
gboolean domuimg_profile_knows (const DomuimgProfile *self, DomuimgProfileList list);
gboolean domuimg_profile_has (const DomuimgProfile *self, DomuimgProfileList list, const char *item);
/* A word and what is known of it, for messages: "xenbr0, xenbr1", "none". (transfer full) */
char *domuimg_profile_describe (const DomuimgProfile *self, DomuimgProfileList list);
