/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/read.h"

#include <string.h>

#include "lib/domain/model/identity.h"

/* The devices of libvirt's XML. What libvirt itself puts in for a guest (addresses, aliases,
 * controllers of its choice, the balloon) says nothing of it, and is ignored. */

/* What is left in a device that the model has says where it is, and nothing more. */
static void
drop_places (xmlNode *node)
{
  static const char *const names[] = { "alias", "address" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    domuimg_xml_drop (domuimg_xml_first (node, names[i]));
}

static void
add_option (char **options, const char *name, const char *value)
{
  char *joined;

  if (value == NULL)
    return;
  joined = g_strdup_printf ("%s%s%s=%s", domuimg_text_or (*options, ""),
                            *options != NULL ? "," : "", name, value);
  g_free (*options);
  *options = joined;
}

static void
read_driver (DomuimgXmlReader *self, xmlNode *node, DomuimgDomainDisk *disk)
{
  static const char *const backends[][2]
      = { { "phy", "phy" }, { "tap", "tap" }, { "tap2", "tap" }, { "qemu", "qdisk" } };
  static const char *const formats[][2] = { { "raw", "raw" },     { "aio", "raw" },
                                            { "qcow", "qcow" },   { "qcow2", "qcow2" },
                                            { "vpc", "vhd" },     { "vhd", "vhd" },
                                            { "qed", "qed" } };
  xmlNode *driver = domuimg_xml_open (node, "driver");
  gboolean raw;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (domuimg_xml_take_if (driver, "type", formats[i][0]))
      domuimg_domain_disk_set_format (disk, formats[i][1]);
  raw = g_str_equal (disk->format, "raw");
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    if (domuimg_xml_take_if (driver, "name", backends[i][0])
        && !g_str_equal (backends[i][1], raw ? "phy" : "qdisk"))
      domuimg_domain_disk_set_backendtype (disk, backends[i][1]);
  domuimg_xml_take_if (driver, "name", "file");
}

/* FALSE for what is not a disk to Xen. */
static gboolean
is_disk (xmlNode *node)
{
  static const char *const devices[] = { "disk", "cdrom", NULL };
  g_autofree char *device = domuimg_xml_attr (node, "device");
  g_autofree char *target = domuimg_xml_find_attr (node, "target", "dev");
  xmlNode *source = domuimg_xml_first (node, "source");
  gboolean local = domuimg_xml_attr_is (node, "type", "file")
                   || domuimg_xml_attr_is (node, "type", "block");

  return target != NULL && local && (device == NULL || g_strv_contains (devices, device))
         && (g_strcmp0 (device, "cdrom") == 0
             || (source != NULL
                 && (xmlHasProp (source, BAD_CAST "file") || xmlHasProp (source, BAD_CAST "dev"))));
}

/* CD-ROM drives are never writable: for them the flag says nothing. */
static void
read_flags (xmlNode *node, DomuimgDomainDisk *disk)
{
  g_autofree char *backend = domuimg_xml_take (domuimg_xml_open (node, "backenddomain"), "name");

  disk->cdrom = domuimg_xml_take_if (node, "device", "cdrom");
  domuimg_xml_take_if (node, "device", "disk");
  disk->readonly = domuimg_xml_open (node, "readonly") != NULL || disk->cdrom;
  add_option (&disk->options, "backend", backend);
}

void
domuimg_xml_read_disk (DomuimgXmlReader *self, xmlNode *node)
{
  xmlNode *source, *target;
  g_autofree char *vdev = NULL, *file = NULL, *dev = NULL, *what = NULL;
  g_autoptr (DomuimgDomainDisk) disk = NULL;

  if (!is_disk (node))
    return;
  node->_private = node;
  source = domuimg_xml_open (node, "source");
  target = domuimg_xml_open (node, "target");
  vdev = domuimg_xml_take (target, "dev");
  file = domuimg_xml_take (source, "file");
  dev = domuimg_xml_take (source, "dev");
  disk = domuimg_domain_disk_new (file != NULL ? file : dev, vdev);
  what = g_strdup_printf ("disk %s", vdev);
  g_free (domuimg_xml_take (target, "bus"));
  g_free (domuimg_xml_take (node, "type"));
  read_flags (node, disk);
  read_driver (self, node, disk);
  drop_places (node);
  disk->xml = domuimg_xml_rest (self, node, what);
  domuimg_domain_add_disk (self->domain, disk);
  domuimg_xml_drop (node);
}

static void
read_addresses (xmlNode *node, DomuimgDomainNic *nic)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (xmlNode *ip = domuimg_xml_first (node, "ip"); ip != NULL; ip = domuimg_xml_next (ip, "ip"))
    {
      g_autofree char *address = domuimg_xml_take (ip, "address");
      g_autofree char *prefix = domuimg_xml_take (ip, "prefix");

      ip->_private = ip;
      g_free (domuimg_xml_take (ip, "family"));
      if (address != NULL)
        g_string_append_printf (all, "%s%s%s%s", all->len > 0 ? " " : "", address,
                                prefix != NULL ? "/" : "", prefix != NULL ? prefix : "");
    }
  domuimg_domain_nic_set_ip (nic, all->str);
}

