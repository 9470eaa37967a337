/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The typed model of a Xen guest. */
#include "config.h"
#include "lib/domain/model/domain.h"

#include "lib/base/name.h"
#include "lib/base/properties.h"
#include "lib/domain/model/identity.h"

/**
 * DomuimgDomain:
 *
 * A Xen guest as xl.cfg(5) and libvirt's domain XML describe it. Setters take anything;
 * domuimg_domain_validate(), which the writers call first, says what is wrong.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgDomain, domuimg_domain, G_TYPE_OBJECT);

void
domuimg_replace_text (char **field, const char *value)
{
  char *copy = value == NULL || *value == '\0' ? NULL : g_strdup (value);

  g_free (*field);
  *field = copy;
}

const char *
domuimg_text_or (const char *value, const char *fallback)
{
  return value == NULL || *value == '\0' ? fallback : value;
}

static void
extra_free (gpointer data)
{
  DomuimgDomainExtra *extra = data;

  g_free (extra->key);
  g_free (extra->value);
  g_free (extra);
}

static void
foreign_free (gpointer data)
{
  DomuimgDomainForeign *foreign = data;

  g_free (foreign->parent);
  g_free (foreign->xml);
  g_free (foreign);
}

static void
domuimg_domain_finalize (GObject *object)
{
  DomuimgDomain *self = DOMUIMG_DOMAIN (object);

  g_free (self->name);
  g_free (self->uuid);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->cmdline);
  g_free (self->bootloader);
  g_free (self->bootloader_args);
  g_strfreev (self->bootloader_words);
  g_free (self->firmware);
  g_free (self->serial);
  g_strfreev (self->serials);
  g_free (self->on_poweroff);
  g_free (self->on_reboot);
  g_free (self->on_crash);
  g_free (self->graphics_listen);
  g_free (self->graphics_password);
  g_free (self->graphics_xml);
  g_free (self->graphics_options);
  g_free (self->cpus);
  g_free (self->cpus_soft);
  g_strfreev (self->vcpu_cpus);
  g_ptr_array_unref (self->devices);
  g_ptr_array_unref (self->foreign);
  g_ptr_array_unref (self->warnings);
  g_ptr_array_unref (self->disks);
  g_ptr_array_unref (self->nics);
  g_ptr_array_unref (self->extra);
  G_OBJECT_CLASS (domuimg_domain_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "name", G_CALLBACK (domuimg_domain_get_name),
    "its name" },
  { DOMUIMG_PROPERTY_ENUM, "guest-type", G_CALLBACK (domuimg_domain_get_guest_type),
    "the kind of guest", domuimg_guest_type_get_type },
  { DOMUIMG_PROPERTY_STRING, "uuid", G_CALLBACK (domuimg_domain_get_uuid),
    "its UUID" },
  { DOMUIMG_PROPERTY_UINT, "memory", G_CALLBACK (domuimg_domain_get_memory),
    "memory at start, in MiB" },
  { DOMUIMG_PROPERTY_UINT, "maxmem", G_CALLBACK (domuimg_domain_get_maxmem),
    "the most memory it can be given, in MiB" },
  { DOMUIMG_PROPERTY_UINT, "vcpus", G_CALLBACK (domuimg_domain_get_vcpus),
    "virtual CPUs at start" },
  { DOMUIMG_PROPERTY_UINT, "maxvcpus", G_CALLBACK (domuimg_domain_get_maxvcpus),
    "the most virtual CPUs" },
  { DOMUIMG_PROPERTY_STRING, "kernel", G_CALLBACK (domuimg_domain_get_kernel),
    "the kernel, a file of the host" },
  { DOMUIMG_PROPERTY_STRING, "ramdisk", G_CALLBACK (domuimg_domain_get_ramdisk),
    "the initramfs, a file of the host" },
  { DOMUIMG_PROPERTY_STRING, "cmdline", G_CALLBACK (domuimg_domain_get_cmdline),
    "the kernel's command line" },
  { DOMUIMG_PROPERTY_STRING, "bootloader", G_CALLBACK (domuimg_domain_get_bootloader),
    "the program that finds the kernel" },
  { DOMUIMG_PROPERTY_STRING, "bootloader-args", G_CALLBACK (domuimg_domain_get_bootloader_args),
    "the arguments of that program" },
  { DOMUIMG_PROPERTY_STRING, "firmware", G_CALLBACK (domuimg_domain_get_firmware),
    "the firmware of an HVM guest" },
  { DOMUIMG_PROPERTY_STRING, "serial", G_CALLBACK (domuimg_domain_get_serial),
    "the serial port of an HVM guest" },
  { DOMUIMG_PROPERTY_STRING, "on-poweroff", G_CALLBACK (domuimg_domain_get_on_poweroff),
    "what is done when it powers off" },
  { DOMUIMG_PROPERTY_STRING, "on-reboot", G_CALLBACK (domuimg_domain_get_on_reboot),
    "what is done when it reboots" },
  { DOMUIMG_PROPERTY_STRING, "on-crash", G_CALLBACK (domuimg_domain_get_on_crash),
    "what is done when it crashes" },
  { DOMUIMG_PROPERTY_ENUM, "graphics", G_CALLBACK (domuimg_domain_get_graphics),
    "how its display is shown", domuimg_graphics_get_type },
  { DOMUIMG_PROPERTY_STRING, "cpus", G_CALLBACK (domuimg_domain_get_cpus),
    "the CPUs of the host that it may run on" },
  { DOMUIMG_PROPERTY_STRING, "cpus-soft", G_CALLBACK (domuimg_domain_get_cpus_soft),
    "the CPUs of the host that it prefers" },
};

static void
domuimg_domain_class_init (DomuimgDomainClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_domain_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_domain_init (DomuimgDomain *self)
{
  self->uuid = domuimg_uuid_new_random ();
  self->memory = 512;
  self->vcpus = 1;
  self->on_poweroff = g_strdup ("destroy");
  self->on_reboot = g_strdup ("restart");
  self->on_crash = g_strdup ("destroy");
  self->disks = g_ptr_array_new_with_free_func (g_object_unref);
  self->nics = g_ptr_array_new_with_free_func (g_object_unref);
  self->devices = g_ptr_array_new_with_free_func (g_object_unref);
  self->extra = g_ptr_array_new_with_free_func (extra_free);
  self->foreign = g_ptr_array_new_with_free_func (foreign_free);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
}

/**
 * domuimg_domain_new:
 * @name: the name of the guest: 1 to 128 of letters, digits and `._+:@-`, that start with
 *   a letter, a digit or `_` and are not digits only
 * @error: return location for an error, %DOMUIMG_ERROR_INVALID_ARGUMENT for a bad name
 *
 * A guest with 512 MiB of memory, one virtual CPU and a random UUID. Its type is
 * %DOMUIMG_GUEST_TYPE_AUTO, and has to be set before the guest can be written.
 *
 * Returns: (transfer full): a domain
 *
 * Since: 0.1
 */
