/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks and files that an OVF names. */
#include "config.h"
#include "lib/import/describe/ovf-disk.h"

#include <string.h>

#include "lib/import/describe/parts.h"

struct _DomuimgOvfDisks {
  const char *name;  /* of the file */
  GHashTable *files; /* from id to <File> */
  GHashTable *disks; /* from diskId to <Disk> */
};

static GHashTable *
index_by (xmlNode *parent, const char *element, const char *attribute)
{
  GHashTable *all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (xmlNode *node = domuimg_xml_first (parent, element); node != NULL;
       node = domuimg_xml_next (node, element))
    {
      char *id = domuimg_xml_attr (node, attribute);

      if (id != NULL)
        g_hash_table_replace (all, id, node);
    }
  return all;
}

DomuimgOvfDisks *
domuimg_ovf_disks_new (xmlNode *envelope, const char *name)
{
  DomuimgOvfDisks *self = g_new0 (DomuimgOvfDisks, 1);

  self->name = name;
  self->files = index_by (domuimg_xml_first (envelope, "References"), "File", "id");
  self->disks = index_by (domuimg_xml_first (envelope, "DiskSection"), "Disk", "diskId");
  return self;
}

void
domuimg_ovf_disks_free (DomuimgOvfDisks *self)
{
  g_hash_table_unref (self->files);
  g_hash_table_unref (self->disks);
  g_free (self);
}

/* "KB", "MB" and so on. */
static guint64
size_of_word (const char *word)
{
  g_autofree char *one = g_strconcat ("1", word, NULL);

  return g_ascii_isalpha (*word) ? domuimg_hardware_size (one, 0) : 0;
}

guint64
domuimg_ovf_unit (const char *text)
{
  static const char *const words[] = { "kilobytes", "megabytes", "gigabytes", "terabytes" };
  g_autofree char *plain = g_ascii_strdown (text, -1);
  guint64 unit = 1, base, power;
  g_auto (GStrv) parts = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (g_strstrip (plain), words[i]))
      return (guint64) 1 << (10 * (i + 1));
  parts = g_strsplit_set (plain, "*^", 3);
  if (!g_str_equal (g_strstrip (parts[0]), "byte") && !g_str_equal (parts[0], "bytes"))
    return size_of_word (plain);
  if (parts[1] == NULL)
    return 1;
  if (!domuimg_hardware_number (parts[1], G_MAXUINT32, &base))
    return 0;
  if (parts[2] == NULL)
    return base;
  if (!domuimg_hardware_number (parts[2], 60, &power))
    return 0;
  while (power-- > 0 && unit > 0)
    unit = domuimg_hardware_bytes (unit, base);
  return unit;
}

/* A reference is a URI. */
static char *
unescape (const char *href)
{
  char *plain = g_uri_unescape_string (href, "/");

  return plain != NULL && g_utf8_validate (plain, -1, NULL) ? plain : g_strdup (href);
}

static gboolean
set_file (DomuimgOvfDisks *self, const char *id, DomuimgHardwareDisk *disk, GError **error)
{
  xmlNode *file = g_hash_table_lookup (self->files, id);
  g_autofree char *href = domuimg_xml_attr (file, "href");
  g_autofree char *compression = domuimg_xml_attr (file, "compression");
  g_autofree char *chunk = domuimg_xml_attr (file, "chunkSize");
  g_autofree char *size = domuimg_xml_attr (file, "size");

  if (href == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the file %s of a disk is not in its <References>", self->name, id);
  disk->is_split = chunk != NULL;
  if (!domuimg_hardware_number (size, G_MAXINT64, &disk->split_size))
    disk->split_size = 0;
  disk->is_gzip = compression != NULL && g_ascii_strcasecmp (compression, "gzip") == 0;
  if (compression != NULL && !disk->is_gzip && !g_str_equal (compression, "identity"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: the disk %s is compressed by %s, of which only gzip is read",
                         self->name, href, compression);
  disk->path = unescape (href);
  return TRUE;
}

static guint64
capacity_of (xmlNode *node)
{
  g_autofree char *capacity = domuimg_xml_attr (node, "capacity");
  g_autofree char *unit = domuimg_xml_attr (node, "capacityAllocationUnits");
  guint64 number;

  if (!domuimg_hardware_number (capacity, G_MAXINT64, &number))
    return 0;
  return domuimg_hardware_bytes (number, unit != NULL ? domuimg_ovf_unit (unit) : 1);
}

/* The formats are named by URIs, such as
 * http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized. */
static char *
format_of (xmlNode *node)
{
  static const char *const formats[] = { "vmdk", "vhdx", "vhd", "vdi", "qcow2", "raw" };
  g_autofree char *uri = domuimg_xml_attr (node, "format");
  g_autofree char *lower = uri != NULL ? g_ascii_strdown (uri, -1) : NULL;

  for (guint i = 0; lower != NULL && i < G_N_ELEMENTS (formats); i++)
    if (strstr (lower, formats[i]) != NULL)
      return g_strdup (g_str_equal (formats[i], "vhd") ? "vpc" : formats[i]);
  return NULL;
}

static gboolean
set_disk (DomuimgOvfDisks *self, const char *id, DomuimgHardwareDisk *disk, GError **error)
{
  xmlNode *node = g_hash_table_lookup (self->disks, id);
  g_autofree char *file = domuimg_xml_attr (node, "fileRef");
  g_autofree char *parent = domuimg_xml_attr (node, "parentRef");

  if (node == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the disk %s is not in its <DiskSection>", self->name, id);
  if (parent != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: the disk %s is a difference to %s; export the machine without"
                         " snapshots", self->name, id, parent);
  disk->capacity = capacity_of (node);
  disk->format = format_of (node);
  return file == NULL || set_file (self, file, disk, error);
}

gboolean
domuimg_ovf_disks_resolve (DomuimgOvfDisks *self, const char *resource, DomuimgHardwareDisk *disk,
                           GError **error)
{
  const char *rest = g_str_has_prefix (resource, "ovf:") ? resource + strlen ("ovf:") : resource;

  while (*rest == '/')
    rest++;
  if (g_str_has_prefix (rest, "disk/"))
    return set_disk (self, rest + strlen ("disk/"), disk, error);
  if (g_str_has_prefix (rest, "file/"))
    return set_file (self, rest + strlen ("file/"), disk, error);
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: a drive is of “%s”, which is neither ovf:/disk/ID nor ovf:/file/ID",
                       self->name, resource);
}
