/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User-mode Linux as a process of ours: its start, what is said to it, its end. */
#include "config.h"
#include "lib/fs/uml/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/fs/uml/launch.h"

#define KERNEL "linux.uml"
#define AGENT "domuimg-agent"
#define MEMORY_MIB 256u
/* mkfs.erofs keeps all files' paths, each with room for the longest: 4.7 KiB were measured, and the kernel
 * has inodes of them in its cache. */
#define PACKED_PER_MIB 100u
#define PACKED_MAX_MIB 16384u
#define MEMORY_PREFIX "domuimg-"
/* The most that is written to a disk which is only read; it lies in memory. */
#define CHANGES ((off_t) 1 << 30)
#define START_SECONDS 60
/* The most that writing everything out may take, or a long list. */
#define ANSWER_SECONDS 600
/* Tests have no other way to the slower one. */
#define OFF "DOMUIMG_NO_UML"

struct _DomuimgUml {
  DomuimgRegion *disk;
  gboolean disposable;
  gboolean writable;
  GVariant *members; /* (nullable) */
  guint memory;      /* MiB */
  gboolean packs;    /* it has the program for that */
  gboolean active;   /* its logical volumes */
  GPtrArray *mounts; /* (element-type DomuimgUmlMount) */

  DomuimgExec *exec; /* (nullable) while it runs */
  guint8 *mailbox;
  DomuimgFd to;
  DomuimgFd from;
};

static void
free_entry (gpointer data)
{
  if (data != NULL)
    domuimg_entry_free (data);
}

static void
mount_free (gpointer data)
{
  DomuimgUmlMount *self = data;

  g_hash_table_unref (self->seen);
  g_hash_table_unref (self->known);
  g_hash_table_unref (self->changed);
  g_free ((char *) self->place.fs);
  g_free ((char *) self->place.lv);
  g_free (self);
}

gboolean
domuimg_uml_is_possible (char **why_not)
{
  g_autofree char *kernel = domuimg_find_program (KERNEL);
  g_autofree char *agent = domuimg_libexec_path (AGENT);

  if (g_getenv (OFF) != NULL)
    *why_not = g_strdup (OFF " is set");
  else if (kernel == NULL)
    *why_not = g_strdup_printf ("there is no %s (Debian: the package %s)", KERNEL,
                                domuimg_package_of_program (KERNEL));
  else if (access (agent, X_OK) != 0)
    *why_not = g_strdup_printf ("there is no %s", agent);
  else
    return TRUE;
  return FALSE;
}

/* A file of a process that also tells another time of change each time, so no copy-on-write file can
 * be for it. */
static gboolean
is_overlay (const DomuimgRegion *disk)
{
  struct statfs st;

  return fstatfs (disk->fd, &st) == 0 && st.f_type == FUSE_SUPER_MAGIC
         && (fcntl (disk->fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

DomuimgUml *
domuimg_uml_new (DomuimgRegion *disk)
{
  DomuimgUml *self = g_new0 (DomuimgUml, 1);

  self->disk = domuimg_region_ref (disk);
  self->disposable = is_overlay (disk);
  self->memory = MEMORY_MIB;
  self->mounts = g_ptr_array_new_with_free_func (mount_free);
  self->to = self->from = -1;
  return self;
}

static void
stop (DomuimgUml *self)
{
  domuimg_fd_clear (&self->to);
  domuimg_fd_clear (&self->from);
  g_clear_pointer (&self->exec, domuimg_exec_free);
  if (self->mailbox != NULL)
    munmap (self->mailbox, DOMUIMG_UML_MAILBOX);
  self->mailbox = NULL;
  self->active = FALSE;
}

void
domuimg_uml_free (DomuimgUml *self)
{
  stop (self);
  g_ptr_array_unref (self->mounts);
  g_clear_pointer (&self->members, g_variant_unref);
  domuimg_region_unref (self->disk);
  g_free (self);
}

void
domuimg_uml_set_packs (DomuimgUml *self, guint64 entries)
{
  self->packs = TRUE;
  self->memory = MEMORY_MIB + (guint) MIN (entries / PACKED_PER_MIB, PACKED_MAX_MIB);
}

gboolean
domuimg_uml_is_in_use (DomuimgUml *self)
{
  return self->mounts->len > 0;
}

const char *
domuimg_uml_get_name (DomuimgUml *self)
{
  return self->disk->name;
}

void
domuimg_uml_set_members (DomuimgUml *self, GVariant *members)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (members);

  if (self->members == NULL)
    self->members = g_steal_pointer (&owned);
}

guint8 *
domuimg_uml_get_data (DomuimgUml *self)
{
  return self->mailbox != NULL ? self->mailbox + DOMUIMG_UML_DATA_AT : NULL;
}

/* It is gone, or will be: what it said last tells why. */
static gboolean
fail_gone (DomuimgUml *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  domuimg_exec_finish (self->exec, &local);
  domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s: User-mode Linux, which reads it, has ended: %s",
                self->disk->name,
                local != NULL ? local->message : domuimg_exec_get_tail (self->exec));
  stop (self);
  return FALSE;
}

static gboolean
fail_late (DomuimgUml *self, guint seconds, GError **error)
{
  domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                "%s: User-mode Linux, which reads it, has not answered within %u seconds, and was"
                " ended: its filesystem may be damaged",
                self->disk->name, seconds);
  stop (self);
  return FALSE;
}

