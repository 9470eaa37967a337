/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/import/describe/parts.h"
#include "lib/import/describe/vmx-text.h"

/* The configuration of VMware Workstation, Fusion, Player and ESXi, which has no published
 * grammar: what these programs write. */

#define CONTROLLERS_MAX 8
#define UNITS_MAX 64
#define NICS_MAX 10
#define PORTS_MAX 32

typedef struct {
  GHashTable *keys;
  DomuimgHardware *hardware;
  char **boot_disks; /* (nullable) of bios.hddOrder: "scsi0:0", ... */
} Parser;

/* The value of a key of lower case. */
static const char *get (const Parser *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static const char *
get (const Parser *self, const char *format, ...)
{
  g_autofree char *key = NULL;
  va_list args;

  va_start (args, format);
  key = g_strdup_vprintf (format, args);
  va_end (args);
  return g_hash_table_lookup (self->keys, key);
}

static gboolean
is_present (const Parser *self, const char *device)
{
  return domuimg_hardware_is_true (get (self, "%s.present", device));
}

static guint64
rank_of (const Parser *self, const char *device, guint64 otherwise)
{
  for (guint i = 0; self->boot_disks != NULL && self->boot_disks[i] != NULL; i++)
    if (g_ascii_strcasecmp (g_strstrip (self->boot_disks[i]), device) == 0)
      return i;
  return otherwise;
}

static void
note_disk (const Parser *self, const char *device, const char *file)
{
  const char *mode = get (self, "%s.mode", device);

  if (mode != NULL && strstr (mode, "nonpersistent") != NULL)
    domuimg_hardware_note_unmapped (self->hardware, "%s forgot changes at power off (%s); it keeps"
                                    " them now", device, mode);
  if (g_regex_match_simple ("-[0-9]{6}\\.vmdk$", file, G_REGEX_CASELESS, 0))
    domuimg_hardware_note_unmapped (self->hardware, "the snapshots of %s are left out; the disk is"
                                    " taken as it was last (%s)", device, file);
}

static void
add_disk (const Parser *self, const char *bus, const char *device, guint64 rank)
{
  const char *type = get (self, "%s.devicetype", device);
  const char *file = get (self, "%s.filename", device);
  gboolean is_cdrom = type != NULL && strstr (type, "cdrom") != NULL;
  DomuimgHardwareDisk *disk;

  if (!is_cdrom && (file == NULL || *file == '\0' || (type != NULL && strstr (type, "passthru"))))
    {
      domuimg_hardware_note_unmapped (self->hardware, "the device %s (%s) is left out", device,
                                      type != NULL ? type : "without a file");
      return;
    }
  disk = domuimg_hardware_add_disk (self->hardware);
  disk->bus = g_strdup (bus);
  disk->is_cdrom = is_cdrom;
  disk->rank = rank_of (self, device, rank);
  if (!is_cdrom)
    note_disk (self, device, file);
  if (!is_cdrom || g_ascii_strcasecmp (type, "cdrom-image") == 0)
    disk->path = domuimg_hardware_some (file);
  else
    domuimg_hardware_note_unmapped (self->hardware, "the host's CD-ROM drive behind %s is not"
                                    " passed through", device);
}

static void
add_disks (const Parser *self)
{
  static const char *const buses[] = { "ide", "scsi", "sata", "nvme" };

  for (guint i = 0; i < G_N_ELEMENTS (buses) * CONTROLLERS_MAX; i++)
    {
      const char *bus = buses[i / CONTROLLERS_MAX];
      guint controller = i % CONTROLLERS_MAX;
      const char *present = get (self, "%s%u.present", bus, controller);

      if (present != NULL && !domuimg_hardware_is_true (present))
        continue;
      for (guint unit = 0; unit < UNITS_MAX; unit++)
        {
          g_autofree char *device = g_strdup_printf ("%s%u:%u", bus, controller, unit);

          if (is_present (self, device))
            add_disk (self, bus, device, domuimg_hardware_rank (bus, controller, unit));
        }
    }
}

static char *
mac_of (const Parser *self, guint i)
{
  const char *type = get (self, "ethernet%u.addresstype", i);
  const char *fixed = get (self, "ethernet%u.address", i);
  const char *generated = get (self, "ethernet%u.generatedaddress", i);
  gboolean is_fixed = type != NULL ? g_ascii_strcasecmp (type, "static") == 0 : fixed != NULL;

  return domuimg_hardware_mac (is_fixed || generated == NULL ? fixed : generated);
}

/* ESXi has names of port groups, Workstation numbers of its switches, or kinds. */
static const char *
network_of (const Parser *self, guint i)
{
  static const char *const keys[] = { "networkname", "dvs.portgroupid", "vnet", "connectiontype" };

  for (guint k = 0; k < G_N_ELEMENTS (keys); k++)
    {
      const char *value = get (self, "ethernet%u.%s", i, keys[k]);

      if (value != NULL && *value != '\0')
        return value;
    }
  return NULL;
}

static void
add_nics (const Parser *self)
{
  for (guint i = 0; i < NICS_MAX; i++)
    {
      const char *model = get (self, "ethernet%u.virtualdev", i);
      const char *connected = get (self, "ethernet%u.startconnected", i);
      DomuimgHardwareNic *nic;

      if (!domuimg_hardware_is_true (get (self, "ethernet%u.present", i)))
        continue;
      nic = domuimg_hardware_add_nic (self->hardware);
      nic->mac = mac_of (self, i);
      nic->network = domuimg_hardware_some (network_of (self, i));
      nic->model = model != NULL ? g_ascii_strdown (model, -1) : NULL;
      nic->is_down = connected != NULL && !domuimg_hardware_is_true (connected);
    }
}

static void
note_numbered (const Parser *self)
{
  static const struct {
    const char *device;
    const char *what;
    const char *detail;
  } devices[] = {
    { "floppy", "the floppy drive", "filename" },
    { "serial", "the serial port", "filename" },
    { "parallel", "the parallel port", "filename" },
    { "pcipassthru", "the passed-through PCI device", "id" },
    { "sharedfolder", "the shared folder", "hostpath" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (devices) * PORTS_MAX; i++)
    {
      const char *what = devices[i / PORTS_MAX].what;
      g_autofree char *device
          = g_strdup_printf ("%s%u", devices[i / PORTS_MAX].device, i % PORTS_MAX);
      const char *detail = get (self, "%s.%s", device, devices[i / PORTS_MAX].detail);

      if (!is_present (self, device))
        continue;
      if (detail != NULL && *detail != '\0')
        domuimg_hardware_note_unmapped (self->hardware, "%s %s (%s) is left out", what, device,
                                        detail);
      else
        domuimg_hardware_note_unmapped (self->hardware, "%s %s is left out", what, device);
    }
}

/* "software" is the kind of a TPM that is there. */
static gboolean
is_on (const char *value)
{
  return domuimg_hardware_is_true (value) || g_strcmp0 (value, "software") == 0;
}

static void
note_single (const Parser *self)
{
  static const struct {
    const char *key;
    const char *what;
  } devices[] = {
    { "usb.present", "the USB controller is left out" },
    { "ehci.present", "the USB 2.0 controller is left out" },
    { "usb_xhci.present", "the USB 3 controller is left out" },
    { "vtpm.present", "the TPM is left out, with the keys in it" },
    { "managedvm.autoaddvtpm", "the TPM is left out, with the keys in it" },
    { "mks.enable3d", "3D acceleration is left out" },
    { "svga.present3d", "3D acceleration is left out" },
    { "vhv.enable", "virtualisation inside of the machine is left out" },
  };
  const char *sound = get (self, "sound.virtualdev");

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    if (is_on (get (self, "%s", devices[i].key)))
      domuimg_hardware_note_unmapped (self->hardware, "%s", devices[i].what);
  if (is_present (self, "sound"))
    domuimg_hardware_note_unmapped (self->hardware, "the sound card (%s) is left out",
                                    sound != NULL ? sound : "of an unnamed kind");
}

static void
read_system (const Parser *self)
{
  DomuimgHardware *hardware = self->hardware;
  const char *firmware = get (self, "firmware");
  const char *clock = get (self, "rtc.difffromutc");
  guint64 mebibytes = 0;
  gboolean is_windows;

  hardware->name = domuimg_hardware_some (get (self, "displayname"));
  hardware->guest_os = domuimg_hardware_some (get (self, "guestos"));
  /* "arm-ubuntu-64", which Fusion has on a Mac of ARM. */
  if (hardware->guest_os != NULL && g_ascii_strncasecmp (hardware->guest_os, "arm", 3) == 0)
    domuimg_hardware_set_architecture (hardware, "aarch64");
  if (domuimg_hardware_number (get (self, "memsize"), G_MAXUINT32, &mebibytes))
    hardware->memory = domuimg_hardware_bytes (mebibytes, 1 << 20);
  hardware->vcpus = MAX (domuimg_hardware_count (get (self, "numvcpus")), 1);
  domuimg_hardware_set_topology (
      hardware, 0, domuimg_hardware_count (get (self, "cpuid.corespersocket")), 0);
  hardware->firmware = firmware != NULL && g_ascii_strcasecmp (firmware, "efi") == 0
                           ? DOMUIMG_FIRMWARE_UEFI
                           : DOMUIMG_FIRMWARE_BIOS;
  hardware->secure_boot = hardware->firmware == DOMUIMG_FIRMWARE_UEFI
                          && domuimg_hardware_is_true (get (self, "uefi.secureboot.enabled"));
  /* Without a word on it, the clock is as the guest is known to want it. */
  is_windows = hardware->guest_os != NULL
               && g_ascii_strncasecmp (hardware->guest_os, "win", 3) == 0;
  hardware->is_localtime = clock != NULL ? !g_str_equal (clock, "0") : is_windows;
  if (domuimg_hardware_is_true (get (self, "remotedisplay.vnc.enabled")))
    hardware->graphics = g_strdup ("vnc");
}

static gboolean
check_encryption (const Parser *self, const char *name, GError **error)
{
  if (get (self, "encryption.keysafe") == NULL && get (self, "encryption.data") == NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s is of an encrypted virtual machine; remove the encryption in VMware"
                       " first", name);
}

DomuimgHardware *
domuimg_vmx_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (GHashTable) keys = domuimg_vmx_text_parse (text, length, name, error);
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_new ("VMware");
  Parser parser = { keys, hardware, NULL };
  g_auto (GStrv) boot_disks = NULL;

  if (keys == NULL || !check_encryption (&parser, name, error))
    return NULL;
  if (get (&parser, "bios.hddorder") != NULL)
    boot_disks = g_strsplit (get (&parser, "bios.hddorder"), ",", DOMUIMG_HARDWARE_DEVICES_MAX);
  parser.boot_disks = boot_disks;
  read_system (&parser);
  add_disks (&parser);
  add_nics (&parser);
  note_single (&parser);
  note_numbered (&parser);
  if (!domuimg_hardware_check_devices (hardware, name, error))
    return NULL;
  domuimg_hardware_finish_disks (hardware);
  return g_steal_pointer (&hardware);
}
