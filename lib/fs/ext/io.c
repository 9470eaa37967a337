/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An I/O manager of libext2fs over a region, with a small cache that is written back: libext2fs changes
 * a block of inodes as often as there are inodes in it. */
#include "config.h"
#include "lib/fs/ext/io.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define N_CACHED 64

typedef struct {
  guint64 block;
  gboolean is_used;
  gboolean is_dirty;
  guint8 *data;
} Cached;

typedef struct {
  DomuimgRegion *region;
  gboolean is_writable;
  Cached cache[N_CACHED];
  guint8 *memory; /* of all of them */
} Channel;

/* A name is all that libext2fs hands on to what opens it. */
char *
domuimg_ext_io_name (DomuimgRegion *region)
{
  return g_strdup_printf ("%" PRIxPTR, (uintptr_t) region);
}

static DomuimgRegion *
region_of (const char *name)
{
  return (DomuimgRegion *) (uintptr_t) g_ascii_strtoull (name, NULL, 16);
}

static Channel *
channel_of (io_channel io)
{
  return io->private_data;
}

static errcode_t
failed (errcode_t otherwise)
{
  return errno != 0 ? errno : otherwise;
}

static errcode_t
write_block (io_channel io, Cached *cached)
{
  if (!cached->is_used || !cached->is_dirty)
    return 0;
  if (!domuimg_region_write (channel_of (io)->region, cached->block * io->block_size, cached->data,
                             io->block_size))
    return failed (EXT2_ET_SHORT_WRITE);
  cached->is_dirty = FALSE;
  return 0;
}

static errcode_t
write_all (io_channel io)
{
  Channel *self = channel_of (io);
  errcode_t first = 0;

  for (guint i = 0; i < N_CACHED; i++)
    {
      errcode_t code = write_block (io, &self->cache[i]);

      first = first != 0 ? first : code;
    }
  return first;
}

/* Empty, for blocks of this size. */
static void
reset (io_channel io, int block_size)
{
  Channel *self = channel_of (io);

  g_free (self->memory);
  self->memory = g_malloc ((gsize) N_CACHED * block_size);
  for (guint i = 0; i < N_CACHED; i++)
    self->cache[i] = (Cached){ .data = self->memory + (gsize) i * block_size };
  io->block_size = block_size;
}

static errcode_t
io_open (const char *name, int flags, io_channel *result)
{
  Channel *self;
  io_channel io;
  errcode_t code = ext2fs_get_memzero (sizeof (struct struct_io_channel), &io);

  if (code != 0)
    return code;
  self = g_new0 (Channel, 1);
  self->region = domuimg_region_ref (region_of (name));
  self->is_writable = (flags & IO_FLAG_RW) != 0;
  io->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  io->manager = domuimg_ext_io;
  io->name = strdup (self->region->name);
  io->refcount = 1;
  io->private_data = self;
  reset (io, 1024);
  *result = io;
  return 0;
}

static errcode_t
io_close (io_channel io)
{
  Channel *self = channel_of (io);
  errcode_t code;

  if (--io->refcount > 0)
    return 0;
  code = write_all (io);
  domuimg_region_unref (self->region);
  g_free (self->memory);
  g_free (self);
  free (io->name);
  ext2fs_free_mem (&io);
  return code;
}

static errcode_t
io_set_blksize (io_channel io, int block_size)
{
  errcode_t code;

  if (io->block_size == block_size)
    return 0;
  code = write_all (io);
  if (code == 0)
    reset (io, block_size);
  return code;
}

/* A negative count is one of bytes. */
static gsize
length_of (io_channel io, int count)
{
  return count < 0 ? (gsize) -(gint64) count : (gsize) count * io->block_size;
}

static Cached *
slot_of (io_channel io, guint64 block)
{
  return &channel_of (io)->cache[block % N_CACHED];
}

