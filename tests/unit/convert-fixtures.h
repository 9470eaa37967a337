/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/convert/convert.h"
#include "tests/unit/guest-fixtures.h"

#define CONVERT_ROOT_UUID "11111111-1111-4111-8111-111111111111"
#define CONVERT_SWAP_UUID "22222222-2222-4222-8222-222222222222"
#define CONVERT_BOOT_UUID "b0b0b0b0-0000-4000-8000-000000000001"
#define CONVERT_CRYPT_UUID "33333333-3333-4333-8333-333333333333"
#define CONVERT_ESP_UUID "4444-4444"
#define CONVERT_FIRST_MAC "00:16:3e:00:00:01"
#define CONVERT_SECOND_MAC "00:16:3e:00:00:02"

/* What lies on the disks of each fixture's machine: NAME is tests/fixtures/guest/convert-NAME.dump.
 * Its NICs have CONVERT_FIRST_MAC and CONVERT_SECOND_MAC. Freed by domuimg_conversion_free. */
DomuimgConversion *convert_want (const char *name);
DomuimgTree *convert_load (const char *name);
/* Names of all fixtures, ended by NULL. */
extern const char *const convert_names[];

/* Runs; the test fails unless it works. */
GPtrArray *convert_run (const DomuimgConversion *want, DomuimgTree *tree);
/* Loads and runs: the tree as it is then. */
DomuimgTree *convert_fixture (const char *name, GPtrArray **changes);
/* Whether a line of @lines has @part in it. */
gboolean convert_says (GPtrArray *lines, const char *part);
