/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Displays as libvirt's XML has them. */
#include "config.h"
#include "lib/domain/xml/write.h"

#include <string.h>

static void
set_keymap (DomuimgXmlWriter *writer, xmlNode *node)
{
  DomuimgDomain *domain = writer->domain;
  g_autofree char *options = g_strdup (domain->graphics_options);
  g_autofree char *option = domuimg_xml_use_option (&options, "keymap");
  g_autofree char *key = domuimg_xml_use_extra (writer, "keymap");

  if (key != NULL || option != NULL)
    domuimg_xml_set (node, "keymap", option != NULL ? option : key);
  if (options != NULL)
    domuimg_xml_warn (writer, "vfb: %s is in xl.cfg only", options);
}

void
domuimg_xml_write_graphics (DomuimgXmlWriter *writer, xmlNode *devices)
{
  static const char *const types[] = { NULL, "vnc", "sdl", "spice" };
  DomuimgDomain *domain = writer->domain;
  g_autofree char *port = g_strdup_printf ("%u", domain->graphics_port);
  gboolean automatic = domain->graphics_port == 0;
  xmlNode *node;

  if (domain->graphics == DOMUIMG_GRAPHICS_NONE)
    return;
  node = domuimg_xml_add_with (devices, "graphics", "type", types[domain->graphics]);
  if (domain->graphics != DOMUIMG_GRAPHICS_SDL)
    {
      domuimg_xml_set (node, "port", automatic ? "-1" : port);
      domuimg_xml_set (node, "autoport", automatic ? "yes" : "no");
      domuimg_xml_set (node, "listen", domuimg_domain_get_graphics_listen (domain));
      if (domain->graphics_password != NULL)
        domuimg_xml_set (node, "passwd", domain->graphics_password);
      set_keymap (writer, node);
    }
  if (domain->graphics_xml != NULL)
    domuimg_xml_add_elements (node, domain->graphics_xml);
}
