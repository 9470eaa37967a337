/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/describe/vbox.h"

#include <string.h>

#include "lib/import/describe/parts.h"

/* The settings of a machine of VirtualBox, as its VirtualBox-settings.xsd says; elements moved
 * between versions, so some are looked for in two places. */

typedef struct {
  DomuimgHardware *hardware;
  const char *name;  /* of the file */
  GHashTable *media; /* from uuid to element */
} Parser;

/* Finds a setting of <Machine>, which VirtualBox 7.1 gave a <Platform> within its <Hardware>. */
static xmlNode *
find_setting (xmlNode *machine, const char *name)
{
  static const char *const places[] = { "Hardware", "Hardware/Platform", "Hardware/Platform/x86",
                                        "Hardware/BIOS", "." };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      xmlNode *place
          = g_str_equal (places[i], ".") ? machine : domuimg_xml_find (machine, places[i]);
      xmlNode *found = domuimg_xml_first (place, name);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_enabled (xmlNode *node)
{
  g_autofree char *enabled = domuimg_xml_attr (node, "enabled");

  return domuimg_hardware_is_true (enabled);
}

static void
read_firmware (DomuimgHardware *self, xmlNode *machine)
{
  g_autofree char *type = domuimg_xml_attr (find_setting (machine, "Firmware"), "type");

  self->firmware = type != NULL && g_str_has_prefix (type, "EFI") ? DOMUIMG_FIRMWARE_UEFI
                                                                  : DOMUIMG_FIRMWARE_BIOS;
  if (is_enabled (domuimg_xml_first (find_setting (machine, "NVRAM"), "SecureBoot")))
    self->secure_boot = TRUE;
}

static void
note_ports (DomuimgHardware *self, xmlNode *machine)
{
  static const char *const kinds[][2] = { { "UART", "serial" }, { "LPT", "parallel" } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    for (xmlNode *port = domuimg_xml_first (find_setting (machine, kinds[i][0]), "Port");
         port != NULL; port = domuimg_xml_next (port, "Port"))
      {
        g_autofree char *path = domuimg_xml_attr (port, "path");

        if (is_enabled (port))
          domuimg_hardware_note_unmapped (self, "the %s port (%s) is left out", kinds[i][1],
                                          path != NULL ? path : "not connected");
      }
}

static void
note_named (DomuimgHardware *self, xmlNode *parent, const char *element, const char *attribute,
            const char *what)
{
  for (xmlNode *node = domuimg_xml_first (parent, element); node != NULL;
       node = domuimg_xml_next (node, element))
    {
      g_autofree char *name = domuimg_xml_attr (node, attribute);

      domuimg_hardware_note_unmapped (self, "the %s %s is left out", what,
                                      name != NULL ? name : "without a name");
    }
}

static void
note_sound (DomuimgHardware *self, xmlNode *machine)
{
  xmlNode *audio = find_setting (machine, "AudioAdapter");
  g_autofree char *model = domuimg_xml_attr (audio, "controller");

  if (is_enabled (audio))
    domuimg_hardware_note_unmapped (self, "the sound card (%s) is left out",
                                    model != NULL ? model : "AC97");
}

static void
note_devices (DomuimgHardware *self, xmlNode *machine)
{
  xmlNode *display = find_setting (machine, "Display");
  xmlNode *tpm = find_setting (machine, "TrustedPlatformModule");
  g_autofree char *tpm_type = domuimg_xml_attr (tpm, "type");

  note_sound (self, machine);
  note_ports (self, machine);
  note_named (self, domuimg_xml_first (find_setting (machine, "USB"), "Controllers"), "Controller",
              "type", "USB controller");
  note_named (self, find_setting (machine, "SharedFolders"), "SharedFolder", "name",
              "shared folder");
  note_named (self, domuimg_xml_first (find_setting (machine, "HostPci"), "Devices"), "Device",
              "host", "passed-through PCI device");
  if (domuimg_xml_attr_is (display, "accelerate3D", "true"))
    domuimg_hardware_note_unmapped (self, "3D acceleration is left out");
  if (tpm_type != NULL && !g_str_equal (tpm_type, "None"))
    domuimg_hardware_note_unmapped (self, "the TPM (%s) is left out, with the keys in it",
                                    tpm_type);
  if (is_enabled (find_setting (machine, "RemoteDisplay")))
    domuimg_hardware_note_unmapped (self, "the remote display by RDP is left out");
  if (domuimg_xml_first (machine, "Snapshot") != NULL)
    domuimg_hardware_note_unmapped (self, "snapshots are left out");
}

/* VirtualBox 7.1 runs machines of ARM on ARM. */
static void
read_architecture (DomuimgHardware *self, xmlNode *machine)
{
  g_autofree char *platform = domuimg_xml_find_attr (machine, "Hardware/Platform", "architecture");
  g_autofree char *lower
      = self->guest_os != NULL ? g_ascii_strdown (self->guest_os, -1) : g_strdup ("");

  if (platform != NULL && g_ascii_strcasecmp (platform, "ARM") == 0)
    domuimg_hardware_set_architecture (self, "aarch64");
  else if (g_str_has_suffix (lower, "_arm64") || g_str_has_suffix (lower, "_arm"))
    domuimg_hardware_set_architecture (self, "aarch64");
}

void
domuimg_vbox_read_system (DomuimgHardware *self, xmlNode *machine)
{
  g_autofree char *memory = domuimg_xml_attr (find_setting (machine, "Memory"), "RAMSize");
  g_autofree char *cpus = domuimg_xml_attr (find_setting (machine, "CPU"), "count");
  g_autofree char *os = domuimg_xml_attr (machine, "OSType");
  guint64 mebibytes;

  if (self->guest_os == NULL)
    self->guest_os = g_steal_pointer (&os);
  if (self->memory == 0 && domuimg_hardware_number (memory, G_MAXUINT32, &mebibytes))
    self->memory = domuimg_hardware_bytes (mebibytes, 1 << 20);
  if (self->vcpus == 0)
    self->vcpus = MAX (domuimg_hardware_count (cpus), 1);
  read_architecture (self, machine);
  read_firmware (self, machine);
  /* Local time is VirtualBox's default, which it need not write. */
  self->is_localtime = !domuimg_xml_attr_is (find_setting (machine, "RTC"), "localOrUTC", "UTC");
  note_devices (self, machine);
}

static guint
slot_of (xmlNode *adapter)
{
  g_autofree char *slot = domuimg_xml_attr (adapter, "slot");

  return domuimg_hardware_count (slot);
}

static int
compare_slots (gconstpointer a, gconstpointer b)
{
  guint one = slot_of (*(xmlNode *const *) a), other = slot_of (*(xmlNode *const *) b);

  return one < other ? -1 : one > other;
}

GPtrArray *
domuimg_vbox_list_adapters (xmlNode *machine)
{
  GPtrArray *adapters = g_ptr_array_new ();

  for (xmlNode *adapter = domuimg_xml_first (find_setting (machine, "Network"), "Adapter");
       adapter != NULL && adapters->len <= DOMUIMG_HARDWARE_DEVICES_MAX;
       adapter = domuimg_xml_next (adapter, "Adapter"))
    if (is_enabled (adapter))
      g_ptr_array_add (adapters, adapter);
  g_ptr_array_sort (adapters, compare_slots);
  return adapters;
}

static char *
network_of (xmlNode *adapter)
{
  static const char *const kinds[] = { "BridgedInterface",  "NATNetwork",      "HostOnlyInterface",
                                       "HostOnlyNetwork",   "InternalNetwork", "CloudNetwork",
                                       "GenericInterface" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      xmlNode *node = domuimg_xml_first (adapter, kinds[i]);
      char *name = domuimg_xml_attr (node, "name");

      if (node != NULL)
        return name != NULL ? name : g_strdup (kinds[i]);
    }
  return domuimg_xml_first (adapter, "NAT") != NULL ? g_strdup ("NAT") : NULL;
}

/* VirtualBox names the chips of cards that others know by their drivers. */
static char *
model_of (const char *chip)
{
  if (chip == NULL || g_str_has_prefix (chip, "Am79C"))
    return g_strdup ("pcnet");
  return g_str_has_prefix (chip, "8254") ? g_strdup ("e1000") : g_ascii_strdown (chip, -1);
}

static void
add_nics (const Parser *self, xmlNode *machine)
{
  g_autoptr (GPtrArray) adapters = domuimg_vbox_list_adapters (machine);

  for (guint i = 0; i < adapters->len; i++)
    {
      xmlNode *adapter = g_ptr_array_index (adapters, i);
      DomuimgHardwareNic *nic = domuimg_hardware_add_nic (self->hardware);
      g_autofree char *mac = domuimg_xml_attr (adapter, "MACAddress");
      g_autofree char *model = domuimg_xml_attr (adapter, "type");

      nic->mac = domuimg_hardware_mac (mac);
      nic->network = network_of (adapter);
      nic->model = model_of (model);
      nic->is_down = domuimg_xml_attr_is (adapter, "cable", "false");
    }
}

static void
collect_media (const Parser *self, xmlNode *list)
{
  for (xmlNode *medium = domuimg_xml_first (list, NULL); medium != NULL;
       medium = domuimg_xml_next (medium, NULL))
    {
      char *uuid = domuimg_xml_attr (medium, "uuid");

      if (uuid != NULL)
        g_hash_table_replace (self->media, uuid, medium);
      /* The differences to a medium are within it. */
      collect_media (self, medium);
    }
}

static const char *
bus_of (xmlNode *controller)
{
  static const char *const types[][2] = {
    { "AHCI", "sata" },       { "LsiLogic", "scsi" }, { "BusLogic", "scsi" },
    { "LsiLogicSas", "scsi" }, { "VirtioSCSI", "virtio" }, { "NVMe", "nvme" },
    { "USB", "usb" },         { "I82078", "floppy" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (domuimg_xml_attr_is (controller, "type", types[i][0]))
      return types[i][1];
  return "ide";
}

static gboolean
set_medium (const Parser *self, DomuimgHardwareDisk *disk, const char *uuid, GError **error)
{
  xmlNode *medium = g_hash_table_lookup (self->media, uuid);
  g_autofree char *format = domuimg_xml_attr (medium, "format");

  disk->path = domuimg_xml_attr (medium, "location");
  if (disk->path == NULL && disk->is_cdrom)
    return TRUE;
  if (disk->path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its disk %s is not in its <MediaRegistry>", self->name, uuid);
  if (!disk->is_cdrom && g_str_equal ((const char *) medium->parent->name, "HardDisk"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: its disk %s is the difference to a snapshot; delete the snapshots in"
                         " VirtualBox, or clone the machine, first", self->name, disk->path);
  disk->format = format != NULL && !disk->is_cdrom ? g_ascii_strdown (format, -1) : NULL;
  /* QEMU's name for what VirtualBox calls VHD is another one. */
  if (g_strcmp0 (disk->format, "vhd") == 0)
    {
      g_free (disk->format);
      disk->format = g_strdup ("vpc");
    }
  return TRUE;
}

static gboolean
add_device (const Parser *self, xmlNode *device, const char *bus, guint64 rank, GError **error)
{
  g_autofree char *uuid = domuimg_xml_find_attr (device, "Image", "uuid");
  g_autofree char *port = domuimg_xml_attr (device, "port");
  g_autofree char *unit = domuimg_xml_attr (device, "device");
  gboolean is_cdrom = domuimg_xml_attr_is (device, "type", "DVD");
  DomuimgHardwareDisk *disk;

  if (domuimg_xml_attr_is (device, "type", "Floppy"))
    {
      domuimg_hardware_note_unmapped (self->hardware, "a floppy drive is left out");
      return TRUE;
    }
  if (uuid == NULL && !is_cdrom)
    return TRUE;
  disk = domuimg_hardware_add_disk (self->hardware);
  disk->bus = g_strdup (bus);
  disk->is_cdrom = is_cdrom;
  disk->rank = rank + (guint64) domuimg_hardware_count (port) * 256 + domuimg_hardware_count (unit);
  if (domuimg_xml_first (device, "HostDrive") != NULL)
    domuimg_hardware_note_unmapped (self->hardware,
                                    "the host's CD-ROM drive is not passed through");
  return uuid == NULL || set_medium (self, disk, uuid, error);
}

static gboolean
add_disks (const Parser *self, xmlNode *machine, GError **error)
{
  guint i = 0;

  for (xmlNode *controller
       = domuimg_xml_first (find_setting (machine, "StorageControllers"), "StorageController");
       controller != NULL; controller = domuimg_xml_next (controller, "StorageController"))
    {
      const char *bus = bus_of (controller);
      guint64 rank = domuimg_hardware_rank (bus, i++, 0);

      for (xmlNode *device = domuimg_xml_first (controller, "AttachedDevice"); device != NULL;
           device = domuimg_xml_next (device, "AttachedDevice"))
        if (!add_device (self, device, bus, rank, error)
            || !domuimg_hardware_check_devices (self->hardware, self->name, error))
          return FALSE;
    }
  return TRUE;
}

static gboolean
read_machine (const Parser *self, xmlNode *root, GError **error)
{
  xmlNode *machine = domuimg_xml_first (root, "Machine");

  if (domuimg_xml_first (root, "MachineEncrypted") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is of an encrypted virtual machine; remove the encryption in"
                         " VirtualBox first", self->name);
  if (machine == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: there is no <Machine> in it; the settings of VirtualBox itself"
                         " describe none", self->name);
  self->hardware->name = domuimg_xml_attr (machine, "name");
  domuimg_vbox_read_system (self->hardware, machine);
  collect_media (self, domuimg_xml_find (machine, "MediaRegistry/HardDisks"));
  collect_media (self, domuimg_xml_find (machine, "MediaRegistry/DVDImages"));
  add_nics (self, machine);
  return add_disks (self, machine, error)
         && domuimg_hardware_check_devices (self->hardware, self->name, error);
}

DomuimgHardware *
domuimg_vbox_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (xmlDoc) document = domuimg_xml_parse (text, length, "VirtualBox", name, error);
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_new ("VirtualBox");
  g_autoptr (GHashTable) media = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Parser parser = { hardware, name, media };

  if (document == NULL || !read_machine (&parser, xmlDocGetRootElement (document), error))
    return NULL;
  domuimg_hardware_finish_disks (hardware);
  return g_steal_pointer (&hardware);
}
