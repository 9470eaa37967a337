/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/guest.h"

#include <stdio.h>
#include <string.h>

/* Devices that are neither disks nor network interfaces, and what extra keys of xl.cfg say of
 * devices: the forms that libvirt's own reader of xl.cfg gives them. */

static const char *
option (DomuimgDomainDevice *device, const char *name)
{
  return domuimg_domain_device_get_option (device, name);
}

/* Warns of options that the XML has no place for: all but those in @known. */
static void
warn_rest (DomuimgXmlWriter *writer, DomuimgDomainDevice *device, const char *const *known)
{
  const char *kind = domuimg_device_kind_to_string (domuimg_domain_device_get_kind (device));
  g_auto (GStrv) names = domuimg_domain_device_list_options (device);

  for (guint i = 0; names[i] != NULL; i++)
    if (!g_strv_contains (known, names[i]))
      domuimg_xml_warn (writer, "%s: %s=%s is in xl.cfg only", kind, names[i],
                        option (device, names[i]));
}

static void
set_hex (xmlNode *node, const char *attribute, int digits, guint number)
{
  g_autofree char *text = g_strdup_printf ("0x%0*x", digits, number);

  domuimg_xml_set (node, attribute, text);
}

static gboolean
add_pci (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDevice *device)
{
  static const char *const known[] = { "bdf", "seize", "permissive", NULL };
  const char *bdf = option (device, "bdf");
  const char *permissive = option (device, "permissive");
  guint domain = 0, bus, slot, function;
  xmlNode *node, *source, *address;

  if (bdf == NULL
      || (sscanf (bdf, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4
          && (domain = 0, sscanf (bdf, "%x:%x.%x", &bus, &slot, &function) != 3)))
    return FALSE;
  node = domuimg_xml_add_with (devices, "hostdev", "mode", "subsystem");
  domuimg_xml_set (node, "type", "pci");
  domuimg_xml_set (node, "managed", g_strcmp0 (option (device, "seize"), "1") == 0 ? "yes" : "no");
  domuimg_xml_add_with (node, "driver", "name", "xen");
  source = domuimg_xml_add (node, "source");
  if (permissive != NULL)
    domuimg_xml_set (source, "writeFiltering", g_str_equal (permissive, "0") ? "yes" : "no");
  address = domuimg_xml_add (source, "address");
  set_hex (address, "domain", 4, domain);
  set_hex (address, "bus", 2, bus);
  set_hex (address, "slot", 2, slot);
  set_hex (address, "function", 1, function);
  warn_rest (writer, device, known);
  return TRUE;
}

static gboolean
add_usb (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDevice *device)
{
  static const char *const known[] = { "type", "hostbus", "hostaddr", NULL };
  xmlNode *node, *address;

  if (option (device, "hostbus") == NULL || option (device, "hostaddr") == NULL)
    return FALSE;
  node = domuimg_xml_add_with (devices, "hostdev", "mode", "subsystem");
  domuimg_xml_set (node, "type", "usb");
  domuimg_xml_set (node, "managed", "no");
  address = domuimg_xml_add (domuimg_xml_add (node, "source"), "address");
  domuimg_xml_set (address, "bus", option (device, "hostbus"));
  domuimg_xml_set (address, "device", option (device, "hostaddr"));
  warn_rest (writer, device, known);
  return TRUE;
}

static gboolean
add_usb_controller (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDevice *device)
{
  static const char *const known[] = { "type", "version", "ports", NULL };
  const char *type = option (device, "type"), *version = option (device, "version");
  g_autofree char *model = g_strconcat ("qusb", domuimg_text_or (version, "2"), NULL);
  g_autofree char *number = NULL;
  guint index = 0;
  xmlNode *node;

  /* libvirt has other forms for controllers of a device model, and its driver has none. */
  if (g_strcmp0 (type, "devicemodel") == 0 || g_strcmp0 (version, "3") == 0)
    return FALSE;
  node = domuimg_xml_add_with (devices, "controller", "type", "usb");
  for (xmlNode *before = domuimg_xml_first (devices, "controller"); before != NULL;
       before = domuimg_xml_next (before, "controller"))
    index += before != node && domuimg_xml_attr_is (before, "type", "usb");
  number = g_strdup_printf ("%u", index);
  domuimg_xml_set (node, "index", number);
  domuimg_xml_set (node, "model", model);
  if (option (device, "ports") != NULL)
    domuimg_xml_set (node, "ports", option (device, "ports"));
  warn_rest (writer, device, known);
  return TRUE;
}

static gboolean
add_channel (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDevice *device)
{
  static const char *const known[] = { "name", "connection", "path", NULL };
  gboolean pty = g_strcmp0 (option (device, "connection"), "pty") == 0;
  xmlNode *node = domuimg_xml_add_with (devices, "channel", "type", pty ? "pty" : "unix");
  xmlNode *source, *target;

  if (!pty)
    {
      source = domuimg_xml_add_with (node, "source", "mode", "bind");
      if (option (device, "path") != NULL)
        domuimg_xml_set (source, "path", option (device, "path"));
    }
  target = domuimg_xml_add_with (node, "target", "type", "xen");
  if (option (device, "name") != NULL)
    domuimg_xml_set (target, "name", option (device, "name"));
  warn_rest (writer, device, known);
  return TRUE;
}

static gboolean
add_device (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDevice *device)
{
  switch (domuimg_domain_device_get_kind (device))
    {
    case DOMUIMG_DEVICE_PCI:
      return add_pci (writer, devices, device);
    case DOMUIMG_DEVICE_USB:
      return add_usb (writer, devices, device);
    case DOMUIMG_DEVICE_USB_CONTROLLER:
      return add_usb_controller (writer, devices, device);
    case DOMUIMG_DEVICE_CHANNEL:
      return add_channel (writer, devices, device);
    case DOMUIMG_DEVICE_NUMA_NODE:
      /* With the CPU. */
      return TRUE;
    default:
      return FALSE;
    }
}

static void
add_xenbus (DomuimgXmlWriter *writer, xmlNode *devices)
{
  g_autofree char *frames = domuimg_xml_use_extra (writer, "max_grant_frames");
  g_autofree char *channels = domuimg_xml_use_extra (writer, "max_event_channels");
  xmlNode *node;

  if (frames == NULL && channels == NULL)
    return;
  node = domuimg_xml_add_with (devices, "controller", "type", "xenbus");
  domuimg_xml_set (node, "index", "0");
  if (frames != NULL)
    domuimg_xml_set (node, "maxGrantFrames", frames);
  if (channels != NULL)
    domuimg_xml_set (node, "maxEventChannels", channels);
}

void
domuimg_xml_write_others (DomuimgXmlWriter *writer, xmlNode *devices)
{
  DomuimgDomain *domain = writer->domain;
  g_autofree char *emulator = domuimg_xml_use_extra (writer, "device_model_override");

  domuimg_xml_add_text (devices, "emulator", emulator);
  for (guint i = 0; i < domain->devices->len; i++)
    {
      DomuimgDomainDevice *device = g_ptr_array_index (domain->devices, i);
      DomuimgDeviceKind kind = domuimg_domain_device_get_kind (device);

      if (!add_device (writer, devices, device))
        domuimg_xml_warn (writer, "%s: a device of this kind or form is in xl.cfg only",
                          domuimg_device_kind_to_string (kind));
    }
  add_xenbus (writer, devices);
  if (domain->type != DOMUIMG_GUEST_TYPE_HVM)
    return;
  domuimg_xml_write_emulated (writer, devices);
}
