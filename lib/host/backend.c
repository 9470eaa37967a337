/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The programs that speak to libxl and libvirt, and how they are started. */
#include "config.h"
#include "lib/host/backend.h"

static const struct {
  const char *name;
  const char *program;
  const char *option;
  const char *package; /* of Debian, to build it */
} backends[DOMUIMG_N_BACKENDS] = {
  [DOMUIMG_BACKEND_LIBXL] = { "libxl", "domuimg-libxl", "libxl", "libxen-dev" },
  [DOMUIMG_BACKEND_LIBVIRT] = { "libvirt", "domuimg-libvirt", "libvirt", "libvirt-dev" },
};

/**
 * domuimg_backend_to_string:
 * @backend: a back end
 *
 * Returns: (transfer none): its name, `libxl` or `libvirt`
 *
 * Since: 0.1
 */
const char *
domuimg_backend_to_string (DomuimgBackend backend)
{
  g_return_val_if_fail ((guint) backend < DOMUIMG_N_BACKENDS, "libxl");
  return backends[backend].name;
}

/**
 * domuimg_backend_from_string:
 * @string: a name, as domuimg_backend_to_string() gives it
 * @backend: (out): the back end
 * @error: return location for an error, %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Returns: whether @string names one
 *
 * Since: 0.1
 */
gboolean
domuimg_backend_from_string (const char *string, DomuimgBackend *backend, GError **error)
{
  g_return_val_if_fail (string != NULL && backend != NULL, FALSE);
  for (guint i = 0; i < DOMUIMG_N_BACKENDS; i++)
    {
      if (!g_str_equal (string, backends[i].name))
        continue;
      *backend = i;
      return TRUE;
    }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "“%s” starts no guests: give libxl or libvirt", string);
}

gboolean
domuimg_backend_is_there (DomuimgBackend backend, GError **error)
{
  g_autofree char *path = domuimg_libexec_path (backends[backend].program);
  g_autofree char *found = domuimg_find_program (path);

  if (found != NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "domuimg is installed without %s: there is no %s; build it with -D%s=enabled"
                       " (Debian: apt install %s)",
                       backends[backend].name, path, backends[backend].option,
                       backends[backend].package);
}

DomuimgExec *
domuimg_backend_start (DomuimgBackend backend, const char *connect, const char *verb,
                       GError **error)
{
  g_autofree char *path = NULL;
  DomuimgExec *exec;

  if (!domuimg_backend_is_there (backend, error))
    return NULL;
  path = domuimg_libexec_path (backends[backend].program);
  exec = domuimg_exec_new (path);
  domuimg_exec_arg (exec, verb);
  if (backend == DOMUIMG_BACKEND_LIBVIRT)
    domuimg_exec_argf (exec, "--connect=%s", connect != NULL ? connect : "xen:///system");
  return exec;
}

JsonNode *
domuimg_backend_ask (DomuimgExec *exec, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) output = domuimg_exec_output (exec, cancellable, error);
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length;
  const char *text;

  if (output == NULL)
    return NULL;
  text = g_bytes_get_data (output, &length);
  if (length > 0 && json_parser_load_from_data (parser, text, (gssize) length, NULL)
      && json_parser_get_root (parser) != NULL)
    return json_parser_steal_root (parser);
  domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the program behind this verb said no JSON");
  return NULL;
}

static gint64
number_of (JsonNode *node, const char *name)
{
  return json_object_get_int_member_with_default (json_node_get_object (node), name, 0);
}

char *
domuimg_backend_describe_xen (GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec
      = domuimg_backend_start (DOMUIMG_BACKEND_LIBXL, NULL, "info", error);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *total = NULL;
  g_autofree char *left = NULL;

  if (exec != NULL)
    node = domuimg_backend_ask (exec, cancellable, error);
  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      domuimg_fail (error, DOMUIMG_ERROR_FAILED, "libxl says nothing of this host");
      return NULL;
    }
  total = g_format_size_full (number_of (node, "total"), G_FORMAT_SIZE_IEC_UNITS);
  left = g_format_size_full (number_of (node, "free"), G_FORMAT_SIZE_IEC_UNITS);
  return g_strdup_printf ("%" G_GINT64_FORMAT " CPUs, %s of %s memory free for guests",
                          number_of (node, "cpus"), left, total);
}
