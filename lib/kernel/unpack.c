/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/kernel/unpack.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/bytes.h"
#include "lib/xen/limits.h"

/* Linux's program headers follow the file's. */
#define HEAD 4096
#define CONFIG_MAX (512 << 10)
#define RANGES_MAX 16
#define NOTES_MAX (1 << 20)

static const char mark[] = "IKCFG_ST";
#define MARK (sizeof mark - 1)

typedef struct {
  guint64 start;
  guint64 end;
} Range;

typedef struct {
  DomuimgUnpacked *out;
  guint64 at; /* of the next piece */
  Range ranges[RANGES_MAX];
  guint n_ranges;
  gboolean has_notes;
  guint64 notes_end;
  guint8 tail[MARK]; /* of the last piece: the mark may lie across two */
} Unpack;

static void
keep (Unpack *self, guint64 start, guint64 length)
{
  if (self->n_ranges < RANGES_MAX)
    self->ranges[self->n_ranges++] = (Range){ start, start + length };
}

static void
copy_kept (Unpack *self, const guint8 *data, gsize length)
{
  for (guint i = 0; i < self->n_ranges; i++)
    {
      guint64 start = MAX (self->ranges[i].start, self->at);
      guint64 end = MIN (MIN (self->ranges[i].end, self->at + length), self->out->size);

      if (start < end)
        memcpy (self->out->data + start, data + (start - self->at), end - start);
    }
}

/* 64-bit kernels only; others are small enough to be kept whole. */
static void
find_notes (Unpack *self)
{
  DomuimgBytes head = domuimg_bytes (self->out->data, MIN (self->out->size, HEAD));
  guint64 table = 0, offset, size;
  guint16 count = 0;
  guint32 type;

  if (!domuimg_bytes_starts_with (head, ELFMAG, SELFMAG) || head.data[EI_CLASS] != ELFCLASS64
      || !domuimg_bytes_le64 (head, offsetof (Elf64_Ehdr, e_phoff), &table)
      || !domuimg_bytes_le16 (head, offsetof (Elf64_Ehdr, e_phnum), &count))
    return;
  for (guint i = 0; i < count; i++)
    {
      guint64 at = table + i * sizeof (Elf64_Phdr);

      if (!domuimg_bytes_le32 (head, at + offsetof (Elf64_Phdr, p_type), &type)
          || !domuimg_bytes_le64 (head, at + offsetof (Elf64_Phdr, p_offset), &offset)
          || !domuimg_bytes_le64 (head, at + offsetof (Elf64_Phdr, p_filesz), &size))
        return;
      /* What lies before has gone by. */
      if (type == PT_NOTE && offset >= HEAD && size <= NOTES_MAX)
        {
          keep (self, offset, size);
          self->has_notes = TRUE;
          self->notes_end = MAX (self->notes_end, offset + size);
        }
    }
}

static void
find_config (Unpack *self, const guint8 *data, gsize length)
{
  guint8 seam[2 * MARK];
  gsize first = MIN (length, MARK);
  const guint8 *found;

  if (self->out->config != 0)
    return;
  memcpy (seam, self->tail, MARK);
  memcpy (seam + MARK, data, first);
  found = memmem (seam, MARK + first, mark, MARK);
  if (found != NULL && self->at >= MARK)
    {
      self->out->config = self->at - MARK + (found - seam);
      /* What of it has gone by. */
      memcpy (self->out->data + self->out->config, found, seam + MARK - found);
    }
  else if ((found = memmem (data, length, mark, MARK)) != NULL)
    self->out->config = self->at + (found - data);
  if (self->out->config != 0)
    keep (self, self->out->config, CONFIG_MAX);
  if (length >= MARK)
    memcpy (self->tail, data + length - MARK, MARK);
}

static gboolean
take_piece (Unpack *self, const guint8 *data, gsize length)
{
  gsize head = self->at < HEAD ? MIN (length, HEAD - self->at) : 0;

  if (self->at + length > self->out->size)
    return FALSE;
  if (head > 0)
    {
      memcpy (self->out->data + self->at, data, head);
      if (self->at + head == HEAD)
        find_notes (self);
    }
  find_config (self, data, length);
  copy_kept (self, data, length);
  self->at += length;
  return self->at < HEAD || self->has_notes;
}

/* Linux's linker script puts the configuration, as read-only data, before the notes. */
static gboolean
has_enough (const Unpack *self)
{
  return self->has_notes && self->at >= self->notes_end
         && (self->out->config == 0 || self->at >= self->out->config + CONFIG_MAX);
}

static gboolean
run (Unpack *self, DomuimgDecoder *decoder, const DomuimgPacked *packed, GError **error)
{
  gboolean has_end = packed->compression == DOMUIMG_COMPRESSION_GZIP;
  g_autoptr (GError) local = NULL;
  const void *data;
  gssize got;

  while ((got = domuimg_decoder_read (decoder, &data, &local)) > 0)
    {
      if (!take_piece (self, data, got))
        return FALSE;
      if (packed->is_whole && has_enough (self))
        return TRUE;
    }
  /* What follows a stream without an end of its own is of no interest when all has come. */
  if (got == 0 || (!has_end && self->at == self->out->size))
    return self->at == self->out->size;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
domuimg_unpack (const DomuimgPacked *packed, DomuimgUnpacked *unpacked, GError **error)
{
  DomuimgInput input = domuimg_input_of_bytes (&packed->packed, packed->name);
  g_autoptr (DomuimgDecoder) decoder = NULL;
  Unpack unpack = { unpacked };
  void *map;

  /* No kernel shrinks to a tenth: a foreign word that says so is not trusted with memory. */
  if (packed->size <= HEAD || packed->size > DOMUIMG_KERNEL_MAX
      || packed->size > (guint64) packed->packed.size * 10)
    return FALSE;
  map = mmap (NULL, packed->size, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED)
    return FALSE;
  unpacked->data = map;
  unpacked->size = packed->size;
  decoder = domuimg_decoder_new (packed->compression, &input, 0, error);
  return decoder != NULL && run (&unpack, decoder, packed, error);
}

void
domuimg_unpacked_clear (DomuimgUnpacked *self)
{
  if (self->data != NULL)
    munmap (self->data, self->size);
  *self = (DomuimgUnpacked){ NULL };
}
