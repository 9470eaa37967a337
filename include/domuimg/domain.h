/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>

G_BEGIN_DECLS

/**
 * DomuimgGraphics:
 * @DOMUIMG_GRAPHICS_NONE: no display, only the console
 * @DOMUIMG_GRAPHICS_VNC: a VNC server
 * @DOMUIMG_GRAPHICS_SDL: a window on the host
 * @DOMUIMG_GRAPHICS_SPICE: a SPICE server; HVM only
 *
 * How a guest's display is shown.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_GRAPHICS_NONE,
  DOMUIMG_GRAPHICS_VNC,
  DOMUIMG_GRAPHICS_SDL,
  DOMUIMG_GRAPHICS_SPICE,
} DomuimgGraphics;

#define DOMUIMG_TYPE_DOMAIN_DISK (domuimg_domain_disk_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgDomainDisk, domuimg_domain_disk, DOMUIMG, DOMAIN_DISK, GObject)

DOMUIMG_API
DomuimgDomainDisk *domuimg_domain_disk_new (const char *target, const char *vdev);
DOMUIMG_API
const char *domuimg_domain_disk_get_vdev (DomuimgDomainDisk *self);
DOMUIMG_API
const char *domuimg_domain_disk_get_target (DomuimgDomainDisk *self);
DOMUIMG_API
void domuimg_domain_disk_set_target (DomuimgDomainDisk *self, const char *target);
DOMUIMG_API
const char *domuimg_domain_disk_get_format (DomuimgDomainDisk *self);
DOMUIMG_API
void domuimg_domain_disk_set_format (DomuimgDomainDisk *self, const char *format);
DOMUIMG_API
const char *domuimg_domain_disk_get_backendtype (DomuimgDomainDisk *self);
DOMUIMG_API
void domuimg_domain_disk_set_backendtype (DomuimgDomainDisk *self, const char *backendtype);
DOMUIMG_API
gboolean domuimg_domain_disk_get_readonly (DomuimgDomainDisk *self);
DOMUIMG_API
void domuimg_domain_disk_set_readonly (DomuimgDomainDisk *self, gboolean readonly);
DOMUIMG_API
gboolean domuimg_domain_disk_get_cdrom (DomuimgDomainDisk *self);
DOMUIMG_API
void domuimg_domain_disk_set_cdrom (DomuimgDomainDisk *self, gboolean cdrom);

#define DOMUIMG_TYPE_DOMAIN_NIC (domuimg_domain_nic_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgDomainNic, domuimg_domain_nic, DOMUIMG, DOMAIN_NIC, GObject)

DOMUIMG_API
DomuimgDomainNic *domuimg_domain_nic_new (const char *mac);
DOMUIMG_API
const char *domuimg_domain_nic_get_mac (DomuimgDomainNic *self);
DOMUIMG_API
const char *domuimg_domain_nic_get_bridge (DomuimgDomainNic *self);
DOMUIMG_API
void domuimg_domain_nic_set_bridge (DomuimgDomainNic *self, const char *bridge);
DOMUIMG_API
const char *domuimg_domain_nic_get_ip (DomuimgDomainNic *self);
DOMUIMG_API
void domuimg_domain_nic_set_ip (DomuimgDomainNic *self, const char *ip);
DOMUIMG_API
const char *domuimg_domain_nic_get_script (DomuimgDomainNic *self);
DOMUIMG_API
void domuimg_domain_nic_set_script (DomuimgDomainNic *self, const char *script);
DOMUIMG_API
const char *domuimg_domain_nic_get_model (DomuimgDomainNic *self);
DOMUIMG_API
void domuimg_domain_nic_set_model (DomuimgDomainNic *self, const char *model);
DOMUIMG_API
const char *domuimg_domain_nic_get_vifname (DomuimgDomainNic *self);
DOMUIMG_API
void domuimg_domain_nic_set_vifname (DomuimgDomainNic *self, const char *vifname);
DOMUIMG_API
const char *domuimg_domain_nic_get_rate (DomuimgDomainNic *self);
DOMUIMG_API
void domuimg_domain_nic_set_rate (DomuimgDomainNic *self, const char *rate);

#define DOMUIMG_TYPE_DOMAIN (domuimg_domain_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgDomain, domuimg_domain, DOMUIMG, DOMAIN, GObject)

DOMUIMG_API
DomuimgDomain *domuimg_domain_new (const char *name, GError **error);
DOMUIMG_API
DomuimgDomain *domuimg_domain_new_from_xl_cfg (const char *text, const char *name, GError **error);
DOMUIMG_API
const char *domuimg_domain_get_name (DomuimgDomain *self);
DOMUIMG_API
DomuimgGuestType domuimg_domain_get_guest_type (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_guest_type (DomuimgDomain *self, DomuimgGuestType type);
DOMUIMG_API
const char *domuimg_domain_get_uuid (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_uuid (DomuimgDomain *self, const char *uuid);
DOMUIMG_API
guint domuimg_domain_get_memory (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_memory (DomuimgDomain *self, guint memory);
DOMUIMG_API
guint domuimg_domain_get_maxmem (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_maxmem (DomuimgDomain *self, guint maxmem);
DOMUIMG_API
guint domuimg_domain_get_vcpus (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_vcpus (DomuimgDomain *self, guint vcpus);
DOMUIMG_API
guint domuimg_domain_get_maxvcpus (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_maxvcpus (DomuimgDomain *self, guint maxvcpus);
DOMUIMG_API
const char *domuimg_domain_get_kernel (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_kernel (DomuimgDomain *self, const char *kernel);
DOMUIMG_API
const char *domuimg_domain_get_ramdisk (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_ramdisk (DomuimgDomain *self, const char *ramdisk);
DOMUIMG_API
const char *domuimg_domain_get_cmdline (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_cmdline (DomuimgDomain *self, const char *cmdline);
DOMUIMG_API
const char *domuimg_domain_get_bootloader (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_bootloader (DomuimgDomain *self, const char *bootloader);
DOMUIMG_API
const char *domuimg_domain_get_bootloader_args (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_bootloader_args (DomuimgDomain *self, const char *bootloader_args);
DOMUIMG_API
char **domuimg_domain_list_bootloader_words (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_bootloader_words (DomuimgDomain *self, const char *const *words);
DOMUIMG_API
const char *domuimg_domain_get_firmware (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_firmware (DomuimgDomain *self, const char *firmware);
DOMUIMG_API
const char *domuimg_domain_get_serial (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_serial (DomuimgDomain *self, const char *serial);
DOMUIMG_API
char **domuimg_domain_list_serials (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_serials (DomuimgDomain *self, const char *const *serials);
DOMUIMG_API
const char *domuimg_domain_get_on_poweroff (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_on_poweroff (DomuimgDomain *self, const char *on_poweroff);
DOMUIMG_API
const char *domuimg_domain_get_on_reboot (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_on_reboot (DomuimgDomain *self, const char *on_reboot);
DOMUIMG_API
const char *domuimg_domain_get_on_crash (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_on_crash (DomuimgDomain *self, const char *on_crash);
DOMUIMG_API
DomuimgGraphics domuimg_domain_get_graphics (DomuimgDomain *self);
DOMUIMG_API
const char *domuimg_domain_get_graphics_listen (DomuimgDomain *self);
DOMUIMG_API
guint domuimg_domain_get_graphics_port (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_graphics (DomuimgDomain *self, DomuimgGraphics graphics,
                                  const char *listen, guint port);
DOMUIMG_API
const char *domuimg_domain_get_graphics_password (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_graphics_password (DomuimgDomain *self, const char *password);
DOMUIMG_API
const char *domuimg_domain_get_cpus (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_cpus (DomuimgDomain *self, const char *cpus);
DOMUIMG_API
char **domuimg_domain_list_vcpu_cpus (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_vcpu_cpus (DomuimgDomain *self, const char *const *cpus);
DOMUIMG_API
const char *domuimg_domain_get_cpus_soft (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_set_cpus_soft (DomuimgDomain *self, const char *cpus_soft);
DOMUIMG_API
void domuimg_domain_add_disk (DomuimgDomain *self, DomuimgDomainDisk *disk);
DOMUIMG_API
GPtrArray *domuimg_domain_get_disks (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_add_nic (DomuimgDomain *self, DomuimgDomainNic *nic);
DOMUIMG_API
GPtrArray *domuimg_domain_get_nics (DomuimgDomain *self);
DOMUIMG_API
void domuimg_domain_add_extra (DomuimgDomain *self, const char *key, const char *value);
DOMUIMG_API
const char *domuimg_domain_get_extra (DomuimgDomain *self, const char *key);
DOMUIMG_API
char **domuimg_domain_list_extra (DomuimgDomain *self);
DOMUIMG_API
gboolean domuimg_domain_validate (DomuimgDomain *self, GError **error);
DOMUIMG_API
char *domuimg_domain_to_xl_cfg (DomuimgDomain *self, GError **error);
DOMUIMG_API
char *domuimg_domain_to_libvirt_xml (DomuimgDomain *self, char ***warnings, GError **error);

G_END_DECLS
