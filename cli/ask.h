/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/cli.h"

/* Both on the terminal. FALSE where the person ended it, with the exit status. */

/* Asks until all are answered; "?" explains. */
gboolean cli_ask (DomuimgQuestions *questions, int *status);
/* Shows the plan and how to ask for the same without questions, and asks whether to go on. */
gboolean cli_ask_confirm (DomuimgQuestions *questions, int *status);
