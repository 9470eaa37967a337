/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xml/graphics.h"

#include "lib/domain/xml/values.h"

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

/* A key of its own for HVM, an option of the vfb for others. */
static void
read_option (DomuimgXmlReader *self, xmlNode *node, const char *attribute, const char *key)
{
  g_autofree char *value = domuimg_xml_take (node, attribute);

  if (value == NULL)
    return;
  if (self->domain->type == DOMUIMG_GUEST_TYPE_HVM)
    domuimg_xml_set_word (self, key, value);
  else
    domuimg_xml_add_option (&self->domain->graphics_options, key, value);
}

static void
read_spice_option (DomuimgXmlReader *self, xmlNode *node, const DomuimgSpiceOption *option)
{
  xmlNode *child = domuimg_xml_open (node, option->element);
  g_autofree char *value = domuimg_xml_take (child, option->attribute);
  gboolean on = value != NULL && g_strcmp0 (value, option->on) == 0;

  if (value == NULL)
    return;
  if (option->on == NULL)
    domuimg_xml_set_word (self, option->key, value);
  else
    domuimg_domain_set_extra (self->domain, option->key, on ? "1" : "0");
  if (on)
    domuimg_domain_set_extra (self->domain, "spicevdagent", "1");
}

static void
read_spice (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *tls = domuimg_xml_attr (node, "tlsPort");
  guint64 port;

  if (tls != NULL && g_ascii_string_to_unsigned (tls, 10, 1, G_MAXUINT16, &port, NULL))
    domuimg_domain_set_extra (self->domain, "spicetls_port", tls);
  g_free (domuimg_xml_take (node, "tlsPort"));
  for (guint i = 0; i < DOMUIMG_N_SPICE_OPTIONS; i++)
    read_spice_option (self, node, &domuimg_spice_options[i]);
}

/* xl counts the devices that may be redirected. */
void
domuimg_xml_read_redirection (DomuimgXmlReader *self, xmlNode *node)
{
  const char *before = domuimg_domain_get_extra (self->domain, "spiceusbredirection");
  g_autofree char *count = NULL;

  if (self->domain->type != DOMUIMG_GUEST_TYPE_HVM || !domuimg_xml_attr_is (node, "bus", "usb")
      || !domuimg_xml_attr_is (node, "type", "spicevmc"))
    return;
  count = g_strdup_printf ("%" G_GUINT64_FORMAT,
                           before != NULL ? g_ascii_strtoull (before, NULL, 10) + 1 : 1);
  domuimg_domain_set_extra (self->domain, "spiceusbredirection", count);
  domuimg_xml_drop (node);
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
  if (graphics == DOMUIMG_GRAPHICS_SDL)
    {
      read_option (self, node, "display", "display");
      read_option (self, node, "xauth", "xauthority");
    }
  else
    read_option (self, node, "keymap", "keymap");
  if (graphics == DOMUIMG_GRAPHICS_SPICE)
    read_spice (self, node);
  rest = domuimg_xml_rest (self, node, "graphics");
  domuimg_replace_text (&domain->graphics_xml, rest);
  domuimg_xml_drop (node);
}
