/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/manifest.h"

/* What the manifest of a guest names, as it is now. */
typedef struct {
  const char *role;   /* "disk", "kernel", … */
  const char *path;   /* of the manifest */
  const DomuimgManifestDisk *disk; /* (nullable) */
  gboolean is_there;
  gboolean is_elsewhere; /* on another host, where nobody has looked */
  guint64 size;       /* bytes of the file or device */
  guint64 allocated;  /* bytes that it takes */
  guint mode;         /* permissions */
} DomuimgLifeFile;

/* (element-type DomuimgLifeFile) Valid as long as @manifest. FALSE where one cannot be looked at. */
GPtrArray *domuimg_life_list_files (const DomuimgManifest *manifest, GError **error);
/* Bytes that the disks among them take. */
guint64 domuimg_life_sum_disks (const GPtrArray *files);
