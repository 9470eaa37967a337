/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The getters and setters of a domain. */
#include "config.h"
#include "lib/domain/model/domain.h"

#include "lib/domain/model/identity.h"

/**
 * domuimg_domain_get_name:
 * @self: a domain
 *
 * Returns: the name of the guest
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_name (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->name;
}

/**
 * domuimg_domain_get_guest_type:
 * @self: a domain
 *
 * Returns: the kind of guest
 *
 * Since: 0.1
 */
DomuimgGuestType
domuimg_domain_get_guest_type (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), DOMUIMG_GUEST_TYPE_AUTO);
  return self->type;
}

/**
 * domuimg_domain_set_guest_type:
 * @self: a domain
 * @type: the kind of guest; %DOMUIMG_GUEST_TYPE_AUTO cannot be written
 *
 * Since: 0.1
 */
void
domuimg_domain_set_guest_type (DomuimgDomain *self, DomuimgGuestType type)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  self->type = type;
}

/**
 * domuimg_domain_get_graphics:
 * @self: a domain
 *
 * Returns: how the guest's display is shown
 *
 * Since: 0.1
 */
DomuimgGraphics
domuimg_domain_get_graphics (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), DOMUIMG_GRAPHICS_NONE);
  return self->graphics;
}

/**
 * domuimg_domain_get_graphics_listen:
 * @self: a domain
 *
 * Returns: the address that the display's server listens on, `127.0.0.1` unless set
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_graphics_listen (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return domuimg_text_or (self->graphics_listen, "127.0.0.1");
}

/**
 * domuimg_domain_get_graphics_port:
 * @self: a domain
 *
 * Returns: the TCP port of the display's server, 0 for a free one
 *
 * Since: 0.1
 */
guint
domuimg_domain_get_graphics_port (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), 0);
  return self->graphics_port;
}

/**
 * domuimg_domain_set_graphics:
 * @self: a domain
 * @graphics: how to show the guest's display
 * @listen: (nullable): an address to listen on; %NULL for `127.0.0.1`
 * @port: a TCP port, from 5900 for VNC, or 0 for a free one; xl cannot look for a free one
 *   for SPICE, and takes 5900
 *
 * Gives the guest a display. No password is ever set: keep @listen local, or tunnel.
 *
 * Since: 0.1
 */
void
domuimg_domain_set_graphics (DomuimgDomain *self, DomuimgGraphics graphics, const char *listen,
                             guint port)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  self->graphics = graphics;
  domuimg_replace_text (&self->graphics_listen, listen);
  self->graphics_port = port;
}

/**
 * domuimg_domain_get_uuid:
 * @self: a domain
 *
 * Returns: the UUID as lower-case text
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_uuid (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->uuid;
}

/**
 * domuimg_domain_set_uuid:
 * @self: a domain
 * @uuid: (nullable): a UUID as text, or %NULL for a random one
 *
 * Since: 0.1
 */
void
domuimg_domain_set_uuid (DomuimgDomain *self, const char *uuid)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  g_free (self->uuid);
  self->has_uuid = uuid != NULL && *uuid != '\0';
  self->uuid = self->has_uuid ? g_ascii_strdown (uuid, -1) : domuimg_uuid_new_random ();
}

/**
 * domuimg_domain_get_memory:
 * @self: a domain
 *
 * Returns: the memory that the guest starts with, in MiB
 *
 * Since: 0.1
 */
guint
domuimg_domain_get_memory (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), 0);
  return self->memory;
}

/**
 * domuimg_domain_set_memory:
 * @self: a domain
 * @memory: memory at the start, in MiB
 *
 * Since: 0.1
 */
void
domuimg_domain_set_memory (DomuimgDomain *self, guint memory)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  self->memory = memory;
}

/**
 * domuimg_domain_get_maxmem:
 * @self: a domain
 *
 * Returns: how far the memory may grow, in MiB; 0 for no further than memory
 *
 * Since: 0.1
 */
guint
domuimg_domain_get_maxmem (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), 0);
  return self->maxmem;
}

/**
 * domuimg_domain_set_maxmem:
 * @self: a domain
 * @maxmem: the upper limit in MiB, or 0 for the same as memory
 *
 * Since: 0.1
 */
void
domuimg_domain_set_maxmem (DomuimgDomain *self, guint maxmem)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  self->maxmem = maxmem;
}

/**
 * domuimg_domain_get_vcpus:
 * @self: a domain
 *
 * Returns: the number of virtual CPUs at the start
 *
 * Since: 0.1
 */
guint
domuimg_domain_get_vcpus (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), 0);
  return self->vcpus;
}

/**
 * domuimg_domain_set_vcpus:
 * @self: a domain
 * @vcpus: virtual CPUs at the start
 *
 * Since: 0.1
 */
void
domuimg_domain_set_vcpus (DomuimgDomain *self, guint vcpus)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  self->vcpus = vcpus;
}

/**
 * domuimg_domain_get_maxvcpus:
 * @self: a domain
 *
 * Returns: how far the number of virtual CPUs may grow; 0 for no further than at the start
 *
 * Since: 0.1
 */
guint
domuimg_domain_get_maxvcpus (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), 0);
  return self->maxvcpus;
}

/**
 * domuimg_domain_set_maxvcpus:
 * @self: a domain
 * @maxvcpus: the upper limit, or 0 for the same as vcpus
 *
 * Since: 0.1
 */
void
domuimg_domain_set_maxvcpus (DomuimgDomain *self, guint maxvcpus)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  self->maxvcpus = maxvcpus;
}

