/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of xl.cfg that the model carries as they stand there, for reading and writing XML. */
#include "config.h"
#include "lib/domain/xml/values.h"

#include <string.h>

#include "lib/domain/model/domain.h"
#include "lib/domain/xl/file.h"

#define MAX_DEVICES 1024

static DomuimgXlFile *
parse (const char *value)
{
  g_autofree char *text = g_strdup_printf ("x = %s\n", domuimg_text_or (value, ""));

  return value != NULL ? domuimg_xl_file_parse (text, strlen (text), "extra", NULL) : NULL;
}

gboolean
domuimg_xml_devices_fit (xmlNode *root)
{
  guint count = 0;

  for (xmlNode *node = domuimg_xml_first (domuimg_xml_first (root, "devices"), NULL); node != NULL;
       node = domuimg_xml_next (node, NULL))
    count++;
  return count <= MAX_DEVICES;
}

char *
domuimg_xml_word (const char *value)
{
  g_autoptr (DomuimgXlFile) file = parse (value);

  return file != NULL ? domuimg_xl_file_get (file, "x") : NULL;
}

char **
domuimg_xml_words (const char *value)
{
  g_autoptr (DomuimgXlFile) file = parse (value);
  g_autoptr (DomuimgXlValue) whole = file != NULL ? domuimg_xl_file_get_value (file, "x") : NULL;
  g_autoptr (GPtrArray) list = NULL;

  if (whole == NULL)
    return NULL;
  list = domuimg_xl_file_get_list (file, "x");
  if (whole->kind == DOMUIMG_XL_LIST && list->len != whole->items->len)
    return NULL;
  g_ptr_array_add (list, NULL);
  return g_strdupv ((char **) list->pdata);
}

void
domuimg_xml_set_word (DomuimgXmlReader *self, const char *key, const char *value)
{
  g_autofree char *quoted = domuimg_xl_quote (key, value, NULL);

  if (quoted != NULL)
    domuimg_domain_set_extra (self->domain, key, quoted);
}

void
domuimg_xml_set_number (DomuimgXmlReader *self, xmlNode *node, const char *attribute,
                        const char *key, guint divisor)
{
  g_autofree char *text = domuimg_xml_take (node, attribute);
  g_autofree char *divided = NULL;
  guint64 number;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT32, &number, NULL))
    return;
  divided = g_strdup_printf ("%" G_GUINT64_FORMAT, number / divisor);
  domuimg_domain_set_extra (self->domain, key, divided);
}

void
domuimg_xml_set_list (DomuimgXmlReader *self, const char *key, char **words)
{
  g_autoptr (GString) list = g_string_new ("[ ");

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autofree char *quoted = domuimg_xl_quote (key, words[i], NULL);

      if (quoted == NULL)
        {
          domuimg_domain_warn (self->domain, "%s: a value with a control character is left out",
                               key);
          return;
        }
      g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", quoted);
    }
  g_string_append (list, " ]");
  if (words[0] != NULL)
    domuimg_domain_set_extra (self->domain, key, list->str);
}

void
domuimg_xml_set_words (DomuimgXmlReader *self, const char *key, char **words)
{
  if (words[0] != NULL && words[1] == NULL)
    domuimg_xml_set_word (self, key, words[0]);
  else
    domuimg_xml_set_list (self, key, words);
}

gboolean
domuimg_xml_memory_parse (const char *text, const char *unit, guint *mebibytes,
                          gboolean *exact)
{
  static const struct {
    const char *unit;
    guint64 bytes;
  } units[] = {
    { "b", 1 },        { "bytes", 1 },     { "KB", 1000 },     { "k", 1 << 10 },
    { "KiB", 1 << 10 }, { "MB", 1000000 }, { "M", 1 << 20 },   { "MiB", 1 << 20 },
    { "GB", 1000000000 }, { "G", 1 << 30 }, { "GiB", 1 << 30 }, { "T", (guint64) 1 << 40 },
    { "TiB", (guint64) 1 << 40 },
  };
  guint64 number, bytes = 0;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_ascii_strcasecmp (domuimg_text_or (unit, "KiB"), units[i].unit) == 0)
      bytes = units[i].bytes;
  if (bytes == 0 || !g_ascii_string_to_unsigned (text, 10, 1, G_MAXINT64 / bytes, &number, NULL)
      || number * bytes > (guint64) G_MAXINT32 << 20)
    return FALSE;
  *mebibytes = (number * bytes + (1 << 20) - 1) >> 20;
  *exact = number * bytes == (guint64) *mebibytes << 20;
  return TRUE;
}