/* What is cached of those blocks is in the region then, and with @drop not in the cache any more. */
static errcode_t
leave (io_channel io, guint64 block, gsize length, gboolean drop)
{
  Channel *self = channel_of (io);
  guint64 end = block + (length + io->block_size - 1) / io->block_size;

  for (guint i = 0; i < N_CACHED; i++)
    {
      Cached *cached = &self->cache[i];
      errcode_t code;

      if (!cached->is_used || cached->block < block || cached->block >= end)
        continue;
      code = write_block (io, cached);
      if (code != 0)
        return code;
      cached->is_used = cached->is_used && !drop;
    }
  return 0;
}

/* What lies behind the region's end is no block of a filesystem in it. */
static errcode_t
read_region (io_channel io, guint64 block, gsize length, void *buffer)
{
  gssize got
      = domuimg_region_read (channel_of (io)->region, block * io->block_size, buffer, length);

  if (got < 0)
    return failed (EXT2_ET_SHORT_READ);
  memset ((guint8 *) buffer + got, 0, length - (gsize) got);
  return (gsize) got == length ? 0 : EXT2_ET_SHORT_READ;
}

static errcode_t
take_slot (io_channel io, guint64 block, Cached **cached)
{
  errcode_t code;

  *cached = slot_of (io, block);
  if ((*cached)->is_used && (*cached)->block == block)
    return 0;
  code = write_block (io, *cached);
  if (code != 0)
    return code;
  (*cached)->is_used = FALSE;
  (*cached)->is_dirty = FALSE;
  (*cached)->block = block;
  return 0;
}

static errcode_t
io_read (io_channel io, unsigned long long block, int count, void *buffer)
{
  gsize length = length_of (io, count);
  Cached *cached;
  errcode_t code;

  errno = 0;
  if (length != (gsize) io->block_size)
    {
      code = leave (io, block, length, FALSE);
      return code != 0 ? code : read_region (io, block, length, buffer);
    }
  code = take_slot (io, block, &cached);
  if (code == 0 && !cached->is_used)
    code = read_region (io, block, length, cached->data);
  if (code != 0)
    return code;
  cached->is_used = TRUE;
  memcpy (buffer, cached->data, length);
  return 0;
}

static errcode_t
io_write (io_channel io, unsigned long long block, int count, const void *data)
{
  gsize length = length_of (io, count);
  Cached *cached;
  errcode_t code;

  errno = 0;
  if (!channel_of (io)->is_writable)
    return EROFS;
  if (length != (gsize) io->block_size)
    {
      code = leave (io, block, length, TRUE);
      if (code != 0)
        return code;
      return domuimg_region_write (channel_of (io)->region, block * io->block_size, data, length)
                 ? 0
                 : failed (EXT2_ET_SHORT_WRITE);
    }
  code = take_slot (io, block, &cached);
  if (code != 0)
    return code;
  memcpy (cached->data, data, length);
  cached->is_used = cached->is_dirty = TRUE;
  return 0;
}

static errcode_t
io_read_old (io_channel io, unsigned long block, int count, void *buffer)
{
  return io_read (io, block, count, buffer);
}

static errcode_t
io_write_old (io_channel io, unsigned long block, int count, const void *data)
{
  return io_write (io, block, count, data);
}

static errcode_t
io_write_byte (io_channel io, unsigned long offset, int count, const void *data)
{
  errcode_t code = leave (io, offset / io->block_size, (gsize) count + io->block_size, TRUE);

  if (code != 0)
    return code;
  errno = 0;
  return domuimg_region_write (channel_of (io)->region, offset, data, count)
             ? 0
             : failed (EXT2_ET_SHORT_WRITE);
}

static errcode_t
io_flush (io_channel io)
{
  errno = 0;
  return write_all (io);
}

static struct struct_io_manager manager = {
  .magic = EXT2_ET_MAGIC_IO_MANAGER,
  .name = "domuimg region",
  .open = io_open,
  .close = io_close,
  .set_blksize = io_set_blksize,
  .read_blk = io_read_old,
  .write_blk = io_write_old,
  .flush = io_flush,
  .write_byte = io_write_byte,
  .read_blk64 = io_read,
  .write_blk64 = io_write,
};

io_manager domuimg_ext_io = &manager;
