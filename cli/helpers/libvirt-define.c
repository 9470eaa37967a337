/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests that libvirt is to know without running them. */
#include "config.h"
#include "cli/helpers/libvirt-host.h"

#include <stdlib.h>

#include "cli/helpers/say.h"

static gboolean
is_unknown (void)
{
  return virGetLastErrorCode () == VIR_ERR_NO_DOMAIN;
}

/* Who has the name, or else the UUID. */
static virDomainPtr
find (virConnectPtr connection, const char *name, const char *uuid)
{
  virDomainPtr domain = virDomainLookupByName (connection, name);

  return domain != NULL || !is_unknown () ? domain : virDomainLookupByUUIDString (connection, uuid);
}

int
libvirt_describe_definition (virConnectPtr connection, const char *name, const char *uuid)
{
  g_autoptr (virDomain) domain = find (connection, name, uuid);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  char has[VIR_UUID_STRING_BUFLEN] = "";

  if (domain == NULL && !is_unknown ())
    return libvirt_failed ("libvirt cannot look for the guest");
  json_builder_begin_object (builder);
  if (domain != NULL)
    {
      virDomainGetUUIDString (domain, has);
      say_text (builder, "name", virDomainGetName (domain));
      say_text (builder, "uuid", has);
      say_text (builder, "state", virDomainIsActive (domain) == 1 ? "active" : "inactive");
    }
  json_builder_end_object (builder);
  say (g_steal_pointer (&builder));
  return EXIT_SUCCESS;
}

/* What was there before comes back where the new one is not taken. */
static int
give_up (virConnectPtr connection, virDomainPtr domain, const char *old, const char *what)
{
  int status = libvirt_failed (what);

  if (domain != NULL)
    virDomainUndefine (domain);
  if (old != NULL)
    virDomainFree (virDomainDefineXML (connection, old));
  return status;
}

static int
define_in_place_of (virConnectPtr connection, const char *xml, const char *old, gboolean autostart)
{
  g_autoptr (virDomain) domain = virDomainDefineXML (connection, xml);

  if (domain == NULL)
    return give_up (connection, NULL, old, "libvirt does not take the guest");
  if (autostart && virDomainSetAutostart (domain, 1) != 0)
    return give_up (connection, domain, old, "libvirt does not start the guest with its host");
  return EXIT_SUCCESS;
}

int
libvirt_define (virConnectPtr connection, const char *name, const char *uuid, gboolean replace,
                gboolean autostart)
{
  g_autofree char *xml = hear ();
  g_autoptr (virDomain) known = find (connection, name, uuid);
  g_autofree char *old = NULL;
  char *text;

  if (xml == NULL)
    return EXIT_FAILURE;
  if (known == NULL && !is_unknown ())
    return libvirt_failed ("libvirt cannot look for the guest");
  if (known != NULL && replace)
    {
      text = virDomainGetXMLDesc (known, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
      old = g_strdup (text);
      free (text);
      if (old == NULL || virDomainUndefine (known) != 0)
        return libvirt_failed ("libvirt does not give up the guest that it has");
    }
  return define_in_place_of (connection, xml, old, autostart);
}

int
libvirt_undefine (virConnectPtr connection, const char *name, const char *uuid)
{
  g_autoptr (virDomain) domain = virDomainLookupByUUIDString (connection, uuid);
  gboolean is_it = domain != NULL && g_str_equal (virDomainGetName (domain), name);

  if (domain == NULL && !is_unknown ())
    return libvirt_failed ("libvirt cannot look for the guest");
  if (is_it && virDomainUndefine (domain) != 0)
    return libvirt_failed ("libvirt does not give up the guest");
  say_whether ("deleted", is_it);
  return EXIT_SUCCESS;
}
