/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The block node that tells QEMU the format and file of each link of a chain. */
#include "config.h"
#include "lib/base/json.h"
#include "lib/import/chain/link.h"

static void
begin_node (JsonBuilder *builder, const char *driver)
{
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", driver);
  json_builder_set_member_name (builder, "read-only");
  json_builder_add_boolean_value (builder, TRUE);
}

static void
add_file (JsonBuilder *builder, const char *path, gboolean is_device)
{
  begin_node (builder, is_device ? "host_device" : "file");
  domuimg_json_add_string (builder, "filename", path);
  json_builder_end_object (builder);
}

/* QEMU takes whole sectors only; the rest of one in an archive is padding. */
static void
add_window (DomuimgImageChain *self, JsonBuilder *builder)
{
  domuimg_json_add_int (builder, "offset", self->offset);
  domuimg_json_add_int (builder, "size", (self->length + 511) / 512 * 512);
}

static void
add_member (DomuimgImageChain *self, const DomuimgChainLink *link, JsonBuilder *builder)
{
  if (g_str_equal (link->driver, "raw"))
    {
      add_window (self, builder);
      json_builder_set_member_name (builder, "file");
      add_file (builder, link->path, link->file.is_device);
      return;
    }
  json_builder_set_member_name (builder, "file");
  begin_node (builder, "raw");
  add_window (self, builder);
  json_builder_set_member_name (builder, "file");
  add_file (builder, link->path, link->file.is_device);
  json_builder_end_object (builder);
}

/* Formats that know of a backing file look for one where they are not told that there is none. */
static gboolean
can_have_backing (const char *driver)
{
  static const char *const drivers[] = { "qcow2", "qcow", "qed", "vmdk", NULL };

  return g_strv_contains (drivers, driver);
}

static void
add_link (DomuimgImageChain *self, guint i, JsonBuilder *builder)
{
  const DomuimgChainLink *link = g_ptr_array_index (self->links, i);

  begin_node (builder, link->driver);
  if (self->is_member)
    add_member (self, link, builder);
  else
    {
      json_builder_set_member_name (builder, "file");
      add_file (builder, link->path, link->file.is_device);
    }
  if (link->data_path != NULL)
    {
      json_builder_set_member_name (builder, "data-file");
      add_file (builder, link->data_path, link->data_is_device);
    }
  if (can_have_backing (link->driver))
    {
      json_builder_set_member_name (builder, "backing");
      if (i + 1 < self->links->len)
        add_link (self, i + 1, builder);
      else
        json_builder_add_null_value (builder);
    }
  json_builder_end_object (builder);
}

char *
domuimg_image_chain_to_node (DomuimgImageChain *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  add_link (self, 0, builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}