static gboolean
await (DomuimgUml *self, char expected, guint seconds, GError **error)
{
  gint64 end = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  char byte = 0;

  do
    {
      gint64 left = (end - g_get_monotonic_time ()) / 1000;
      struct pollfd fd = { self->from, POLLIN, 0 };

      if (left <= 0)
        return fail_late (self, seconds, error);
      if (poll (&fd, 1, (int) left) <= 0)
        continue;
      if (read (self->from, &byte, 1) != 1)
        return fail_gone (self, error);
    }
  while (byte != expected);
  return TRUE;
}

static gboolean
is_fit_for_memory (const char *directory, guint64 size)
{
  struct statvfs st;

  return statvfs (directory, &st) == 0 && (st.f_flag & ST_NOEXEC) == 0
         && (guint64) st.f_bavail * st.f_frsize > size + size / 4;
}

/* What machines have left that were killed as they started: directories that are empty. */
static void
sweep (const char *above)
{
  g_autoptr (GDir) directory = g_dir_open (above, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (above, name, NULL);
      struct stat status;

      /* Others' cannot be removed, and one with anything in it is none of these. */
      if (g_str_has_prefix (name, MEMORY_PREFIX) && lstat (path, &status) == 0
          && S_ISDIR (status.st_mode) && status.st_uid == geteuid ()
          && status.st_mtime + 2 * START_SECONDS < time (NULL))
        rmdir (path);
    }
}

/* A new directory for its memory, which has a name there for as long as it starts only. */
static char *
make_memory_directory (guint64 size, GError **error)
{
  const char *above = is_fit_for_memory ("/dev/shm", size) ? "/dev/shm" : g_get_tmp_dir ();
  g_autofree char *path = g_build_filename (above, MEMORY_PREFIX "XXXXXX", NULL);

  sweep (above);
  if (g_mkdtemp_full (path, 0700) != NULL)
    return g_steal_pointer (&path);
  domuimg_set_errno (error, errno, "making a directory in %s", above);
  return NULL;
}

typedef struct {
  char *memory;
  DomuimgFd initramfs;
  DomuimgFd mailbox;
  DomuimgFd changes; /* -1: there are none, or they go to the disk */
  DomuimgFd line[2]; /* its ends */
  GPtrArray *given;  /* numbers of what it may open */
} Start;

