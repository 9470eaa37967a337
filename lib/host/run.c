/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts a guest: configuration, check, back end, console, wait. */
#include "config.h"
#include "lib/host/guest.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domuimg/check.h"
#include "domuimg/domain-config.h"
#include "lib/base/fd.h"
#include "lib/base/undo.h"
#include "lib/domain/config/file.h"
#include "lib/domain/model/domain.h"
#include "lib/host/backend.h"
#include "lib/host/console.h"
#include "lib/host/doctor.h"
#include "lib/host/neighbour.h"

#define LOG_DIRECTORY "/var/log/xen"
#define POLL_USEC 250000

/**
 * DomuimgRun:
 *
 * A start of a guest.
 *
 * Since: 0.1
 */
struct _DomuimgRun {
  GObject parent_instance;

  char *name; /* as it was given */
  DomuimgBackend backend;
  char *connect; /* (nullable) */
  gboolean console;
  gboolean once;
  guint wait; /* seconds; 0: not at all */
  gboolean autostart;
  gboolean check;

  /* While it starts. */
  char *config; /* path */
  DomuimgDomain *domain;
  gboolean is_xml;
  DomuimgConsole *terminal; /* (nullable) */
  int domid;
  char *reason; /* (nullable) of its end */
};

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

static gboolean
check (DomuimgRun *self, const char *config, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgCheck) made = domuimg_check_new_for_config (config);
  g_autoptr (DomuimgReport) report = NULL;
  g_autofree char *text = NULL;

  report = domuimg_check_run (made, cancellable, error);
  if (report == NULL)
    return FALSE;
  if (domuimg_report_get_verdict (report) != DOMUIMG_VERDICT_FAILS)
    return TRUE;
  text = domuimg_report_to_text (report);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "%s: the guest will not boot, says domuimg check; --no-check starts it all"
                       " the same\n%s",
                       self->config, text);
}

/* An xl.cfg of the guest: its own, or one that is written from what it has. */
static char *
make_xl_cfg (DomuimgRun *self, const char *directory, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) local = NULL;

  if (!self->is_xml)
    return g_strdup (self->config);
  text = domuimg_domain_to_xl_cfg (self->domain, error);
  if (text == NULL)
    return NULL;
  path = g_build_filename (directory, "guest.cfg", NULL);
  if (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &local))
    return g_steal_pointer (&path);
  domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  return NULL;
}

/* xl itself says what its configuration means to libxl: every key of every release. */
static char *
ask_xl (const char *config, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("xl");
  g_autoptr (GBytes) output = NULL;
  g_autofree char *text = NULL;
  const char *start;

  domuimg_exec_arg (exec, "create");
  domuimg_exec_arg (exec, "--dryrun");
  domuimg_exec_arg (exec, config);
  output = domuimg_exec_output (exec, cancellable, error);
  if (output == NULL)
    return NULL;
  text = g_strndup (g_bytes_get_size (output) > 0 ? g_bytes_get_data (output, NULL) : "",
                    g_bytes_get_size (output));
  /* A line may come first that says what it does. */
  start = strchr (text, '{');
  if (start != NULL)
    return g_strdup (start);
  domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s: xl does not say what it means", config);
  return NULL;
}

static int
as_file (const char *text, GError **error)
{
  g_auto (DomuimgFd) fd = memfd_create ("domuimg-run", MFD_CLOEXEC);
  int result;

  if (fd < 0 || !domuimg_write_all (fd, text, strlen (text)) || lseek (fd, 0, SEEK_SET) != 0)
    {
      domuimg_set_errno (error, errno, "handing over the configuration");
      return -1;
    }
  result = fd;
  fd = -1;
  return result;
}

/* Events are lines of JSON; all else is for the error, if there is one. */
static void
on_line (const char *line, gpointer user_data)
{
  DomuimgRun *self = user_data;
  g_autoptr (JsonNode) node = *line == '{' ? json_from_string (line, NULL) : NULL;
  JsonObject *object;
  const char *event, *tty;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return;
  object = json_node_get_object (node);
  event = json_object_get_string_member_with_default (object, "event", "");
  tty = json_object_get_string_member_with_default (object, "tty", NULL);
  if (g_str_equal (event, "console") && tty != NULL && self->terminal != NULL)
    domuimg_console_set_tty (self->terminal, tty);
  else if (g_str_equal (event, "created"))
    self->domid = (int) g_ascii_strtoll (
        json_object_get_string_member_with_default (object, "domid", "-1"), NULL, 10);
  else if (g_str_equal (event, "ended"))
    self->reason = g_strdup (json_object_get_string_member_with_default (object, "reason", ""));
}

