/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of system calls at which a fault can be put. */
#include "calls.h"

#include <string.h>
#include <sys/syscall.h>

#define CALLS(...) ((const int[]) { __VA_ARGS__, -1 })

const Kind kinds[] = {
  { "read", CALLS (SYS_read, SYS_pread64, SYS_readv, SYS_preadv, SYS_preadv2) },
  { "write", CALLS (SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, SYS_pwritev2) },
  { "copy", CALLS (SYS_copy_file_range, SYS_sendfile, SYS_splice) },
  { "open", CALLS (SYS_open, SYS_creat, SYS_openat, SYS_openat2) },
  { "close", CALLS (SYS_close) },
  { "sync", CALLS (SYS_fsync, SYS_fdatasync, SYS_syncfs, SYS_sync_file_range, SYS_msync) },
  { "rename", CALLS (SYS_rename, SYS_link, SYS_symlink, SYS_renameat, SYS_renameat2, SYS_linkat,
                     SYS_symlinkat) },
  { "unlink", CALLS (SYS_unlink, SYS_rmdir, SYS_unlinkat) },
  { "mkdir", CALLS (SYS_mkdir, SYS_mknod, SYS_mkdirat, SYS_mknodat) },
  { "truncate", CALLS (SYS_truncate, SYS_ftruncate, SYS_fallocate) },
  { "mode", CALLS (SYS_chmod, SYS_chown, SYS_lchown, SYS_setxattr, SYS_lsetxattr, SYS_fchmod, SYS_fchown,
                   SYS_fsetxattr, SYS_fchmodat, SYS_fchownat, SYS_utimensat) },
  { "stat", CALLS (SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_statfs, SYS_fstat, SYS_fstatfs,
                   SYS_newfstatat, SYS_statx, SYS_faccessat, SYS_faccessat2, SYS_readlinkat) },
  { "xattr", CALLS (SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr, SYS_listxattr, SYS_llistxattr,
                    SYS_flistxattr) },
  { "list", CALLS (SYS_getdents64) },
  { "seek", CALLS (SYS_lseek) },
  { "lock", CALLS (SYS_flock, SYS_fcntl) },
  { "ioctl", CALLS (SYS_ioctl) },
  { "map", CALLS (SYS_mmap, SYS_mremap) },
  { "process", CALLS (SYS_clone, SYS_clone3, SYS_fork, SYS_vfork) },
  { "exec", CALLS (SYS_execve) },
  { "fd", CALLS (SYS_pipe2, SYS_eventfd2, SYS_memfd_create, SYS_socket, SYS_socketpair, SYS_dup,
                 SYS_epoll_create1, SYS_timerfd_create, SYS_inotify_init1) },
  { "mount", CALLS (SYS_mount, SYS_umount2) },
};
const guint n_kinds = G_N_ELEMENTS (kinds);

int
kind_find (const char *name)
{
  for (guint i = 0; i < n_kinds; i++)
    if (g_str_equal (kinds[i].name, name))
      return i;
  return -1;
}

/* The place of the path tells it: where there is a directory's descriptor before it, it is the second. */
int
call_get_path (int number)
{
  switch (number)
    {
    case SYS_openat:
    case SYS_openat2:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_linkat:
    case SYS_unlinkat:
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_fchmodat:
    case SYS_fchownat:
    case SYS_utimensat:
    case SYS_newfstatat:
    case SYS_statx:
    case SYS_faccessat:
    case SYS_faccessat2:
    case SYS_readlinkat:
      return 1;
    case SYS_open:
    case SYS_creat:
    case SYS_rename:
    case SYS_link:
    case SYS_symlink:
    case SYS_symlinkat:
    case SYS_unlink:
    case SYS_rmdir:
    case SYS_mkdir:
    case SYS_mknod:
    case SYS_truncate:
    case SYS_chmod:
    case SYS_chown:
    case SYS_lchown:
    case SYS_setxattr:
    case SYS_lsetxattr:
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_readlink:
    case SYS_statfs:
    case SYS_getxattr:
    case SYS_lgetxattr:
    case SYS_listxattr:
    case SYS_llistxattr:
    case SYS_execve:
    case SYS_mount:
    case SYS_umount2:
      return 0;
    default:
      return -1;
    }
}

int
call_get_count (int number)
{
  switch (number)
    {
    case SYS_read:
    case SYS_pread64:
    case SYS_write:
    case SYS_pwrite64:
    case SYS_readv:
    case SYS_writev:
    case SYS_preadv:
    case SYS_pwritev:
      return 2;
    case SYS_sendfile:
      return 3;
    case SYS_copy_file_range:
    case SYS_splice:
      return 4;
    default:
      return -1;
    }
}

gboolean
call_is_transfer (int number)
{
  return call_get_count (number) >= 0;
}
