/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/import/chain/chain.h"
#include "lib/import/chain/grains.h"
#include "lib/import/chain/vmdk.h"

#define COPIED_MAX (16 * 1024 * 1024)

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static char *directory;
static char *path;
static char *base; /* a raw disk that an image may lie over */

static void
remove_scratch (void)
{
  g_unlink (path);
  g_unlink (base);
  g_rmdir (directory);
}

/* Names that are followed are looked for beside this file, in a directory with one more only. */
static void
make_scratch (void)
{
  if (path != NULL)
    return;
  directory = g_dir_make_tmp ("domuimg-fuzz-XXXXXX", NULL);
  g_assert_nonnull (directory);
  path = g_build_filename (directory, "image", NULL);
  base = g_build_filename (directory, "base", NULL);
  g_assert_true (g_file_set_contents (base, "a raw disk", -1, NULL));
  atexit (remove_scratch);
}

/* QEMU would be given valid JSON that names these files only. */
static void
check_chain (DomuimgImageChain *chain)
{
  g_autofree char *node = domuimg_image_chain_to_node (chain);
  g_autoptr (JsonNode) root = json_from_string (node, NULL);
  GPtrArray *files = domuimg_image_chain_get_files (chain);

  g_assert_nonnull (root);
  for (guint i = 0; i < files->len; i++)
    g_assert_true (g_str_equal (g_ptr_array_index (files, i), path)
                   || g_str_equal (g_ptr_array_index (files, i), base));
  g_assert_nonnull (domuimg_image_chain_get_format (chain));
  g_assert_cmpuint (files->len, >, 0);
  domuimg_image_chain_can_back (chain);
}

/* The same bytes as a disk in an archive, which has no other files. */
static void
open_member (gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgImageChain) chain
      = domuimg_image_chain_open_member (path, size / 512 % 2 * 512, size - size / 512 % 2 * 512, "disk",
                                         NULL, &error);
  g_autofree char *node = chain != NULL ? domuimg_image_chain_to_node (chain) : NULL;

  g_assert_true ((chain == NULL) == (error != NULL));
}

static void
ignore_progress (double fraction, gpointer data)
{
}

static void
copy_grains (DomuimgImageChain *chain)
{
  g_autoptr (GArray) unused = g_array_new (FALSE, FALSE, sizeof (DomuimgRange));
  g_auto (DomuimgFd) fd = memfd_create ("fuzz", MFD_CLOEXEC);
  DomuimgGrainsTarget target = { fd, "the copy", unused, ignore_progress, NULL };
  guint64 size = domuimg_image_chain_get_size (chain);
  g_autoptr (GError) error = NULL;

  if (!domuimg_image_chain_has_grains (chain) || size > COPIED_MAX)
    return;
  g_assert_cmpint (ftruncate (fd, (off_t) size), ==, 0);
  g_assert_true (domuimg_image_chain_copy_grains (chain, &target, NULL, &error) == (error == NULL));
}

static void
open_as (const char *format)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgImageChain) chain = domuimg_image_chain_open (path, format, FALSE, &error);

  g_assert_true ((chain == NULL) == (error != NULL));
  if (chain == NULL)
    return;
  check_chain (chain);
  copy_grains (chain);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (DomuimgVmdkDescriptor) descriptor
      = domuimg_vmdk_descriptor_parse ((const char *) data, size, "fuzz", NULL);
  int fd;

  make_scratch ();
  fd = g_open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  close (fd);
  open_as (NULL);
  open_as ("vmdk");
  open_member (size);
  return 0;
}
