/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"
#include "lib/base/base.h"

/* One thing that a host has or lacks; what is there has no remedy, and is worth knowing only. */
DomuimgFinding *domuimg_host_finding_new (const char *id, gboolean is_present,
                                          DomuimgSeverity severity, const char *what,
                                          const char *purpose, const char *remedy);
