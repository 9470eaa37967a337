/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/write.h"

#include <string.h>

#include "lib/domain/xl/keys.h"
#include "lib/domain/xml/chardev.h"
#include "lib/domain/xml/disk.h"
#include "lib/domain/xml/graphics.h"
#include "lib/domain/xml/guest.h"
#include "lib/domain/xml/nic.h"
#include "lib/domain/xml/values.h"

/* Writes the model as libvirt's domain XML, in the forms that its libxl driver takes and
 * its schema (domaincommon.rng) describes. */

/* Whether libvirt has a form for it: "all" and nodes have none. */
static gboolean
is_cpuset (const char *cpus)
{
  return cpus != NULL && g_regex_match_simple ("\\A[0-9^,-]+\\z", cpus, 0, 0);
}

static void
add_pinning (DomuimgXmlWriter *writer, xmlNode *root, xmlNode *vcpu)
{
  const DomuimgDomain *domain = writer->domain;

  if (is_cpuset (domain->cpus))
    domuimg_xml_set (vcpu, "cpuset", domain->cpus);
  else if (domain->cpus != NULL && !g_str_equal (domain->cpus, "all"))
    domuimg_xml_warn (writer, "cpus \"%s\": libvirt has CPUs by number only", domain->cpus);
  if (domain->cpus_soft != NULL)
    domuimg_xml_warn (writer, "cpus_soft \"%s\": is in xl.cfg only", domain->cpus_soft);
  for (guint i = 0; domain->vcpu_cpus != NULL && domain->vcpu_cpus[i] != NULL; i++)
    {
      const char *cpus = domain->vcpu_cpus[i];
      g_autofree char *index = g_strdup_printf ("%u", i);

      if (is_cpuset (cpus) && i < MAX (domain->vcpus, domain->maxvcpus))
        domuimg_xml_set (domuimg_xml_add_with (domuimg_xml_child (root, "cputune"), "vcpupin",
                                               "vcpu", index),
                         "cpuset", cpus);
      else if (!g_str_equal (cpus, "all"))
        domuimg_xml_warn (writer, "cpus \"%s\" of virtual CPU %u: is in xl.cfg only", cpus, i);
    }
}

static void
add_sizes (DomuimgXmlWriter *writer, xmlNode *root)
{
  const DomuimgDomain *domain = writer->domain;
  xmlNode *memory
      = domuimg_xml_add_textf (root, "memory", "%u", MAX (domain->maxmem, domain->memory));
  xmlNode *vcpu;

  domuimg_xml_set (memory, "unit", "MiB");
  domuimg_xml_set (domuimg_xml_add_textf (root, "currentMemory", "%u", domain->memory), "unit",
                   "MiB");
  vcpu = domuimg_xml_add_textf (root, "vcpu", "%u", MAX (domain->maxvcpus, domain->vcpus));
  if (domain->maxvcpus > domain->vcpus)
    {
      g_autofree char *current = g_strdup_printf ("%u", domain->vcpus);

      domuimg_xml_set (vcpu, "current", current);
    }
  add_pinning (writer, root, vcpu);
}

static void
add_hvm_firmware (DomuimgXmlWriter *writer, xmlNode *os)
{
  const char *firmware = domuimg_text_or (writer->domain->firmware, "bios");

  if (g_str_equal (firmware, "uefi") || g_str_equal (firmware, "ovmf"))
    domuimg_xml_set (os, "firmware", "efi");
  else if (firmware[0] == '/')
    domuimg_xml_set (domuimg_xml_add_text (os, "loader", firmware), "type", "rom");
  else if (g_str_equal (firmware, "rombios"))
    domuimg_xml_warn (writer, "firmware \"rombios\": libvirt chooses the BIOS itself");
}

static void
add_boot (DomuimgXmlWriter *writer, xmlNode *os)
{
  static const char *const devices[]
      = { ['a'] = "fd", ['c'] = "hd", ['d'] = "cdrom", ['n'] = "network" };
  g_autofree char *given = domuimg_xml_see_extra (writer, "boot");
  const char *order = given != NULL && strspn (given, "acdn") == strlen (given) ? given : NULL;

  if (order != NULL)
    g_free (domuimg_xml_use_extra (writer, "boot"));
  if (order == NULL && writer->domain->kernel == NULL)
    order = "c";
  for (; order != NULL && *order != '\0'; order++)
    domuimg_xml_add_with (os, "boot", "dev", devices[(guchar) *order]);
}

/* libvirt splits them at blanks, and has no quotes. */
static void
add_bootloader (DomuimgXmlWriter *writer, xmlNode *root)
{
  const DomuimgDomain *domain = writer->domain;
  char **words = domain->bootloader_words;

  domuimg_xml_add_text (root, "bootloader", domain->bootloader);
  domuimg_xml_add_text (root, "bootloader_args", domain->bootloader_args);
  for (guint i = 0; words != NULL && words[i] != NULL; i++)
    if (*words[i] == '\0' || strpbrk (words[i], " \t") != NULL)
      domuimg_xml_warn (writer, "bootloader_args: libvirt splits \"%s\" at its blanks", words[i]);
}

