/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/base/decompress.h"
#include "lib/elf/note.h"
#include "lib/xen/tools.h"

/* What decides about a kernel. */
typedef struct {
  DomuimgKernelFormat format;
  const char *version;   /* (nullable) */
  const char *protocol;  /* (nullable) of a bzImage, "2.15" */
  const DomuimgElf *elf; /* (nullable) where the format has none inside */
  const char *architecture; /* (nullable) */
  DomuimgCompression compression;
  guint64 dictionary; /* bytes, of xz and lzma; else 0 */
  const char *config; /* (nullable) that it was built with */
} DomuimgKernelFacts;

/* The Xen that starts it. */
typedef struct {
  DomuimgXenVersion version;
  DomuimgCodecs codecs; /* of its domain builder */
} DomuimgCompatXen;

/* What says no. */
typedef enum {
  DOMUIMG_COMPAT_FINE,
  DOMUIMG_COMPAT_ARCHITECTURE,
  DOMUIMG_COMPAT_TYPE,        /* its format and notes */
  DOMUIMG_COMPAT_COMPRESSION, /* this Xen or loader cannot unpack it */
  DOMUIMG_COMPAT_LOADER,      /* no such guest is started that way */
} DomuimgCompatProblem;

/* Whether Xen's domain builder starts the kernel as @type (not AUTO); if not, @reason is a
 * sentence without a full stop that begins in lower case. */
gboolean domuimg_compat_check (const DomuimgKernelFacts *facts, DomuimgGuestType type,
                               char **reason);
/* The same with all that takes part; @type is not AUTO. */
DomuimgCompatProblem domuimg_compat_check_with (const DomuimgKernelFacts *facts,
                                                DomuimgGuestType type, DomuimgLoader loader,
                                                const DomuimgCompatXen *xen, char **reason);
/* Whether @xen unpacks it, by its format, compression and dictionary alone. */
DomuimgCompatProblem domuimg_compat_check_compression (const DomuimgKernelFacts *facts,
                                                       const DomuimgCompatXen *xen,
                                                       char **reason);
/* The same as domuimg_kernel_can_boot_with, with what says no. */
DomuimgCompatProblem domuimg_kernel_find_problem (DomuimgKernel *self, DomuimgGuestType type,
                                                  DomuimgLoader loader, DomuimgXenVersion xen,
                                                  char **reason);
/* The rule of a check that it breaks; not of DOMUIMG_COMPAT_FINE. */
const char *domuimg_compat_problem_get_rule (DomuimgCompatProblem self);
/* The configuration that was installed with the kernel, where it holds none itself. */
void domuimg_kernel_set_config (DomuimgKernel *self, const char *config);
/* Bytes of the kernel when decompressed, 0 where that is not known. */
guint64 domuimg_kernel_get_plain_size (DomuimgKernel *self);
