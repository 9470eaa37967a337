/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <libxml/tree.h>

#include "lib/domain/model/device.h"

/* Writing libvirt's XML, for the files that do. */

typedef struct {
  DomuimgDomain *domain;
  GStrvBuilder *warnings;
  GHashTable *said; /* extra keys that have a place in the XML */
} DomuimgXmlWriter;

void domuimg_xml_warn (DomuimgXmlWriter *writer, const char *format, ...) G_GNUC_PRINTF (2, 3);
xmlNode *domuimg_xml_add (xmlNode *parent, const char *name);
/* Nothing for NULL. */
xmlNode *domuimg_xml_add_text (xmlNode *parent, const char *name, const char *text);
xmlNode *domuimg_xml_add_textf (xmlNode *parent, const char *name, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
void domuimg_xml_set (xmlNode *node, const char *name, const char *value);
/* A child with one attribute: <name attribute="value"/>. */
xmlNode *domuimg_xml_add_with (xmlNode *parent, const char *name, const char *attribute,
                               const char *value);
/* The child, added where there is none. */
xmlNode *domuimg_xml_child (xmlNode *parent, const char *name);
/* Elements that were carried as a text. */
void domuimg_xml_add_elements (xmlNode *parent, const char *text);
/* The value of an extra key, which is then taken for written; NULL without. (transfer full) */
char *domuimg_xml_use_extra (DomuimgXmlWriter *writer, const char *key);
/* The texts of a list or of one string; not taken. */
char **domuimg_xml_see_words (DomuimgXmlWriter *writer, const char *key);
/* The same without taking it. */
char *domuimg_xml_see_extra (DomuimgXmlWriter *writer, const char *key);
/* The option @name of a list such as "a=1,b=2", taken out of it; NULL without. */
char *domuimg_xml_use_option (char **options, const char *name);
/* Whether the flag @name was in the list, from which it is taken. */
gboolean domuimg_xml_use_flag (char **options, const char *name);

/* The devices that are neither, and what extra keys say of them. */
void domuimg_xml_write_others (DomuimgXmlWriter *writer, xmlNode *devices);
