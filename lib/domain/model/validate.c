/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is wrong with a domain before it is written. */
#include "config.h"
#include "lib/domain/model/domain.h"

#include <stdlib.h>
#include <string.h>

#include "lib/domain/model/device.h"
#include "lib/domain/model/identity.h"
#include "lib/domain/model/vdev.h"

#define INVALID(...) domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, __VA_ARGS__)

/* What libxl does when a guest ends: action_on_shutdown. */
static const char *const actions[]
    = { "destroy",          "restart",          "rename-restart", "preserve",
        "coredump-destroy", "coredump-restart", "soft-reset",     NULL };
static const char *const formats[] = { "raw", "qcow", "qcow2", "qed", "vhd", NULL };
static const char *const backends[] = { "phy", "qdisk", "tap", "standalone", NULL };
static const char *const hvm_firmware[]
    = { "bios", "seabios", "rombios", "uefi", "ovmf", NULL };
static const char *const pv_firmware[] = { "pvgrub32", "pvgrub64", NULL };

/* Every text of the model ends up in a file: one line of UTF-8, of characters that XML has
 * too (U+FFFE and U+FFFF it has not). */
static gboolean
check_text (const char *key, const char *value, GError **error)
{
  g_autofree char *quoted = NULL;

  if (value == NULL)
    return TRUE;
  if (strstr (value, "\xef\xbf\xbe") != NULL || strstr (value, "\xef\xbf\xbf") != NULL)
    return INVALID ("%s: the value holds U+FFFE or U+FFFF, which is not a character", key);
  quoted = domuimg_xl_quote (key, value, error);
  return quoted != NULL;
}

/* xl takes a file that was read wherever it is started. */
static gboolean
check_path (const DomuimgDomain *self, const char *key, const char *value, GError **error)
{
  if (!check_text (key, value, error))
    return FALSE;
  if (!self->whole && value != NULL && (value[0] != '/' || value[1] == '\0'))
    return INVALID ("%s \"%s\": must be an absolute path, since xl and libvirt may be started "
                    "anywhere",
                    key, value);
  return TRUE;
}

static gboolean
check_one_of (const char *key, const char *value, const char *const *allowed, GError **error)
{
  g_autofree char *list = NULL;

  if (!check_text (key, value, error))
    return FALSE;
  if (value == NULL || g_strv_contains (allowed, value))
    return TRUE;
  list = g_strjoinv (", ", (char **)allowed);
  return INVALID ("%s \"%s\": is not one of %s", key, value, list);
}

static gboolean
check_sizes (DomuimgDomain *self, GError **error)
{
  if (self->memory == 0)
    return INVALID ("memory: a guest needs more than 0 MiB");
  if (self->maxmem != 0 && self->maxmem < self->memory)
    return INVALID ("maxmem: %u MiB is less than the %u MiB of memory", self->maxmem,
                    self->memory);
  if (self->vcpus == 0)
    return INVALID ("vcpus: a guest needs at least one virtual CPU");
  if (self->maxvcpus != 0 && self->maxvcpus < self->vcpus)
    return INVALID ("maxvcpus: %u is less than the %u vcpus at the start", self->maxvcpus,
                    self->vcpus);
  return TRUE;
}

static gboolean
check_firmware (DomuimgDomain *self, GError **error)
{
  if (self->firmware == NULL)
    return TRUE;
  if (self->type == DOMUIMG_GUEST_TYPE_HVM)
    return self->firmware[0] == '/'
               ? check_path (self, "firmware", self->firmware, error)
               : check_one_of ("firmware", self->firmware, hvm_firmware, error);
  if (!check_one_of ("firmware", self->firmware, pv_firmware, error))
    return FALSE;
  if (self->kernel != NULL)
    return INVALID ("firmware \"%s\": stands for a kernel of its own; drop it or the kernel",
                    self->firmware);
  return TRUE;
}

static gboolean
check_texts (const char *key, char **values, GError **error)
{
  for (guint i = 0; values != NULL && values[i] != NULL; i++)
    if (!check_text (key, values[i], error))
      return FALSE;
  return TRUE;
}

/* What a file that was read says goes for xl, which hands kernel and ramdisk to a boot loader, and
 * ignores what its firmware needs not. */
