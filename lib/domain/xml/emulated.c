/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphics cards, sound cards, input devices and what QEMU is started with, in libvirt's XML: keys
 * of their own in xl.cfg. */
#include "config.h"
#include "lib/domain/xml/guest.h"

#include <string.h>

#define XEN_NAMESPACE "http://libvirt.org/schemas/domain/xen/1.0"
#define MAX_VIDEO_MIB 65536

/* By their names in libvirt and in xl. */
static const char *const cards[][2]
    = { { "cirrus", "cirrus" }, { "vga", "stdvga" }, { "none", "none" }, { "qxl", "qxl" } };
static const char *const sounds[][2] = { { "sb16", "sb16" },
                                         { "es1370", "es1370" },
                                         { "ac97", "ac97" },
                                         { "pcspk", "pcspk" },
                                         { "ich6", "hda" } };
static const char *const inputs[] = { "tablet", "mouse", "keyboard", NULL };

void
domuimg_xml_read_video (DomuimgXmlReader *self, xmlNode *node)
{
  gboolean hvm = self->domain->type == DOMUIMG_GUEST_TYPE_HVM;
  xmlNode *model = domuimg_xml_first (node, "model");
  g_autofree char *type = domuimg_xml_attr (model, "type");

  /* The one of a paravirtual display, and the one that libvirt would choose. */
  if (!hvm || type == NULL || g_str_equal (type, "xen") || g_str_equal (type, "default"))
    {
      domuimg_xml_drop (node);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (cards); i++)
    if (g_str_equal (type, cards[i][0]) && domuimg_domain_get_extra (self->domain, "vga") == NULL)
      {
        domuimg_xml_set_word (self, "vga", cards[i][1]);
        domuimg_xml_set_number (self, model, "vram", "videoram", 1024);
        domuimg_xml_drop (node);
        return;
      }
}

void
domuimg_xml_read_sound (DomuimgXmlReader *self, xmlNode *node)
{
  g_autofree char *model = domuimg_xml_attr (node, "model");
  g_autofree char *before = domuimg_xml_word (domuimg_domain_get_extra (self->domain, "soundhw"));
  gboolean hvm = self->domain->type == DOMUIMG_GUEST_TYPE_HVM;

  for (guint i = 0; hvm && model != NULL && i < G_N_ELEMENTS (sounds); i++)
    if (g_str_equal (model, sounds[i][0]))
      {
        g_autofree char *all = g_strconcat (domuimg_text_or (before, ""),
                                            before != NULL ? "," : "", sounds[i][1], NULL);

        domuimg_xml_set_word (self, "soundhw", all);
        domuimg_xml_drop (node);
        return;
      }
}

/* What every guest has is not said. A tablet is on USB where no bus is given. */
static gboolean
is_usual_input (const char *type, const char *bus)
{
  return !g_str_equal (type, "tablet") && g_strv_contains (inputs, type)
         && (bus == NULL || g_str_equal (bus, "ps2") || g_str_equal (bus, "xen"));
}

void
domuimg_xml_read_input (DomuimgXmlReader *self, xmlNode *node)
{
  const char *before = domuimg_domain_get_extra (self->domain, "usbdevice");
  g_auto (GStrv) list = domuimg_xml_words (before);
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *bus = domuimg_xml_attr (node, "bus");
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;

  if (type == NULL || is_usual_input (type, bus))
    {
      domuimg_xml_drop (node);
      return;
    }
  if (self->domain->type != DOMUIMG_GUEST_TYPE_HVM || !g_strv_contains (inputs, type)
      || (bus != NULL && !g_str_equal (bus, "usb")))
    return;
  if (list != NULL)
    g_strv_builder_addv (all, (const char **) list);
  g_strv_builder_add (all, type);
  words = g_strv_builder_end (all);
  domuimg_domain_set_extra (self->domain, "usb", "1");
  domuimg_xml_set_words (self, "usbdevice", words);
  domuimg_xml_drop (node);
}

static void
add_video_ram (DomuimgXmlWriter *writer, xmlNode *model)
{
  g_autofree char *ram = domuimg_xml_see_extra (writer, "videoram");
  g_autofree char *kibibytes = NULL;
  guint64 number;

  if (ram == NULL || !g_ascii_string_to_unsigned (ram, 10, 1, MAX_VIDEO_MIB, &number, NULL))
    return;
  g_free (domuimg_xml_use_extra (writer, "videoram"));
  kibibytes = g_strdup_printf ("%" G_GUINT64_FORMAT, number * 1024);
  domuimg_xml_set (model, "vram", kibibytes);
}

