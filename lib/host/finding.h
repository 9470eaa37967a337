/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/host.h"
#include "lib/base/base.h"

DomuimgHostFinding *domuimg_host_finding_new (const char *id, gboolean is_there,
                                              DomuimgSeverity severity, const char *what,
                                              const char *why, const char *remedy);
