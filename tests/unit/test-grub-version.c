/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib/gstdio.h>

#include "lib/xen/grub-version.h"

#define MARK "GNU GRUB  version %s"

static char *
version_of (const char *content, gsize length)
{
  g_autofree char *path = NULL;
  char *version;
  int fd = g_file_open_tmp ("domuimg-grub-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, content, length, NULL));
  version = domuimg_grub_read_version (path);
  g_unlink (path);
  return version;
}

static void
test_version_in_image (void)
{
  static const char image[] = "\177ELF junk\0" MARK "\0" "2.06-13+deb12u2\0more";
  g_autofree char *version = version_of (image, sizeof image);

  g_assert_cmpstr (version, ==, "2.06-13+deb12u2");
}

static void
test_what_tells_nothing (void)
{
  static const char no_end[] = MARK "\0" "2.06";
  static const char no_number[] = MARK "\0unknown";
  static const char nothing_after[] = MARK;
  static const char other[] = "a kernel";
  const struct {
    const char *content;
    gsize length;
  } cases[] = { { nothing_after, sizeof nothing_after },
                { no_number, sizeof no_number },
                { other, sizeof other },
                { "", 0 } };
  g_autofree char *at_the_end = version_of (no_end, sizeof no_end - 1);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_null (version_of (cases[i].content, cases[i].length));
  g_assert_cmpstr (at_the_end, ==, "2.06");
  g_assert_null (domuimg_grub_read_version ("/absent"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/grub-version/in an image", test_version_in_image);
  g_test_add_func ("/grub-version/what tells nothing", test_what_tells_nothing);
  return g_test_run ();
}
