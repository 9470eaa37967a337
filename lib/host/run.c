/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts a guest: configuration, check, back end, console, wait. */
#include "config.h"
#include "lib/host/run-inside.h"

#include <string.h>
#include <sys/stat.h>

#include "domuimg/check.h"
#include "domuimg/domain-config.h"
#include "lib/base/fd.h"
#include "lib/domain/config/file.h"
#include "lib/guest/manifest-find.h"
#include "lib/host/neighbour.h"
#include "lib/repair/base-image.h"

#define POLL_USEC 250000

/**
 * DomuimgRun:
 *
 * A start of a guest.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgRun, domuimg_run, G_TYPE_OBJECT)

static void
domuimg_run_finalize (GObject *object)
{
  DomuimgRun *self = DOMUIMG_RUN (object);

  g_free (self->name);
  g_free (self->connect);
  g_free (self->config);
  g_free (self->reason);
  g_clear_object (&self->domain);
  g_clear_object (&self->looked);
  g_clear_pointer (&self->terminal, domuimg_console_free);
  G_OBJECT_CLASS (domuimg_run_parent_class)->finalize (object);
}

static void
domuimg_run_class_init (DomuimgRunClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_run_finalize;
}

static void
domuimg_run_init (DomuimgRun *self)
{
  self->check = TRUE;
  self->domid = -1;
}

/**
 * domuimg_run_new:
 * @name: the name of a guest, or the path of its configuration; see domuimg_domain_find_config()
 *
 * Returns: (transfer full): a start of it, by libxl, with a check first
 *
 * Since: 0.1
 */
DomuimgRun *
domuimg_run_new (const char *name)
{
  DomuimgRun *self = g_object_new (DOMUIMG_TYPE_RUN, NULL);

  g_return_val_if_fail (name != NULL, self);
  self->name = g_strdup (name);
  return self;
}

/**
 * domuimg_run_set_backend:
 * @self: a start
 * @backend: what starts it
 *
 * Since: 0.1
 */
void
domuimg_run_set_backend (DomuimgRun *self, DomuimgBackend backend)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  self->backend = backend;
}

/**
 * domuimg_run_set_connect:
 * @self: a start
 * @connect: (nullable): libvirt's URI; %NULL for `xen:///system`
 *
 * Since: 0.1
 */
void
domuimg_run_set_connect (DomuimgRun *self, const char *connect)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  g_free (self->connect);
  self->connect = g_strdup (connect);
}

/**
 * domuimg_run_set_console:
 * @self: a start
 * @console: whether standard input and output become the guest's console, that of its boot loader
 *   first, until Ctrl-] is typed or the guest ends
 *
 * Since: 0.1
 */
void
domuimg_run_set_console (DomuimgRun *self, gboolean console)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  self->console = console;
}

/**
 * domuimg_run_set_once:
 * @self: a start
 * @once: whether to wait for the guest's first shutdown, reboot or crash, after which it is gone,
 *   whatever its configuration says; its disks and files stay
 *
 * Since: 0.1
 */
void
domuimg_run_set_once (DomuimgRun *self, gboolean once)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  self->once = once;
}

/**
 * domuimg_run_set_wait:
 * @self: a start
 * @seconds: how long to wait for a login prompt on the guest's console, or for an address that
 *   this host knows one of its network cards by; 0 not to wait
 *
 * Since: 0.1
 */
void
domuimg_run_set_wait (DomuimgRun *self, guint seconds)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  self->wait = seconds;
}

/**
 * domuimg_run_set_autostart:
 * @self: a start
 * @autostart: whether it is to start with the host from now on: by a link in `/etc/xen/auto`, or
 *   libvirt's setting
 *
 * Since: 0.1
 */
void
domuimg_run_set_autostart (DomuimgRun *self, gboolean autostart)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  self->autostart = autostart;
}

/**
 * domuimg_run_set_check:
 * @self: a start
 * @check: whether a guest is refused of which domuimg_check_run() says that it will not boot
 *
 * Since: 0.1
 */
void
domuimg_run_set_check (DomuimgRun *self, gboolean check)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  self->check = check;
}

/**
 * domuimg_run_set_install:
 * @self: a start
 * @install: whether a guest that is still to be installed is installed first: the installer that its
 *   manifest names runs to its power-off or reboot, on the console if domuimg_run_set_console() wants
 *   one; what it has made is checked, and then started by the guest's own configuration. A guest whose
 *   disks are not empty is only started
 *
 * Without it, such a guest is refused, unless domuimg_run_set_check() is off.
 *
 * Since: 0.1
 */
void
domuimg_run_set_install (DomuimgRun *self, gboolean install)
{
  g_return_if_fail (DOMUIMG_IS_RUN (self));
  self->install = install;
}

