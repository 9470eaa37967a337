/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes without rights that answer requests, and how they are started and asked. */
#include "config.h"
#include "lib/bootloader/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/exec-spawn.h"
#include "lib/base/fd.h"

#define CPU_SECONDS 30
#define FILES 64
#define KEPT_MAX 16
/* With the files that are mapped. */
#define ADDRESSES ((rlim_t) 3 << 30)
#define LAST_CAPABILITY 63
/* How often the size of results is looked at. */
#define LOOK_MSEC 50

struct _DomuimgConfined {
  pid_t pid;
  char *task;
  guint seconds;
  int channel;
  int results[DOMUIMG_CONFINED_RESULTS_N]; /* unowned */
  guint n_results;
  guint64 results_max;
  char *missing;
};

static gboolean
transfer (int fd, gboolean out, guint8 *data, gsize length)
{
  while (length > 0)
    {
      gssize n = out ? send (fd, data, length, MSG_NOSIGNAL) : recv (fd, data, length, 0);

      /* A strict process has no sockets' calls; its channel is a socket all the same. */
      if (n < 0 && errno == EPERM)
        n = out ? write (fd, data, length) : read (fd, data, length);
      if (n < 0 && errno == EINTR)
        continue;
      if (n == 0)
        errno = EPIPE;
      if (n <= 0)
        return FALSE;
      data += n;
      length -= n;
    }
  return TRUE;
}

gboolean
domuimg_confined_send (int fd, GBytes *message)
{
  gsize size;
  guint8 *data = (guint8 *) g_bytes_get_data (message, &size);
  guint32 length = size;

  if (size > DOMUIMG_CONFINED_MESSAGE)
    {
      errno = EMSGSIZE;
      return FALSE;
    }
  return transfer (fd, TRUE, (guint8 *) &length, sizeof length) && transfer (fd, TRUE, data, size);
}

GBytes *
domuimg_confined_receive (int fd)
{
  g_autofree guint8 *data = NULL;
  guint32 length;

  if (!transfer (fd, FALSE, (guint8 *) &length, sizeof length))
    return NULL;
  if (length > DOMUIMG_CONFINED_MESSAGE)
    {
      errno = EMSGSIZE;
      return NULL;
    }
  data = g_try_malloc (MAX (length, 1));
  if (data == NULL)
    errno = ENOMEM;
  if (data == NULL || !transfer (fd, FALSE, data, length))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), length);
}

static int
compare_fds (const void *a, const void *b)
{
  return *(const int *) a - *(const int *) b;
}

static gboolean
close_range_of (guint first, guint last)
{
  struct rlimit limit;

  if (first > last || syscall (SYS_close_range, first, last, 0) == 0)
    return TRUE;
  /* Before Linux 5.9. */
  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return FALSE;
  for (guint fd = first; fd <= last && fd < limit.rlim_cur; fd++)
    close (fd);
  return TRUE;
}

/* All but @how's and the channel. */
static gboolean
close_others (const DomuimgConfinement *how, int channel)
{
  int kept[KEPT_MAX + 1], null = open ("/dev/null", O_RDWR);
  guint n = 0, next = 3;

  if (null < 0)
    return FALSE;
  for (int i = 0; i < 3; i++)
    if (dup2 (null, i) < 0)
      return FALSE;
  for (; n < how->n_fds && n < KEPT_MAX; n++)
    kept[n] = how->fds[n];
  kept[n++] = channel;
  qsort (kept, n, sizeof *kept, compare_fds);
  for (guint i = 0; i < n; i++)
    {
      if (kept[i] < (int) next)
        continue;
      if (!close_range_of (next, kept[i] - 1))
        return FALSE;
      next = kept[i] + 1;
    }
  return close_range_of (next, ~0u);
}

static void
limit (int what, rlim_t to)
{
  const struct rlimit value = { to, to };

  setrlimit (what, &value);
}

static void
set_limits (void)
{
  limit (RLIMIT_CORE, 0);
  limit (RLIMIT_CPU, CPU_SECONDS);
  limit (RLIMIT_FSIZE, DOMUIMG_CONFINED_FILE);
  limit (RLIMIT_NOFILE, FILES);
  /* A sanitizer's shadow takes more than any limit. */
#ifndef __SANITIZE_ADDRESS__
  limit (RLIMIT_DATA, DOMUIMG_CONFINED_MEMORY);
  limit (RLIMIT_AS, ADDRESSES);
#endif
}

/* The network, mounts, and what other processes share. */
static const char *
leave_namespaces (gboolean is_root, DomuimgConfinedProfile profile)
{
  int flags = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS
              | (profile != DOMUIMG_CONFINED_CLIENT ? CLONE_NEWNET : 0);

  if (unshare (is_root ? flags : flags | CLONE_NEWUSER) == 0)
    return NULL;
  return is_root ? "no namespaces" : "no namespaces (they need root here)";
}

