/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/progress.h"

/* A long task declares its weighted steps first, then works through them:
 *
 *   domuimg_progress_set_steps (p, 10, 80, 10, -1);
 *   work (domuimg_progress_child (p), ...);   // each step in turn
 *   domuimg_progress_step_done (p);
 *
 * All of these accept NULL, so that callees need not care whether anyone watches. */
void domuimg_progress_set_steps (DomuimgProgress *self, int first_weight, ...);
void domuimg_progress_set_step_weights (DomuimgProgress *self, const int *weights, guint n);
/* The progress of the current step, owned by @self; NULL for NULL. */
DomuimgProgress *domuimg_progress_child (DomuimgProgress *self);
void domuimg_progress_step_done (DomuimgProgress *self);
/* For a task without steps: 0.0 to 1.0. */
void domuimg_progress_set_fraction (DomuimgProgress *self, double fraction);
/* What is being done now, for a person ("Unpacking openssh-server"). */
void domuimg_progress_set_message (DomuimgProgress *self, const char *format, ...)
    G_GNUC_PRINTF (2, 3);
