/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every file that a disk's content comes from, by the headers of images. */
#include "config.h"
#include "lib/import/chain/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/image/formats.h"
#include "lib/import/chain/vmdk.h"
#include "lib/import/names.h"

#define DEPTH_MAX 64
/* Bytes of tables that are looked through for what is cut off: those of a disk of half a terabyte
 * in QEMU's formats. More would take longer than a user waits for a plan. */
#define TABLE_BUDGET ((guint64) 64 << 20)

static const struct {
  const char *driver; /* as QEMU calls it */
  const char *name;   /* as domuimg_image_detect_format does */
  gboolean (*examine) (DomuimgPart *part, DomuimgHeader *header, GError **error);
} formats[] = {
  { "raw", "raw", NULL },
  { "qcow2", "qcow2", domuimg_part_examine_qcow2 },
  { "qcow", "qcow", domuimg_part_examine_qcow },
  { "qed", "qed", domuimg_part_examine_qed },
  { "vpc", "vhd", domuimg_part_examine_vhd },
  { "vhdx", "vhdx", domuimg_part_examine_vhdx },
  { "vdi", "vdi", domuimg_part_examine_vdi },
  { "vmdk", "vmdk", domuimg_part_examine_vmdk },
};

static void
link_free (gpointer data)
{
  DomuimgChainLink *self = data;

  domuimg_header_clear (&self->header);
  g_free (self->path);
  g_free (self->data_path);
  g_free (self);
}

void
domuimg_image_chain_free (DomuimgImageChain *self)
{
  g_ptr_array_unref (self->links);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->notes);
  g_free (self->directory);
  g_free (self);
}

/* Only what bytes can be read of at any place, and without a moment in which opening it waits. */
static DomuimgRegion *
open_file (const char *path, DomuimgFile *file, GError **error)
{
  g_autoptr (DomuimgRegion) region = NULL;
  struct stat status;

  if (stat (path, &status) < 0)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return NULL;
    }
  if (!S_ISREG (status.st_mode) && !S_ISBLK (status.st_mode))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s is neither a file nor a block device", path);
      return NULL;
    }
  region = domuimg_region_open (path, FALSE, error);
  if (region == NULL)
    return NULL;
  if (fstat (region->fd, &status) < 0)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return NULL;
    }
  *file = (DomuimgFile){ region->length, S_ISBLK (status.st_mode), status.st_dev, status.st_ino };
  return g_steal_pointer (&region);
}

static DomuimgPart
part_of (const DomuimgRegion *region)
{
  return (DomuimgPart){ region, region->name, region->length, TABLE_BUDGET };
}

/* What QEMU would take for something else than a file; a drive of another system is not. */
static gboolean
has_protocol (const char *name)
{
  return name[strcspn (name, ":/")] == ':' && !domuimg_name_has_drive (name);
}

/* The file that @owner names, without symbolic links. @limit: (nullable) the directory that it has
 * to be in. */
static char *
vet_name (const char *owner, const char *what, const char *name, const char *limit,
          const char *remedy, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (owner);
  g_autofree char *joined = g_path_is_absolute (name) ? g_strdup (name)
                                                      : g_build_filename (directory, name, NULL);
  g_autofree char *lexical = g_canonicalize_filename (joined, "/");
  g_autofree char *real = NULL;

  if (limit == NULL || domuimg_path_is_below (lexical, limit))
    {
      real = realpath (joined, NULL);
      if (real == NULL && (errno == ENOENT || errno == ENOTDIR))
        domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: its %s %s is not there", owner, what,
                      lexical);
      else if (real == NULL)
        domuimg_set_errno (error, errno, "%s: its %s %s", owner, what, lexical);
      if (real == NULL)
        return NULL;
      if (limit == NULL || domuimg_path_is_below (real, limit))
        return g_strdup (real);
    }
  domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "%s: its %s \"%s\" lies outside of %s%s", owner,
                what, name, limit, remedy);
  return NULL;
}

static gboolean
check_protocol (const char *owner, const char *what, const char *name, GError **error)
{
  if (!has_protocol (name))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                       "%s: its %s \"%s\" is not the name of a file", owner, what, name);
}

