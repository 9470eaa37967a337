/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"

/* Sections of a PE file, Microsoft's PE Format: what a unified kernel image is made of. */

/* The content of the section @name; empty where there is none, or @file is no PE file. */
DomuimgBytes domuimg_pe_section (DomuimgBytes file, const char *name);
