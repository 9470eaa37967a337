/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/guest.h"
#include "lib/base/base.h"
#include "lib/base/backend-program.h"
#include "lib/xen/profile.h"

#define DOMUIMG_N_BACKENDS 2

/* NOT_SUPPORTED where this build is without it, with what to install. */
gboolean domuimg_backend_is_there (DomuimgBackend backend, GError **error);
/* A start of its program with the verb @verb; @connect (nullable) is libvirt's URI. */
DomuimgExec *domuimg_backend_start (DomuimgBackend backend, const char *connect, const char *verb,
                                    GError **error);
/* "64 CPUs, 1.0 GiB of 4.0 GiB memory free", by libxl; @profile gets all that it says. */
char *domuimg_backend_describe_xen (DomuimgProfile *profile, GCancellable *cancellable, GError **error);
