/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/import/describe/parts.h"
#include "lib/base/xml.h"

/* libvirt's domain XML (https://libvirt.org/formatdomain.html), of whatever driver. */

typedef struct {
  DomuimgHardware *hardware;
  const char *name; /* of the file */
} Parser;

/* Decimal and binary units; KiB where none is written. */
static guint64
memory_of (xmlNode *node)
{
  static const struct {
    const char *unit;
    guint64 bytes;
  } units[] = {
    { "b", 1 },          { "bytes", 1 },
    { "KB", 1000 },      { "k", 1 << 10 },          { "KiB", 1 << 10 },
    { "MB", 1000000 },   { "M", 1 << 20 },          { "MiB", 1 << 20 },
    { "GB", 1000000000 }, { "G", 1 << 30 },         { "GiB", 1 << 30 },
    { "TB", 1000000000000 }, { "T", (guint64) 1 << 40 }, { "TiB", (guint64) 1 << 40 },
  };
  g_autofree char *text = domuimg_xml_text (node);
  g_autofree char *unit = domuimg_xml_attr (node, "unit");
  guint64 number;

  if (!domuimg_hardware_number (text, G_MAXINT64, &number))
    return 0;
  for (guint i = 0; unit != NULL && i < G_N_ELEMENTS (units); i++)
    if (g_ascii_strcasecmp (unit, units[i].unit) == 0)
      return domuimg_hardware_bytes (number, units[i].bytes);
  return unit == NULL ? domuimg_hardware_bytes (number, 1 << 10) : 0;
}

static void
read_cpus (const Parser *self, xmlNode *domain)
{
  xmlNode *vcpu = domuimg_xml_first (domain, "vcpu");
  xmlNode *topology = domuimg_xml_find (domain, "cpu/topology");
  g_autofree char *all = domuimg_xml_text (vcpu);
  g_autofree char *plugged = domuimg_xml_attr (vcpu, "current");
  g_autofree char *sockets = domuimg_xml_attr (topology, "sockets");
  g_autofree char *dies = domuimg_xml_attr (topology, "dies");
  g_autofree char *cores = domuimg_xml_attr (topology, "cores");
  g_autofree char *threads = domuimg_xml_attr (topology, "threads");
  guint64 n_cores = (guint64) domuimg_hardware_count (cores)
                    * MAX (domuimg_hardware_count (dies), 1);

  self->hardware->vcpus = domuimg_hardware_count (plugged != NULL ? plugged : all);
  domuimg_hardware_set_topology (self->hardware, domuimg_hardware_count (sockets),
                                 MIN (n_cores, DOMUIMG_HARDWARE_VCPUS_MAX),
                                 domuimg_hardware_count (threads));
}

static gboolean
is_uefi (xmlNode *os)
{
  xmlNode *loader = domuimg_xml_first (os, "loader");
  g_autofree char *path = domuimg_xml_text (loader);
  g_autofree char *lower = path != NULL ? g_ascii_strdown (path, -1) : NULL;

  return domuimg_xml_attr_is (os, "firmware", "efi")
         || domuimg_xml_attr_is (loader, "type", "pflash")
         || (lower != NULL && (strstr (lower, "ovmf") != NULL || strstr (lower, "efi") != NULL));
}

static gboolean
is_secure (xmlNode *os)
{
  for (xmlNode *feature = domuimg_xml_find (os, "firmware/feature"); feature != NULL;
       feature = domuimg_xml_next (feature, "feature"))
    if (domuimg_xml_attr_is (feature, "name", "secure-boot"))
      return domuimg_xml_attr_is (feature, "enabled", "yes");
  return domuimg_xml_attr_is (domuimg_xml_first (os, "loader"), "secure", "yes");
}

