/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file behind a socket. */
#include "config.h"
#include "lib/fs/guestfs/share.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/storage-daemon.h"

struct _DomuimgShare {
  DomuimgRegion *region;
  char *socket;
  DomuimgStorageDaemon *daemon; /* (nullable) while it is shown */
};

DomuimgShare *
domuimg_share_new (DomuimgRegion *region, const char *directory)
{
  static int count;
  DomuimgShare *self = g_new0 (DomuimgShare, 1);

  self->region = domuimg_region_ref (region);
  self->socket = g_strdup_printf ("%s/share%d", directory, g_atomic_int_add (&count, 1));
  return self;
}

static void
add_arguments (DomuimgShare *self, DomuimgExec *exec)
{
  g_autofree char *socket = domuimg_storage_daemon_escape (self->socket);
  g_autofree char *path = domuimg_exec_pass_fd (exec, self->region->fd);
  gboolean writable = (fcntl (self->region->fd, F_GETFL) & O_ACCMODE) == O_RDWR;

  domuimg_exec_arg (exec, "--blockdev");
  domuimg_exec_argf (exec, "driver=file,node-name=%s,filename=%s,locking=off,read-only=%s",
                     DOMUIMG_SHARE_NAME, path, writable ? "off" : "on");
  domuimg_exec_arg (exec, "--nbd-server");
  domuimg_exec_argf (exec, "addr.type=unix,addr.path=%s", socket);
  domuimg_exec_arg (exec, "--export");
  domuimg_exec_argf (exec, "type=nbd,id=share,node-name=%s,name=%s,writable=%s",
                     DOMUIMG_SHARE_NAME, DOMUIMG_SHARE_NAME, writable ? "on" : "off");
}

gboolean
domuimg_share_start (DomuimgShare *self, GError **error)
{
  g_autofree char *pidfile = g_strconcat (self->socket, ".pid", NULL);
  g_autoptr (DomuimgStorageDaemon) daemon = NULL;

  if (self->daemon != NULL)
    return TRUE;
  daemon = domuimg_storage_daemon_new (pidfile);
  add_arguments (self, domuimg_storage_daemon_get_exec (daemon));
  if (domuimg_storage_daemon_start (daemon, NULL, error))
    self->daemon = g_steal_pointer (&daemon);
  else
    g_prefix_error (error, "%s: handing it to libguestfs: ", self->region->name);
  return self->daemon != NULL;
}

const char *
domuimg_share_get_socket (DomuimgShare *self)
{
  return self->socket;
}

void
domuimg_share_free (DomuimgShare *self)
{
  g_clear_pointer (&self->daemon, domuimg_storage_daemon_free);
  unlink (self->socket);
  domuimg_region_unref (self->region);
  g_free (self->socket);
  g_free (self);
}
