/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "lib/base/exec.h"

/* libxl and libvirt are in programs of their own, domuimg-libxl and domuimg-libvirt, which say what
 * they do in lines of JSON: libxl wants a process's SIGCHLD for itself and may end it, and neither
 * library is then needed to load this one. */

typedef struct {
  const char *name; /* of the library that is in it */
  const char *program;
  const char *option;  /* of the build */
  const char *package; /* of Debian, to build it */
} DomuimgBackendProgram;

extern const DomuimgBackendProgram domuimg_backend_program_libxl;
extern const DomuimgBackendProgram domuimg_backend_program_libvirt;

/* Where libvirt is asked if nothing else is said. */
#define DOMUIMG_LIBVIRT_URI "xen:///system"

/* NOT_SUPPORTED where this build is without it, with what to install. */
gboolean domuimg_backend_program_is_there (const DomuimgBackendProgram *self, GError **error);
DomuimgExec *domuimg_backend_program_start (const DomuimgBackendProgram *self, const char *verb, GError **error);
/* libvirt's; @uri is NULL for the usual one. */
DomuimgExec *domuimg_libvirt_start (const char *uri, const char *verb, GError **error);
/* Runs it; what it says must be one JSON value. */
JsonNode *domuimg_backend_program_ask (DomuimgExec *exec, GCancellable *cancellable, GError **error);
/* What would be a secret in a message, or cannot be a URI, is refused. */
gboolean domuimg_libvirt_check_uri (const char *uri, GError **error);
/* Whether it is of another host. */
gboolean domuimg_libvirt_is_remote (const char *uri);
