/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helpers that add elements and attributes to libvirt's XML. */
#include "config.h"
#include "lib/domain/xml/write.h"

#include <libxml/parser.h>
#include <string.h>

#include "lib/base/xml.h"
#include "lib/domain/xml/values.h"

void
domuimg_xml_warn (DomuimgXmlWriter *writer, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_strv_builder_add (writer->warnings, message);
}

xmlNode *
domuimg_xml_add (xmlNode *parent, const char *name)
{
  return xmlNewChild (parent, NULL, BAD_CAST name, NULL);
}

xmlNode *
domuimg_xml_add_text (xmlNode *parent, const char *name, const char *text)
{
  if (text == NULL)
    return NULL;
  return xmlNewTextChild (parent, NULL, BAD_CAST name, BAD_CAST text);
}

xmlNode *
domuimg_xml_add_textf (xmlNode *parent, const char *name, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  return domuimg_xml_add_text (parent, name, text);
}

void
domuimg_xml_set (xmlNode *node, const char *name, const char *value)
{
  xmlNewProp (node, BAD_CAST name, BAD_CAST value);
}

xmlNode *
domuimg_xml_add_with (xmlNode *parent, const char *name, const char *attribute, const char *value)
{
  xmlNode *node = domuimg_xml_add (parent, name);

  domuimg_xml_set (node, attribute, value);
  return node;
}


xmlNode *
domuimg_xml_child (xmlNode *parent, const char *name)
{
  xmlNode *child = domuimg_xml_first (parent, name);

  return child != NULL ? child : domuimg_xml_add (parent, name);
}

void
domuimg_xml_add_elements (xmlNode *parent, const char *text)
{
  g_autofree char *whole = g_strdup_printf ("<all>%s</all>", text);
  g_autoptr (xmlDoc) document = xmlReadMemory (whole, (int) strlen (whole), NULL, NULL,
                                               XML_PARSE_NONET | XML_PARSE_NOERROR
                                                   | XML_PARSE_NOWARNING);
  xmlNode *all = document != NULL ? xmlDocGetRootElement (document) : NULL;

  for (xmlNode *node = domuimg_xml_first (all, NULL); node != NULL;
       node = domuimg_xml_next (node, NULL))
    xmlAddChild (parent, xmlDocCopyNode (node, parent->doc, 1));
}

char *
domuimg_xml_see_extra (DomuimgXmlWriter *writer, const char *key)
{
  return domuimg_xml_word (domuimg_domain_get_extra (writer->domain, key));
}

char **
domuimg_xml_see_words (DomuimgXmlWriter *writer, const char *key)
{
  return domuimg_xml_words (domuimg_domain_get_extra (writer->domain, key));
}

char *
domuimg_xml_use_extra (DomuimgXmlWriter *writer, const char *key)
{
  char *text = domuimg_xml_see_extra (writer, key);

  if (text != NULL)
    g_hash_table_add (writer->said, g_strdup (key));
  return text;
}

/* The first of a list such as "a=1,b" that begins with @start, taken out of it; whole, it is
 * @start. */
static char *
take_item (char **options, const char *start, gboolean whole)
{
  g_auto (GStrv) all = g_strsplit (domuimg_text_or (*options, ""), ",", -1);
  g_autoptr (GString) rest = g_string_new (NULL);
  char *item = NULL;

  for (guint i = 0; all[i] != NULL; i++)
    if (item == NULL
        && (whole ? g_str_equal (all[i], start) : g_str_has_prefix (all[i], start)))
      item = g_strdup (all[i]);
    else
      g_string_append_printf (rest, "%s%s", rest->len > 0 ? "," : "", all[i]);
  domuimg_replace_text (options, rest->str);
  return item;
}

char *
domuimg_xml_use_option (char **options, const char *name)
{
  g_autofree char *start = g_strconcat (name, "=", NULL);
  g_autofree char *item = take_item (options, start, FALSE);

  return item != NULL ? g_strdup (item + strlen (start)) : NULL;
}

gboolean
domuimg_xml_use_flag (char **options, const char *name)
{
  g_autofree char *item = take_item (options, name, TRUE);

  return item != NULL;
}
