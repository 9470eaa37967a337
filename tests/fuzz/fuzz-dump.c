/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/tree/dump.h"
#include "lib/tree/memory.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What loads must come out again as it went in, whatever it was. */
static void
check_round_trip (DomuimgTree *tree)
{
  const DomuimgTreeDumpOptions options = { G_MAXSIZE, TRUE };
  g_autoptr (DomuimgTree) again = domuimg_tree_memory_new ();
  g_autofree char *first = domuimg_tree_dump (tree, &options, NULL);

  g_assert_nonnull (first);
  g_assert_true (domuimg_tree_load (again, first, NULL));
  g_autofree char *second = domuimg_tree_dump (again, &options, NULL);
  g_assert_cmpstr (first, ==, second);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *dump = g_strndup ((const char *) data, size);
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();

  if (dump != NULL && domuimg_tree_load (tree, dump, NULL))
    check_round_trip (tree);
  return 0;
}