static void
read_os (const Parser *self, xmlNode *domain)
{
  DomuimgHardware *hardware = self->hardware;
  xmlNode *os = domuimg_xml_first (domain, "os");
  g_autofree char *kernel = domuimg_xml_find_text (os, "kernel");
  g_autofree char *arch = domuimg_xml_find_attr (os, "type", "arch");

  hardware->firmware = is_uefi (os) ? DOMUIMG_FIRMWARE_UEFI : DOMUIMG_FIRMWARE_BIOS;
  hardware->secure_boot = hardware->firmware == DOMUIMG_FIRMWARE_UEFI && is_secure (os);
  if (kernel != NULL)
    domuimg_hardware_note_unmapped (hardware, "the machine was started with the kernel %s, which is"
                                    " not on its disks, and is left out", kernel);
  if (arch != NULL)
    domuimg_hardware_set_architecture (hardware, arch);
}

static void
read_names (const Parser *self, xmlNode *domain)
{
  DomuimgHardware *hardware = self->hardware;
  g_autofree char *offset = domuimg_xml_find_attr (domain, "clock", "offset");
  g_autofree char *basis = domuimg_xml_find_attr (domain, "clock", "basis");

  hardware->name = domuimg_xml_find_text (domain, "name");
  hardware->guest_os = domuimg_xml_find_attr (domain, "metadata/libosinfo/os", "id");
  hardware->memory = memory_of (domuimg_xml_first (domain, "memory"));
  hardware->is_localtime
      = g_strcmp0 (offset, "localtime") == 0
        || (g_strcmp0 (offset, "variable") == 0 && g_strcmp0 (basis, "localtime") == 0);
  if (g_strcmp0 (offset, "timezone") == 0 || g_strcmp0 (offset, "absolute") == 0)
    domuimg_hardware_note_unmapped (hardware, "the clock's offset (%s) is left out", offset);
  if (domuimg_xml_first (domain, "commandline") != NULL)
    domuimg_hardware_note_unmapped (hardware, "arguments that were given to QEMU past libvirt are"
                                    " left out");
}

/* The bus of the target, or what the name of its device says. */
static char *
bus_of (xmlNode *disk)
{
  char *bus = domuimg_xml_find_attr (disk, "target", "bus");
  g_autofree char *device = domuimg_xml_find_attr (disk, "target", "dev");

  if (bus != NULL || device == NULL)
    return bus;
  return g_strdup (g_str_has_prefix (device, "hd")   ? "ide"
                   : g_str_has_prefix (device, "sd") ? "scsi"
                   : g_str_has_prefix (device, "vd") ? "virtio"
                                                     : NULL);
}

static char *
path_of (xmlNode *source)
{
  static const char *const attributes[] = { "file", "dev", "volume" };
  char *path = NULL;

  for (guint i = 0; path == NULL && i < G_N_ELEMENTS (attributes); i++)
    path = domuimg_xml_attr (source, attributes[i]);
  return path;
}

/* What holds a disk that no file or device of a host does; NULL for others. */
static char *
describe_elsewhere (xmlNode *disk)
{
  static const char *const kinds[] = { "network", "dir", "nvme", "vhostuser", "vhostvdpa" };
  g_autofree char *protocol = domuimg_xml_find_attr (disk, "source", "protocol");
  g_autofree char *name = domuimg_xml_find_attr (disk, "source", "name");

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (domuimg_xml_attr_is (disk, "type", kinds[i]))
      return g_strdup_printf ("%s%s%s", protocol != NULL ? protocol : kinds[i],
                              name != NULL ? " " : "", name != NULL ? name : "");
  return NULL;
}

/* A CD that is elsewhere is one that is not in its drive here. */
static gboolean
is_elsewhere (const Parser *self, xmlNode *disk, gboolean is_cdrom)
{
  g_autofree char *device = domuimg_xml_find_attr (disk, "target", "dev");
  g_autofree char *where = describe_elsewhere (disk);

  if (where == NULL || is_cdrom)
    return FALSE;
  domuimg_hardware_note_elsewhere (self->hardware, device != NULL ? device : "without a name", where);
  return TRUE;
}

