/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/result.h"
#include "lib/build/state.h"

DomuimgResult *domuimg_result_new (const DomuimgBuildState *state);
