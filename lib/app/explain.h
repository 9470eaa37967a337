/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* For a person, why a file is there: "a library of /usr/sbin/nginx (libssl.so.3)". @parent (nullable)
 * is an absolute path, @detail (nullable) what in it led to the file. */
char *domuimg_app_explain (const char *rule, const char *parent, const char *detail);
