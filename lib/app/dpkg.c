/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses dpkg's list of installed packages. */
#include "config.h"
#include "lib/app/packages.h"

#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"
#define NAME_MAX_LENGTH 128

void
domuimg_package_free (DomuimgPackage *self)
{
  g_free (self->name);
  g_free (self->version);
  g_free (self->architecture);
  g_free (self->source);
  g_free (self->source_version);
  g_ptr_array_unref (self->depends);
  g_free (self);
}

static DomuimgPackage *
package_new (void)
{
  DomuimgPackage *self = g_new0 (DomuimgPackage, 1);

  self->depends = g_ptr_array_new_with_free_func (g_free);
  return self;
}

typedef struct {
  GPtrArray *packages;
  DomuimgPackage *package; /* (nullable) of this paragraph */
  gboolean is_installed;
  guint line;
} Parser;

static gboolean
corrupt (const Parser *self, const char *why, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "line %u: %s", self->line, why);
}

/* Its first characters as far as they are of a name. */
static char *
take_name (const char *text, gsize length)
{
  gsize end = 0;

  while (end < length && text[end] != '\0' && strchr (NAME_CHARACTERS, text[end]) != NULL)
    end++;
  return end > 0 && end <= NAME_MAX_LENGTH ? g_strndup (text, end) : NULL;
}

/* "libc6 (>= 2.34), mail-transport-agent | cron:any" */
static void
take_depends (DomuimgPackage *package, const char *value, gsize length)
{
  gsize at = 0;

  while (at < length)
    {
      char *name;
      gsize start = at;

      while (at < length && value[at] != ',' && value[at] != '|')
        at++;
      while (start < at && value[start] == ' ')
        start++;
      name = take_name (value + start, at - start);
      if (name != NULL)
        g_ptr_array_add (package->depends, name);
      at++;
    }
}

/* "glibc" or "glibc (2.36-9)" */
static void
take_source (DomuimgPackage *package, const char *value, gsize length)
{
  const char *open = memchr (value, '(', length);
  const char *close = open != NULL ? memchr (open, ')', length - (gsize) (open - value)) : NULL;

  g_free (package->source);
  package->source = take_name (value, length);
  g_clear_pointer (&package->source_version, g_free);
  if (close != NULL)
    package->source_version = g_strndup (open + 1, (gsize) (close - open - 1));
}

static void
set_text (char **field, const char *value, gsize length)
{
  g_free (*field);
  *field = g_utf8_make_valid (value, (gssize) length);
}

static gboolean
is_field (const char *name, gsize length, const char *wanted)
{
  return length == strlen (wanted) && g_ascii_strncasecmp (name, wanted, length) == 0;
}

static gboolean
begin_package (Parser *self, const char *value, gsize length, GError **error)
{
  if (self->package != NULL)
    return corrupt (self, "a package begins inside of another", error);
  self->package = package_new ();
  self->package->name = take_name (value, length);
  self->is_installed = FALSE;
  return (self->package->name != NULL && strlen (self->package->name) == length)
         || corrupt (self, "this is not the name of a package", error);
}

static gboolean
take_field (Parser *self, const char *name, gsize name_length, const char *value, gsize length,
            GError **error)
{
  static const char installed[] = " installed";
  DomuimgPackage *package = self->package;

  if (is_field (name, name_length, "Package"))
    return begin_package (self, value, length, error);
  if (package == NULL)
    return corrupt (self, "a field comes before the name of its package", error);
  if (is_field (name, name_length, "Status"))
    self->is_installed
        = length > strlen (installed)
          && memcmp (value + length - strlen (installed), installed, strlen (installed)) == 0;
  else if (is_field (name, name_length, "Version"))
    set_text (&package->version, value, length);
  else if (is_field (name, name_length, "Architecture"))
    set_text (&package->architecture, value, length);
  else if (is_field (name, name_length, "Source"))
    take_source (package, value, length);
  else if (is_field (name, name_length, "Depends")
           || is_field (name, name_length, "Pre-Depends"))
    take_depends (package, value, length);
  return TRUE;
}

static gboolean
end_package (Parser *self, GError **error)
{
  DomuimgPackage *package = g_steal_pointer (&self->package);

  if (package == NULL)
    return TRUE;
  if (!self->is_installed)
    {
      domuimg_package_free (package);
      return TRUE;
    }
  g_ptr_array_add (self->packages, package);
  if (package->version == NULL)
    return corrupt (self, "an installed package has no version", error);
  if (package->source == NULL)
    package->source = g_strdup (package->name);
  if (package->source_version == NULL)
    package->source_version = g_strdup (package->version);
  return TRUE;
}

static gboolean
take_line (Parser *self, const char *line, gsize length, GError **error)
{
  const char *colon;
  gsize start, end = length;

  if (length == 0)
    return end_package (self, error);
  /* Further lines of a field; of those that are read none has any. */
  if (line[0] == ' ' || line[0] == '\t')
    return self->package != NULL || corrupt (self, "it belongs to no package", error);
  colon = memchr (line, ':', length);
  if (colon == NULL || memchr (line, '\0', length) != NULL)
    return corrupt (self, "a field has no colon", error);
  start = (gsize) (colon - line) + 1;
  while (start < end && g_ascii_isspace (line[start]))
    start++;
  while (end > start && g_ascii_isspace (line[end - 1]))
    end--;
  return take_field (self, line, (gsize) (colon - line), line + start, end - start, error);
}

gboolean
domuimg_dpkg_status_parse (DomuimgBytes bytes, GPtrArray *packages, GError **error)
{
  const char *text = (const char *) bytes.data;
  Parser self = { packages };
  gboolean ok = TRUE;
  gsize at = 0;

  while (ok && at < bytes.size)
    {
      const char *end = memchr (text + at, '\n', bytes.size - at);
      gsize length = end != NULL ? (gsize) (end - text) - at : bytes.size - at;

      self.line++;
      ok = take_line (&self, text + at, length, error);
      at += length + 1;
    }
  ok = ok && end_package (&self, error);
  g_clear_pointer (&self.package, domuimg_package_free);
  return ok;
}