/* In the words of `domuimg doctor`. */
static gboolean
check_xen (const char *config, GError **error)
{
  g_autoptr (DomuimgDoctor) host = domuimg_doctor_new ();

  return domuimg_doctor_get_is_xen (host)
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s cannot be started: this machine is not a Xen host: no Xen runs here;"
                          " domuimg doctor says what is missing",
                          config);
}

static DomuimgExec *
prepare_libxl (DomuimgRun *self, const char *config, char **input, GCancellable *cancellable,
               GError **error)
{
  DomuimgExec *exec;

  if (!check_xen (config, error) || !domuimg_backend_is_there (DOMUIMG_BACKEND_LIBXL, error)
      || (*input = ask_xl (config, cancellable, error)) == NULL)
    return NULL;
  exec = domuimg_backend_start (DOMUIMG_BACKEND_LIBXL, NULL, "create", error);
  if (exec == NULL)
    return NULL;
  domuimg_exec_arg (exec, domuimg_domain_get_name (self->domain));
  domuimg_exec_argf (exec, "--log=" LOG_DIRECTORY "/domuimg-%s.log",
                     domuimg_domain_get_name (self->domain));
  return exec;
}

static DomuimgExec *
prepare_libvirt (DomuimgRun *self, char **input, GError **error)
{
  DomuimgExec *exec;
  struct stat status;

  *input = self->is_xml ? domuimg_config_read (self->config, &status, error)
                        : domuimg_domain_to_libvirt_xml (self->domain, NULL, error);
  if (*input == NULL)
    return NULL;
  exec = domuimg_backend_start (DOMUIMG_BACKEND_LIBVIRT, self->connect, "create", error);
  if (exec == NULL)
    return NULL;
  if (self->autostart)
    domuimg_exec_arg (exec, "--autostart");
  if (!self->domain->has_uuid)
    domuimg_exec_arg (exec, "--any-uuid");
  return exec;
}

/* With --once it comes back at the guest's end only. */
static gboolean
start (DomuimgRun *self, const char *config, DomuimgProgress *progress,
       GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = NULL;
  g_autofree char *input = NULL;
  g_auto (DomuimgFd) fd = -1;

  exec = self->backend == DOMUIMG_BACKEND_LIBXL
             ? prepare_libxl (self, config, &input, cancellable, error)
             : prepare_libvirt (self, &input, error);
  if (exec == NULL || (fd = as_file (input, error)) < 0)
    return FALSE;
  if (self->once)
    domuimg_exec_arg (exec, "--once");
  if (self->console || self->wait > 0)
    self->terminal = domuimg_console_new (self->console);
  domuimg_exec_stdin_fd (exec, fd);
  domuimg_exec_on_line (exec, on_line, self);
  domuimg_progress_set_message (progress, "Starting %s", domuimg_domain_get_name (self->domain));
  return domuimg_exec_run (exec, cancellable, error);
}

/* What is made lies in a directory that goes in any case. */
static gboolean
start_checked (DomuimgRun *self, DomuimgProgress *progress, GCancellable *cancellable,
               GError **error)
{
  g_autoptr (DomuimgUndo) undo = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *config = NULL;

  if (self->is_xml
      && ((undo = domuimg_undo_new (error)) == NULL
          || (directory = domuimg_undo_make_directory (undo, g_get_tmp_dir (), error)) == NULL))
    return FALSE;
  config = make_xl_cfg (self, directory, error);
  if (config == NULL)
    return FALSE;
  domuimg_progress_set_message (progress, "Checking %s", domuimg_domain_get_name (self->domain));
  return (!self->check || check (self, config, cancellable, error))
         && start (self, config, progress, cancellable, error);
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
 *   the configuration, %DOMUIMG_ERROR_NOT_BOOTABLE by the check, %DOMUIMG_ERROR_NOT_SUPPORTED
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
  if (!read_config (self, error) || !start_checked (self, progress, cancellable, error)
      || (self->autostart && self->backend == DOMUIMG_BACKEND_LIBXL
          && !domuimg_autostart_make (DOMUIMG_CONFIG_DIRECTORY, self->config, error))
      || (self->wait > 0 && !await_login (self, progress, cancellable, error)))
    return NULL;
  if (self->console)
    domuimg_console_wait (self->terminal, cancellable);
  g_clear_pointer (&self->terminal, domuimg_console_free);
  return make_result (self);
}
