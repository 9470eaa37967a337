/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/describe/hardware.h"
#include "lib/base/xml.h"

/* Everything but name, disks and NICs of a <Machine> of VirtualBox, which its OVF has within. */
void domuimg_vbox_read_system (DomuimgHardware *self, xmlNode *machine);
/* Its enabled adapters, in the order of their slots. */
GPtrArray *domuimg_vbox_list_adapters (xmlNode *machine);
