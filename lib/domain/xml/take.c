/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes what the model has out of libvirt's XML, so that the rest can be carried. */
#include "config.h"
#include "lib/domain/xml/read.h"

#include <string.h>

xmlNode *
domuimg_xml_open (xmlNode *node, const char *name)
{
  xmlNode *child = domuimg_xml_first (node, name);

  if (child != NULL)
    child->_private = child;
  return child;
}

char *
domuimg_xml_take (xmlNode *node, const char *attribute)
{
  xmlAttr *found = node != NULL ? xmlHasProp (node, BAD_CAST attribute) : NULL;
  char *value = domuimg_xml_attr (node, attribute);

  if (found != NULL)
    xmlRemoveProp (found);
  return value;
}

gboolean
domuimg_xml_take_if (xmlNode *node, const char *attribute, const char *value)
{
  g_autofree char *is = domuimg_xml_attr (node, attribute);

  if (g_strcmp0 (is, value) != 0)
    return FALSE;
  g_free (domuimg_xml_take (node, attribute));
  return TRUE;
}

char *
domuimg_xml_take_text (xmlNode *node, const char *name)
{
  xmlNode *child = domuimg_xml_open (node, name);

  return child != NULL ? domuimg_xml_text (child) : NULL;
}

void
domuimg_xml_drop (xmlNode *node)
{
  if (node == NULL)
    return;
  xmlUnlinkNode (node);
  xmlFreeNode (node);
}

/* White space between elements, which is the layout of a file. */
static void
drop_layout (xmlNode *node)
{
  xmlNode *child = domuimg_xml_first (node, NULL) != NULL ? node->children : NULL;

  while (child != NULL)
    {
      xmlNode *next = child->next;

      if (xmlIsBlankNode (child))
        domuimg_xml_drop (child);
      else
        drop_layout (child);
      child = next;
    }
}

char *
domuimg_xml_element_text (xmlNode *node)
{
  g_autoptr (xmlDoc) document = xmlNewDoc (BAD_CAST "1.0");
  xmlNode *copy = xmlDocCopyNode (node, document, 1);
  xmlBuffer *buffer = xmlBufferCreate ();
  char *text;

  xmlDocSetRootElement (document, copy);
  /* Prefixes that were declared around it. */
  xmlReconciliateNs (document, copy);
  drop_layout (copy);
  xmlNodeDump (buffer, document, copy, 0, 0);
  text = g_strdup ((const char *) xmlBufferContent (buffer));
  xmlBufferFree (buffer);
  return text;
}

static void
note_attributes (DomuimgXmlReader *self, xmlNode *node, const char *what)
{
  for (xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next)
    {
      const char *name = (const char *) attribute->name;
      g_autofree char *value = domuimg_xml_attr (node, name);
      /* Passwords stay unsaid, whatever they are for. */
      gboolean secret = g_str_has_prefix (name, "passw");

      domuimg_domain_warn (self->domain, "%s: <%s %s=\"%s\"> is left out", what,
                           (const char *) node->name, name,
                           secret ? "***" : value != NULL ? value : "");
    }
}

char *
domuimg_xml_rest (DomuimgXmlReader *self, xmlNode *node, const char *what)
{
  g_autoptr (GString) rest = g_string_new (NULL);

  note_attributes (self, node, what);
  for (xmlNode *child = domuimg_xml_first (node, NULL); child != NULL;
       child = domuimg_xml_next (child, NULL))
    {
      g_autofree char *text = child->_private == NULL ? domuimg_xml_element_text (child)
                                                      : domuimg_xml_rest (self, child, what);

      if (child->_private == NULL)
        g_string_append (rest, text);
      else if (text != NULL)
        domuimg_domain_warn (self->domain, "%s: %s is left out", what,
                             strstr (text, "passw") != NULL ? "an element with a password" : text);
    }
  return rest->len > 0 ? g_string_free (g_steal_pointer (&rest), FALSE) : NULL;
}
