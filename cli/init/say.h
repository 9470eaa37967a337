/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A line on the guest's console. */
void say (const char *format, ...) __attribute__ ((format (printf, 1, 2)));
/* The same with what errno means behind it. */
void say_errno (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

/* Up to @size - 1 bytes of a file, NUL-terminated; its length, or -1. */
long read_file (const char *path, char *buffer, size_t size);
bool write_file (const char *path, const char *text);
/* All of a file, allocated; NULL. */
char *load_file (const char *path);
void sleep_ms (unsigned milliseconds);
