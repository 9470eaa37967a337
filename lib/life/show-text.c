/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest as a whole, for a person. */
#include "config.h"
#include "lib/guest/manifest-spec.h"
#include "lib/life/show.h"

static char *
format_size (guint64 bytes)
{
  return g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
}

static void
append_row (GString *text, const char *name, const char *value)
{
  if (value != NULL && *value != '\0')
    g_string_append_printf (text, "  %-9s %s\n", name, value);
}

static void
append_guest (const DomuimgShow *self, GString *text)
{
  const DomuimgManifest *manifest = self->manifest;
  g_autofree char *size = g_strdup_printf ("%u MiB, %u virtual CPU%s", manifest->memory,
                                           manifest->vcpus, manifest->vcpus == 1 ? "" : "s");

  append_row (text, "uuid", manifest->uuid);
  append_row (text, "type", domuimg_guest_type_to_string (manifest->type));
  append_row (text, "memory", size);
  append_row (text, "kernel", manifest->kernel.version);
  append_row (text, "source", manifest->source);
  append_row (text, "system", manifest->system);
  append_row (text, "made", manifest->made);
  append_row (text, "autostart", self->autostart);
  append_row (text, "defined", manifest->defined);
  append_row (text, "verdict", manifest->verdict);
}

static void
append_state (const DomuimgShow *self, GString *text)
{
  const char *word = domuimg_guest_state_to_string (self->state.state);

  if (self->state.why != NULL)
    g_string_append_printf (text, "  %-9s %s: %s\n", "state", word, self->state.why);
  else if (self->state.domid >= 0)
    g_string_append_printf (text, "  %-9s %s, as domain %d\n", "state", word, self->state.domid);
  else
    append_row (text, "state", word);
}

static void
append_nics (const DomuimgShow *self, GString *text)
{
  for (guint i = 0; i < self->manifest->nics->len; i++)
    {
      const DomuimgManifestNic *nic = g_ptr_array_index (self->manifest->nics, i);

      g_string_append_printf (text, "  %-9s %s%s%s%s%s\n", "nic", nic->mac != NULL ? nic->mac : "",
                              nic->bridge != NULL ? " on " : "", nic->bridge != NULL ? nic->bridge : "",
                              nic->address != NULL ? ", " : "", nic->address != NULL ? nic->address : "");
    }
}

static void
append_file (const DomuimgLifeFile *file, GString *text)
{
  g_autofree char *size = format_size (file->disk != NULL ? (guint64) file->disk->size : file->size);
  g_autofree char *allocated = format_size (file->allocated);

  g_string_append_printf (text, "  %-9s %s", file->role, file->path);
  if (file->is_elsewhere)
    g_string_append (text, " (on another host)");
  else if (!file->is_there)
    g_string_append (text, " (missing)");
  else if (file->disk != NULL)
    g_string_append_printf (text, " (%s, %s: %s, %s on disk, mode %04o)",
                            file->disk->vdev != NULL ? file->disk->vdev : "no device",
                            file->disk->format != NULL ? file->disk->format : "raw", size, allocated,
                            file->mode);
  else
    g_string_append_printf (text, " (%s, mode %04o)", size, file->mode);
  g_string_append_c (text, '\n');
}

static void
append_files (const DomuimgShow *self, GString *text)
{
  g_string_append (text, "Files:\n");
  for (guint i = 0; i < self->files->len; i++)
    append_file (g_ptr_array_index (self->files, i), text);
}

static void
append_plan (const DomuimgShow *self, GString *text)
{
  g_auto (GStrv) keys = domuimg_manifest_list_settings (self->manifest);

  if (keys[0] != NULL)
    g_string_append (text, "Made with:\n");
  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_manifest_get_setting (self->manifest, keys[i]);

      for (guint j = 0; values[j] != NULL; j++)
        g_string_append_printf (text, "  %s=%s\n", keys[i], values[j]);
    }
}

static void
append_lines (const char *title, const GPtrArray *lines, GString *text)
{
  if (lines->len > 0)
    g_string_append_printf (text, "%s:\n", title);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "  %s\n", (const char *) g_ptr_array_index (lines, i));
}

/**
 * domuimg_show_to_text:
 * @self: a guest
 *
 * Returns: (transfer full): what is known of it, for a person
 *
 * Since: 0.1
 */
char *
domuimg_show_to_text (DomuimgShow *self)
{
  GString *text;

  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), NULL);
  text = g_string_new (self->name);
  g_string_append (text, ":\n");
  append_state (self, text);
  append_guest (self, text);
  append_nics (self, text);
  append_files (self, text);
  append_plan (self, text);
  append_lines ("Changed in the guest", self->manifest->changes, text);
  append_lines ("Warnings", self->manifest->warnings, text);
  return g_string_free (text, FALSE);
}
