/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an installer in QEMU: waits for its power-off, and finds out why it does not come. */
#include "config.h"
#include "lib/qemu/install.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/base/terminal.h"
#include "lib/qemu/serial.h"

#define PIECE 16384
/* Ctrl-], which leaves the consoles of xl and virsh, too. */
#define LEAVE 0x1d
/* All that VNC looks at. */
#define PASSWORD_LENGTH 8
#define PASSWORD_LETTERS "abcdefghijkmnpqrstuvwxyz23456789"
/* Taken in a row; then the monitor has its turn. */
#define PIECES_MAX 64
#define POLL_MSEC 500
/* Nobody reads faster. */
#define MESSAGE_USEC G_USEC_PER_SEC
/* The part of the time after which silence is taken for the end. */
#define SILENCE_PART 12
#define SILENCE_LEAST 10

typedef struct {
  const DomuimgQemuInstall *install;
  DomuimgProgress *progress;
  GCancellable *cancellable;
  DomuimgQemu *qemu;
  DomuimgSerial *serial;
  gint64 start;
  gint64 last_activity;
  gint64 next_message;
  DomuimgQemuCounts counts;
  gboolean has_reset;   /* since the disks were looked at */
  guint resets;
  guint64 reads_before; /* the last of them */
  gboolean has_panicked;
  DomuimgTerminal terminal;
  char *screen; /* (nullable) where it is, for a person */
  char *end; /* (nullable) why it shut down, QEMU's word */
} Run;

static void
run_clear (Run *self)
{
  g_clear_pointer (&self->qemu, domuimg_qemu_free);
  g_clear_pointer (&self->serial, domuimg_serial_free);
  g_clear_pointer (&self->end, g_free);
  g_clear_pointer (&self->screen, g_free);
  domuimg_terminal_restore (&self->terminal);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

static void
on_event (const char *name, JsonObject *data, gpointer user_data)
{
  Run *self = user_data;

  if (g_str_equal (name, "GUEST_PANICKED"))
    self->has_panicked = TRUE;
  else if (g_str_equal (name, "RESET"))
    self->has_reset
        |= data != NULL && json_object_get_boolean_member_with_default (data, "guest", FALSE);
  else if (g_str_equal (name, "SHUTDOWN") && self->end == NULL)
    self->end = g_strdup (
        data != NULL ? json_object_get_string_member_with_default (data, "reason", "") : "");
}

static gboolean
take_serial (Run *self, GError **error)
{
  char piece[PIECE];
  const char *news;

  for (guint i = 0; i < PIECES_MAX; i++)
    {
      gssize got = read (domuimg_qemu_get_serial (self->qemu), piece, sizeof piece);

      if (got <= 0)
        break;
      if (!domuimg_serial_take (self->serial, piece, (gsize) got, error))
        return FALSE;
      if (self->install->terminal_out >= 0
          && !domuimg_write_all (self->install->terminal_out, piece, (gsize) got))
        return domuimg_set_errno (error, errno, "writing to the terminal");
    }
  if (domuimg_serial_has_stirred (self->serial))
    self->last_activity = g_get_monotonic_time ();
  if (g_get_monotonic_time () < self->next_message || self->screen != NULL)
    return TRUE;
  news = domuimg_serial_get_news (self->serial);
  if (news == NULL)
    return TRUE;
  self->next_message = g_get_monotonic_time () + MESSAGE_USEC;
  domuimg_progress_set_message (self->progress, "Installing: %s", news);
  return TRUE;
}

/* What is typed. A terminal that is gone takes nobody's answers any more. */
static gboolean
take_keys (Run *self, GError **error)
{
  char piece[PIECE];
  gssize got = read (self->install->terminal_in, piece, sizeof piece);

  if (got <= 0 || memchr (piece, LEAVE, (gsize) got) != NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                   "the installation was given up: its terminal was left");
      return FALSE;
    }
  return domuimg_write_all (domuimg_qemu_get_input (self->qemu), piece, (gsize) got)
         || domuimg_set_errno (error, errno, "giving the installer what was typed");
}

