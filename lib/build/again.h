/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/build.h"

/* A build in place of a guest that was made before, whose manifest has the label @expected (base/label.h): BUSY
 * where it has another one at the commit. Only the first disk is replaced; the others are made, so that the
 * guest can be judged as a whole, and go again, as long as @spec has them as they are. */
DomuimgBuild *domuimg_build_new_again (DomuimgSpec *spec, const char *expected);
