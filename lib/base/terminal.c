/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the keys of a terminal one by one. */
#include "config.h"
#include "lib/base/terminal.h"

gboolean
domuimg_terminal_make_raw (DomuimgTerminal *self, int fd)
{
  struct termios raw;

  self->fd = fd;
  self->is_raw = FALSE;
  if (tcgetattr (fd, &self->old) != 0)
    return FALSE;
  raw = self->old;
  raw.c_lflag &= ~(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_iflag &= ~(IXON | ICRNL);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  self->is_raw = tcsetattr (fd, TCSANOW, &raw) == 0;
  return self->is_raw;
}

void
domuimg_terminal_restore (DomuimgTerminal *self)
{
  if (self->is_raw)
    tcsetattr (self->fd, TCSANOW, &self->old);
  self->is_raw = FALSE;
}
