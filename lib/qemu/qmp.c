/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Speaks with QEMU's monitor: commands, their answers, and events. */
#include "config.h"
#include "lib/qemu/qmp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/fd.h"
#include "lib/base/json.h"

/* QEMU's answers to the commands that are used here have some kilobytes. */
#define LINE_MAX_BYTES ((gsize) 1 << 20)
#define PIECE 16384
#define ANSWER_SECONDS 30
#define POLL_MSEC 100

struct _DomuimgQmp {
  DomuimgFd fd;
  GString *received; /* not yet a whole line */
  JsonNode *answer;  /* (nullable) an object with "return" or "error" */
  DomuimgQmpEvent on_event;
  gpointer user_data;
};

DomuimgQmp *
domuimg_qmp_new (int fd, DomuimgQmpEvent on_event, gpointer user_data)
{
  DomuimgQmp *self = g_new0 (DomuimgQmp, 1);

  self->fd = fd;
  self->received = g_string_new (NULL);
  self->on_event = on_event;
  self->user_data = user_data;
  return self;
}

void
domuimg_qmp_free (DomuimgQmp *self)
{
  domuimg_fd_clear (&self->fd);
  g_string_free (self->received, TRUE);
  g_clear_pointer (&self->answer, json_node_unref);
  g_free (self);
}

int
domuimg_qmp_get_fd (DomuimgQmp *self)
{
  return self->fd;
}

static JsonObject *
get_object (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
take_object (DomuimgQmp *self, JsonNode *node)
{
  JsonObject *object = json_node_get_object (node);
  JsonNode *event = json_object_get_member (object, "event");
  const char *name
      = event != NULL && JSON_NODE_HOLDS_VALUE (event) ? json_node_get_string (event) : NULL;

  if (name != NULL)
    self->on_event (name, get_object (object, "data"), self->user_data);
  else if (json_object_has_member (object, "return") || json_object_has_member (object, "error"))
    {
      g_clear_pointer (&self->answer, json_node_unref);
      self->answer = json_node_ref (node);
    }
}

static gboolean
take_line (DomuimgQmp *self, const char *line, gsize length, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) local = NULL;
  JsonNode *root;

  if (!domuimg_json_load (parser, line, length, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "QEMU's monitor: %s", local->message);
  root = json_parser_get_root (parser);
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    take_object (self, root);
  return TRUE;
}

static gboolean
take_lines (DomuimgQmp *self, GError **error)
{
  gsize from = 0;
  gboolean ok = TRUE;

  while (ok)
    {
      const char *start = self->received->str + from;
      const char *end = memchr (start, '\n', self->received->len - from);

      if (end == NULL)
        break;
      ok = take_line (self, start, (gsize) (end - start), error);
      from += (gsize) (end - start) + 1;
    }
  g_string_erase (self->received, 0, (gssize) from);
  return ok
         && (self->received->len <= LINE_MAX_BYTES
             || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                              "QEMU's monitor: a line of more than %" G_GSIZE_FORMAT " bytes",
                              LINE_MAX_BYTES));
}

gboolean
domuimg_qmp_read (DomuimgQmp *self, GError **error)
{
  char piece[PIECE];

  while (self->fd >= 0)
    {
      gssize got = recv (self->fd, piece, sizeof piece, MSG_DONTWAIT);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0 && errno == EAGAIN)
        break;
      if (got <= 0)
        domuimg_fd_clear (&self->fd);
      else
        g_string_append_len (self->received, piece, got);
      if (!take_lines (self, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
send_command (DomuimgQmp *self, const char *command, JsonObject *arguments, GError **error)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  json_node_take_object (root, object);
  json_object_set_string_member (object, "execute", command);
  if (arguments != NULL)
    json_object_set_object_member (object, "arguments", arguments);
  text = json_to_string (root, FALSE);
  line = g_strconcat (text, "\n", NULL);
  for (gsize sent = 0, length = strlen (line); sent < length;)
    {
      gssize got = send (self->fd, line + sent, length - sent, MSG_NOSIGNAL);

      if (got < 0 && errno != EINTR)
        return domuimg_set_errno (error, errno, "asking QEMU for %s", command);
      sent += (gsize) MAX (got, 0);
    }
  return TRUE;
}

/* The answer, of which "error" has QEMU's words. */
static JsonNode *
open_answer (JsonNode *answer, const char *command, GError **error)
{
  JsonObject *object = json_node_get_object (answer);
  JsonObject *problem = get_object (object, "error");
  const char *words
      = problem != NULL ? json_object_get_string_member_with_default (problem, "desc", NULL) : NULL;

  if (json_object_has_member (object, "return"))
    return json_node_copy (json_object_get_member (object, "return"));
  domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "QEMU refuses %s: %s", command,
                words != NULL ? words : "it does not say why");
  return NULL;
}

JsonNode *
domuimg_qmp_execute (DomuimgQmp *self, const char *command, JsonObject *arguments,
                     GCancellable *cancellable, GError **error)
{
  gint64 end = g_get_monotonic_time () + ANSWER_SECONDS * G_USEC_PER_SEC;
  g_autoptr (JsonNode) answer = NULL;

  g_clear_pointer (&self->answer, json_node_unref);
  if (!send_command (self, command, arguments, error))
    return NULL;
  while (self->answer == NULL)
    {
      GPollFD poll = { self->fd, G_IO_IN, 0 };

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      g_poll (&poll, 1, POLL_MSEC);
      if (!domuimg_qmp_read (self, error))
        return NULL;
      if (self->answer == NULL && (self->fd < 0 || g_get_monotonic_time () > end))
        {
          domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "QEMU does not answer %s%s", command,
                        self->fd < 0 ? ": it has ended" : "");
          return NULL;
        }
    }
  answer = g_steal_pointer (&self->answer);
  return open_answer (answer, command, error);
}
