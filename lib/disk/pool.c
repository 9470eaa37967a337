/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a volume in a storage pool of libvirt's: where its directory is one of this host, a file
 * in it like any other, which libvirt is told of; else made here first, and then uploaded. */
#include "config.h"
#include "lib/base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/backend-program.h"
#include "lib/disk/file.h"

/* A row for each place and format; what --disk names is the first. */
static const DomuimgDiskKind shown_raw, shown_qcow2, sent_qcow2;

static gboolean
is_name (const char *name)
{
  return *name != '\0' && *name != '-' && !g_str_equal (name, ".") && !g_str_equal (name, "..")
         && strpbrk (name, "/\t\r\n") == NULL;
}

/* Whether @text is POOL/VOLUME. */
static gboolean
names_volume (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", -1);

  return g_strv_length (parts) == 2 && is_name (parts[0]) && is_name (parts[1]);
}

static gboolean
complete (DomuimgDiskSpec *disk, GError **error)
{
  gboolean is_qcow2 = disk->format == &domuimg_disk_kind_qcow2;

  if (disk->path == NULL || !names_volume (disk->path))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk “%s:%s” is not %s:%s", disk->kind->scheme,
                         disk->path != NULL ? disk->path : "", disk->kind->scheme,
                         disk->kind->placeholder);
  if (disk->format != NULL && disk->format != &domuimg_disk_kind_raw && !is_qcow2)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "disk %s:%s: a volume is made as raw or qcow2, not as %s",
                         disk->kind->scheme, disk->path, disk->format->name);
  if (disk->is_compressed && !is_qcow2)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk %s:%s: only qcow2 can be compressed; add format=qcow2",
                         disk->kind->scheme, disk->path);
  disk->volume = g_steal_pointer (&disk->path);
  if (is_qcow2)
    disk->kind = &sent_qcow2;
  return TRUE;
}

static char *
address_of (const DomuimgDiskSpec *disk)
{
  return domuimg_pool_make_address (disk->connect, disk->volume);
}

/* Whether libvirt's files of this type of pool are what it has in the directory. */
static gboolean
holds_files (const char *type)
{
  static const char *const types[] = { "dir", "fs", "netfs", NULL };

  return g_strv_contains (types, type);
}

static gboolean
check_pool (const DomuimgDiskSpec *disk, const DomuimgPoolState *state, GError **error)
{
  g_autofree char *pool = g_path_get_dirname (disk->volume);
  const char *uri = disk->connect != NULL ? disk->connect : DOMUIMG_LIBVIRT_URI;

  if (state->type == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s has no storage pool %s; virsh -c %s pool-list --all names those that it"
                         " has",
                         uri, pool, uri);
  if (!state->is_active)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "the storage pool %s of %s is not active; start it: virsh -c %s pool-start"
                         " %s",
                         pool, uri, uri, pool);
  if (state->path == NULL || (!holds_files (state->type) && !g_str_equal (state->type, "logical")))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "the storage pool %s of %s is of the type %s, which libvirt makes no volumes in"
                         " or takes no content for; use one of the type dir, fs, netfs or logical",
                         pool, uri, state->type);
  return holds_files (state->type) || disk->kind == &domuimg_disk_kind_pool
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "the storage pool %s of %s holds block devices, and a guest sees what is on"
                          " them: leave out format=qcow2",
                          pool, uri);
}

/* What we write there must be what libvirt, which may run as another user, reads. */
static gboolean
is_shown (const DomuimgDiskSpec *disk, const DomuimgPoolState *state)
{
  struct stat status;

  return holds_files (state->type)
         && (disk->connect == NULL || !domuimg_libvirt_is_remote (disk->connect))
         && stat (state->path, &status) == 0 && S_ISDIR (status.st_mode)
         && status.st_uid == geteuid () && access (state->path, W_OK | X_OK) == 0;
}

static gboolean
locate (DomuimgDiskSpec *disk, GError **error)
{
  g_autofree char *address = address_of (disk);
  g_autofree char *name = g_path_get_basename (disk->volume);
  g_auto (DomuimgPoolState) state = { 0 };

  if (!domuimg_pool_look (address, &state, error) || !check_pool (disk, &state, error))
    return FALSE;
  disk->path = g_build_filename (state.path, name, NULL);
  if (is_shown (disk, &state))
    disk->kind = disk->kind == &sent_qcow2 ? &shown_qcow2 : &shown_raw;
  return TRUE;
}

static gboolean
fail_no_room (const char *address, guint64 size, guint64 available, GError **error)
{
  g_autofree char *wanted = g_format_size_full (size, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *has = g_format_size_full (available, G_FORMAT_SIZE_IEC_UNITS);

  return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                       "%s: the pool has no room for %s: %s are free; make room in it, or choose"
                       " another one",
                       address, wanted, has);
}

