/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/bootloader/confine.h"

/* What the processes for foreign bytes may ask of the kernel. All else is EPERM. */

#ifdef HAVE_SECCOMP

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* On descriptors that are there, and on memory. */
static const int plain[] = {
  SCMP_SYS (read),          SCMP_SYS (readv),         SCMP_SYS (pread64),
  SCMP_SYS (write),         SCMP_SYS (writev),        SCMP_SYS (pwrite64),
  SCMP_SYS (lseek),         SCMP_SYS (fstat),         SCMP_SYS (ftruncate),
  SCMP_SYS (fsync),         SCMP_SYS (fdatasync),     SCMP_SYS (fadvise64),
  SCMP_SYS (fallocate),     SCMP_SYS (close),         SCMP_SYS (dup),
  SCMP_SYS (poll),          SCMP_SYS (ppoll),         SCMP_SYS (munmap),
  SCMP_SYS (mremap),        SCMP_SYS (madvise),       SCMP_SYS (brk),
  SCMP_SYS (futex),         SCMP_SYS (rt_sigaction),  SCMP_SYS (rt_sigprocmask),
  SCMP_SYS (rt_sigreturn),  SCMP_SYS (sigaltstack),   SCMP_SYS (clock_gettime),
  SCMP_SYS (gettimeofday),  SCMP_SYS (time),          SCMP_SYS (getrandom),
  SCMP_SYS (getpid),        SCMP_SYS (gettid),        SCMP_SYS (getuid),
  SCMP_SYS (geteuid),       SCMP_SYS (getgid),        SCMP_SYS (getegid),
  SCMP_SYS (uname),         SCMP_SYS (sched_yield),   SCMP_SYS (sched_getaffinity),
  SCMP_SYS (exit),          SCMP_SYS (exit_group),    SCMP_SYS (restart_syscall),
  SCMP_SYS (getrlimit),     SCMP_SYS (nanosleep),     SCMP_SYS (clock_nanosleep),
  SCMP_SYS (sendfile),
};
/* What a program's start needs besides. */
static const int starting[] = {
  SCMP_SYS (access),          SCMP_SYS (faccessat),  SCMP_SYS (faccessat2),
  SCMP_SYS (stat),            SCMP_SYS (lstat),      SCMP_SYS (newfstatat),
  SCMP_SYS (statx),           SCMP_SYS (statfs),     SCMP_SYS (fstatfs),
  SCMP_SYS (readlink),        SCMP_SYS (readlinkat), SCMP_SYS (getcwd),
  SCMP_SYS (arch_prctl),      SCMP_SYS (getdents64), SCMP_SYS (set_tid_address),
  SCMP_SYS (set_robust_list), SCMP_SYS (rseq),       SCMP_SYS (prlimit64),
  SCMP_SYS (ioctl),           SCMP_SYS (fcntl),      SCMP_SYS (sysinfo),
  SCMP_SYS (mprotect),        SCMP_SYS (dup2),
};
/* What a client of the network has no use for. */
static const int refused[] = {
  SCMP_SYS (execve),          SCMP_SYS (execveat),          SCMP_SYS (fork),
  SCMP_SYS (vfork),           SCMP_SYS (ptrace),            SCMP_SYS (process_vm_readv),
  SCMP_SYS (process_vm_writev), SCMP_SYS (kill),            SCMP_SYS (tkill),
  SCMP_SYS (mount),           SCMP_SYS (umount2),           SCMP_SYS (pivot_root),
  SCMP_SYS (chroot),          SCMP_SYS (unshare),           SCMP_SYS (setns),
  SCMP_SYS (bpf),             SCMP_SYS (perf_event_open),   SCMP_SYS (userfaultfd),
  SCMP_SYS (io_uring_setup),  SCMP_SYS (keyctl),            SCMP_SYS (add_key),
  SCMP_SYS (request_key),     SCMP_SYS (init_module),       SCMP_SYS (finit_module),
  SCMP_SYS (kexec_load),      SCMP_SYS (open_by_handle_at), SCMP_SYS (memfd_create),
  SCMP_SYS (shmget),
};
/* Sizes of block devices. */
static const guint64 asking[] = { BLKGETSIZE64, BLKGETSIZE, BLKSSZGET, BLKROGET };

