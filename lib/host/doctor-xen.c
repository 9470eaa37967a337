/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

#include <string.h>

#include "lib/base/exec.h"
#include "lib/host/backend.h"

/* The hypervisor, and what its processor lets it run. */

static void
add_types (DomuimgDoctor *self)
{
  g_autofree char *capabilities
      = domuimg_doctor_read (self, "/sys/hypervisor/properties/capabilities");

  if (capabilities == NULL)
    {
      domuimg_doctor_add (self, "xen-types", FALSE, DOMUIMG_SEVERITY_UNKNOWN,
                          g_strdup ("which types of guests Xen can run is not known"),
                          "PV, PVH or HVM", g_strdup ("mount -t sysfs sysfs /sys"));
      return;
    }
  domuimg_doctor_add (self, "xen-pv", strstr (capabilities, "xen-3.0-x86_64") != NULL,
                      DOMUIMG_SEVERITY_WARNING,
                      g_strdup_printf ("PV guests: Xen's capabilities are “%s”", capabilities),
                      "guests of type pv", NULL);
  domuimg_doctor_add (self, "xen-hvm", strstr (capabilities, "hvm-3.0-x86_64") != NULL,
                      DOMUIMG_SEVERITY_WARNING, g_strdup ("PVH and HVM guests"),
                      "guests of type pvh and hvm",
                      g_strdup ("turn on AMD-V or VT-x in the machine's firmware"));
}

/* What libxl says, where it can be asked. */
static void
add_resources (DomuimgDoctor *self, GCancellable *cancellable)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *said = NULL;

  if (*self->root != '\0')
    return;
  said = domuimg_backend_describe_xen (self->profile, cancellable, &local);
  domuimg_doctor_add (self, "xen-libxl", said != NULL, DOMUIMG_SEVERITY_WARNING,
                      said != NULL ? g_strdup (said)
                                   : g_strdup_printf ("libxl cannot be asked: %s", local->message),
                      "run, list and delete by libxl", NULL);
}

void
domuimg_doctor_look_at_xen (DomuimgDoctor *self, GCancellable *cancellable)
{
  g_autofree char *what = NULL;

  if (self->is_xen)
    what = g_strdup_printf ("Xen %s runs, and this is its dom0",
                            self->xen_version != NULL ? self->xen_version : "of some version");
  else if (self->xen_version != NULL)
    what = g_strdup_printf ("this is a guest of Xen %s, not its dom0", self->xen_version);
  else
    what = g_strdup ("this machine is not a Xen host: no Xen runs here");
  domuimg_doctor_add (self, "xen-running", self->is_xen, DOMUIMG_SEVERITY_WARNING,
                      g_steal_pointer (&what),
                      "run; guests can be made and checked without",
                      domuimg_doctor_install (self, "xen-system-amd64"));
  if (!self->is_xen)
    return;
  add_types (self);
  add_resources (self, cancellable);
}
