/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"
#include "lib/image/image.h"

/* This much of a disk's beginning holds a GPT of the usual 128 partitions, and more. */
#define DOMUIMG_GPT_HEAD (64 * 1024)

/* Adds to @volumes the partitions of the GPT in @head, as its first copy has them: libblkid takes
 * none of an image that ends before its table says. Only what the table tells of them is set.
 * FALSE where there is no GPT. */
gboolean domuimg_gpt_parse (DomuimgBytes head, GPtrArray *volumes);
/* Whether @head, the first sectors of a disk, has a header of a GPT whose checksum is right. */
gboolean domuimg_gpt_has_header (DomuimgBytes head);
