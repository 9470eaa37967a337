/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has libxl or libvirt start a guest, in the words that each takes. */
#include "config.h"
#include "lib/host/run-inside.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/undo.h"
#include "lib/base/unnamed.h"
#include "lib/domain/config/file.h"
#include "lib/host/backend.h"
#include "lib/host/doctor.h"

#define LOG_DIRECTORY "/var/log/xen"

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
  int fd = domuimg_memory_file_of ("domuimg-run", text, strlen (text));

  if (fd < 0)
    domuimg_set_errno (error, errno, "handing over the configuration");
  return fd;
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

/**
 * domuimg_run_check_host:
 * @self: a start
 * @error: return location for an error, %DOMUIMG_ERROR_NOT_SUPPORTED
 *
 * Says whether this machine can start guests at all by the back end that was chosen: where libxl is to
 * start them, whether Xen runs here. It needs no guest yet:
 *
 * |[<!-- language="C" -->
 * g_autoptr (DomuimgRun) run = domuimg_run_new ("web");
 *
 * if (!domuimg_run_check_host (run, &error))
 *   return FALSE;
 * ]|
 *
 * Returns: whether it can
 *
 * Since: 0.1
 */
gboolean
domuimg_run_check_host (DomuimgRun *self, GError **error)
{
  g_autoptr (DomuimgDoctor) host = domuimg_doctor_new ();

  g_return_val_if_fail (DOMUIMG_IS_RUN (self), FALSE);
  /* In the words of `domuimg doctor`. */
  if (self->backend == DOMUIMG_BACKEND_LIBXL && !domuimg_doctor_get_is_xen (host))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s cannot be started: this machine is not a Xen host: no Xen runs here;"
                         " domuimg doctor says what is missing",
                         self->config != NULL ? self->config : self->name);
  return domuimg_backend_is_there (self->backend, error);
}

static DomuimgExec *
prepare_libxl (DomuimgRun *self, const char *config, char **input, GCancellable *cancellable,
               GError **error)
{
  DomuimgExec *exec;

  if (!domuimg_run_check_host (self, error)
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
gboolean
domuimg_run_start_checked (DomuimgRun *self, DomuimgProgress *progress, GCancellable *cancellable,
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
  return (!self->check || domuimg_run_check_config (self, config, cancellable, error))
         && start (self, config, progress, cancellable, error);
}
