/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom an application runs as, and what ends it: held against the guest before it is started. */
#include "config.h"
#include "lib/guest/application.h"

#include <signal.h>
#include <string.h>

/* The last one is what calls take for "leave it as it is". */
#define ID_MAX ((guint64) G_MAXUINT32 - 1)
/* Those of the kernel: C libraries keep one or two of them, and SIGRTMIN is another there. */
#define SIGNAL_RT_MIN 34
#define SIGNAL_MAX 64

/* A file of accounts, and how many fields a line must have for a C library to take it. */
typedef struct {
  const char *path, *what;
  guint fields;
} Database;

static const Database passwd = { "/etc/passwd", "user", 7 };
static const Database group = { "/etc/group", "group", 4 };

gboolean
domuimg_application_fail_plainly (GError **error, GError *from)
{
  GString *plain = g_string_new (NULL);

  for (const char *at = from->message; *at != '\0'; at = g_utf8_next_char (at))
    g_string_append_unichar (plain, g_unichar_iscntrl (g_utf8_get_char (at)) ? '?' : g_utf8_get_char (at));
  g_free (from->message);
  from->message = g_string_free (plain, FALSE);
  g_propagate_error (error, from);
  return FALSE;
}

static gboolean
is_id (const char *text)
{
  return g_ascii_string_to_unsigned (text, 10, 0, ID_MAX, NULL, NULL);
}

static gboolean
has_name (const char *text, const char *name, guint n_fields)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = g_strsplit (lines[i], ":", -1);

      if (g_strv_length (fields) >= n_fields && g_str_equal (fields[0], name) && is_id (fields[2]))
        return TRUE;
    }
  return FALSE;
}

/* A number needs no line. */
static gboolean
check_account (const Database *in, const char *name, DomuimgEdit *edit, GError **error)
{
  g_autofree char *text = NULL;

  if (is_id (name))
    return TRUE;
  if (!domuimg_edit_read (edit, in->path, &text, error))
    return FALSE;
  if (*name != '\0' && text != NULL && has_name (text, name, in->fields))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                       "the %s that the application is to run as, “%s”, is not in the guest's %s, nor a number"
                       " from 0 to %" G_GUINT64_FORMAT,
                       in->what, name, in->path, ID_MAX);
}

gboolean
domuimg_application_check_user (const DomuimgApplication *self, DomuimgEdit *edit, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (self->user != NULL ? self->user : "0", ":", 2);

  return check_account (&passwd, parts[0] != NULL ? parts[0] : "", edit, error)
         && (parts[0] == NULL || parts[1] == NULL || check_account (&group, parts[1], edit, error));
}

/* (nullable) (transfer full) "RTMIN+3" or "RTMAX-2" as a number. */
static char *
read_realtime (const char *name)
{
  gboolean is_max = g_str_has_prefix (name, "RTMAX");
  const char *rest = name + strlen ("RTMAX");
  guint64 offset = 0;

  if (!is_max && !g_str_has_prefix (name, "RTMIN"))
    return NULL;
  if (*rest != '\0'
      && (*rest != (is_max ? '-' : '+')
          || !g_ascii_string_to_unsigned (rest + 1, 10, 0, SIGNAL_MAX - SIGNAL_RT_MIN, &offset, NULL)))
    return NULL;
  return g_strdup_printf ("%u", is_max ? SIGNAL_MAX - (guint) offset : SIGNAL_RT_MIN + (guint) offset);
}

/* (nullable) (transfer full) The name of those that our init knows by name, else the number. */
static char *
read_signal (const char *name)
{
  static const char *const known[] = { "TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "KILL", "WINCH", NULL };
  guint64 number;

  if (g_ascii_string_to_unsigned (name, 10, 1, SIGNAL_MAX, &number, NULL))
    return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
  if (g_strv_contains (known, name))
    return g_strdup (name);
  for (int i = 1; i < SIGNAL_RT_MIN; i++)
    if (g_strcmp0 (sigabbrev_np (i), name) == 0)
      return g_strdup_printf ("%d", i);
  return read_realtime (name);
}

gboolean
domuimg_application_set_stop_signal (DomuimgApplication *self, const char *text, GError **error)
{
  g_autofree char *upper = g_ascii_strup (text, -1);
  char *read = read_signal (g_str_has_prefix (upper, "SIG") ? upper + strlen ("SIG") : upper);

  if (read == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "the signal that ends the application, “%s”, is neither a name of one (SIGTERM, SIGRTMIN+3)"
                         " nor a number from 1 to %d",
                         text, SIGNAL_MAX);
  g_free (self->stop_signal);
  self->stop_signal = read;
  return TRUE;
}
