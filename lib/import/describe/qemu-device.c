/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/describe/qemu.h"

#include <string.h>

#include "lib/import/describe/parts.h"

/* What a file holds, and how it is attached unless a device refers to it by its id. */
typedef struct {
  char *id;        /* (nullable) */
  char *path;      /* (nullable) */
  char *format;    /* (nullable) */
  char *below;     /* (nullable) the id of the node that this one is a format of */
  char *interface; /* "ide", "virtio", "scsi", "none", ... */
  gboolean is_cdrom;
  gboolean is_used;
} Drive;

static void
drive_free (gpointer data)
{
  Drive *self = data;

  g_free (self->id);
  g_free (self->path);
  g_free (self->format);
  g_free (self->below);
  g_free (self->interface);
  g_free (self);
}

void
domuimg_qemu_init_devices (DomuimgQemu *self)
{
  self->drives = g_ptr_array_new_with_free_func (drive_free);
  self->devices = g_ptr_array_new_with_free_func (g_free);
  self->netdevs = g_ptr_array_new_with_free_func (g_free);
  self->nets = g_ptr_array_new_with_free_func (g_free);
}

void
domuimg_qemu_clear_devices (DomuimgQemu *self)
{
  g_ptr_array_unref (self->drives);
  g_ptr_array_unref (self->devices);
  g_ptr_array_unref (self->netdevs);
  g_ptr_array_unref (self->nets);
}

static gboolean
starts_with_any (const char *word, const char *const *prefixes)
{
  for (; *prefixes != NULL; prefixes++)
    if (g_str_has_prefix (word, *prefixes))
      return TRUE;
  return FALSE;
}

/* UEFI's images have one of these in their names. */
void
domuimg_qemu_take_firmware (DomuimgQemu *self, const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  if (strstr (lower, "ovmf") != NULL || strstr (lower, "efi") != NULL
      || strstr (lower, "edk2") != NULL)
    self->hardware->firmware = DOMUIMG_FIRMWARE_UEFI;
  else if (strstr (lower, "bios") == NULL)
    domuimg_hardware_note_unmapped (self->hardware, "the firmware %s is left out", path);
  self->hardware->secure_boot
      |= strstr (lower, "secboot") != NULL || strstr (lower, ".ms.") != NULL;
}

static Drive *
add_drive (DomuimgQemu *self, const char *interface)
{
  Drive *drive = g_new0 (Drive, 1);

  drive->interface = g_strdup (interface);
  g_ptr_array_add (self->drives, drive);
  return drive;
}

static void
add_file (DomuimgQemu *self, const char *path, gboolean is_cdrom)
{
  Drive *drive = add_drive (self, "ide");

  drive->path = domuimg_hardware_some (path);
  drive->is_cdrom = is_cdrom;
}

/* What has no place among the disks. */
static gboolean
is_special_drive (DomuimgQemu *self, const char *interface, const char *path)
{
  if (g_str_equal (interface, "pflash"))
    {
      /* QEMU starts nothing but UEFI from flash. */
      if (path != NULL)
        domuimg_qemu_take_firmware (self, path);
      self->hardware->firmware = DOMUIMG_FIRMWARE_UEFI;
      return TRUE;
    }
  if (!g_str_equal (interface, "floppy") && !g_str_equal (interface, "sd")
      && !g_str_equal (interface, "mtd"))
    return FALSE;
  domuimg_hardware_note_unmapped (self->hardware, "the %s drive (%s) is left out", interface,
                                  path != NULL ? path : "empty");
  return TRUE;
}

static void
take_drive (DomuimgQemu *self, const char *value)
{
  g_autofree char *plain = domuimg_hardware_option (value, "file");
  g_autofree char *nested = domuimg_hardware_option (value, "file.filename");
  g_autofree char *interface = domuimg_hardware_option (value, "if");
  g_autofree char *media = domuimg_hardware_option (value, "media");
  g_autofree char *snapshot = domuimg_hardware_option (value, "snapshot");
  const char *path = plain != NULL ? plain : nested;
  Drive *drive;

  if (interface == NULL)
    interface = g_strdup ("ide");
  if (is_special_drive (self, interface, path))
    return;
  drive = add_drive (self, interface);
  drive->path = domuimg_hardware_some (path);
  drive->id = domuimg_hardware_option (value, "id");
  drive->is_cdrom = g_strcmp0 (media, "cdrom") == 0;
  drive->format = domuimg_hardware_option (value, "format");
  if (drive->format == NULL)
    drive->format = domuimg_hardware_option (value, "driver");
  if (domuimg_hardware_is_true (snapshot))
    domuimg_hardware_note_unmapped (self->hardware, "the drive %s forgot changes at power off; it"
                                    " keeps them now", path != NULL ? path : "without a file");
}

