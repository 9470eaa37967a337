/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/import/describe/parts.h"

/* /etc/pve/qemu-server/VMID.conf of Proxmox VE, as its manual page qm.conf(5) says. */

#define DEVICE_NUMBER_MAX 255

typedef struct {
  DomuimgHardware *hardware;
  guint sockets, cores, plugged;
  char *boot;      /* (nullable) */
  char *boot_disk; /* (nullable) */
  char *os;        /* (nullable) */
  int localtime;   /* -1: not said */
  gboolean has_enrolled_keys;
  GPtrArray *slots; /* of the hardware's disks, likewise: "scsi0" */
  GHashTable *extracted; /* from a slot to the file that "vma extract" writes for it */
} Parser;

/* Whether @key is @prefix and a number. */
static gboolean
is_numbered (const char *key, const char *prefix, guint *number)
{
  guint64 value;
  gsize length = strlen (prefix);

  if (!g_str_has_prefix (key, prefix)
      || !domuimg_hardware_number (key + length, DEVICE_NUMBER_MAX, &value))
    return FALSE;
  *number = value;
  return TRUE;
}

/* The volume or file of a drive: the option without a key, or with one of two. */
static char *
path_of (const char *value)
{
  static const char *const keys[] = { "", "file", "volume" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      char *path = domuimg_hardware_option (value, keys[i]);

      if (path != NULL)
        return path;
    }
  return NULL;
}

static char *
format_of (const char *value, const char *path)
{
  static const char *const formats[] = { "raw", "qcow2", "vmdk" };
  char *format = domuimg_hardware_option (value, "format");
  const char *dot = path != NULL ? strrchr (path, '.') : NULL;

  for (guint i = 0; format == NULL && dot != NULL && i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (dot + 1, formats[i]))
      format = g_strdup (formats[i]);
  return format;
}

static void
add_disk (Parser *self, const char *key, const char *bus, guint64 rank, const char *value)
{
  g_autofree char *path = path_of (value);
  g_autofree char *media = domuimg_hardware_option (value, "media");
  g_autofree char *size = domuimg_hardware_option (value, "size");
  gboolean is_cdrom = g_strcmp0 (media, "cdrom") == 0;
  DomuimgHardwareDisk *disk;

  if (path != NULL && strstr (path, "cloudinit") != NULL)
    {
      domuimg_hardware_note_unmapped (self->hardware, "the cloud-init drive %s (%s) is left out",
                                      key, path);
      return;
    }
  disk = domuimg_hardware_add_disk (self->hardware);
  g_ptr_array_add (self->slots, g_strdup (key));
  disk->bus = g_strdup (bus);
  disk->is_cdrom = is_cdrom;
  disk->rank = rank;
  disk->capacity = is_cdrom ? 0 : domuimg_hardware_size (size, 1);
  if (is_cdrom && g_strcmp0 (path, "cdrom") == 0)
    domuimg_hardware_note_unmapped (self->hardware, "the host's CD-ROM drive behind %s is not"
                                    " passed through", key);
  else if (g_strcmp0 (path, "none") != 0)
    {
      disk->format = is_cdrom ? NULL : format_of (value, path);
      disk->path = domuimg_hardware_some (path);
    }
}

static gboolean
take_disk (Parser *self, const char *key, const char *value)
{
  static const char *const buses[] = { "ide", "sata", "scsi", "virtio" };
  guint number;

  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    if (is_numbered (key, buses[i], &number))
      {
        add_disk (self, key, buses[i], G_MAXUINT16 + (guint64) i * 256 + number, value);
        return TRUE;
      }
  return FALSE;
}

/* "virtio=BC:24:11:DD:D7:D2,bridge=vmbr0,firewall=1,link_down=1" */
static void
take_nic_option (Parser *self, DomuimgHardwareNic *nic, const char *key, const char *name,
                 const char *value)
{
  g_autofree char *mac = domuimg_hardware_mac (value);

  if (g_str_equal (name, "bridge"))
    {
      g_free (nic->network);
      nic->network = domuimg_hardware_some (value);
    }
  else if (g_str_equal (name, "link_down"))
    nic->is_down = domuimg_hardware_is_true (value);
  else if (g_str_equal (name, "tag") || g_str_equal (name, "trunks") || g_str_equal (name, "rate"))
    domuimg_hardware_note_unmapped (self->hardware, "%s=%s of %s is left out", name, value, key);
  else if (g_str_equal (name, "macaddr") || mac != NULL)
    {
      g_free (nic->mac);
      nic->mac = g_steal_pointer (&mac);
    }
  if (g_str_equal (name, "model") || (nic->mac != NULL && nic->model == NULL && *name != '\0'
                                      && !g_str_equal (name, "macaddr")))
    {
      g_free (nic->model);
      nic->model = g_ascii_strdown (g_str_equal (name, "model") ? value : name, -1);
    }
}

