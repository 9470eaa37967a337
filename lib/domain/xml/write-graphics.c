/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Displays as libvirt's XML has them. */
#include "config.h"
#include "lib/domain/xml/graphics.h"

#include <string.h>

#include "lib/domain/xml/values.h"

/* xl has 4 at most; more would be a mistake. */
#define MAX_REDIRECTIONS 4

const DomuimgSpiceOption domuimg_spice_options[] = {
  { "spiceagent_mouse", "mouse", "mode", "client", "server" },
  { "spice_clipboard_sharing", "clipboard", "copypaste", "yes", "no" },
  { "spice_image_compression", "image", "compression", NULL, NULL },
  { "spice_streaming_video", "streaming", "mode", NULL, NULL },
};
G_STATIC_ASSERT (G_N_ELEMENTS (domuimg_spice_options) == DOMUIMG_N_SPICE_OPTIONS);

/* An option of a vfb, else the key of that name. */
static char *
use_option (DomuimgXmlWriter *writer, char **options, const char *name)
{
  char *option = domuimg_xml_use_option (options, name);

  return option != NULL ? option : domuimg_xml_use_extra (writer, name);
}

static void
set_server (DomuimgXmlWriter *writer, xmlNode *node, char **options)
{
  DomuimgDomain *domain = writer->domain;
  g_autofree char *port = g_strdup_printf ("%u", domain->graphics_port);
  g_autofree char *keymap = use_option (writer, options, "keymap");
  g_autofree char *tls = domain->graphics == DOMUIMG_GRAPHICS_SPICE
                             ? domuimg_xml_use_extra (writer, "spicetls_port")
                             : NULL;
  gboolean secure = tls != NULL && !g_str_equal (tls, "0");
  gboolean automatic = domain->graphics_port == 0 && !secure;

  if (domain->graphics_port != 0 || automatic)
    domuimg_xml_set (node, "port", automatic ? "-1" : port);
  if (secure)
    domuimg_xml_set (node, "tlsPort", tls);
  domuimg_xml_set (node, "autoport", automatic ? "yes" : "no");
  if (domain->graphics_listen != NULL || !domain->whole)
    domuimg_xml_set (node, "listen", domuimg_domain_get_graphics_listen (domain));
  if (domain->graphics_password != NULL)
    domuimg_xml_set (node, "passwd", domain->graphics_password);
  if (keymap != NULL)
    domuimg_xml_set (node, "keymap", keymap);
}

static void
set_window (DomuimgXmlWriter *writer, xmlNode *node, char **options)
{
  g_autofree char *display = use_option (writer, options, "display");
  g_autofree char *xauthority = use_option (writer, options, "xauthority");

  if (display != NULL)
    domuimg_xml_set (node, "display", display);
  if (xauthority != NULL)
    domuimg_xml_set (node, "xauth", xauthority);
}

/* libvirt has the agent run wherever one of the first two needs it. */
static void
add_spice_options (DomuimgXmlWriter *writer, xmlNode *node)
{
  g_autofree char *agent = domuimg_xml_see_extra (writer, "spicevdagent");
  gboolean needed = FALSE;

  for (guint i = 0; i < DOMUIMG_N_SPICE_OPTIONS; i++)
    {
      const DomuimgSpiceOption *option = &domuimg_spice_options[i];
      g_autofree char *value = domuimg_xml_use_extra (writer, option->key);
      gboolean on = value != NULL && !g_str_equal (value, "0");

      if (value == NULL || *value == '\0')
        continue;
      domuimg_xml_add_with (node, option->element, option->attribute,
                            option->on == NULL ? value
                            : on               ? option->on
                                               : option->off);
      needed = needed || (on && option->on != NULL);
    }
  if (agent != NULL && g_str_equal (agent, "0") != needed)
    g_free (domuimg_xml_use_extra (writer, "spicevdagent"));
}

static void
add_redirections (DomuimgXmlWriter *writer, xmlNode *devices)
{
  g_autofree char *text = domuimg_xml_see_extra (writer, "spiceusbredirection");
  guint64 count;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 1, MAX_REDIRECTIONS, &count, NULL))
    return;
  g_free (domuimg_xml_use_extra (writer, "spiceusbredirection"));
  for (guint i = 0; i < count; i++)
    domuimg_xml_set (domuimg_xml_add_with (devices, "redirdev", "bus", "usb"), "type", "spicevmc");
}

void
domuimg_xml_write_graphics (DomuimgXmlWriter *writer, xmlNode *devices)
{
  static const char *const types[] = { NULL, "vnc", "sdl", "spice" };
  DomuimgDomain *domain = writer->domain;
  g_autofree char *options = g_strdup (domain->graphics_options);
  xmlNode *node;

  if (domain->graphics == DOMUIMG_GRAPHICS_NONE)
    return;
  node = domuimg_xml_add_with (devices, "graphics", "type", types[domain->graphics]);
  if (domain->graphics == DOMUIMG_GRAPHICS_SDL)
    set_window (writer, node, &options);
  else
    set_server (writer, node, &options);
  if (domain->graphics == DOMUIMG_GRAPHICS_SPICE)
    {
      add_spice_options (writer, node);
      add_redirections (writer, devices);
    }
  if (options != NULL)
    domuimg_xml_warn (writer, "vfb: %s is in xl.cfg only", options);
  if (domain->graphics_xml != NULL)
    domuimg_xml_add_elements (node, domain->graphics_xml);
}
