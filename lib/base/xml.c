/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads XML that others wrote, without network, entities and document types. */
#include "config.h"
#include "lib/base/xml.h"

#include <libxml/parser.h>
#include <string.h>

#include "lib/base/utf16.h"

static gboolean
is_named (const xmlNode *node, const char *name)
{
  return node->type == XML_ELEMENT_NODE
         && (name == NULL || g_str_equal ((const char *) node->name, name));
}

xmlNode *
domuimg_xml_next (xmlNode *node, const char *name)
{
  for (xmlNode *next = node->next; next != NULL; next = next->next)
    if (is_named (next, name))
      return next;
  return NULL;
}

xmlNode *
domuimg_xml_first (xmlNode *node, const char *name)
{
  if (node == NULL || node->children == NULL)
    return NULL;
  return is_named (node->children, name) ? node->children : domuimg_xml_next (node->children, name);
}

xmlNode *
domuimg_xml_find (xmlNode *node, const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", 0);

  for (guint i = 0; node != NULL && names[i] != NULL; i++)
    node = domuimg_xml_first (node, names[i]);
  return node;
}

/* Takes @text; NULL where it is empty. */
static char *
strip (char *text)
{
  if (*g_strstrip (text) != '\0')
    return text;
  g_free (text);
  return NULL;
}

char *
domuimg_xml_attr (xmlNode *node, const char *name)
{
  xmlChar *value = node != NULL ? xmlGetProp (node, (const xmlChar *) name) : NULL;
  char *text = value != NULL ? strip (g_strdup ((const char *) value)) : NULL;

  xmlFree (value);
  return text;
}

char *
domuimg_xml_text (xmlNode *node)
{
  GString *text = g_string_new (NULL);

  for (xmlNode *child = node != NULL ? node->children : NULL; child != NULL; child = child->next)
    if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE)
      g_string_append (text, (const char *) child->content);
  return strip (g_string_free (text, FALSE));
}

char *
domuimg_xml_find_attr (xmlNode *node, const char *path, const char *name)
{
  return domuimg_xml_attr (domuimg_xml_find (node, path), name);
}

char *
domuimg_xml_find_text (xmlNode *node, const char *path)
{
  return domuimg_xml_text (domuimg_xml_find (node, path));
}

gboolean
domuimg_xml_attr_is (xmlNode *node, const char *name, const char *value)
{
  g_autofree char *text = domuimg_xml_attr (node, name);

  return text != NULL && g_ascii_strcasecmp (text, value) == 0;
}

/* Called before anything that the document type declares is read. */
static void
refuse_document_type (void *user_data, const xmlChar *name, const xmlChar *external_id,
                      const xmlChar *system_id)
{
  xmlParserCtxt *context = user_data;
  gboolean *has_document_type = context->_private;

  *has_document_type = TRUE;
  xmlStopParser (context);
}

static void
fail_for_syntax (xmlParserCtxt *context, const char *name, GError **error)
{
  const xmlError *last = xmlCtxtGetLastError (context);
  g_autofree char *what = g_strdup (last != NULL && last->message != NULL ? last->message : "");

  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%d:%d: this is not well-formed XML: %s",
                name, last != NULL ? last->line : 1, last != NULL ? MAX (last->int2, 1) : 1,
                g_strstrip (what));
}

static xmlDoc *
read_document (xmlParserCtxt *context, const char *text, gsize length, int options, const char *name,
               GError **error)
{
  gboolean has_document_type = FALSE;
  g_autoptr (xmlDoc) document = NULL;

  context->_private = &has_document_type;
  context->sax->internalSubset = refuse_document_type;
  document = xmlCtxtReadMemory (context, text, (int) length, NULL, NULL,
                                options | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (has_document_type)
    {
      domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                    "%s has a document type, which could define entities; remove its <!DOCTYPE …>"
                    " if you trust it", name);
      return NULL;
    }
  if (document == NULL)
    fail_for_syntax (context, name, error);
  return g_steal_pointer (&document);
}

static gboolean
check_length (gsize length, const char *name, GError **error)
{
  if (length <= DOMUIMG_XML_MAX)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: %" G_GSIZE_FORMAT " bytes are too many for a machine's description",
                       name, length);
}

xmlDoc *
domuimg_xml_parse (const char *text, gsize length, const char *root, const char *name,
                   GError **error)
{
  g_autoptr (xmlDoc) document = NULL;
  g_autofree char *plain = NULL;
  xmlParserCtxt *context;

  if (!check_length (length, name, error))
    return NULL;
  /* Whoever made UTF-16 of a file left what it says of its encoding. */
  plain = domuimg_utf16_to_utf8 (text, length, &length);
  context = xmlNewParserCtxt ();
  document = read_document (context, plain != NULL ? plain : text, length,
                            plain != NULL ? XML_PARSE_IGNORE_ENC : 0, name, error);
  xmlFreeParserCtxt (context);
  if (document == NULL)
    return NULL;
  if (is_named (xmlDocGetRootElement (document), root))
    return g_steal_pointer (&document);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its root is <%s> and not <%s>", name,
                (const char *) xmlDocGetRootElement (document)->name, root);
  return NULL;
}
