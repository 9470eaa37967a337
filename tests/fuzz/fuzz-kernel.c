/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "domuimg/kernel.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* A kernel's answers fit each other, whatever its bytes. */
static void
check_kernel (DomuimgKernel *kernel)
{
  g_auto (GStrv) notes = domuimg_kernel_get_notes (kernel);

  for (guint i = 0; notes[i] != NULL; i++)
    g_assert_true (g_utf8_validate (notes[i], -1, NULL));
  for (DomuimgGuestType type = DOMUIMG_GUEST_TYPE_AUTO; type <= DOMUIMG_GUEST_TYPE_HVM; type++)
    {
      g_autofree char *reason = NULL;
      gboolean can = domuimg_kernel_can_boot (kernel, type, &reason);

      g_assert_cmpint (can, ==, reason == NULL);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_bytes (bytes, "vmlinuz", &error);

  g_assert_true ((kernel == NULL) == (error != NULL));
  if (kernel != NULL)
    check_kernel (kernel);
  return 0;
}
