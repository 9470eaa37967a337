/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/domain.h"

#include <libxml/tree.h>
#include <string.h>

#include "lib/domain/identity.h"

/* Writes the model as libvirt's domain XML, in the forms that its libxl driver takes and
 * its schema (domaincommon.rng) describes. */

#define XEN_DEFAULT_BRIDGE "xenbr0"

typedef struct {
  DomuimgDomain *domain;
  GStrvBuilder *warnings;
} Writer;

static void G_GNUC_PRINTF (2, 3)
warn (Writer *writer, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_strv_builder_add (writer->warnings, message);
}

static xmlNode *
add (xmlNode *parent, const char *name)
{
  return xmlNewChild (parent, NULL, BAD_CAST name, NULL);
}

static xmlNode *
add_text (xmlNode *parent, const char *name, const char *text)
{
  if (text == NULL)
    return NULL;
  return xmlNewTextChild (parent, NULL, BAD_CAST name, BAD_CAST text);
}

static xmlNode * G_GNUC_PRINTF (3, 4)
add_textf (xmlNode *parent, const char *name, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  return add_text (parent, name, text);
}

static void
set (xmlNode *node, const char *name, const char *value)
{
  xmlNewProp (node, BAD_CAST name, BAD_CAST value);
}

/* A child with one attribute: <name attribute="value"/>. */
static xmlNode *
add_with (xmlNode *parent, const char *name, const char *attribute, const char *value)
{
  xmlNode *node = add (parent, name);

  set (node, attribute, value);
  return node;
}

static void
add_sizes (Writer *writer, xmlNode *root)
{
  const DomuimgDomain *domain = writer->domain;

  set (add_textf (root, "memory", "%u", MAX (domain->maxmem, domain->memory)), "unit", "MiB");
  set (add_textf (root, "currentMemory", "%u", domain->memory), "unit", "MiB");
  xmlNode *vcpu = add_textf (root, "vcpu", "%u", MAX (domain->maxvcpus, domain->vcpus));
  if (domain->maxvcpus > domain->vcpus)
    {
      g_autofree char *current = g_strdup_printf ("%u", domain->vcpus);
      set (vcpu, "current", current);
    }
}

static void
add_hvm_firmware (Writer *writer, xmlNode *os)
{
  const char *firmware = domuimg_text_or (writer->domain->firmware, "bios");

  if (g_str_equal (firmware, "uefi") || g_str_equal (firmware, "ovmf"))
    set (os, "firmware", "efi");
  else if (firmware[0] == '/')
    set (add_text (os, "loader", firmware), "type", "rom");
  else if (g_str_equal (firmware, "rombios"))
    warn (writer, "firmware \"rombios\": libvirt chooses the BIOS itself");
}

static void
add_os (Writer *writer, xmlNode *root)
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

  add_text (root, "bootloader", domain->bootloader);
  add_text (root, "bootloader_args", domain->bootloader_args);
  xmlNode *os = add (root, "os");
  xmlNode *type = add_text (os, "type", types[domain->type].type);
  set (type, "arch", "x86_64");
  set (type, "machine", types[domain->type].machine);
  if (hvm)
    add_hvm_firmware (writer, os);
  add_text (os, "kernel", domain->kernel);
  add_text (os, "initrd", domain->ramdisk);
  add_text (os, "cmdline", domain->cmdline);
  if (!hvm)
    return;
  if (domain->kernel == NULL)
    add_with (os, "boot", "dev", "hd");
  xmlNode *features = add (root, "features");
  add (features, "acpi");
  add (features, "apic");
  add (features, "pae");
}

/* libvirt knows fewer actions than libxl, and core dumps for a crash only. */
static void
add_event (Writer *writer, xmlNode *root, const char *name, const char *action,
           const char *fallback)
{
  gboolean crash = g_str_equal (name, "on_crash");

  if (g_str_equal (action, "soft-reset")
      || (g_str_has_prefix (action, "coredump-") && !crash))
    {
      warn (writer, "%s \"%s\": libvirt cannot do that; \"%s\" is written instead", name, action,
            fallback);
      action = fallback;
    }
  add_text (root, name, action);
}

