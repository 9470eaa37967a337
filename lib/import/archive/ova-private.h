/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/archive/ova.h"

struct _DomuimgOva {
  char *path;
  GPtrArray *members; /* of DomuimgOvaMember */
  const DomuimgOvaMember *ovf;
  const DomuimgOvaMember *manifest; /* (nullable) */
  char *text;         /* of the OVF */
};

/* Opened without waiting for the other end of a pipe; *@size is its own. -1 on error. */
int domuimg_ova_open_file (const char *path, guint64 *size, GError **error);
/* @length bytes; fewer are CORRUPT_INPUT. */
gboolean domuimg_ova_read_at (int fd, const char *path, guint64 offset, void *buffer, gsize length,
                              GError **error);
/* All of a member that is a text, with a NUL at its end. */
char *domuimg_ova_read_text (int fd, const char *path, const DomuimgOvaMember *member, GError **error);
/* @name without "./", or NULL where it is not of a file below. */
const char *domuimg_ova_vet_name (const char *name);
