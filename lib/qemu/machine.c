/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts QEMU with a disk, a CD-ROM and a serial line, and ends it. */
#include "config.h"
#include "lib/qemu/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/kvm.h"

#define PROGRAM "qemu-system-x86_64"
#define MIB 1048576
/* What QEMU's own network calls the host that it runs on. */
#define HOST "10.0.2.2"
#define DISK "disk"
#define SANDBOX "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"

struct _DomuimgQemu {
  DomuimgExec *exec;
  DomuimgQmp *qmp;
  int serial;       /* its standard output; the program's */
  DomuimgFd input;  /* its standard input */
};

char *
domuimg_qemu_explain_missing (void)
{
  g_autofree char *path = domuimg_find_program (PROGRAM);

  return path != NULL ? NULL
                      : g_strdup_printf ("%s is not installed: apt-get install %s", PROGRAM,
                                         domuimg_package_of_program (PROGRAM));
}

const char *
domuimg_qemu_describe_speed (void)
{
  if (domuimg_kvm_works ())
    return "by KVM";
  return access ("/dev/kvm", F_OK) == 0
             ? "emulated (TCG), ten to thirty times slower than by KVM, since /dev/kvm cannot be used here"
             : "emulated (TCG), ten to thirty times slower than by KVM, since this host has no /dev/kvm";
}

/* QEMU gets a copy of the other end, of which an argument has the number. */
static gboolean
add_monitor (DomuimgExec *exec, DomuimgFd *ours, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *number = NULL;
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return domuimg_set_errno (error, errno, "making a socket for QEMU");
  *ours = ends[0];
  path = domuimg_exec_pass_fd (exec, ends[1]);
  close (ends[1]);
  number = g_path_get_basename (path);
  domuimg_exec_arg (exec, "-chardev");
  domuimg_exec_argf (exec, "socket,id=qmp,fd=%s", number);
  return TRUE;
}

/* What is flushed need not reach the disk: if this host stops, nothing of the guest is kept. */
static void
add_drive (DomuimgExec *exec, const char *id, const char *path, gboolean is_read_only)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *node = json_object_new (), *file = json_object_new (), *cache = json_object_new ();
  g_autofree char *text = NULL;

  json_object_set_string_member (file, "driver", "file");
  json_object_set_string_member (file, "filename", path);
  json_object_set_boolean_member (cache, "direct", FALSE);
  json_object_set_boolean_member (cache, "no-flush", TRUE);
  json_object_set_string_member (node, "driver", "raw");
  json_object_set_string_member (node, "node-name", id);
  json_object_set_boolean_member (node, "read-only", is_read_only);
  json_object_set_string_member (node, "discard", "unmap");
  if (!is_read_only)
    json_object_set_string_member (node, "detect-zeroes", "unmap");
  json_object_set_object_member (node, "cache", cache);
  json_object_set_object_member (node, "file", file);
  json_node_take_object (root, node);
  text = json_to_string (root, FALSE);
  domuimg_exec_arg (exec, "-blockdev");
  domuimg_exec_arg (exec, text);
}

static void
add_device (DomuimgExec *exec, const char *device)
{
  domuimg_exec_arg (exec, "-device");
  domuimg_exec_arg (exec, device);
}

/* The CD-ROM comes first until the first restart only: what was installed is then on the disk. */
static void
add_boot (DomuimgExec *exec, const DomuimgQemuMachine *machine)
{
  if (machine->kernel == NULL)
    {
      domuimg_exec_arg (exec, "-boot");
      domuimg_exec_arg (exec, "order=c,once=d");
      return;
    }
  domuimg_exec_arg (exec, "-kernel");
  domuimg_exec_arg (exec, machine->kernel);
  domuimg_exec_arg (exec, "-initrd");
  domuimg_exec_arg (exec, machine->ramdisk);
  domuimg_exec_arg (exec, "-append");
  /* An emulated timer may be too slow for Linux's test of it where the host is busy: it would panic. */
  domuimg_exec_argf (exec, "%s%s", domuimg_kvm_works () ? "" : "no_timer_check ", machine->cmdline);
}

static void
add_cdrom (DomuimgExec *exec, const char *id, const char *path, guint unit)
{
  g_autofree char *device = g_strdup_printf ("ide-cd,id=cd%u,bus=ide.1,unit=%u,drive=%s", unit, unit, id);

  if (path == NULL)
    return;
  add_drive (exec, id, path, TRUE);
  add_device (exec, device);
}

