/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"

/* What is checked, as it was given: a path or a name. */
const char *domuimg_check_get_subject (DomuimgCheck *self);
