/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/model/domain.h"

#include <string.h>

#include "lib/domain/model/device.h"
#include "lib/domain/model/identity.h"

/* libxl refuses SPICE without a port, and looks for none itself. */
#define SPICE_DEFAULT_PORT 5900

/* Writes the model as xl.cfg(5): every value has passed validation, so quoting it cannot
 * fail but for what has no check of its own. */

static gboolean
put_text (GString *out, const char *key, const char *value, GError **error)
{
  g_autofree char *quoted = NULL;

  if (value == NULL)
    return TRUE;
  quoted = domuimg_xl_quote (key, value, error);
  if (quoted == NULL)
    return FALSE;
  g_string_append_printf (out, "%s = %s\n", key, quoted);
  return TRUE;
}

static void
put_number (GString *out, const char *key, guint value)
{
  g_string_append_printf (out, "%s = %u\n", key, value);
}

static gboolean
put_list (GString *out, const char *key, GPtrArray *items, GError **error)
{
  if (items->len == 0)
    return TRUE;
  g_string_append_printf (out, "%s = [\n", key);
  for (guint i = 0; i < items->len; i++)
    {
      g_autofree char *quoted = domuimg_xl_quote (key, g_ptr_array_index (items, i), error);
      if (quoted == NULL)
        return FALSE;
      g_string_append_printf (out, "    %s,\n", quoted);
    }
  g_string_append (out, "]\n");
  return TRUE;
}

/* Writes a list where there is one, else a string. */
static gboolean
put_text_or_list (GString *out, const char *key, const char *text, char **list, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    g_ptr_array_add (items, list[i]);
  return items->len > 0 ? put_list (out, key, items, error) : put_text (out, key, text, error);
}

/* `target=` comes last: it alone takes the rest of the text, so that commas and colons in a
 * path do no harm. Its reader drops one comma at the end. */
static char *
disk_text (const DomuimgDomainDisk *disk)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *target = domuimg_text_or (disk->target, "");

  g_string_append_printf (out, "format=%s,vdev=%s,access=%s,", disk->format, disk->vdev,
                          disk->readonly || disk->cdrom ? "ro" : "rw");
  if (disk->cdrom)
    g_string_append (out, "devtype=cdrom,");
  if (disk->backendtype != NULL)
    g_string_append_printf (out, "backendtype=%s,", disk->backendtype);
  if (disk->options != NULL)
    g_string_append_printf (out, "%s,", disk->options);
  g_string_append_printf (out, "target=%s%s", target,
                          g_str_has_suffix (target, ",") ? "," : "");
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
put_part (GString *out, const char *name, const char *value)
{
  if (value != NULL)
    g_string_append_printf (out, "%s%s=%s", out->len > 0 ? "," : "", name, value);
}

static char *
nic_text (const DomuimgDomain *domain, const DomuimgDomainNic *nic)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *written = domuimg_nic_written_mac (domain, nic);
  g_autofree char *mac = written != NULL ? domuimg_mac_parse (written, NULL) : NULL;

  put_part (out, "mac", mac);
  put_part (out, "bridge", nic->bridge);
  put_part (out, "ip", nic->ip);
  put_part (out, "script", nic->script);
  put_part (out, "vifname", nic->vifname);
  put_part (out, "rate", nic->rate);
  put_part (out, "model", nic->model);
  if (nic->options != NULL)
    g_string_append_printf (out, "%s%s", out->len > 0 ? "," : "", nic->options);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
put_devices (DomuimgDomain *self, GString *out, GError **error)
{
  g_autoptr (GPtrArray) disks = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) nics = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->disks->len; i++)
    g_ptr_array_add (disks, disk_text (g_ptr_array_index (self->disks, i)));
  for (guint i = 0; i < self->nics->len; i++)
    g_ptr_array_add (nics, nic_text (self, g_ptr_array_index (self->nics, i)));
  return put_list (out, "disk", disks, error) && put_list (out, "vif", nics, error);
}

/* PV and PVH guests have a framebuffer device, a list entry of its own. libxl's default for
 * one is VNC, so that has to be turned off for SDL. */
static gboolean
put_vfb (DomuimgDomain *self, GString *out, GError **error)
{
  g_autoptr (GPtrArray) vfbs = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) vfb = g_string_new (NULL);
  const char *listen = domuimg_domain_get_graphics_listen (self);

  if (self->graphics == DOMUIMG_GRAPHICS_SDL)
    g_string_append (vfb, "vnc=0,sdl=1");
  else if (self->graphics_port == 0)
    g_string_append_printf (vfb, "vnc=1,vnclisten=%s,vncunused=1", listen);
  else
    g_string_append_printf (vfb, "vnc=1,vnclisten=%s,vncdisplay=%u,vncunused=0", listen,
                            self->graphics_port - 5900);
  if (self->graphics == DOMUIMG_GRAPHICS_VNC && self->graphics_password != NULL)
    g_string_append_printf (vfb, ",vncpasswd=%s", self->graphics_password);
  if (self->graphics_options != NULL)
    g_string_append_printf (vfb, ",%s", self->graphics_options);
  g_ptr_array_add (vfbs, g_strdup (vfb->str));
  return put_list (out, "vfb", vfbs, error);
}