/* What fcntl () may do. */
static const int of_files[] = { F_DUPFD_CLOEXEC, F_GETFL, F_GETFD };

typedef void *Filter;

static void
filter_clear (Filter *filter)
{
  if (*filter != NULL)
    seccomp_release (*filter);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Filter, filter_clear)

static gboolean
allow (Filter filter, const int *calls, guint n)
{
  for (guint i = 0; i < n; i++)
    if (seccomp_rule_add (filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
      return FALSE;
  return TRUE;
}

static gboolean
allow_strict (Filter filter)
{
  gboolean ok = TRUE;

  /* No memory is made executable, and none is shared: no limit on memory counts that. */
  ok = ok && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 2,
                               SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                               SCMP_A3 (SCMP_CMP_MASKED_EQ, MAP_SHARED, 0)) == 0;
  ok = ok && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1,
                               SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
  /* fstat (), as newer C libraries do it: of a descriptor, with an empty path. */
  ok = ok && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (newfstatat), 1,
                               SCMP_A3 (SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH)) == 0;
  for (guint i = 0; ok && i < G_N_ELEMENTS (of_files); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (fcntl), 1,
                           SCMP_A1 (SCMP_CMP_EQ, of_files[i])) == 0;
  /* What is asked of this process, and nothing set. */
  ok = ok && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prlimit64), 2,
                               SCMP_A0 (SCMP_CMP_EQ, 0), SCMP_A2 (SCMP_CMP_EQ, 0)) == 0;
  for (guint i = 0; ok && i < G_N_ELEMENTS (asking); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (ioctl), 1,
                           SCMP_A1 (SCMP_CMP_EQ, asking[i])) == 0;
  return ok;
}

const char *
domuimg_confine_calls (void)
{
  g_auto (Filter) filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));

  if (filter == NULL || seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0
      || !allow (filter, plain, G_N_ELEMENTS (plain)) || !allow_strict (filter)
      || seccomp_load (filter) != 0)
    return "no seccomp filter";
  return NULL;
}

/* Threads only, which look names up; clone3 () hides its flags, and C libraries do without it. */
static gboolean
refuse_processes (Filter filter)
{
  return seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0) == 0
         && seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (clone), 1,
                              SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0;
}

const char *
domuimg_confine_client_calls (void)
{
  g_auto (Filter) filter = seccomp_init (SCMP_ACT_ALLOW);
  gboolean ok = filter != NULL && refuse_processes (filter);

  for (guint i = 0; ok && i < G_N_ELEMENTS (refused); i++)
    ok = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), refused[i], 0) == 0;
  /* Libraries map files of the host that way, for reading. */
  ok = ok && seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (mmap), 1,
                               SCMP_A3 (SCMP_CMP_MASKED_EQ, MAP_SHARED | MAP_ANONYMOUS,
                                        MAP_SHARED | MAP_ANONYMOUS)) == 0;
  return ok && seccomp_load (filter) == 0 ? NULL : "no seccomp filter";
}

const char *
domuimg_confine_program_calls (int program)
{
  g_auto (Filter) filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  gboolean ok;

  ok = filter != NULL && allow (filter, plain, G_N_ELEMENTS (plain))
       && allow (filter, starting, G_N_ELEMENTS (starting))
       && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1,
                            SCMP_A3 (SCMP_CMP_MASKED_EQ, MAP_SHARED, 0)) == 0
       && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (execveat), 1,
                            SCMP_A0 (SCMP_CMP_EQ, (guint64) program)) == 0
       && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (open), 1,
                            SCMP_A1 (SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY)) == 0
       && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (openat), 1,
                            SCMP_A2 (SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY)) == 0
       && seccomp_load (filter) == 0;
  return ok ? NULL : "no seccomp filter";
}

#else

const char *
domuimg_confine_calls (void)
{
  return "no seccomp filter (built without libseccomp)";
}

const char *
domuimg_confine_client_calls (void)
{
  return domuimg_confine_calls ();
}

const char *
domuimg_confine_program_calls (int program)
{
  return domuimg_confine_calls ();
}

#endif
