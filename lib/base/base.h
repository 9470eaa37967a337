/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every room may use. */
#include <gio/gio.h>
#include "domuimg/types.h"
#include "domuimg/error.h"
#include "lib/base/error.h"
#include "lib/base/progress.h"
