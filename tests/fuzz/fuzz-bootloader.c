/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/bootloader/message.h"
#include "lib/bootloader/tree-helper.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What is sent is received as it was. */
static void
check_round_trip (const DomuimgMenu *menu)
{
  g_autoptr (GBytes) bytes = domuimg_bootloader_menu_write (menu);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgMenu) again = domuimg_bootloader_menu_read (bytes, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (again->entries->len, ==, menu->entries->len);
  g_assert_cmpint (again->default_entry, ==, menu->default_entry);
  g_assert_cmpuint (again->problems->len, ==, menu->problems->len);
}

static void
check_error (const GError *error)
{
  g_autoptr (GBytes) bytes = domuimg_bootloader_error_write (error);
  g_autoptr (GError) again = NULL;

  g_assert_null (domuimg_bootloader_menu_read (bytes, &again));
  g_assert_true (again->domain == DOMUIMG_ERROR);
}

static void
check_loaded (const DomuimgBootloaderLoaded *loaded)
{
  g_autoptr (GBytes) bytes = domuimg_bootloader_loaded_write (loaded);
  DomuimgBootloaderLoaded again = { 0 };

  g_assert_true (domuimg_bootloader_loaded_read (bytes, &again, NULL));
  g_assert_cmpuint (again.slot, ==, loaded->slot);
  g_assert_cmpstr (again.note, ==, loaded->note);
  g_free (again.note);
}

static void
check_request (const DomuimgBootloaderRequest *request)
{
  g_autoptr (GBytes) bytes = domuimg_bootloader_request_write (request);
  g_auto (DomuimgBootloaderRequest) again = { 0 };

  domuimg_bootloader_request_read (bytes, &again);
  g_assert_cmpuint (again.entry, ==, request->entry);
  g_assert_cmpstr (again.kernel, ==, request->kernel);
  g_assert_cmpstr (again.ramdisk, ==, request->ramdisk);
}

/* What a process that a guest has taken over may say to the one that has rights. */
static void
read_answers (GBytes *bytes)
{
  g_autoptr (GError) error = NULL, second = NULL;
  g_autoptr (DomuimgMenu) menu = domuimg_bootloader_menu_read (bytes, &error);
  DomuimgBootloaderLoaded loaded = { 0 };

  g_assert_true ((menu == NULL) == (error != NULL));
  g_assert_true (menu == NULL || menu->default_entry < (int) menu->entries->len);
  if (menu != NULL)
    check_round_trip (menu);
  else
    check_error (error);
  if (domuimg_bootloader_loaded_read (bytes, &loaded, &second))
    {
      g_assert_cmpuint (loaded.slot, <=, 1);
      check_loaded (&loaded);
    }
  else
    g_assert_nonnull (second);
  g_free (loaded.note);
}

static void
read_saves (GBytes *bytes)
{
  g_autoptr (GPtrArray) saves = g_ptr_array_new_with_free_func (domuimg_bootloader_save_free);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);

  if (!domuimg_bootloader_saves_read (bytes, saves, notes, NULL))
    return;
  for (guint i = 0; i < saves->len; i++)
    g_assert_nonnull (((DomuimgBootloaderSave *) saves->pdata[i])->name);
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
  read_saves (bytes);
  domuimg_bootloader_request_read (bytes, &request);
  check_request (&request);
  if (domuimg_tree_helper_parse_line (line, &name, &directory, &length))
    g_assert_true (*name != '\0' && strchr (name, '/') == NULL);
  return 0;
}
