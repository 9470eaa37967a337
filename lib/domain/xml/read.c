/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/guest.h"

#include <string.h>

#include "domuimg/domain-config.h"
#include "lib/domain/model/identity.h"
#include "lib/domain/xml/values.h"

/* libvirt's domain XML (https://libvirt.org/formatdomain.html) to the model, as libvirt's libxl
 * driver takes it. */

#define MAX_VCPUS 4096

static gboolean
fail_at (DomuimgXmlReader *self, xmlNode *node, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static gboolean
fail_at (DomuimgXmlReader *self, xmlNode *node, GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%ld: %s", self->name,
                       xmlGetLineNo (node), message);
}

/* In MiB, rounded up as libvirt does; KiB where no unit is written. */
static gboolean
read_memory (DomuimgXmlReader *self, xmlNode *root, const char *name, guint *mebibytes,
             GError **error)
{
  xmlNode *node = domuimg_xml_open (root, name);
  g_autofree char *text = node != NULL ? domuimg_xml_text (node) : NULL;
  g_autofree char *given = domuimg_xml_take (node, "unit");
  gboolean exact;

  if (node == NULL)
    return TRUE;
  if (text == NULL || !domuimg_xml_memory_parse (text, given, mebibytes, &exact))
    return fail_at (self, node, error, "<%s> is not a size of memory", name);
  if (!exact)
    domuimg_domain_warn (self->domain, "%s: %s %s are rounded up to %u MiB", name, text,
                         domuimg_text_or (given, "KiB"), *mebibytes);
  return TRUE;
}

static gboolean
read_sizes (DomuimgXmlReader *self, xmlNode *root, GError **error)
{
  DomuimgDomain *domain = self->domain;
  guint memory = 0, current = 0;

  if (!read_memory (self, root, "memory", &memory, error)
      || !read_memory (self, root, "currentMemory", &current, error))
    return FALSE;
  if (memory == 0)
    return fail_at (self, root, error, "the guest has no <memory>");
  domain->memory = current > 0 ? MIN (current, memory) : memory;
  domain->maxmem = memory;
  return TRUE;
}

static gboolean
read_count (const char *text, guint max, guint *count)
{
  guint64 number;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, max, &number, NULL))
    return FALSE;
  *count = number;
  return TRUE;
}

/* Each virtual CPU's own; the others have those of all. */
static void
read_pins (DomuimgXmlReader *self, xmlNode *root)
{
  DomuimgDomain *domain = self->domain;
  guint n_vcpus = MAX (domain->vcpus, domain->maxvcpus), vcpu;
  xmlNode *cputune = domuimg_xml_open (root, "cputune");
  g_autoptr (GPtrArray) pins = g_ptr_array_new_with_free_func (g_free);
  gboolean pinned = FALSE;

  for (guint i = 0; i < n_vcpus; i++)
    g_ptr_array_add (pins, g_strdup (domuimg_text_or (domain->cpus, "all")));
  g_ptr_array_add (pins, NULL);
  for (xmlNode *pin = domuimg_xml_first (cputune, "vcpupin"); pin != NULL;
       pin = domuimg_xml_next (pin, "vcpupin"))
    {
      g_autofree char *index = domuimg_xml_attr (pin, "vcpu");
      char *cpus = NULL;

      if (!read_count (index, n_vcpus - 1, &vcpu))
        continue;
      cpus = domuimg_xml_take (pin, "cpuset");
      if (cpus == NULL)
        continue;
      g_free (domuimg_xml_take (pin, "vcpu"));
      pin->_private = pin;
      g_free (pins->pdata[vcpu]);
      pins->pdata[vcpu] = cpus;
      pinned = TRUE;
    }
  if (pinned)
    domuimg_domain_set_vcpu_cpus (domain, (const char *const *) pins->pdata);
}

