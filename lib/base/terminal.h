/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <termios.h>

#include "lib/base/base.h"

/* A terminal whose keys come one by one, without echo and without signals, until it is put back. */
typedef struct {
  int fd;
  gboolean is_raw;
  struct termios old;
} DomuimgTerminal;

/* FALSE where @fd is not a terminal, which then needs nothing. */
gboolean domuimg_terminal_make_raw (DomuimgTerminal *self, int fd);
void domuimg_terminal_restore (DomuimgTerminal *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgTerminal, domuimg_terminal_restore)
