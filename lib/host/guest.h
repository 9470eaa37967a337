/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "domuimg/domain.h"
#include "domuimg/guest.h"
#include "lib/base/base.h"

/* The inside of a guest, for the files of this room. */
struct _DomuimgHostGuest {
  GObject parent_instance;

  char *name;
  char *uuid;   /* (nullable) */
  int domid;    /* -1: it does not run */
  DomuimgGuestState state;
  DomuimgGuestType type; /* AUTO: not known */
  guint memory; /* MiB */
  guint vcpus;
  char *config; /* (nullable) path */
  gboolean autostart;
};

/* UNKNOWN where it is NULL or not one of the words. */
DomuimgGuestState domuimg_guest_state_from_string (const char *word);
/* The guest of one object that a back end's program prints; NULL if it is not an object. */
DomuimgHostGuest *domuimg_host_guest_from_json (JsonNode *node);
/* One that does not run, from its configuration. */
DomuimgHostGuest *domuimg_host_guest_from_domain (DomuimgDomain *domain, const char *config);
/* What @backend knows, unsorted: *@guests is NULL where this machine has no hypervisor that it could ask. */
gboolean domuimg_host_list_known (DomuimgBackend backend, const char *connect, GPtrArray **guests,
                                  GCancellable *cancellable, GError **error);
/* Guests that @directory has a NAME.cfg for. */
GPtrArray *domuimg_host_list_configured (const char *directory);
/* The link in @directory/auto to @config, or NULL. */
char *domuimg_autostart_find (const char *directory, const char *config);
/* Makes it; fine if it is there. */
gboolean domuimg_autostart_make (const char *directory, const char *config, GError **error);
/* Removes the files of a guest: its configuration (@config, or the path of its manifest where it has none), and
 * what the manifest beside it or in @images says that was made with it; with @disks its disks, too. All of them or
 * none. */
char **domuimg_host_delete_files (const char *config, const char *images, gboolean disks,
                                  const char *autostart, GError **error);