/* libvirt counts KiB a second, as its own reader of xl.cfg calls KB. */
static void
read_rate (xmlNode *node, DomuimgDomainNic *nic)
{
  xmlNode *outbound = domuimg_xml_open (domuimg_xml_open (node, "bandwidth"), "outbound");
  g_autofree char *average = domuimg_xml_take (outbound, "average");
  g_autofree char *rate = g_strdup_printf ("%sKB/s", domuimg_text_or (average, ""));

  if (average != NULL)
    domuimg_domain_nic_set_rate (nic, rate);
}

static void
read_nic_names (xmlNode *node, DomuimgDomainNic *nic)
{
  g_autofree char *script = domuimg_xml_take (domuimg_xml_open (node, "script"), "path");
  g_autofree char *vifname = domuimg_xml_take (domuimg_xml_open (node, "target"), "dev");
  g_autofree char *model = domuimg_xml_take (domuimg_xml_open (node, "model"), "type");
  g_autofree char *backend = domuimg_xml_take (domuimg_xml_open (node, "backenddomain"), "name");
  g_autofree char *mtu = domuimg_xml_take (domuimg_xml_open (node, "mtu"), "size");

  domuimg_domain_nic_set_script (nic, script);
  /* vif1.0 is the name of one run. */
  if (vifname != NULL && !g_regex_match_simple ("\\Avif[0-9]", vifname, 0, 0))
    domuimg_domain_nic_set_vifname (nic, vifname);
  if (g_strcmp0 (model, "netfront") == 0)
    add_option (&nic->options, "type", "vif");
  else
    domuimg_domain_nic_set_model (nic, model);
  add_option (&nic->options, "backend", backend);
  add_option (&nic->options, "mtu", mtu);
}

void
domuimg_xml_read_nic (DomuimgXmlReader *self, xmlNode *node)
{
  static const char *const types[] = { "bridge", "ethernet", "network", NULL };
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *mac = NULL, *bridge = NULL, *network = NULL, *what = NULL;
  g_autoptr (DomuimgDomainNic) nic = NULL;
  xmlNode *source;

  if (type == NULL || !g_strv_contains (types, type)
      || (g_str_equal (type, "ethernet") && domuimg_xml_first (node, "script") == NULL))
    return;
  node->_private = node;
  g_free (domuimg_xml_take (node, "type"));
  source = domuimg_xml_open (node, "source");
  mac = domuimg_xml_take (domuimg_xml_open (node, "mac"), "address");
  bridge = domuimg_xml_take (source, "bridge");
  network = domuimg_xml_take (source, "network");
  nic = domuimg_domain_nic_new (mac);
  what = g_strdup_printf ("vif %s", nic->mac);
  domuimg_domain_nic_set_bridge (nic, network == NULL ? bridge : NULL);
  domuimg_replace_text (&nic->network, network);
  read_addresses (node, nic);
  read_nic_names (node, nic);
  read_rate (node, nic);
  drop_places (node);
  nic->xml = domuimg_xml_rest (self, node, what);
  domuimg_domain_add_nic (self->domain, nic);
  domuimg_xml_drop (node);
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
  xmlNode *address = domuimg_xml_open (domuimg_xml_open (node, "source"), "address");
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
  domuimg_domain_device_set_option (device, "type", "hostdev");
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

  if (!domuimg_xml_attr_is (node, "mode", "subsystem")
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
  drop_places (node);
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
set_number (DomuimgXmlReader *self, xmlNode *node, const char *attribute, const char *key,
            guint divisor)
{
  g_autofree char *text = domuimg_xml_take (node, attribute);
  g_autofree char *divided = NULL;
  guint64 number;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &number, NULL))
    return;
  divided = g_strdup_printf ("%" G_GUINT64_FORMAT, number / divisor);
  domuimg_domain_set_extra (self->domain, key, divided);
}