DomuimgDomain *
domuimg_domain_new (const char *name, GError **error)
{
  g_return_val_if_fail (name != NULL, NULL);
  if (!domuimg_name_check (name, error))
    return NULL;

  DomuimgDomain *self = g_object_new (DOMUIMG_TYPE_DOMAIN, NULL);
  self->name = g_strdup (name);
  return self;
}

/**
 * domuimg_domain_add_disk:
 * @self: a domain
 * @disk: a disk
 *
 * Gives the guest one more disk; the first is the one that HVM boots from.
 *
 * Since: 0.1
 */
void
domuimg_domain_add_disk (DomuimgDomain *self, DomuimgDomainDisk *disk)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  g_return_if_fail (DOMUIMG_IS_DOMAIN_DISK (disk));
  g_ptr_array_add (self->disks, g_object_ref (disk));
}

/**
 * domuimg_domain_get_disks:
 * @self: a domain
 *
 * Returns: (transfer none) (element-type DomuimgDomainDisk): the disks, in order
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_domain_get_disks (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->disks;
}

/**
 * domuimg_domain_add_nic:
 * @self: a domain
 * @nic: a network interface
 *
 * Gives the guest one more network interface.
 *
 * Since: 0.1
 */
void
domuimg_domain_add_nic (DomuimgDomain *self, DomuimgDomainNic *nic)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  g_return_if_fail (DOMUIMG_IS_DOMAIN_NIC (nic));
  g_ptr_array_add (self->nics, g_object_ref (nic));
}

/**
 * domuimg_domain_get_nics:
 * @self: a domain
 *
 * Returns: (transfer none) (element-type DomuimgDomainNic): the network interfaces, in order
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_domain_get_nics (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->nics;
}

/**
 * domuimg_domain_add_extra:
 * @self: a domain
 * @key: a key of xl.cfg(5) that the model does not have, such as `tsc_mode`
 * @value: its value as it stands in the file: a number, a string with its quotes, or a list
 *
 * Adds a line to xl.cfg, after those of the model and in the order of the calls. libvirt's
 * XML has no place for it.
 *
 * Since: 0.1
 */
void
domuimg_domain_add_extra (DomuimgDomain *self, const char *key, const char *value)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  g_return_if_fail (key != NULL && value != NULL);

  DomuimgDomainExtra *extra = g_new0 (DomuimgDomainExtra, 1);
  extra->key = g_strdup (key);
  extra->value = g_strdup (value);
  g_ptr_array_add (self->extra, extra);
}

/**
 * domuimg_domain_get_extra:
 * @self: a domain
 * @key: a key that domuimg_domain_add_extra() added
 *
 * Returns: (nullable): the value as it stands in the file
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_extra (DomuimgDomain *self, const char *key)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  for (guint i = 0; i < self->extra->len; i++)
    {
      const DomuimgDomainExtra *extra = g_ptr_array_index (self->extra, i);
      if (g_str_equal (extra->key, key))
        return extra->value;
    }
  return NULL;
}

/**
 * domuimg_domain_list_extra:
 * @self: a domain
 *
 * Returns: (transfer full): the keys that domuimg_domain_add_extra() added, in order
 *
 * Since: 0.1
 */
char **
domuimg_domain_list_extra (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);

  g_autoptr (GStrvBuilder) keys = g_strv_builder_new ();
  for (guint i = 0; i < self->extra->len; i++)
    {
      const DomuimgDomainExtra *extra = g_ptr_array_index (self->extra, i);
      g_strv_builder_add (keys, extra->key);
    }
  return g_strv_builder_end (keys);
}
