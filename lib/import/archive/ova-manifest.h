/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

typedef struct {
  char *name;
  GChecksumType type;
  char *digest; /* hexadecimal, lower case */
} DomuimgOvaChecksum;

/* (element-type DomuimgOvaChecksum) What a manifest says: lines such as "SHA256(disk.vmdk)= 0123".
 * @name: of the manifest, for messages. */
GPtrArray *domuimg_ova_manifest_parse (const char *text, gsize length, const char *name,
                                       GError **error);
