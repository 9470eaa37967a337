/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* "a" or "an", before @word as it is spoken: "an HVM guest", "a PVH guest", "an AutoYaST profile". */
const char *domuimg_article (const char *word);
