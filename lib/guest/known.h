/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/manifest.h"

/* Where the manifests of this host's guests are: in the directory for images, beside configurations in
 * /etc/xen, and wherever --dir put them, of which a symbolic link each in the directory of the state tells.
 * Such a link only says where to look: one of a path that does not exist is of a guest that is not made yet, or no
 * more. */

/* Before the guest is made: whoever kills that leaves a link to nothing. What cannot be noted is not found
 * without --dir, and that is all. */
gboolean domuimg_known_add (const char *manifest);
/* Takes the links away that lead to nothing, but for those of builds that go on. */
void domuimg_known_sweep (void);

/* A manifest that was found; @manifest is NULL where it cannot be read, and @problem says why. */
typedef struct {
  char *path;
  DomuimgManifest *manifest;
  char *problem;
} DomuimgKnown;

/* (element-type DomuimgKnown) Sorted by name and path; of @dir (nullable) alone, or of this host. NULL where a
 * directory cannot be listed; but one of this host's that a user without root may not look into is left out,
 * with a sentence in @problems (nullable). */
GPtrArray *domuimg_known_list (const char *dir, GPtrArray *problems, GError **error);
/* The name of a guest, that of its file where it cannot be read. */
char *domuimg_known_get_name (const DomuimgKnown *self);