static gboolean
put_hvm_graphics (DomuimgDomain *self, GString *out, GError **error)
{
  const char *said
      = self->whole ? self->graphics_listen : domuimg_domain_get_graphics_listen (self);

  put_number (out, "vnc", self->graphics == DOMUIMG_GRAPHICS_VNC);
  if (self->graphics == DOMUIMG_GRAPHICS_SDL)
    put_number (out, "sdl", 1);
  if (self->graphics == DOMUIMG_GRAPHICS_SPICE)
    {
      gboolean tls_only
          = self->graphics_port == 0 && domuimg_domain_get_extra (self, "spicetls_port") != NULL;

      put_number (out, "spice", 1);
      if (!tls_only)
        put_number (out, "spiceport",
                    self->graphics_port == 0 ? SPICE_DEFAULT_PORT : self->graphics_port);
      put_number (out, "spicedisable_ticketing", self->graphics_password == NULL);
      return put_text (out, "spicehost", said, error)
             && put_text (out, "spicepasswd", self->graphics_password, error);
    }
  if (self->graphics != DOMUIMG_GRAPHICS_VNC)
    return TRUE;
  put_number (out, "vncunused", self->graphics_port == 0);
  if (self->graphics_port != 0)
    put_number (out, "vncdisplay", self->graphics_port - 5900);
  return put_text (out, "vnclisten", said, error)
         && put_text (out, "vncpasswd", self->graphics_password, error);
}

static gboolean
put_console (DomuimgDomain *self, GString *out, GError **error)
{
  if (self->type == DOMUIMG_GUEST_TYPE_HVM)
    return put_text_or_list (out, "serial",
                             self->whole ? self->serial : domuimg_text_or (self->serial, "pty"),
                             self->serials, error)
           && put_hvm_graphics (self, out, error);
  return self->graphics == DOMUIMG_GRAPHICS_NONE || put_vfb (self, out, error);
}

static void
put_sizes (DomuimgDomain *self, GString *out)
{
  put_number (out, "memory", self->memory);
  if (self->maxmem > self->memory)
    put_number (out, "maxmem", self->maxmem);
  put_number (out, "vcpus", self->vcpus);
  if (self->maxvcpus > self->vcpus)
    put_number (out, "maxvcpus", self->maxvcpus);
}

static gboolean
put_pinning (DomuimgDomain *self, GString *out, GError **error)
{
  return put_text_or_list (out, "cpus", self->cpus, self->vcpu_cpus, error)
         && put_text (out, "cpus_soft", self->cpus_soft, error);
}

static gboolean
put_others (DomuimgDomain *self, GString *out, GError **error)
{
  for (guint i = 0; i < DOMUIMG_N_DEVICE_KINDS; i++)
    {
      const char *key = domuimg_device_key (i);
      g_autofree char *value = NULL;

      if (!domuimg_domain_has_device_key (self, key))
        continue;
      value = domuimg_device_write (self, i, error);
      if (value == NULL)
        return FALSE;
      g_string_append_printf (out, "%s = %s\n", key, value);
    }
  for (guint i = 0; i < self->extra->len; i++)
    {
      const DomuimgDomainExtra *extra = g_ptr_array_index (self->extra, i);

      g_string_append_printf (out, "%s = %s\n", extra->key, extra->value);
    }
  return TRUE;
}

/* A disk of the XML that the model has no place for would be one that the guest lacks. Floppies,
 * which no Xen of today has, are told of as a loss. */
static gboolean
check_carried (DomuimgDomain *self, GError **error)
{
  for (guint i = 0; i < self->foreign->len; i++)
    {
      const DomuimgDomainForeign *foreign = g_ptr_array_index (self->foreign, i);
      g_autofree char *vdev = NULL;

      if (!g_str_equal (foreign->parent, "devices") || !g_str_has_prefix (foreign->xml, "<disk")
          || strstr (foreign->xml, "device=\"floppy\"") != NULL)
        continue;
      vdev = domuimg_foreign_name (foreign);
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                           "disk %s: xl.cfg has no form for such a disk; give the file or device"
                           " behind it (virsh vol-path says which), or take it out of the XML",
                           domuimg_text_or (vdev, "without a name"));
    }
  return TRUE;
}

/**
 * domuimg_domain_to_xl_cfg:
 * @self: a domain
 * @error: return location for an error, %DOMUIMG_ERROR_INVALID_ARGUMENT, or
 *   %DOMUIMG_ERROR_NOT_SUPPORTED for a disk of libvirt's that xl has no form for
 *
 * Writes the guest in the format of xl.cfg(5), to be started by `xl create`. Keys and forms
 * are those that Xen 4.11 and later read; libxlutil is what defines them.
 *
 * Returns: (transfer full): the text of the file, or %NULL
 *
 * Since: 0.1
 */
char *
domuimg_domain_to_xl_cfg (DomuimgDomain *self, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  if (!domuimg_domain_validate (self, error) || !check_carried (self, error))
    return NULL;

  g_string_append_printf (out, "# Xen guest %s, made by domuimg; xl.cfg(5) explains the keys.\n",
                          self->name);
  if (!put_text (out, "name", self->name, error) || !put_text (out, "uuid", domuimg_domain_written_uuid (self), error)
      || !put_text (out, "type", domuimg_guest_type_to_string (self->type), error))
    return NULL;
  put_sizes (self, out);
  if (!put_pinning (self, out, error) || !put_text (out, "bootloader", self->bootloader, error)
      || !put_text_or_list (out, "bootloader_args", self->bootloader_args, self->bootloader_words,
                            error)
      || !put_text (out, "firmware", self->firmware, error)
      || !put_text (out, "kernel", self->kernel, error)
      || !put_text (out, "ramdisk", self->ramdisk, error)
      || !put_text (out, "cmdline", self->cmdline, error) || !put_devices (self, out, error)
      || !put_console (self, out, error)
      || !put_text (out, "on_poweroff", self->on_poweroff, error)
      || !put_text (out, "on_reboot", self->on_reboot, error)
      || !put_text (out, "on_crash", self->on_crash, error) || !put_others (self, out, error))
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}