static guint64
rank_of (const Parser *self, xmlNode *disk)
{
  g_autofree char *order = domuimg_xml_find_attr (disk, "boot", "order");
  guint wanted = domuimg_hardware_count (order);

  return wanted > 0 ? wanted : (guint64) DOMUIMG_HARDWARE_VCPUS_MAX + self->hardware->disks->len;
}

static void
take_disk (const Parser *self, xmlNode *node)
{
  g_autofree char *format = domuimg_xml_find_attr (node, "driver", "type");
  gboolean is_cdrom = domuimg_xml_attr_is (node, "device", "cdrom");
  g_autofree char *path = path_of (domuimg_xml_first (node, "source"));
  DomuimgHardwareDisk *disk;

  if (domuimg_xml_attr_is (node, "device", "floppy"))
    {
      domuimg_hardware_note_unmapped (self->hardware, "a floppy drive is left out");
      return;
    }
  if (is_elsewhere (self, node, is_cdrom))
    return;
  if (path == NULL && !is_cdrom)
    {
      domuimg_hardware_note_unmapped (self->hardware, "a disk without a source is left out");
      return;
    }
  disk = domuimg_hardware_add_disk (self->hardware);
  disk->rank = rank_of (self, node);
  disk->path = path == NULL && is_cdrom ? describe_elsewhere (node) : g_steal_pointer (&path);
  disk->is_cdrom = is_cdrom;
  disk->bus = bus_of (node);
  disk->format = is_cdrom ? NULL : g_steal_pointer (&format);
  if (domuimg_xml_first (node, "encryption") != NULL)
    domuimg_hardware_note_unmapped (self->hardware, "the disk %s is encrypted by its host",
                                    disk->path != NULL ? disk->path : "without a name");
}

static void
take_nic (const Parser *self, xmlNode *node)
{
  static const char *const attributes[] = { "bridge", "network", "dev", "name" };
  g_autofree char *mac = domuimg_xml_find_attr (node, "mac", "address");
  g_autofree char *model = domuimg_xml_find_attr (node, "model", "type");
  g_autofree char *tag = domuimg_xml_find_attr (node, "vlan/tag", "id");
  DomuimgHardwareNic *nic;

  if (domuimg_xml_attr_is (node, "type", "hostdev"))
    {
      domuimg_hardware_note_unmapped (self->hardware, "a passed-through network card (%s) is left"
                                      " out", mac != NULL ? mac : "of an unnamed kind");
      return;
    }
  nic = domuimg_hardware_add_nic (self->hardware);
  nic->mac = domuimg_hardware_mac (mac);
  nic->model = model != NULL ? g_ascii_strdown (model, -1) : NULL;
  for (guint i = 0; nic->network == NULL && i < G_N_ELEMENTS (attributes); i++)
    nic->network = domuimg_xml_find_attr (node, "source", attributes[i]);
  if (nic->network == NULL && domuimg_xml_attr_is (node, "type", "user"))
    nic->network = g_strdup ("user");
  nic->is_down = domuimg_xml_attr_is (domuimg_xml_first (node, "link"), "state", "down");
  if (tag != NULL)
    domuimg_hardware_note_unmapped (self->hardware, "the VLAN %s of a network card is left out",
                                    tag);
}

static void
take_graphics (const Parser *self, xmlNode *node)
{
  g_autofree char *type = domuimg_xml_attr (node, "type");

  if (g_strcmp0 (type, "vnc") != 0 && g_strcmp0 (type, "spice") != 0)
    {
      domuimg_hardware_note_unmapped (self->hardware, "the display (%s) is left out",
                                      type != NULL ? type : "of an unnamed kind");
      return;
    }
  g_free (self->hardware->graphics);
  self->hardware->graphics = g_steal_pointer (&type);
}

