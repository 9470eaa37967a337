/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The features of a guest's machine in libvirt's XML: keys of their own in xl.cfg. */
#include "config.h"
#include "lib/domain/xml/guest.h"

/* xl's default is that HVM has them. */
void
domuimg_xml_read_features (DomuimgXmlReader *self, xmlNode *root)
{
  static const char *const usual[] = { "acpi", "apic", "pae" };
  DomuimgDomain *domain = self->domain;
  xmlNode *features = domuimg_xml_open (root, "features");
  xmlNode *hap = domuimg_xml_open (features, "hap"), *xen = domuimg_xml_open (features, "xen");
  xmlNode *passthrough = domuimg_xml_open (xen, "passthrough");
  g_autofree char *mode = domuimg_xml_take (passthrough, "mode");

  for (guint i = 0; domain->type == DOMUIMG_GUEST_TYPE_HVM && i < G_N_ELEMENTS (usual); i++)
    if (domuimg_xml_open (features, usual[i]) == NULL)
      domuimg_domain_set_extra (domain, usual[i], "0");
  if (hap != NULL)
    domuimg_domain_set_extra (domain, "hap", domuimg_xml_take_if (hap, "state", "off") ? "0" : "1");
  g_free (domuimg_xml_take (hap, "state"));
  if (domuimg_xml_open (features, "viridian") != NULL)
    domuimg_domain_set_extra (domain, "viridian", "1");
  if (domuimg_xml_take_if (domuimg_xml_open (xen, "e820_host"), "state", "on"))
    domuimg_domain_set_extra (domain, "e820_host", "1");
  if (domuimg_xml_take_if (passthrough, "state", "on"))
    domuimg_xml_set_word (self, "passthrough", domuimg_text_or (mode, "enabled"));
  else if (domuimg_xml_take_if (passthrough, "state", "off"))
    domuimg_xml_set_word (self, "passthrough", "disabled");
}

static xmlNode *
add_xen_feature (xmlNode *root, const char *name, const char *state)
{
  xmlNode *xen = domuimg_xml_child (domuimg_xml_child (root, "features"), "xen");

  return domuimg_xml_add_with (xen, name, "state", state);
}

/* A word that is none of these may be of a newer Xen. */
static void
add_passthrough (DomuimgXmlWriter *writer, xmlNode *root)
{
  static const char *const modes[] = { "sync_pt", "share_pt", NULL };
  g_autofree char *value = domuimg_xml_see_extra (writer, "passthrough");
  gboolean mode = value != NULL && g_strv_contains (modes, value);
  gboolean off = g_strcmp0 (value, "disabled") == 0;
  xmlNode *node;

  if (!mode && !off && g_strcmp0 (value, "enabled") != 0)
    return;
  g_free (domuimg_xml_use_extra (writer, "passthrough"));
  node = add_xen_feature (root, "passthrough", off ? "off" : "on");
  if (mode)
    domuimg_xml_set (node, "mode", value);
}

void
domuimg_xml_write_features (DomuimgXmlWriter *writer, xmlNode *root)
{
  static const char *const usual[] = { "acpi", "apic", "pae" };
  gboolean hvm = writer->domain->type == DOMUIMG_GUEST_TYPE_HVM;
  g_autofree char *hap = domuimg_xml_see_extra (writer, "hap");
  g_autofree char *viridian = domuimg_xml_see_extra (writer, "viridian");
  g_auto (GStrv) groups = viridian == NULL ? domuimg_xml_see_words (writer, "viridian") : NULL;
  g_autofree char *e820 = domuimg_xml_see_extra (writer, "e820_host");

  for (guint i = 0; hvm && i < G_N_ELEMENTS (usual); i++)
    {
      g_autofree char *value = domuimg_xml_use_extra (writer, usual[i]);

      if (g_strcmp0 (value, "0") != 0)
        domuimg_xml_add (domuimg_xml_child (root, "features"), usual[i]);
    }
  if (hap != NULL)
    domuimg_xml_add_with (domuimg_xml_child (root, "features"), "hap", "state",
                          g_str_equal (hap, "0") ? "off" : "on");
  g_free (domuimg_xml_use_extra (writer, "hap"));
  if (g_strcmp0 (viridian, "1") == 0)
    g_free (domuimg_xml_use_extra (writer, "viridian"));
  /* Single ones of them are told of as a loss. */
  if (g_strcmp0 (viridian, "1") == 0 || groups != NULL)
    domuimg_xml_add (domuimg_xml_child (root, "features"), "viridian");
  if (g_strcmp0 (e820, "1") == 0)
    {
      add_xen_feature (root, "e820_host", "on");
      g_free (domuimg_xml_use_extra (writer, "e820_host"));
    }
  add_passthrough (writer, root);
}
