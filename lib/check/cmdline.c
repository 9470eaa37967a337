/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the kernel's command line: how long it may be, and what of it stops a guest by itself. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#define PV_ROOM DOMUIMG_PV_CMDLINE_ROOM
/* COMMAND_LINE_SIZE of Linux on x86. */
#define LINUX_ROOM 2048

/* What is behind that is not there for the guest. */
static void
cut_off (DomuimgMachine *self)
{
  g_autofree char *lost = g_strdup (self->boot.cmdline + PV_ROOM - 1);

  self->boot.cmdline[PV_ROOM - 1] = '\0';
  domuimg_finding_advise (
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "cmdline-length", lost,
                                 "a PV guest gets the first %d bytes of its kernel's command line: the"
                                 " rest is cut off",
                                 PV_ROOM - 1),
      "shorten it, or make it a PVH guest, which takes %d", LINUX_ROOM - 1);
}

static void
check_length (DomuimgMachine *self)
{
  gsize length = strlen (self->boot.cmdline);

  if (self->type == DOMUIMG_GUEST_TYPE_PV && length >= PV_ROOM)
    cut_off (self);
  else if (self->type == DOMUIMG_GUEST_TYPE_PVH && self->boot.loader == DOMUIMG_LOADER_DIRECT
           && length >= LINUX_ROOM)
    domuimg_finding_advise (
        domuimg_machine_report (self, "cmdline-length", NULL,
                                "the kernel's command line has %" G_GSIZE_FORMAT
                                " bytes, and Linux has room for %d: it dies before its first message",
                                length, LINUX_ROOM - 1),
        "shorten it");
}

void
domuimg_check_cmdline (DomuimgMachine *self)
{
  if (self->boot.cmdline != NULL)
    check_length (self);
}
