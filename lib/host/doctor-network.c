/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

/* Bridges, and the scripts that put guests' interfaces on them. */

void
domuimg_doctor_look_at_network (DomuimgDoctor *self)
{
  DomuimgSeverity severity = self->is_xen ? DOMUIMG_SEVERITY_WARNING : DOMUIMG_SEVERITY_INFO;
  gboolean any = self->profile->lists[DOMUIMG_PROFILE_BRIDGES]->len > 0;
  g_autofree char *bridges = domuimg_profile_describe (self->profile, DOMUIMG_PROFILE_BRIDGES);
  const char *wanted = self->profile->default_bridge;
  g_autofree char *directory = g_strdup_printf ("/sys/class/net/%s/bridge", wanted);
  gboolean scripts = domuimg_doctor_has (self, "/etc/xen/scripts/vif-bridge");

  domuimg_doctor_add (self, "network-bridge", any, severity,
                      any ? g_strdup_printf ("bridges: %s", bridges)
                          : g_strdup ("there is no bridge"),
                      "guests with a network interface",
                      g_strdup_printf ("make one, with the host's card in it: ip link add %s type"
                                       " bridge",
                                       wanted));
  if (any)
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
