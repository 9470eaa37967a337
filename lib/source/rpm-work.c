/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes what domuimg-rpm needs into the work directory: keys, repositories, files, its job. */
#include "config.h"
#include "lib/source/rpm.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "lib/source/rpm-job.h"

static gboolean
make_directory (const char *work, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (work, name, NULL);

  return g_mkdir_with_parents (path, 0755) == 0
         || domuimg_set_errno (error, errno, "making %s", path);
}

/* The files that lie in the root before packages do. */
static gboolean
write_seed (const DomuimgRpmRelease *release, const char *work, GError **error)
{
  for (guint i = 0; i < release->files->len; i++)
    {
      const DomuimgRpmFile *file = release->files->pdata[i];
      g_autofree char *path = g_build_filename (work, DOMUIMG_RPM_SEED, file->path, NULL);
      g_autofree char *directory = g_path_get_dirname (path);

      if (g_mkdir_with_parents (directory, 0755) != 0)
        return domuimg_set_errno (error, errno, "making %s", directory);
      if (!domuimg_rpm_write (path, file->text, error))
        return FALSE;
    }
  return TRUE;
}

/* Where rpm has its database goes by the release, and not by this machine: Debian's is in the user's
 * home. /proc is another user's in a namespace, and rpm could not make it as its package says. */
static gboolean
write_macros (const DomuimgRpmRelease *release, const char *work, GError **error)
{
  g_autofree char *path = g_build_filename (work, DOMUIMG_RPM_HOME, ".rpmmacros", NULL);
  g_autofree char *text
      = g_strdup_printf ("%%_dbpath %s\n%%_db_backend sqlite\n%s", release->database,
                         geteuid () != 0 ? "%_netsharedpath /proc\n" : "");

  return domuimg_rpm_write (path, text, error);
}

gboolean
domuimg_rpm_work_write (const DomuimgRpmRequest *request, GPtrArray *repos, const char *work,
                        GCancellable *cancellable, GError **error)
{
  static const char *const directories[]
      = { DOMUIMG_RPM_SEED, DOMUIMG_RPM_HOME, DOMUIMG_RPM_CACHE, DOMUIMG_RPM_LOG, "repos" };
  const DomuimgRpmRelease *release = request->release;
  g_autofree char *path = g_build_filename (work, "repos", "domuimg.repo", NULL);
  DomuimgRpmJob job = { .database = release->database, .format = release->format,
                        .has_kernel = request->has_kernel };
  g_auto (GStrv) local = domuimg_rpm_repos_list_local (repos, request);
  g_auto (GStrv) keyrings = NULL;
  g_auto (GStrv) manager = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      if (!make_directory (work, directories[i], error))
        return FALSE;
    }
  keyrings = domuimg_rpm_keys_prepare (repos, request, work, cancellable, error);
  if (keyrings == NULL || !domuimg_rpm_repos_write (repos, path, error)
      || !write_seed (release, work, error) || !write_macros (release, work, error))
    return FALSE;
  manager = domuimg_rpm_manager_command (request, work, error);
  job.manager = manager;
  job.keyrings = keyrings;
  job.local = local;
  return manager != NULL && domuimg_rpm_job_save (&job, work, error);
}

static void
add_words (GStrvBuilder *words, char **more)
{
  g_strv_builder_addv (words, (const char **) more);
  g_strv_builder_add (words, "");
}

static void
add_repo (GStrvBuilder *words, const DomuimgRpmRepo *repo)
{
  g_strv_builder_add (words, repo->id);
  for (guint i = 0; i < repo->names->len; i++)
    g_strv_builder_add_many (words, repo->names->pdata[i], repo->values->pdata[i], NULL);
  g_strv_builder_add (words, "");
}

GStrv
domuimg_rpm_work_describe (const DomuimgRpmRequest *request, GPtrArray *repos)
{
  const DomuimgRpmRelease *release = request->release;
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  g_strv_builder_add_many (words, DOMUIMG_VERSION_STRING, release->id, release->version,
                           release->manager, release->database, release->format, request->arch,
                           request->weak_deps ? "weak" : "", request->docs ? "docs" : "",
                           request->allow_unsigned ? "unsigned" : "",
                           request->has_kernel ? "kernel" : "", NULL);
  add_words (words, request->groups);
  add_words (words, request->packages);
  add_words (words, request->keyrings);
  add_words (words, release->fingerprints);
  for (guint i = 0; i < repos->len; i++)
    add_repo (words, repos->pdata[i]);
  for (guint i = 0; i < release->files->len; i++)
    {
      const DomuimgRpmFile *file = release->files->pdata[i];

      g_strv_builder_add_many (words, file->path, file->text, NULL);
    }
  return g_strv_builder_end (words);
}
