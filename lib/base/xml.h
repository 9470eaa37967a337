/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/tree.h>

#include "lib/base/base.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)

/* No description of a machine has more bytes. */
#define DOMUIMG_XML_MAX (4 << 20)

/* Names below are without namespaces: each of these formats has one, which its makers vary. */

/* A document whose root is @root. UNSAFE_INPUT where it has a document type, which could define
 * entities; nothing of such a one is read. */
xmlDoc *domuimg_xml_parse (const char *text, gsize length, const char *root, const char *name,
                           GError **error);
/* The first child element @name of @node, and the next one after it; any for NULL. */
xmlNode *domuimg_xml_first (xmlNode *node, const char *name);
xmlNode *domuimg_xml_next (xmlNode *node, const char *name);
/* By a path such as "os/loader"; NULL for NULL. */
xmlNode *domuimg_xml_find (xmlNode *node, const char *path);
/* Without white space around it; NULL where there is no such or it is empty. */
char *domuimg_xml_attr (xmlNode *node, const char *name);
char *domuimg_xml_text (xmlNode *node);
/* The same for what is at @path below @node. */
char *domuimg_xml_find_attr (xmlNode *node, const char *path, const char *name);
char *domuimg_xml_find_text (xmlNode *node, const char *path);
gboolean domuimg_xml_attr_is (xmlNode *node, const char *name, const char *value);
