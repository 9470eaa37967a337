/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/archive/xva-xml.h"

#include <string.h>

/* xapi takes an archive of any version up to its own. */
#define XAPI_MAJOR "1"
#define XAPI_MINOR "3"
/* Since 2 there are checksums in the stream. */
#define EXPORT_VERSION "2"
#define NOTHING "OpaqueRef:NULL"
/* 0 is the machine, 1 the storage; then come a VDI and a VBD for each disk. */
#define FIRST_DISK 2
#define EPOCH "19700101T00:00:00Z"

typedef struct {
  GString *text;
  const DomuimgXvaMachine *machine;
} Writer;

char *
domuimg_xva_xml_disk_ref (guint i)
{
  return g_strdup_printf ("Ref:%u", FIRST_DISK + 2 * i);
}

static char *
ref_of_vbd (guint i)
{
  return g_strdup_printf ("Ref:%u", FIRST_DISK + 2 * i + 1);
}

/* A VIF, and the network after it. */
static char *
ref_of_nic (const Writer *self, guint i, guint which)
{
  return g_strdup_printf ("Ref:%u",
                          FIRST_DISK + 2 * self->machine->disks->len + 2 * i + which);
}

/* The same for the same machine, and different from all others: a name-based UUID. */
static char *
uuid_of (const Writer *self, const char *ref)
{
  g_autofree char *name = g_strdup_printf ("domuimg XVA %s %s", self->machine->name, ref);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA1, name, -1);

  return g_strdup_printf ("%.8s-%.4s-5%.3s-8%.3s-%.12s", hash, hash + 8, hash + 13, hash + 17,
                          hash + 20);
}

static void
raw (Writer *self, const char *name, const char *value)
{
  g_string_append_printf (self->text, "<member><name>%s</name><value>%s</value></member>", name,
                          value);
}

static void
text (Writer *self, const char *name, const char *value)
{
  g_autofree char *escaped = g_markup_escape_text (value != NULL ? value : "", -1);

  raw (self, name, escaped);
}

/* Numbers are text there. */
static void
number (Writer *self, const char *name, guint64 value)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  raw (self, name, digits);
}

static void
flag (Writer *self, const char *name, gboolean value)
{
  raw (self, name, value ? "<boolean>1</boolean>" : "<boolean>0</boolean>");
}

static void
each (Writer *self, const char *const *names, const char *value)
{
  for (; *names != NULL; names++)
    raw (self, *names, value);
}

static void
no_list (Writer *self, const char *const *names)
{
  each (self, names, "<array><data/></array>");
}

static void
no_map (Writer *self, const char *const *names)
{
  each (self, names, "<struct/>");
}

static void
list (Writer *self, const char *name, GPtrArray *refs)
{
  g_autoptr (GString) values = g_string_new ("<array><data>");

  for (guint i = 0; i < refs->len; i++)
    g_string_append_printf (values, "<value>%s</value>", (char *) g_ptr_array_index (refs, i));
  g_string_append (values, "</data></array>");
  raw (self, name, values->str);
}

static void
begin (Writer *self, const char *class, const char *ref)
{
  g_autofree char *uuid = uuid_of (self, ref);

  g_string_append (self->text, "<value><struct>");
  raw (self, "class", class);
  raw (self, "id", ref);
  g_string_append (self->text, "<member><name>snapshot</name><value><struct>");
  raw (self, "uuid", uuid);
  raw (self, "allowed_operations", "<array><data/></array>");
  raw (self, "current_operations", "<struct/>");
}

static void
end (Writer *self)
{
  g_string_append (self->text, "</struct></value></member></struct></value>\n");
}

static void
write_version (Writer *self)
{
  g_string_append (self->text, "<member><name>version</name><value><struct>");
  raw (self, "hostname", "localhost");
  raw (self, "date", "1970-01-01");
  raw (self, "product_version", "4.0.0");
  raw (self, "product_brand", "domuimg");
  raw (self, "build_number", "0");
  raw (self, "xapi_major", XAPI_MAJOR);
  raw (self, "xapi_minor", XAPI_MINOR);
  raw (self, "export_vsn", EXPORT_VERSION);
  g_string_append (self->text, "</struct></value></member>\n");
}

static void
write_boot (Writer *self)
{
  const DomuimgXvaMachine *machine = self->machine;
  const char *bootloader = machine->bootloader != NULL ? machine->bootloader : "pygrub";

  text (self, "PV_bootloader", machine->is_hvm ? "" : bootloader);
  text (self, "PV_kernel", "");
  text (self, "PV_ramdisk", "");
  text (self, "PV_args", machine->is_hvm ? "" : machine->cmdline);
  text (self, "PV_bootloader_args", "");
  text (self, "PV_legacy_args", "");
  text (self, "HVM_boot_policy", machine->is_hvm ? "BIOS order" : "");
  raw (self, "HVM_boot_params",
       !machine->is_hvm ? "<struct/>"
       : machine->is_uefi
           ? "<struct><member><name>order</name><value>cd</value></member><member><name>firmware"
             "</name><value>uefi</value></member></struct>"
           : "<struct><member><name>order</name><value>cd</value></member></struct>");
  raw (self, "HVM_shadow_multiplier", "<double>1</double>");
  raw (self, "platform",
       "<struct><member><name>nx</name><value>true</value></member><member><name>acpi</name><value>1"
       "</value></member><member><name>apic</name><value>true</value></member><member><name>pae"
       "</name><value>true</value></member><member><name>viridian</name><value>false</value>"
       "</member></struct>");
}

