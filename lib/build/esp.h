/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/state.h"

/* For a machine that is converted and boots by UEFI: puts its loader where a UEFI without boot entries
 * looks for one. NOT_SUPPORTED where there is one for another processor only. */
gboolean domuimg_build_prepare_esp (DomuimgBuildState *self, GError **error);
