/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xml/read.h"
#include "lib/domain/xml/write.h"

/* A key of SPICE and the attribute that says the same. */
typedef struct {
  const char *key;
  const char *element;
  const char *attribute;
  const char *on; /* NULL: the values have the same words in both */
  const char *off;
} DomuimgSpiceOption;

#define DOMUIMG_N_SPICE_OPTIONS 4
extern const DomuimgSpiceOption domuimg_spice_options[];

void domuimg_xml_read_graphics (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_read_redirection (DomuimgXmlReader *self, xmlNode *node);
void domuimg_xml_write_graphics (DomuimgXmlWriter *writer, xmlNode *devices);