/* SeaBIOS answers a restart by another one, before it reads anything: that is one. */
static void
count_reset (Run *self)
{
  if (self->has_reset && self->counts.reads != self->reads_before)
    {
      self->resets++;
      self->reads_before = self->counts.reads;
    }
  self->has_reset = FALSE;
}

/* QEMU does not tell when disks are used; it has to be asked. */
static gboolean
look_at_disks (Run *self, GError **error)
{
  const DomuimgQemuCounts before = self->counts;

  if (!domuimg_qemu_count (self->qemu, &self->counts, self->cancellable, error))
    return FALSE;
  if (self->counts.writes != before.writes || self->counts.reads != before.reads)
    self->last_activity = g_get_monotonic_time ();
  count_reset (self);
  return TRUE;
}

static gboolean
wait_for_news (Run *self, GError **error)
{
  GPollFD cancel = { -1, 0, 0 };
  gboolean has_cancel = g_cancellable_make_pollfd (self->cancellable, &cancel);
  GPollFD fds[] = { { domuimg_qemu_get_serial (self->qemu), G_IO_IN, 0 },
                    { domuimg_qmp_get_fd (domuimg_qemu_get_qmp (self->qemu)), G_IO_IN, 0 },
                    { self->install->terminal_in, G_IO_IN, 0 },
                    cancel };

  g_poll (fds, G_N_ELEMENTS (fds), POLL_MSEC);
  if (has_cancel)
    g_cancellable_release_fd (self->cancellable);
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (fds[2].revents != 0 && !take_keys (self, error))
    return FALSE;
  return take_serial (self, error) && domuimg_qmp_read (domuimg_qemu_get_qmp (self->qemu), error);
}

static gboolean
fail (const Run *self, GError **error, const char *why)
{
  return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "the installer of %s failed: %s",
                       self->install->name, why);
}

/* How it ended, once it has. An installer that ends by a restart has done its work, too. */
static gboolean
judge_end (Run *self, GError **error)
{
  gboolean is_restart = g_str_equal (self->end, "guest-reset");

  if (!is_restart && !g_str_equal (self->end, "guest-shutdown"))
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED,
                         "the installer of %s did not end by itself: QEMU was stopped (%s)",
                         self->install->name, self->end);
  if (!look_at_disks (self, error))
    return FALSE;
  if (self->counts.writes == 0)
    return fail (self, error,
                 is_restart ? "it restarted without having written to the disk"
                            : "it powered off without having written to the disk");
  return TRUE;
}

static gboolean
judge_time (Run *self, GError **error)
{
  gint64 now = g_get_monotonic_time ();
  guint64 silence = MAX (self->install->timeout / SILENCE_PART, SILENCE_LEAST);
  g_autofree char *why = NULL;

  if (self->install->timeout == 0)
    return TRUE;
  if ((guint64) (now - self->start) > self->install->timeout * G_USEC_PER_SEC)
    why = g_strdup_printf ("it had not powered off after %" G_GUINT64_FORMAT " seconds; give it more time with"
                           " --timeout",
                           self->install->timeout);
  else if (!self->install->is_attended
           && (guint64) (now - self->last_activity) > silence * G_USEC_PER_SEC)
    why = g_strdup_printf ("it stalled: for %" G_GUINT64_FORMAT " seconds it neither said anything on its serial"
                           " line nor used its disks",
                           silence);
  return why == NULL || fail (self, error, why);
}