static void
start_clear (Start *self)
{
  if (self->memory != NULL)
    rmdir (self->memory);
  g_free (self->memory);
  domuimg_fd_clear (&self->initramfs);
  domuimg_fd_clear (&self->mailbox);
  domuimg_fd_clear (&self->changes);
  domuimg_fd_clear (&self->line[0]);
  domuimg_fd_clear (&self->line[1]);
  g_clear_pointer (&self->given, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Start, start_clear)

/* Its path in the program. */
static char *
give (Start *start, DomuimgExec *exec, int fd)
{
  char *path = domuimg_exec_pass_fd (exec, fd);

  g_ptr_array_add (start->given, g_strdup (path + strlen ("/dev/fd/")));
  return path;
}

/* Arguments for the disks, with flags for their driver: no locks, and read only or not. */
static char **
give_disks (DomuimgUml *self, Start *start, DomuimgExec *exec, GError **error)
{
  g_autofree char *disk = give (start, exec, self->disk->fd), *changes = NULL;
  gboolean writable = self->writable || self->disposable;
  g_autoptr (GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (arguments, g_strconcat (writable ? "ubdac=" : "ubdarc=", disk, NULL));
  if (!writable)
    {
      start->changes = domuimg_memory_file ("domuimg-changes", CHANGES);
      if (start->changes < 0)
        {
          domuimg_set_errno (error, errno, "%s: making room for a journal's replay",
                             self->disk->name);
          return NULL;
        }
      changes = give (start, exec, start->changes);
      g_ptr_array_add (arguments, g_strconcat ("ubdbc=", changes, NULL));
    }
  g_ptr_array_add (arguments, NULL);
  return (char **) g_ptr_array_steal (arguments, NULL);
}

static gboolean
make_line (DomuimgUml *self, Start *start)
{
  int to[2], from[2];

  if (pipe2 (to, O_CLOEXEC) != 0)
    return FALSE;
  start->line[0] = to[0];
  self->to = to[1];
  if (pipe2 (from, O_CLOEXEC) != 0)
    return FALSE;
  self->from = from[0];
  start->line[1] = from[1];
  return TRUE;
}

static gboolean
make_mailbox (DomuimgUml *self, Start *start)
{
  start->mailbox = domuimg_memory_file ("domuimg-mailbox", DOMUIMG_UML_MAILBOX);
  if (start->mailbox < 0)
    return FALSE;
  self->mailbox = mmap (NULL, DOMUIMG_UML_MAILBOX, PROT_READ | PROT_WRITE, MAP_SHARED,
                        start->mailbox, 0);
  if (self->mailbox == MAP_FAILED)
    self->mailbox = NULL;
  return self->mailbox != NULL;
}

static void
add_kernel (const DomuimgUml *self, Start *start, DomuimgExec *exec)
{
  static const char *const fixed[] = {
    "ssl=null", "con=null", "con0=null,fd:2", "quiet", "selinux=0", "apparmor=0",
    /* It would make directories and sockets there, for a program that nobody runs. */
    "uml_dir=/proc/self/fdinfo",
  };
  g_autofree char *kernel = domuimg_find_program (KERNEL);

  domuimg_exec_arg (exec, DOMUIMG_UML_LAUNCH);
  domuimg_exec_arg (exec, start->memory);
  for (guint i = 0; i < start->given->len; i++)
    domuimg_exec_arg (exec, g_ptr_array_index (start->given, i));
  domuimg_exec_arg (exec, "--");
  domuimg_exec_arg (exec, kernel != NULL ? kernel : KERNEL);
  domuimg_exec_argf (exec, "mem=%uM", self->memory);
  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    domuimg_exec_arg (exec, fixed[i]);
  domuimg_exec_setenv (exec, "TMPDIR", start->memory);
}

static gboolean
add_arguments (DomuimgUml *self, Start *start, DomuimgExec *exec, GError **error)
{
  g_autofree char *initramfs = give (start, exec, start->initramfs);
  g_autofree char *mailbox = give (start, exec, start->mailbox);
  g_auto (GStrv) disks = give_disks (self, start, exec, error);
  g_autofree char *in = domuimg_exec_pass_fd (exec, start->line[0]);
  g_autofree char *out = domuimg_exec_pass_fd (exec, start->line[1]);

  if (disks == NULL)
    return FALSE;
  add_kernel (self, start, exec);
  domuimg_exec_argf (exec, "initrd=%s", initramfs);
  domuimg_exec_argf (exec, "iomem=mmapper,%s", mailbox);
  for (guint i = 0; disks[i] != NULL; i++)
    domuimg_exec_arg (exec, disks[i]);
  domuimg_exec_argf (exec, "ssl0=fd:%s,fd:%s", in + strlen ("/dev/fd/"), out + strlen ("/dev/fd/"));
  return TRUE;
}

static gboolean
start_now (DomuimgUml *self, GError **error)
{
  g_autofree char *agent = domuimg_libexec_path (AGENT);
  g_auto (Start) start = { NULL, -1, -1, -1, { -1, -1 }, g_ptr_array_new_with_free_func (g_free) };

  start.memory = make_memory_directory ((guint64) self->memory << 20, error);
  if (start.memory == NULL)
    return FALSE;
  start.initramfs
      = domuimg_uml_make_initramfs (agent, self->members != NULL, self->packs, error);
  if (start.initramfs < 0)
    return FALSE;
  if (!make_line (self, &start) || !make_mailbox (self, &start))
    return domuimg_set_errno (error, errno, "%s: starting User-mode Linux", self->disk->name);
  self->exec = domuimg_exec_new (agent);
  if (!add_arguments (self, &start, self->exec, error)
      || domuimg_exec_start (self->exec, NULL, error) < 0)
    return FALSE;
  /* Its copies only are left: their end is its end. */
  domuimg_exec_drop_passed (self->exec);
  domuimg_fd_clear (&start.line[0]);
  domuimg_fd_clear (&start.line[1]);
  return await (self, DOMUIMG_UML_READY, START_SECONDS, error);
}

GVariant *
domuimg_uml_ask (DomuimgUml *self, const DomuimgUmlRequest *request, const char *type,
                 GError **error)
{
  g_autoptr (GBytes) message = domuimg_uml_request_write (request);
  g_autoptr (GBytes) answer = NULL;
  const char byte = DOMUIMG_UML_ASKED;

  if (self->exec == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s: User-mode Linux, which reads it, has ended",
                    self->disk->name);
      return NULL;
    }
  if (!domuimg_uml_mailbox_put (self->mailbox + DOMUIMG_UML_REQUEST_AT, message))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s: /%s has too many attributes",
                    self->disk->name, request->path != NULL ? request->path : "");
      return NULL;
    }
  /* One that has ended is seen when it does not answer. */
  if (!domuimg_write_all (self->to, &byte, 1))
    {
      fail_gone (self, error);
      return NULL;
    }
  if (!await (self, DOMUIMG_UML_ANSWERED, ANSWER_SECONDS, error))
    return NULL;
  answer = domuimg_uml_mailbox_take (self->mailbox + DOMUIMG_UML_ANSWER_AT);
  if (answer == NULL)
    answer = g_bytes_new (NULL, 0);
  return domuimg_uml_answer_read (answer, type, self->disk->name, error);
}