static void
read_controller (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *model = domuimg_xml_attr (node, "model");
  g_autofree char *ports = domuimg_xml_attr (node, "ports");

  if (g_strcmp0 (type, "xenbus") == 0)
    {
      set_number (self, node, "maxGrantFrames", "max_grant_frames", 1);
      set_number (self, node, "maxEventChannels", "max_event_channels", 1);
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
set_word (DomuimgXmlReader *self, const char *key, const char *value)
{
  g_autofree char *quoted = domuimg_xl_quote (key, value, NULL);

  if (quoted != NULL)
    domuimg_domain_set_extra (self->domain, key, quoted);
}

static void
read_video (DomuimgXmlReader *self, xmlNode *node)
{
  static const char *const models[][2]
      = { { "cirrus", "cirrus" }, { "vga", "stdvga" }, { "none", "none" }, { "qxl", "qxl" } };
  xmlNode *model = domuimg_xml_first (node, "model");

  for (guint i = 0; i < G_N_ELEMENTS (models); i++)
    if (self->domain->type == DOMUIMG_GUEST_TYPE_HVM
        && domuimg_xml_attr_is (model, "type", models[i][0]))
      {
        set_word (self, "vga", models[i][1]);
        set_number (self, model, "vram", "videoram", 1024);
      }
  domuimg_xml_drop (node);
}

static void
read_sound (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *model = domuimg_xml_attr (node, "model");
  gboolean ich6 = g_strcmp0 (model, "ich6") == 0;

  if (model == NULL || domuimg_domain_get_extra (self->domain, "soundhw") != NULL)
    return;
  set_word (self, "soundhw", ich6 ? "hda" : model);
  domuimg_xml_drop (node);
}

static void
read_input (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *type = domuimg_xml_attr (node, "type");

  if (self->domain->type == DOMUIMG_GUEST_TYPE_HVM && domuimg_xml_attr_is (node, "bus", "usb")
      && domuimg_domain_get_extra (self->domain, "usbdevice") == NULL && type != NULL)
    {
      domuimg_domain_set_extra (self->domain, "usb", "1");
      set_word (self, "usbdevice", type);
    }
  domuimg_xml_drop (node);
}

/* What xl hands to QEMU; of several serial ports the first. */
static void
read_serial (DomuimgXmlReader *self, xmlNode *node)
{
  DomuimgDomain *domain = self->domain;
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *path = domuimg_xml_find_attr (node, "source", "path");
  g_autofree char *file = g_strdup_printf ("file:%s", domuimg_text_or (path, ""));

  if (domain->type != DOMUIMG_GUEST_TYPE_HVM || domain->serial != NULL || type == NULL)
    return;
  if (g_str_equal (type, "pty") || g_str_equal (type, "null") || g_str_equal (type, "stdio"))
    domuimg_domain_set_serial (domain, type);
  else if (g_str_equal (type, "dev") && path != NULL)
    domuimg_domain_set_serial (domain, path);
  else if (g_str_equal (type, "file") && path != NULL)
    domuimg_domain_set_serial (domain, file);
  else
    return;
  domuimg_xml_drop (node);
}

static void
read_console (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *type = domuimg_xml_attr (node, "type");

  if (type == NULL || g_str_equal (type, "pty"))
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
    set_word (self, "device_model_override", path);
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
    { "video", read_video },           { "sound", read_sound },
    { "input", read_input },           { "serial", read_serial },
    { "console", read_console },       { "emulator", read_emulator },
    { "memballoon", read_balloon },
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
