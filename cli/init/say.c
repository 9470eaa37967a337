/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages on the console, and small files as a whole. */
#include "cli/init/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_SIZE 1024
#define LOAD_FIRST 4096

/* One write, so that lines of several processes are not mixed. */
static void __attribute__ ((format (printf, 1, 0)))
put (const char *format, va_list arguments, const char *reason)
{
  char line[LINE_MAX_SIZE];
  size_t length = (size_t) snprintf (line, sizeof line, "domuimg-init: ");

  length += (size_t) vsnprintf (line + length, sizeof line - length, format, arguments);
  if (length < sizeof line && reason != NULL)
    length += (size_t) snprintf (line + length, sizeof line - length, ": %s", reason);
  if (length > sizeof line - 2)
    length = sizeof line - 2;
  line[length++] = '\n';
  if (write (STDERR_FILENO, line, length) < 0)
    return;
}

void
say (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  put (format, arguments, NULL);
  va_end (arguments);
}

void
say_errno (const char *format, ...)
{
  const char *reason = strerror (errno);
  va_list arguments;

  va_start (arguments, format);
  put (format, arguments, reason);
  va_end (arguments);
}

long
read_file (const char *path, char *buffer, size_t size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t got = 0, length = 0;

  if (fd < 0)
    return -1;
  while ((size_t) length < size - 1
         && (got = read (fd, buffer + length, size - 1 - (size_t) length)) > 0)
    length += got;
  close (fd);
  buffer[length] = '\0';
  return got < 0 ? -1 : length;
}

char *
load_file (const char *path)
{
  size_t size = LOAD_FIRST;
  char *text = malloc (size);
  long length = 0;

  /* Files of /proc do not say how long they are. */
  while (text != NULL && (length = read_file (path, text, size)) == (long) size - 1)
    {
      char *larger = realloc (text, size *= 2);

      if (larger == NULL)
        free (text);
      text = larger;
    }
  if (text != NULL && length >= 0)
    return text;
  free (text);
  return NULL;
}

bool
write_file (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool done;

  if (fd < 0)
    return false;
  done = write (fd, text, strlen (text)) == (ssize_t) strlen (text);
  close (fd);
  return done;
}

void
sleep_ms (unsigned milliseconds)
{
  struct timespec time = { milliseconds / 1000, (long) (milliseconds % 1000) * 1000000 };

  while (nanosleep (&time, &time) != 0 && errno == EINTR)
    ;
}
