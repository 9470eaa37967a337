/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>

G_BEGIN_DECLS

/**
 * DOMUIMG_ERROR:
 *
 * The error domain of the library; its codes are #DomuimgError.
 *
 * Since: 0.1
 */
#define DOMUIMG_ERROR (domuimg_error_quark ())

/**
 * DomuimgError:
 * @DOMUIMG_ERROR_FAILED: something went wrong that no other code names
 * @DOMUIMG_ERROR_INVALID_ARGUMENT: a value in the specification is wrong or contradicts another
 * @DOMUIMG_ERROR_NOT_SUPPORTED: this library, build or host cannot do it
 * @DOMUIMG_ERROR_MISSING_TOOL: a program is not installed; the message names it and its package
 * @DOMUIMG_ERROR_NOT_FOUND: a file or other object is not there
 * @DOMUIMG_ERROR_EXISTS: a result has the name of something that is there already
 * @DOMUIMG_ERROR_PERMISSION: the caller may not do this
 * @DOMUIMG_ERROR_NO_SPACE: a disk, or the host's file system, is too small
 * @DOMUIMG_ERROR_CORRUPT_INPUT: input bytes break their format
 * @DOMUIMG_ERROR_UNSAFE_INPUT: input that would act outside the guest
 * @DOMUIMG_ERROR_NETWORK: a server was not reached or did not have what was asked for
 * @DOMUIMG_ERROR_UNTRUSTED: a signature is missing or wrong
 * @DOMUIMG_ERROR_TOOL_FAILED: a program that was run failed
 * @DOMUIMG_ERROR_NOT_BOOTABLE: the guest would not boot as asked
 * @DOMUIMG_ERROR_BUSY: somebody else is using it
 * @DOMUIMG_ERROR_IO: reading or writing failed
 *
 * What went wrong, by what a caller can do about it. Cancellation is
 * %G_IO_ERROR_CANCELLED and not of this domain. Codes are only ever added.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_ERROR_FAILED,
  DOMUIMG_ERROR_INVALID_ARGUMENT,
  DOMUIMG_ERROR_NOT_SUPPORTED,
  DOMUIMG_ERROR_MISSING_TOOL,
  DOMUIMG_ERROR_NOT_FOUND,
  DOMUIMG_ERROR_EXISTS,
  DOMUIMG_ERROR_PERMISSION,
  DOMUIMG_ERROR_NO_SPACE,
  DOMUIMG_ERROR_CORRUPT_INPUT,
  DOMUIMG_ERROR_UNSAFE_INPUT,
  DOMUIMG_ERROR_NETWORK,
  DOMUIMG_ERROR_UNTRUSTED,
  DOMUIMG_ERROR_TOOL_FAILED,
  DOMUIMG_ERROR_NOT_BOOTABLE,
  DOMUIMG_ERROR_BUSY,
  DOMUIMG_ERROR_IO,
} DomuimgError;

DOMUIMG_API
GQuark domuimg_error_quark (void);
DOMUIMG_API
const char *domuimg_error_to_string (DomuimgError code);

G_END_DECLS
