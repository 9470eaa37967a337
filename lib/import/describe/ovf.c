/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/import/describe/ovf-disk.h"
#include "lib/import/describe/parts.h"
#include "lib/import/describe/vbox.h"

/* DMTF DSP0243, Open Virtualization Format, versions 1 and 2, with what VMware and VirtualBox put
 * in. The items are CIM's ResourceAllocationSettingData, by their ResourceType. */

#define ITEMS_MAX 1024

typedef struct {
  DomuimgHardware *hardware;
  DomuimgOvfDisks *disks;
  const char *name;        /* of the file */
  GPtrArray *items;        /* of xmlNode */
  GHashTable *controllers; /* from InstanceID to item */
} Parser;

static guint
type_of (xmlNode *item)
{
  g_autofree char *text = domuimg_xml_find_text (item, "ResourceType");

  return domuimg_hardware_count (text);
}

static guint
number_of (xmlNode *item, const char *element)
{
  g_autofree char *text = domuimg_xml_find_text (item, element);

  return domuimg_hardware_count (text);
}

static gboolean
is_item (xmlNode *node)
{
  static const char *const names[] = { "Item", "StorageItem", "EthernetPortItem", NULL };

  return g_strv_contains (names, (const char *) node->name);
}

/* The configuration that is deployed unless another is asked for. */
static char *
default_configuration (xmlNode *envelope)
{
  xmlNode *section = domuimg_xml_first (envelope, "DeploymentOptionSection");

  for (xmlNode *node = domuimg_xml_first (section, "Configuration"); node != NULL;
       node = domuimg_xml_next (node, "Configuration"))
    if (domuimg_xml_attr_is (node, "default", "true"))
      return domuimg_xml_attr (node, "id");
  return domuimg_xml_attr (domuimg_xml_first (section, "Configuration"), "id");
}

/* An item may be for some configurations only, or a bound for those who choose a size. */
static gboolean
applies (xmlNode *item, const char *configuration)
{
  g_autofree char *bound = domuimg_xml_attr (item, "bound");
  g_autofree char *wanted = domuimg_xml_attr (item, "configuration");
  g_auto (GStrv) words = wanted != NULL ? g_strsplit (wanted, " ", 64) : NULL;

  if (bound != NULL && !g_str_equal (bound, "normal"))
    return FALSE;
  return words == NULL
         || (configuration != NULL && g_strv_contains ((const char *const *) words, configuration));
}

static const char *
bus_of (xmlNode *controller)
{
  g_autofree char *kind = domuimg_xml_find_text (controller, "ResourceSubType");
  g_autofree char *lower = g_ascii_strdown (kind != NULL ? kind : "", -1);

  switch (type_of (controller))
    {
    case 5:
      return "ide";
    case 6:
      return strstr (lower, "virtio") != NULL ? "virtio" : "scsi";
    default:
      return strstr (lower, "nvme") != NULL     ? "nvme"
             : strstr (lower, "virtio") != NULL ? "virtio"
             : strstr (lower, "usb") != NULL    ? "usb"
                                                : "sata";
    }
}

static void
place_disk (const Parser *self, xmlNode *item, DomuimgHardwareDisk *disk)
{
  g_autofree char *parent = domuimg_xml_find_text (item, "Parent");
  xmlNode *controller
      = parent != NULL ? g_hash_table_lookup (self->controllers, parent) : NULL;
  const char *bus = controller != NULL ? bus_of (controller) : NULL;

  disk->bus = g_strdup (bus);
  disk->rank = domuimg_hardware_rank (bus != NULL ? bus : "", number_of (controller, "Address"),
                                      number_of (item, "AddressOnParent"));
}

static gboolean
add_disk (const Parser *self, xmlNode *item, guint type, GError **error)
{
  g_autofree char *resource = domuimg_xml_find_text (item, "HostResource");
  g_autofree char *element = domuimg_xml_find_text (item, "ElementName");
  gboolean is_cdrom = type == 15 || type == 16;
  DomuimgHardwareDisk *disk;

  if (resource == NULL && !is_cdrom)
    {
      domuimg_hardware_note_unmapped (self->hardware,
                                      "the disk “%s” has no content and is left out",
                                      element != NULL ? element : "without a name");
      return TRUE;
    }
  disk = domuimg_hardware_add_disk (self->hardware);
  disk->is_cdrom = is_cdrom;
  place_disk (self, item, disk);
  if (resource != NULL && !domuimg_ovf_disks_resolve (self->disks, resource, disk, error))
    return FALSE;
  if (disk->path == NULL && !is_cdrom)
    {
      domuimg_hardware_note_unmapped (self->hardware, "the disk %s, of %" G_GUINT64_FORMAT
                                      " bytes, has no file in the OVF and is left out",
                                      resource, disk->capacity);
      g_ptr_array_remove (self->hardware->disks, disk);
    }
  return domuimg_hardware_check_devices (self->hardware, self->name, error);
}