static gboolean
activate (DomuimgUml *self, GVariant **volumes, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_LIST_VOLUMES, .extra = self->members };
  g_autoptr (GVariant) answer = domuimg_uml_ask (self, &request, DOMUIMG_UML_VOLUMES, error);

  self->active = answer != NULL;
  if (volumes != NULL)
    *volumes = g_steal_pointer (&answer);
  return self->active;
}

static gboolean
mount_it (DomuimgUml *self, DomuimgUmlMount *mount, GError **error)
{
  DomuimgUmlRequest request = {
    DOMUIMG_UML_MOUNT,
    .path = (char *) mount->place.fs,
    .target = (char *) mount->place.lv,
    .offset = mount->place.offset,
    .length = mount->place.length,
    .extra = g_variant_new_boolean (mount->writable),
  };
  g_autoptr (GVariant) answer = domuimg_uml_ask (self, &request, "u", error);

  if (answer != NULL)
    mount->id = g_variant_get_uint32 (answer);
  return answer != NULL;
}

static gboolean
unmount_it (DomuimgUml *self, const DomuimgUmlMount *mount, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_UNMOUNT, mount->id };
  g_autoptr (GVariant) answer = domuimg_uml_ask (self, &request, "b", error);

  return answer != NULL;
}

/* With what was mounted, where it was started before. */
static gboolean
start (DomuimgUml *self, GError **error)
{
  if (self->exec != NULL)
    return TRUE;
  if (!start_now (self, error))
    {
      stop (self);
      return FALSE;
    }
  for (guint i = 0; i < self->mounts->len; i++)
    {
      DomuimgUmlMount *mount = g_ptr_array_index (self->mounts, i);

      if (mount->place.lv != NULL && !self->active && !activate (self, NULL, error))
        return FALSE;
      if (!mount_it (self, mount, error))
        return FALSE;
    }
  return TRUE;
}

