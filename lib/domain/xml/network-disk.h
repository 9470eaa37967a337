/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xml/read.h"
#include "lib/domain/xml/write.h"

/* Disks that QEMU reaches over a network: xl.cfg has QEMU's name for one as the target, such as
 * "rbd:pool/image:mon_host=a" or "nbd://host/export", and libvirt's XML a <source protocol=...>.
 * What one of them cannot say is added to @lost, without secrets. */

/* <source> for @target, added to @disk; FALSE with none added for what libvirt has no form for. */
gboolean domuimg_xml_write_network (xmlNode *disk, const char *target, GStrvBuilder *lost);
/* The target of a <disk type="network">, whose <source> and <auth> are then taken; NULL for what QEMU
 * has no name for. */
char *domuimg_xml_read_network (xmlNode *disk, GStrvBuilder *lost);

/* The protocols that are no URIs: Ceph's. */
gboolean domuimg_xml_write_rbd (xmlNode *disk, const char *text, GStrvBuilder *lost);
char *domuimg_xml_read_rbd (xmlNode *disk, xmlNode *source, GStrvBuilder *lost);
/* <host> of @source; nothing for a port of 0 or less. */
void domuimg_xml_add_host (xmlNode *source, const char *name, int port);
