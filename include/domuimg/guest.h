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

/**
 * DomuimgGuestState:
 * @DOMUIMG_GUEST_STATE_UNKNOWN: what the back end says is not known here
 * @DOMUIMG_GUEST_STATE_OFF: it only has a configuration
 * @DOMUIMG_GUEST_STATE_RUNNING: it runs, or waits for something to do
 * @DOMUIMG_GUEST_STATE_PAUSED: it is stopped until somebody lets it go on
 * @DOMUIMG_GUEST_STATE_SHUTDOWN: it has shut down, and is still there
 * @DOMUIMG_GUEST_STATE_CRASHED: it has crashed, and is still there
 * @DOMUIMG_GUEST_STATE_DYING: Xen takes it away
 * @DOMUIMG_GUEST_STATE_POWEROFF: it has ended by powering off
 * @DOMUIMG_GUEST_STATE_REBOOT: it has ended by a reboot
 * @DOMUIMG_GUEST_STATE_CRASH: it has ended by a crash
 * @DOMUIMG_GUEST_STATE_SUSPEND: it has ended by being suspended
 * @DOMUIMG_GUEST_STATE_WATCHDOG: its watchdog has ended it
 * @DOMUIMG_GUEST_STATE_SOFT_RESET: it has ended by a soft reset
 * @DOMUIMG_GUEST_STATE_DESTROYED: somebody has ended it
 *
 * What a guest does; those from
 * %DOMUIMG_GUEST_STATE_POWEROFF on are reasons of its end, which only domuimg_run_start() tells.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_GUEST_STATE_UNKNOWN,
  DOMUIMG_GUEST_STATE_OFF,
  DOMUIMG_GUEST_STATE_RUNNING,
  DOMUIMG_GUEST_STATE_PAUSED,
  DOMUIMG_GUEST_STATE_SHUTDOWN,
  DOMUIMG_GUEST_STATE_CRASHED,
  DOMUIMG_GUEST_STATE_DYING,
  DOMUIMG_GUEST_STATE_POWEROFF,
  DOMUIMG_GUEST_STATE_REBOOT,
  DOMUIMG_GUEST_STATE_CRASH,
  DOMUIMG_GUEST_STATE_SUSPEND,
  DOMUIMG_GUEST_STATE_WATCHDOG,
  DOMUIMG_GUEST_STATE_SOFT_RESET,
  DOMUIMG_GUEST_STATE_DESTROYED,
} DomuimgGuestState;

DOMUIMG_API
const char *domuimg_guest_state_to_string (DomuimgGuestState state);

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
DomuimgGuestState domuimg_host_guest_get_state (DomuimgHostGuest *self);
DOMUIMG_API
DomuimgGuestType domuimg_host_guest_get_guest_type (DomuimgHostGuest *self);
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
void domuimg_host_list_guests_async (DomuimgBackend backend, const char *connect,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
DOMUIMG_API
GPtrArray *domuimg_host_list_guests_finish (GAsyncResult *result, GError **error);
DOMUIMG_API
char **domuimg_host_plan_delete (const char *name, gboolean disks, GError **error);
DOMUIMG_API
char **domuimg_host_delete_guest (const char *name, DomuimgBackend backend, const char *connect,
                                  gboolean disks, guint timeout, GCancellable *cancellable,
                                  GError **error);
DOMUIMG_API
void domuimg_host_delete_guest_async (const char *name, DomuimgBackend backend,
                                      const char *connect, gboolean disks, guint timeout,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);
DOMUIMG_API
char **domuimg_host_delete_guest_finish (GAsyncResult *result, GError **error);

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
void domuimg_run_set_install (DomuimgRun *self, gboolean install);
DOMUIMG_API
gboolean domuimg_run_check_host (DomuimgRun *self, GError **error);
DOMUIMG_API
DomuimgHostGuest *domuimg_run_start (DomuimgRun *self, DomuimgProgress *progress,
                                     GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_run_start_async (DomuimgRun *self, DomuimgProgress *progress,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
DOMUIMG_API
DomuimgHostGuest *domuimg_run_start_finish (DomuimgRun *self, GAsyncResult *result,
                                            GError **error);

G_END_DECLS
