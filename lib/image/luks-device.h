/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libcryptsetup.h>

/* libcryptsetup works on files in memory that have a container's size: it is shown no device. */

typedef struct crypt_device DomuimgLuksDevice;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgLuksDevice, crypt_free)

/* For the file @fd. NULL with a negative number of errno in *@code; it prints nothing. */
DomuimgLuksDevice *domuimg_luks_device_new (int fd, int *code);