static void
set_disk_driver (Writer *writer, xmlNode *node, const DomuimgDomainDisk *disk)
{
  gboolean raw = g_str_equal (disk->format, "raw");
  const char *backend = domuimg_text_or (disk->backendtype, raw ? "phy" : "qdisk");
  xmlNode *driver;

  if (g_str_equal (backend, "standalone"))
    {
      warn (writer, "disk %s: libvirt has no standalone back end; it chooses one", disk->vdev);
      backend = raw ? "phy" : "qdisk";
    }
  driver = add_with (node, "driver", "name",
                     g_str_equal (backend, "qdisk") ? "qemu" : backend);
  set (driver, "type", g_str_equal (disk->format, "vhd") ? "vpc" : disk->format);
}

static void
add_disk (Writer *writer, xmlNode *devices, const DomuimgDomainDisk *disk)
{
  gboolean block = disk->target != NULL && g_str_has_prefix (disk->target, "/dev/");
  xmlNode *node = add_with (devices, "disk", "type", block ? "block" : "file");
  const char *bus = disk->vdev[0] == 'x' ? "xen" : disk->vdev[0] == 'h' ? "ide" : "scsi";

  set (node, "device", disk->cdrom ? "cdrom" : "disk");
  if (disk->target != NULL)
    {
      set_disk_driver (writer, node, disk);
      add_with (node, "source", block ? "dev" : "file", disk->target);
    }
  set (add_with (node, "target", "dev", disk->vdev), "bus", bus);
  if (disk->readonly || disk->cdrom)
    add (node, "readonly");
  if (disk->options != NULL)
    warn (writer, "disk %s: %s is in xl.cfg only", disk->vdev, disk->options);
}

static void
add_addresses (xmlNode *node, const char *text)
{
  g_auto (GStrv) addresses = g_strsplit (domuimg_text_or (text, ""), " ", -1);

  for (char **address = addresses; *address != NULL; address++)
    {
      g_auto (GStrv) parts = g_strsplit (*address, "/", 2);
      xmlNode *ip = add_with (node, "ip", "address", parts[0]);
      if (parts[1] != NULL)
        set (ip, "prefix", parts[1]);
    }
}

static void
add_nic (Writer *writer, xmlNode *devices, const DomuimgDomainNic *nic)
{
  g_autofree char *mac = domuimg_mac_parse (nic->mac, NULL);
  /* A script without a bridge routes or does something else of its own. */
  gboolean bridged = nic->bridge != NULL || nic->script == NULL;
  xmlNode *node = add_with (devices, "interface", "type", bridged ? "bridge" : "ethernet");

  add_with (node, "mac", "address", mac);
  if (bridged)
    add_with (node, "source", "bridge", domuimg_text_or (nic->bridge, XEN_DEFAULT_BRIDGE));
  if (bridged && nic->bridge == NULL)
    warn (writer, "vif %s: libvirt needs the name of a bridge; " XEN_DEFAULT_BRIDGE " is written",
          mac);
  if (nic->script != NULL)
    add_with (node, "script", "path", nic->script);
  add_addresses (node, nic->ip);
  if (nic->vifname != NULL)
    add_with (node, "target", "dev", nic->vifname);
  if (nic->model != NULL && writer->domain->type == DOMUIMG_GUEST_TYPE_HVM)
    add_with (node, "model", "type", nic->model);
  if (nic->rate != NULL)
    warn (writer, "vif %s: the rate %s is in xl.cfg only", mac, nic->rate);
  if (nic->options != NULL)
    warn (writer, "vif %s: %s is in xl.cfg only", mac, nic->options);
}

static void
add_console (Writer *writer, xmlNode *devices)
{
  const DomuimgDomain *domain = writer->domain;
  gboolean hvm = domain->type == DOMUIMG_GUEST_TYPE_HVM;
  const char *serial = domuimg_text_or (domain->serial, "pty");

  if (hvm && !g_str_equal (serial, "pty"))
    warn (writer, "serial \"%s\": is in xl.cfg only; the XML has a pty", serial);
  if (hvm)
    add_with (add_with (devices, "serial", "type", "pty"), "target", "port", "0");
  xmlNode *target = add_with (add_with (devices, "console", "type", "pty"), "target", "type",
                              hvm ? "serial" : "xen");
  set (target, "port", "0");
}

