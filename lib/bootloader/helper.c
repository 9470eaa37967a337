/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* grub-fstest, confined, for filesystems that no reader here knows. */
#include "config.h"
#include "lib/bootloader/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"

#define PROGRAM "grub-fstest"
/* The seconds that one run may take. */
#define SECONDS 30
/* No descriptor that it can open has this number, so that only the start of it has. */
#define PROGRAM_FD 60
#define FILES 32
/* Where there is nothing yet: what a root is made on. */
#define ROOT "/run"

typedef struct {
  int program; /* opened before its directory is out of reach */
  int disk;
  gboolean has_root; /* of its own; "/disk" is the disk there */
} Helper;

static const char *const libraries[] = { "/usr", "/lib", "/lib64", "/lib32" };

/* Read-only, at the same place below the new root; a symlink as it is. */
static gboolean
show (const char *path)
{
  g_autofree char *to = g_strconcat (ROOT, path, NULL);
  g_autofree char *target = g_file_read_link (path, NULL);

  if (target != NULL)
    return symlink (target, to) == 0;
  if (access (path, F_OK) != 0)
    return TRUE;
  return mkdir (to, 0755) == 0 && mount (path, to, NULL, MS_BIND, NULL) == 0
         && mount (NULL, to, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL)
                == 0;
}

static gboolean
show_disk (int disk)
{
  g_autofree char *from = g_strdup_printf ("/proc/self/fd/%d", disk);
  g_auto (DomuimgFd) fd = open (ROOT "/disk", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

  return fd >= 0 && mount (from, ROOT "/disk", NULL, MS_BIND, NULL) == 0
         && mount (NULL, ROOT "/disk", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
}

/* In a mount namespace of our own, a root that has libraries and the disk. */
static const char *
make_root (gpointer data)
{
  Helper *self = data;
  gboolean ok;

  ok = mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
       && mount ("tmpfs", ROOT, "tmpfs", MS_NOSUID, "size=64k,mode=755") == 0;
  for (guint i = 0; ok && i < G_N_ELEMENTS (libraries); i++)
    ok = show (libraries[i]);
  if (!ok || !show_disk (self->disk) || chdir (ROOT) != 0 || chroot (".") != 0)
    return "no root of its own for " PROGRAM;
  self->has_root = TRUE;
  return NULL;
}

static void G_GNUC_NORETURN
become (const Helper *self, const char *const *words, int out)
{
  g_autofree char *disk
      = self->has_root ? g_strdup ("/disk") : g_strdup_printf ("/dev/fd/%d", self->disk);
  const struct rlimit files = { FILES, FILES }, none = { 0, 0 };
  const char *argv[12] = { PROGRAM, disk };
  char *const envp[] = { (char *) "LC_ALL=C", NULL };
  guint n = 2;

  while (*words != NULL && n < G_N_ELEMENTS (argv) - 1)
    argv[n++] = *words++;
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  signal (SIGPIPE, SIG_DFL);
  signal (SIGXFSZ, SIG_DFL);
  setrlimit (RLIMIT_FSIZE, &none);
  if (dup2 (out, STDOUT_FILENO) < 0 || dup3 (self->program, PROGRAM_FD, O_CLOEXEC) < 0
      || setrlimit (RLIMIT_NOFILE, &files) != 0)
    _exit (126);
  if (!self->has_root)
    fcntl (self->disk, F_SETFD, 0);
  domuimg_confine_program_calls (PROGRAM_FD);
  syscall (SYS_execveat, PROGRAM_FD, "", argv, envp, AT_EMPTY_PATH);
  _exit (127);
}

/* What it prints, up to DOMUIMG_HELPER_PIECE and a little. */
static GByteArray *
collect (int from)
{
  GByteArray *output = g_byte_array_new ();
  gint64 deadline = g_get_monotonic_time () + SECONDS * G_USEC_PER_SEC;
  g_autofree guint8 *buffer = g_malloc (1 << 16);

  while (output->len <= DOMUIMG_HELPER_PIECE)
    {
      struct pollfd fd = { from, POLLIN, 0 };
      gint64 left = (deadline - g_get_monotonic_time ()) / 1000;
      gssize got;

      if (left <= 0 || poll (&fd, 1, left) <= 0)
        break;
      got = read (from, buffer, 1 << 16);
      if (got <= 0)
        break;
      g_byte_array_append (output, buffer, got);
    }
  return output;
}

/* It ends by itself when its output has; what does not is ended. */
static gboolean
reap (pid_t pid)
{
  int status = 0;

  for (int i = 0; waitpid (pid, &status, WNOHANG) == 0; i++)
    {
      if (i == 1000)
        kill (pid, SIGKILL);
      g_usleep (200);
    }
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static GByteArray *
run (const Helper *self, const char *const *words, gboolean *ok)
{
  GByteArray *output;
  int ends[2];
  pid_t pid;

  *ok = FALSE;
  if (pipe2 (ends, O_CLOEXEC) != 0)
    return g_byte_array_new ();
  pid = fork ();
  if (pid == 0)
    become (self, words, ends[1]);
  close (ends[1]);
  output = collect (ends[0]);
  close (ends[0]);
  *ok = pid > 0 && reap (pid);
  return output;
}

static GBytes *
answer (gboolean ok, GByteArray *output)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new (
      "(b@ay)", ok,
      g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, output->data, output->len, 1)));

  return g_variant_get_data_as_bytes (value);
}

