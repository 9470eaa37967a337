/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/domain.h"

/* The guests that the golden files in tests/golden/domain are written from. */
DomuimgDomain *fixture_pv (void);
DomuimgDomain *fixture_pvh (void);
DomuimgDomain *fixture_hvm (void);
DomuimgDomain *fixture_bootloader (void);

/* (transfer full) the golden file @name. */
char *golden_read (const char *name);
/* Compares @text with the golden file @name; with DOMUIMG_UPDATE_GOLDEN set, writes it. */
void golden_compare (const char *name, const char *text);