/* A directory of this very process, which goes with it, and in which nothing can be made. */
static const char *
leave_root (void)
{
  if (chdir ("/proc/self/fdinfo") == 0 && chroot (".") == 0)
    return NULL;
  return "no root of its own";
}

/* root's number alone, where it is kept, would give them to what is started. */
static void
forget_capabilities (void)
{
  for (int i = 0; i <= LAST_CAPABILITY; i++)
    prctl (PR_CAPBSET_DROP, i, 0, 0, 0);
}

static gboolean
drop_capabilities (void)
{
  struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct none[2] = { { 0 } };

  return syscall (SYS_capset, &header, none) == 0;
}

static gboolean
become (guint32 uid)
{
  return setgroups (0, NULL) == 0 && setresgid (uid, uid, uid) == 0
         && setresuid (uid, uid, uid) == 0;
}

static void
note (GString *missing, const char *what)
{
  if (what != NULL)
    g_string_append_printf (missing, "%s%s", missing->len > 0 ? ", " : "", what);
}

/* FALSE with errno where what every Linux has failed. */
static gboolean
confine (const DomuimgConfinement *how, int channel, pid_t parent, GString *missing)
{
  gboolean is_root = geteuid () == 0, strict = how->profile == DOMUIMG_CONFINED_STRICT;

  signal (SIGXFSZ, SIG_IGN);
  signal (SIGPIPE, SIG_IGN);
  if (!close_others (how, channel))
    return FALSE;
  note (missing, leave_namespaces (is_root, how->profile));
  if (how->prepare != NULL)
    note (missing, how->prepare (how->data));
  if (strict && is_root)
    note (missing, leave_root ());
  set_limits ();
  forget_capabilities ();
  if (is_root && how->profile != DOMUIMG_CONFINED_KEEPER && !become (how->uid))
    return FALSE;
  if (!drop_capabilities () || prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
      || prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) != 0
      /* Becoming somebody else has taken it away. */
      || prctl (PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid () != parent)
    return FALSE;
  if (how->profile == DOMUIMG_CONFINED_KEEPER)
    return TRUE;
  note (missing, domuimg_confine_files (!strict));
  if (strict && how->begin != NULL)
    how->begin (how->data);
  if (strict)
    limit (RLIMIT_NPROC, 0);
  note (missing, strict ? domuimg_confine_calls () : domuimg_confine_client_calls ());
  return TRUE;
}

static void G_GNUC_NORETURN
serve (const DomuimgConfinement *how, int channel, pid_t parent)
{
  g_autoptr (GString) missing = g_string_new (NULL);
  g_autoptr (GBytes) ready = NULL;
  GBytes *request;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  domuimg_reset_signals ();
  setpgid (0, 0);
  if (!confine (how, channel, parent, missing))
    _exit (1);
  ready = g_bytes_new (missing->str, missing->len);
  if (!domuimg_confined_send (channel, ready))
    _exit (1);
  if (how->channel > 0)
    channel = how->channel;
  while ((request = domuimg_confined_receive (channel)) != NULL)
    {
      g_autoptr (GBytes) owned = request;
      g_autoptr (GBytes) answer = how->serve (owned, how->data);

      if (!domuimg_confined_send (channel, answer))
        break;
    }
  _exit (0);
}

/* One that has closed its channel need not end by itself. */
static int
reap (pid_t pid)
{
  int status = 0;

  for (int i = 0; i < 50; i++)
    {
      if (waitpid (pid, &status, WNOHANG) == pid)
        return status;
      g_usleep (10000);
    }
  kill (pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  return status;
}

/* What its end tells; @self is reaped. */
static gboolean
explain_end (DomuimgConfined *self, GError **error)
{
  int status = reap (self->pid);

  self->pid = -1;
  if (WIFSIGNALED (status) && WTERMSIG (status) == SIGXCPU)
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "the process that %s took more than %d s of computing", self->task,
                         CPU_SECONDS);
  if (WIFSIGNALED (status))
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "the process that %s was ended by signal %d (%s): it was killed, or what"
                         " it reads breaks it",
                         self->task, WTERMSIG (status), g_strsignal (WTERMSIG (status)));
  return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                       "the process that %s has ended by itself, with status %d", self->task,
                       WEXITSTATUS (status));
}

/* Ends it where its results take too much: a limit of the kernel's is for each file alone. */
static gboolean
check_results (DomuimgConfined *self, GError **error)
{
  guint64 sum = 0;

  for (guint i = 0; i < self->n_results; i++)
    {
      struct stat status;

      if (fstat (self->results[i], &status) == 0)
        sum += (guint64) status.st_blocks * 512;
    }
  if (sum <= self->results_max)
    return TRUE;
  kill (self->pid, SIGKILL);
  reap (self->pid);
  self->pid = -1;
  return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                       "the process that %s wrote more than %" G_GUINT64_FORMAT
                       " MiB, and was ended",
                       self->task, self->results_max >> 20);
}

