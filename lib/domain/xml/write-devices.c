/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks and interfaces as libvirt's XML has them. */
#include "config.h"
#include "lib/domain/xml/write.h"

#include <string.h>

#include "lib/domain/model/identity.h"

#define XEN_DEFAULT_BRIDGE "xenbr0"

static void
set_disk_driver (DomuimgXmlWriter *writer, xmlNode *node, const DomuimgDomainDisk *disk)
{
  gboolean raw = g_str_equal (disk->format, "raw");
  const char *backend = domuimg_text_or (disk->backendtype, raw ? "phy" : "qdisk");
  xmlNode *driver;

  if (g_str_equal (backend, "standalone"))
    {
      domuimg_xml_warn (writer, "disk %s: libvirt has no standalone back end; it chooses one",
                        disk->vdev);
      backend = raw ? "phy" : "qdisk";
    }
  driver = domuimg_xml_add_with (node, "driver", "name",
                                 g_str_equal (backend, "qdisk") ? "qemu" : backend);
  domuimg_xml_set (driver, "type", g_str_equal (disk->format, "vhd") ? "vpc" : disk->format);
}

void
domuimg_xml_write_disk (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDisk *disk)
{
  gboolean block = disk->target != NULL && g_str_has_prefix (disk->target, "/dev/");
  xmlNode *node = domuimg_xml_add_with (devices, "disk", "type", block ? "block" : "file");
  g_autofree char *options = g_strdup (disk->options);
  g_autofree char *backend = NULL;
  const char *bus = disk->vdev[0] == 'x' ? "xen" : disk->vdev[0] == 'h' ? "ide" : "scsi";

  domuimg_xml_set (node, "device", disk->cdrom ? "cdrom" : "disk");
  if (disk->target != NULL)
    {
      set_disk_driver (writer, node, disk);
      domuimg_xml_add_with (node, "source", block ? "dev" : "file", disk->target);
    }
  domuimg_xml_set (domuimg_xml_add_with (node, "target", "dev", disk->vdev), "bus", bus);
  if (disk->readonly || disk->cdrom)
    domuimg_xml_add (node, "readonly");
  backend = domuimg_xml_use_option (&options, "backend");
  if (backend != NULL)
    domuimg_xml_add_with (node, "backenddomain", "name", backend);
  if (options != NULL)
    domuimg_xml_warn (writer, "disk %s: %s is in xl.cfg only", disk->vdev, options);
  if (disk->xml != NULL)
    domuimg_xml_add_elements (node, disk->xml);
}

static void
add_addresses (xmlNode *node, const char *text)
{
  g_auto (GStrv) addresses = g_strsplit (domuimg_text_or (text, ""), " ", -1);

  for (char **address = addresses; *address != NULL; address++)
    {
      g_auto (GStrv) parts = g_strsplit (*address, "/", 2);
      xmlNode *ip = domuimg_xml_add_with (node, "ip", "address", parts[0]);
      if (parts[1] != NULL)
        domuimg_xml_set (ip, "prefix", parts[1]);
    }
}

/* In the KiB a second of libvirt, which it takes for the KB of xl; what is said of intervals has no
 * place. */
static void
add_rate (DomuimgXmlWriter *writer, xmlNode *node, DomuimgDomainNic *nic)
{
  char *end = NULL;
  guint64 number = nic->rate != NULL ? g_ascii_strtoull (nic->rate, &end, 10) : 0;
  guint64 factor = number == 0 ? 0 : *end == 'G' ? 1000000000 : *end == 'M' ? 1000000
                   : *end == 'K'                 ? 1000
                                                 : 1;
  gboolean bits = number > 0 && (*end == 'b' || end[1] == 'b');
  g_autofree char *average = NULL;

  if (nic->rate == NULL)
    return;
  if (number == 0 || number > G_MAXUINT32 || strchr (nic->rate, '@') != NULL
      || number * factor < (bits ? 8000 : 1000))
    {
      domuimg_xml_warn (writer, "vif %s: the rate %s is in xl.cfg only", nic->mac, nic->rate);
      return;
    }
  average = g_strdup_printf ("%" G_GUINT64_FORMAT, number * factor / (bits ? 8000 : 1000));
  domuimg_xml_add_with (domuimg_xml_add (node, "bandwidth"), "outbound", "average", average);
}

static void
add_nic_options (DomuimgXmlWriter *writer, xmlNode *node, DomuimgDomainNic *nic)
{
  g_autofree char *options = g_strdup (nic->options);
  g_autofree char *type = domuimg_xml_use_option (&options, "type");
  g_autofree char *backend = domuimg_xml_use_option (&options, "backend");
  g_autofree char *mtu = domuimg_xml_use_option (&options, "mtu");
  gboolean hvm = writer->domain->type == DOMUIMG_GUEST_TYPE_HVM;

  if (nic->model != NULL && hvm)
    domuimg_xml_add_with (node, "model", "type", nic->model);
  else if (g_strcmp0 (type, "vif") == 0)
    domuimg_xml_add_with (node, "model", "type", "netfront");
  if (backend != NULL)
    domuimg_xml_add_with (node, "backenddomain", "name", backend);
  if (mtu != NULL)
    domuimg_xml_add_with (node, "mtu", "size", mtu);
  if (options != NULL)
    domuimg_xml_warn (writer, "vif %s: %s is in xl.cfg only", nic->mac, options);
}

