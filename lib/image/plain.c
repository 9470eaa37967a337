/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images of any format as plain bytes. */
#include "config.h"
#include "lib/image/plain.h"

#include "lib/base/exec.h"
#include "lib/base/json.h"
#include "lib/base/remove.h"
#include "lib/image/export.h"

struct _DomuimgPlain {
  DomuimgExport *export;
};

void
domuimg_plain_free (DomuimgPlain *self)
{
  g_clear_pointer (&self->export, domuimg_export_free);
  g_free (self);
}

DomuimgRegion *
domuimg_plain_get_region (DomuimgPlain *self)
{
  return domuimg_export_get_region (self->export, 0);
}

/* QEMU's name of Microsoft's older format is that of the product it was made for. */
static const char *
driver_of (const char *format)
{
  return g_str_equal (format, "vhd") ? "vpc" : format;
}

/* Without a lock: a guest may be running from it, and what is only looked at needs none. */
static char *
to_node (const char *path, const char *format)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", driver_of (format));
  json_builder_set_member_name (builder, "file");
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "driver", "file");
  domuimg_json_add_string (builder, "filename", path);
  domuimg_json_add_string (builder, "locking", "off");
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

static gboolean
add_overlay (DomuimgPlain *self, const char *directory, const char *path, const char *format,
             guint64 size, GError **error)
{
  g_autofree char *overlay = g_build_filename (directory, "overlay", NULL);
  g_autofree char *node = to_node (path, format);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  domuimg_exec_arg (exec, "create");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "qcow2");
  domuimg_exec_arg (exec, overlay);
  domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT, size);
  domuimg_export_add (self->export, overlay, node, path);
  return domuimg_exec_run (exec, NULL, error);
}

static gboolean
start (DomuimgPlain *self, const char *directory, const char *path, const char *format,
       guint64 size, gboolean writable, GError **error)
{
  g_autofree char *why_not = NULL;

  if (!domuimg_export_is_possible (&why_not))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s: %s", path, why_not);
  self->export = domuimg_export_new (directory);
  if (writable)
    domuimg_export_add_file (self->export, path, driver_of (format), path);
  else if (!add_overlay (self, directory, path, format, size, error))
    return FALSE;
  return domuimg_export_start (self->export, NULL, error);
}

DomuimgPlain *
domuimg_plain_new (const char *path, const char *format, guint64 size, gboolean writable,
                   GError **error)
{
  g_autoptr (DomuimgPlain) self = g_new0 (DomuimgPlain, 1);
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autoptr (GError) local = NULL;
  g_autofree char *directory = g_dir_make_tmp ("domuimg-XXXXXX", &local);
  gboolean ok;

  if (directory == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
      return NULL;
    }
  ok = start (self, directory, absolute, format, size, writable, error);
  /* All of it is open now; nothing of it is to stay, whatever happens. */
  domuimg_remove_tree (directory);
  return ok ? g_steal_pointer (&self) : NULL;
}
