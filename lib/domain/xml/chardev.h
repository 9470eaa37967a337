/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xml/read.h"
#include "lib/domain/xml/write.h"

/* @text, which is QEMU's for a character device, as type and sources of <serial> or its kin; FALSE
 * for what libvirt has no form for. */
gboolean domuimg_xml_write_chardev (xmlNode *node, const char *text);
/* The reverse; NULL for what QEMU has no word for. (transfer full) */
char *domuimg_xml_read_chardev (xmlNode *node);

/* The ports and the console of a guest. */
void domuimg_xml_write_ports (DomuimgXmlWriter *writer, xmlNode *devices);
void domuimg_xml_read_serial (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_read_parallel (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_read_console (DomuimgXmlReader *self, xmlNode *node);