static gboolean
note_device (const Parser *self, xmlNode *node)
{
  static const struct {
    const char *element;
    const char *what;
    const char *path; /* to what tells it from others */
    const char *attribute;
  } devices[] = {
    { "sound", "the sound card", ".", "model" },
    { "hostdev", "the passed-through device", ".", "type" },
    { "filesystem", "the shared folder", "source", "dir" },
    { "parallel", "the parallel port", ".", "type" },
    { "channel", "the channel", "target", "name" },
    { "tpm", "the TPM with its keys", ".", "model" },
    { "watchdog", "the watchdog", ".", "model" },
    { "rng", "the random number generator", ".", "model" },
    { "redirdev", "the redirected USB device", ".", "type" },
    { "smartcard", "the smartcard", ".", "type" },
    { "vsock", "the vsock", ".", "model" },
    { "shmem", "the shared memory", ".", "name" },
    { "iommu", "the IOMMU", ".", "model" },
    { "nvram", "the NVRAM", ".", "type" },
    { "crypto", "the crypto device", ".", "model" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    {
      gboolean is_self = g_str_equal (devices[i].path, ".");
      xmlNode *place = is_self ? node : domuimg_xml_first (node, devices[i].path);
      g_autofree char *detail = NULL;

      if (!g_str_equal ((const char *) node->name, devices[i].element))
        continue;
      detail = domuimg_xml_attr (place, devices[i].attribute);
      domuimg_hardware_note_unmapped (self->hardware, "%s (%s) is left out", devices[i].what,
                                      detail != NULL ? detail : "of an unnamed kind");
      return TRUE;
    }
  return FALSE;
}

static void
take_other (const Parser *self, xmlNode *node)
{
  const char *name = (const char *) node->name;
  g_autofree char *type = domuimg_xml_attr (node, "type");

  if (note_device (self, node))
    return;
  if (g_str_equal (name, "controller") && g_strcmp0 (type, "usb") == 0)
    domuimg_hardware_note_unmapped (self->hardware, "the USB controller is left out");
  else if (g_str_equal (name, "serial") && g_strcmp0 (type, "pty") != 0)
    domuimg_hardware_note_unmapped (self->hardware, "the serial port (%s) is left out",
                                    type != NULL ? type : "of an unnamed kind");
  else if (g_str_equal (name, "video")
           && domuimg_xml_attr_is (domuimg_xml_find (node, "model/acceleration"), "accel3d", "yes"))
    domuimg_hardware_note_unmapped (self->hardware, "3D acceleration is left out");
}

static gboolean
read_devices (const Parser *self, xmlNode *devices, GError **error)
{
  for (xmlNode *node = domuimg_xml_first (devices, NULL); node != NULL;
       node = domuimg_xml_next (node, NULL))
    {
      const char *name = (const char *) node->name;

      if (g_str_equal (name, "disk"))
        take_disk (self, node);
      else if (g_str_equal (name, "interface"))
        take_nic (self, node);
      else if (g_str_equal (name, "graphics"))
        take_graphics (self, node);
      else
        take_other (self, node);
      if (!domuimg_hardware_check_devices (self->hardware, self->name, error))
        return FALSE;
    }
  if (self->hardware->graphics == NULL && domuimg_xml_first (devices, "video") == NULL)
    self->hardware->graphics = g_strdup ("none");
  return TRUE;
}

DomuimgHardware *
domuimg_libvirt_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (xmlDoc) document = domuimg_xml_parse (text, length, "domain", name, error);
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_new ("libvirt");
  Parser parser = { hardware, name };
  xmlNode *domain;

  if (document == NULL)
    return NULL;
  domain = xmlDocGetRootElement (document);
  read_names (&parser, domain);
  read_cpus (&parser, domain);
  read_os (&parser, domain);
  if (!read_devices (&parser, domuimg_xml_first (domain, "devices"), error))
    return NULL;
  domuimg_hardware_finish_disks (hardware);
  return g_steal_pointer (&hardware);
}