/* vga=, else the older stdvga=; the size alone is one of the card that is there anyway. */
static void
add_video (DomuimgXmlWriter *writer, xmlNode *devices)
{
  g_autofree char *vga = domuimg_xml_see_extra (writer, "vga");
  g_autofree char *standard = domuimg_xml_see_extra (writer, "stdvga");
  g_autofree char *ram = domuimg_xml_see_extra (writer, "videoram");
  const char *name = vga != NULL                       ? vga
                     : g_strcmp0 (standard, "1") == 0  ? "stdvga"
                     : standard != NULL || ram != NULL ? "cirrus"
                                                       : NULL;

  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (cards); i++)
    if (g_str_equal (name, cards[i][1]))
      {
        g_free (domuimg_xml_use_extra (writer, "vga"));
        g_free (domuimg_xml_use_extra (writer, "stdvga"));
        add_video_ram (writer, domuimg_xml_add_with (domuimg_xml_add (devices, "video"), "model",
                                                     "type", cards[i][0]));
      }
}

static gboolean
add_sound (xmlNode *devices, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (sounds); i++)
    if (g_str_equal (name, sounds[i][1]) || g_str_equal (name, sounds[i][0]))
      {
        domuimg_xml_add_with (devices, "sound", "model", sounds[i][0]);
        return TRUE;
      }
  return FALSE;
}

static void
add_sounds (DomuimgXmlWriter *writer, xmlNode *devices)
{
  g_autofree char *all = domuimg_xml_use_extra (writer, "soundhw");
  /* What it stands for to libvirt, and was in the QEMU of old. */
  gboolean every = g_strcmp0 (all, "all") == 0;
  g_auto (GStrv) names = g_strsplit (every ? "sb16,es1370" : domuimg_text_or (all, ""), ",", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if (*g_strstrip (names[i]) != '\0' && !add_sound (devices, names[i]))
      domuimg_xml_warn (writer, "soundhw: %s is in xl.cfg only", names[i]);
}

static void
add_inputs (DomuimgXmlWriter *writer, xmlNode *devices)
{
  g_autofree char *usb = domuimg_xml_see_extra (writer, "usb");
  g_auto (GStrv) list = domuimg_xml_see_words (writer, "usbdevice");

  /* The devices bring their controller, as they do in xl. */
  if (list == NULL)
    return;
  g_hash_table_add (writer->said, g_strdup ("usbdevice"));
  g_hash_table_add (writer->said, g_strdup ("usb"));
  for (guint i = 0; list[i] != NULL; i++)
    if (!g_strv_contains (inputs, list[i]))
      domuimg_xml_warn (writer, "usbdevice: %s is in xl.cfg only", list[i]);
    else if (g_strcmp0 (usb, "0") != 0)
      domuimg_xml_set (domuimg_xml_add_with (devices, "input", "type", list[i]), "bus", "usb");
}

void
domuimg_xml_write_emulated (DomuimgXmlWriter *writer, xmlNode *devices)
{
  add_video (writer, devices);
  add_sounds (writer, devices);
  add_inputs (writer, devices);
}

void
domuimg_xml_read_arguments (DomuimgXmlReader *self, xmlNode *root)
{
  xmlNode *commandline = domuimg_xml_first (root, "commandline");
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();
  g_auto (GStrv) words = NULL;

  if (commandline == NULL || commandline->ns == NULL
      || g_strcmp0 ((const char *) commandline->ns->href, XEN_NAMESPACE) != 0)
    return;
  for (xmlNode *arg = domuimg_xml_first (commandline, "arg"); arg != NULL;
       arg = domuimg_xml_next (arg, "arg"))
    {
      g_autofree char *value = domuimg_xml_attr (arg, "value");

      if (value != NULL)
        g_strv_builder_add (values, value);
    }
  words = g_strv_builder_end (values);
  domuimg_xml_set_list (self, "device_model_args", words);
  domuimg_xml_drop (commandline);
}

void
domuimg_xml_write_arguments (DomuimgXmlWriter *writer, xmlNode *root)
{
  gboolean hvm = writer->domain->type == DOMUIMG_GUEST_TYPE_HVM;
  const char *const keys[]
      = { "device_model_args", hvm ? "device_model_args_hvm" : "device_model_args_pv" };
  xmlNode *commandline = NULL;
  xmlNs *ns = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_auto (GStrv) words = domuimg_xml_see_words (writer, keys[i]);

      for (guint j = 0; words != NULL && words[j] != NULL; j++)
        {
          g_hash_table_add (writer->said, g_strdup (keys[i]));
          if (commandline == NULL)
            {
              ns = xmlNewNs (root, BAD_CAST XEN_NAMESPACE, BAD_CAST "xen");
              commandline = xmlNewChild (root, ns, BAD_CAST "commandline", NULL);
            }
          domuimg_xml_set (xmlNewChild (commandline, ns, BAD_CAST "arg", NULL), "value", words[j]);
        }
    }
}
