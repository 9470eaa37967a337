/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What is known of distributions' releases and images: data, a file NAME.conf for each, of the user,
 * the administrator, and ours; the first that has a name counts. */
typedef struct {
  const char *folder;   /* below each place: "releases" */
  const char *variable; /* environment: a directory that goes before all others */
  const char *what;     /* for messages: "release" */
} DomuimgDefinitions;

/* The file of @id, with its path. NOT_FOUND lists the known ones. */
GKeyFile *domuimg_definitions_load (const DomuimgDefinitions *self, const char *id, char **path,
                                    GError **error);
/* The known ids, sorted. */
GStrv domuimg_definitions_list (const DomuimgDefinitions *self, GError **error);
gboolean domuimg_definitions_has (const DomuimgDefinitions *self, const char *id);
/* Empty where the key is not there. */
GStrv domuimg_definitions_get_list (GKeyFile *file, const char *group, const char *key);