static gboolean
take_nic (Parser *self, const char *key, const char *value)
{
  g_auto (DomuimgHardwareOptions) options = { .rest = value };
  DomuimgHardwareNic *nic;
  guint number;

  if (!is_numbered (key, "net", &number))
    return FALSE;
  nic = domuimg_hardware_add_nic (self->hardware);
  while (domuimg_hardware_options_next (&options))
    if (*options.key != '\0')
      take_nic_option (self, nic, key, options.key, options.value);
    else if (nic->model == NULL)
      nic->model = g_ascii_strdown (options.value, -1);
  return TRUE;
}

static gboolean
take_unmapped (Parser *self, const char *key, const char *value)
{
  static const struct {
    const char *prefix;
    const char *what;
  } devices[] = {
    { "audio", "the sound card" },
    { "efidisk", "the disk with the UEFI's variables" },
    { "hostpci", "the passed-through PCI device" },
    { "ipconfig", "the cloud-init setting" },
    { "parallel", "the parallel port" },
    { "rng", "the random number generator" },
    { "serial", "the serial port" },
    { "tpmstate", "the TPM with its keys" },
    { "unused", "the unused disk" },
    { "usb", "the USB device" },
    { "virtiofs", "the shared folder" },
  };
  guint number;

  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    if (is_numbered (key, devices[i].prefix, &number))
      {
        domuimg_hardware_note_unmapped (self->hardware, "%s %s (%s) is left out", devices[i].what,
                                        key, value);
        self->has_enrolled_keys
            |= g_str_equal (key, "efidisk0") && strstr (value, "pre-enrolled-keys=1") != NULL;
        return TRUE;
      }
  return FALSE;
}

static void
take_graphics (Parser *self, const char *value)
{
  g_autofree char *named = domuimg_hardware_option (value, "type");
  g_autofree char *first = named != NULL ? NULL : domuimg_hardware_option (value, "");
  const char *type = named != NULL ? named : first != NULL ? first : "std";
  gboolean is_off = g_str_equal (type, "none") || g_str_has_prefix (type, "serial");
  const char *graphics = g_str_has_prefix (type, "qxl") ? "spice" : is_off ? "none" : "vnc";

  g_free (self->hardware->graphics);
  self->hardware->graphics = g_strdup (graphics);
}

static void
take_memory (Parser *self, const char *value)
{
  g_autofree char *current = domuimg_hardware_option (value, "current");
  guint64 mebibytes = 0;

  if (domuimg_hardware_number (current != NULL ? current : value, G_MAXUINT32, &mebibytes))
    self->hardware->memory = domuimg_hardware_bytes (mebibytes, 1 << 20);
}

static void
replace (char **to, const char *value)
{
  g_free (*to);
  *to = domuimg_hardware_some (value);
}

static void
take_setting (Parser *self, const char *key, const char *value)
{
  static const char *const noted[] = { "args",     "hookscript", "ivshmem", "watchdog",
                                       "cicustom", "ciuser",     NULL };

  if (g_str_equal (key, "name"))
    replace (&self->hardware->name, value);
  else if (g_str_equal (key, "ostype"))
    replace (&self->os, value);
  else if (g_str_equal (key, "memory"))
    take_memory (self, value);
  else if (g_str_equal (key, "cores"))
    self->cores = domuimg_hardware_count (value);
  else if (g_str_equal (key, "sockets"))
    self->sockets = domuimg_hardware_count (value);
  else if (g_str_equal (key, "vcpus"))
    self->plugged = domuimg_hardware_count (value);
  else if (g_str_equal (key, "bios") && g_str_equal (value, "ovmf"))
    self->hardware->firmware = DOMUIMG_FIRMWARE_UEFI;
  else if (g_str_equal (key, "boot"))
    replace (&self->boot, value);
  else if (g_str_equal (key, "bootdisk"))
    replace (&self->boot_disk, value);
  else if (g_str_equal (key, "localtime"))
    self->localtime = domuimg_hardware_is_true (value);
  else if (g_str_equal (key, "vga"))
    take_graphics (self, value);
  else if (g_str_equal (key, "arch"))
    domuimg_hardware_set_architecture (self->hardware, value);
  else if (g_strv_contains (noted, key))
    domuimg_hardware_note_unmapped (self->hardware, "the setting %s: %s is left out", key, value);
}

/* Puts the disks of "order=scsi0;ide2;net0", or the one of bootdisk, first. */
static void
rank_disks (Parser *self)
{
  g_autofree char *order = domuimg_hardware_option (self->boot, "order");
  const char *first = order != NULL ? order : self->boot_disk != NULL ? self->boot_disk : "";
  g_auto (GStrv) named = g_strsplit (first, ";", DOMUIMG_HARDWARE_DEVICES_MAX);

  for (guint i = 0; i < self->slots->len; i++)
    for (guint rank = 0; named[rank] != NULL; rank++)
      if (g_str_equal (named[rank], g_ptr_array_index (self->slots, i)))
        ((DomuimgHardwareDisk *) g_ptr_array_index (self->hardware->disks, i))->rank = rank;
  domuimg_hardware_finish_disks (self->hardware);
}

