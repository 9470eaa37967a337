/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the programs that speak to libxl and libvirt is asked. */
#include "config.h"
#include "lib/host/backend.h"

static const DomuimgBackendProgram *const backends[DOMUIMG_N_BACKENDS] = {
  [DOMUIMG_BACKEND_LIBXL] = &domuimg_backend_program_libxl,
  [DOMUIMG_BACKEND_LIBVIRT] = &domuimg_backend_program_libvirt,
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
  return backends[backend]->name;
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
      if (!g_str_equal (string, backends[i]->name))
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
  return domuimg_backend_program_is_there (backends[backend], error);
}

DomuimgExec *
domuimg_backend_start (DomuimgBackend backend, const char *connect, const char *verb,
                       GError **error)
{
  return backend == DOMUIMG_BACKEND_LIBVIRT
             ? domuimg_libvirt_start (connect, verb, error)
             : domuimg_backend_program_start (backends[backend], verb, error);
}

static gint64
number_of (JsonNode *node, const char *name)
{
  return json_object_get_int_member_with_default (json_node_get_object (node), name, 0);
}

char *
domuimg_backend_describe_xen (DomuimgProfile *profile, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec
      = domuimg_backend_start (DOMUIMG_BACKEND_LIBXL, NULL, "info", error);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *total = NULL;
  g_autofree char *left = NULL;

  if (exec != NULL)
    node = domuimg_backend_program_ask (exec, cancellable, error);
  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      domuimg_fail (error, DOMUIMG_ERROR_FAILED, "libxl says nothing of this host");
      return NULL;
    }
  domuimg_profile_add_libxl (profile, node);
  total = g_format_size_full (number_of (node, "total"), G_FORMAT_SIZE_IEC_UNITS);
  left = g_format_size_full (number_of (node, "free"), G_FORMAT_SIZE_IEC_UNITS);
  return g_strdup_printf ("%" G_GINT64_FORMAT " CPUs, %s of %s memory free for guests",
                          number_of (node, "cpus"), left, total);
}
