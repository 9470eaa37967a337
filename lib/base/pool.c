/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes of libvirt's storage pools, by domuimg-libvirt. */
#include "config.h"
#include "lib/base/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/backend-program.h"

typedef struct {
  char *uri;
  char *pool;
  char *volume;
} Address;

static void
address_clear (Address *self)
{
  g_free (self->uri);
  g_free (self->pool);
  g_free (self->volume);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Address, address_clear)

char *
domuimg_pool_make_address (const char *uri, const char *pool_and_volume)
{
  return g_strdup_printf ("%s#%s", uri != NULL ? uri : DOMUIMG_LIBVIRT_URI, pool_and_volume);
}

DomuimgPoolVolume *
domuimg_pool_volume_new (const char *path, const char *address, const char *id)
{
  DomuimgPoolVolume *self = g_new0 (DomuimgPoolVolume, 1);

  *self = (DomuimgPoolVolume){ g_strdup (path), g_strdup (address), g_strdup (id) };
  return self;
}

void
domuimg_pool_volume_free (gpointer data)
{
  DomuimgPoolVolume *self = data;

  g_free (self->path);
  g_free (self->address);
  g_free (self->id);
  g_free (self);
}

/* A URI has no "#" (domuimg_libvirt_check_uri ()), and the name of a pool no "/". */
static gboolean
address_parse (const char *text, Address *self, GError **error)
{
  const char *hash = strchr (text, '#');
  const char *slash = hash != NULL ? strchr (hash, '/') : NULL;

  if (slash == NULL || slash == hash + 1 || slash[1] == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "“%s” does not name a volume of libvirt's",
                         text);
  self->uri = g_strndup (text, (gsize) (hash - text));
  self->pool = g_strndup (hash + 1, (gsize) (slash - hash - 1));
  self->volume = g_strdup (slash + 1);
  return TRUE;
}

static DomuimgExec *
start (const char *text, const char *verb, const char *option, GError **error)
{
  g_auto (Address) address = { 0 };
  DomuimgExec *exec;

  if (!address_parse (text, &address, error))
    return NULL;
  exec = domuimg_libvirt_start (address.uri, verb, error);
  if (exec == NULL)
    return NULL;
  if (option != NULL)
    domuimg_exec_arg (exec, option);
  domuimg_exec_arg (exec, address.pool);
  domuimg_exec_arg (exec, address.volume);
  return exec;
}

static JsonObject *
ask (const char *text, const char *verb, const char *option, GError **error)
{
  g_autoptr (DomuimgExec) exec = start (text, verb, option, error);
  g_autoptr (JsonNode) node = exec != NULL ? domuimg_backend_program_ask (exec, NULL, error) : NULL;

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node))
    return json_node_dup_object (node);
  if (node != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_FAILED, "libvirt has not answered as expected");
  g_prefix_error (error, "%s: ", text);
  return NULL;
}

static char *
dup_member (JsonObject *object, const char *name)
{
  return g_strdup (json_object_get_string_member_with_default (object, name, NULL));
}

void
domuimg_pool_state_clear (DomuimgPoolState *self)
{
  g_clear_pointer (&self->type, g_free);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->user, g_free);
}

gboolean
domuimg_pool_look (const char *address, DomuimgPoolState *state, GError **error)
{
  g_autoptr (JsonObject) object = ask (address, "pool", NULL, error);

  if (object == NULL)
    return FALSE;
  state->type = dup_member (object, "type");
  state->path = dup_member (object, "path");
  state->id = dup_member (object, "id");
  state->user = dup_member (object, "user");
  state->is_active = g_strcmp0 (json_object_get_string_member_with_default (object, "state", NULL),
                                "active")
                     == 0;
  state->available
      = (guint64) MAX (json_object_get_int_member_with_default (object, "available", 0), 0);
  return TRUE;
}

gboolean
domuimg_pool_check_unused (const char *address, const DomuimgPoolState *state, GError **error)
{
  return state->user == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "%s is in use by the guest %s: shut it down first", address, state->user);
}

char *
domuimg_pool_create (const char *address, guint64 capacity, GError **error)
{
  g_autofree char *option = g_strdup_printf ("--capacity=%" G_GUINT64_FORMAT, capacity);
  g_autoptr (JsonObject) object = ask (address, "create-volume", option, error);
  char *id = object != NULL ? dup_member (object, "id") : NULL;

  if (id == NULL && object != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "%s was made by somebody else meanwhile", address);
  return id;
}

/* The upload is told in bytes that are not holes. */
typedef struct {
  DomuimgProgress *progress; /* (nullable) */
  guint64 size;
} Upload;

static void
on_line (const char *line, gpointer data)
{
  Upload *self = data;
  g_autoptr (JsonNode) node = *line == '{' ? json_from_string (line, NULL) : NULL;
  JsonObject *object = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node)
                                                                     : NULL;
  const char *bytes
      = object != NULL ? json_object_get_string_member_with_default (object, "bytes", NULL) : NULL;

  if (bytes != NULL && self->size > 0)
    domuimg_progress_set_fraction (
        self->progress, MIN (1, g_ascii_strtod (bytes, NULL) / (double) self->size));
}

gboolean
domuimg_pool_upload (const char *address, int fd, DomuimgProgress *progress,
                     GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = start (address, "upload", NULL, error);
  Upload upload = { progress };
  struct stat status;

  if (exec == NULL)
    return FALSE;
  if (fstat (fd, &status) != 0 || lseek (fd, 0, SEEK_SET) != 0)
    return domuimg_set_errno (error, errno, "reading what is to become %s", address);
  upload.size = (guint64) status.st_blocks * 512;
  domuimg_exec_stdin_fd (exec, fd);
  domuimg_exec_on_line (exec, on_line, &upload);
  if (domuimg_exec_run (exec, cancellable, error))
    return TRUE;
  g_prefix_error (error, "%s: ", address);
  return FALSE;
}

static gboolean
delete (const char *address, const char *option, gboolean *deleted, GError **error)
{
  g_autoptr (JsonObject) object = ask (address, "delete-volume", option, error);

  if (object == NULL)
    return FALSE;
  *deleted = json_object_get_boolean_member_with_default (object, "deleted", FALSE);
  return TRUE;
}

gboolean
domuimg_pool_delete (const char *address, const char *id, gboolean *deleted, GError **error)
{
  g_autofree char *option = g_strdup_printf ("--id=%s", id);

  return delete (address, option, deleted, error);
}

gboolean
domuimg_pool_delete_empty (const char *address, guint64 capacity, gboolean *deleted,
                           GError **error)
{
  g_autofree char *option = g_strdup_printf ("--capacity=%" G_GUINT64_FORMAT, capacity);

  return delete (address, option, deleted, error);
}

gboolean
domuimg_pool_refresh (const char *address, GError **error)
{
  g_autoptr (DomuimgExec) exec = start (address, "refresh-pool", NULL, error);

  if (exec != NULL && domuimg_exec_run (exec, NULL, error))
    return TRUE;
  g_prefix_error (error, "%s: ", address);
  return FALSE;
}
