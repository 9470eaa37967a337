/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Helpers that add elements and attributes to libvirt's XML. */
#include "config.h"
#include "lib/domain/xml/write.h"

#include <libxml/parser.h>
#include <string.h>

#include "lib/base/xml.h"
#include "lib/domain/xl/file.h"

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

/* The text as its quotes and escapes have it. */
static char *
read_value (const char *value)
{
  g_autofree char *text = g_strdup_printf ("x = %s\n", value);
  g_autoptr (DomuimgXlFile) file = domuimg_xl_file_parse (text, strlen (text), "extra", NULL);

  return file != NULL ? domuimg_xl_file_get (file, "x") : NULL;
}

char *
domuimg_xml_see_extra (DomuimgXmlWriter *writer, const char *key)
{
  const char *value = domuimg_domain_get_extra (writer->domain, key);

  return value != NULL ? read_value (value) : NULL;
}

char *
domuimg_xml_use_extra (DomuimgXmlWriter *writer, const char *key)
{
  char *text = domuimg_xml_see_extra (writer, key);

  if (text != NULL)
    g_hash_table_add (writer->said, g_strdup (key));
  return text;
}

char *
domuimg_xml_use_option (char **options, const char *name)
{
  g_auto (GStrv) all = g_strsplit (domuimg_text_or (*options, ""), ",", -1);
  g_autofree char *prefix = g_strconcat (name, "=", NULL);
  g_autoptr (GString) rest = g_string_new (NULL);
  char *value = NULL;

  for (guint i = 0; all[i] != NULL; i++)
    if (value == NULL && g_str_has_prefix (all[i], prefix))
      value = g_strdup (all[i] + strlen (prefix));
    else
      g_string_append_printf (rest, "%s%s", rest->len > 0 ? "," : "", all[i]);
  domuimg_replace_text (options, rest->str);
  return value;
}