/* @size: of what is taken from the pool. */
static gboolean
check_place (const char *address, const DomuimgPoolState *state, guint64 size, gboolean replace,
             GError **error)
{
  if (state->id != NULL && !replace)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                         "%s exists already; delete it, choose another name, or use --force, which"
                         " destroys it",
                         address);
  return domuimg_pool_check_unused (address, state, error)
         && (size <= state->available || fail_no_room (address, size, state->available, error));
}

static gboolean
check (const DomuimgDiskSpec *disk, gboolean replace, GError **error)
{
  g_autofree char *address = address_of (disk);
  g_auto (DomuimgPoolState) state = { 0 };

  /* A file takes room only for what is written to it. */
  return domuimg_pool_look (address, &state, error) && check_pool (disk, &state, error)
         && check_place (address, &state, holds_files (state.type) ? 1 : disk->size, replace, error);
}

/* Beside the results: there is room for large files. */
static char *
create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error)
{
  g_autofree char *name = g_path_get_basename (disk->volume);
  g_autofree char *numbered = g_strdup_printf ("%s.%u", name, making->number);
  g_autofree char *beside = g_build_filename (making->directory, numbered, NULL);

  return domuimg_undo_add_temporary (making->undo, beside, error);
}

/* An upload that failed is taken back at once where that is possible; who reads of the failure learns
 * what is left. */
static gboolean
take_back (const char *address, const char *id, GError **error)
{
  gboolean deleted;

  if (!domuimg_pool_delete (address, id, &deleted, NULL))
    g_prefix_error (error,
                    "the volume is unfinished and still there, and domuimg cleanup deletes it once"
                    " libvirt answers again: ");
  return FALSE;
}

/* A volume that gets what a file holds. */
typedef struct {
  const char *address;
  const char *path; /* on its host */
  int fd;
  guint64 size; /* of the file */
  guint64 taken; /* of it, without its holes */
} Sending;

static gboolean
fill (const Sending *self, const DomuimgDiskMaking *making, DomuimgProgress *progress,
      GCancellable *cancellable, GError **error)
{
  g_autofree char *bytes = g_strdup_printf ("%" G_GUINT64_FORMAT, self->size);
  g_autofree char *id = NULL;
  g_autoptr (GError) local = NULL;

  if (!domuimg_undo_add_pool_volume (making->undo, DOMUIMG_UNDO_POOL_EMPTY, self->address, bytes,
                                     error))
    return FALSE;
  id = domuimg_pool_create (self->address, self->size, &local);
  /* An empty one of the same size, of somebody else, would be taken for ours. */
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS))
    domuimg_undo_drop_pool_volume (making->undo, self->address);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  if (id == NULL
      || !domuimg_undo_add_pool_volume (making->undo, DOMUIMG_UNDO_POOL_MADE, self->address, id,
                                        error))
    return FALSE;
  if (!domuimg_pool_upload (self->address, self->fd, progress, cancellable, error))
    return take_back (self->address, id, error);
  g_ptr_array_add (making->volumes, domuimg_pool_volume_new (self->path, self->address, id));
  return TRUE;
}

/* libvirt cannot give a volume another name, so the old one has to go before the new one comes. */
static gboolean
send_to (const Sending *self, const DomuimgPoolState *state, const DomuimgDiskMaking *making,
         DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  guint64 taken = holds_files (state->type) ? self->taken : self->size;
  gboolean deleted = FALSE;

  if (!check_place (self->address, state, taken, making->replace, error)
      || (state->id != NULL
          && !domuimg_pool_delete (self->address, state->id, &deleted, error)))
    return FALSE;
  if (fill (self, making, progress, cancellable, error))
    return TRUE;
  if (deleted)
    g_prefix_error (error, DOMUIMG_DISK_LOST, self->address);
  return FALSE;
}

/* All is looked at once more: hours may have passed since the plan. */
static gboolean
send_file (const DomuimgDiskSpec *disk, const char *address, const char *path, const char *from,
           const DomuimgDiskMaking *making, DomuimgProgress *progress, GCancellable *cancellable,
           GError **error)
{
  g_auto (DomuimgPoolState) state = { 0 };
  g_auto (DomuimgFd) fd = open (from, O_RDONLY | O_CLOEXEC);
  Sending sending = { address, path, fd };
  struct stat status;

  if (fd < 0 || fstat (fd, &status) != 0)
    return domuimg_set_errno (error, errno, "opening %s", from);
  sending.size = (guint64) status.st_size;
  sending.taken = (guint64) status.st_blocks * 512;
  return domuimg_pool_look (address, &state, error) && check_pool (disk, &state, error)
         && send_to (&sending, &state, making, progress, cancellable, error);
}

