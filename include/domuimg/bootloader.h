/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/types.h>

G_BEGIN_DECLS

DOMUIMG_API
gboolean domuimg_bootloader_run (char **argv, GCancellable *cancellable, GError **error);

G_END_DECLS
