/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells what keeps a kernel from mounting a filesystem: blocks, features, and a journal on a disk that
 * cannot be written. */
#include "config.h"
#include "lib/check/mounting.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"

/* The page of x86, and so of every Xen guest here. */
#define PAGE 4096

typedef struct {
  const char *name;
  guint major, minor; /* of the first Linux that mounts it */
} Feature;

/* fs/ext4/ext4.h: the incompatible ones, by the release that brought them. */
static const Feature ext_features[] = {
  { "flex_bg", 2, 6 },            { "64bit", 2, 6 },     { "inline_data", 3, 8 },
  { "encrypt", 4, 1 },            { "ea_inode", 4, 13 }, { "metadata_csum_seed", 4, 4 },
  { "large_dir", 4, 13 },         { "casefold", 5, 2 },
};

/* fs/xfs/libxfs/xfs_format.h: sb_features_incompat, a bit each. */
static const Feature xfs_features[] = {
  { "ftype", 3, 10 },     { "sparse inodes", 4, 2 }, { "meta_uuid", 4, 3 },  { "bigtime", 5, 10 },
  { "needsrepair", 5, 11 }, { "nrext64", 5, 19 },    { "exchange", 6, 10 },  { "parent", 6, 10 },
  { "metadir", 6, 13 },   { "zoned", 6, 15 },        { "zone gaps", 6, 15 },
};

void
domuimg_obstacle_free (DomuimgObstacle *self)
{
  g_free (self->evidence);
  g_free (self->reason);
  g_free (self);
}

static DomuimgObstacle *obstacle (const char *id, const char *evidence, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static DomuimgObstacle *
obstacle (const char *id, const char *evidence, const char *format, ...)
{
  DomuimgObstacle *self = g_new0 (DomuimgObstacle, 1);
  va_list args;

  va_start (args, format);
  self->id = id;
  self->evidence = g_strdup (evidence);
  self->reason = g_strdup_vprintf (format, args);
  va_end (args);
  return self;
}

/* (nullable) "6.1.0-18-amd64" */
static const char *
get_version (DomuimgMachine *self)
{
  return self->boot.kernel != NULL ? domuimg_kernel_get_version (self->boot.kernel) : NULL;
}

static gboolean
find_version (DomuimgMachine *self, guint64 *major, guint64 *minor)
{
  const char *version = get_version (self);
  char *end = NULL;

  *major = version != NULL ? g_ascii_strtoull (version, &end, 10) : 0;
  if (*major == 0 || *end != '.')
    return FALSE;
  *minor = g_ascii_strtoull (end + 1, NULL, 10);
  return TRUE;
}

gboolean
domuimg_mounting_is_older (DomuimgMachine *self, guint major, guint minor)
{
  guint64 has, point;

  return find_version (self, &has, &point) && (has < major || (has == major && point < minor));
}

gboolean
domuimg_mounting_is_not_older (DomuimgMachine *self, guint major, guint minor)
{
  guint64 has, point;

  return find_version (self, &has, &point) && (has > major || (has == major && point >= minor));
}

/* Those of Red Hat and its kin, SUSE, Amazon, Virtuozzo, openEuler and others of China; "uek" is Oracle's.
 * ELRepo's are Linux as it comes, by its own numbers. */
gboolean
domuimg_mounting_is_of_vendor (DomuimgMachine *self)
{
  const char *version = get_version (self);

  return version != NULL && strstr (version, "elrepo") == NULL
         && g_regex_match_simple ("[.-](el|amzn|vz|oe|an|al|ky|tl|lve|uel)[0-9]|uek|"
                                  "-(default|preempt|rt|azure|xen|pae|kvmsmall)$",
                                  version, 0, 0);
}

/* RHEL 7's kernel is of Linux 3.10, and has these two features of xfs by its second release. */
static gboolean
is_in_rhel7 (DomuimgMachine *self, const Feature *feature)
{
  return strstr (get_version (self), ".el7") != NULL
         && (g_str_equal (feature->name, "sparse inodes") || g_str_equal (feature->name, "meta_uuid"));
}

static DomuimgObstacle *
too_new (DomuimgMachine *self, const Feature *feature)
{
  DomuimgObstacle *found;

  if (!domuimg_mounting_is_older (self, feature->major, feature->minor) || is_in_rhel7 (self, feature))
    return NULL;
  found = obstacle ("filesystem-kernel", feature->name,
                    "it has the feature %s, which Linux knows since %u.%u, and the kernel is %s%s",
                    feature->name, feature->major, feature->minor, get_version (self),
                    domuimg_mounting_is_of_vendor (self) ? ", to which its vendor may have added it" : "");
  found->is_likely = domuimg_mounting_is_of_vendor (self);
  return found;
}

static DomuimgObstacle *
check_block (DomuimgMachine *self, const char *fs, guint64 size)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, size);
  gboolean is_xfs = g_str_equal (fs, "xfs");
  DomuimgObstacle *found;

  /* Linux 6.12 brought larger blocks to xfs, and 6.19 to ext4. */
  if (size <= PAGE || !domuimg_mounting_is_older (self, 6, is_xfs ? 12 : 19))
    return NULL;
  found = obstacle ("filesystem-kernel", text,
                    "it has blocks of %" G_GUINT64_FORMAT
                    " bytes, and the kernel mounts none larger than a page, %d",
                    size, PAGE);
  /* Nobody has brought these to a kernel of before Linux 6. */
  found->is_likely = domuimg_mounting_is_of_vendor (self) && !domuimg_mounting_is_older (self, 6, 0);
  return found;
}