static gboolean
await (DomuimgConfined *self, gint64 deadline, GCancellable *cancellable, GError **error)
{
  GPollFD cancel = { .fd = -1 };
  gboolean has_cancel = g_cancellable_make_pollfd (cancellable, &cancel);
  gboolean fits = TRUE;
  int ready = 0;
  gint64 left;

  do
    {
      struct pollfd fds[] = { { self->channel, POLLIN, 0 }, { cancel.fd, POLLIN, 0 } };

      left = MAX ((deadline - g_get_monotonic_time ()) / 1000, 0);
      ready = poll (fds, has_cancel ? 2 : 1,
                    (int) (self->n_results > 0 ? MIN (left, LOOK_MSEC) : left));
      fits = check_results (self, error);
    }
  while (fits && ((ready < 0 && errno == EINTR) || (ready == 0 && left > 0)));
  if (has_cancel)
    g_cancellable_release_fd (cancellable);
  if (!fits)
    return FALSE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (ready == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "the process that %s took more than %u s", self->task, self->seconds);
  return TRUE;
}

static GBytes *
take_answer (DomuimgConfined *self, GCancellable *cancellable, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + (gint64) self->seconds * G_USEC_PER_SEC;
  const struct timeval longest = { self->seconds, 0 };
  GBytes *answer;

  if (!await (self, deadline, cancellable, error))
    return NULL;
  /* One that begins an answer and does not end it. */
  setsockopt (self->channel, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  answer = domuimg_confined_receive (self->channel);
  if (answer == NULL && (errno == EPIPE || errno == ECONNRESET))
    explain_end (self, error);
  else if (answer == NULL)
    domuimg_set_errno (error, errno, "the process that %s does not answer", self->task);
  return answer;
}

GBytes *
domuimg_confined_ask (DomuimgConfined *self, GBytes *request, GCancellable *cancellable,
                      GError **error)
{
  if (self->pid < 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the process that %s is gone", self->task);
      return NULL;
    }
  if (!domuimg_confined_send (self->channel, request))
    {
      explain_end (self, error);
      return NULL;
    }
  return take_answer (self, cancellable, error);
}

const char *
domuimg_confined_get_missing (DomuimgConfined *self)
{
  return self->missing;
}

gboolean
domuimg_confined_require (DomuimgConfined *self, GError **error)
{
  if (*self->missing == '\0')
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "the process that %s cannot be confined as --require-confinement asks for: %s",
                       self->task, self->missing);
}

void
domuimg_confined_free (DomuimgConfined *self)
{
  if (self->pid > 0)
    {
      kill (self->pid, SIGKILL);
      while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    }
  if (self->channel >= 0)
    close (self->channel);
  g_free (self->missing);
  g_free (self->task);
  g_free (self);
}

/* No handler of ours may run in the child before its signals are reset. */
static pid_t
fork_and_serve (const DomuimgConfinement *how, const int pair[2])
{
  sigset_t all, old;
  pid_t parent = getpid (), pid;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &old);
  pid = fork ();
  if (pid == 0)
    serve (how, pair[1], parent);
  pthread_sigmask (SIG_SETMASK, &old, NULL);
  return pid;
}

DomuimgConfined *
domuimg_confined_start (const DomuimgConfinement *how, GError **error)
{
  g_autoptr (DomuimgConfined) self = g_new0 (DomuimgConfined, 1);
  g_autoptr (GBytes) ready = NULL;
  int pair[2] = { -1, -1 };

  self->channel = -1;
  self->pid = -1;
  self->task = g_strdup (how->task);
  self->seconds = how->seconds > 0 ? how->seconds : DOMUIMG_CONFINED_SECONDS;
  memcpy (self->results, how->results, sizeof self->results);
  self->n_results = how->n_results;
  self->results_max = how->results_max > 0 ? how->results_max : DOMUIMG_CONFINED_RESULTS;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0)
    self->pid = fork_and_serve (how, pair);
  self->channel = pair[0];
  if (self->pid < 0)
    domuimg_set_errno (error, errno, "starting a confined process");
  if (pair[1] >= 0)
    close (pair[1]);
  if (self->pid < 0)
    return NULL;
  ready = take_answer (self, NULL, error);
  if (ready == NULL)
    {
      g_prefix_error (error, "confining it failed: ");
      return NULL;
    }
  self->missing = g_strndup (g_bytes_get_data (ready, NULL), g_bytes_get_size (ready));
  return g_steal_pointer (&self);
}
