/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/xen/profile.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static char *
write_again (const DomuimgProfile *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  domuimg_profile_write (self, builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

/* What was read is the same after it was written and read once more. */
int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgProfile) profile
      = domuimg_profile_parse ((const char *) data, size, "fuzz", &error);
  g_autoptr (DomuimgProfile) again = NULL;
  g_autofree char *text = NULL, *more = NULL;

  g_assert_true ((profile == NULL) == (error != NULL));
  if (profile == NULL)
    return 0;
  text = write_again (profile);
  again = domuimg_profile_parse (text, strlen (text), "again", &error);
  g_assert_no_error (error);
  more = write_again (again);
  g_assert_cmpstr (text, ==, more);
  for (guint i = 0; i < DOMUIMG_N_PROFILE_LISTS; i++)
    {
      g_autofree char *list = domuimg_profile_describe (profile, i);

      g_assert_true (g_utf8_validate (list, -1, NULL));
    }
  return 0;
}