/* What the configuration is of, and in which language. */
static gboolean
read_config (DomuimgRun *self, GError **error)
{
  g_autofree char *text = NULL;
  struct stat status;

  self->config = domuimg_domain_find_config (self->name, error);
  if (self->config == NULL
      || (text = domuimg_config_read (self->config, &status, error)) == NULL)
    return FALSE;
  self->is_xml = text[strspn (text, " \t\r\n\xef\xbb\xbf")] == '<';
  self->domain = domuimg_domain_new_from_text (text, self->config, error);
  return self->domain != NULL && domuimg_domain_validate (self->domain, error);
}

/* A clone over what was changed since would find its filesystem damaged, and damage it more; and a guest that
 * runs changes what lies below its clones. A manifest that cannot be read says nothing of that. */
static gboolean
check_bases (DomuimgRun *self, GError **error)
{
  g_autoptr (DomuimgManifest) manifest = NULL;
  g_autoptr (GError) unread = NULL;
  g_autofree char *path = NULL;

  return !domuimg_manifest_find_for (self->config, DOMUIMG_IMAGE_DIRECTORY, &manifest, &path, &unread)
         || manifest == NULL
         || (domuimg_manifest_check_bases (manifest, error)
             && domuimg_base_image_check_unused (manifest, error));
}

static gboolean
await_login (DomuimgRun *self, DomuimgProgress *progress, GCancellable *cancellable,
             GError **error)
{
  gint64 until = g_get_monotonic_time () + (gint64) self->wait * G_USEC_PER_SEC;
  const char *name = domuimg_domain_get_name (self->domain);

  domuimg_progress_set_message (progress, "Waiting for the login of %s", name);
  while (g_get_monotonic_time () < until)
    {
      g_autofree char *address = NULL;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (domuimg_console_has_login (self->terminal))
        return TRUE;
      address = domuimg_neighbour_find ("", domuimg_domain_get_nics (self->domain));
      if (address != NULL)
        return TRUE;
      g_usleep (POLL_USEC);
    }
  return domuimg_fail (error, DOMUIMG_ERROR_FAILED,
                       "%s runs, but for %u seconds its console has shown no login prompt, and no"
                       " address of it is known",
                       name, self->wait);
}

static DomuimgHostGuest *
make_result (DomuimgRun *self)
{
  DomuimgHostGuest *guest = domuimg_host_guest_from_domain (self->domain, self->config);

  guest->domid = self->reason == NULL ? self->domid : -1;
  guest->state = self->reason == NULL ? DOMUIMG_GUEST_STATE_RUNNING
                                      : domuimg_guest_state_from_string (self->reason);
  guest->autostart = self->autostart;
  return guest;
}

/**
 * domuimg_run_start:
 * @self: a start; it can be used once
 * @progress: (nullable): tells what is being done
 * @cancellable: (nullable): to stop it: a guest that is being made is made no further
 * @error: return location for an error: %DOMUIMG_ERROR_NOT_FOUND, %DOMUIMG_ERROR_CORRUPT_INPUT of
 *   the configuration, %DOMUIMG_ERROR_BUSY where what a clone lies over was changed,
 *   %DOMUIMG_ERROR_NOT_BOOTABLE by the check, %DOMUIMG_ERROR_NOT_SUPPORTED
 *   where domuimg is installed without the back end, %DOMUIMG_ERROR_TOOL_FAILED with the back
 *   end's own words on further lines, %DOMUIMG_ERROR_FAILED where it runs, and the wait is over
 *
 * Starts a guest, by what xl(1) makes of its configuration. What `on_reboot` and its like want done
 * is done by a process that stays as long as the guest and writes to
 * `/var/log/xen/domuimg-NAME.log`.
 *
 * Returns: (transfer full): the guest; after domuimg_run_set_once() its state is the
 *   reason of its end; or %NULL
 *
 * Since: 0.1
 */
DomuimgHostGuest *
domuimg_run_start (DomuimgRun *self, DomuimgProgress *progress, GCancellable *cancellable,
                   GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_RUN (self) && self->domain == NULL, NULL);
  if (self->once && (self->wait > 0 || self->autostart))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "a guest that runs once is waited for to its end, and does not start with the"
                    " host: --once goes neither with --wait nor with --autostart");
      return NULL;
    }
  if (!read_config (self, error) || !check_bases (self, error)
      || (self->install && !domuimg_run_install (self, progress, cancellable, error))
      || !domuimg_run_start_checked (self, progress, cancellable, error)
      || (self->autostart && self->backend == DOMUIMG_BACKEND_LIBXL
          && !domuimg_autostart_make (DOMUIMG_CONFIG_DIRECTORY, self->config, error))
      || (self->wait > 0 && !await_login (self, progress, cancellable, error)))
    return NULL;
  if (self->console)
    domuimg_console_wait (self->terminal, cancellable);
  g_clear_pointer (&self->terminal, domuimg_console_free);
  return make_result (self);
}
