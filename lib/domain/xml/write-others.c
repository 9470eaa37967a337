/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/write.h"

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
  static const char *const known[] = { "bdf", "seize", NULL };
  const char *bdf = option (device, "bdf");
  guint domain = 0, bus, slot, function;
  xmlNode *node, *address;

  if (bdf == NULL
      || (sscanf (bdf, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4
          && (domain = 0, sscanf (bdf, "%x:%x.%x", &bus, &slot, &function) != 3)))
    return FALSE;
  node = domuimg_xml_add_with (devices, "hostdev", "mode", "subsystem");
  domuimg_xml_set (node, "type", "pci");
  domuimg_xml_set (node, "managed", g_strcmp0 (option (device, "seize"), "1") == 0 ? "yes" : "no");
  address = domuimg_xml_add (domuimg_xml_add (node, "source"), "address");
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
  xmlNode *node;

  /* libvirt has other forms for controllers of a device model, and its driver has none. */
  if (g_strcmp0 (type, "devicemodel") == 0 || g_strcmp0 (version, "3") == 0)
    return FALSE;
  node = domuimg_xml_add_with (devices, "controller", "type", "usb");
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

static void
add_distances (xmlNode *cell, const char *text)
{
  g_auto (GStrv) values = g_strsplit (text, ",", -1);
  xmlNode *distances = domuimg_xml_add (cell, "distances");

  for (guint i = 0; values[i] != NULL; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);

      domuimg_xml_set (domuimg_xml_add_with (distances, "sibling", "id", id), "value", values[i]);
    }
}

static gboolean
add_numa_node (DomuimgXmlWriter *writer, xmlNode *root, DomuimgDomainDevice *device)
{
  static const char *const known[] = { "pnode", "size", "vcpus", "vdistances", NULL };
  xmlNode *cell;

  if (option (device, "size") == NULL || option (device, "vcpus") == NULL)
    return FALSE;
  cell = domuimg_xml_add_with (domuimg_xml_child (domuimg_xml_child (root, "cpu"), "numa"), "cell",
                               "id", option (device, "pnode"));
  domuimg_xml_set (cell, "cpus", option (device, "vcpus"));
  domuimg_xml_set (cell, "memory", option (device, "size"));
  domuimg_xml_set (cell, "unit", "MiB");
  if (option (device, "vdistances") != NULL)
    add_distances (cell, option (device, "vdistances"));
  warn_rest (writer, device, known);
  return TRUE;
}

static gboolean
add_device (DomuimgXmlWriter *writer, xmlNode *root, xmlNode *devices, DomuimgDomainDevice *device)
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
      return add_numa_node (writer, root, device);
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
  if (frames != NULL)
    domuimg_xml_set (node, "maxGrantFrames", frames);
  if (channels != NULL)
    domuimg_xml_set (node, "maxEventChannels", channels);
}

static void
add_video (DomuimgXmlWriter *writer, xmlNode *devices)
{
  static const char *const known[] = { "cirrus", "stdvga", "none", "qxl", NULL };
  g_autofree char *vga = domuimg_xml_see_extra (writer, "vga");
  g_autofree char *ram = domuimg_xml_see_extra (writer, "videoram");
  g_autofree char *kibibytes = NULL;
  guint64 number;
  xmlNode *model;

  if (vga == NULL || !g_strv_contains (known, vga))
    return;
  g_free (domuimg_xml_use_extra (writer, "vga"));
  model = domuimg_xml_add_with (domuimg_xml_add (devices, "video"), "model", "type",
                                g_str_equal (vga, "stdvga") ? "vga" : vga);
  if (ram == NULL || !g_ascii_string_to_unsigned (ram, 10, 1, 65536, &number, NULL))
    return;
  g_free (domuimg_xml_use_extra (writer, "videoram"));
  kibibytes = g_strdup_printf ("%" G_GUINT64_FORMAT, number * 1024);
  domuimg_xml_set (model, "vram", kibibytes);
}

static void
add_sound (DomuimgXmlWriter *writer, xmlNode *devices)
{
  static const char *const known[] = { "es1370", "sb16", "ac97", "pcspk", "hda", NULL };
  g_autofree char *model = domuimg_xml_see_extra (writer, "soundhw");

  if (model == NULL || !g_strv_contains (known, model))
    return;
  g_free (domuimg_xml_use_extra (writer, "soundhw"));
  domuimg_xml_add_with (devices, "sound", "model", g_str_equal (model, "hda") ? "ich6" : model);
}

static void
add_input (DomuimgXmlWriter *writer, xmlNode *devices)
{
  static const char *const known[] = { "tablet", "mouse", "keyboard", NULL };
  g_autofree char *type = domuimg_xml_see_extra (writer, "usbdevice");
  g_autofree char *usb = domuimg_xml_see_extra (writer, "usb");

  if (type == NULL || !g_strv_contains (known, type) || g_strcmp0 (usb, "0") == 0)
    return;
  g_free (domuimg_xml_use_extra (writer, "usbdevice"));
  g_free (domuimg_xml_use_extra (writer, "usb"));
  domuimg_xml_set (domuimg_xml_add_with (devices, "input", "type", type), "bus", "usb");
}

void
domuimg_xml_write_others (DomuimgXmlWriter *writer, xmlNode *root, xmlNode *devices)
{
  DomuimgDomain *domain = writer->domain;
  g_autofree char *emulator = domuimg_xml_use_extra (writer, "device_model_override");

  domuimg_xml_add_text (devices, "emulator", emulator);
  for (guint i = 0; i < domain->devices->len; i++)
    {
      DomuimgDomainDevice *device = g_ptr_array_index (domain->devices, i);
      DomuimgDeviceKind kind = domuimg_domain_device_get_kind (device);

      if (!add_device (writer, root, devices, device))
        domuimg_xml_warn (writer, "%s: a device of this kind or form is in xl.cfg only",
                          domuimg_device_kind_to_string (kind));
    }
  add_xenbus (writer, devices);
  if (domain->type != DOMUIMG_GUEST_TYPE_HVM)
    return;
  add_video (writer, devices);
  add_sound (writer, devices);
  add_input (writer, devices);
}