static gboolean
read_vcpus (DomuimgXmlReader *self, xmlNode *root, GError **error)
{
  DomuimgDomain *domain = self->domain;
  xmlNode *node = domuimg_xml_open (root, "vcpu");
  g_autofree char *text = node != NULL ? domuimg_xml_text (node) : NULL;
  g_autofree char *current = domuimg_xml_take (node, "current");
  g_autofree char *cpuset = domuimg_xml_take (node, "cpuset");
  guint all = 1, now = 0;

  if ((node != NULL && (!read_count (text, MAX_VCPUS, &all) || all == 0))
      || (current != NULL && (!read_count (current, all, &now) || now == 0)))
    return fail_at (self, node, error, "<vcpu> is not a number of virtual CPUs");
  domuimg_xml_take_if (node, "placement", "static");
  domain->vcpus = now > 0 ? now : all;
  domain->maxvcpus = all;
  domuimg_domain_set_cpus (domain, cpuset);
  read_pins (self, root);
  return TRUE;
}

/* @type is what <type> says. */
static DomuimgGuestType
type_of (const char *type, const char *machine)
{
  if (g_strcmp0 (type, "hvm") == 0 && g_strcmp0 (machine, "xenpvh") != 0)
    return DOMUIMG_GUEST_TYPE_HVM;
  if (g_strcmp0 (type, "xenpvh") == 0 || g_strcmp0 (machine, "xenpvh") == 0)
    return DOMUIMG_GUEST_TYPE_PVH;
  return type == NULL || g_str_equal (type, "linux") || g_str_equal (type, "xen")
             ? DOMUIMG_GUEST_TYPE_PV
             : DOMUIMG_GUEST_TYPE_AUTO;
}

/* hvmloader is not the firmware, and Xen's own anyway; the path of UEFI's is libvirt's to
 * choose. */
static void
read_loader (DomuimgXmlReader *self, xmlNode *os)
{
  DomuimgDomain *domain = self->domain;
  g_autofree char *automatic = domuimg_xml_take (os, "firmware");
  xmlNode *loader = domuimg_xml_open (os, "loader");
  g_autofree char *path = loader != NULL ? domuimg_xml_text (loader) : NULL;
  g_autofree char *type = domuimg_xml_take (loader, "type");
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : NULL;
  gboolean flash = g_strcmp0 (type, "pflash") == 0;

  if (flash || g_strcmp0 (automatic, "efi") == 0)
    {
      domuimg_domain_set_firmware (domain, "uefi");
      if (path != NULL)
        domuimg_domain_warn (domain, "firmware: the host's own UEFI is taken for %s", path);
      domuimg_xml_take_if (loader, "readonly", "yes");
    }
  else if (path != NULL && !g_str_equal (base, "hvmloader"))
    domuimg_domain_set_firmware (domain, path);
  domuimg_xml_take_if (loader, "format", "raw");
}

/* Letters of xl's boot= for the devices that HVM boots from. */
static void
read_boot (DomuimgXmlReader *self, xmlNode *os)
{
  static const struct {
    const char *device;
    char letter;
  } devices[] = { { "hd", 'c' }, { "cdrom", 'd' }, { "network", 'n' }, { "fd", 'a' } };
  g_autoptr (GString) order = g_string_new ("\"");

  for (xmlNode *boot = domuimg_xml_first (os, "boot"); boot != NULL;
       boot = domuimg_xml_next (boot, "boot"))
    for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
      if (domuimg_xml_take_if (boot, "dev", devices[i].device))
        {
          boot->_private = boot;
          g_string_append_c (order, devices[i].letter);
        }
  g_string_append_c (order, '"');
  if (order->len > 2 && !g_str_equal (order->str, "\"c\""))
    domuimg_domain_set_extra (self->domain, "boot", order->str);
}