static void
add_devices (DomuimgExec *exec, const DomuimgQemuMachine *machine)
{
  g_autofree char *nic = g_strdup_printf ("%s,netdev=net,romfile=,mac=%s",
                                          machine->has_drivers ? "virtio-net-pci" : "e1000",
                                          machine->mac);

  add_drive (exec, DISK, machine->disk, FALSE);
  add_device (exec, machine->has_drivers ? "virtio-blk-pci,id=disk,drive=" DISK
                                         : "ide-hd,id=disk,bus=ide.0,drive=" DISK);
  add_cdrom (exec, "cdrom", machine->iso, 0);
  add_cdrom (exec, "answers", machine->answers, 1);
  domuimg_exec_arg (exec, "-netdev");
  domuimg_exec_arg (exec, "user,id=net");
  add_device (exec, nic);
  add_device (exec, "VGA");
  if (machine->has_drivers)
    add_device (exec, "virtio-rng-pci");
}

static void
add_base (DomuimgExec *exec, const DomuimgQemuMachine *machine)
{
  static const char *const words[]
      = { "-nodefaults", "-no-user-config", "-machine", "pc", "-mon", "chardev=qmp,mode=control",
          "-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial" };
  gboolean has_kvm = domuimg_kvm_works ();

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    domuimg_exec_arg (exec, words[i]);
  domuimg_qemu_display_add (machine->display, exec);
  if (domuimg_qemu_display_can_be_confined (machine->display))
    {
      domuimg_exec_arg (exec, "-sandbox");
      domuimg_exec_arg (exec, SANDBOX);
    }
  domuimg_exec_arg (exec, "-accel");
  domuimg_exec_arg (exec, has_kvm ? "kvm" : "tcg");
  domuimg_exec_arg (exec, "-cpu");
  domuimg_exec_arg (exec, has_kvm ? "host" : "max");
  domuimg_exec_arg (exec, "-m");
  domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT "M", machine->memory / MIB);
  domuimg_exec_arg (exec, "-smp");
  domuimg_exec_argf (exec, "%u", machine->vcpus);
  /* It stays when the guest has ended, so that its screen can be seen. */
  domuimg_exec_arg (exec, "-action");
  domuimg_exec_argf (exec, "reboot=%s,shutdown=pause,panic=pause",
                     machine->kernel != NULL ? "shutdown" : "reset");
}

gboolean
domuimg_qemu_explain_end (DomuimgQemu *self, GError **error)
{
  return domuimg_exec_finish (self->exec, error)
         && domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, PROGRAM " ended before the installer did");
}

/* Only a QEMU that runs answers; one that was given what it does not take says so on its standard error. */
static gboolean
greet (DomuimgQemu *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) answer
      = domuimg_qmp_execute (self->qmp, "qmp_capabilities", NULL, cancellable, &local);

  if (answer != NULL)
    return TRUE;
  if (domuimg_qmp_get_fd (self->qmp) < 0)
    return domuimg_qemu_explain_end (self, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* The serial line is a pair of pipes. A socket would do for both ways, but counts each byte that is written alone
 * as many, and what does not fit is lost. */
static gboolean
start (DomuimgQemu *self, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) theirs = -1;
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return domuimg_set_errno (error, errno, "making a pipe for QEMU");
  theirs = ends[0];
  self->input = ends[1];
  domuimg_exec_stdin_fd (self->exec, theirs);
  self->serial = domuimg_exec_start (self->exec, cancellable, error);
  if (self->serial < 0)
    return FALSE;
  domuimg_exec_drop_passed (self->exec);
  return fcntl (self->serial, F_SETFL, O_NONBLOCK) == 0
         || domuimg_set_errno (error, errno, "reading what QEMU says");
}

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return address != NULL ? g_inet_address_get_is_loopback (address)
                         : g_ascii_strcasecmp (host, "localhost") == 0;
}

char *
domuimg_qemu_map_address (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);

  if (uri == NULL || g_uri_get_host (uri) == NULL || !is_loopback (g_uri_get_host (uri)))
    return g_strdup (url);
  return g_uri_join (G_URI_FLAGS_ENCODED, g_uri_get_scheme (uri), g_uri_get_userinfo (uri), HOST,
                     g_uri_get_port (uri), g_uri_get_path (uri), g_uri_get_query (uri),
                     g_uri_get_fragment (uri));
}

