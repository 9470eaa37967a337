/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guests of this host: those that run, and those that have a configuration. */
#include "config.h"
#include "lib/host/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domuimg/domain-config.h"
#include "lib/host/backend.h"
#include "lib/domain/config/file.h"
#include "lib/host/doctor.h"

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(DomuimgHostGuest *const *) a)->name, (*(DomuimgHostGuest *const *) b)->name);
}

char *
domuimg_autostart_find (const char *directory, const char *config)
{
  g_autofree char *links = g_build_filename (directory, "auto", NULL);
  g_autofree char *wanted = realpath (config, NULL);
  g_autoptr (GDir) dir = g_dir_open (links, 0, NULL);
  const char *name;

  while (dir != NULL && wanted != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (links, name, NULL);
      g_autofree char *target = realpath (path, NULL);

      if (g_strcmp0 (target, wanted) == 0)
        return g_steal_pointer (&path);
    }
  return NULL;
}

gboolean
domuimg_autostart_make (const char *directory, const char *config, GError **error)
{
  g_autofree char *there = domuimg_autostart_find (directory, config);
  g_autofree char *links = g_build_filename (directory, "auto", NULL);
  g_autofree char *name = g_path_get_basename (config);
  g_autofree char *path = g_build_filename (links, name, NULL);
  g_autofree char *target = g_canonicalize_filename (config, NULL);

  if (there != NULL)
    return TRUE;
  if (g_mkdir_with_parents (links, 0755) != 0 || symlink (target, path) != 0)
    return domuimg_set_errno (error, errno, "making the link %s", path);
  return TRUE;
}

GPtrArray *
domuimg_host_list_configured (const char *directory)
{
  GPtrArray *guests = g_ptr_array_new_with_free_func (g_object_unref);
  g_auto (GStrv) paths = domuimg_config_list_in (directory, NULL);

  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      /* Files of others lie there, too: a file that is not a guest is not a mistake. */
      g_autoptr (DomuimgDomain) domain = domuimg_domain_new_from_file (paths[i], NULL);
      g_autofree char *link = NULL;
      DomuimgHostGuest *guest;

      if (domain == NULL)
        continue;
      guest = domuimg_host_guest_from_domain (domain, paths[i]);
      link = domuimg_autostart_find (directory, paths[i]);
      guest->autostart = link != NULL;
      g_ptr_array_add (guests, guest);
    }
  g_ptr_array_sort (guests, by_name);
  return guests;
}

static gboolean
add_running (DomuimgBackend backend, const char *connect, GPtrArray *guests,
             GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_backend_start (backend, connect, "list", error);
  g_autoptr (JsonNode) node = NULL;
  JsonArray *array;

  if (exec == NULL || (node = domuimg_backend_program_ask (exec, cancellable, error)) == NULL)
    return FALSE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED,
                         "the back end returned no valid list of guests");
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      DomuimgHostGuest *guest = domuimg_host_guest_from_json (json_array_get_element (array, i));

      if (guest != NULL)
        g_ptr_array_add (guests, guest);
    }
  return TRUE;
}

gboolean
domuimg_host_list_known (DomuimgBackend backend, const char *connect, GPtrArray **guests,
                         GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgDoctor) host = domuimg_doctor_new ();
  g_autoptr (GPtrArray) known = g_ptr_array_new_with_free_func (g_object_unref);

  *guests = NULL;
  if (backend == DOMUIMG_BACKEND_LIBXL && !domuimg_doctor_get_is_xen (host))
    return TRUE;
  if (!add_running (backend, connect, known, cancellable, error))
    return FALSE;
  *guests = g_steal_pointer (&known);
  return TRUE;
}

/* The running guest of that name gets the configuration; else it is one more. */
static void
merge (GPtrArray *guests, DomuimgHostGuest *configured)
{
  for (guint i = 0; i < guests->len; i++)
    {
      DomuimgHostGuest *one = g_ptr_array_index (guests, i);

      if (!g_str_equal (one->name, configured->name))
        continue;
      one->config = g_strdup (configured->config);
      /* libxl says hvm of PVH, too. */
      one->type = configured->type;
      one->autostart |= configured->autostart;
      return;
    }
  g_ptr_array_add (guests, g_object_ref (configured));
}

/**
 * domuimg_host_list_guests:
 * @backend: what to ask
 * @connect: (nullable): libvirt's URI; %NULL for `xen:///system`
 * @cancellable: (nullable): to stop it
 * @error: return location for an error: %DOMUIMG_ERROR_NOT_SUPPORTED where domuimg is installed
 *   without the back end, %DOMUIMG_ERROR_TOOL_FAILED where it cannot be asked, with its own words
 *
 * The guests of this host: those that run, and those that have a configuration, in `/etc/xen` for
 * libxl and at libvirt for libvirt. On a machine that is no Xen host, libxl's are the latter only.
 *
 * Returns: (transfer container) (element-type DomuimgHostGuest): guests, sorted by name, or %NULL
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_host_list_guests (DomuimgBackend backend, const char *connect, GCancellable *cancellable,
                          GError **error)
{
  g_autoptr (GPtrArray) guests = NULL;
  g_autoptr (GPtrArray) configured = NULL;

  if (!domuimg_host_list_known (backend, connect, &guests, cancellable, error))
    return NULL;
  if (guests == NULL)
    guests = g_ptr_array_new_with_free_func (g_object_unref);
  if (backend == DOMUIMG_BACKEND_LIBXL)
    configured = domuimg_host_list_configured (DOMUIMG_CONFIG_DIRECTORY);
  for (guint i = 0; configured != NULL && i < configured->len; i++)
    merge (guests, g_ptr_array_index (configured, i));
  g_ptr_array_sort (guests, by_name);
  return g_steal_pointer (&guests);
}
