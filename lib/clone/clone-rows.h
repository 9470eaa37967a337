/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/spec.h"
#include "lib/clone/clone-table.h"

/* What @common says, and what the row says of this guest: columns are keys of a specification, or parts of
 * --nic ("ip", "mac", "bridge"), which are those of the first card. The error says where in the table. */
DomuimgSpec *domuimg_clone_row_to_spec (const DomuimgRow *row, DomuimgSpec *common, GError **error);