GPtrArray *
domuimg_uml_list_volumes (DomuimgUml *self, GError **error)
{
  g_autoptr (GVariant) list = NULL;
  GPtrArray *volumes;

  /* One that was started without LVM's program has to start with it. */
  if (self->exec != NULL && !self->active)
    stop (self);
  if (!start (self, error) || !activate (self, &list, error))
    return NULL;
  volumes = domuimg_uml_volumes_read (list);
  if (volumes == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                  "%s: User-mode Linux, which reads it, tells of logical volumes with names that"
                  " none can have",
                  self->disk->name);
  return volumes;
}

static DomuimgUmlMount *
find_mount (DomuimgUml *self, const DomuimgUmlPlace *place)
{
  for (guint i = 0; i < self->mounts->len; i++)
    {
      DomuimgUmlMount *mount = g_ptr_array_index (self->mounts, i);

      if (g_strcmp0 (mount->place.lv, place->lv) == 0
          && (place->lv != NULL || mount->place.offset == place->offset))
        return mount;
    }
  return NULL;
}

void
domuimg_uml_discard_seen (DomuimgUmlMount *mount)
{
  g_hash_table_remove_all (mount->seen);
  g_hash_table_remove_all (mount->known);
  g_hash_table_remove_all (mount->changed);
}

static DomuimgUmlMount *
add_mount (DomuimgUml *self, const DomuimgUmlPlace *place, gboolean writable, GError **error)
{
  DomuimgUmlMount *mount = g_new0 (DomuimgUmlMount, 1);

  mount->place = *place;
  mount->place.fs = g_strdup (place->fs);
  mount->place.lv = g_strdup (place->lv);
  mount->writable = writable;
  mount->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_entry);
  mount->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  mount->changed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if ((place->lv != NULL && !self->active && !activate (self, NULL, error))
      || !mount_it (self, mount, error))
    {
      mount_free (mount);
      return NULL;
    }
  g_ptr_array_add (self->mounts, mount);
  return mount;
}

/* A disk that was opened to be read stays so: the same once more. */
static gboolean
make_writable (DomuimgUml *self, GError **error)
{
  g_autoptr (DomuimgRegion) disk = domuimg_region_make_writable (self->disk, error);

  if (disk == NULL)
    return FALSE;
  stop (self);
  self->writable = TRUE;
  domuimg_region_unref (self->disk);
  self->disk = g_steal_pointer (&disk);
  return TRUE;
}

static gboolean
remount_writable (DomuimgUml *self, DomuimgUmlMount *mount, GError **error)
{
  if (!unmount_it (self, mount, error))
    return FALSE;
  mount->writable = TRUE;
  domuimg_uml_discard_seen (mount);
  return mount_it (self, mount, error);
}

DomuimgUmlMount *
domuimg_uml_mount (DomuimgUml *self, const DomuimgUmlPlace *place, gboolean writable,
                   GError **error)
{
  DomuimgUmlMount *mount = find_mount (self, place);

  if (writable && !self->writable && !make_writable (self, error))
    return NULL;
  if (!start (self, error))
    return NULL;
  if (mount == NULL)
    mount = add_mount (self, place, writable, error);
  else if (writable && !mount->writable && !remount_writable (self, mount, error))
    return NULL;
  if (mount != NULL)
    mount->users++;
  return mount;
}

gboolean
domuimg_uml_release (DomuimgUml *self, DomuimgUmlMount *mount, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_SYNC, mount->id };
  gboolean ok = TRUE;

  if (--mount->users > 0)
    {
      g_autoptr (GVariant) answer = NULL;

      if (mount->writable)
        answer = domuimg_uml_ask (self, &request, "b", error);
      return !mount->writable || answer != NULL;
    }
  if (self->exec != NULL || mount->writable)
    ok = unmount_it (self, mount, error) || !mount->writable;
  g_ptr_array_remove (self->mounts, mount);
  return ok;
}
