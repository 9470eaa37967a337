/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "domuimg/domain-config.h"
#include "lib/domain/xm/file.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* A setting in place of another is one that is read. */
static void
check_edit (DomuimgXlFile *file)
{
  const DomuimgXlSetting *setting
      = file->settings->len > 0 ? g_ptr_array_index (file->settings, 0) : NULL;
  g_autofree char *text = NULL;

  if (setting == NULL)
    return;
  g_assert_cmpuint (setting->start, <, setting->value_start);
  g_assert_cmpuint (setting->value_start, <, setting->end);
  g_assert_cmpuint (setting->end, <=, strlen (file->text));
  text = domuimg_xl_file_edit (file, setting->key, "'new'");
  g_assert_nonnull (strstr (text, "'new'"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgXlFile) file
      = domuimg_xm_file_parse ((const char *) data, size, "fuzz", &error);
  g_autoptr (DomuimgDomain) domain = NULL, guessed = NULL;
  g_autofree char *xl = NULL, *json = NULL;

  g_assert_true ((file == NULL) == (error != NULL));
  if (file == NULL)
    {
      g_assert_true (g_str_has_prefix (error->message, "fuzz:"));
      return 0;
    }
  check_edit (file);
  guessed = domuimg_domain_new_from_text (text, "guessed", NULL);
  domain = domuimg_domain_new_from_xm_cfg (text, "fuzz", NULL);
  if (domain == NULL)
    return 0;
  json = domuimg_domain_to_json (domain);
  xl = domuimg_domain_to_xl_cfg (domain, NULL);
  if (xl != NULL)
    {
      g_autoptr (DomuimgDomain) again = domuimg_domain_new_from_xl_cfg (xl, "again", NULL);

      g_assert_nonnull (again);
    }
  return 0;
}
