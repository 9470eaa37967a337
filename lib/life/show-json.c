/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest as a whole, as JSON: its manifest, and what is known now. */
#include "config.h"
#include "lib/life/show.h"

static JsonObject *
file_to_json (const DomuimgLifeFile *file)
{
  JsonObject *object = json_object_new ();
  g_autofree char *mode = g_strdup_printf ("%04o", file->mode);

  json_object_set_string_member (object, "role", file->role);
  json_object_set_string_member (object, "path", file->path);
  json_object_set_boolean_member (object, "there", file->is_there);
  if (!file->is_there)
    return object;
  json_object_set_int_member (object, "size", (gint64) file->size);
  json_object_set_int_member (object, "allocated", (gint64) file->allocated);
  json_object_set_string_member (object, "mode", mode);
  return object;
}

static JsonArray *
files_to_json (const DomuimgShow *self)
{
  JsonArray *array = json_array_sized_new (self->files->len);

  for (guint i = 0; i < self->files->len; i++)
    json_array_add_object_element (array, file_to_json (g_ptr_array_index (self->files, i)));
  return array;
}

static JsonObject *
now_to_json (const DomuimgShow *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "state", domuimg_guest_state_to_string (self->state.state));
  json_object_set_string_member (object, "state_unknown_because", self->state.why);
  json_object_set_int_member (object, "domid", self->state.domid);
  json_object_set_string_member (object, "autostart", self->autostart);
  json_object_set_int_member (object, "disk_usage", (gint64) domuimg_life_sum_disks (self->files));
  json_object_set_array_member (object, "files", files_to_json (self));
  return object;
}

/**
 * domuimg_show_to_json:
 * @self: a guest
 *
 * Returns: (transfer full): the manifest: a JSON object of what was made from what; and its member `now`:
 *   `state`, `state_unknown_because` (or null), `domid` (-1 where it does not run), `autostart` (the
 *   link, or null), `disk_usage` (bytes), and `files`: of each its `role`, `path`, whether it is `there`,
 *   and if it is, its `size` and what is `allocated` of it (bytes) and its `mode` (octal digits)
 *
 * Since: 0.1
 */
char *
domuimg_show_to_json (DomuimgShow *self)
{
  g_autofree char *manifest = NULL;
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), NULL);
  manifest = domuimg_manifest_write (self->manifest);
  root = json_from_string (manifest, NULL);
  json_object_set_object_member (json_node_get_object (root), "now", now_to_json (self));
  return json_to_string (root, TRUE);
}
