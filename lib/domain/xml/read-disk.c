/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk of libvirt's XML. */
#include "config.h"
#include "lib/domain/xml/disk.h"

#include "lib/domain/xml/network-disk.h"

static void
read_driver (DomuimgXmlReader *self, xmlNode *node, DomuimgDomainDisk *disk)
{
  static const char *const backends[][2]
      = { { "phy", "phy" }, { "tap", "tap" }, { "tap2", "tap" }, { "qemu", "qdisk" } };
  static const char *const formats[][2] = { { "raw", "raw" },     { "aio", "raw" },
                                            { "qcow", "qcow" },   { "qcow2", "qcow2" },
                                            { "vpc", "vhd" },     { "vhd", "vhd" },
                                            { "qed", "qed" } };
  xmlNode *driver = domuimg_xml_open (node, "driver");

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (domuimg_xml_take_if (driver, "type", formats[i][0]))
      domuimg_domain_disk_set_format (disk, formats[i][1]);
  for (guint i = 0; i < G_N_ELEMENTS (backends); i++)
    if (domuimg_xml_take_if (driver, "name", backends[i][0])
        && !g_str_equal (backends[i][1], domuimg_xml_usual_backend (disk)))
      domuimg_domain_disk_set_backendtype (disk, backends[i][1]);
  domuimg_xml_take_if (driver, "name", "file");
  if (domuimg_xml_take_if (driver, "discard", "unmap"))
    domuimg_xml_add_flag (&disk->options, "discard");
  else if (domuimg_xml_take_if (driver, "discard", "ignore"))
    domuimg_xml_add_flag (&disk->options, "no-discard");
}

/* FALSE for what is not a disk to Xen. */
static gboolean
is_disk (xmlNode *node)
{
  static const char *const devices[] = { "disk", "cdrom", NULL };
  g_autofree char *device = domuimg_xml_attr (node, "device");
  g_autofree char *target = domuimg_xml_find_attr (node, "target", "dev");
  xmlNode *source = domuimg_xml_first (node, "source");
  gboolean local = domuimg_xml_attr_is (node, "type", "file")
                   || domuimg_xml_attr_is (node, "type", "block");

  if (target == NULL || (device != NULL && !g_strv_contains (devices, device)))
    return FALSE;
  if (domuimg_xml_attr_is (node, "type", "network"))
    return source != NULL;
  return local
         && (g_strcmp0 (device, "cdrom") == 0
             || (source != NULL
                 && (xmlHasProp (source, BAD_CAST "file") || xmlHasProp (source, BAD_CAST "dev"))));
}

/* CD-ROM drives are never writable: for them the flag says nothing. */
static void
read_flags (xmlNode *node, DomuimgDomainDisk *disk)
{
  g_autofree char *backend = domuimg_xml_take (domuimg_xml_open (node, "backenddomain"), "name");

  disk->cdrom = domuimg_xml_take_if (node, "device", "cdrom");
  domuimg_xml_take_if (node, "device", "disk");
  disk->readonly = domuimg_xml_open (node, "readonly") != NULL || disk->cdrom;
  domuimg_xml_add_option (&disk->options, "backend", backend);
}

/* (transfer full) the file or device; NULL for none */
static char *
read_local (xmlNode *node)
{
  xmlNode *source = domuimg_xml_open (node, "source");
  g_autofree char *file = domuimg_xml_take (source, "file");
  g_autofree char *dev = domuimg_xml_take (source, "dev");

  return file != NULL ? g_steal_pointer (&file) : g_steal_pointer (&dev);
}

static void
warn_lost (DomuimgXmlReader *self, const char *what, GStrvBuilder *builder)
{
  g_auto (GStrv) lost = g_strv_builder_end (builder);

  for (guint i = 0; lost[i] != NULL; i++)
    domuimg_domain_warn (self->domain, "%s: left out is %s", what, lost[i]);
}

/* One that is not understood stays where it is, so that it is carried whole. */
void
domuimg_xml_read_disk (DomuimgXmlReader *self, xmlNode *node)
{
  gboolean network = domuimg_xml_attr_is (node, "type", "network");
  g_autoptr (GStrvBuilder) lost = g_strv_builder_new ();
  g_autofree char *target = NULL, *vdev = NULL, *what = NULL;
  g_autoptr (DomuimgDomainDisk) disk = NULL;
  xmlNode *place;

  if (!is_disk (node))
    return;
  target = network ? domuimg_xml_read_network (node, lost) : read_local (node);
  if (network && target == NULL)
    return;
  node->_private = node;
  place = domuimg_xml_open (node, "target");
  vdev = domuimg_xml_take (place, "dev");
  disk = domuimg_domain_disk_new (target, vdev);
  what = g_strdup_printf ("disk %s", vdev);
  g_free (domuimg_xml_take (place, "bus"));
  g_free (domuimg_xml_take (node, "type"));
  read_flags (node, disk);
  read_driver (self, node, disk);
  if (network)
    domuimg_domain_disk_set_backendtype (disk, "qdisk");
  warn_lost (self, what, lost);
  domuimg_xml_drop_places (node);
  disk->xml = domuimg_xml_rest (self, node, what);
  domuimg_domain_add_disk (self->domain, disk);
  domuimg_xml_drop (node);
}
