/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images that lie over others, opened as a whole once all of their files were looked at. */
#include "config.h"
#include "lib/import/chain/follow.h"

#include <stdlib.h>

#include "lib/import/chain/chain.h"

static gboolean
lies_over (DomuimgImageChain *chain, const char *backing)
{
  GPtrArray *files = domuimg_image_chain_get_files (chain);
  g_autofree char *real = realpath (backing, NULL);

  return real != NULL && files->len > 1 && g_str_equal (g_ptr_array_index (files, 1), real);
}

static DomuimgImageChain *
open_chain (DomuimgImage *image, const char *backing, gboolean allow_backing, GError **error)
{
  const char *path = domuimg_image_get_path (image);
  const char *format = domuimg_image_get_format (image);
  g_autoptr (DomuimgImageChain) known
      = backing != NULL ? domuimg_image_chain_open (path, format, TRUE, NULL) : NULL;

  if (known != NULL && lies_over (known, backing))
    return g_steal_pointer (&known);
  return domuimg_image_chain_open (path, format, allow_backing, error);
}

gboolean
domuimg_image_follow (DomuimgImage *image, const char *backing, gboolean allow_backing,
                      GError **error)
{
  g_autoptr (DomuimgImageChain) chain = NULL;

  if (!domuimg_image_refers_on (image))
    return TRUE;
  chain = open_chain (image, backing, allow_backing, error);
  if (chain == NULL)
    return FALSE;
  /* Where QEMU would have to guess, it stays an image that refers to others. */
  if (domuimg_image_chain_can_back (chain))
    domuimg_image_set_vetted (image);
  return TRUE;
}
