/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/netboot/treeinfo.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Behind the address of a tree, it can name nothing but what is below. */
static void
check_path (const char *path)
{
  g_autofree char *full = g_canonicalize_filename (path, "/tree");
  g_autofree char *joined = g_strconcat ("/tree/", path, NULL);

  g_assert_cmpstr (full, ==, joined);
  g_assert_true (strpbrk (path, "?#%:\\\n\r") == NULL);
}

static void
check_images (DomuimgTreeinfo *self, const char *platform)
{
  g_autoptr (DomuimgTreeImages) images = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *checksum = NULL;
  GChecksumType type;

  if (!domuimg_treeinfo_find_images (self, platform, &images, &error))
    {
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNSAFE_INPUT);
      return;
    }
  if (images == NULL)
    return;
  check_path (images->kernel);
  check_path (images->initrd);
  checksum = domuimg_treeinfo_get_checksum (self, images->kernel, &type);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTreeinfo) info
      = domuimg_treeinfo_parse ((const char *) data, size, "fuzz", &error);

  g_assert_true ((info == NULL) == (error != NULL));
  if (info == NULL)
    return 0;
  check_images (info, "x86_64");
  check_images (info, "xen");
  domuimg_treeinfo_is_suse (info);
  return 0;
}
