/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/base.h"
#include "lib/build/disk-copy.h"

/* Enough for a thread to have ended before who started it goes on. */
#define ROUNDS 5000

static void
test_nothing_to_copy (void)
{
  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autoptr (DomuimgDiskCopy) copy = domuimg_disk_copy_new ();
      g_autoptr (GError) error = NULL;

      domuimg_disk_copy_start (copy);
      g_assert_true (domuimg_disk_copy_wait (copy, NULL, NULL, &error));
      g_assert_no_error (error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/disk-copy/nothing to copy", test_nothing_to_copy);
  return g_test_run ();
}