static void
read_cmdline (DomuimgXmlReader *self, xmlNode *os)
{
  g_autofree char *cmdline = domuimg_xml_take_text (os, "cmdline");
  g_autofree char *root = domuimg_xml_take_text (os, "root");
  g_autofree char *whole = g_strdup_printf ("root=%s%s%s", domuimg_text_or (root, ""),
                                            cmdline != NULL ? " " : "",
                                            domuimg_text_or (cmdline, ""));

  domuimg_domain_set_cmdline (self->domain, root != NULL ? whole : cmdline);
}

/* The one kind of table that libvirt's Xen driver knows. */
static void
read_acpi_table (DomuimgXmlReader *self, xmlNode *os)
{
  xmlNode *acpi = domuimg_xml_first (os, "acpi"), *table = domuimg_xml_first (acpi, "table");
  g_autofree char *path = table != NULL ? domuimg_xml_text (table) : NULL;

  if (path == NULL || !domuimg_xml_take_if (table, "type", "slic"))
    return;
  domuimg_xml_set_word (self, "acpi_firmware", path);
  acpi->_private = acpi;
  domuimg_xml_drop (table);
}

static gboolean
read_os (DomuimgXmlReader *self, xmlNode *root, GError **error)
{
  DomuimgDomain *domain = self->domain;
  xmlNode *os = domuimg_xml_open (root, "os");
  xmlNode *node = domuimg_xml_open (os, "type");
  g_autofree char *type = node != NULL ? domuimg_xml_text (node) : NULL;
  g_autofree char *machine = domuimg_xml_take (node, "machine");
  g_autofree char *bootloader = domuimg_xml_take_text (root, "bootloader");
  g_autofree char *bootloader_args = domuimg_xml_take_text (root, "bootloader_args");
  g_autofree char *kernel = domuimg_xml_take_text (os, "kernel");
  g_autofree char *ramdisk = domuimg_xml_take_text (os, "initrd");

  domain->type = type_of (type, machine);
  if (domain->type == DOMUIMG_GUEST_TYPE_AUTO)
    return fail_at (self, node, error, "a guest of Xen has no <type>%s</type>", type);
  domuimg_xml_take_if (node, "arch", "x86_64");
  /* What libvirt takes for a PV guest that says no other way to boot. */
  domuimg_domain_set_bootloader (domain, bootloader == NULL && kernel == NULL
                                                 && domain->type == DOMUIMG_GUEST_TYPE_PV
                                             ? "pygrub"
                                             : bootloader);
  domuimg_domain_set_bootloader_args (domain, bootloader_args);
  domuimg_domain_set_kernel (domain, kernel);
  domuimg_domain_set_ramdisk (domain, ramdisk);
  read_cmdline (self, os);
  if (domain->type == DOMUIMG_GUEST_TYPE_HVM)
    {
      read_loader (self, os);
      read_boot (self, os);
      read_acpi_table (self, os);
    }
  return TRUE;
}

static void
read_events (DomuimgXmlReader *self, xmlNode *root)
{
  static const struct {
    const char *name;
    void (*set) (DomuimgDomain *self, const char *value);
  } events[] = { { "on_poweroff", domuimg_domain_set_on_poweroff },
                 { "on_reboot", domuimg_domain_set_on_reboot },
                 { "on_crash", domuimg_domain_set_on_crash } };

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      g_autofree char *action = domuimg_xml_take_text (root, events[i].name);

      if (action != NULL)
        events[i].set (self->domain, action);
    }
}

/* What nobody understood goes along, at the place where it was. */
static void
keep_rest (DomuimgXmlReader *self, xmlNode *node, const char *path)
{
  for (xmlNode *child = domuimg_xml_first (node, NULL); child != NULL;
       child = domuimg_xml_next (child, NULL))
    {
      const char *name = (const char *) child->name;
      g_autofree char *below = *path != '\0' ? g_strdup_printf ("%s/%s", path, name)
                                             : g_strdup (name);
      g_autofree char *text = NULL;

      if (child->_private == NULL)
        {
          text = domuimg_xml_element_text (child);
          domuimg_domain_add_foreign (self->domain, path, text);
          continue;
        }
      for (xmlAttr *attribute = child->properties; attribute != NULL; attribute = attribute->next)
        domuimg_domain_warn (self->domain, "<%s %s=…> is left out", below,
                             (const char *) attribute->name);
      keep_rest (self, child, below);
    }
}

