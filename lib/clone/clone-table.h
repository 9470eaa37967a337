/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A table of guests: rows of values, each under the name of its column. */

typedef struct {
  char *name, *value;
  char *where; /* "hosts.csv:3:17", or what says as much in JSON */
} DomuimgCell;

/* A row. */
typedef struct {
  char *where;
  GPtrArray *cells; /* of DomuimgCell; those that are empty have an empty value */
} DomuimgRow;

/* (element-type DomuimgRow) The rows of comma-separated values, as RFC 4180 has them, with names in the
 * first; @name is for messages. CORRUPT_INPUT says where. */
GPtrArray *domuimg_table_parse_csv (const char *text, gsize length, const char *name,
                                    GError **error);
/* The same of a list of objects in JSON; what has several values is a cell for each. */
GPtrArray *domuimg_table_parse_json (const char *text, gsize length, const char *name,
                                     GError **error);
/* The same of a list of mappings in YAML; NOT_SUPPORTED where that is not built in. */
GPtrArray *domuimg_table_parse_yaml (const char *text, gsize length, const char *name,
                                     GError **error);
/* By what its name ends in. */
GPtrArray *domuimg_table_read (const char *path, GError **error);

GPtrArray *domuimg_table_new (void);
/* CORRUPT_INPUT, with the line and column of @offset. Always FALSE. */
gboolean domuimg_table_fail_at (const char *text, gsize offset, const char *name, const char *what,
                                GError **error);
/* Both take a copy of their texts. */
DomuimgRow *domuimg_table_add_row (GPtrArray *self, const char *where);
void domuimg_row_add (DomuimgRow *self, const char *name, const char *value, const char *where);
