/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/device.h"

#include <stdlib.h>
#include <string.h>

#include "lib/domain/model/domain.h"
#include "lib/domain/model/vdev.h"

/* One disk, by xl-disk-configuration(5) and the lexer that libxlutil has for it
 * (libxlu_disk_l.l): options by name, old prefixes, and the rest by position. */

#define MAX_OPTIONS 64

typedef struct {
  DomuimgDomainDisk *disk;
  const char *text;
  char *format; /* as given; NULL: not yet */
  char *target; /* NULL: not yet; "" counts as given, but may be given again */
  char *vdev;   /* likewise */
  GPtrArray *options;
  gsize vdev_start;
  gsize vdev_length;
  gboolean prefixed;
  gboolean access_given;
  gboolean writable;
  gboolean deprecated;
  char **problem;
} Parser;

static gboolean refuse (Parser *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (Parser *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (self->problem != NULL)
    *self->problem = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

static gboolean
set_format (Parser *self, const char *value)
{
  static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd", "empty", "qed", NULL };

  if (*value == '\0')
    value = "raw";
  if (!g_strv_contains (formats, value))
    return refuse (self, "“%s” is not a format: use raw, qcow, qcow2, qed or vhd", value);
  if (self->format != NULL && !g_str_equal (self->format, value))
    return refuse (self, "its format is both %s and %s", self->format, value);
  g_free (self->format);
  self->format = g_strdup (value);
  return TRUE;
}

static gboolean
set_access (Parser *self, const char *value)
{
  static const char *const readable[] = { "r", "ro", NULL };
  static const char *const writable[] = { "rw", "w", "", NULL };

  if (!g_strv_contains (readable, value) && !g_strv_contains (writable, value))
    return refuse (self, "“%s” is not an access: use ro or rw", value);
  self->writable = g_strv_contains (writable, value);
  return TRUE;
}

static gboolean
set_target (Parser *self, const char *value)
{
  if (self->target != NULL && *self->target != '\0')
    return refuse (self, "it has two targets, “%s” and “%s”", self->target, value);
  g_free (self->target);
  self->target = g_strdup (value);
  return TRUE;
}

/* @start is where @value is in the whole text. */
static gboolean
set_vdev (Parser *self, const char *value, gsize start)
{
  if (self->vdev != NULL && *self->vdev != '\0')
    return refuse (self, "it has two vdevs, %s and %s", self->vdev, value);
  g_free (self->vdev);
  self->vdev = g_strdup (value);
  self->vdev_start = start;
  self->vdev_length = strlen (value);
  return TRUE;
}

static gboolean
set_backendtype (Parser *self, const char *value)
{
  static const char *const types[] = { "phy", "tap", "qdisk", "standalone", NULL };

  if (!g_strv_contains (types, value))
    return refuse (self, "“%s” is not a backendtype: use phy, qdisk, tap or standalone",
                   value);
  if (self->disk->backendtype != NULL && !g_str_equal (self->disk->backendtype, value))
    return refuse (self, "its backendtype is both %s and %s", self->disk->backendtype, value);
  domuimg_replace_text (&self->disk->backendtype, value);
  return TRUE;
}

/* An option that the model has no place for, carried as it is. One that has a value must not be
 * given a second time. */
static gboolean
keep_option (Parser *self, const char *option)
{
  const char *equals = strchr (option, '=');
  gboolean repeatable = g_str_has_prefix (option, "colo-port=");
  gsize length = equals != NULL ? (gsize) (equals + 1 - option) : 0;

  for (guint i = 0; equals != NULL && !repeatable && i < self->options->len; i++)
    {
      const char *other = g_ptr_array_index (self->options, i);

      if (strncmp (other, option, length) == 0 && other[length] != '\0'
          && (!g_str_has_prefix (option, "specification=") || !g_str_equal (other, option)))
        return refuse (self, "%.*s is given twice", (int) length - 1, option);
    }
  if (self->options->len >= MAX_OPTIONS)
    return refuse (self, "it has more options than there are");
  g_ptr_array_add (self->options, g_strdup (option));
  return TRUE;
}

/* KEY=VALUE, whole in @item, which starts at @start. */
static gboolean
set_pair (Parser *self, const char *item, gsize start)
{
  static const char *const kept[]
      = { "backend", "script", "colo-host", "colo-export", "active-disk", "hidden-disk", NULL };
  const char *value = strchr (item, '=') + 1;
  g_autofree char *key = g_strndup (item, value - 1 - item);

  if (g_str_equal (key, "format"))
    return set_format (self, value);
  if (g_str_equal (key, "access"))
    return set_access (self, value);
  if (g_str_equal (key, "vdev"))
    return set_vdev (self, value, start + (value - item));
  if (g_str_equal (key, "backendtype"))
    return set_backendtype (self, value);
  if (g_str_equal (key, "devtype"))
    {
      self->disk->cdrom = g_str_equal (value, "cdrom");
      return self->disk->cdrom || g_str_equal (value, "disk")
             || refuse (self, "“%s” is not a devtype: use cdrom or disk", value);
    }
  if (g_str_equal (key, "specification") && !g_str_equal (value, "xen")
      && !g_str_equal (value, "virtio"))
    return refuse (self, "“%s” is not a specification: use xen or virtio", value);
  if (g_str_equal (key, "colo-port") && atoi (value) == 0)
    return refuse (self, "colo-port “%s” is not a number", value);
  if (g_strv_contains (kept, key) || g_str_equal (key, "specification")
      || g_str_equal (key, "colo-port"))
    return keep_option (self, item);
  return refuse (self, "“%s” is not an option; a target that holds = has to be given last, as "
                       "target=…",
                 key);
}

static gboolean
is_flag (const char *item)
{
  static const char *const flags[] = { "direct-io-safe", "discard", "no-discard", "colo",
                                       "no-colo", "trusted", "untrusted", NULL };

  return g_strv_contains (flags, item);
}

/* "hdc:cdrom": FALSE where there is no colon. */
static gboolean
split_vdev (Parser *self, const char *item, gsize start, gboolean *failed)
{
  const char *colon = strrchr (item, ':');
  g_autofree char *vdev = NULL;

  *failed = FALSE;
  if (colon == NULL)
    return FALSE;
  vdev = g_strndup (item, colon - item);
  self->deprecated = TRUE;
  self->disk->cdrom = g_str_equal (colon + 1, "cdrom");
  *failed = !set_vdev (self, vdev, start)
            || (!self->disk->cdrom && !g_str_equal (colon + 1, "disk")
                && !refuse (self, "what follows : in “%s” is neither cdrom nor disk", item));
  return TRUE;
}

static gboolean
set_position (Parser *self, const char *item, gsize start)
{
  gboolean failed;

  if (self->target == NULL)
    return set_target (self, item);
  if (!self->prefixed && self->format == NULL)
    {
      if (*self->target != '\0' || !split_vdev (self, item, start, &failed))
        return set_format (self, item);
      self->format = g_strdup ("empty");
      return !failed;
    }
  if (self->vdev == NULL)
    {
      if (split_vdev (self, item, start, &failed))
        return !failed;
      return set_vdev (self, item, start);
    }
  if (self->access_given)
    return refuse (self, "“%s” is one value too many", item);
  self->access_given = TRUE;
  return set_access (self, item);
}

/* The old "tap:aio:/path" and its kin. Its length in @length, 0 where @at has none. */
static gboolean
take_prefix (Parser *self, const char *at, gsize *length)
{
  static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd", NULL };
  static const char *const scripts[] = { "iscsi", "nbd", "enbd", "drbd", NULL };
  static const char *const others[]
      = { "tapdisk", "tap", "tap2", "aio", "ioemu", "file", "phy", NULL };
  gsize end = g_ascii_islower (*at) ? strspn (at, G_CSET_a_2_z G_CSET_DIGITS) : 0;
  g_autofree char *name = g_strndup (at, end);
  g_autofree char *script = NULL;

  *length = 0;
  if (end == 0 || at[end] != ':')
    return TRUE;
  if (g_strv_contains (formats, name) || g_strv_contains (scripts, name) || g_strv_contains (others, name))
    {
      *length = end + 1;
      self->prefixed = self->deprecated = TRUE;
    }
  if (g_strv_contains (formats, name))
    return set_format (self, name);
  script = g_strdup_printf ("script=block-%s", name);
  if (g_strv_contains (scripts, name))
    return keep_option (self, script);
  /* "hdc:cdrom" is none, "new:/path" is one that nobody knows. */
  if (*length == 0 && !g_ascii_islower (at[end + 1]) && !g_ascii_isdigit (at[end + 1]))
    return refuse (self, "“%s:” is not a prefix of a disk", name);
  return TRUE;
}

/* "NAME=" at the very end, which libxlutil takes for NAME unless it is an option's. */
static gboolean
ends_in_equals (const char *at, gsize word)
{
  static const char *const keys[]
      = { "format",        "devtype",   "access",    "backend",     "backendtype",
          "specification", "vdev",      "script",    "colo-host",   "colo-port",
          "colo-export",   "active-disk", "hidden-disk", NULL };
  g_autofree char *key = g_strndup (at, word);

  return at[word] == '=' && at[word + 1] == '\0' && !g_strv_contains (keys, key);
}

static gboolean
take_item (Parser *self, const char *at, gsize *length)
{
  g_autofree char *item = NULL;
  gboolean equals;
  gsize word, whole;

  if (!take_prefix (self, at, length))
    return FALSE;
  if (*length > 0)
    return TRUE;
  word = strcspn (at, "=,");
  equals = ends_in_equals (at, word);
  whole = equals ? word : strcspn (at, ",");
  *length = whole + (at[whole] != '\0' ? 1 : 0);
  item = g_strndup (at, whole);
  if (equals && word == 0)
    return TRUE;
  if (!equals && at[word] == '=' && g_ascii_islower (*at)
      && strspn (at, G_CSET_a_2_z G_CSET_DIGITS "-") == word)
    return set_pair (self, item, at - self->text);
  if (!equals && at[word] == '=')
    return refuse (self, "“%s” is no KEY=VALUE; a target that holds = has to be given last, as "
                         "target=…",
                   item);
  if (g_str_equal (item, "cdrom"))
    return self->disk->cdrom = TRUE;
  return is_flag (item) ? keep_option (self, item)
                        : set_position (self, item, at - self->text);
}

static gboolean
take_all (Parser *self)
{
  static const char last[] = "target=";
  const char *at = self->text;

  /* libxlutil takes a line end in odd places only. */
  if (strchr (at, '\n') != NULL)
    return refuse (self, "there is a line end in it");
  for (at += strspn (at, " \t"); *at != '\0'; at += strspn (at, " \t"))
    {
      gsize length;

      if (g_str_has_prefix (at, last))
        {
          /* One comma at the end is dropped. */
          g_autofree char *target = g_strdup (at + strlen (last));

          if (g_str_has_suffix (target, ","))
            target[strlen (target) - 1] = '\0';
          return set_target (self, target);
        }
      if (!take_item (self, at, &length))
        return FALSE;
      at += length;
    }
  return TRUE;
}

static gboolean
finish (Parser *self)
{
  DomuimgDomainDisk *disk = self->disk;
  gboolean empty = self->target == NULL || *self->target == '\0';
  guint number;

  if (self->vdev == NULL)
    return refuse (self, "it has no vdev, such as xvda");
  if (!domuimg_vdev_number (self->vdev, &number))
    return refuse (self, "“%s” is not a virtual device such as xvda", self->vdev);
  domuimg_replace_text (&disk->vdev, self->vdev);
  if (empty && !disk->cdrom)
    return refuse (self, "it has no target, and only a CD-ROM drive may be empty");
  if (g_strcmp0 (self->format, "empty") == 0 && !empty)
    return refuse (self, "its format is empty, and it has the target “%s”", self->target);
  domuimg_replace_text (&disk->target, self->target);
  if (!empty)
    domuimg_domain_disk_set_format (disk, self->format);
  disk->readonly = disk->cdrom || !self->writable;
  if (self->options->len > 0)
    {
      g_ptr_array_add (self->options, NULL);
      disk->options = g_strjoinv (",", (char **) self->options->pdata);
    }
  return TRUE;
}

DomuimgDomainDisk *
domuimg_xl_disk_read (const char *text, DomuimgXlDevice *more, char **problem)
{
  g_autoptr (DomuimgDomainDisk) disk = g_object_new (DOMUIMG_TYPE_DOMAIN_DISK, NULL);
  g_autoptr (GPtrArray) options = g_ptr_array_new_with_free_func (g_free);
  Parser self = { disk, text };
  gboolean good;

  self.options = options;
  self.writable = TRUE;
  self.problem = problem;
  good = take_all (&self) && finish (&self);
  *more = (DomuimgXlDevice){ self.vdev_start, self.vdev_length, self.deprecated };
  g_free (self.format);
  g_free (self.target);
  g_free (self.vdev);
  return good ? g_steal_pointer (&disk) : NULL;
}

DomuimgDomainDisk *
domuimg_xl_disk_parse (const char *text, char **problem)
{
  DomuimgXlDevice more;

  return domuimg_xl_disk_read (text, &more, problem);
}