static void
add_acpi_table (DomuimgXmlWriter *writer, xmlNode *os)
{
  g_autofree char *path = domuimg_xml_use_extra (writer, "acpi_firmware");

  if (path != NULL && *path != '\0')
    domuimg_xml_set (domuimg_xml_add_text (domuimg_xml_add (os, "acpi"), "table", path), "type",
                     "slic");
}

static void
add_os (DomuimgXmlWriter *writer, xmlNode *root)
{
  static const struct {
    const char *machine;
    const char *type;
  } types[] = {
    [DOMUIMG_GUEST_TYPE_PV] = { "xenpv", "linux" },
    [DOMUIMG_GUEST_TYPE_PVH] = { "xenpvh", "xenpvh" },
    [DOMUIMG_GUEST_TYPE_HVM] = { "xenfv", "hvm" },
  };
  const DomuimgDomain *domain = writer->domain;
  gboolean hvm = domain->type == DOMUIMG_GUEST_TYPE_HVM;

  add_bootloader (writer, root);
  xmlNode *os = domuimg_xml_add (root, "os");
  xmlNode *type = domuimg_xml_add_text (os, "type", types[domain->type].type);
  domuimg_xml_set (type, "arch", "x86_64");
  domuimg_xml_set (type, "machine", types[domain->type].machine);
  if (hvm)
    add_hvm_firmware (writer, os);
  domuimg_xml_add_text (os, "kernel", domain->kernel);
  domuimg_xml_add_text (os, "initrd", domain->ramdisk);
  domuimg_xml_add_text (os, "cmdline", domain->cmdline);
  if (!hvm)
    return;
  add_boot (writer, os);
  add_acpi_table (writer, os);
}

/* libvirt knows fewer actions than libxl, and core dumps for a crash only. */
static void
add_event (DomuimgXmlWriter *writer, xmlNode *root, const char *name, const char *action,
           const char *fallback)
{
  gboolean crash = g_str_equal (name, "on_crash");

  if (g_str_equal (action, "soft-reset")
      || (g_str_has_prefix (action, "coredump-") && !crash))
    {
      domuimg_xml_warn (writer, "%s \"%s\": libvirt cannot do that; \"%s\" is written instead",
                        name, action, fallback);
      action = fallback;
    }
  domuimg_xml_add_text (root, name, action);
}

/* A CPU that was carried whole beside nodes that the model has. */
static void
merge_cpus (xmlNode *root)
{
  xmlNode *first = domuimg_xml_first (root, "cpu");
  xmlNode *second = first != NULL ? domuimg_xml_next (first, "cpu") : NULL;
  xmlNode *numa = domuimg_xml_first (first, "numa");

  if (second == NULL)
    return;
  if (numa != NULL)
    {
      xmlUnlinkNode (numa);
      xmlAddChild (second, numa);
    }
  xmlUnlinkNode (first);
  xmlFreeNode (first);
}

/* What the reader of an XML carried along. */
static void
add_foreign (DomuimgXmlWriter *writer, xmlNode *root)
{
  for (guint i = 0; i < writer->domain->foreign->len; i++)
    {
      const DomuimgDomainForeign *foreign = g_ptr_array_index (writer->domain->foreign, i);
      g_auto (GStrv) path = g_strsplit (foreign->parent, "/", -1);
      xmlNode *parent = root;

      for (guint depth = 0; path[depth] != NULL && *path[depth] != '\0'; depth++)
        parent = domuimg_xml_child (parent, path[depth]);
      domuimg_xml_add_elements (parent, foreign->xml);
    }
  merge_cpus (root);
}

static void
add_devices (DomuimgXmlWriter *writer, xmlNode *root)
{
  DomuimgDomain *domain = writer->domain;
  xmlNode *devices = domuimg_xml_add (root, "devices");

  for (guint i = 0; i < domain->disks->len; i++)
    domuimg_xml_write_disk (writer, devices, g_ptr_array_index (domain->disks, i));
  for (guint i = 0; i < domain->nics->len; i++)
    domuimg_xml_write_nic (writer, devices, g_ptr_array_index (domain->nics, i));
  domuimg_xml_write_ports (writer, devices);
  domuimg_xml_write_graphics (writer, devices);
  domuimg_xml_write_others (writer, devices);
}

