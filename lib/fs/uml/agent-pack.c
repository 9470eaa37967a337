/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packs what is mounted into an erofs, by its own program. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <poll.h>
#include <unistd.h>

/* How long an answer may take: so a cancellation is seen meanwhile. */
#define WAIT_MS 500

static gboolean
start (DomuimgUmlAgent *self, DomuimgUmlMounted *mount, const DomuimgUmlRequest *request,
       GError **error)
{
  g_autofree char *device
      = domuimg_uml_agent_device (self, request->offset, request->length, error);

  if (device == NULL)
    return FALSE;
  self->packer = domuimg_exec_new (DOMUIMG_UML_PACKER_NAME);
  domuimg_exec_arg (self->packer, "--quiet");
  /* Its slower kind, lz4hc, takes five times as long for 9 percent less. */
  domuimg_exec_arg (self->packer, "-zlz4");
  /* In the other kind of inodes there is no time. */
  domuimg_exec_arg (self->packer, "-Eforce-inode-extended");
  domuimg_exec_arg (self->packer, "--preserve-mtime");
  /* mke2fs makes it. */
  domuimg_exec_arg (self->packer, "--exclude-path=lost+found");
  domuimg_exec_argf (self->packer, "-U%s", request->path);
  domuimg_exec_arg (self->packer, device);
  domuimg_exec_arg (self->packer, mount->at);
  self->packer_output = domuimg_exec_start (self->packer, NULL, error);
  if (self->packer_output >= 0)
    return TRUE;
  g_clear_pointer (&self->packer, domuimg_exec_free);
  return FALSE;
}

/* Its output ends when it does. */
static gboolean
has_ended (DomuimgUmlAgent *self)
{
  struct pollfd fd = { self->packer_output, POLLIN, 0 };
  char said[512];

  return poll (&fd, 1, WAIT_MS) > 0 && read (self->packer_output, said, sizeof said) <= 0;
}

GVariant *
domuimg_uml_agent_pack (DomuimgUmlAgent *self, DomuimgUmlMounted *mount,
                        const DomuimgUmlRequest *request, GError **error)
{
  gboolean ok;

  if (self->packer == NULL && !start (self, mount, request, error))
    return NULL;
  if (!has_ended (self))
    return g_variant_new_boolean (FALSE);
  ok = domuimg_exec_finish (self->packer, error);
  g_clear_pointer (&self->packer, domuimg_exec_free);
  return ok ? g_variant_new_boolean (TRUE) : NULL;
}
