/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg-rpm: installs packages into a new root, in a namespace that ends with it. */
#include "config.h"
#include "lib/source/rpm-inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/remove.h"

#define COPY_SIZE (256 * 1024)

static void
say (const char *line, gpointer user_data)
{
  fprintf (stderr, "%s\n", line);
}

gboolean
domuimg_rpm_run (const char *const *argv, const char *home, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (argv[0]);

  for (guint i = 1; argv[i] != NULL; i++)
    domuimg_exec_arg (exec, argv[i]);
  if (home != NULL)
    domuimg_exec_setenv (exec, "HOME", home);
  domuimg_exec_on_line (exec, say, NULL);
  return domuimg_exec_run (exec, NULL, error);
}

static gboolean
lay_seed (const char *work, const char *root, GError **error)
{
  g_autofree char *seed = g_build_filename (work, DOMUIMG_RPM_SEED, ".", NULL);
  const char *argv[] = { "cp", "--recursive", "--no-target-directory", "--", seed, root, NULL };

  return domuimg_rpm_run (argv, NULL, error);
}

static gboolean
import_keys (const DomuimgRpmJob *job, const char *root, const char *home, GError **error)
{
  for (guint i = 0; job->keyrings != NULL && job->keyrings[i] != NULL; i++)
    {
      const char *argv[] = { "rpm", "--root", root, "--import", job->keyrings[i], NULL };

      if (!domuimg_rpm_run (argv, home, error))
        return FALSE;
    }
  return TRUE;
}

/* The manager's arguments, with the root's path put in. */
static GStrv
manager_of (const DomuimgRpmJob *job, const char *root)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  for (guint i = 0; job->manager[i] != NULL; i++)
    g_strv_builder_add (argv, g_str_equal (job->manager[i], "$ROOT") ? root : job->manager[i]);
  return g_strv_builder_end (argv);
}

/* What this machine's rpm has installed, for the guest's own to write it down once more. */
static gboolean
list_installed (const char *work, const char *root, GError **error)
{
  g_autofree char *home = g_build_filename (work, DOMUIMG_RPM_HOME, NULL);
  g_autofree char *path = g_build_filename (root, DOMUIMG_RPM_INSTALLED, NULL);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("rpm");
  g_autoptr (GBytes) names = NULL;
  g_autofree char *text = NULL;

  domuimg_exec_setenv (exec, "HOME", home);
  domuimg_exec_arg (exec, "--root");
  domuimg_exec_arg (exec, root);
  domuimg_exec_arg (exec, "--query");
  domuimg_exec_arg (exec, "--all");
  domuimg_exec_arg (exec, "--queryformat=%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm\n");
  names = domuimg_exec_output (exec, NULL, error);
  if (names == NULL)
    return FALSE;
  text = g_strndup (g_bytes_get_data (names, NULL), g_bytes_get_size (names));
  return domuimg_rpm_write (path, text, error);
}

static gboolean
show_packages (const DomuimgRpmJob *job, const char *work, const char *root, GError **error)
{
  g_autofree char *cache = g_build_filename (work, DOMUIMG_RPM_CACHE, NULL);

  if (!domuimg_rpm_mount_packages (cache, 0, root, error))
    return FALSE;
  for (guint i = 0; job->local != NULL && job->local[i] != NULL; i++)
    {
      if (!domuimg_rpm_mount_packages (job->local[i], i + 1, root, error))
        return FALSE;
    }
  return list_installed (work, root, error);
}

static int
finish_in_root (const DomuimgRpmJob *job, const char *root)
{
  g_autoptr (GError) error = NULL;

  if (chroot (root) != 0 || chdir ("/") != 0)
    domuimg_set_errno (&error, errno, "entering %s", root);
  else if (domuimg_rpm_finish (job, &error))
    return 0;
  say (error->message, NULL);
  return 1;
}

static gboolean
finish (const DomuimgRpmJob *job, const char *work, const char *root, GError **error)
{
  int status = -1;
  pid_t pid;

  if (g_str_equal (job->format, DOMUIMG_RPM_IMPORT) && !show_packages (job, work, root, error))
    return FALSE;
  pid = fork ();
  if (pid == 0)
    _exit (finish_in_root (job, root));
  if (pid < 0)
    return domuimg_set_errno (error, errno, "starting what is left to do in the root");
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  return (WIFEXITED (status) && WEXITSTATUS (status) == 0)
         || domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "the new root could not be finished");
}

static gboolean
install (const DomuimgRpmJob *job, const char *work, const char *root, GError **error)
{
  g_autofree char *home = g_build_filename (work, DOMUIMG_RPM_HOME, NULL);
  g_auto (GStrv) argv = manager_of (job, root);

  return domuimg_rpm_mount_root (work, root, error) && domuimg_rpm_mount_system (root, error)
         && lay_seed (work, root, error) && import_keys (job, root, home, error)
         && domuimg_rpm_run ((const char *const *) argv, home, error)
         && finish (job, work, root, error);
}

static gboolean
copy_out (int fd, GError **error)
{
  g_autofree char *buffer = g_malloc (COPY_SIZE);
  gssize got;

  while ((got = read (fd, buffer, COPY_SIZE)) != 0)
    {
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading tar's output");
      for (gssize done = 0, n; done < got; done += n)
        {
          n = write (STDOUT_FILENO, buffer + done, (gsize) (got - done));
          if (n < 0 && errno != EINTR)
            return domuimg_set_errno (error, errno, "writing the root");
          n = MAX (n, 0);
        }
    }
  return TRUE;
}

static gboolean
pack (const char *root, GError **error)
{
  static const char *const arguments[]
      = { "--create", "--numeric-owner", "--sort=name", "--format=pax", "--xattrs",
          "--xattrs-include=*", "--one-file-system",
          "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime" };
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("tar");
  int fd;

  for (guint i = 0; i < G_N_ELEMENTS (arguments); i++)
    domuimg_exec_arg (exec, arguments[i]);
  domuimg_exec_argf (exec, "--directory=%s", root);
  domuimg_exec_arg (exec, ".");
  domuimg_exec_on_line (exec, say, NULL);
  fd = domuimg_exec_start (exec, NULL, error);
  return fd >= 0 && copy_out (fd, error) && domuimg_exec_finish (exec, error);
}

/* The first process of a namespace ignores it by default, and all would wait for the kill. */
static void
end_at_once (int number)
{
  _exit (128 + number);
}

/* What scriptlets have started and left running would change files under tar's hands. */
static void
end_others (void)
{
  if (getpid () != 1)
    return;
  kill (-1, SIGKILL);
  while (waitpid (-1, NULL, 0) > 0)
    ;
}

int
domuimg_rpm_run_inside (const char *work)
{
  g_auto (DomuimgRpmJob) job = { 0 };
  g_autofree char *root = g_build_filename (work, "root", NULL);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  signal (SIGTERM, end_at_once);
  /* What runs in the root has no such directory. */
  g_unsetenv ("TMPDIR");
  ok = domuimg_rpm_job_load (&job, work, &error) && install (&job, work, root, &error);
  end_others ();
  ok = ok && domuimg_rpm_unmount_system (root, &error) && pack (root, &error);
  if (!ok)
    fprintf (stderr, "%s\n", error->message);
  /* Where the root is a directory, only the namespace's root may remove all of it. */
  domuimg_remove_tree (root);
  return ok ? 0 : 1;
}
