/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/read.h"

#include <string.h>

#include "lib/domain/model/identity.h"
#include "lib/domain/xml/chardev.h"
#include "lib/domain/xml/disk.h"
#include "lib/domain/xml/graphics.h"
#include "lib/domain/xml/guest.h"
#include "lib/domain/xml/nic.h"

/* The devices of libvirt's XML. What libvirt itself puts in for a guest (addresses, aliases,
 * controllers of its choice, the balloon) says nothing of it, and is ignored. */

/* What is left in a device that the model has says where it is, and nothing more. */
void
domuimg_xml_drop_places (xmlNode *node)
{
  static const char *const names[] = { "alias", "address" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    domuimg_xml_drop (domuimg_xml_first (node, names[i]));
}

void
domuimg_xml_add_flag (char **options, const char *name)
{
  char *joined = g_strconcat (domuimg_text_or (*options, ""), *options != NULL ? "," : "", name,
                              NULL);

  g_free (*options);
  *options = joined;
}

void
domuimg_xml_add_option (char **options, const char *name, const char *value)
{
  g_autofree char *option = g_strdup_printf ("%s=%s", name, domuimg_text_or (value, ""));

  if (value != NULL)
    domuimg_xml_add_flag (options, option);
}

static gboolean
read_hex (xmlNode *node, const char *attribute, guint64 max, guint64 *number)
{
  g_autofree char *text = domuimg_xml_take (node, attribute);
  gboolean prefixed = text != NULL && g_str_has_prefix (text, "0x");

  *number = 0;
  return text == NULL
         || g_ascii_string_to_unsigned (prefixed ? text + 2 : text, prefixed ? 16 : 10, 0, max,
                                        number, NULL);
}

static DomuimgDomainDevice *
read_pci (xmlNode *node)
{
  g_autoptr (DomuimgDomainDevice) device = domuimg_domain_device_new (DOMUIMG_DEVICE_PCI);
  xmlNode *source = domuimg_xml_open (node, "source");
  xmlNode *address = domuimg_xml_open (source, "address"), *driver;
  g_autofree char *bdf = NULL;
  guint64 parts[4];

  if (address == NULL || !read_hex (address, "domain", 0xffff, &parts[0])
      || !read_hex (address, "bus", 0xff, &parts[1]) || !read_hex (address, "slot", 0x1f, &parts[2])
      || !read_hex (address, "function", 7, &parts[3]))
    return NULL;
  bdf = g_strdup_printf ("%04x:%02x:%02x.%x", (guint) parts[0], (guint) parts[1],
                         (guint) parts[2], (guint) parts[3]);
  domuimg_domain_device_set_option (device, "bdf", bdf);
  if (domuimg_xml_take_if (node, "managed", "yes"))
    domuimg_domain_device_set_option (device, "seize", "1");
  domuimg_xml_take_if (node, "managed", "no");
  if (domuimg_xml_take_if (source, "writeFiltering", "no"))
    domuimg_domain_device_set_option (device, "permissive", "1");
  else if (domuimg_xml_take_if (source, "writeFiltering", "yes"))
    domuimg_domain_device_set_option (device, "permissive", "0");
  driver = domuimg_xml_open (node, "driver");
  domuimg_xml_take_if (driver, "name", "xen");
  return g_steal_pointer (&device);
}

static DomuimgDomainDevice *
read_usb (xmlNode *node)
{
  g_autoptr (DomuimgDomainDevice) device = domuimg_domain_device_new (DOMUIMG_DEVICE_USB);
  xmlNode *address = domuimg_xml_open (domuimg_xml_open (node, "source"), "address");
  g_autofree char *bus = domuimg_xml_take (address, "bus");
  g_autofree char *number = domuimg_xml_take (address, "device");

  domuimg_xml_take_if (node, "managed", "no");
  if (bus == NULL || number == NULL)
    return NULL;
  domuimg_domain_device_set_option (device, "hostbus", bus);
  domuimg_domain_device_set_option (device, "hostaddr", number);
  return g_steal_pointer (&device);
}

static void
read_hostdev (DomuimgXmlReader *self, xmlNode *node)
{
  gboolean pci = domuimg_xml_attr_is (node, "type", "pci");
  g_autofree char *before = domuimg_xml_element_text (node);
  g_autoptr (DomuimgDomainDevice) device = NULL;
  g_autofree char *rest = NULL;

  if ((xmlHasProp (node, BAD_CAST "mode") != NULL
       && !domuimg_xml_attr_is (node, "mode", "subsystem"))
      || (!pci && (!domuimg_xml_attr_is (node, "type", "usb")
                   || domuimg_xml_find (node, "source/address") == NULL)))
    return;
  device = pci ? read_pci (node) : read_usb (node);
  if (device == NULL || !domuimg_device_check (device, NULL))
    {
      domuimg_domain_add_foreign (self->domain, "devices", before);
      domuimg_xml_drop (node);
      return;
    }
  g_free (domuimg_xml_take (node, "mode"));
  g_free (domuimg_xml_take (node, "type"));
  domuimg_xml_drop_places (node);
  rest = domuimg_xml_rest (self, node, "hostdev");
  if (rest != NULL)
    domuimg_domain_warn (self->domain, "hostdev: %s is left out", rest);
  domuimg_domain_add_device (self->domain, device);
  domuimg_xml_drop (node);
}

static void
read_channel (DomuimgXmlReader *self, xmlNode *node)
{
  g_autoptr (DomuimgDomainDevice) device = domuimg_domain_device_new (DOMUIMG_DEVICE_CHANNEL);
  xmlNode *target = domuimg_xml_first (node, "target");
  gboolean pty = domuimg_xml_attr_is (node, "type", "pty");
  g_autofree char *name = domuimg_xml_attr (target, "name");
  g_autofree char *path = pty ? NULL : domuimg_xml_find_attr (node, "source", "path");

  if (!domuimg_xml_attr_is (target, "type", "xen")
      || (!pty && !domuimg_xml_attr_is (node, "type", "unix")))
    return;
  domuimg_domain_device_set_option (device, "connection", pty ? "pty" : "socket");
  domuimg_domain_device_set_option (device, "name", name);
  domuimg_domain_device_set_option (device, "path", path);
  domuimg_domain_add_device (self->domain, device);
  domuimg_xml_drop (node);
}

static void
read_controller (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *model = domuimg_xml_attr (node, "model");
  g_autofree char *ports = domuimg_xml_attr (node, "ports");

  if (g_strcmp0 (type, "xenbus") == 0)
    {
      domuimg_xml_set_number (self, node, "maxGrantFrames", "max_grant_frames", 1);
      domuimg_xml_set_number (self, node, "maxEventChannels", "max_event_channels", 1);
    }
  else if (g_strcmp0 (type, "usb") == 0 && model != NULL && g_str_has_prefix (model, "qusb"))
    {
      g_autoptr (DomuimgDomainDevice) device
          = domuimg_domain_device_new (DOMUIMG_DEVICE_USB_CONTROLLER);

      domuimg_domain_device_set_option (device, "type", "qusb");
      domuimg_domain_device_set_option (device, "version", model + strlen ("qusb"));
      domuimg_domain_device_set_option (device, "ports", ports);
      domuimg_domain_add_device (self->domain, device);
    }
  domuimg_xml_drop (node);
}

static void
read_emulator (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *path = domuimg_xml_text (node);
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : NULL;

  if (g_strcmp0 (base, "qemu-dm") == 0)
    domuimg_domain_warn (self->domain,
                         "emulator: %s is the device model of old releases of Xen; it is left out",
                         path);
  else if (path != NULL)
    domuimg_xml_set_word (self, "device_model_override", path);
  domuimg_xml_drop (node);
}

static void
read_balloon (DomuimgXmlReader *self, xmlNode *node)
{
  domuimg_xml_drop (node);
}

void
domuimg_xml_read_devices (DomuimgXmlReader *self, xmlNode *devices)
{
  static const struct {
    const char *name;
    void (*read) (DomuimgXmlReader *self, xmlNode *node);
  } readers[] = {
    { "disk", domuimg_xml_read_disk }, { "interface", domuimg_xml_read_nic },
    { "graphics", domuimg_xml_read_graphics }, { "hostdev", read_hostdev },
    { "channel", read_channel },       { "controller", read_controller },
    { "video", domuimg_xml_read_video },           { "sound", domuimg_xml_read_sound },
    { "input", domuimg_xml_read_input },           { "serial", domuimg_xml_read_serial },
    { "console", domuimg_xml_read_console },       { "emulator", read_emulator },
    { "memballoon", read_balloon }, { "parallel", domuimg_xml_read_parallel },
    { "redirdev", domuimg_xml_read_redirection },
  };
  xmlNode *node = domuimg_xml_first (devices, NULL);

  while (node != NULL)
    {
      xmlNode *next = domuimg_xml_next (node, NULL);

      for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
        if (g_str_equal ((const char *) node->name, readers[i].name))
          {
            readers[i].read (self, node);
            break;
          }
      node = next;
    }
}
