/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A specification as the manifest has it. */
#include "config.h"
#include "lib/guest/manifest.h"

/* The specification as it was given: the guest can be made again from it. It holds names
 * of files with secrets, never the secrets. */
JsonNode *
domuimg_manifest_make_spec (DomuimgSpec *spec)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const char *const *keys = domuimg_spec_list_keys ();

  json_builder_begin_object (builder);
  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_spec_get_all (spec, keys[i]);

      if (values[0] == NULL)
        continue;
      json_builder_set_member_name (builder, keys[i]);
      if (domuimg_spec_get_kind (keys[i]) == DOMUIMG_SPEC_KIND_LIST)
        json_builder_begin_array (builder);
      for (guint j = 0; values[j] != NULL; j++)
        json_builder_add_string_value (builder, values[j]);
      if (domuimg_spec_get_kind (keys[i]) == DOMUIMG_SPEC_KIND_LIST)
        json_builder_end_array (builder);
    }
  json_builder_end_object (builder);
  return json_builder_get_root (builder);
}
