/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Addresses of files on boot servers: http, https, ftp and tftp, and nothing else. */

#define DOMUIMG_NETBOOT_URL_MAX 2048

gboolean domuimg_netboot_is_url (const char *url);
/* What @path is, seen from the file or directory (with "/" at its end) at @base: an address, a path
 * of pxelinux ("server::file", "::file") or of GRUB ("(http,server)/file"), an absolute path on the
 * same server, or a relative one. NULL where it is none that may be fetched. */
char *domuimg_netboot_resolve (const char *base, const char *path);
/* "http://server:80" of "http://server:80/a/b". */
char *domuimg_netboot_origin (const char *url);
/* "/a/" of "http://server/a/b". */
char *domuimg_netboot_directory (const char *url);
