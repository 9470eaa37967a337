/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "menu-fixtures.h"

/* What extlinux and its menu start without a key. */

typedef struct {
  const char *name;
  const char *text;
  const char *kernel;  /* (nullable) no entry is the default */
  const char *cmdline;
} Case;

#define FEDORA                                                                                    \
  "label Fedora (3.11.7-300.fc20.i686) 20 (Heisenbug)\n\tkernel /boot/a\n\tappend ro a\n"         \
  "label Fedora (3.13.0-0.rc0.fc21.i686) 21 (Rawhide)\n\tkernel /boot/b\n\tappend ro b\n"

static const Case cases[] = {
  { "a label with blanks", "default Fedora (3.13.0-0.rc0.fc21.i686) 21 (Rawhide)\n" FEDORA, "/boot/b", "ro b" },
  { "a label with blanks in another case", "DEFAULT FEDORA (3.13.0-0.rc0.fc21.i686) 21 (rawhide)\n" FEDORA,
    "/boot/b", "ro b" },
  { "a label with blanks on timeout", "ontimeout Fedora (3.13.0-0.rc0.fc21.i686) 21 (Rawhide)\n" FEDORA,
    "/boot/b", "ro b" },
  { "a label with blanks that the menu marks", FEDORA "menu default\n", "/boot/b", "ro b" },
  { "two entries with one label", "LABEL a\nLINUX x\nLABEL a\nMENU DEFAULT\nLINUX y\n", "/boot/y", "" },
  { "a label that is none", "DEFAULT Fedora\n" FEDORA, NULL, NULL },
  { "words after a label", "DEFAULT a quiet  single\nLABEL a\nLINUX x\nAPPEND ro\n", "/boot/x",
    "ro quiet  single" },
  { "the path of a kernel", "DEFAULT vmlinuz initrd=i root=/dev/xvda\n", "/boot/vmlinuz", "root=/dev/xvda" },
  { "the path of a kernel that does not exist", "DEFAULT gone\nLABEL a\nLINUX x\n", NULL, NULL },
  { "a label that is its kernel", "LABEL vmlinuz\nAPPEND ro\n", "/boot/vmlinuz", "ro" },
  { "words after a kernel", "LABEL a\nKERNEL vmlinuz quiet\nAPPEND ro\n", "/boot/vmlinuz", "quiet ro" },
  { "help texts", "DEFAULT b\nLABEL a\nLINUX x\nTEXT HELP\nDEFAULT a\nLABEL c\nENDTEXT\nLABEL b\nLINUX y\n",
    "/boot/y", "" },
};

static void
test_case (gconstpointer data)
{
  const Case *self = data;
  const MenuFile files[] = { { "boot/extlinux.conf", self->text }, { "boot/vmlinuz", "" }, { NULL } };
  g_autoptr (DomuimgMenu) menu = menu_fixture_read_own (files);

  if (self->kernel == NULL)
    {
      g_assert_cmpint (menu->default_entry, ==, -1);
      return;
    }
  g_assert_cmpstr (menu_fixture_default (menu)->kernel, ==, self->kernel);
  g_assert_cmpstr (menu_fixture_default (menu)->cmdline, ==, self->cmdline);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/boot-extlinux/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  return g_test_run ();
}
