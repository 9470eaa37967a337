/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/show.h"
#include "lib/life/files.h"
#include "lib/life/state.h"

/* The inside of what is shown, for the files that write it down: each part of the text and each member
 * of the JSON is a row of a table there. */
struct _DomuimgShow {
  GObject parent_instance;

  char *name;
  char *manifest_path;
  DomuimgManifest *manifest;
  GPtrArray *files; /* (element-type DomuimgLifeFile) of @manifest */
  DomuimgLifeState state;
  char *autostart; /* (nullable) the link that starts it with the host */
};