static void
write_resources (Writer *self)
{
  static const char *const sizes[]
      = { "memory_target", "memory_static_max", "memory_dynamic_max", "memory_dynamic_min" };
  guint vcpus = MAX (self->machine->vcpus, 1);

  number (self, "memory_overhead", 0);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    number (self, sizes[i], self->machine->memory);
  number (self, "memory_static_min", MIN (self->machine->memory, 128 << 20));
  raw (self, "VCPUs_params", "<struct/>");
  number (self, "VCPUs_max", vcpus);
  number (self, "VCPUs_at_startup", vcpus);
  raw (self, "actions_after_shutdown", "destroy");
  raw (self, "actions_after_reboot", "restart");
  raw (self, "actions_after_crash", "restart");
}

static void
write_devices (Writer *self)
{
  g_autoptr (GPtrArray) vbds = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) vifs = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->machine->disks->len; i++)
    g_ptr_array_add (vbds, ref_of_vbd (i));
  for (guint i = 0; i < self->machine->nics->len; i++)
    g_ptr_array_add (vifs, ref_of_nic (self, i, 0));
  list (self, "VBDs", vbds);
  list (self, "VIFs", vifs);
}

static void
write_vm (Writer *self)
{
  static const char *const lists[] = { "consoles", "crash_dumps", "VTPMs", "snapshots", "tags",
                                       "children", "VGPUs", "attached_PCIs", NULL };
  static const char *const maps[] = { "other_config", "last_boot_CPU_flags", "xenstore_data",
                                      "blobs", "blocked_operations", "snapshot_info",
                                      "bios_strings", NULL };
  static const char *const refs[] = { "suspend_VDI", "resident_on", "affinity", "metrics",
                                      "guest_metrics", "snapshot_of", "parent",
                                      "protection_policy", "appliance", "suspend_SR", NULL };
  static const char *const empty[] = { "name_description", "PCI_bus", "domarch",
                                       "last_booted_record", "recommendations",
                                       "ha_restart_priority", "transportable_snapshot_id",
                                       "snapshot_metadata", "generation_id", NULL };
  static const char *const zeros[] = { "start_delay", "shutdown_delay", "order", "version",
                                       "hardware_platform_version", NULL };

  begin (self, "VM", "Ref:0");
  raw (self, "power_state", "Halted");
  text (self, "name_label", self->machine->name);
  raw (self, "user_version", "1");
  raw (self, "domid", "-1");
  raw (self, "snapshot_time", "<dateTime.iso8601>" EPOCH "</dateTime.iso8601>");
  flag (self, "is_a_template", FALSE);
  flag (self, "is_a_snapshot", FALSE);
  flag (self, "is_control_domain", FALSE);
  flag (self, "ha_always_run", FALSE);
  flag (self, "is_snapshot_from_vmpp", FALSE);
  write_resources (self);
  write_boot (self);
  write_devices (self);
  no_list (self, lists);
  no_map (self, maps);
  each (self, refs, NOTHING);
  each (self, empty, "");
  each (self, zeros, "0");
  end (self);
}

static void
write_sr (Writer *self)
{
  static const char *const lists[] = { "PBDs", "tags", NULL };
  static const char *const maps[] = { "other_config", "sm_config", "blobs", NULL };
  static const char *const zeros[]
      = { "virtual_allocation", "physical_utilisation", "physical_size", NULL };
  g_autoptr (GPtrArray) vdis = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->machine->disks->len; i++)
    g_ptr_array_add (vdis, domuimg_xva_xml_disk_ref (i));
  begin (self, "SR", "Ref:1");
  raw (self, "name_label", "Local storage");
  raw (self, "name_description", "");
  list (self, "VDIs", vdis);
  raw (self, "type", "ext");
  raw (self, "content_type", "user");
  flag (self, "shared", FALSE);
  flag (self, "local_cache_enabled", FALSE);
  no_list (self, lists);
  no_map (self, maps);
  each (self, zeros, "0");
  end (self);
}