static gboolean
check_kernel (DomuimgDomain *self, GError **error)
{
  if (self->ramdisk != NULL && self->kernel == NULL && !self->whole)
    return INVALID ("ramdisk \"%s\": needs a kernel beside it", self->ramdisk);
  if (self->bootloader != NULL && self->kernel != NULL && !self->whole)
    return INVALID ("bootloader \"%s\": finds a kernel itself; drop it or the kernel",
                    self->bootloader);
  if (self->type != DOMUIMG_GUEST_TYPE_HVM && self->kernel == NULL && self->bootloader == NULL
      && self->firmware == NULL)
    return INVALID ("kernel: a %s guest needs a kernel or a bootloader",
                    domuimg_guest_type_to_string (self->type));
  return TRUE;
}

static gboolean
check_boot (DomuimgDomain *self, GError **error)
{
  gboolean hvm = self->type == DOMUIMG_GUEST_TYPE_HVM;

  if (!check_path (self, "kernel", self->kernel, error)
      || !check_path (self, "ramdisk", self->ramdisk, error)
      || !check_text ("cmdline", self->cmdline, error)
      || !check_text ("bootloader", self->bootloader, error)
      || !check_text ("bootloader_args", self->bootloader_args, error)
      || !check_texts ("bootloader_args", self->bootloader_words, error)
      || !check_text ("serial", self->serial, error)
      || !check_texts ("serial", self->serials, error) || !check_firmware (self, error))
    return FALSE;
  if (hvm && self->bootloader != NULL)
    return INVALID ("bootloader \"%s\": is for PV and PVH guests; HVM boots by its firmware",
                    self->bootloader);
  if (self->bootloader_args != NULL && self->bootloader == NULL)
    return INVALID ("bootloader_args: there is no bootloader to give them to");
  return check_kernel (self, error);
}

/* The names that a guest's Linux gives; libvirt has no others. */
static gboolean
vdev_is_valid (const char *vdev)
{
  guint disk, partition;

  return g_ascii_islower (*vdev) && *vdev != 'd' && domuimg_vdev_parse (vdev, &disk, &partition);
}

static gboolean
check_disk (DomuimgDomain *self, guint index, GError **error)
{
  const DomuimgDomainDisk *disk = g_ptr_array_index (self->disks, index);
  const char *vdev = domuimg_text_or (disk->vdev, "");
  g_autofree char *key = NULL;

  if (!check_text ("disk", vdev, error))
    return FALSE;
  if (!vdev_is_valid (vdev))
    return INVALID ("disk vdev \"%s\": is not a device name such as xvda, xvda1, sda or hdc",
                    vdev);
  key = g_strdup_printf ("disk %s", vdev);
  for (guint i = 0; i < index; i++)
    {
      const DomuimgDomainDisk *other = g_ptr_array_index (self->disks, i);
      if (g_str_equal (other->vdev, vdev))
        return INVALID ("%s: two disks have this name", key);
    }
  if (disk->target == NULL && !disk->cdrom)
    return INVALID ("%s: has no target; only a CD-ROM drive may be empty", key);
  if (index == 0 && self->type == DOMUIMG_GUEST_TYPE_HVM && self->kernel == NULL && !self->whole
      && g_ascii_isdigit (vdev[strlen (vdev) - 1]))
    return INVALID ("%s: firmware cannot boot from it, since a partition without its disk has "
                    "no emulated device; use a whole disk, or PV or PVH",
                    key);
  /* To a script it is whatever that takes: the name of a resource, say. */
  return ((disk->options != NULL && strstr (disk->options, "script=") != NULL)
                  || domuimg_disk_is_network (disk)
              ? check_text (key, disk->target, error)
              : check_path (self, key, disk->target, error))
         && check_one_of (key, disk->format, formats, error)
         && check_one_of (key, disk->backendtype, backends, error);
}

/* What goes into a vif: a comma would begin its next part, and there is no escape. */
static gboolean
check_nic_text (const char *key, const char *value, const char *pattern, GError **error)
{
  if (!check_text (key, value, error))
    return FALSE;
  if (value != NULL && !g_regex_match_simple (pattern, value, 0, 0))
    return INVALID ("vif %s \"%s\": is not of the form that xl-network-configuration(5) gives",
                    key, value);
  return TRUE;
}

