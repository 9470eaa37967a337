/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>

G_BEGIN_DECLS

/**
 * DomuimgSpecKind:
 * @DOMUIMG_SPEC_KIND_STRING: one value; setting it again replaces it
 * @DOMUIMG_SPEC_KIND_LIST: any number of values
 * @DOMUIMG_SPEC_KIND_FLAG: `true` or `false`
 *
 * How many values a key of a specification takes.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_SPEC_KIND_STRING,
  DOMUIMG_SPEC_KIND_LIST,
  DOMUIMG_SPEC_KIND_FLAG,
} DomuimgSpecKind;

#define DOMUIMG_TYPE_SPEC (domuimg_spec_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgSpec, domuimg_spec, DOMUIMG, SPEC, GObject)

DOMUIMG_API
DomuimgSpec *domuimg_spec_new (void);
DOMUIMG_API
gboolean domuimg_spec_set (DomuimgSpec *self, const char *key, const char *value,
                           GError **error);
DOMUIMG_API
gboolean domuimg_spec_add (DomuimgSpec *self, const char *key, const char *value,
                           GError **error);
DOMUIMG_API
const char *domuimg_spec_get (DomuimgSpec *self, const char *key);
DOMUIMG_API
char **domuimg_spec_get_all (DomuimgSpec *self, const char *key);
DOMUIMG_API
gboolean domuimg_spec_get_flag (DomuimgSpec *self, const char *key);
DOMUIMG_API
gboolean domuimg_spec_load_file (DomuimgSpec *self, const char *path, GError **error);
DOMUIMG_API
gboolean domuimg_spec_load_data (DomuimgSpec *self, const char *text, GError **error);
DOMUIMG_API
char *domuimg_spec_to_data (DomuimgSpec *self);
DOMUIMG_API
char *domuimg_spec_to_command (DomuimgSpec *self);

DOMUIMG_API
const char *const *domuimg_spec_list_keys (void);
DOMUIMG_API
DomuimgSpecKind domuimg_spec_get_kind (const char *key);
DOMUIMG_API
const char *domuimg_spec_get_placeholder (const char *key);
DOMUIMG_API
const char *domuimg_spec_get_help (const char *key);

G_END_DECLS
