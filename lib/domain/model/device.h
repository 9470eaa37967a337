/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/domain-device.h"
#include "lib/domain/model/domain.h"
#include "lib/domain/xl/file.h"

#define DOMUIMG_N_DEVICE_KINDS (DOMUIMG_DEVICE_NUMA_NODE + 1)

/* The key of xl.cfg that lists devices of @kind. */
const char *domuimg_device_key (DomuimgDeviceKind kind);
/* Whether the model has devices that xl.cfg lists under @key. */
gboolean domuimg_domain_has_device_key (DomuimgDomain *self, const char *key);

/* Adds the devices that the list under the key of @kind has. FALSE, with none added, where it is
 * not of the form that xl.cfg(5) gives. */
gboolean domuimg_device_read (DomuimgXlFile *file, DomuimgDeviceKind kind, DomuimgDomain *domain);
/* All devices of a kind as a value of xl.cfg on lines of its own; NULL where there are none. */
char *domuimg_device_write (DomuimgDomain *domain, DomuimgDeviceKind kind, GError **error);
gboolean domuimg_device_check (DomuimgDomainDevice *self, GError **error);
