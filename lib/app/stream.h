/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/app/closure.h"
#include "lib/tree/stream.h"

/* The files of a complete closure as a stream, with the directories that they are in, in the order of
 * their paths. Each file gets the digest of its bytes as they pass. */
#define DOMUIMG_TYPE_APP_STREAM (domuimg_app_stream_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgAppStream, domuimg_app_stream, DOMUIMG, APP_STREAM, GObject)

/* @closure (unowned) must outlive it. */
DomuimgStream *domuimg_app_stream_new (DomuimgClosure *closure, GError **error);
