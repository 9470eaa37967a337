/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/read.h"

/* A display of libvirt's XML. */

static DomuimgGraphics
type_of (xmlNode *node)
{
  return domuimg_xml_attr_is (node, "type", "vnc")     ? DOMUIMG_GRAPHICS_VNC
         : domuimg_xml_attr_is (node, "type", "sdl")   ? DOMUIMG_GRAPHICS_SDL
         : domuimg_xml_attr_is (node, "type", "spice") ? DOMUIMG_GRAPHICS_SPICE
                                                       : DOMUIMG_GRAPHICS_NONE;
}

/* The attribute is the old form of the element. */
static char *
read_listen (xmlNode *node)
{
  g_autofree char *old = domuimg_xml_take (node, "listen");
  xmlNode *element = domuimg_xml_first (node, "listen");
  g_autofree char *address = NULL;

  if (!domuimg_xml_attr_is (element, "type", "address"))
    return g_steal_pointer (&old);
  address = domuimg_xml_attr (element, "address");
  domuimg_xml_drop (element);
  return address != NULL ? g_steal_pointer (&address) : g_steal_pointer (&old);
}

static guint
read_port (xmlNode *node)
{
  g_autofree char *port = domuimg_xml_take (node, "port");
  g_autofree char *automatic = domuimg_xml_take (node, "autoport");
  guint64 number;

  if (g_strcmp0 (automatic, "yes") == 0 || port == NULL
      || !g_ascii_string_to_unsigned (port, 10, 1, 65535, &number, NULL))
    return 0;
  return number;
}

static void
read_keymap (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *keymap = domuimg_xml_take (node, "keymap");
  g_autofree char *option = g_strdup_printf ("keymap=%s", domuimg_text_or (keymap, ""));
  g_autofree char *quoted = keymap != NULL ? domuimg_xl_quote ("keymap", keymap, NULL) : NULL;

  if (quoted == NULL)
    return;
  if (self->domain->type == DOMUIMG_GUEST_TYPE_HVM)
    domuimg_domain_set_extra (self->domain, "keymap", quoted);
  else
    domuimg_replace_text (&self->domain->graphics_options, option);
}

void
domuimg_xml_read_graphics (DomuimgXmlReader *self, xmlNode *node)
{
  DomuimgDomain *domain = self->domain;
  DomuimgGraphics graphics = type_of (node);
  g_autofree char *listen = NULL, *password = NULL, *rest = NULL;
  guint port;

  /* A second one is carried. */
  if (graphics == DOMUIMG_GRAPHICS_NONE || domain->graphics != DOMUIMG_GRAPHICS_NONE)
    return;
  listen = read_listen (node);
  password = domuimg_xml_take (node, "passwd");
  port = read_port (node);
  g_free (domuimg_xml_take (node, "type"));
  domuimg_domain_set_graphics (domain, graphics, graphics != DOMUIMG_GRAPHICS_SDL ? listen : NULL,
                               port);
  domuimg_domain_set_graphics_password (domain, password);
  read_keymap (self, node);
  rest = domuimg_xml_rest (self, node, "graphics");
  domuimg_replace_text (&domain->graphics_xml, rest);
  domuimg_xml_drop (node);
}
