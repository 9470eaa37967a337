/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* Runs the repairs that the findings offer, in the copies that @work holds. What was wrong may have
 * hidden more, so a machine may then be put together again, with @work, and repaired. */
gboolean domuimg_fix_run (DomuimgMachine *machine, DomuimgRepairWork *work, GPtrArray *changes,
                          GError **error);
/* Then everything appears under its name. */
gboolean domuimg_fix_finish (DomuimgRepairWork *work, GPtrArray *changes, GError **error);
