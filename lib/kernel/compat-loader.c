/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/kernel/compat.h"

#include <stdarg.h>

/* What a loader, and the release of Xen, add to what the domain builder wants of a kernel. */

#define MIB (1u << 20)
/* GRUB hands the ACPI tables over in a way that Linux knows from then on. */
#define LINUX_FOR_PVH_GRUB 5

static DomuimgCompatProblem refuse (DomuimgCompatProblem problem, char **reason,
                                    const char *format, ...) G_GNUC_PRINTF (3, 4);

static DomuimgCompatProblem
refuse (DomuimgCompatProblem problem, char **reason, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (reason != NULL)
    *reason = g_strdup_vprintf (format, args);
  va_end (args);
  return problem;
}

/* The memory that xg_dom_bzimageloader.c allows liblzma. Its own needs come on top of the
 * dictionary, which must be smaller. */
static guint64
lzma_limit (DomuimgXenVersion xen)
{
  if (domuimg_xen_version_at_least (xen, 4, 20) || domuimg_xen_version_has_point (xen, 4, 19, 2)
      || domuimg_xen_version_has_point (xen, 4, 18, 5))
    return 256 * MIB;
  return 128 * MIB;
}

static DomuimgCompatProblem
check_codec (const DomuimgKernelFacts *facts, const DomuimgCompatXen *xen, char **reason)
{
  const char *name = domuimg_compression_to_string (facts->compression);
  g_autofree char *version = domuimg_xen_version_describe (xen->version);

  if (facts->compression == DOMUIMG_COMPRESSION_ZSTD
      && !domuimg_xen_version_at_least (xen->version, 4, 15))
    return refuse (DOMUIMG_COMPAT_COMPRESSION, reason,
                   "it is compressed with zstd, which Xen unpacks from 4.15 on, and this is %s",
                   version);
  if ((xen->codecs & DOMUIMG_CODEC (facts->compression)) == 0)
    return refuse (DOMUIMG_COMPAT_COMPRESSION, reason,
                   "it is compressed with %s, and the tools of Xen %s are built without it%s", name,
                   version,
                   facts->compression == DOMUIMG_COMPRESSION_ZSTD ? "" : ", as Debian's are");
  return DOMUIMG_COMPAT_FINE;
}

DomuimgCompatProblem
domuimg_compat_check_compression (const DomuimgKernelFacts *facts, const DomuimgCompatXen *xen,
                                  char **reason)
{
  guint64 limit = lzma_limit (xen->version);
  g_autofree char *version = domuimg_xen_version_describe (xen->version);

  if (facts->format != DOMUIMG_KERNEL_FORMAT_BZIMAGE)
    return DOMUIMG_COMPAT_FINE;
  if (facts->compression == DOMUIMG_COMPRESSION_NONE)
    return refuse (DOMUIMG_COMPAT_COMPRESSION, reason,
                   "the kernel in its bzImage is not compressed, which Xen does not expect");
  if (facts->dictionary >= limit)
    return refuse (DOMUIMG_COMPAT_COMPRESSION, reason,
                   "its %s dictionary has %u MiB, and Xen %s unpacks with less than %u MiB only%s",
                   domuimg_compression_to_string (facts->compression),
                   (guint) (facts->dictionary / MIB), version, (guint) (limit / MIB),
                   facts->dictionary < 256 * MIB ? " (256 MiB from 4.18.5, 4.19.2 and 4.20 on)"
                                                 : "");
  return check_codec (facts, xen, reason);
}

/* GRUB builds the guest's memory itself, and reads the payload through its filters for files, gzio,
 * xzio and lzopio. */
static DomuimgCompatProblem
check_pvgrub_pv (const DomuimgKernelFacts *facts, char **reason)
{
  switch (facts->compression)
    {
    case DOMUIMG_COMPRESSION_NONE:
    case DOMUIMG_COMPRESSION_GZIP:
    case DOMUIMG_COMPRESSION_XZ:
    case DOMUIMG_COMPRESSION_LZO:
      return DOMUIMG_COMPAT_FINE;
    default:
      return refuse (DOMUIMG_COMPAT_COMPRESSION, reason,
                     "it is compressed with %s, and GRUB for Xen PV unpacks gzip, xz and lzo only",
                     domuimg_compression_to_string (facts->compression));
    }
}

/* GRUB starts the bzImage by its 32-bit entry, and it unpacks itself. */
static DomuimgCompatProblem
check_pvgrub_pvh (const DomuimgKernelFacts *facts, char **reason)
{
  guint64 major = facts->version != NULL ? g_ascii_strtoull (facts->version, NULL, 10) : 0;

  if (facts->format != DOMUIMG_KERNEL_FORMAT_BZIMAGE)
    return refuse (DOMUIMG_COMPAT_TYPE, reason,
                   "it is not a bzImage, and GRUB for Xen PVH starts Linux from bzImages only");
  if (major > 0 && major < LINUX_FOR_PVH_GRUB)
    return refuse (DOMUIMG_COMPAT_TYPE, reason,
                   "Linux before %d.0 does not find the ACPI tables that GRUB for Xen PVH hands to"
                   " it, and this is %s",
                   LINUX_FOR_PVH_GRUB, facts->version);
  return DOMUIMG_COMPAT_FINE;
}

static DomuimgCompatProblem
check_pair (DomuimgGuestType type, DomuimgLoader loader, char **reason)
{
  gboolean hvm = type == DOMUIMG_GUEST_TYPE_HVM;

  if (hvm && (loader == DOMUIMG_LOADER_PVGRUB || loader == DOMUIMG_LOADER_PYGRUB))
    return refuse (DOMUIMG_COMPAT_LOADER, reason, "an HVM guest boots by its firmware, not by %s",
                   loader == DOMUIMG_LOADER_PYGRUB ? "pygrub" : "GRUB for Xen");
  if (!hvm && loader == DOMUIMG_LOADER_FIRMWARE)
    return refuse (DOMUIMG_COMPAT_LOADER, reason, "a %s guest has no firmware",
                   domuimg_guest_type_to_string (type));
  return DOMUIMG_COMPAT_FINE;
}

static gboolean
is_x86 (const char *architecture)
{
  return architecture == NULL || g_str_equal (architecture, "x86_64")
         || g_str_equal (architecture, "i386");
}

DomuimgCompatProblem
domuimg_compat_check_with (const DomuimgKernelFacts *facts, DomuimgGuestType type,
                           DomuimgLoader loader, const DomuimgCompatXen *xen, char **reason)
{
  DomuimgCompatProblem problem = check_pair (type, loader, reason);

  if (problem != DOMUIMG_COMPAT_FINE)
    return problem;
  if (!is_x86 (facts->architecture))
    return refuse (DOMUIMG_COMPAT_ARCHITECTURE, reason,
                   "it is made for %s, and Xen on x86 starts x86 kernels only",
                   facts->architecture);
  if (loader == DOMUIMG_LOADER_FIRMWARE)
    return DOMUIMG_COMPAT_FINE;
  if (!domuimg_compat_check (facts, type, reason))
    return DOMUIMG_COMPAT_TYPE;
  if (loader == DOMUIMG_LOADER_PVGRUB)
    return type == DOMUIMG_GUEST_TYPE_PV ? check_pvgrub_pv (facts, reason)
                                         : check_pvgrub_pvh (facts, reason);
  return type == DOMUIMG_GUEST_TYPE_HVM
             ? DOMUIMG_COMPAT_FINE
             : domuimg_compat_check_compression (facts, xen, reason);
}
