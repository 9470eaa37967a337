/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest's console, shown on this terminal or watched for a login prompt. */
#include "config.h"
#include "lib/host/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/fd.h"

#define ESCAPE 0x1d /* Ctrl-], as xl console has it */
#define PROMPT "login:"
#define POLL_MSEC 100

struct _DomuimgConsole {
  gboolean interactive;
  GThread *thread;
  GMutex lock; /* of what follows */
  char *tty;   /* (nullable) to be opened next */
  gboolean stop;
  gboolean last; /* no other tty comes */
  gboolean has_login;
  gboolean ended;

  /* The thread's own. */
  GString *seen; /* the end of what came */
  gboolean reads_input;
};

static char *
take_tty (DomuimgConsole *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return g_steal_pointer (&self->tty);
}

static gboolean
is_over (DomuimgConsole *self, gboolean hung_up)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->stop || (hung_up && self->last && self->tty == NULL);
}

static void
look_for_prompt (DomuimgConsole *self, const char *block, gsize length)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_string_append_len (self->seen, block, (gssize) length);
  if (memmem (self->seen->str, self->seen->len, PROMPT, strlen (PROMPT)) != NULL)
    self->has_login = TRUE;
  if (self->seen->len > strlen (PROMPT))
    g_string_erase (self->seen, 0, (gssize) (self->seen->len - strlen (PROMPT)));
}

/* FALSE at its end. */
static gboolean
from_guest (DomuimgConsole *self, int tty)
{
  char block[4096];
  gssize got = read (tty, block, sizeof block);

  if (got < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (got <= 0)
    return FALSE;
  look_for_prompt (self, block, (gsize) got);
  return !self->interactive || domuimg_write_all (STDOUT_FILENO, block, (gsize) got);
}

/* FALSE where the person is done. */
static gboolean
to_guest (DomuimgConsole *self, int tty)
{
  char block[256];
  gssize got = read (STDIN_FILENO, block, sizeof block);

  if (got < 0 && errno == EINTR)
    return TRUE;
  if (got <= 0)
    {
      self->reads_input = FALSE;
      return TRUE;
    }
  if (memchr (block, ESCAPE, (gsize) got) != NULL)
    return FALSE;
  domuimg_write_all (tty, block, (gsize) got);
  return TRUE;
}

static int
open_tty (const char *path)
{
  struct termios raw;
  int fd = open (path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

  if (fd >= 0 && tcgetattr (fd, &raw) == 0)
    {
      cfmakeraw (&raw);
      tcsetattr (fd, TCSANOW, &raw);
    }
  return fd;
}

static void
pump (DomuimgConsole *self)
{
  g_auto (DomuimgFd) fd = -1;

  while (!is_over (self, fd < 0))
    {
      g_autofree char *next = take_tty (self);
      struct pollfd fds[2];

      if (next != NULL)
        {
          domuimg_fd_clear (&fd);
          fd = open_tty (next);
        }
      fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
      fds[1] = (struct pollfd){ .fd = self->reads_input && fd >= 0 ? STDIN_FILENO : -1,
                                .events = POLLIN };
      if (poll (fds, 2, POLL_MSEC) <= 0)
        continue;
      if (fds[1].revents != 0 && !to_guest (self, fd))
        return;
      if (fds[0].revents != 0 && !from_guest (self, fd))
        domuimg_fd_clear (&fd);
    }
}

static gpointer
work (gpointer data)
{
  DomuimgConsole *self = data;
  struct termios before, raw;
  gboolean terminal = self->interactive && tcgetattr (STDIN_FILENO, &before) == 0;

  if (terminal)
    {
      raw = before;
      cfmakeraw (&raw);
      tcsetattr (STDIN_FILENO, TCSANOW, &raw);
    }
  pump (self);
  if (terminal)
    tcsetattr (STDIN_FILENO, TCSANOW, &before);
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_mutex_unlock (&self->lock);
  return NULL;
}

DomuimgConsole *
domuimg_console_new (gboolean interactive)
{
  DomuimgConsole *self = g_new0 (DomuimgConsole, 1);

  g_mutex_init (&self->lock);
  self->interactive = self->reads_input = interactive;
  self->seen = g_string_new (NULL);
  return self;
}

void
domuimg_console_free (DomuimgConsole *self)
{
  g_mutex_lock (&self->lock);
  self->stop = TRUE;
  g_mutex_unlock (&self->lock);
  if (self->thread != NULL)
    g_thread_join (self->thread);
  g_mutex_clear (&self->lock);
  g_string_free (self->seen, TRUE);
  g_free (self->tty);
  g_free (self);
}

void
domuimg_console_set_tty (DomuimgConsole *self, const char *tty)
{
  g_mutex_lock (&self->lock);
  g_free (self->tty);
  self->tty = g_strdup (tty);
  g_mutex_unlock (&self->lock);
  if (self->thread == NULL)
    {
      self->thread = g_thread_try_new ("console", work, self, NULL);
      /* The guest runs all the same, and nobody sees what it says. Once there is a thread, this is
       * the thread's. */
      if (self->thread == NULL)
        self->ended = TRUE;
    }
}

gboolean
domuimg_console_has_login (DomuimgConsole *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->has_login;
}

void
domuimg_console_wait (DomuimgConsole *self, GCancellable *cancellable)
{
  gboolean ended = self->thread == NULL;

  while (!ended && !g_cancellable_is_cancelled (cancellable))
    {
      g_mutex_lock (&self->lock);
      self->last = TRUE;
      ended = self->ended;
      g_mutex_unlock (&self->lock);
      if (!ended)
        g_usleep (POLL_MSEC * 1000);
    }
}