static gboolean
add_nic (const Parser *self, xmlNode *item, GError **error)
{
  g_autofree char *mac = domuimg_xml_find_text (item, "Address");
  g_autofree char *model = domuimg_xml_find_text (item, "ResourceSubType");
  g_autofree char *connected = domuimg_xml_find_text (item, "AutomaticAllocation");
  DomuimgHardwareNic *nic = domuimg_hardware_add_nic (self->hardware);

  nic->mac = domuimg_hardware_mac (mac);
  nic->model = model != NULL ? g_ascii_strdown (model, -1) : NULL;
  nic->network = domuimg_xml_find_text (item, "Connection");
  nic->is_down = connected != NULL && !domuimg_hardware_is_true (connected);
  return domuimg_hardware_check_devices (self->hardware, self->name, error);
}

static void
take_cpu (const Parser *self, xmlNode *item)
{
  self->hardware->vcpus = number_of (item, "VirtualQuantity");
  domuimg_hardware_set_topology (self->hardware, 0, number_of (item, "CoresPerSocket"), 0);
}

static void
take_memory (const Parser *self, xmlNode *item)
{
  g_autofree char *quantity = domuimg_xml_find_text (item, "VirtualQuantity");
  g_autofree char *unit = domuimg_xml_find_text (item, "AllocationUnits");
  guint64 number;

  if (domuimg_hardware_number (quantity, G_MAXINT64, &number))
    self->hardware->memory
        = domuimg_hardware_bytes (number, unit != NULL ? domuimg_ovf_unit (unit) : 1 << 20);
}

static void
note_item (const Parser *self, xmlNode *item, guint type)
{
  static const struct {
    guint type;
    const char *what;
  } kinds[] = {
    { 7, "Fibre Channel adapter" }, { 8, "iSCSI adapter" }, { 9, "InfiniBand adapter" },
    { 11, "network adapter" },      { 14, "floppy drive" }, { 18, "tape drive" },
    { 21, "serial port" },          { 22, "parallel port" }, { 23, "USB controller" },
    { 25, "FireWire controller" },  { 35, "sound card" },
  };
  g_autofree char *model = domuimg_xml_find_text (item, "ResourceSubType");
  g_autofree char *element = domuimg_xml_find_text (item, "ElementName");
  const char *detail = model != NULL ? model : element != NULL ? element : "of an unnamed kind";

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].type == type)
      domuimg_hardware_note_unmapped (self->hardware, "the %s (%s) is left out", kinds[i].what,
                                      detail);
  /* The machine's bus for communication with its host is in every machine of VMware. */
  if (type == 1 && strstr (detail, "vmci") == NULL)
    domuimg_hardware_note_unmapped (self->hardware, "the device %s is left out", detail);
}

static gboolean
take_item (const Parser *self, xmlNode *item, GError **error)
{
  guint type = type_of (item);

  switch (type)
    {
    case 3:
      take_cpu (self, item);
      return TRUE;
    case 4:
      take_memory (self, item);
      return TRUE;
    case 10:
      return add_nic (self, item, error);
    case 15:
    case 16:
    case 17:
    case 19:
    case 31:
    case 32:
      return add_disk (self, item, type, error);
    default:
      note_item (self, item, type);
      return TRUE;
    }
}

/* <vmw:Config vmw:key="firmware" vmw:value="efi"/> and its like. */
static void
take_config (const Parser *self, xmlNode *node)
{
  gboolean is_on = domuimg_xml_attr_is (node, "value", "true");

  if (domuimg_xml_attr_is (node, "key", "firmware"))
    self->hardware->firmware = domuimg_xml_attr_is (node, "value", "efi") ? DOMUIMG_FIRMWARE_UEFI
                                                                          : DOMUIMG_FIRMWARE_BIOS;
  else if (domuimg_xml_attr_is (node, "key", "bootOptions.efiSecureBootEnabled")
           || domuimg_xml_attr_is (node, "key", "uefi.secureBoot.enabled"))
    self->hardware->secure_boot = is_on;
}

static gboolean
collect_items (const Parser *self, xmlNode *section, const char *configuration, GError **error)
{
  for (xmlNode *node = domuimg_xml_first (section, NULL); node != NULL;
       node = domuimg_xml_next (node, NULL))
    {
      char *id;

      if (g_str_has_suffix ((const char *) node->name, "Config"))
        take_config (self, node);
      if (!is_item (node) || !applies (node, configuration))
        continue;
      g_ptr_array_add (self->items, node);
      id = domuimg_xml_find_text (node, "InstanceID");
      if (id != NULL)
        g_hash_table_replace (self->controllers, id, node);
      if (self->items->len > ITEMS_MAX)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: its machine has more than %d items", self->name, ITEMS_MAX);
    }
  return TRUE;
}

/* "arm-ubuntu-64Guest" of VMware, "Ubuntu_arm64" of VirtualBox. */
static void
read_architecture (const Parser *self, xmlNode *section)
{
  g_autofree char *kind = domuimg_xml_attr (section, "osType");
  g_autofree char *named = domuimg_xml_find_text (section, "OSType");

  if ((kind != NULL && g_regex_match_simple ("^arm|_arm(64)?$", kind, G_REGEX_CASELESS, 0))
      || (named != NULL && g_regex_match_simple ("_arm(64)?$", named, G_REGEX_CASELESS, 0)))
    domuimg_hardware_set_architecture (self->hardware, "aarch64");
}