static void
take_blockdev (DomuimgQemu *self, const char *value)
{
  g_autofree char *driver = domuimg_hardware_option (value, "driver");
  g_autofree char *first = domuimg_hardware_option (value, "");
  Drive *drive;

  if (*value == '{')
    {
      domuimg_hardware_note_unmapped (self->hardware, "the block device in JSON is left out: %s",
                                      value);
      return;
    }
  drive = add_drive (self, "none");
  drive->id = domuimg_hardware_option (value, "node-name");
  drive->path = domuimg_hardware_option (value, "filename");
  if (drive->path == NULL)
    drive->path = domuimg_hardware_option (value, "file.filename");
  drive->below = domuimg_hardware_option (value, "file");
  drive->format = g_strdup (driver != NULL ? driver : first);
  /* The layer of the file itself says nothing of what is in it. */
  if (g_strcmp0 (drive->format, "file") == 0 || g_strcmp0 (drive->format, "host_device") == 0)
    g_clear_pointer (&drive->format, g_free);
}

static const char *
bus_of_interface (const DomuimgQemu *self, const char *interface)
{
  return self->is_q35 && g_str_equal (interface, "ide") ? "sata" : interface;
}

/* What holds a disk that is not a file: "rbd:pool/image", "nbd://host", or a driver that names none. */
static char *
describe_elsewhere (const Drive *drive)
{
  static const char *const drivers[] = { "rbd", "nbd", "iscsi", "nfs", "ssh", "http", "https",
                                         "gluster", "nvme", NULL };

  if (drive->path != NULL)
    return g_regex_match_simple ("^[a-z][a-z0-9+]+:", drive->path, 0, 0)
                   && !g_str_has_prefix (drive->path, "file:")
               ? g_strdup (drive->path)
               : NULL;
  return drive->format != NULL && g_strv_contains (drivers, drive->format)
             ? g_strdup (drive->format)
             : NULL;
}

static void
attach (DomuimgQemu *self, const Drive *drive, const char *bus, gboolean is_cdrom, guint64 first)
{
  g_autofree char *elsewhere = is_cdrom ? NULL : describe_elsewhere (drive);
  DomuimgHardwareDisk *disk;

  if (elsewhere != NULL)
    {
      domuimg_hardware_note_elsewhere (self->hardware,
                                       drive->id != NULL ? drive->id : "without a name", elsewhere);
      return;
    }
  disk = domuimg_hardware_add_disk (self->hardware);
  disk->path = g_strdup (drive->path);
  disk->bus = g_strdup (bus);
  disk->is_cdrom = is_cdrom;
  disk->format = is_cdrom ? NULL : g_strdup (drive->format);
  disk->rank = first > 0 ? first : domuimg_hardware_rank (bus, 0, self->hardware->disks->len);
}

/* The drive @id with the path of the node below it. */
static Drive *
find_drive (DomuimgQemu *self, const char *id)
{
  Drive *found = NULL;

  for (guint i = 0; i < self->drives->len && found == NULL; i++)
    {
      Drive *drive = g_ptr_array_index (self->drives, i);

      if (g_strcmp0 (drive->id, id) == 0)
        found = drive;
    }
  for (guint i = 0; found != NULL && found->below != NULL && i < self->drives->len; i++)
    {
      Drive *drive = g_ptr_array_index (self->drives, i);

      if (g_strcmp0 (drive->id, found->below) != 0)
        continue;
      drive->is_used = TRUE;
      if (found->path == NULL)
        found->path = g_strdup (drive->path);
    }
  return found;
}