DomuimgQemu *
domuimg_qemu_start (const DomuimgQemuMachine *machine, DomuimgQmpEvent on_event,
                    gpointer user_data, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgQemu) self = g_new0 (DomuimgQemu, 1);
  g_auto (DomuimgFd) qmp = -1;

  self->input = -1;
  self->exec = domuimg_exec_new (PROGRAM);
  if (!add_monitor (self->exec, &qmp, error))
    return NULL;
  add_base (self->exec, machine);
  add_devices (self->exec, machine);
  add_boot (self->exec, machine);
  if (!start (self, cancellable, error))
    return NULL;
  self->qmp = domuimg_qmp_new (qmp, on_event, user_data);
  qmp = -1;
  return greet (self, cancellable, error) ? g_steal_pointer (&self) : NULL;
}

void
domuimg_qemu_free (DomuimgQemu *self)
{
  domuimg_exec_free (self->exec);
  g_clear_pointer (&self->qmp, domuimg_qmp_free);
  domuimg_fd_clear (&self->input);
  g_free (self);
}

DomuimgQmp *
domuimg_qemu_get_qmp (DomuimgQemu *self)
{
  return self->qmp;
}

int
domuimg_qemu_get_serial (DomuimgQemu *self)
{
  return self->serial;
}

int
domuimg_qemu_get_input (DomuimgQemu *self)
{
  return self->input;
}

char *
domuimg_qemu_open_vnc (DomuimgQemu *self, const char *password, GCancellable *cancellable,
                       GError **error)
{
  JsonObject *arguments = json_object_new ();
  g_autoptr (JsonNode) done = NULL;
  g_autoptr (JsonNode) answer = NULL;
  JsonObject *server;

  json_object_set_string_member (arguments, "protocol", "vnc");
  json_object_set_string_member (arguments, "password", password);
  done = domuimg_qmp_execute (self->qmp, "set_password", arguments, cancellable, error);
  if (done == NULL)
    return NULL;
  answer = domuimg_qmp_execute (self->qmp, "query-vnc", NULL, cancellable, error);
  if (answer == NULL)
    return NULL;
  server = JSON_NODE_HOLDS_OBJECT (answer) ? json_node_get_object (answer) : NULL;
  if (server != NULL && json_object_has_member (server, "service"))
    return g_strdup_printf ("%s:%s", json_object_get_string_member_with_default (server, "host", ""),
                            json_object_get_string_member_with_default (server, "service", ""));
  domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "QEMU does not say where its screen is");
  return NULL;
}

gboolean
domuimg_qemu_stop (DomuimgQemu *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonNode) answer
      = domuimg_qmp_execute (self->qmp, "quit", NULL, cancellable, error);

  return answer != NULL && domuimg_exec_finish (self->exec, error);
}

static guint64
get_count (JsonObject *stats, const char *member)
{
  return stats != NULL ? (guint64) MAX (json_object_get_int_member_with_default (stats, member, 0), 0) : 0;
}

/* What one of the drives was asked for; "qdev" is the path of its device. */
static void
add_counts (JsonNode *drive, DomuimgQemuCounts *counts)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (drive) ? json_node_get_object (drive) : NULL;
  JsonNode *node = object != NULL ? json_object_get_member (object, "stats") : NULL;
  JsonObject *stats
      = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;

  counts->reads += get_count (stats, "rd_operations");
  counts->writes += get_count (stats, "wr_operations");
}

gboolean
domuimg_qemu_count (DomuimgQemu *self, DomuimgQemuCounts *counts, GCancellable *cancellable,
                    GError **error)
{
  g_autoptr (JsonNode) answer
      = domuimg_qmp_execute (self->qmp, "query-blockstats", NULL, cancellable, error);
  JsonArray *drives;

  *counts = (DomuimgQemuCounts){ 0 };
  if (answer == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_ARRAY (answer))
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "QEMU does not say what its disks do");
  drives = json_node_get_array (answer);
  for (guint i = 0; i < json_array_get_length (drives); i++)
    add_counts (json_array_get_element (drives, i), counts);
  return TRUE;
}

gboolean
domuimg_qemu_take_screen (DomuimgQemu *self, const char *path, gboolean is_png,
                          GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = json_object_new ();
  g_autoptr (JsonNode) answer = NULL;

  json_object_set_string_member (arguments, "filename", path);
  if (is_png)
    json_object_set_string_member (arguments, "format", "png");
  answer = domuimg_qmp_execute (self->qmp, "screendump", arguments, cancellable, error);
  return answer != NULL;
}
