/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt says of things, in XML and in errors. */
#include "config.h"
#include "cli/helpers/libvirt-host.h"

#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlXPathContext, xmlXPathFreeContext)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlXPathObject, xmlXPathFreeObject)

int
libvirt_failed (const char *what)
{
  fprintf (stderr, "%s: %s\n", what, virGetLastErrorMessage ());
  return EXIT_FAILURE;
}

xmlDoc *
libvirt_parse (const char *xml)
{
  return xmlReadMemory (xml, (int) strlen (xml), NULL, NULL,
                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

char *
libvirt_find_text (char *xml, const char *path)
{
  g_autoptr (xmlDoc) document = xml != NULL ? libvirt_parse (xml) : NULL;
  g_autoptr (xmlXPathContext) context = document != NULL ? xmlXPathNewContext (document) : NULL;
  g_autoptr (xmlXPathObject) found
      = context != NULL ? xmlXPathEvalExpression ((const xmlChar *) path, context) : NULL;
  xmlChar *text;
  char *copy;

  free (xml);
  if (found == NULL || found->nodesetval == NULL || found->nodesetval->nodeNr == 0)
    return NULL;
  text = xmlNodeGetContent (found->nodesetval->nodeTab[0]);
  copy = g_strdup ((const char *) text);
  xmlFree (text);
  return copy;
}