static void
add_nic_source (DomuimgXmlWriter *writer, xmlNode *node, DomuimgDomainNic *nic)
{
  if (nic->network != NULL)
    domuimg_xml_add_with (node, "source", "network", nic->network);
  /* A script without a bridge routes or does something else of its own. */
  else if (nic->bridge != NULL || nic->script == NULL)
    domuimg_xml_add_with (node, "source", "bridge",
                          domuimg_text_or (nic->bridge, XEN_DEFAULT_BRIDGE));
  if (nic->network == NULL && nic->bridge == NULL && nic->script == NULL)
    domuimg_xml_warn (writer,
                      "vif %s: libvirt needs the name of a bridge; " XEN_DEFAULT_BRIDGE
                      " is written",
                      nic->mac);
}

void
domuimg_xml_write_nic (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainNic *nic)
{
  g_autofree char *mac = domuimg_mac_parse (nic->mac, NULL);
  gboolean bridged = nic->bridge != NULL || nic->script == NULL;
  xmlNode *node = domuimg_xml_add_with (devices, "interface", "type",
                                        nic->network != NULL ? "network"
                                        : bridged            ? "bridge"
                                                             : "ethernet");

  domuimg_xml_add_with (node, "mac", "address", mac);
  add_nic_source (writer, node, nic);
  if (nic->script != NULL)
    domuimg_xml_add_with (node, "script", "path", nic->script);
  add_addresses (node, nic->ip);
  if (nic->vifname != NULL)
    domuimg_xml_add_with (node, "target", "dev", nic->vifname);
  add_nic_options (writer, node, nic);
  add_rate (writer, node, nic);
  if (nic->xml != NULL)
    domuimg_xml_add_elements (node, nic->xml);
}

static gboolean
has_foreign (DomuimgDomain *domain, const char *element)
{
  for (guint i = 0; i < domain->foreign->len; i++)
    {
      const DomuimgDomainForeign *foreign = g_ptr_array_index (domain->foreign, i);

      if (g_str_equal (foreign->parent, "devices") && g_str_has_prefix (foreign->xml, element))
        return TRUE;
    }
  return FALSE;
}

static void
add_serial (DomuimgXmlWriter *writer, xmlNode *devices, const char *serial)
{
  gboolean plain = g_str_equal (serial, "pty") || g_str_equal (serial, "null")
                   || g_str_equal (serial, "stdio");
  gboolean file = g_str_has_prefix (serial, "file:/");
  xmlNode *node = domuimg_xml_add_with (devices, "serial", "type",
                                        plain              ? serial
                                        : file             ? "file"
                                        : serial[0] == '/' ? "dev"
                                                           : "pty");

  if (file || serial[0] == '/')
    domuimg_xml_add_with (node, "source", "path", file ? serial + strlen ("file:") : serial);
  else if (!plain)
    domuimg_xml_warn (writer, "serial \"%s\": is in xl.cfg only; the XML has a pty", serial);
  domuimg_xml_add_with (node, "target", "port", "0");
}

void
domuimg_xml_write_console (DomuimgXmlWriter *writer, xmlNode *devices)
{
  const DomuimgDomain *domain = writer->domain;
  gboolean serial = domain->type == DOMUIMG_GUEST_TYPE_HVM
                    && (domain->serial != NULL || !domain->whole);
  xmlNode *target;

  if (serial)
    add_serial (writer, devices, domuimg_text_or (domain->serial, "pty"));
  if (has_foreign (writer->domain, "<console"))
    return;
  target = domuimg_xml_add_with (domuimg_xml_add_with (devices, "console", "type", "pty"), "target",
                                 "type", serial ? "serial" : "xen");
  domuimg_xml_set (target, "port", "0");
}

static void
set_keymap (DomuimgXmlWriter *writer, xmlNode *node)
{
  DomuimgDomain *domain = writer->domain;
  g_autofree char *options = g_strdup (domain->graphics_options);
  g_autofree char *option = domuimg_xml_use_option (&options, "keymap");
  g_autofree char *key = domuimg_xml_use_extra (writer, "keymap");

  if (key != NULL || option != NULL)
    domuimg_xml_set (node, "keymap", option != NULL ? option : key);
  if (options != NULL)
    domuimg_xml_warn (writer, "vfb: %s is in xl.cfg only", options);
}

void
domuimg_xml_write_graphics (DomuimgXmlWriter *writer, xmlNode *devices)
{
  static const char *const types[] = { NULL, "vnc", "sdl", "spice" };
  DomuimgDomain *domain = writer->domain;
  g_autofree char *port = g_strdup_printf ("%u", domain->graphics_port);
  gboolean automatic = domain->graphics_port == 0;
  xmlNode *node;

  if (domain->graphics == DOMUIMG_GRAPHICS_NONE)
    return;
  node = domuimg_xml_add_with (devices, "graphics", "type", types[domain->graphics]);
  if (domain->graphics != DOMUIMG_GRAPHICS_SDL)
    {
      domuimg_xml_set (node, "port", automatic ? "-1" : port);
      domuimg_xml_set (node, "autoport", automatic ? "yes" : "no");
      domuimg_xml_set (node, "listen", domuimg_domain_get_graphics_listen (domain));
      if (domain->graphics_password != NULL)
        domuimg_xml_set (node, "passwd", domain->graphics_password);
      set_keymap (writer, node);
    }
  if (domain->graphics_xml != NULL)
    domuimg_xml_add_elements (node, domain->graphics_xml);
}
