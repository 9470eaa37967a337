/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/progress.h>
#include <domuimg/types.h>

G_BEGIN_DECLS

/**
 * DomuimgBackend:
 * @DOMUIMG_BACKEND_LIBXL: libxl, as xl(1) does
 * @DOMUIMG_BACKEND_LIBVIRT: libvirt and its Xen driver
 *
 * What starts and ends guests.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_BACKEND_LIBXL,
  DOMUIMG_BACKEND_LIBVIRT,
} DomuimgBackend;

DOMUIMG_API
const char *domuimg_backend_to_string (DomuimgBackend backend);
DOMUIMG_API
gboolean domuimg_backend_from_string (const char *string, DomuimgBackend *backend, GError **error);

#define DOMUIMG_TYPE_HOST_GUEST (domuimg_host_guest_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgHostGuest, domuimg_host_guest, DOMUIMG, HOST_GUEST, GObject)

DOMUIMG_API
const char *domuimg_host_guest_get_name (DomuimgHostGuest *self);
DOMUIMG_API
const char *domuimg_host_guest_get_uuid (DomuimgHostGuest *self);
DOMUIMG_API
int domuimg_host_guest_get_domid (DomuimgHostGuest *self);
DOMUIMG_API
const char *domuimg_host_guest_get_state (DomuimgHostGuest *self);
DOMUIMG_API
const char *domuimg_host_guest_get_kind (DomuimgHostGuest *self);
DOMUIMG_API
guint domuimg_host_guest_get_memory (DomuimgHostGuest *self);
DOMUIMG_API
guint domuimg_host_guest_get_vcpus (DomuimgHostGuest *self);
DOMUIMG_API
const char *domuimg_host_guest_get_config (DomuimgHostGuest *self);
DOMUIMG_API
gboolean domuimg_host_guest_get_autostart (DomuimgHostGuest *self);

DOMUIMG_API
GPtrArray *domuimg_host_list_guests (DomuimgBackend backend, const char *connect,
                                     GCancellable *cancellable, GError **error);
DOMUIMG_API
char **domuimg_host_delete_guest (const char *name, DomuimgBackend backend, const char *connect,
                                  gboolean disks, guint timeout, GCancellable *cancellable,
                                  GError **error);

#define DOMUIMG_TYPE_RUN (domuimg_run_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgRun, domuimg_run, DOMUIMG, RUN, GObject)

DOMUIMG_API
DomuimgRun *domuimg_run_new (const char *name);
DOMUIMG_API
void domuimg_run_set_backend (DomuimgRun *self, DomuimgBackend backend);
DOMUIMG_API
void domuimg_run_set_connect (DomuimgRun *self, const char *connect);
DOMUIMG_API
void domuimg_run_set_console (DomuimgRun *self, gboolean console);
DOMUIMG_API
void domuimg_run_set_once (DomuimgRun *self, gboolean once);
DOMUIMG_API
void domuimg_run_set_wait (DomuimgRun *self, guint seconds);
DOMUIMG_API
void domuimg_run_set_autostart (DomuimgRun *self, gboolean autostart);
DOMUIMG_API
void domuimg_run_set_check (DomuimgRun *self, gboolean check);
DOMUIMG_API
DomuimgHostGuest *domuimg_run_start (DomuimgRun *self, DomuimgProgress *progress,
                                     GCancellable *cancellable, GError **error);

G_END_DECLS