static gboolean
judge (Run *self, GError **error)
{
  const char *panic = domuimg_serial_get_panic (self->serial);

  if (panic != NULL || self->has_panicked)
    return fail (self, error, panic != NULL ? panic : "its kernel panicked");
  if (domuimg_serial_get_question (self->serial) != NULL && !self->install->is_attended)
    {
      g_autofree char *why = g_strdup_printf ("it asks, and nobody answers: %s",
                                              domuimg_serial_get_question (self->serial));

      return fail (self, error, why);
    }
  if (self->resets > self->install->restarts && !self->install->is_attended)
    return fail (self, error, "it restarts again and again");
  if (self->end == NULL && domuimg_qmp_get_fd (domuimg_qemu_get_qmp (self->qemu)) < 0)
    return domuimg_qemu_explain_end (self->qemu, error);
  return judge_time (self, error);
}

static gboolean
watch (Run *self, GError **error)
{
  gint64 next = 0;

  while (self->end == NULL)
    {
      if (!wait_for_news (self, error) || !judge (self, error))
        return FALSE;
      if (self->end != NULL || g_get_monotonic_time () < next)
        continue;
      next = g_get_monotonic_time () + POLL_MSEC * 1000;
      if (!look_at_disks (self, error))
        return FALSE;
    }
  return take_serial (self, error) && judge_end (self, error);
}

/* QEMU writes to a file that only we may read: what is on the screen may be a secret. */
static gboolean
take_screen_as (Run *self, const char *suffix, gboolean is_png)
{
  g_autofree char *path = g_strconcat (self->install->screen, suffix, NULL);
  int fd = domuimg_private_file_make (path, NULL);

  if (fd < 0)
    return FALSE;
  close (fd);
  if (domuimg_qemu_take_screen (self->qemu, path, is_png, NULL, NULL))
    return TRUE;
  unlink (path);
  return FALSE;
}

/* It goes with the log; without one, the reason has to do. */
static void
take_screen (Run *self)
{
  if (domuimg_qmp_get_fd (domuimg_qemu_get_qmp (self->qemu)) >= 0
      && !take_screen_as (self, ".png", TRUE))
    take_screen_as (self, ".ppm", FALSE);
}

/* Nobody else on this host may type into the installer. */
static gboolean
show_by_vnc (Run *self, GError **error)
{
  char password[PASSWORD_LENGTH + 1] = "";
  g_autofree char *address = NULL;
  guint8 bytes[PASSWORD_LENGTH];

  if (getrandom (bytes, sizeof bytes, 0) != sizeof bytes)
    return domuimg_set_errno (error, errno, "making a password");
  for (guint i = 0; i < PASSWORD_LENGTH; i++)
    password[i] = PASSWORD_LETTERS[bytes[i] % strlen (PASSWORD_LETTERS)];
  address = domuimg_qemu_open_vnc (self->qemu, password, self->cancellable, error);
  if (address == NULL)
    return FALSE;
  self->screen = g_strdup_printf ("its screen is at %s by VNC, with the password %s", address, password);
  domuimg_progress_set_message (self->progress, "Installing: %s", self->screen);
  return TRUE;
}

static gboolean
show (Run *self, GError **error)
{
  if (self->install->terminal_in >= 0)
    domuimg_terminal_make_raw (&self->terminal, self->install->terminal_in);
  return self->install->machine.display != DOMUIMG_QEMU_DISPLAY_VNC || show_by_vnc (self, error);
}

gboolean
domuimg_qemu_install (const DomuimgQemuInstall *install, DomuimgProgress *progress,
                      GCancellable *cancellable, GError **error)
{
  g_auto (Run) self = { .install = install, .progress = progress, .cancellable = cancellable };

  self.serial = domuimg_serial_new (install->log, install->question, error);
  if (self.serial == NULL)
    return FALSE;
  self.start = self.last_activity = g_get_monotonic_time ();
  self.qemu = domuimg_qemu_start (&install->machine, on_event, &self, cancellable, error);
  if (self.qemu == NULL || !show (&self, error))
    return FALSE;
  if (watch (&self, error))
    return domuimg_qemu_stop (self.qemu, cancellable, error);
  if (error == NULL || !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    take_screen (&self);
  return FALSE;
}
