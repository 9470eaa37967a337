/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

#include <string.h>

/* Bridges, and the scripts that put guests' interfaces on them. */

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Names of interfaces that have the file @name below them, divided by ", "; NULL without. */
static char *
list_with (DomuimgDoctor *self, const char *name)
{
  g_autofree char *top = domuimg_doctor_path (self, "/sys/class/net");
  g_autoptr (GDir) dir = g_dir_open (top, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *one;

  while (dir != NULL && (one = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (top, one, name, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        g_ptr_array_add (names, g_strdup (one));
    }
  if (names->len == 0)
    return NULL;
  g_ptr_array_sort (names, by_name);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

/* What xl takes where a vif names none. */
static char *
default_bridge (DomuimgDoctor *self)
{
  g_autofree char *text = domuimg_doctor_read (self, "/etc/xen/xl.conf");
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (g_strstrip (lines[i]), "=", 2);

      if (parts[0] == NULL || parts[1] == NULL
          || !g_str_equal (g_strstrip (parts[0]), "vif.default.bridge"))
        continue;
      g_strdelimit (parts[1], "\"'", ' ');
      return g_strdup (g_strstrip (parts[1]));
    }
  return g_strdup ("xenbr0");
}

void
domuimg_doctor_look_at_network (DomuimgDoctor *self)
{
  DomuimgSeverity severity = self->is_xen ? DOMUIMG_SEVERITY_WARNING : DOMUIMG_SEVERITY_INFO;
  g_autofree char *bridges = list_with (self, "bridge");
  g_autofree char *wanted = default_bridge (self);
  g_autofree char *directory = g_strdup_printf ("/sys/class/net/%s/bridge", wanted);
  gboolean scripts = domuimg_doctor_has (self, "/etc/xen/scripts/vif-bridge");

  domuimg_doctor_add (self, "network-bridge", bridges != NULL, severity,
                      bridges != NULL ? g_strdup_printf ("bridges: %s", bridges)
                                      : g_strdup ("there is no bridge"),
                      "guests with a network interface",
                      g_strdup_printf ("make one, with the host's card in it: ip link add %s type"
                                       " bridge",
                                       wanted));
  if (bridges != NULL)
    domuimg_doctor_add (self, "network-default-bridge", domuimg_doctor_has (self, directory),
                        DOMUIMG_SEVERITY_INFO,
                        g_strdup_printf ("%s, the bridge of interfaces that name none", wanted),
                        "--nic without bridge=",
                        g_strdup ("name a bridge (--nic bridge=…), or set vif.default.bridge in"
                                  " /etc/xen/xl.conf"));
  domuimg_doctor_add (self, "network-scripts", scripts, severity,
                      g_strdup (scripts ? "Xen's network scripts are in /etc/xen/scripts"
                                        : "there is no /etc/xen/scripts/vif-bridge"),
                      "guests with a network interface",
                      domuimg_doctor_install (self, "xen-utils-common"));
}