static const char *
bus_of_device (const DomuimgQemu *self, const char *name)
{
  static const struct {
    const char *prefix;
    const char *bus;
  } devices[] = {
    { "virtio-blk", "virtio" }, { "scsi-", "scsi" }, { "ide-", "ide" },
    { "nvme", "nvme" },         { "usb-storage", "usb" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    if (g_str_has_prefix (name, devices[i].prefix))
      return bus_of_interface (self, devices[i].bus);
  return NULL;
}

static gboolean
attach_device (DomuimgQemu *self, const char *name, const char *value)
{
  static const char *const drives[] = { "ide-cd", "scsi-cd", NULL };
  const char *bus = bus_of_device (self, name);
  g_autofree char *id = domuimg_hardware_option (value, "drive");
  g_autofree char *order = domuimg_hardware_option (value, "bootindex");
  gboolean is_cdrom = g_strv_contains (drives, name);
  const Drive empty = { .interface = NULL };
  Drive *drive = id != NULL ? find_drive (self, id) : NULL;
  guint64 first = 0;

  if (bus == NULL)
    return FALSE;
  /* 1 is the first, and 0 means that it is not said. */
  if (domuimg_hardware_number (order, G_MAXUINT16, &first))
    first++;
  if (drive != NULL)
    {
      attach (self, drive, bus, is_cdrom || drive->is_cdrom, first);
      drive->is_used = TRUE;
    }
  else if (is_cdrom && id == NULL)
    attach (self, &empty, bus, TRUE, first);
  else if (id != NULL)
    domuimg_hardware_note_unmapped (self->hardware, "the device %s is left out, as its drive %s is"
                                    " not there", name, id);
  return TRUE;
}

static char *
network_of (const char *backend)
{
  g_autofree char *kind = domuimg_hardware_option (backend, "");
  char *bridge = domuimg_hardware_option (backend, "br");

  if (bridge != NULL || g_strcmp0 (kind, "bridge") == 0)
    return bridge != NULL ? bridge : g_strdup ("br0");
  if (g_strcmp0 (kind, "tap") == 0)
    {
      bridge = domuimg_hardware_option (backend, "ifname");
      return bridge != NULL ? bridge : g_strdup ("tap");
    }
  return g_steal_pointer (&kind);
}

static DomuimgHardwareNic *
add_nic (DomuimgQemu *self, const char *value, const char *mac_key)
{
  DomuimgHardwareNic *nic = domuimg_hardware_add_nic (self->hardware);
  g_autofree char *mac = domuimg_hardware_option (value, mac_key);
  g_autofree char *model = domuimg_hardware_option (value, "model");

  nic->mac = domuimg_hardware_mac (mac);
  nic->model = model != NULL ? g_ascii_strdown (model, -1) : NULL;
  return nic;
}

static gboolean
attach_nic (DomuimgQemu *self, const char *name, const char *value)
{
  static const char *const cards[] = { "virtio-net", "e1000", "rtl8139", "vmxnet3", "pcnet",
                                       "ne2k", "i8255", "igb", "tulip", NULL };
  g_autofree char *wanted = domuimg_hardware_option (value, "netdev");
  DomuimgHardwareNic *nic;

  if (!starts_with_any (name, cards))
    return FALSE;
  self->has_no_default_nic = TRUE;
  nic = add_nic (self, value, "mac");
  nic->model = g_ascii_strdown (g_str_has_prefix (name, "virtio-net") ? "virtio" : name, -1);
  for (guint i = 0; wanted != NULL && nic->network == NULL && i < self->netdevs->len; i++)
    {
      const char *netdev = g_ptr_array_index (self->netdevs, i);
      g_autofree char *id = domuimg_hardware_option (netdev, "id");

      if (g_strcmp0 (id, wanted) == 0)
        nic->network = network_of (netdev);
    }
  return TRUE;
}

static void
take_nic (DomuimgQemu *self, const char *value)
{
  g_autofree char *kind = domuimg_hardware_option (value, "");
  DomuimgHardwareNic *nic;

  self->has_no_default_nic = TRUE;
  if (g_strcmp0 (kind, "none") == 0)
    return;
  nic = add_nic (self, value, "mac");
  nic->network = network_of (value);
}

/* Cards and back ends of -net are all on one hub. */
static void
attach_nets (DomuimgQemu *self)
{
  g_autofree char *network = NULL;

  for (guint i = 0; i < self->nets->len && network == NULL; i++)
    {
      const char *net = g_ptr_array_index (self->nets, i);
      g_autofree char *kind = domuimg_hardware_option (net, "");

      if (g_strcmp0 (kind, "nic") != 0 && g_strcmp0 (kind, "none") != 0)
        network = network_of (net);
    }
  for (guint i = 0; i < self->nets->len; i++)
    {
      const char *net = g_ptr_array_index (self->nets, i);
      g_autofree char *kind = domuimg_hardware_option (net, "");

      if (g_strcmp0 (kind, "nic") == 0)
        add_nic (self, net, "macaddr")->network = g_strdup (network);
    }
}

static void
take_machine (DomuimgQemu *self, const char *value)
{
  g_autofree char *first = domuimg_hardware_option (value, "");
  g_autofree char *type = domuimg_hardware_option (value, "type");
  g_autofree char *flash = domuimg_hardware_option (value, "pflash0");
  const char *kind = type != NULL ? type : first;

  self->is_q35 = kind != NULL && (g_str_equal (kind, "q35") || g_str_has_prefix (kind, "pc-q35"));
  if (flash != NULL)
    self->hardware->firmware = DOMUIMG_FIRMWARE_UEFI;
}

gboolean
domuimg_qemu_take_device (DomuimgQemu *self, const char *option, const char *value)
{
  static const char *const disks[] = { "hda", "hdb", "hdc", "hdd", NULL };

  if (g_strv_contains (disks, option))
    add_file (self, value, FALSE);
  else if (g_str_equal (option, "cdrom"))
    add_file (self, value, TRUE);
  else if (g_str_equal (option, "drive"))
    take_drive (self, value);
  else if (g_str_equal (option, "blockdev"))
    take_blockdev (self, value);
  else if (g_str_equal (option, "device"))
    g_ptr_array_add (self->devices, g_strdup (value));
  else if (g_str_equal (option, "netdev"))
    g_ptr_array_add (self->netdevs, g_strdup (value));
  else if (g_str_equal (option, "net"))
    g_ptr_array_add (self->nets, g_strdup (value));
  else if (g_str_equal (option, "nic"))
    take_nic (self, value);
  else if (g_str_equal (option, "machine") || g_str_equal (option, "M"))
    take_machine (self, value);
  else
    return FALSE;
  return TRUE;
}

static void
note_device (DomuimgQemu *self, const char *name, const char *value)
{
  /* Buses, and what every domain has. */
  static const char *const silent[]
      = { "virtio-scsi", "lsi", "mptsas", "megasas", "pvscsi", "ahci", "ich9-ahci", "piix",
          "pcie-", "pci-bridge", "ioh3420", "i82801", "virtio-serial", "virtio-balloon", "qxl",
          "virtio-vga", "virtio-gpu", "VGA", "cirrus-vga", "vmware-svga", "bochs-display",
          "secondary-vga", "ramfb", "vmcoreinfo", "isa-serial", NULL };

  if (starts_with_any (name, silent))
    return;
  domuimg_hardware_note_unmapped (self->hardware, "the device %s is left out", value);
}

static gboolean
check_drives (const DomuimgQemu *self, GError **error)
{
  const guint max = 4 * DOMUIMG_HARDWARE_DEVICES_MAX;

  if (self->drives->len <= max && self->devices->len <= max && self->netdevs->len <= max
      && self->nets->len <= max)
    return domuimg_hardware_check_devices (self->hardware, self->name, error);
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: it has more than %u drives, devices"
                       " or networks", self->name, max);
}

gboolean
domuimg_qemu_finish_devices (DomuimgQemu *self, GError **error)
{
  if (!check_drives (self, error))
    return FALSE;
  for (guint i = 0; i < self->drives->len; i++)
    {
      Drive *drive = g_ptr_array_index (self->drives, i);

      drive->is_used = !g_str_equal (drive->interface, "none");
      if (drive->is_used)
        attach (self, drive, bus_of_interface (self, drive->interface), drive->is_cdrom, 0);
    }
  for (guint i = 0; i < self->devices->len; i++)
    {
      const char *value = g_ptr_array_index (self->devices, i);
      g_autofree char *first = domuimg_hardware_option (value, "");
      g_autofree char *driver = domuimg_hardware_option (value, "driver");
      const char *name = driver != NULL ? driver : first != NULL ? first : value;

      if (!attach_device (self, name, value) && !attach_nic (self, name, value))
        note_device (self, name, value);
    }
  for (guint i = 0; i < self->drives->len; i++)
    {
      const Drive *drive = g_ptr_array_index (self->drives, i);

      if (!drive->is_used)
        domuimg_hardware_note_unmapped (self->hardware, "the drive %s is of no device and left out",
                                        drive->id != NULL ? drive->id : "without a name");
    }
  attach_nets (self);
  /* What QEMU gives a machine of which nothing else is said. */
  if (!self->has_no_default_nic && self->nets->len == 0 && self->netdevs->len == 0)
    domuimg_hardware_add_nic (self->hardware)->network = g_strdup ("user");
  domuimg_hardware_finish_disks (self->hardware);
  return domuimg_hardware_check_devices (self->hardware, self->name, error);
}