/* A name begins with a device: it is not an option, and none of the helper's own files. */
static gboolean
is_name (const char *name)
{
  return g_str_has_prefix (name, "(loop0") || g_str_has_prefix (name, "(lvm/");
}

static GBytes *
helper_serve (GBytes *bytes, gpointer data)
{
  g_autoptr (GVariant) request = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (DOMUIMG_HELPER_REQUEST), bytes, FALSE));
  g_autoptr (GVariant) text = g_variant_get_child_value (request, 1);
  const char *name = g_variant_get_bytestring (text);
  g_autofree char *skip = NULL, *length = NULL;
  g_autoptr (GByteArray) output = NULL;
  guint64 offset = 0, size = 0;
  gboolean ok = FALSE;
  guint8 what = 0;

  g_variant_get_child (request, 0, "y", &what);
  g_variant_get_child (request, 2, "t", &offset);
  g_variant_get_child (request, 3, "t", &size);
  skip = g_strdup_printf ("%" G_GUINT64_FORMAT, offset);
  length = g_strdup_printf ("%" G_GUINT64_FORMAT, MIN (size, DOMUIMG_HELPER_PIECE));
  const char *const devices[] = { "ls", NULL };
  const char *const list[] = { "ls", "--", "-l", name, NULL };
  const char *const cat[] = { "-s", skip, "-n", length, "cat", name, NULL };

  if (what == 'l' && *name == '\0')
    output = run (data, devices, &ok);
  else if ((what == 'l' || what == 'c') && is_name (name))
    output = run (data, what == 'l' ? list : cat, &ok);
  else
    output = g_byte_array_new ();
  return answer (ok, output);
}

DomuimgConfined *
domuimg_helper_start (int disk, int channel, GError **error)
{
  g_autofree char *path = domuimg_find_program (PROGRAM);
  g_auto (DomuimgFd) program = path != NULL ? open (path, O_PATH | O_CLOEXEC) : -1;
  Helper helper = { program, disk, FALSE };
  const int fds[] = { program, disk, channel };
  const DomuimgConfinement how = {
    .profile = DOMUIMG_CONFINED_KEEPER,
    .task = "runs " PROGRAM,
    .fds = fds,
    .n_fds = G_N_ELEMENTS (fds),
    .prepare = make_root,
    .channel = channel,
    .serve = helper_serve,
    .data = &helper,
  };

  return program >= 0 ? domuimg_confined_start (&how, error) : NULL;
}
