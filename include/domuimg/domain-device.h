/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/domain.h>

G_BEGIN_DECLS

/**
 * DomuimgDeviceKind:
 * @DOMUIMG_DEVICE_PCI: a PCI device of the host: `bdf`, `vslot`, `name`, `permissive`,
 *   `msitranslate`, `seize`, `power_mgmt`, `rdm_policy`
 * @DOMUIMG_DEVICE_USB_CONTROLLER: a USB controller: `type`, `version`, `ports`, `backend`
 * @DOMUIMG_DEVICE_USB: a USB device of the host: `type`, `hostbus`, `hostaddr`, `controller`,
 *   `port`
 * @DOMUIMG_DEVICE_VTPM: a virtual TPM: `backend`, `uuid`
 * @DOMUIMG_DEVICE_P9: a directory of the host by 9pfs: `tag`, `path`, `security_model`, `backend`
 * @DOMUIMG_DEVICE_CHANNEL: a console that has a name: `name`, `connection`, `path`, `backend`
 * @DOMUIMG_DEVICE_NUMA_NODE: a virtual NUMA node: `pnode`, `size` in MiB, `vcpus`, `vdistances`
 *
 * What a #DomuimgDomainDevice is, with its options, which are those that xl.cfg(5) has in `pci`,
 * `usbctrl`, `usbdev`, `vtpm`, `p9`, `channel` and `vnuma`.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_DEVICE_PCI,
  DOMUIMG_DEVICE_USB_CONTROLLER,
  DOMUIMG_DEVICE_USB,
  DOMUIMG_DEVICE_VTPM,
  DOMUIMG_DEVICE_P9,
  DOMUIMG_DEVICE_CHANNEL,
  DOMUIMG_DEVICE_NUMA_NODE,
} DomuimgDeviceKind;

DOMUIMG_API
const char *domuimg_device_kind_to_string (DomuimgDeviceKind kind);

#define DOMUIMG_TYPE_DOMAIN_DEVICE (domuimg_domain_device_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgDomainDevice, domuimg_domain_device, DOMUIMG, DOMAIN_DEVICE, GObject)

DOMUIMG_API
DomuimgDomainDevice *domuimg_domain_device_new (DomuimgDeviceKind kind);
DOMUIMG_API
DomuimgDeviceKind domuimg_domain_device_get_kind (DomuimgDomainDevice *self);
DOMUIMG_API
const char *domuimg_domain_device_get_option (DomuimgDomainDevice *self, const char *name);
DOMUIMG_API
void domuimg_domain_device_set_option (DomuimgDomainDevice *self, const char *name,
                                       const char *value);
DOMUIMG_API
char **domuimg_domain_device_list_options (DomuimgDomainDevice *self);

DOMUIMG_API
void domuimg_domain_add_device (DomuimgDomain *self, DomuimgDomainDevice *device);
DOMUIMG_API
GPtrArray *domuimg_domain_get_devices (DomuimgDomain *self);

G_END_DECLS
