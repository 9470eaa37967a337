/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk as libvirt's XML has it. */
#include "config.h"
#include "lib/domain/xml/disk.h"

#include <string.h>

#include "lib/domain/xml/network-disk.h"

const char *
domuimg_xml_usual_backend (const DomuimgDomainDisk *disk)
{
  return g_str_equal (disk->format, "raw") && !disk->cdrom ? "phy" : "qdisk";
}

static void
set_driver (DomuimgXmlWriter *writer, xmlNode *node, const DomuimgDomainDisk *disk, char **options)
{
  const char *backend = domuimg_text_or (disk->backendtype, domuimg_xml_usual_backend (disk));
  xmlNode *driver;

  if (g_str_equal (backend, "standalone"))
    {
      domuimg_xml_warn (writer, "disk %s: libvirt has no standalone back end; it chooses one",
                        disk->vdev);
      backend = domuimg_xml_usual_backend (disk);
    }
  driver = domuimg_xml_add_with (node, "driver", "name",
                                 g_str_equal (backend, "qdisk") ? "qemu" : backend);
  domuimg_xml_set (driver, "type", g_str_equal (disk->format, "vhd") ? "vpc" : disk->format);
  if (domuimg_xml_use_flag (options, "discard"))
    domuimg_xml_set (driver, "discard", "unmap");
  else if (domuimg_xml_use_flag (options, "no-discard"))
    domuimg_xml_set (driver, "discard", "ignore");
}

/* What libvirt's reader takes, its Xen driver may still refuse. */
static void
add_network (DomuimgXmlWriter *writer, xmlNode *node, const DomuimgDomainDisk *disk)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) lost = NULL;
  g_autofree char *protocol = NULL;

  domuimg_xml_write_network (node, disk->target, builder);
  lost = g_strv_builder_end (builder);
  for (guint i = 0; lost[i] != NULL; i++)
    domuimg_xml_warn (writer, "disk %s: left out is %s", disk->vdev, lost[i]);
  protocol = domuimg_xml_find_attr (node, "source", "protocol");
  if (g_strcmp0 (protocol, "rbd") != 0)
    domuimg_xml_warn (writer, "disk %s: libvirt's Xen driver starts no guest with a disk by %s",
                      disk->vdev, protocol);
}

static const char *
bus_of (DomuimgXmlWriter *writer, const char *vdev)
{
  if (*vdev == 'x' || writer->domain->type != DOMUIMG_GUEST_TYPE_HVM)
    return "xen";
  return *vdev == 'h' ? "ide" : "scsi";
}

void
domuimg_xml_write_disk (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainDisk *disk)
{
  gboolean network = domuimg_disk_is_network (disk);
  gboolean block = disk->target != NULL && g_str_has_prefix (disk->target, "/dev/");
  xmlNode *node = domuimg_xml_add_with (devices, "disk", "type",
                                        network ? "network" : block ? "block" : "file");
  g_autofree char *options = g_strdup (disk->options);
  g_autofree char *backend = NULL;

  domuimg_xml_set (node, "device", disk->cdrom ? "cdrom" : "disk");
  if (disk->target != NULL)
    set_driver (writer, node, disk, &options);
  if (network)
    add_network (writer, node, disk);
  else if (disk->target != NULL)
    domuimg_xml_add_with (node, "source", block ? "dev" : "file", disk->target);
  domuimg_xml_set (domuimg_xml_add_with (node, "target", "dev", disk->vdev), "bus",
                   bus_of (writer, disk->vdev));
  if (disk->readonly || disk->cdrom)
    domuimg_xml_add (node, "readonly");
  backend = domuimg_xml_use_option (&options, "backend");
  if (backend != NULL)
    domuimg_xml_add_with (node, "backenddomain", "name", backend);
  if (options != NULL)
    domuimg_xml_warn (writer, "disk %s: %s is in xl.cfg only", disk->vdev, options);
  if (disk->xml != NULL)
    domuimg_xml_add_elements (node, disk->xml);
}

gboolean
domuimg_xml_check_disk (const DomuimgDomainDisk *disk, GError **error)
{
  g_autoptr (xmlDoc) document = NULL;
  g_autoptr (GStrvBuilder) lost = NULL;
  xmlNode *node;

  if (disk->target == NULL || disk->target[0] == '/')
    return TRUE;
  if (!domuimg_disk_is_network (disk))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "disk %s: libvirt has no scripts for disks, and “%s” is not a file",
                         disk->vdev, disk->target);
  document = xmlNewDoc (BAD_CAST "1.0");
  lost = g_strv_builder_new ();
  node = xmlNewDocNode (document, NULL, BAD_CAST "disk", NULL);
  xmlDocSetRootElement (document, node);
  return domuimg_xml_write_network (node, disk->target, lost)
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "disk %s: libvirt has no form for a disk that QEMU knows as “%.*s:”",
                          disk->vdev, (int) strcspn (disk->target, ":"), disk->target);
}
