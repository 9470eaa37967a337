/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said of a table in YAML where libyaml is not built in. */
#include "config.h"
#include "lib/clone/clone-table.h"

GPtrArray *
domuimg_table_parse_yaml (const char *text, gsize length, const char *name, GError **error)
{
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: this domuimg was built without libyaml, so it reads tables in .csv and .json only",
                name);
  return NULL;
}
