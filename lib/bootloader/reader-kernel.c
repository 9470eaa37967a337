/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/bootloader/reader.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/bootloader/confine.h"
#include "lib/kernel/bzimage.h"
#include "lib/elf/note.h"
#include "lib/kernel/pe.h"

/* A kernel that Xen takes is handed on as it is, and not unpacked to be looked at: that takes
 * longer than all else. Xen says what it does not like about it. */

/* No kernel shrinks to a twentieth, but a decompression bomb does. */
#define SMALL ((guint64) 64 << 20)
#define SHRINKS_TO 20

typedef struct {
  DomuimgBytes bytes;
} Map;

static void
map_clear (Map *self)
{
  if (self->bytes.size > 0)
    munmap ((void *) self->bytes.data, self->bytes.size);
  self->bytes = (DomuimgBytes){ NULL, 0 };
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Map, map_clear)

static gboolean
map_file (int fd, Map *map, GError **error)
{
  struct stat status;
  void *data;

  if (fstat (fd, &status) != 0)
    return domuimg_set_errno (error, errno, "the copy of the kernel");
  if (status.st_size == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE, "the kernel is an empty file");
  data = mmap (NULL, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (data == MAP_FAILED)
    return domuimg_set_errno (error, errno, "looking at the copy of the kernel");
  map->bytes = domuimg_bytes (data, status.st_size);
  return TRUE;
}

static gboolean
write_to (int fd, DomuimgBytes bytes, GError **error)
{
  if (!domuimg_write_all (fd, bytes.data, bytes.size))
    return domuimg_set_errno (error, errno, "writing the copy of the kernel");
  return TRUE;
}

static gboolean
empty (int fd, GError **error)
{
  return (ftruncate (fd, 0) == 0 && lseek (fd, 0, SEEK_SET) == 0)
         || domuimg_set_errno (error, errno, "emptying a copy");
}

/* The other file has the kernel from now on. */
static gboolean
switch_slot (const DomuimgReaderSetup *setup, DomuimgBootloaderLoaded *loaded, GError **error)
{
  if (!empty (setup->kernels[loaded->slot], error))
    return FALSE;
  loaded->slot = !loaded->slot;
  return TRUE;
}

/* Boot Loader Specification, type 2: kernel and initramfs are sections of it. */
static gboolean
split_unified (const DomuimgReaderSetup *setup, DomuimgBootloaderLoaded *loaded, GError **error)
{
  g_auto (Map) map = { { NULL, 0 } };
  DomuimgBytes kernel, initrd;

  if (!map_file (setup->kernels[loaded->slot], &map, error))
    return FALSE;
  kernel = domuimg_pe_section (map.bytes, ".linux");
  initrd = domuimg_pe_section (map.bytes, ".initrd");
  if (kernel.size == 0)
    return TRUE;
  loaded->has_ramdisk = initrd.size > 0;
  if (!write_to (setup->kernels[!loaded->slot], kernel, error)
      || (loaded->has_ramdisk
          && (!empty (setup->ramdisk, error) || !write_to (setup->ramdisk, initrd, error))))
    return FALSE;
  loaded->note = g_strdup ("taken out of a unified kernel image");
  return switch_slot (setup, loaded, error);
}

static gboolean
unpack_to (int fd, const DomuimgBzimage *bzimage, DomuimgCompression compression, GError **error)
{
  DomuimgInput input = domuimg_input_of_bytes (&bzimage->payload, "the kernel");
  guint64 max = MIN (DOMUIMG_CONFINED_FILE,
                     MAX (SMALL, (guint64) bzimage->payload.size * SHRINKS_TO));
  g_autoptr (DomuimgDecoder) decoder = domuimg_decoder_new (compression, &input, 0, error);
  g_autoptr (GError) local = NULL;
  guint64 done = 0;
  const void *data;
  gssize got;

  if (decoder == NULL)
    return FALSE;
  while ((got = domuimg_decoder_read (decoder, &data, &local)) > 0)
    {
      done += got;
      if (done > max)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "the kernel unpacks to more than any kernel does");
      if (!write_to (fd, domuimg_bytes (data, got), error))
        return FALSE;
    }
  /* What follows the stream is of no interest when all has come. */
  if (got == 0 || done == bzimage->plain_size)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* The ELF file in it, which every Xen takes. */
static gboolean
unpack (const DomuimgReaderSetup *setup, const DomuimgBzimage *bzimage,
        DomuimgCompression compression, DomuimgBootloaderLoaded *loaded, GError **error)
{
  int fd = setup->kernels[!loaded->slot];
  guint8 magic[4] = { 0 };

  if (compression == DOMUIMG_COMPRESSION_NONE ? !write_to (fd, bzimage->payload, error)
                                              : !unpack_to (fd, bzimage, compression, error))
    return FALSE;
  if (pread (fd, magic, sizeof magic, 0) != sizeof magic
      || !domuimg_elf_is (domuimg_bytes (magic, sizeof magic)))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                         "the bzImage holds no ELF kernel, in no compression that is known");
  return TRUE;
}

/* What Xen does not unpack is unpacked. */
static gboolean
settle_bzimage (const DomuimgReaderSetup *setup, DomuimgBytes bytes,
                DomuimgBootloaderLoaded *loaded, GError **error)
{
  g_auto (DomuimgBzimage) bzimage = { 0 };
  g_autofree char *reason = NULL, *note = NULL;
  DomuimgKernelFacts facts = { .format = DOMUIMG_KERNEL_FORMAT_BZIMAGE };

  if (!domuimg_bzimage_parse (bytes, "the kernel", &bzimage, error))
    return FALSE;
  if (bzimage.payload.size == 0)
    return TRUE;
  facts.compression = domuimg_compression_detect (bzimage.payload);
  facts.dictionary = domuimg_compression_get_dictionary (facts.compression, bzimage.payload);
  if (domuimg_compat_check_compression (&facts, &setup->xen, &reason) == DOMUIMG_COMPAT_FINE)
    return TRUE;
  if (!unpack (setup, &bzimage, facts.compression, loaded, error))
    return FALSE;
  note = g_strdup_printf ("%s%sunpacked, since %s", loaded->note != NULL ? loaded->note : "",
                          loaded->note != NULL ? ", and " : "", reason);
  g_free (loaded->note);
  loaded->note = g_steal_pointer (&note);
  return switch_slot (setup, loaded, error);
}

gboolean
domuimg_reader_settle_kernel (const DomuimgReaderSetup *setup, DomuimgBootloaderLoaded *loaded,
                              GError **error)
{
  g_auto (Map) map = { { NULL, 0 } };

  if (!split_unified (setup, loaded, error)
      || !map_file (setup->kernels[loaded->slot], &map, error))
    return FALSE;
  if (domuimg_bzimage_is (map.bytes))
    return settle_bzimage (setup, map.bytes, loaded, error);
  if (domuimg_elf_is (map.bytes)
      || domuimg_compression_detect (map.bytes) == DOMUIMG_COMPRESSION_GZIP)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "it is not a kernel: neither a bzImage nor a plain or gzipped ELF file");
}
