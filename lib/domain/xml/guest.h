/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xml/values.h"
#include "lib/domain/xml/write.h"

/* Parts of libvirt's XML that are keys of xl.cfg to the model, each read and written in one file. */

void domuimg_xml_read_clock (DomuimgXmlReader *self, xmlNode *root);
void domuimg_xml_write_clock (DomuimgXmlWriter *writer, xmlNode *root);
void domuimg_xml_read_features (DomuimgXmlReader *self, xmlNode *root);
void domuimg_xml_write_features (DomuimgXmlWriter *writer, xmlNode *root);
/* Its mode, features and nodes, and its share of the host's time. */
void domuimg_xml_read_cpu (DomuimgXmlReader *self, xmlNode *root);
void domuimg_xml_write_cpu (DomuimgXmlWriter *writer, xmlNode *root);
/* The nodes inside <cpu>. */
void domuimg_xml_read_numa (DomuimgXmlReader *self, xmlNode *cpu);
void domuimg_xml_write_numa (DomuimgXmlWriter *writer, xmlNode *root);
/* What QEMU emulates beside disks, cards and ports. */
void domuimg_xml_read_video (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_read_sound (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_read_input (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_write_emulated (DomuimgXmlWriter *writer, xmlNode *devices);
/* What QEMU is started with. */
void domuimg_xml_read_arguments (DomuimgXmlReader *self, xmlNode *root);
void domuimg_xml_write_arguments (DomuimgXmlWriter *writer, xmlNode *root);
