/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that libvirt knows, by domuimg-libvirt. */
#include "config.h"
#include "lib/base/definition.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/backend-program.h"
#include "lib/base/fd.h"
#include "lib/base/unnamed.h"

char *
domuimg_definition_make_address (const char *uri, const char *name)
{
  return g_strdup_printf ("%s#%s", uri != NULL ? uri : DOMUIMG_LIBVIRT_URI, name);
}

static DomuimgExec *
start (const char *address, const char *verb, const char *uuid, GError **error)
{
  const char *hash = strchr (address, '#');
  g_autofree char *uri = hash != NULL ? g_strndup (address, (gsize) (hash - address)) : NULL;
  DomuimgExec *exec;

  if (uri == NULL || hash[1] == '\0')
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%s” does not name a guest of libvirt's",
                    address);
      return NULL;
    }
  exec = domuimg_libvirt_start (uri, verb, error);
  if (exec == NULL)
    return NULL;
  domuimg_exec_arg (exec, hash + 1);
  domuimg_exec_arg (exec, uuid);
  return exec;
}

static JsonObject *
ask (const char *address, const char *verb, const char *uuid, GError **error)
{
  g_autoptr (DomuimgExec) exec = start (address, verb, uuid, error);
  g_autoptr (JsonNode) node
      = exec != NULL ? domuimg_backend_program_ask (exec, NULL, error) : NULL;

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_node_dup_object (node);
  if (node != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_FAILED, "libvirt has not answered as expected");
  g_prefix_error (error, "%s: ", address);
  return NULL;
}

gboolean
domuimg_definition_check (const char *address, const char *uuid, gboolean replace, GError **error)
{
  g_autoptr (JsonObject) object = ask (address, "definition", uuid, error);
  const char *has;

  if (object == NULL)
    return FALSE;
  has = json_object_get_string_member_with_default (object, "uuid", NULL);
  if (has == NULL)
    return TRUE;
  if (!replace)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                         "%s: libvirt has a guest of this name or UUID already (%s); choose another"
                         " name, or use --force, which takes its place",
                         address, has);
  return !g_str_equal (json_object_get_string_member_with_default (object, "state", ""), "active")
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY, "%s runs: shut the guest down first", address);
}

static int
open_text (const char *text, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_memory_file ("domuimg-xml", 0);
  int result = fd;

  if (fd < 0 || !domuimg_write_all (fd, text, strlen (text)) || lseek (fd, 0, SEEK_SET) != 0)
    {
      domuimg_set_errno (error, errno, "handing over the configuration");
      return -1;
    }
  fd = -1;
  return result;
}

gboolean
domuimg_definition_make (const DomuimgDefinition *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = start (self->address, "define", self->uuid, error);
  g_auto (DomuimgFd) fd = exec != NULL ? open_text (self->xml, error) : -1;

  if (fd < 0)
    return FALSE;
  if (self->replace)
    domuimg_exec_arg (exec, "--replace");
  if (self->autostart)
    domuimg_exec_arg (exec, "--autostart");
  domuimg_exec_stdin_fd (exec, fd);
  if (domuimg_exec_run (exec, cancellable, error))
    return TRUE;
  g_prefix_error (error, "%s: ", self->address);
  return FALSE;
}

gboolean
domuimg_definition_make_anew (const char *address, const char *uuid, const char *path,
                              gboolean autostart, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  DomuimgDefinition definition = { .address = address, .uuid = uuid, .replace = TRUE,
                                   .autostart = autostart };

  if (!g_file_get_contents (path, &text, NULL, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  definition.xml = text;
  return domuimg_definition_make (&definition, NULL, error);
}

gboolean
domuimg_definition_remove (const char *address, const char *uuid, gboolean *removed, GError **error)
{
  g_autoptr (JsonObject) object = ask (address, "undefine", uuid, error);

  if (object == NULL)
    return FALSE;
  *removed = json_object_get_boolean_member_with_default (object, "deleted", FALSE);
  return TRUE;
}