/* To xl they are what its script makes of them. */
static gboolean
check_addresses (const DomuimgDomain *self, const char *value, GError **error)
{
  g_auto (GStrv) addresses = NULL;

  if (value == NULL || self->whole)
    return check_nic_text ("ip", value, "\\A[^,]+\\z", error);
  if (!check_text ("ip", value, error))
    return FALSE;
  addresses = g_strsplit (value, " ", -1);
  for (char **address = addresses; *address != NULL; address++)
    {
      g_auto (GStrv) parts = g_strsplit (*address, "/", 2);
      const char *host = parts[0] == NULL ? "" : parts[0];
      guint bits = strchr (host, ':') == NULL ? 32 : 128;

      if (!g_hostname_is_ip_address (host) || strchr (host, '%') != NULL
          || (parts[0] != NULL && parts[1] != NULL
              && !g_ascii_string_to_unsigned (parts[1], 10, 0, bits, NULL, NULL)))
        return INVALID ("vif ip \"%s\": is not one or more IP addresses, with one space between",
                        value);
    }
  return TRUE;
}

static gboolean
check_nic (DomuimgDomain *self, guint index, GError **error)
{
  const DomuimgDomainNic *nic = g_ptr_array_index (self->nics, index);
  g_autofree char *mac = domuimg_mac_parse (domuimg_text_or (nic->mac, ""), error);

  if (mac == NULL)
    return FALSE;
  for (guint i = 0; i < index && !self->whole; i++)
    {
      const DomuimgDomainNic *other = g_ptr_array_index (self->nics, i);
      g_autofree char *other_mac = domuimg_mac_parse (other->mac, NULL);
      if (g_strcmp0 (other_mac, mac) == 0)
        return INVALID ("mac \"%s\": two interfaces have this address", mac);
    }
  return check_nic_text ("bridge", nic->bridge, "\\A[A-Za-z0-9_.:-]+\\z", error)
         && check_addresses (self, nic->ip, error)
         && check_nic_text ("script", nic->script, "\\A[^, ]([^,]*[^, ])?\\z", error)
         && check_nic_text ("model", nic->model, "\\A[A-Za-z0-9_-]+\\z", error)
         && check_nic_text ("vifname", nic->vifname, "\\A[A-Za-z0-9_.:-]{1,15}\\z", error)
         && check_nic_text ("rate", nic->rate, "\\A[0-9]+[GMK]?[Bb]/s(@[0-9]+[mu]?s)?\\z", error);
}

static gboolean
check_port (const DomuimgDomain *self, GError **error)
{
  if (self->graphics_port > 65535)
    return INVALID ("graphics: there is no TCP port %u", self->graphics_port);
  if (self->graphics == DOMUIMG_GRAPHICS_VNC && self->graphics_port != 0
      && self->graphics_port < 5900)
    return INVALID ("graphics: VNC port %u is below 5900, where VNC displays begin",
                    self->graphics_port);
  if (self->graphics == DOMUIMG_GRAPHICS_SPICE && self->type != DOMUIMG_GUEST_TYPE_HVM)
    return INVALID ("graphics: only an HVM guest can have SPICE; use VNC");
  return TRUE;
}

static gboolean
check_graphics (DomuimgDomain *self, GError **error)
{
  if (!check_text ("the password of the display", self->graphics_password, error))
    return FALSE;
  if (self->graphics_password != NULL && strchr (self->graphics_password, ',') != NULL
      && self->type != DOMUIMG_GUEST_TYPE_HVM)
    return INVALID ("graphics: a comma in the password would end it in xl.cfg");
  if (self->graphics == DOMUIMG_GRAPHICS_NONE)
    return TRUE;
  if (self->graphics_listen != NULL && self->whole)
    return check_text ("vnclisten", self->graphics_listen, error) && check_port (self, error);
  if (self->graphics_listen != NULL
      && !g_hostname_is_ip_address (self->graphics_listen))
    return INVALID ("graphics: \"%s\" is no IP address to listen on", self->graphics_listen);
  if (self->graphics == DOMUIMG_GRAPHICS_VNC && self->graphics_listen != NULL
      && strchr (self->graphics_listen, ':') != NULL)
    return INVALID ("graphics: VNC cannot listen on \"%s\", since libxl takes a colon for the "
                    "start of the display number; use an IPv4 address",
                    self->graphics_listen);
  return check_port (self, error);
}

