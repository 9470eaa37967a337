/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/clone/clone-rows.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What begins with a bracket is JSON. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  const char *text = (const char *) data;
  gboolean is_json = size > 0 && *text == '[';
  g_autoptr (DomuimgSpec) common = domuimg_spec_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = is_json
                                   ? domuimg_table_parse_json (text, size, "fuzz", &error)
                                   : domuimg_table_parse_csv (text, size, "fuzz", &error);

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
