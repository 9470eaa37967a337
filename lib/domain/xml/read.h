/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/xml.h"
#include "lib/domain/model/device.h"

/* Reading libvirt's XML: what is understood is taken out of the tree, and what is then left is
 * carried or noted, so that nothing is lost in silence. */

typedef struct {
  DomuimgDomain *domain;
  const char *name; /* of the file */
} DomuimgXmlReader;

/* The child element, marked as understood but for what it holds; NULL for NULL. */
xmlNode *domuimg_xml_open (xmlNode *node, const char *name);
/* An attribute, or the text of a child element; NULL where there is none. (transfer full) */
char *domuimg_xml_take (xmlNode *node, const char *attribute);
char *domuimg_xml_take_text (xmlNode *node, const char *name);
/* Takes it, if it has this value. */
gboolean domuimg_xml_take_if (xmlNode *node, const char *attribute, const char *value);
/* Takes an element with all that is in it, of which nothing has to be kept. */
void domuimg_xml_drop (xmlNode *node);
/* Elements of @node that nobody opened, as a text; attributes that nobody took, and all that is
 * deeper, are noted as left out of @what. */
char *domuimg_xml_rest (DomuimgXmlReader *self, xmlNode *node, const char *what);
/* Takes the elements that say where a device is, and nothing more. */
void domuimg_xml_drop_places (xmlNode *node);
/* Adds "NAME=VALUE" to a list such as "a=1,b=2"; nothing for a @value of NULL. */
void domuimg_xml_add_option (char **options, const char *name, const char *value);
void domuimg_xml_add_flag (char **options, const char *name);
/* One element as a text that needs nothing around it. */
char *domuimg_xml_element_text (xmlNode *node);

void domuimg_xml_read_devices (DomuimgXmlReader *self, xmlNode *devices);
