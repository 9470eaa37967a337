/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that libxl reads: made without a name, and named at the end. */
#include "config.h"
#include "lib/bootloader/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"

#define ATTEMPTS 100

gboolean
domuimg_output_format_parse (const char *text, DomuimgOutputFormat *format)
{
  static const char *const names[] = { "sxp", "simple", "simple0" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (text, names[i]))
      {
        *format = i;
        return TRUE;
      }
  return FALSE;
}

/* Quotes a string as Python does. */
static void
add_quoted (GString *to, const char *key, const char *value)
{
  char quote = strchr (value, '\'') != NULL && strchr (value, '"') == NULL ? '"' : '\'';

  g_string_append_printf (to, "(%s %c", key, quote);
  for (const char *at = value; *at != '\0'; at++)
    {
      if (*at == quote || *at == '\\')
        g_string_append_c (to, '\\');
      if (g_ascii_iscntrl (*at))
        g_string_append_printf (to, "\\x%02x", (guint8) *at);
      else
        g_string_append_c (to, *at);
    }
  g_string_append_printf (to, "%c)", quote);
}

static void
add_simple (GString *to, const char *key, const char *value, char end)
{
  if (value != NULL)
    g_string_append_printf (to, "%s %s", key, value);
  if (value != NULL)
    g_string_append_c (to, end);
}

GBytes *
domuimg_output_format (DomuimgOutputFormat format, const char *kernel, const char *ramdisk,
                       const char *args, GError **error)
{
  const char *const values[] = { kernel, ramdisk, args };
  char end = format == DOMUIMG_OUTPUT_SIMPLE ? '\n' : '\0';
  GString *text = g_string_new (NULL);

  for (guint i = 0; format == DOMUIMG_OUTPUT_SIMPLE && i < G_N_ELEMENTS (values); i++)
    if (values[i] != NULL && strchr (values[i], '\n') != NULL)
      {
        g_string_free (text, TRUE);
        domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                      "the format simple cannot have a value of several lines");
        return NULL;
      }
  if (format == DOMUIMG_OUTPUT_SXP)
    {
      g_string_append (text, "linux ");
      add_quoted (text, "kernel", kernel);
      if (ramdisk != NULL)
        add_quoted (text, "ramdisk", ramdisk);
      if (args != NULL)
        add_quoted (text, "args", args);
      return g_string_free_to_bytes (text);
    }
  add_simple (text, "kernel", kernel, end);
  add_simple (text, "ramdisk", ramdisk, end);
  add_simple (text, "args", args, end);
  g_string_append_c (text, end);
  return g_string_free_to_bytes (text);
}

/* Where the filesystem has files without a name, not even a kill leaves one. */
gboolean
domuimg_output_file_open (DomuimgOutputFile *self, const char *directory, GError **error)
{
  *self = (DomuimgOutputFile){ -1, NULL, FALSE };
  self->fd = open (directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (self->fd >= 0)
    return TRUE;
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
    return domuimg_set_errno (error, errno, "making a file in %s", directory);
  self->path = g_build_filename (directory, "boot_file.XXXXXX", NULL);
  self->fd = g_mkstemp_full (self->path, O_RDWR | O_CLOEXEC, 0600);
  if (self->fd >= 0)
    return TRUE;
  domuimg_set_errno (error, errno, "making a file in %s", directory);
  g_clear_pointer (&self->path, g_free);
  return FALSE;
}

gboolean
domuimg_output_file_name (DomuimgOutputFile *self, const char *directory, const char *prefix,
                          GError **error)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", self->fd);

  for (int i = 0; i < ATTEMPTS; i++)
    {
      g_autofree char *path
          = g_strdup_printf ("%s/%s.%08x", directory, prefix, g_random_int ());
      int failed = self->path == NULL
                       ? linkat (AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW)
                       : renameat2 (AT_FDCWD, self->path, AT_FDCWD, path, RENAME_NOREPLACE);

      if (failed == 0)
        {
          g_free (self->path);
          self->path = g_steal_pointer (&path);
          return TRUE;
        }
      if (errno != EEXIST)
        return domuimg_set_errno (error, errno, "naming a file in %s", directory);
    }
  return domuimg_set_errno (error, EEXIST, "naming a file in %s", directory);
}

void
domuimg_output_file_clear (DomuimgOutputFile *self)
{
  if (self->path != NULL && !self->kept)
    unlink (self->path);
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->path, g_free);
  self->fd = -1;
}

gboolean
domuimg_output_write (const char *path, GBytes *text, GError **error)
{
  gsize size;
  const void *data = g_bytes_get_data (text, &size);
  g_auto (DomuimgFd) fd = -1;

  if (path == NULL)
    return domuimg_write_all (STDOUT_FILENO, data, size)
           || domuimg_set_errno (error, errno, "writing to stdout");
  fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0 || !domuimg_write_all (fd, data, size))
    return domuimg_set_errno (error, errno, "writing %s", path);
  return TRUE;
}

void
domuimg_output_say (const char *format, ...)
{
  g_autofree char *text = NULL, *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = g_strdup_printf ("domuimg-bootloader: %s%s", text,
                          isatty (STDERR_FILENO) ? "\r\n" : "\n");
  /* Whom nobody hears is not heard. */
  (void) !domuimg_write_all (STDERR_FILENO, line, strlen (line));
}
