/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/convert/edit.h"

/* fstab(5) and crypttab(5): devices by names that do not depend on a bus. */

#define BLANKS " \t"
#define FIELDS 4

/* Where the fields of a line are; the rest of it stays as it is. */
typedef struct {
  gsize start[FIELDS];
  gsize end[FIELDS];
  guint n;
} Fields;

static void
split (const char *line, Fields *fields)
{
  gsize at = 0;

  fields->n = 0;
  while (fields->n < FIELDS)
    {
      at += strspn (line + at, BLANKS);
      if (line[at] == '\0' || line[at] == '#')
        return;
      fields->start[fields->n] = at;
      at += strcspn (line + at, BLANKS);
      fields->end[fields->n++] = at;
    }
}

static char *
take_field (const char *line, const Fields *fields, guint i)
{
  return fields->n > i ? g_strndup (line + fields->start[i], fields->end[i] - fields->start[i])
                       : g_strdup ("");
}

static char *
with_field (const char *line, const Fields *fields, guint i, const char *value)
{
  g_autofree char *before = g_strndup (line, fields->start[i]);

  return g_strconcat (before, value, line + fields->end[i], NULL);
}

static gboolean
has_option (const char *options, const char *option)
{
  g_auto (GStrv) list = g_strsplit (options, ",", -1);

  return g_strv_contains ((const char *const *) list, option);
}

/* A guest without it boots all the same. */
static char *
with_nofail (const char *line, const Fields *fields, const char *options)
{
  g_autofree char *value = NULL;

  if (fields->n < FIELDS || has_option (options, "nofail") || has_option (options, "noauto"))
    return g_strdup (line);
  value = g_str_equal (options, "defaults") ? g_strdup ("nofail")
                                            : g_strconcat (options, ",nofail", NULL);
  return with_field (line, fields, FIELDS - 1, value);
}

static gboolean
is_removable (const char *device)
{
  return g_regex_match_simple ("^/dev/(sr[0-9]+|scd[0-9]+|cdrom[0-9]*|cdrw[0-9]*|dvd[0-9]*|dvdrw"
                               "|fd[0-9]+|floppy)$",
                               device, 0, 0);
}

/* Directories of the old host. */
static gboolean
is_share (const char *fs)
{
  static const char *const shares[]
      = { "vmhgfs", "fuse.vmhgfs-fuse", "vboxsf", "9p", "virtiofs", "prl_fs", NULL };

  return g_strv_contains (shares, fs);
}

static char *
convert_missing (DomuimgConvertEdit *self, const char *line, const Fields *fields,
                 const char *device, const char *point, const char *options)
{
  domuimg_convert_warn (self, "/etc/fstab: %s, for %s, is no device of this guest, and it boots"
                              " without",
                        device, point);
  return with_nofail (line, fields, options);
}

static char *
convert_line (DomuimgConvertEdit *self, const char *line)
{
  g_autofree char *device = NULL, *point = NULL, *fs = NULL, *options = NULL, *spec = NULL;
  Fields fields;

  split (line, &fields);
  if (fields.n < 3)
    return g_strdup (line);
  device = take_field (line, &fields, 0);
  point = take_field (line, &fields, 1);
  fs = take_field (line, &fields, 2);
  options = take_field (line, &fields, 3);
  if (is_share (fs))
    {
      domuimg_convert_warn (self, "/etc/fstab: %s was a directory of the old host, and is left out",
                            point);
      return g_strconcat ("# ", line, NULL);
    }
  if (is_removable (device) || g_str_equal (fs, "iso9660") || g_str_equal (fs, "udf,iso9660"))
    return with_nofail (line, &fields, options);
  switch (domuimg_convert_find_device (self, device, point, fs, &spec))
    {
    case DOMUIMG_DEVICE_FOUND:
      return with_field (line, &fields, 0, spec);
    case DOMUIMG_DEVICE_MISSING:
      return convert_missing (self, line, &fields, device, point, options);
    default:
      return g_strdup (line);
    }
}

static char *
convert_crypt_line (DomuimgConvertEdit *self, const char *line)
{
  g_autofree char *device = NULL, *spec = NULL;
  Fields fields;

  split (line, &fields);
  device = take_field (line, &fields, 1);
  if (fields.n < 2
      || domuimg_convert_find_device (self, device, NULL, NULL, &spec) != DOMUIMG_DEVICE_FOUND)
    return g_strdup (line);
  return with_field (line, &fields, 1, spec);
}

static gboolean
convert_file (DomuimgConvertEdit *self, const char *path,
              char *(*convert) (DomuimgConvertEdit *self, const char *line), GError **error)
{
  g_autofree char *text = domuimg_tree_read_text (self->root, path, NULL);
  g_auto (GStrv) lines = NULL;
  g_autofree char *edited = NULL;

  if (text == NULL)
    return TRUE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = convert (self, lines[i]);

      g_free (lines[i]);
      lines[i] = line;
    }
  edited = g_strjoinv ("\n", lines);
  return domuimg_repair_write (self->site, path, edited, 0644, error);
}

/* The root may come late, and tells which disk others are on. */
static void
learn_root (DomuimgConvertEdit *self)
{
  g_autofree char *text = domuimg_tree_read_text (self->root, "/etc/fstab", NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *device = NULL, *point = NULL;
      Fields fields;

      split (lines[i], &fields);
      device = take_field (lines[i], &fields, 0);
      point = take_field (lines[i], &fields, 1);
      if (g_str_equal (point, "/"))
        domuimg_convert_learn_root (self, device);
    }
}

gboolean
domuimg_convert_step_fstab (DomuimgConvertEdit *self, GError **error)
{
  learn_root (self);
  return convert_file (self, "/etc/fstab", convert_line, error)
         && convert_file (self, "/etc/crypttab", convert_crypt_line, error);
}
