/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The threads of the program and of what it starts. */
#include "tracees.h"

#include <elf.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "calls.h"

static char *
proc_path (pid_t tid, const char *name)
{
  return g_strdup_printf ("/proc/%d/%s", tid, name);
}

static gboolean
runs (pid_t tid, const char *program)
{
  g_autofree char *link = proc_path (tid, "exe");
  g_autofree char *target = g_file_read_link (link, NULL);

  return g_strcmp0 (target, program) == 0;
}

static guint64
find_loader (pid_t tid)
{
  g_autofree char *path = proc_path (tid, "auxv");
  g_autofree char *data = NULL;
  gsize length;

  if (!g_file_get_contents (path, &data, &length, NULL))
    return 0;
  for (gsize i = 0; i + sizeof (Elf64_auxv_t) <= length; i += sizeof (Elf64_auxv_t))
    {
      Elf64_auxv_t entry;

      memcpy (&entry, data + i, sizeof entry);
      if (entry.a_type == AT_BASE)
        return entry.a_un.a_val;
    }
  return 0;
}

void
tracee_look (Tracee *self, const char *program)
{
  self->is_tool = !runs (self->tid, program);
  self->loader = find_loader (self->tid);
}

Tracee *
tracees_get (GHashTable *tracees, pid_t tid, const char *program)
{
  Tracee *self = g_hash_table_lookup (tracees, GINT_TO_POINTER (tid));

  if (self != NULL)
    return self;
  self = g_new0 (Tracee, 1);
  self->tid = tid;
  self->restore_register = -1;
  tracee_look (self, program);
  g_hash_table_insert (tracees, GINT_TO_POINTER (tid), self);
  return self;
}

void
tracees_kill (GHashTable *tracees)
{
  GHashTableIter iter;
  gpointer tid;

  g_hash_table_iter_init (&iter, tracees);
  while (g_hash_table_iter_next (&iter, &tid, NULL))
    kill (GPOINTER_TO_INT (tid), SIGKILL);
}

static char *
read_fd (pid_t tid, int fd)
{
  g_autofree char *name = g_strdup_printf ("fd/%d", fd);
  g_autofree char *link = proc_path (tid, name);

  return g_file_read_link (link, NULL);
}

gboolean
tracee_has_file (const Tracee *self, int fd)
{
  g_autofree char *target = read_fd (self->tid, fd);

  return target != NULL && *target == '/' && !g_str_has_prefix (target, "/dev/");
}

gboolean
tracee_has_event (const Tracee *self, int fd)
{
  g_autofree char *target = read_fd (self->tid, fd);

  return target != NULL && g_str_has_prefix (target, "anon_inode:");
}

static char *
read_string (pid_t tid, guint64 address)
{
  char text[PATH_MAX] = "";
  /* What comes after a short string need not be mapped. */
  gsize length = MIN (sizeof text - 1, 4096 - address % 4096);
  struct iovec to = { text, length };
  struct iovec from = { (void *) (guintptr) address, length };

  if (process_vm_readv (tid, &to, 1, &from, 1, 0) < 0)
    return g_strdup ("?");
  return g_strdup (text);
}

char *
tracee_describe (const Tracee *self, int number, const guint64 arguments[6])
{
  char *target;

  if (call_get_path (number) >= 0)
    return read_string (self->tid, arguments[call_get_path (number)]);
  target = read_fd (self->tid, arguments[0]);
  return target != NULL ? target : g_strdup_printf ("%d", (int) arguments[0]);
}
