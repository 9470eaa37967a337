/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/customise.h"

#define GUEST_MAC "00:16:3e:01:02:03"
#define GUEST_UUID "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
#define GUEST_HASH "$6$salt$hash"

/* The path of a file below tests/. */
char *guest_test_file (const char *kind, const char *name);
/* A memory tree of tests/fixtures/guest/NAME.dump, at a fixed time. */
DomuimgTree *guest_load (const char *name);
/* The same of a dump's text. */
DomuimgTree *guest_load_text (const char *dump);
/* What most tests want: everything, with one static NIC. */
DomuimgCustomise *guest_want (void);
/* Runs; the test fails unless it works. The changes are returned, or not of interest. */
GPtrArray *guest_run (const DomuimgCustomise *want, DomuimgTree *tree);
void guest_apply (const DomuimgCustomise *want, DomuimgTree *tree);
char *guest_dump (DomuimgTree *tree);
gboolean guest_has_line (GPtrArray *lines, const char *prefix);

/* The text of a file; the test fails unless it is there. */
char *guest_text (DomuimgTree *tree, const char *path);
#define guest_assert_text(tree, path, expected)             \
  do                                                        \
    {                                                       \
      g_autofree char *text_ = guest_text (tree, path);     \
      g_assert_cmpstr (text_, ==, expected);                \
    }                                                       \
  while (0)
void guest_assert_contains (DomuimgTree *tree, const char *path, const char *part);
void guest_assert_lacks (DomuimgTree *tree, const char *path, const char *part);
void guest_assert_absent (DomuimgTree *tree, const char *path);
void guest_assert_link (DomuimgTree *tree, const char *path, const char *target);
void guest_assert_mode (DomuimgTree *tree, const char *path, guint32 mode);
