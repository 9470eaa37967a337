/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills the blocks of a directory that has a hash index: a root, leaves in the order of their
 * names' hashes and, where the root cannot name them all, nodes between. */
#include "config.h"
#include "lib/fs/ext/index.h"

#include <string.h>

/* Where in the root its description and its records start, and where in a node. */
#define ROOT_INFO 24
#define ROOT_RECORDS 32
#define NODE_RECORDS 8
/* A leaf that has less than this part of its size left is full, as for e2fsck -D: the guest can
 * add a few names before it has to split one. */
#define SLACK(size) ((size) / 5)

typedef struct {
  const DomuimgExtName *name;
  guint32 hash;
  guint32 minor;
} Hashed;

static gint
compare (gconstpointer a, gconstpointer b)
{
  const Hashed *one = a, *other = b;

  if (one->hash != other->hash)
    return one->hash < other->hash ? -1 : 1;
  if (one->minor != other->minor)
    return one->minor < other->minor ? -1 : 1;
  return strcmp (one->name->name, other->name->name);
}

/* The superblock says whether the hash takes a char to be signed. */
static int
hash_version (const struct ext2_super_block *super)
{
  gboolean is_unsigned = (super->s_flags & EXT2_FLAGS_UNSIGNED_HASH) != 0;

  return super->s_def_hash_version + (is_unsigned ? EXT2_HASH_LEGACY_UNSIGNED : 0);
}

static GArray *
sort_names (const DomuimgExtFs *ext, const DomuimgExtName *directory)
{
  g_autoptr (GArray) names = g_array_new (FALSE, FALSE, sizeof (Hashed));
  struct ext2_super_block *super = ext->fs->super;

  for (const DomuimgExtName *child = directory->children; child != NULL; child = child->next)
    {
      Hashed hashed = { child };

      if (ext2fs_dirhash (hash_version (super), child->name, strlen (child->name),
                          super->s_hash_seed, &hashed.hash, &hashed.minor)
          != 0)
        return NULL;
      g_array_append_val (names, hashed);
    }
  g_array_sort (names, compare);
  return g_steal_pointer (&names);
}

/* The lowest hash of each leaf. It is odd where names of the same hash are in the leaf before, too:
 * who looks for them has to look on. */
static GArray *
fill_leaves (DomuimgExtEntries *entries, const GArray *names)
{
  GArray *hashes = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint slack = SLACK (domuimg_ext_entries_leaf_size (entries->ext));
  gboolean is_full = TRUE;

  for (guint i = 0; i < names->len; i++)
    {
      const Hashed *hashed = &g_array_index (names, Hashed, i);
      const DomuimgExtName *name = hashed->name;

      if (is_full || EXT2_DIR_REC_LEN (strlen (name->name)) > domuimg_ext_entries_room (entries))
        {
          guint32 lowest = hashed->hash | (i > 0 && hashed[-1].hash == hashed->hash);

          domuimg_ext_entries_start_block (entries, TRUE);
          g_array_append_val (hashes, lowest);
        }
      domuimg_ext_entries_add (entries, name->name, name->ino, domuimg_ext_file_type (name->type));
      is_full = domuimg_ext_entries_room (entries) < slack;
    }
  domuimg_ext_entries_end_block (entries);
  return hashes;
}

/* How many records there is room for in a block, @offset bytes after its start. */
static guint
limit_at (const DomuimgExtFs *ext, guint offset)
{
  gboolean checksums = ext2fs_has_feature_metadata_csum (ext->fs->super);

  return (ext->fs->blocksize - offset - (checksums ? sizeof (struct ext2_dx_tail) : 0))
         / sizeof (struct ext2_dx_entry);
}

/* Writes @count records at @offset of @block: for every @step-th of @hashes the block that it is
 * in, the first of them @number. In place of the first hash there is the number of records. */
static void
write_records (const DomuimgExtEntries *entries, guint block, guint offset, const guint32 *hashes,
               guint count, guint step, guint number)
{
  guint8 *start = entries->blocks->data + (gsize) block * entries->ext->fs->blocksize + offset;
  struct ext2_dx_entry *records = (struct ext2_dx_entry *) start;
  struct ext2_dx_countlimit *counts = (struct ext2_dx_countlimit *) start;

  for (guint i = 0; i < count; i++)
    {
      records[i].hash = GUINT32_TO_LE (hashes[i * step]);
      records[i].block = GUINT32_TO_LE (number + i);
    }
  counts->limit = GUINT16_TO_LE (limit_at (entries->ext, offset));
  counts->count = GUINT16_TO_LE (count);
}

static void
describe_root (const DomuimgExtEntries *entries, guint levels)
{
  struct ext2_dx_root_info *info
      = (struct ext2_dx_root_info *) (entries->blocks->data + ROOT_INFO);

  info->hash_version = entries->ext->fs->super->s_def_hash_version;
  info->info_length = sizeof *info;
  info->indirect_levels = levels;
}

/* A node looks like a block with one entry, which is not used. */
static void
add_node (DomuimgExtEntries *entries, const guint32 *hashes, guint count, guint first_leaf)
{
  ext2_filsys fs = entries->ext->fs;
  guint block = entries->blocks->len / fs->blocksize;

  g_byte_array_set_size (entries->blocks, (block + 1) * fs->blocksize);
  guint8 *start = entries->blocks->data + (gsize) block * fs->blocksize;
  memset (start, 0, fs->blocksize);
  ext2fs_set_rec_len (fs, fs->blocksize, (struct ext2_dir_entry *) start);
  write_records (entries, block, NODE_RECORDS, hashes, count, 1, first_leaf);
}

static gboolean
fill_records (DomuimgExtEntries *entries, const GArray *leaves)
{
  const guint32 *hashes = (const guint32 *) leaves->data;
  guint in_root = limit_at (entries->ext, ROOT_RECORDS);
  guint in_node = limit_at (entries->ext, NODE_RECORDS);
  guint nodes = (leaves->len + in_node - 1) / in_node;

  describe_root (entries, leaves->len > in_root ? 1 : 0);
  if (leaves->len <= in_root)
    {
      write_records (entries, 0, ROOT_RECORDS, hashes, leaves->len, 1, 1);
      return TRUE;
    }
  if (nodes > in_root)
    return FALSE;
  for (guint first = 0; first < leaves->len; first += in_node)
    add_node (entries, hashes + first, MIN (in_node, leaves->len - first), 1 + first);
  write_records (entries, 0, ROOT_RECORDS, hashes, nodes, in_node, 1 + leaves->len);
  return TRUE;
}

gboolean
domuimg_ext_index_fill (DomuimgExtEntries *entries, const DomuimgExtName *directory)
{
  struct ext2_super_block *super = entries->ext->fs->super;
  g_autoptr (GArray) names = NULL;
  g_autoptr (GArray) leaves = NULL;

  if (!ext2fs_has_feature_dir_index (super) || super->s_def_hash_version > EXT2_HASH_TEA)
    return FALSE;
  names = sort_names (entries->ext, directory);
  if (names == NULL)
    return FALSE;
  domuimg_ext_entries_start_block (entries, FALSE);
  domuimg_ext_entries_add_dots (entries, directory);
  leaves = fill_leaves (entries, names);
  return fill_records (entries, leaves);
}
