/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/source/tar.h"
#include "tests/fuzz/tar-checksums.h"

/* Sparse files and compression make much of little: enough is seen before that. */
#define MOST ((guint64) 64 << 20)

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_entry (const DomuimgEntry *entry)
{
  g_autofree char *normal = domuimg_path_normalise (entry->path, NULL);

  g_assert_cmpstr (normal, ==, entry->path);
  g_assert_true ((entry->type == DOMUIMG_ENTRY_SYMLINK || entry->type == DOMUIMG_ENTRY_HARD_LINK)
                 == (entry->target != NULL));
}

static void
read_data (DomuimgStream *stream, guint64 *total)
{
  const void *piece;
  guint64 offset;
  gssize length;

  while (*total < MOST && (length = domuimg_stream_read (stream, &piece, &offset, NULL)) > 0)
    *total += length;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  int fd = memfd_create ("tar", MFD_CLOEXEC);
  g_autofree guint8 *archive = g_memdup2 (data, size);
  g_autoptr (DomuimgStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  const DomuimgEntry *entry;
  guint64 total = 0;

  g_assert_cmpint (fd, >=, 0);
  fix_tar_checksums (archive, size);
  g_assert_cmpint (write (fd, archive, size), ==, (gssize) size);
  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  stream = domuimg_tar_new (fd, "fuzz.tar", NULL, NULL, &error);
  g_assert_true ((stream == NULL) == (error != NULL));
  while (stream != NULL && total < MOST
         && (entry = domuimg_stream_next (stream, NULL, &error)) != NULL)
    {
      check_entry (entry);
      read_data (stream, &total);
      total++;
    }
  if (stream != NULL && error == NULL)
    {
      g_autofree char *root = NULL;
      g_autoptr (GError) refusal = NULL;

      g_assert_true (domuimg_tar_contents_find_root (
                         domuimg_tar_get_contents (DOMUIMG_TAR (stream)), "fuzz.tar", &root, &refusal)
                     == (refusal == NULL));
    }
  close (fd);
  return 0;
}