static gboolean
check_devices (DomuimgXmlReader *self, xmlNode *root, GError **error)
{
  return domuimg_xml_devices_fit (root)
         || fail_at (self, root, error, "these are more devices than a guest has");
}

static gboolean
read_names (DomuimgXmlReader *self, xmlNode *root, GError **error)
{
  g_autofree char *driver = domuimg_xml_take (root, "type");
  g_autofree char *name = domuimg_xml_take_text (root, "name");
  g_autofree char *uuid = domuimg_xml_take_text (root, "uuid");

  if (g_strcmp0 (driver, "xen") != 0 && g_strcmp0 (driver, "test") != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: this is a guest of “%s” and not of Xen; domuimg create converts such"
                         " machines",
                         self->name, domuimg_text_or (driver, ""));
  if (name == NULL)
    return fail_at (self, root, error, "the guest has no <name>");
  domuimg_replace_text (&self->domain->name, name);
  if (uuid == NULL)
    return TRUE;
  if (strlen (uuid) == 32 && strchr (uuid, '-') == NULL)
    {
      char *dashed = g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%s", uuid, uuid + 8, uuid + 12,
                                      uuid + 16, uuid + 20);

      g_free (uuid);
      uuid = dashed;
    }
  if (!g_uuid_string_is_valid (uuid))
    return fail_at (self, domuimg_xml_first (root, "uuid"), error, "“%s” is no UUID", uuid);
  domuimg_domain_set_uuid (self->domain, uuid);
  return TRUE;
}

/**
 * domuimg_domain_new_from_libvirt_xml:
 * @text: a `<domain type="xen">` (https://libvirt.org/formatdomain.html)
 * @name: (nullable): how messages call it, such as its path
 * @error: return location for an error: %DOMUIMG_ERROR_CORRUPT_INPUT with the line for what is no
 *   such document, %DOMUIMG_ERROR_UNSAFE_INPUT for one with a document type,
 *   %DOMUIMG_ERROR_NOT_SUPPORTED for a guest of another hypervisor
 *
 * Reads a guest as libvirt's Xen driver does. Elements that the model has no place for are carried,
 * and written into XML again; domuimg_domain_list_losses() says what else there was.
 *
 * Returns: (transfer full): a domain, or %NULL
 *
 * Since: 0.1
 */
DomuimgDomain *
domuimg_domain_new_from_libvirt_xml (const char *text, const char *name, GError **error)
{
  g_autoptr (DomuimgDomain) domain = g_object_new (DOMUIMG_TYPE_DOMAIN, NULL);
  DomuimgXmlReader reader = { domain, domuimg_text_or (name, "domain.xml") };
  g_autoptr (xmlDoc) document = NULL;
  xmlNode *root;

  g_return_val_if_fail (text != NULL, NULL);
  document = domuimg_xml_parse (text, strlen (text), "domain", reader.name, error);
  if (document == NULL)
    return NULL;
  root = xmlDocGetRootElement (document);
  if (!check_devices (&reader, root, error) || !read_names (&reader, root, error)
      || !read_sizes (&reader, root, error) || !read_vcpus (&reader, root, error)
      || !read_os (&reader, root, error))
    return NULL;
  read_events (&reader, root);
  domuimg_xml_read_features (&reader, root);
  domuimg_xml_read_clock (&reader, root);
  domuimg_xml_read_cpu (&reader, root);
  domuimg_xml_read_arguments (&reader, root);
  domuimg_xml_read_devices (&reader, domuimg_xml_open (root, "devices"));
  keep_rest (&reader, root, "");
  domuimg_domain_finish_reading (domain);
  return g_steal_pointer (&domain);
}
