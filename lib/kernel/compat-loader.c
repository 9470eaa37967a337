/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/kernel/compat.h"

#include <stdarg.h>

/* What a loader, and the release of Xen, add to what the domain builder wants of a kernel. */

/* liblzma's memory that xg_dom_bzimageloader.c allowed up to Xen 4.17, MiB. */
#define XZ_LIMIT 128

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

static DomuimgCompatProblem
check_xen (const DomuimgKernelFacts *facts, DomuimgXenVersion xen, char **reason)
{
  if (facts->compression == DOMUIMG_COMPRESSION_ZSTD && !domuimg_xen_version_at_least (xen, 4, 15))
    return refuse (DOMUIMG_COMPAT_COMPRESSION, reason,
                   "it is compressed with zstd, which Xen unpacks from 4.15 on, and this is %u.%u",
                   xen.major, xen.minor);
  if (facts->compression == DOMUIMG_COMPRESSION_XZ && facts->dictionary >= XZ_LIMIT * 1048576ull
      && !domuimg_xen_version_at_least (xen, 4, 18))
    return refuse (DOMUIMG_COMPAT_COMPRESSION, reason,
                   "its xz dictionary has %u MiB, and Xen before 4.18 unpacks with less than %d"
                   " MiB; this is %u.%u",
                   (guint) (facts->dictionary >> 20), XZ_LIMIT, xen.major, xen.minor);
  return DOMUIMG_COMPAT_FINE;
}

/* As PV, GRUB builds the guest's memory itself, and reads the payload through its filters for
 * files, gzio, xzio and lzopio. As PVH it starts the bzImage by its 32-bit entry, which unpacks
 * itself. */
static DomuimgCompatProblem
check_pvgrub (const DomuimgKernelFacts *facts, DomuimgGuestType type, char **reason)
{
  switch (type == DOMUIMG_GUEST_TYPE_PV ? facts->compression : DOMUIMG_COMPRESSION_NONE)
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
                           DomuimgLoader loader, DomuimgXenVersion xen, char **reason)
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
    return check_pvgrub (facts, type, reason);
  return type == DOMUIMG_GUEST_TYPE_HVM ? DOMUIMG_COMPAT_FINE : check_xen (facts, xen, reason);
}