static void
read_names (const Parser *self, xmlNode *system)
{
  static const char *const os_sections[] = { "OperatingSystemSection", "GuestOSSection" };
  static const char identifier[] = "VirtualHardwareSection/System/VirtualSystemIdentifier";
  g_autofree char *kind
      = domuimg_xml_find_text (system, "VirtualHardwareSection/System/VirtualSystemType");
  DomuimgHardware *hardware = self->hardware;

  hardware->name = domuimg_xml_find_text (system, "Name");
  if (hardware->name == NULL)
    hardware->name = domuimg_xml_attr (system, "id");
  if (hardware->name == NULL)
    hardware->name = domuimg_xml_find_text (system, identifier);
  for (guint i = 0; i < G_N_ELEMENTS (os_sections) && hardware->guest_os == NULL; i++)
    {
      xmlNode *section = domuimg_xml_first (system, os_sections[i]);

      hardware->guest_os = domuimg_xml_find_text (section, "Description");
      if (hardware->guest_os == NULL)
        hardware->guest_os = domuimg_xml_attr (section, "osType");
    }
  read_architecture (self, domuimg_xml_first (system, "OperatingSystemSection"));
  /* These makers' default, which they do not write. */
  if (kind != NULL && (g_str_has_prefix (kind, "vmx") || g_str_has_prefix (kind, "virtualbox")))
    hardware->firmware = DOMUIMG_FIRMWARE_BIOS;
  if (hardware->guest_os != NULL && strstr (hardware->guest_os, "Windows") != NULL)
    hardware->is_localtime = TRUE;
  if (domuimg_xml_find (system, "ProductSection/Property") != NULL)
    domuimg_hardware_note_unmapped (hardware, "the properties that the guest asks for when it is"
                                    " deployed (ProductSection) are left out");
}

/* The machine within, which VirtualBox puts in beside the standard's. */
static void
read_vbox (const Parser *self, xmlNode *system)
{
  xmlNode *machine = domuimg_xml_first (system, "Machine");
  g_autoptr (GPtrArray) adapters = machine != NULL ? domuimg_vbox_list_adapters (machine) : NULL;

  if (machine == NULL)
    return;
  domuimg_vbox_read_system (self->hardware, machine);
  for (guint i = 0; i < MIN (adapters->len, self->hardware->nics->len); i++)
    {
      DomuimgHardwareNic *nic = g_ptr_array_index (self->hardware->nics, i);
      g_autofree char *mac = domuimg_xml_attr (g_ptr_array_index (adapters, i), "MACAddress");

      if (nic->mac == NULL)
        nic->mac = domuimg_hardware_mac (mac);
    }
}

static gboolean
read_system (const Parser *self, xmlNode *envelope, xmlNode *system, GError **error)
{
  g_autofree char *configuration = default_configuration (envelope);

  read_names (self, system);
  if (!collect_items (self, domuimg_xml_first (system, "VirtualHardwareSection"), configuration,
                      error))
    return FALSE;
  for (guint i = 0; i < self->items->len; i++)
    if (!take_item (self, g_ptr_array_index (self->items, i), error))
      return FALSE;
  read_vbox (self, system);
  self->hardware->secure_boot &= self->hardware->firmware == DOMUIMG_FIRMWARE_UEFI;
  domuimg_hardware_finish_disks (self->hardware);
  return TRUE;
}

/* The only machine below @node. */
static xmlNode *
find_system (xmlNode *node, const char *name, GError **error)
{
  xmlNode *collection = node;
  xmlNode *system;

  while (collection != NULL && domuimg_xml_first (collection, "VirtualSystem") == NULL)
    collection = domuimg_xml_first (collection, "VirtualSystemCollection");
  system = domuimg_xml_first (collection, "VirtualSystem");
  if (system == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: there is no <VirtualSystem> in it",
                  name);
  else if (domuimg_xml_next (system, "VirtualSystem") != NULL
           || domuimg_xml_first (collection, "VirtualSystemCollection") != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s holds several machines; export each by itself", name);
      return NULL;
    }
  return system;
}

DomuimgHardware *
domuimg_ovf_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (xmlDoc) document = domuimg_xml_parse (text, length, "Envelope", name, error);
  xmlNode *envelope = document != NULL ? xmlDocGetRootElement (document) : NULL;
  xmlNode *system = envelope != NULL ? find_system (envelope, name, error) : NULL;
  g_autoptr (DomuimgHardware) hardware = domuimg_hardware_new ("OVF");
  g_autoptr (DomuimgOvfDisks) disks = domuimg_ovf_disks_new (envelope, name);
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  g_autoptr (GHashTable) controllers
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Parser parser = { hardware, disks, name, items, controllers };

  if (system == NULL || !read_system (&parser, envelope, system, error))
    return NULL;
  return g_steal_pointer (&hardware);
}