/* What xl ignores in such a guest, and what it has without the key, too. */
static gboolean
says_nothing (const DomuimgDomain *domain, const DomuimgDomainExtra *extra)
{
  static const char *const defaults[][2]
      = { { "acpi", "1" },      { "acpi_s3", "1" },   { "acpi_s4", "1" },    { "e820_host", "0" }, { "nestedhvm", "0" },
          { "nographic", "0" }, { "nomigrate", "0" },  { "nx", "1" },        { "opengl", "0" },
          { "pvshim", "0" },    { "rtc_timeoffset", "0" }, { "spiceusbredirection", "0" },
          { "stdvga", "0" },    { "usb", "0" },        { "viridian", "0" },
          { "vncviewer", "0" }, { "xen_platform_pci", "1" } };

  const DomuimgXlKey *key = domuimg_xl_key_find (extra->key);

  if (g_str_equal (extra->key, "device_model")
      || (key != NULL && (key->types & DOMUIMG_XL_TYPE (domain->type)) == 0))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    if (g_str_equal (extra->key, defaults[i][0]) && g_str_equal (extra->value, defaults[i][1]))
      return TRUE;
  return FALSE;
}

static void
warn_extra (DomuimgXmlWriter *writer)
{
  const GPtrArray *all = writer->domain->extra;

  for (guint i = 0; i < all->len; i++)
    {
      const DomuimgDomainExtra *extra = g_ptr_array_index (all, i);

      if (!g_hash_table_contains (writer->said, extra->key) && !says_nothing (writer->domain, extra))
        domuimg_xml_warn (writer, "%s = %s: is in xl.cfg only", extra->key, extra->value);
    }
}

static void
add_everything (DomuimgXmlWriter *writer, xmlNode *root)
{
  DomuimgDomain *domain = writer->domain;

  domuimg_xml_set (root, "type", "xen");
  domuimg_xml_add_text (root, "name", domain->name);
  domuimg_xml_add_text (root, "uuid", domuimg_domain_written_uuid (domain));
  add_sizes (writer, root);
  add_os (writer, root);
  domuimg_xml_write_features (writer, root);
  domuimg_xml_write_cpu (writer, root);
  domuimg_xml_write_clock (writer, root);
  add_event (writer, root, "on_poweroff", domain->on_poweroff, "destroy");
  add_event (writer, root, "on_reboot", domain->on_reboot, "restart");
  add_event (writer, root, "on_crash", domain->on_crash, "destroy");
  add_devices (writer, root);
  domuimg_xml_write_arguments (writer, root);
  add_foreign (writer, root);
  warn_extra (writer);
}

static gboolean
check_absolute (const char *key, const char *path, GError **error)
{
  return path == NULL || path[0] == '/'
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s \"%s\": libvirt needs an absolute path, since it may be started"
                          " anywhere",
                          key, path);
}

/* What a guest boots by and libvirt's driver has no form for: without it the XML would
 * describe another guest. */
static gboolean
check_supported (DomuimgDomain *self, GError **error)
{
  gboolean hvm = self->type == DOMUIMG_GUEST_TYPE_HVM;

  if (!hvm && self->firmware != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "firmware \"%s\": libvirt has no such setting; give the path of the "
                         "boot loader image as the kernel",
                         self->firmware);
  for (guint i = 0; i < self->disks->len; i++)
    if (!domuimg_xml_check_disk (g_ptr_array_index (self->disks, i), error))
      return FALSE;
  return check_absolute ("kernel", self->kernel, error)
         && check_absolute ("ramdisk", self->ramdisk, error);
}

/**
 * domuimg_domain_to_libvirt_xml:
 * @self: a domain
 * @warnings: (out) (optional) (transfer full) (array zero-terminated=1): what the XML cannot
 *   say and leaves out, one sentence each
 * @error: return location for an error: %DOMUIMG_ERROR_INVALID_ARGUMENT as
 *   domuimg_domain_validate(), %DOMUIMG_ERROR_NOT_SUPPORTED for a way to boot that libvirt
 *   does not have, and for more than 1024 devices, which are not read again
 *
 * Writes the guest as libvirt's domain XML (https://libvirt.org/formatdomain.html), to be
 * taken by `virsh --connect xen:///system define`.
 *
 * Returns: (transfer full): the text of the file, or %NULL
 *
 * Since: 0.1
 */
char *
domuimg_domain_to_libvirt_xml (DomuimgDomain *self, char ***warnings, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  DomuimgXmlWriter writer = { self, builder, said };
  xmlChar *text = NULL;
  gboolean fits;
  int size = 0;

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  if (!domuimg_domain_validate (self, error) || !check_supported (self, error))
    return NULL;

  xmlDoc *doc = xmlNewDoc (BAD_CAST "1.0");
  xmlNode *root = xmlNewDocNode (doc, NULL, BAD_CAST "domain", NULL);
  xmlDocSetRootElement (doc, root);
  add_everything (&writer, root);
  fits = domuimg_xml_devices_fit (root);
  xmlDocDumpFormatMemoryEnc (doc, &text, &size, "UTF-8", 1);
  xmlFreeDoc (doc);

  char *copy = fits ? g_strndup ((const char *)text, (gsize)size) : NULL;
  xmlFree (text);
  if (!fits)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s has more devices than a guest has in libvirt's XML",
                  self->name);
  if (warnings != NULL)
    *warnings = g_strv_builder_end (builder);
  return copy;
}
