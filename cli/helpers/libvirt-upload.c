/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The content of a volume, sent without its holes where libvirt can do that. */
#include "config.h"
#include "cli/helpers/libvirt-host.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/helpers/say.h"

#define REPORT_USEC (G_USEC_PER_SEC / 5)

/* What is left to be uploaded of stdin. */
typedef struct {
  guint64 sent; /* of what is not a hole */
  gint64 told;  /* when */
} Upload;

static int
read_some (virStreamPtr stream, char *data, size_t size, void *opaque)
{
  Upload *self = opaque;
  gint64 now = g_get_monotonic_time ();
  ssize_t got;

  do
    got = read (STDIN_FILENO, data, size);
  while (got < 0 && errno == EINTR);
  self->sent += got > 0 ? (guint64) got : 0;
  if (now - self->told >= REPORT_USEC)
    {
      g_autofree char *bytes = g_strdup_printf ("%" G_GUINT64_FORMAT, self->sent);

      say_event ("sent", "bytes", bytes);
      self->told = now;
    }
  return (int) got;
}

/* Where it is, and how much of the same follows. */
static int
find_hole (virStreamPtr stream, int *is_data, long long *length, void *opaque)
{
  off_t at = lseek (STDIN_FILENO, 0, SEEK_CUR);
  off_t data = lseek (STDIN_FILENO, at, SEEK_DATA);
  off_t next;

  if (at < 0 || (data < 0 && errno != ENXIO))
    return -1;
  *is_data = data == at;
  if (data < 0)
    next = lseek (STDIN_FILENO, 0, SEEK_END);
  else
    next = data > at ? data : lseek (STDIN_FILENO, at, SEEK_HOLE);
  *length = next - at;
  return next >= at && lseek (STDIN_FILENO, at, SEEK_SET) == at ? 0 : -1;
}

static int
skip_hole (virStreamPtr stream, long long length, void *opaque)
{
  return lseek (STDIN_FILENO, length, SEEK_CUR) >= 0 ? 0 : -1;
}

static int
send_all (virConnectPtr connection, virStorageVolPtr volume, gboolean is_sparse)
{
  g_autoptr (virStream) stream = virStreamNew (connection, 0);
  Upload upload = { 0 };
  int status;

  if (stream == NULL
      || virStorageVolUpload (volume, stream, 0, 0,
                              is_sparse ? VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM : 0)
             != 0)
    return -1;
  status = is_sparse ? virStreamSparseSendAll (stream, read_some, find_hole, skip_hole, &upload)
                     : virStreamSendAll (stream, read_some, &upload);
  /* What fails in the end fails to be written out. */
  return status == 0 ? virStreamFinish (stream) : -1;
}

/* A driver of before there were sparse streams refuses the flag before anything is sent. */
static gboolean
knows_no_holes (void)
{
  return virGetLastErrorCode () == VIR_ERR_INVALID_ARG
         || virGetLastErrorCode () == VIR_ERR_ARGUMENT_UNSUPPORTED
         || virGetLastErrorCode () == VIR_ERR_NO_SUPPORT;
}

int
libvirt_upload (virConnectPtr connection, const char *pool_name, const char *name)
{
  g_autoptr (virStoragePool) pool = libvirt_find_pool (connection, pool_name);
  g_autoptr (virStorageVol) volume
      = pool != NULL ? virStorageVolLookupByName (pool, name) : NULL;
  int status;

  if (pool == NULL)
    return EXIT_FAILURE;
  if (volume == NULL)
    return libvirt_failed ("libvirt does not find the volume");
  status = send_all (connection, volume, TRUE);
  if (status != 0 && knows_no_holes () && lseek (STDIN_FILENO, 0, SEEK_SET) == 0)
    status = send_all (connection, volume, FALSE);
  if (status != 0)
    return libvirt_failed (virConnectIsAlive (connection) == 1
                               ? "libvirt does not take the volume's content"
                               : "the connection to libvirt was lost during the upload");
  /* Only now it sees what format it has. */
  return libvirt_refresh_patiently (pool) == 0 ? EXIT_SUCCESS
                                       : libvirt_failed ("libvirt cannot read the pool again");
}
