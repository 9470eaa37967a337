/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/clone/clone-rows.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

typedef GPtrArray *(*Parse) (const char *text, gsize length, const char *name, GError **error);

/* What begins with a bracket is JSON; YAML begins with a document's mark. */
static Parse
choose (const char *text, gsize size)
{
  if (size >= 4 && memcmp (text, "---\n", 4) == 0)
    return domuimg_table_parse_yaml;
  return size > 0 && *text == '[' ? domuimg_table_parse_json : domuimg_table_parse_csv;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *text = (const char *) data;
  g_autoptr (DomuimgSpec) common = domuimg_spec_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = choose (text, size) (text, size, "fuzz", &error);

  g_assert_true ((rows == NULL) == (error != NULL));
  for (guint i = 0; rows != NULL && i < rows->len; i++)
    {
      const DomuimgRow *row = g_ptr_array_index (rows, i);
      g_autoptr (GError) wrong = NULL;
      g_autoptr (DomuimgSpec) spec = domuimg_clone_row_to_spec (row, common, &wrong);

      g_assert_true ((spec == NULL) == (wrong != NULL));
      for (guint j = 0; j < row->cells->len; j++)
        g_assert_true (g_utf8_validate (((DomuimgCell *) g_ptr_array_index (row->cells, j))->value, -1,
                                        NULL));
    }
  return 0;
}
