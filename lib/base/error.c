/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The error domain, and the helpers that set its errors. */
#include "config.h"
#include "lib/base/error.h"

#include <errno.h>

#include "lib/base/address.h"

/**
 * domuimg_error_quark:
 *
 * Returns: the quark of #DOMUIMG_ERROR
 *
 * Since: 0.1
 */
G_DEFINE_QUARK (domuimg-error-quark, domuimg_error)

/**
 * domuimg_error_to_string:
 * @code: a code of #DOMUIMG_ERROR
 *
 * Returns: (transfer none): its name for programs, such as "not-found"; "failed" for a code that this
 *   version does not know
 *
 * Since: 0.1
 */
const char *
domuimg_error_to_string (DomuimgError code)
{
  static const char *const names[] = {
    [DOMUIMG_ERROR_FAILED] = "failed",
    [DOMUIMG_ERROR_INVALID_ARGUMENT] = "invalid-argument",
    [DOMUIMG_ERROR_NOT_SUPPORTED] = "not-supported",
    [DOMUIMG_ERROR_MISSING_TOOL] = "missing-tool",
    [DOMUIMG_ERROR_NOT_FOUND] = "not-found",
    [DOMUIMG_ERROR_EXISTS] = "exists",
    [DOMUIMG_ERROR_PERMISSION] = "permission",
    [DOMUIMG_ERROR_NO_SPACE] = "no-space",
    [DOMUIMG_ERROR_CORRUPT_INPUT] = "corrupt-input",
    [DOMUIMG_ERROR_UNSAFE_INPUT] = "unsafe-input",
    [DOMUIMG_ERROR_NETWORK] = "network",
    [DOMUIMG_ERROR_UNTRUSTED] = "untrusted",
    [DOMUIMG_ERROR_TOOL_FAILED] = "tool-failed",
    [DOMUIMG_ERROR_NOT_BOOTABLE] = "not-bootable",
    [DOMUIMG_ERROR_BUSY] = "busy",
    [DOMUIMG_ERROR_IO] = "io",
  };

  return code < G_N_ELEMENTS (names) ? names[code] : "failed";
}

static DomuimgError
code_of_errno (int saved_errno)
{
  switch (saved_errno)
    {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return DOMUIMG_ERROR_NO_SPACE;
    case EACCES:
    case EPERM:
    case EROFS:
      return DOMUIMG_ERROR_PERMISSION;
    case ENOENT:
    case ENOTDIR:
      return DOMUIMG_ERROR_NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
      return DOMUIMG_ERROR_EXISTS;
    case EBUSY:
    case EWOULDBLOCK:
      return DOMUIMG_ERROR_BUSY;
    default:
      return DOMUIMG_ERROR_IO;
    }
}

/* A message may name a guest's file, whose bytes need not be UTF-8, or an address with a password. */
static void
set_error (GError **error, DomuimgError code, const char *message)
{
  g_autofree char *valid = domuimg_address_redact (g_utf8_make_valid (message, -1));

  g_set_error_literal (error, DOMUIMG_ERROR, code, valid);
}

gboolean
domuimg_set_errno (GError **error, int saved_errno, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *message = g_strconcat (what, ": ", g_strerror (saved_errno), NULL);
  set_error (error, code_of_errno (saved_errno), message);
  return FALSE;
}

gboolean
domuimg_fail (GError **error, DomuimgError code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  set_error (error, code, message);
  return FALSE;
}
