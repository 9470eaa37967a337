/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* The units of systemd that start a login, with what administrators put over them. */

typedef struct {
  char *command;       /* (nullable) the program that is run, as its unit says it last */
  char *line;          /* (nullable) the same with its arguments */
  char *absent;        /* (nullable) a path that a condition asks for, and that is not there */
  gboolean waits_for_device; /* it is bound to the device's unit, which udev makes */
} DomuimgGettyUnit;

/* Whether systemd takes the unit for masked: by a link to nowhere, an empty file, or the kernel's
 * command line. */
gboolean domuimg_getty_is_masked (DomuimgMachine *self, const char *unit);
/* @path is the template's file; @template "serial-getty@.service", @own "serial-getty@hvc0.service". */
DomuimgGettyUnit *domuimg_getty_unit_new (DomuimgTree *tree, const char *path, const char *template,
                                          const char *own);
void domuimg_getty_unit_free (DomuimgGettyUnit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgGettyUnit, domuimg_getty_unit_free)
/* (nullable) (unowned) What is missing, or masked, of udev: without it no device has a unit. */
const char *domuimg_getty_find_no_udev (DomuimgMachine *self);
/* Whether systemd starts @own by its generator, or because it is enabled. */
gboolean domuimg_getty_is_started (DomuimgMachine *self, const char *own);
/* Whether the guest has enabled a unit of its own, other than @stock, that runs a getty on @console. */
gboolean domuimg_getty_has_own (DomuimgMachine *self, const char *stock, const char *console);
