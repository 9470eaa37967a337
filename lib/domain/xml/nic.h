/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xml/read.h"
#include "lib/domain/xml/write.h"

/* What an Open vSwitch is called by libvirt, and its script by Xen. */
#define DOMUIMG_OVS_PORT "openvswitch"
#define DOMUIMG_OVS_SCRIPT "vif-openvswitch"

/* The number of a VLAN; NULL is none. */
gboolean domuimg_xml_tag_parse (const char *text, guint *number);
void domuimg_xml_read_nic (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_write_nic (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainNic *nic);