static gboolean
check_cpus (const char *key, const char *value, GError **error)
{
  if (value == NULL
      || g_regex_match_simple ("\\A(all|(\\^?(nodes?:)?[0-9]+(-[0-9]+)?)"
                               "([, ]+\\^?(nodes?:)?[0-9]+(-[0-9]+)?)*)\\z",
                               value, 0, 0))
    return TRUE;
  return INVALID ("%s \"%s\": is not a list of CPUs such as 0-3,^1 or node:0", key, value);
}

static gboolean
check_pinning (DomuimgDomain *self, GError **error)
{
  if (self->cpus != NULL && self->vcpu_cpus != NULL)
    return INVALID ("cpus: are set for all virtual CPUs and for each");
  for (guint i = 0; self->vcpu_cpus != NULL && self->vcpu_cpus[i] != NULL; i++)
    if (!check_cpus ("cpus", self->vcpu_cpus[i], error))
      return FALSE;
  return check_cpus ("cpus", self->cpus, error)
         && check_cpus ("cpus_soft", self->cpus_soft, error);
}

static gboolean
check_extra (DomuimgDomain *self, guint index, GError **error)
{
  const DomuimgDomainExtra *extra = g_ptr_array_index (self->extra, index);

  if (!check_text ("extra", extra->key, error) || !check_text (extra->key, extra->value, error))
    return FALSE;
  if (!g_regex_match_simple ("\\A[a-z][._0-9a-z]*\\z", extra->key, 0, 0))
    return INVALID ("extra key \"%s\": xl.cfg has lower-case letters, digits, . and _ in keys",
                    extra->key);
  if (domuimg_xl_is_modelled_key (extra->key) || domuimg_domain_has_device_key (self, extra->key)
      || (g_str_equal (extra->key, "cpus") && (self->cpus != NULL || self->vcpu_cpus != NULL))
      || (g_str_equal (extra->key, "cpus_soft") && self->cpus_soft != NULL))
    return INVALID ("extra key \"%s\": has a setting of its own; use that", extra->key);
  for (guint i = 0; i < index; i++)
    {
      const DomuimgDomainExtra *other = g_ptr_array_index (self->extra, i);
      if (g_str_equal (other->key, extra->key))
        return INVALID ("extra key \"%s\": is given twice", extra->key);
    }
  if (!domuimg_xl_is_value (extra->value))
    return INVALID ("extra key \"%s\": its value %s is not a number, quoted string or list of "
                    "xl.cfg",
                    extra->key, extra->value);
  return TRUE;
}

/**
 * domuimg_domain_validate:
 * @self: a domain
 * @error: return location for an error, %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Checks everything that can be checked without a look at the host: what xl.cfg(5),
 * xl-disk-configuration(5) and xl-network-configuration(5) demand, and what they let pass
 * although no guest could start.
 *
 * Returns: whether the domain can be written
 *
 * Since: 0.1
 */
gboolean
domuimg_domain_validate (DomuimgDomain *self, GError **error)
{
  g_autofree char *uuid = NULL;

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), FALSE);
  if (self->type < DOMUIMG_GUEST_TYPE_PV || self->type > DOMUIMG_GUEST_TYPE_HVM)
    return INVALID ("type: must be decided for (pv, pvh or hvm) before a guest is written");
  uuid = domuimg_uuid_parse (self->uuid, error);
  if (uuid == NULL || !check_sizes (self, error) || !check_boot (self, error)
      || !check_one_of ("on_poweroff", self->on_poweroff, actions, error)
      || !check_one_of ("on_reboot", self->on_reboot, actions, error)
      || !check_one_of ("on_crash", self->on_crash, actions, error)
      || !check_graphics (self, error) || !check_pinning (self, error))
    return FALSE;
  for (guint i = 0; i < self->devices->len; i++)
    if (!domuimg_device_check (g_ptr_array_index (self->devices, i), error))
      return FALSE;
  for (guint i = 0; i < self->disks->len; i++)
    if (!check_disk (self, i, error))
      return FALSE;
  for (guint i = 0; i < self->nics->len; i++)
    if (!check_nic (self, i, error))
      return FALSE;
  for (guint i = 0; i < self->extra->len; i++)
    if (!check_extra (self, i, error))
      return FALSE;
  return TRUE;
}