static gboolean
put (const DomuimgDiskSpec *disk, const char *path, const DomuimgDiskMaking *making,
     DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autofree char *address = address_of (disk);

  return send_file (disk, address, disk->path, path, making, progress, cancellable, error);
}

/* Another file in the pool of the disk. */
static char *
address_beside (const DomuimgDiskSpec *disk, const char *name)
{
  g_autofree char *pool = g_path_get_dirname (disk->volume);
  g_autofree char *volume = g_build_filename (pool, name, NULL);

  return domuimg_pool_make_address (disk->connect, volume);
}

static char *
path_beside (const DomuimgDiskSpec *disk, const char *name)
{
  g_autofree char *directory = g_path_get_dirname (disk->path);

  return g_build_filename (directory, name, NULL);
}

static gboolean
locate_file (const DomuimgDiskSpec *disk, const char *name, gboolean replace, char **path,
             GError **error)
{
  g_autofree char *address = address_beside (disk, name);
  g_auto (DomuimgPoolState) state = { 0 };

  if (disk->connect == NULL || !domuimg_libvirt_is_remote (disk->connect))
    return TRUE;
  if (!domuimg_pool_look (address, &state, error) || !check_pool (disk, &state, error))
    return FALSE;
  if (!holds_files (state.type))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s: a kernel has to be a file on the host of the guest, and this pool holds"
                         " block devices; use --kernel pvgrub or pygrub, which need no file there",
                         address);
  if (!check_place (address, &state, 1, replace, error))
    return FALSE;
  *path = path_beside (disk, name);
  return TRUE;
}

static gboolean
put_file (const DomuimgDiskSpec *disk, const char *name, const char *from,
          const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_autofree char *address = address_beside (disk, name);
  g_autofree char *path = path_beside (disk, name);

  return send_file (disk, address, path, from, making, NULL, cancellable, error);
}

static gboolean
note (const DomuimgDiskSpec *disk, const char *path, const DomuimgDiskMaking *making,
      DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autofree char *address = address_of (disk);

  g_ptr_array_add (making->volumes, domuimg_pool_volume_new (disk->path, address, NULL));
  return TRUE;
}

static gboolean
announce (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error)
{
  g_autofree char *address = address_of (disk);

  return domuimg_pool_refresh (address, error);
}

static DomuimgRegion *
begin_qcow2 (const DomuimgDiskSpec *disk, const char *path, guint64 size,
             const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  return domuimg_disk_kind_qcow2.begin (disk, path, size, making, cancellable, error);
}

static gboolean
end_qcow2 (const DomuimgDiskSpec *disk, const char *path, DomuimgRegion *begun,
           const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  return domuimg_disk_kind_qcow2.end (disk, path, begun, making, cancellable, error);
}

#define POOL                                                                                       \
  .scheme = "pool", .placeholder = "POOL/VOLUME", .name = "pool", .options = "format compress",    \
  .complete = complete, .locate = locate,                                                          \
  .describe = domuimg_disk_file_describe, .fill_domain = domuimg_disk_file_fill_domain
#define RAW                                                                                        \
  .format = "raw", .allocate = domuimg_disk_file_allocate_raw, .open = domuimg_region_open,        \
  .to_node = domuimg_disk_file_to_raw_node, .take = domuimg_disk_file_take
#define QCOW2                                                                                      \
  .format = "qcow2", .begin = begin_qcow2, .end = end_qcow2,                                       \
  .allocate = domuimg_disk_file_allocate_qcow2, .to_node = domuimg_disk_file_to_qcow2_node
#define SENT                                                                                       \
  .storage = "pool", .traits = DOMUIMG_DISK_CAN_BE_FILLED | DOMUIMG_DISK_IS_SENT, .check = check,  \
  .create = create, .put = put, .locate_file = locate_file, .put_file = put_file
#define SHOWN                                                                                      \
  .storage = "file", .traits = DOMUIMG_DISK_CAN_BE_FILLED, .check = domuimg_disk_file_check,       \
  .create = domuimg_disk_file_create, .put = note, .announce = announce

const DomuimgDiskKind domuimg_disk_kind_pool = { POOL, RAW, SENT };
static const DomuimgDiskKind sent_qcow2 = { POOL, QCOW2, SENT };
static const DomuimgDiskKind shown_raw = { POOL, RAW, SHOWN };
static const DomuimgDiskKind shown_qcow2 = { POOL, QCOW2, SHOWN };
