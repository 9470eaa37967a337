/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "domuimg/kernel.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_lines (char **lines)
{
  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_true (g_utf8_validate (lines[i], -1, NULL));
}

static void
check_loaders (DomuimgKernel *kernel, DomuimgGuestType type)
{
  static const char *const versions[] = { "4.11", "4.17.5", "4.21" };
  gboolean can_be_started = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    for (DomuimgLoader loader = DOMUIMG_LOADER_DIRECT; loader <= DOMUIMG_LOADER_FIRMWARE; loader++)
      {
        g_autofree char *reason = NULL;
        gboolean can
            = domuimg_kernel_can_boot_with (kernel, type, loader, versions[i], &reason);

        g_assert_cmpint (can, ==, reason == NULL);
        g_assert_true (reason == NULL || g_utf8_validate (reason, -1, NULL));
        can_be_started |= can && loader != DOMUIMG_LOADER_FIRMWARE;
      }
  /* What some loader and release say is weighed on top of the type. */
  g_assert_true (!can_be_started || domuimg_kernel_can_boot (kernel, type, NULL));
}

/* A kernel's answers fit each other, whatever its bytes. */
static void
check_kernel (DomuimgKernel *kernel)
{
  g_auto (GStrv) notes = domuimg_kernel_get_notes (kernel);
  g_auto (GStrv) config = domuimg_kernel_get_xen_config (kernel);

  check_lines (notes);
  check_lines (config);
  for (DomuimgGuestType type = DOMUIMG_GUEST_TYPE_AUTO; type <= DOMUIMG_GUEST_TYPE_HVM; type++)
    {
      g_autofree char *reason = NULL;
      gboolean can = domuimg_kernel_can_boot (kernel, type, &reason);

      g_assert_cmpint (can, ==, reason == NULL);
      if (type != DOMUIMG_GUEST_TYPE_AUTO)
        check_loaders (kernel, type);
    }
}

/* What is said of it is text, whatever it has in its place. */
static void
check_texts (DomuimgKernel *kernel)
{
  const char *const texts[] = { domuimg_kernel_get_version (kernel), domuimg_kernel_get_architecture (kernel),
                                domuimg_kernel_get_compression (kernel),
                                domuimg_kernel_get_boot_protocol (kernel),
                                domuimg_kernel_format_to_string (domuimg_kernel_get_format (kernel)) };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_true (texts[i] == NULL || g_utf8_validate (texts[i], -1, NULL));
}

/* A file is read as its bytes are. */
static void
check_file (const guint8 *data, gsize size, DomuimgKernel *kernel)
{
  int fd = memfd_create ("kernel", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr (DomuimgKernel) same = NULL;

  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  same = domuimg_kernel_new_for_file (path, NULL);
  g_assert_true ((same == NULL) == (kernel == NULL));
  if (same != NULL)
    {
      g_assert_cmpint (domuimg_kernel_get_format (same), ==, domuimg_kernel_get_format (kernel));
      g_assert_cmpstr (domuimg_kernel_get_version (same), ==, domuimg_kernel_get_version (kernel));
    }
  close (fd);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);

  g_assert_true ((kernel == NULL) == (error != NULL));
  check_file (data, size, kernel);
  if (kernel != NULL)
    {
      check_texts (kernel);
      check_kernel (kernel);
    }
  return 0;
}
