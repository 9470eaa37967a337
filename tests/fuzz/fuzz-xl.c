/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/domain/xl/file.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static DomuimgXlFile *
parse_again (const char *text)
{
  DomuimgXlFile *file = domuimg_xl_file_parse (text, strlen (text), "edited", NULL);

  g_assert_nonnull (file);
  return file;
}

/* An edited file has the new value, and every other as it was. */
static void
check_edit (DomuimgXlFile *file, const char *key, const char *value)
{
  g_autofree char *text = domuimg_xl_file_edit (file, key, value);
  g_autoptr (DomuimgXlFile) edited = parse_again (text);
  g_autoptr (GPtrArray) list = domuimg_xl_file_get_list (edited, key);

  if (value == NULL)
    g_assert_null (domuimg_xl_file_find (edited, key));
  else
    {
      g_assert_cmpuint (list->len, ==, 1);
      g_assert_cmpstr (g_ptr_array_index (list, 0), ==, "new");
    }
  for (guint i = 0; i < MIN (file->settings->len, 8); i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i);
      g_autofree char *before = domuimg_xl_file_get (file, setting->key);
      g_autofree char *after = domuimg_xl_file_get (edited, setting->key);

      if (!g_str_equal (setting->key, key))
        g_assert_cmpstr (after, ==, before);
    }
}

static void
check_fix (DomuimgXlFile *file, const DomuimgXlProblem *problem)
{
  g_autofree char *text = NULL;
  g_autoptr (DomuimgXlFile) fixed = NULL;

  g_assert_true (g_utf8_validate (problem->id, -1, NULL));
  g_assert_nonnull (problem->message);
  if (problem->fix_key != NULL)
    text = domuimg_xl_file_edit (file, problem->fix_key, problem->fix_value);
  else if (problem->rename_from != NULL)
    text = domuimg_xl_file_rename (file, problem->rename_from, problem->rename_to);
  if (text != NULL)
    fixed = parse_again (text);
}

/* What can be written is read as the same again. */
static void
check_round_trip (const char *text)
{
  g_autoptr (DomuimgDomain) domain = domuimg_domain_new_from_xl_cfg (text, NULL, NULL);
  g_autofree char *first = domain != NULL ? domuimg_domain_to_xl_cfg (domain, NULL) : NULL;
  g_autoptr (DomuimgDomain) again = NULL;
  g_autofree char *second = NULL;

  if (first == NULL)
    return;
  again = domuimg_domain_new_from_xl_cfg (first, NULL, NULL);
  if (again == NULL)
    return;
  second = domuimg_domain_to_xl_cfg (again, NULL);
  g_assert_cmpstr (second, ==, first);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgXlFile) file
      = domuimg_xl_file_parse ((const char *) data, size, "fuzz.cfg", &error);
  g_autoptr (DomuimgDomain) domain = NULL;
  g_autoptr (GPtrArray) problems = NULL;

  g_assert_true ((file == NULL) == (error != NULL));
  if (file == NULL)
    {
      g_assert_true (g_str_has_prefix (error->message, "fuzz.cfg:"));
      return 0;
    }
  domain = domuimg_xl_file_to_domain (file, NULL);
  problems = domuimg_xl_file_check (file, 4, 17);
  for (guint i = 0; i < MIN (problems->len, 64); i++)
    check_fix (file, g_ptr_array_index (problems, i));
  for (guint i = 0; i < MIN (file->settings->len, 4); i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i);

      check_edit (file, setting->key, "\"new\"");
      check_edit (file, setting->key, "[ 'new' ]");
      check_edit (file, setting->key, NULL);
    }
  check_edit (file, "not.there", "'new'");
  check_round_trip (file->text);
  return 0;
}