static gboolean
has_option (const char *options, const char *option)
{
  g_auto (GStrv) words = g_strsplit (options != NULL ? options : "", ",", -1);

  return g_strv_contains ((const char *const *) words, option);
}

static gboolean
is_readonly (DomuimgMachine *self, const DomuimgDevice *device)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);

  return device->disk < disks->len
         && domuimg_domain_disk_get_readonly (g_ptr_array_index (disks, device->disk));
}

static DomuimgObstacle *
check_ext (DomuimgMachine *self, const DomuimgDevice *device, const char *options)
{
  g_autoptr (DomuimgExtState) state
      = domuimg_image_get_ext_state (device->image, device->volume, NULL);
  DomuimgObstacle *found;

  if (state == NULL)
    return NULL;
  found = check_block (self, device->volume->fs, state->block_size);
  for (guint i = 0; found == NULL && i < G_N_ELEMENTS (ext_features); i++)
    if (g_ptr_array_find_with_equal_func (state->features, ext_features[i].name, g_str_equal, NULL))
      found = too_new (self, &ext_features[i]);
  if (found != NULL || !state->needs_recovery || !is_readonly (self, device)
      || has_option (options, "noload") || has_option (options, "norecovery"))
    return found;
  return obstacle ("filesystem-readonly", "r",
                   "its journal must be replayed, and its disk is read-only");
}

/* The superblock, big-endian. */
static DomuimgObstacle *
check_xfs (DomuimgMachine *self, const DomuimgDevice *device)
{
  g_autoptr (DomuimgRegion) region = domuimg_image_get_region (device->image, device->volume);
  guint8 head[264] = { 0 };
  DomuimgBytes bytes = domuimg_bytes (head, sizeof head);
  DomuimgObstacle *found;
  guint32 block = 0, features = 0;

  if (region == NULL || domuimg_region_read (region, 0, head, sizeof head) < (gssize) sizeof head
      || memcmp (head, "XFSB", 4) != 0 || !domuimg_bytes_be32 (bytes, 4, &block)
      || !domuimg_bytes_be32 (bytes, 216, &features))
    return NULL;
  found = check_block (self, "xfs", block);
  /* The low byte of sb_versionnum. */
  if ((head[101] & 0xf) != 5)
    return found;
  for (guint i = 0; found == NULL && i < G_N_ELEMENTS (xfs_features); i++)
    if (features >> i & 1)
      found = too_new (self, &xfs_features[i]);
  return found;
}

DomuimgObstacle *
domuimg_mounting_find_obstacle (DomuimgMachine *self, const DomuimgDevice *device,
                                const char *options)
{
  const char *fs = device->volume != NULL ? device->volume->fs : NULL;

  /* What was made here is not on the disk yet, and is what its kernel mounts. */
  if (fs == NULL || device->image == NULL || self->made != NULL)
    return NULL;
  if (g_str_has_prefix (fs, "ext"))
    return check_ext (self, device, options);
  return g_str_equal (fs, "xfs") ? check_xfs (self, device) : NULL;
}

/* ext4 mounts the older two; each of these mounts what has no more features than it. */
static gboolean
is_ext_right (const char *type, const char *fs)
{
  if (g_str_equal (type, "ext4"))
    return g_str_has_prefix (fs, "ext");
  return g_str_equal (type, "ext2") && g_str_equal (fs, "ext3");
}

gboolean
domuimg_mounting_is_type (const char *types, const char *fs)
{
  g_auto (GStrv) each = g_strsplit (types, ",", -1);

  for (guint i = 0; each[i] != NULL; i++)
    if (g_str_equal (each[i], fs) || g_str_equal (each[i], "auto") || g_str_equal (each[i], "none")
        || is_ext_right (each[i], fs)
        || (g_str_equal (each[i], "msdos") && g_str_equal (fs, "vfat"))
        || (g_str_has_prefix (fs, "ntfs") && g_str_has_prefix (each[i], "ntfs")))
      return TRUE;
  return FALSE;
}