/**
 * domuimg_domain_get_kernel:
 * @self: a domain
 *
 * Returns: (nullable): the path of the kernel on the host
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_kernel (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->kernel;
}

/**
 * domuimg_domain_set_kernel:
 * @self: a domain
 * @kernel: (nullable): an absolute path on the host
 *
 * Since: 0.1
 */
void
domuimg_domain_set_kernel (DomuimgDomain *self, const char *kernel)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->kernel, kernel);
}

/**
 * domuimg_domain_get_ramdisk:
 * @self: a domain
 *
 * Returns: (nullable): the path of the initial ramdisk on the host
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_ramdisk (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->ramdisk;
}

/**
 * domuimg_domain_set_ramdisk:
 * @self: a domain
 * @ramdisk: (nullable): an absolute path on the host
 *
 * Since: 0.1
 */
void
domuimg_domain_set_ramdisk (DomuimgDomain *self, const char *ramdisk)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->ramdisk, ramdisk);
}

/**
 * domuimg_domain_get_cmdline:
 * @self: a domain
 *
 * Returns: (nullable): the kernel command line
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_cmdline (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->cmdline;
}

/**
 * domuimg_domain_set_cmdline:
 * @self: a domain
 * @cmdline: (nullable): a kernel command line
 *
 * Since: 0.1
 */
void
domuimg_domain_set_cmdline (DomuimgDomain *self, const char *cmdline)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->cmdline, cmdline);
}

/**
 * domuimg_domain_get_bootloader:
 * @self: a domain
 *
 * Returns: (nullable): the program of the host that finds the kernel inside the disk
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_bootloader (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->bootloader;
}

/**
 * domuimg_domain_set_bootloader:
 * @self: a domain
 * @bootloader: (nullable): a path, or a bare name that Xen looks up in its own directory
 *
 * Since: 0.1
 */
void
domuimg_domain_set_bootloader (DomuimgDomain *self, const char *bootloader)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->bootloader, bootloader);
}

/**
 * domuimg_domain_get_bootloader_args:
 * @self: a domain
 *
 * Returns: (nullable): arguments of the boot loader program, separated by spaces; see
 *   domuimg_domain_list_bootloader_words()
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_bootloader_args (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->bootloader_args;
}

/**
 * domuimg_domain_set_bootloader_args:
 * @self: a domain
 * @bootloader_args: (nullable): arguments, separated by spaces
 *
 * See domuimg_domain_set_bootloader_words() for arguments that have spaces in them.
 *
 * Since: 0.1
 */
void
domuimg_domain_set_bootloader_args (DomuimgDomain *self, const char *bootloader_args)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->bootloader_args, bootloader_args);
  g_clear_pointer (&self->bootloader_words, g_strfreev);
}

/**
 * domuimg_domain_get_firmware:
 * @self: a domain
 *
 * Returns: (nullable): what boots the guest: `pvgrub32` or `pvgrub64` for PV and PVH;
 *   `bios`, `seabios`, `rombios`, `uefi`, `ovmf` or an absolute path for HVM
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_firmware (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->firmware;
}

/**
 * domuimg_domain_set_firmware:
 * @self: a domain
 * @firmware: (nullable): a firmware
 *
 * Since: 0.1
 */
void
domuimg_domain_set_firmware (DomuimgDomain *self, const char *firmware)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->firmware, firmware);
}

/**
 * domuimg_domain_get_serial:
 * @self: a domain
 *
 * Returns: (nullable): what an HVM guest's serial port, or the first of several, is connected to,
 *   %NULL for `pty`; other guests have the Xen console instead
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_serial (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->serial;
}

/**
 * domuimg_domain_set_serial:
 * @self: a domain
 * @serial: (nullable): where to connect the serial port to, as QEMU's -serial; %NULL for
 *   `pty`, `none` for a guest without one
 *
 * Gives the guest one port; see domuimg_domain_set_serials() for several.
 *
 * Since: 0.1
 */
void
domuimg_domain_set_serial (DomuimgDomain *self, const char *serial)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->serial, serial);
  g_clear_pointer (&self->serials, g_strfreev);
}

/**
 * domuimg_domain_get_on_poweroff:
 * @self: a domain
 *
 * Returns: what happens when the guest powers off
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_on_poweroff (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->on_poweroff;
}

/**
 * domuimg_domain_set_on_poweroff:
 * @self: a domain
 * @on_poweroff: (nullable): an action of xl.cfg(5); %NULL for `destroy`
 *
 * Since: 0.1
 */
void
domuimg_domain_set_on_poweroff (DomuimgDomain *self, const char *on_poweroff)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->on_poweroff, domuimg_text_or (on_poweroff, "destroy"));
}

/**
 * domuimg_domain_get_on_reboot:
 * @self: a domain
 *
 * Returns: what happens when the guest reboots
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_on_reboot (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->on_reboot;
}

/**
 * domuimg_domain_set_on_reboot:
 * @self: a domain
 * @on_reboot: (nullable): an action of xl.cfg(5); %NULL for `restart`
 *
 * Since: 0.1
 */
void
domuimg_domain_set_on_reboot (DomuimgDomain *self, const char *on_reboot)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->on_reboot, domuimg_text_or (on_reboot, "restart"));
}

/**
 * domuimg_domain_get_on_crash:
 * @self: a domain
 *
 * Returns: what happens when the guest crashes
 *
 * Since: 0.1
 */
const char *
domuimg_domain_get_on_crash (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->on_crash;
}

/**
 * domuimg_domain_set_on_crash:
 * @self: a domain
 * @on_crash: (nullable): an action of xl.cfg(5); %NULL for `destroy`
 *
 * Since: 0.1
 */
void
domuimg_domain_set_on_crash (DomuimgDomain *self, const char *on_crash)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  domuimg_replace_text (&self->on_crash, domuimg_text_or (on_crash, "destroy"));
}
