/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

#include "lib/host/backend.h"
#include "lib/xen/version.h"

/* What starts guests: xl and its services, libvirt. */

/* On a Xen host it is needed; elsewhere it is worth knowing. */
static DomuimgSeverity
on_xen (DomuimgDoctor *self, DomuimgSeverity severity)
{
  return self->is_xen ? severity : DOMUIMG_SEVERITY_INFO;
}

static void
add_xl (DomuimgDoctor *self)
{
  DomuimgXenVersion version;
  const char *origin;
  g_autofree char *xl = domuimg_doctor_find_program (self, "xl");
  g_autofree char *text = domuimg_xen_version_find (self->root, &version, &origin)
                              ? domuimg_xen_version_describe (version)
                              : NULL;

  domuimg_doctor_add (self, "tool-xl", xl != NULL, on_xen (self, DOMUIMG_SEVERITY_ERROR),
                      xl == NULL ? g_strdup ("xl is not installed")
                                 : g_strdup_printf ("xl is installed (Xen %s by %s)",
                                                    text != NULL ? text : "of an unknown version",
                                                    text != NULL ? origin : "nothing"),
                      "run: reads configurations with keys that this library only carries",
                      domuimg_doctor_install (self, "xen-system-amd64"));
}

static void
add_services (DomuimgDoctor *self)
{
  gboolean store = domuimg_doctor_has (self, "/run/xenstored/socket")
                   || domuimg_doctor_has (self, "/dev/xen/xenbus");
  gboolean console = domuimg_doctor_has (self, "/run/xen/xenconsoled.pid")
                     || domuimg_doctor_has (self, "/run/xenconsoled.pid");

  domuimg_doctor_add (self, "tool-xenstore", store, DOMUIMG_SEVERITY_ERROR,
                      g_strdup (store ? "xenstored runs" : "xenstored does not run"),
                      "every guest that runs", g_strdup ("systemctl start xen (or xenstored)"));
  domuimg_doctor_add (self, "tool-xenconsoled", console, DOMUIMG_SEVERITY_WARNING,
                      g_strdup (console ? "xenconsoled runs" : "xenconsoled does not run"),
                      "consoles of guests: run --console, --wait",
                      g_strdup ("systemctl start xen (or xenconsoled)"));
}

static void
add_libvirt (DomuimgDoctor *self)
{
  static const char *const drivers[] = {
    "/usr/lib/*/libvirt/connection-driver/libvirt_driver_libxl.so",
    "/usr/lib*/libvirt/connection-driver/libvirt_driver_libxl.so",
  };
  g_autofree char *driver = NULL;
  gboolean socket = domuimg_doctor_has (self, "/run/libvirt/libvirt-sock")
                    || domuimg_doctor_has (self, "/run/libvirt/virtxend-sock");

  for (guint i = 0; driver == NULL && i < G_N_ELEMENTS (drivers); i++)
    driver = domuimg_doctor_find_file (self, drivers[i]);
  domuimg_doctor_add (self, "tool-libvirt", driver != NULL, DOMUIMG_SEVERITY_INFO,
                      g_strdup (driver != NULL ? "libvirt's Xen driver is installed"
                                               : "libvirt's Xen driver is not installed"),
                      "run --backend libvirt",
                      domuimg_doctor_install (self, "libvirt-daemon-driver-xen"));
  if (driver != NULL)
    domuimg_doctor_add (self, "tool-libvirtd", socket, on_xen (self, DOMUIMG_SEVERITY_WARNING),
                        g_strdup (socket ? "libvirt's daemon listens"
                                         : "libvirt's daemon does not listen"),
                        "run --backend libvirt", g_strdup ("systemctl start libvirtd"));
}

static void
add_backends (DomuimgDoctor *self)
{
  for (guint i = 0; i < DOMUIMG_N_BACKENDS; i++)
    {
      g_autofree char *id = g_strdup_printf ("backend-%s", domuimg_backend_to_string (i));
      g_autoptr (GError) local = NULL;
      const char *name = domuimg_backend_to_string (i);
      gboolean there = domuimg_backend_is_there (i, &local);

      domuimg_doctor_add (
          self, id, there, DOMUIMG_SEVERITY_INFO,
          there ? g_strdup_printf ("domuimg can use %s", name) : g_strdup (local->message),
          i == DOMUIMG_BACKEND_LIBXL ? "run, list, delete" : "run --backend libvirt", NULL);
    }
}

void
domuimg_doctor_look_at_tools (DomuimgDoctor *self)
{
  add_xl (self);
  if (self->is_xen)
    add_services (self);
  add_libvirt (self);
  add_backends (self);
}