static void
write_vdi (Writer *self, guint i)
{
  static const char *const lists[] = { "crash_dumps", "snapshots", "tags", NULL };
  static const char *const maps[] = { "other_config", "xenstore_data", "sm_config", NULL };
  static const char *const refs[] = { "parent", "snapshot_of", "metadata_of_pool", NULL };
  static const char *const flags[]
      = { "sharable", "read_only", "storage_lock", "missing", "is_a_snapshot", "allow_caching",
          "metadata_latest", "is_tools_iso", "cbt_enabled", NULL };
  const DomuimgXvaDisk *disk = g_ptr_array_index (self->machine->disks, i);
  g_autofree char *ref = domuimg_xva_xml_disk_ref (i);
  g_autofree char *uuid = uuid_of (self, ref);
  g_autofree char *name = g_strdup_printf ("%s %u", self->machine->name, i);
  g_autoptr (GPtrArray) vbds = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (vbds, ref_of_vbd (i));
  begin (self, "VDI", ref);
  text (self, "name_label", disk->name != NULL ? disk->name : name);
  raw (self, "name_description", "");
  raw (self, "SR", "Ref:1");
  list (self, "VBDs", vbds);
  number (self, "virtual_size", disk->size);
  number (self, "physical_utilisation", disk->size);
  raw (self, "type", "user");
  raw (self, "location", uuid);
  flag (self, "managed", TRUE);
  raw (self, "snapshot_time", "<dateTime.iso8601>" EPOCH "</dateTime.iso8601>");
  raw (self, "on_boot", "persist");
  each (self, flags, "<boolean>0</boolean>");
  no_list (self, lists);
  no_map (self, maps);
  each (self, refs, NOTHING);
  end (self);
}

static void
write_quality (Writer *self)
{
  static const char *const lists[] = { "qos_supported_algorithms", NULL };
  static const char *const maps[] = { "other_config", "runtime_properties",
                                      "qos_algorithm_params", NULL };

  flag (self, "currently_attached", FALSE);
  raw (self, "status_code", "0");
  raw (self, "status_detail", "");
  raw (self, "qos_algorithm_type", "");
  raw (self, "metrics", NOTHING);
  no_list (self, lists);
  no_map (self, maps);
}

static void
write_vbd (Writer *self, guint i)
{
  const DomuimgXvaDisk *disk = g_ptr_array_index (self->machine->disks, i);
  g_autofree char *ref = ref_of_vbd (i);
  g_autofree char *vdi = domuimg_xva_xml_disk_ref (i);

  begin (self, "VBD", ref);
  raw (self, "VM", "Ref:0");
  raw (self, "VDI", vdi);
  raw (self, "device", "");
  number (self, "userdevice", disk->device);
  flag (self, "bootable", disk->is_bootable);
  raw (self, "mode", "RW");
  raw (self, "type", "Disk");
  flag (self, "unpluggable", FALSE);
  flag (self, "storage_lock", FALSE);
  flag (self, "empty", FALSE);
  write_quality (self);
  end (self);
}

static void
write_vif (Writer *self, guint i)
{
  static const char *const lists[] = { "ipv4_allowed", "ipv6_allowed", NULL };
  const DomuimgXvaNic *nic = g_ptr_array_index (self->machine->nics, i);
  g_autofree char *ref = ref_of_nic (self, i, 0);
  g_autofree char *network = ref_of_nic (self, i, 1);

  begin (self, "VIF", ref);
  raw (self, "VM", "Ref:0");
  raw (self, "network", network);
  number (self, "device", nic->device);
  text (self, "MAC", nic->mac);
  raw (self, "MTU", "1500");
  flag (self, "MAC_autogenerated", nic->mac == NULL);
  raw (self, "locking_mode", "network_default");
  no_list (self, lists);
  write_quality (self);
  end (self);
}

static void
write_network (Writer *self, guint i)
{
  static const char *const lists[] = { "PIFs", "tags", NULL };
  static const char *const maps[] = { "other_config", "blobs", NULL };
  const DomuimgXvaNic *nic = g_ptr_array_index (self->machine->nics, i);
  const char *name = nic->network != NULL ? nic->network : "xenbr0";
  g_autofree char *ref = ref_of_nic (self, i, 1);
  g_autoptr (GPtrArray) vifs = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (vifs, ref_of_nic (self, i, 0));
  begin (self, "network", ref);
  text (self, "name_label", name);
  raw (self, "name_description", "");
  list (self, "VIFs", vifs);
  raw (self, "MTU", "1500");
  text (self, "bridge", name);
  raw (self, "default_locking_mode", "unlocked");
  no_list (self, lists);
  no_map (self, maps);
  end (self);
}

char *
domuimg_xva_xml_write (const DomuimgXvaMachine *machine)
{
  Writer writer = { g_string_new ("<?xml version='1.0'?>\n<value><struct>"), machine };

  write_version (&writer);
  g_string_append (writer.text, "<member><name>objects</name><value><array><data>\n");
  write_vm (&writer);
  write_sr (&writer);
  for (guint i = 0; i < machine->disks->len; i++)
    {
      write_vdi (&writer, i);
      write_vbd (&writer, i);
    }
  for (guint i = 0; i < machine->nics->len; i++)
    {
      write_vif (&writer, i);
      write_network (&writer, i);
    }
  g_string_append (writer.text, "</data></array></value></member></struct></value>\n");
  return g_string_free (writer.text, FALSE);
}
