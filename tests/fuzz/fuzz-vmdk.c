/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/import/chain/vmdk.h"
#include "lib/import/chain/chain.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static char *directory;
static char *path;

static void
remove_scratch (void)
{
  g_unlink (path);
  g_rmdir (directory);
}

/* Names that are followed are looked for beside this file, in a directory with nothing else. */
static void
make_scratch (void)
{
  if (path != NULL)
    return;
  directory = g_dir_make_tmp ("domuimg-fuzz-XXXXXX", NULL);
  g_assert_nonnull (directory);
  path = g_build_filename (directory, "image", NULL);
  atexit (remove_scratch);
}

/* QEMU would be given valid JSON that names this file only. */
static void
check_chain (DomuimgImageChain *chain)
{
  g_autofree char *node = domuimg_image_chain_to_node (chain);
  g_autoptr (JsonNode) root = json_from_string (node, NULL);
  GPtrArray *files = domuimg_image_chain_get_files (chain);

  g_assert_nonnull (root);
  for (guint i = 0; i < files->len; i++)
    g_assert_cmpstr (g_ptr_array_index (files, i), ==, path);
}

static void
open_as (const char *format)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgImageChain) chain = domuimg_image_chain_open (path, format, FALSE, &error);

  g_assert_true ((chain == NULL) == (error != NULL));
  if (chain != NULL)
    check_chain (chain);
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
  return 0;
}
