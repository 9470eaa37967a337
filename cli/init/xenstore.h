/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sets a node below the guest's own part of xenstore, where that lets it. */
void xenstore_write (const char *path, const char *value);