/* QEMU itself looks for these, so that they have to be where it is said. */
static char *
find_extent (const char *owner, const char *name, GError **error)
{
  g_autofree char *limit = g_path_get_dirname (owner);
  g_autofree char *there = domuimg_name_find (limit, domuimg_name_last_part (name));
  g_autoptr (GError) local = NULL;
  char *path;

  if (!check_protocol (owner, "extent", name, error))
    return NULL;
  path = vet_name (owner, "extent", name, limit, "", &local);
  if (path == NULL && there != NULL)
    domuimg_fail (error, local->code, "%s; %s is: name that in %s", local->message, there, owner);
  else if (path == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return path;
}

/* The file beside @owner that @name means, if it is another one. */
static char *
find_beside (const char *owner, const char *name)
{
  g_autofree char *directory = g_path_get_dirname (owner);
  g_autofree char *beside = domuimg_name_find (directory, domuimg_name_last_part (name));
  g_autofree char *real = beside != NULL ? realpath (beside, NULL) : NULL;

  if (real == NULL || !domuimg_path_is_below (real, directory) || g_str_equal (real, owner))
    return NULL;
  return g_steal_pointer (&real);
}

/* What the image @owner lies over: machines are moved, and their images name each other as they were
 * on the old host. */
static char *
find_backing (DomuimgImageChain *self, const char *owner, const char *name, gboolean *is_moved,
              GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *path = NULL;

  if (!check_protocol (owner, "backing file", name, error))
    return NULL;
  path = vet_name (owner, "backing file", name, self->allow_backing ? NULL : self->directory,
                   "; --allow-backing permits it", &local);
  *is_moved = FALSE;
  if (path != NULL)
    return g_steal_pointer (&path);
  path = find_beside (owner, name);
  if (path == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  *is_moved = TRUE;
  g_ptr_array_add (self->notes,
                   g_strdup_printf ("%s names its backing file \"%s\"; it is taken to be %s", owner,
                                    name, path));
  return g_steal_pointer (&path);
}

static void
note_file (DomuimgImageChain *self, const char *path, const DomuimgFile *file)
{
  g_ptr_array_add (self->files, g_strdup (path));
  self->total += file->size;
}

static gboolean
check_extent (DomuimgImageChain *self, const char *owner, const DomuimgVmdkExtent *extent,
              GError **error)
{
  g_autofree char *path = find_extent (owner, extent->name, error);
  g_autoptr (DomuimgRegion) region = NULL;
  DomuimgFile file;
  DomuimgPart part;

  if (path == NULL)
    return FALSE;
  region = open_file (path, &file, error);
  if (region == NULL)
    return FALSE;
  /* A flat disk may lie in several pieces of one file. */
  if (!g_ptr_array_find_with_equal_func (self->files, path, g_str_equal, NULL))
    note_file (self, path, &file);
  part = part_of (region);
  return domuimg_part_examine_extent (&part, extent, error);
}

static gboolean
check_others (DomuimgImageChain *self, DomuimgChainLink *link, GError **error)
{
  g_autoptr (DomuimgRegion) region = NULL;
  DomuimgFile file;

  for (guint i = 0; link->header.extents != NULL && i < link->header.extents->len; i++)
    if (!check_extent (self, link->path, g_ptr_array_index (link->header.extents, i), error))
      return FALSE;
  if (link->header.data_file == NULL)
    return TRUE;
  if (!check_protocol (link->path, "data file", link->header.data_file, error))
    return FALSE;
  link->data_path = vet_name (link->path, "data file", link->header.data_file,
                              self->allow_backing ? NULL : self->directory,
                              "; --allow-backing permits it", error);
  if (link->data_path == NULL)
    return FALSE;
  region = open_file (link->data_path, &file, error);
  if (region == NULL)
    return FALSE;
  link->data_is_device = file.is_device;
  note_file (self, link->data_path, &file);
  return TRUE;
}

static gboolean
check_luks (const DomuimgPart *part, GError **error)
{
  guint8 magic[6];

  if (part->size < sizeof magic)
    return TRUE;
  if (!domuimg_part_read (part, 0, magic, sizeof magic, "beginning", error))
    return FALSE;
  if (memcmp (magic, "LUKS\xba\xbe", sizeof magic) != 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: the disk is encrypted (LUKS); decrypt it first, with qemu-img convert",
                       part->name);
}

/* @format: (nullable) */
static gboolean
examine (DomuimgChainLink *link, DomuimgPart *part, const char *format, GError **error)
{
  DomuimgImageFormat detected = { format, 0 };

  if (format == NULL && !domuimg_image_detect_format (part->region, &detected, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      if (!g_str_equal (formats[i].driver, detected.name)
          && !g_str_equal (formats[i].name, detected.name))
        continue;
      link->driver = formats[i].driver;
      if (formats[i].examine != NULL)
        return formats[i].examine (part, &link->header, error);
      /* What is said to be raw is what the guest sees, whatever that is. */
      link->header.size = (part->size + 511) / 512 * 512;
      return format != NULL || check_luks (part, error);
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: images of the format %s cannot be read", part->name, format);
}

static gboolean
check_loop (DomuimgImageChain *self, const char *path, const DomuimgFile *file, GError **error)
{
  for (guint i = 0; i < self->links->len; i++)
    {
      const DomuimgChainLink *link = g_ptr_array_index (self->links, i);

      if (link->file.device == file->device && link->file.inode == file->inode)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s lies over itself, by its backing files", path);
    }
  if (self->links->len < DEPTH_MAX)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: it is below more than %u images that lie over each other", path,
                       DEPTH_MAX);
}

static gboolean
check_utf8 (const char *path, GError **error)
{
  g_autofree char *display = NULL;

  if (g_utf8_validate (path, -1, NULL))
    return TRUE;
  display = g_filename_display_name (path);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: its name is not UTF-8, as QEMU wants it; rename it", display);
}

/* @path: without symbolic links. */
static DomuimgChainLink *
add_link (DomuimgImageChain *self, const char *path, const char *format, GError **error)
{
  DomuimgChainLink *link;
  g_autoptr (DomuimgRegion) region = NULL;
  DomuimgFile file;
  DomuimgPart part;

  if (!check_utf8 (path, error))
    return NULL;
  region = open_file (path, &file, error);
  if (region == NULL || !check_loop (self, path, &file, error))
    return NULL;
  link = g_new0 (DomuimgChainLink, 1);
  g_ptr_array_add (self->links, link);
  link->path = g_strdup (path);
  link->file = file;
  link->is_guessed = format == NULL;
  note_file (self, path, &file);
  part = part_of (region);
  if (!examine (link, &part, format, error) || !check_others (self, link, error))
    return NULL;
  return link;
}

static DomuimgImageChain *
chain_new (void)
{
  DomuimgImageChain *self = g_new0 (DomuimgImageChain, 1);

  self->links = g_ptr_array_new_with_free_func (link_free);
  self->files = g_ptr_array_new_with_free_func (g_free);
  self->notes = g_ptr_array_new_with_free_func (g_free);
  return self;
}

/* A parent of a VMDK is one, too. */
static const char *
get_backing_format (const DomuimgChainLink *link)
{
  if (g_str_equal (link->driver, "vmdk"))
    return "vmdk";
  return link->header.backing_format;
}

DomuimgImageChain *
domuimg_image_chain_open (const char *path, const char *format, gboolean allow_backing,
                          GError **error)
{
  g_autoptr (DomuimgImageChain) self = chain_new ();
  g_autofree char *next = realpath (path, NULL);
  gboolean is_moved = FALSE;
  DomuimgChainLink *link;

  self->allow_backing = allow_backing;
  if (next == NULL)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return NULL;
    }
  self->directory = g_path_get_dirname (next);
  while (next != NULL)
    {
      g_autofree char *here = g_steal_pointer (&next);

      link = add_link (self, here, format, error);
      if (link == NULL)
        return NULL;
      link->is_moved = is_moved;
      if (link->header.backing == NULL)
        break;
      format = get_backing_format (link);
      next = find_backing (self, here, link->header.backing, &is_moved, error);
      if (next == NULL)
        return NULL;
    }
  return g_steal_pointer (&self);
}

static gboolean
check_self_contained (const DomuimgChainLink *link, const char *name, GError **error)
{
  if (link->header.backing == NULL && link->header.extents == NULL
      && link->header.data_file == NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: it takes its content from other files; unpack the archive, and give the"
                       " disk",
                       name);
}

DomuimgImageChain *
domuimg_image_chain_open_member (const char *path, guint64 offset, guint64 length,
                                 const char *name, const char *format, GError **error)
{
  g_autoptr (DomuimgImageChain) self = chain_new ();
  g_autofree char *real = realpath (path, NULL);
  DomuimgChainLink *link = g_new0 (DomuimgChainLink, 1);
  g_autoptr (DomuimgRegion) archive = NULL;
  g_autoptr (DomuimgRegion) place = NULL;
  g_autoptr (DomuimgRegion) member = NULL;
  DomuimgPart part;

  g_ptr_array_add (self->links, link);
  self->is_member = TRUE;
  self->offset = offset;
  self->length = length;
  link->path = g_strdup (real != NULL ? real : path);
  link->is_guessed = format == NULL;
  self->directory = g_path_get_dirname (link->path);
  if (!check_utf8 (link->path, error))
    return NULL;
  archive = open_file (link->path, &link->file, error);
  if (archive == NULL)
    return NULL;
  if (offset > link->file.size || length > link->file.size - offset)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: it is cut off in %s", path, name);
      return NULL;
    }
  note_file (self, link->path, &link->file);
  place = domuimg_region_new_part (archive, offset, length);
  member = domuimg_region_new_named (place, name);
  part = part_of (member);
  if (!examine (link, &part, format, error) || !check_self_contained (link, name, error))
    return NULL;
  return g_steal_pointer (&self);
}

static const DomuimgChainLink *
first_link (DomuimgImageChain *self)
{
  return g_ptr_array_index (self->links, 0);
}

guint64
domuimg_image_chain_get_size (DomuimgImageChain *self)
{
  return first_link (self)->header.size;
}

const char *
domuimg_image_chain_get_format (DomuimgImageChain *self)
{
  return first_link (self)->driver;
}

const char *
domuimg_image_chain_get_path (DomuimgImageChain *self)
{
  return first_link (self)->path;
}

GPtrArray *
domuimg_image_chain_get_files (DomuimgImageChain *self)
{
  return self->files;
}

GPtrArray *
domuimg_image_chain_get_notes (DomuimgImageChain *self)
{
  return self->notes;
}

guint64
domuimg_image_chain_get_total_bytes (DomuimgImageChain *self)
{
  return self->total;
}

gboolean
domuimg_image_chain_can_back (DomuimgImageChain *self)
{
  /* What is below the image QEMU opens as the image says, not as we do. */
  for (guint i = 0; i < self->links->len; i++)
    {
      const DomuimgChainLink *link = g_ptr_array_index (self->links, i);

      if (link->header.has_hint || link->is_moved || (i > 0 && link->is_guessed))
        return FALSE;
    }
  return !self->is_member;
}
