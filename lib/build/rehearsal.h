/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/state.h"

/* Takes what the steps have found. */
DomuimgRehearsal *domuimg_rehearsal_new (const DomuimgBuildState *state);
