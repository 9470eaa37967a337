/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command lines of dnf, yum and zypper, and how far they are. */
#include "config.h"
#include "lib/source/rpm.h"

#include <stdlib.h>
#include <string.h>

#include "lib/source/rpm-job.h"

static const char *const dnf_programs[] = { "dnf", "dnf5", "dnf4", "yum", "microdnf" };

char *
domuimg_rpm_manager_find (const DomuimgRpmRelease *release, GError **error)
{
  g_autofree char *zypper = NULL;

  if (g_str_equal (release->manager, "zypper"))
    {
      zypper = domuimg_find_program ("zypper");
      if (zypper == NULL)
        domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                      "zypper is not installed: apt-get install zypper");
      return g_steal_pointer (&zypper);
    }
  for (guint i = 0; i < G_N_ELEMENTS (dnf_programs); i++)
    {
      char *path = domuimg_find_program (dnf_programs[i]);

      if (path != NULL)
        return path;
    }
  domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL, "dnf is not installed: apt-get install dnf");
  return NULL;
}

/* All of it in a file of its own, so that nothing of this machine's configuration is read. */
static gboolean
write_dnf_config (const DomuimgRpmRequest *request, const char *work, const char *path,
                  GError **error)
{
  g_autoptr (GString) text = g_string_new ("[main]\n");

  g_string_append_printf (text, "gpgcheck=%d\n", !request->allow_unsigned);
  g_string_append_printf (text, "cachedir=%s/" DOMUIMG_RPM_CACHE "\n", work);
  g_string_append_printf (text, "logdir=%s/" DOMUIMG_RPM_LOG "\n", work);
  g_string_append_printf (text, "reposdir=%s/repos\n", work);
  g_string_append_printf (text, "install_weak_deps=%d\n", request->weak_deps);
  if (!request->docs)
    g_string_append (text, "tsflags=nodocs\n");
  if (request->release->platform != NULL)
    g_string_append_printf (text, "module_platform_id=%s\n", request->release->platform);
  g_string_append (text, "plugins=0\nassumeyes=1\nkeepcache=1\nbest=1\ntimeout=20\nretries=3\n"
                         "skip_if_unavailable=0\nmax_parallel_downloads=10\n");
  return domuimg_rpm_write (path, text->str, error);
}

static void
add_packages (GStrvBuilder *argv, const DomuimgRpmRequest *request, const char *group_prefix)
{
  for (guint i = 0; request->groups[i] != NULL; i++)
    {
      g_autofree char *group = g_strconcat (group_prefix, request->groups[i], NULL);

      g_strv_builder_add (argv, group);
    }
  g_strv_builder_addv (argv, (const char **) request->packages);
}

static gboolean
add_dnf (GStrvBuilder *argv, const DomuimgRpmRequest *request, const char *work, GError **error)
{
  g_autofree char *path = g_build_filename (work, "dnf.conf", NULL);
  g_autofree char *config = g_strconcat ("--config=", path, NULL);
  g_autofree char *version = g_strconcat ("--releasever=", request->release->version, NULL);
  g_autofree char *repos = g_strconcat ("--setopt=reposdir=", work, "/repos", NULL);
  g_autofree char *cache = g_strconcat ("--setopt=cachedir=", work, "/" DOMUIMG_RPM_CACHE, NULL);
  g_autofree char *arch = g_strconcat ("--forcearch=", request->arch, NULL);

  if (!write_dnf_config (request, work, path, error))
    return FALSE;
  g_strv_builder_add_many (argv, config, "--installroot", "$ROOT", version, repos, cache,
                           "--setopt=plugins=0", "-y", NULL);
  if (domuimg_rpm_arch_is_foreign (request->arch))
    g_strv_builder_add (argv, arch);
  g_strv_builder_add (argv, "install");
  add_packages (argv, request, "@");
  return TRUE;
}

/* zypper has no options for these; libzypp reads a file that its environment names, which the job
 * cannot set: what matters has options. */
static void
add_zypper (GStrvBuilder *argv, const DomuimgRpmRequest *request, const char *work)
{
  g_autofree char *repos = g_strconcat (work, "/repos", NULL);
  g_autofree char *cache = g_strconcat (work, "/" DOMUIMG_RPM_CACHE, NULL);

  g_strv_builder_add_many (argv, "--non-interactive", "--root", "$ROOT", "--reposd-dir", repos,
                           "--cache-dir", cache, "--releasever", request->release->version,
                           "install", "--auto-agree-with-licenses",
                           request->weak_deps ? "--recommends" : "--no-recommends", NULL);
  add_packages (argv, request, "pattern:");
}

GStrv
domuimg_rpm_manager_command (const DomuimgRpmRequest *request, const char *work, GError **error)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();
  g_autofree char *program = domuimg_rpm_manager_find (request->release, error);

  if (program == NULL)
    return NULL;
  g_strv_builder_add (argv, program);
  if (g_str_equal (request->release->manager, "zypper"))
    add_zypper (argv, request, work);
  else if (!add_dnf (argv, request, work, error))
    return NULL;
  return g_strv_builder_end (argv);
}

/* How far it is when it says so, measured on a root of 125 packages with a kernel. */
static const struct {
  const char *pattern;
  double from;
  double to;
  const char *message;
} phases[] = {
  { "^\\((\\d+)/(\\d+)\\): ", 0.02, 0.25, "Downloading packages" },
  { "^Retrieving: .*\\((\\d+)/(\\d+)\\)", 0.02, 0.25, "Downloading packages" },
  { "^ *Installing +: .* (\\d+)/(\\d+) *$", 0.25, 0.60, "Installing packages" },
  { "^\\( *(\\d+)/(\\d+)\\) Installing: ", 0.25, 0.60, "Installing packages" },
  { "^ *Running scriptlet: .* (\\d+)/(\\d+) *$", 0.25, 0.60, "Installing packages" },
  { "^ *Verifying +: .* (\\d+)/(\\d+) *$", 0.90, 0.92, "Verifying packages" },
  { "^SELinux: ", 0.95, 0.95, NULL },
};

void
domuimg_rpm_manager_follow (const char *line, gpointer progress)
{
  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    {
      g_autoptr (GRegex) regex = g_regex_new (phases[i].pattern, 0, 0, NULL);
      g_autoptr (GMatchInfo) match = NULL;
      g_autofree char *done = NULL;
      g_autofree char *all = NULL;
      double part;

      if (!g_regex_match (regex, line, 0, &match))
        continue;
      done = g_match_info_fetch (match, 1);
      all = g_match_info_fetch (match, 2);
      part = all != NULL && atoi (all) > 0 ? CLAMP (atof (done) / atof (all), 0, 1) : 0;
      domuimg_progress_set_message (progress, "%s",
                                    phases[i].message != NULL ? phases[i].message : line);
      domuimg_progress_set_fraction (progress,
                                     phases[i].from + part * (phases[i].to - phases[i].from));
      return;
    }
}
