/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xml/read.h"

/* Whether a domain has no more devices than are read: what is written keeps to that, too. */
gboolean domuimg_xml_devices_fit (xmlNode *root);
/* The text of a value of xl.cfg, without quotes and escapes; NULL for a list, and for NULL. */
char *domuimg_xml_word (const char *value);
/* The texts of a list of strings, or of one string; NULL for anything else. */
char **domuimg_xml_words (const char *value);
/* Sets an extra key to a string; */
void domuimg_xml_set_word (DomuimgXmlReader *self, const char *key, const char *value);
/* to the number of an attribute, which is taken, divided by @divisor; */
void domuimg_xml_set_number (DomuimgXmlReader *self, xmlNode *node, const char *attribute,
                             const char *key, guint divisor);
/* to a list of strings; */
void domuimg_xml_set_list (DomuimgXmlReader *self, const char *key, char **words);
/* to a list, or a string where there is one only. */
void domuimg_xml_set_words (DomuimgXmlReader *self, const char *key, char **words);
/* A size of memory in MiB, rounded up as libvirt does where it is not @exact; @unit NULL is KiB.
 * FALSE for what is none. */
gboolean domuimg_xml_memory_parse (const char *text, const char *unit, guint *mebibytes,
                                   gboolean *exact);
