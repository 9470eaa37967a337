/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xml/read.h"
#include "lib/domain/xml/write.h"

/* What Xen has serve a disk where nothing is said. */
const char *domuimg_xml_usual_backend (const DomuimgDomainDisk *disk);
void domuimg_xml_read_disk (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_write_disk (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDisk *disk);
/* NOT_SUPPORTED for a disk that libvirt has no form for. */
gboolean domuimg_xml_check_disk (const DomuimgDomainDisk *disk, GError **error);
