/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/kernel/elfnote.h"

/* What decides about a kernel. */
typedef struct {
  DomuimgKernelFormat format;
  const char *protocol;  /* (nullable) of a bzImage, "2.15" */
  const DomuimgElf *elf; /* (nullable) where the format has none inside */
} DomuimgKernelFacts;

/* Whether Xen's domain builder starts the kernel as @type (not AUTO); if not, @reason is a
 * sentence without a full stop that begins in lower case. */
gboolean domuimg_compat_check (const DomuimgKernelFacts *facts, DomuimgGuestType type,
                               char **reason);