static void
add_graphics (Writer *writer, xmlNode *devices)
{
  static const char *const types[] = { NULL, "vnc", "sdl", "spice" };
  DomuimgDomain *domain = writer->domain;

  if (domain->graphics == DOMUIMG_GRAPHICS_NONE)
    return;
  xmlNode *node = add_with (devices, "graphics", "type", types[domain->graphics]);
  if (domain->graphics == DOMUIMG_GRAPHICS_SDL)
    return;
  g_autofree char *port = domain->graphics_port == 0
                              ? g_strdup ("-1")
                              : g_strdup_printf ("%u", domain->graphics_port);
  set (node, "port", port);
  set (node, "autoport", domain->graphics_port == 0 ? "yes" : "no");
  set (node, "listen", domuimg_domain_get_graphics_listen (domain));
}

static void
add_everything (Writer *writer, xmlNode *root)
{
  DomuimgDomain *domain = writer->domain;

  set (root, "type", "xen");
  add_text (root, "name", domain->name);
  add_text (root, "uuid", domain->uuid);
  add_sizes (writer, root);
  add_os (writer, root);
  add_event (writer, root, "on_poweroff", domain->on_poweroff, "destroy");
  add_event (writer, root, "on_reboot", domain->on_reboot, "restart");
  add_event (writer, root, "on_crash", domain->on_crash, "destroy");
  xmlNode *devices = add (root, "devices");
  for (guint i = 0; i < domain->disks->len; i++)
    add_disk (writer, devices, g_ptr_array_index (domain->disks, i));
  for (guint i = 0; i < domain->nics->len; i++)
    add_nic (writer, devices, g_ptr_array_index (domain->nics, i));
  add_console (writer, devices);
  add_graphics (writer, devices);
  for (guint i = 0; i < domain->extra->len; i++)
    {
      const DomuimgDomainExtra *extra = g_ptr_array_index (domain->extra, i);
      warn (writer, "%s = %s: is in xl.cfg only", extra->key, extra->value);
    }
}

/* What a guest boots by and libvirt's driver has no form for: without it the XML would
 * describe another guest. */
static gboolean
check_boot (DomuimgDomain *self, GError **error)
{
  gboolean hvm = self->type == DOMUIMG_GUEST_TYPE_HVM;

  if (!hvm && self->firmware != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "firmware \"%s\": libvirt has no such setting; give the path of the "
                         "boot loader image as the kernel",
                         self->firmware);
  if (self->bootloader == NULL)
    return TRUE;
  if (self->type == DOMUIMG_GUEST_TYPE_PVH)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "bootloader \"%s\": libvirt boots a PVH guest by a kernel only",
                         self->bootloader);
  if (self->bootloader[0] != '/')
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "bootloader \"%s\": libvirt needs its full path, such as "
                         "/usr/lib/xen-4.17/bin/%s",
                         self->bootloader, self->bootloader);
  return TRUE;
}

/**
 * domuimg_domain_to_libvirt_xml:
 * @self: a domain
 * @warnings: (out) (optional) (transfer full) (array zero-terminated=1): what the XML cannot
 *   say and leaves out, one sentence each
 * @error: return location for an error: %DOMUIMG_ERROR_INVALID_ARGUMENT as
 *   domuimg_domain_validate(), %DOMUIMG_ERROR_NOT_SUPPORTED for a way to boot that libvirt
 *   does not have
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
  Writer writer = { self, builder };
  xmlChar *text = NULL;
  int size = 0;

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  if (!domuimg_domain_validate (self, error) || !check_boot (self, error))
    return NULL;

  xmlDoc *doc = xmlNewDoc (BAD_CAST "1.0");
  xmlNode *root = xmlNewDocNode (doc, NULL, BAD_CAST "domain", NULL);
  xmlDocSetRootElement (doc, root);
  add_everything (&writer, root);
  xmlDocDumpFormatMemoryEnc (doc, &text, &size, "UTF-8", 1);
  xmlFreeDoc (doc);

  char *copy = g_strndup ((const char *)text, (gsize)size);
  xmlFree (text);
  if (warnings != NULL)
    *warnings = g_strv_builder_end (builder);
  return copy;
}