/* "#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:", which a backup adds: its devices are files beside
 * the configuration once it is extracted. */
static void
take_map (Parser *self, const char *line)
{
  static const char prefix[] = "#qmdump#map:";
  g_auto (GStrv) parts = NULL;

  if (!g_str_has_prefix (line, prefix))
    return;
  parts = g_strsplit (line + strlen (prefix), ":", 5);
  if (g_strv_length (parts) >= 2 && *parts[1] != '\0' && strchr (parts[1], '/') == NULL)
    g_hash_table_replace (self->extracted, g_strdup (parts[0]),
                          g_strdup_printf ("disk-%s.raw", parts[1]));
}

static void
use_extracted (Parser *self)
{
  for (guint i = 0; i < self->slots->len; i++)
    {
      DomuimgHardwareDisk *disk = g_ptr_array_index (self->hardware->disks, i);
      const char *file = g_hash_table_lookup (self->extracted, g_ptr_array_index (self->slots, i));

      if (file == NULL || disk->is_cdrom)
        continue;
      g_free (disk->path);
      disk->path = g_strdup (file);
      g_free (disk->format);
      disk->format = g_strdup ("raw");
    }
}

static void
finish (Parser *self)
{
  DomuimgHardware *hardware = self->hardware;
  guint sockets = MAX (self->sockets, 1), cores = MAX (self->cores, 1);
  guint64 vcpus = (guint64) sockets * cores;

  hardware->vcpus = MIN (vcpus, DOMUIMG_HARDWARE_VCPUS_MAX);
  if (self->plugged > 0 && self->plugged < hardware->vcpus)
    hardware->vcpus = self->plugged;
  domuimg_hardware_set_topology (hardware, sockets, cores, 0);
  hardware->guest_os = g_strdup (self->os);
  /* Windows gets local time unless told otherwise. */
  hardware->is_localtime = self->localtime >= 0 ? self->localtime == 1
                                                : self->os != NULL && *self->os == 'w';
  hardware->secure_boot
      = self->has_enrolled_keys && hardware->firmware == DOMUIMG_FIRMWARE_UEFI;
  if (hardware->graphics == NULL)
    hardware->graphics = g_strdup ("vnc");
  use_extracted (self);
  rank_disks (self);
}

static gboolean
take_line (Parser *self, char *line)
{
  char *colon = strchr (line, ':');
  const char *value;

  if (*line == '#')
    take_map (self, line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  if (colon == NULL)
    return FALSE;
  *colon = '\0';
  value = g_strstrip (colon + 1);
  if (!take_disk (self, line, value) && !take_nic (self, line, value)
      && !take_unmapped (self, line, value))
    take_setting (self, line, value);
  return TRUE;
}

/* Sections after the machine's own are snapshots and changes that wait for a restart. */
static void
note_section (Parser *self, const char *line)
{
  g_autofree char *title = g_strndup (line + 1, strcspn (line + 1, "]"));

  if (g_str_equal (title, "PENDING"))
    domuimg_hardware_note_unmapped (self->hardware,
                                    "changes that wait for a restart are left out");
  else if (strchr (title, ':') == NULL)
    domuimg_hardware_note_unmapped (self->hardware, "the snapshot %s is left out", title);
}

static gboolean
read_lines (Parser *self, char **lines, const char *name, GError **error)
{
  gboolean in_section = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);

      in_section |= *line == '[';
      if (*line == '[')
        note_section (self, line);
      else if (!in_section && !take_line (self, line))
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s:%u: this is not a line of a machine of Proxmox VE, which are"
                             " KEY: VALUE", name, i + 1);
      if (!domuimg_hardware_check_devices (self->hardware, name, error))
        return FALSE;
    }
  finish (self);
  return TRUE;
}

DomuimgHardware *
domuimg_proxmox_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autofree char *plain = domuimg_hardware_text (text, length, name, error);
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_new ("Proxmox VE");
  g_autoptr (GPtrArray) slots = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) extracted
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Parser parser
      = { .hardware = hardware, .localtime = -1, .slots = slots, .extracted = extracted };
  g_auto (GStrv) lines = NULL;
  gboolean ok;

  if (plain == NULL)
    return NULL;
  lines = g_strsplit (plain, "\n", 0);
  hardware->firmware = DOMUIMG_FIRMWARE_BIOS;
  ok = read_lines (&parser, lines, name, error);
  g_free (parser.boot);
  g_free (parser.boot_disk);
  g_free (parser.os);
  return ok ? g_steal_pointer (&hardware) : NULL;
}
