/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/bootloader/message.h"
#include "lib/bootloader/tree-helper.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What a process that a guest has taken over may say to the one that has rights. */
static void
read_answers (GBytes *bytes)
{
  g_autoptr (GError) error = NULL, second = NULL;
  g_autoptr (DomuimgMenu) menu = domuimg_bootloader_menu_read (bytes, &error);
  DomuimgBootloaderLoaded loaded = { 0 };

  g_assert_true ((menu == NULL) == (error != NULL));
  g_assert_true (menu == NULL || menu->default_entry < (int) menu->entries->len);
  if (domuimg_bootloader_loaded_read (bytes, &loaded, &second))
    g_assert_cmpuint (loaded.slot, <=, 1);
  else
    g_assert_nonnull (second);
  g_free (loaded.note);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_auto (DomuimgBootloaderRequest) request = { 0 };
  g_autofree char *line = g_strndup ((const char *) data, size), *name = NULL;
  gboolean directory;
  guint64 length;

  read_answers (bytes);
  domuimg_bootloader_request_read (bytes, &request);
  if (domuimg_tree_helper_parse_line (line, &name, &directory, &length))
    g_assert_true (*name != '\0' && strchr (name, '/') == NULL);
  return 0;
}
