/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from rpm:RELEASE, a root made of RPM packages by dnf, yum or zypper. */
#include "config.h"
#include "lib/source/source.h"

#include <unistd.h>

#include "lib/base/namespace.h"
#include "lib/source/root-stream.h"
#include "lib/source/rpm.h"
#include "lib/spec/spec-keys.h"
#include "lib/spec/parse.h"

#define PROGRAM "domuimg-rpm"

#define DOMUIMG_TYPE_SOURCE_RPM (domuimg_source_rpm_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceRpm, domuimg_source_rpm, DOMUIMG, SOURCE_RPM, GObject)

struct _DomuimgSourceRpm {
  GObject parent_instance;

  DomuimgRpmRequest request;
  gboolean use_cache;
  DomuimgRootStream root;
};

static void domuimg_source_rpm_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceRpm, domuimg_source_rpm, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_rpm_source_init))

static void
domuimg_source_rpm_finalize (GObject *object)
{
  DomuimgSourceRpm *self = DOMUIMG_SOURCE_RPM (object);
  DomuimgRpmRequest *request = &self->request;

  domuimg_root_stream_clear (&self->root);
  g_clear_pointer (&request->release, domuimg_rpm_release_free);
  g_free (request->arch);
  g_strfreev (request->groups);
  g_strfreev (request->packages);
  g_strfreev (request->given_repos);
  g_strfreev (request->keyrings);
  G_OBJECT_CLASS (domuimg_source_rpm_parent_class)->finalize (object);
}

static void
domuimg_source_rpm_class_init (DomuimgSourceRpmClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_rpm_finalize;
}

static void
domuimg_source_rpm_init (DomuimgSourceRpm *self)
{
  self->root.fd = -1;
}

static GStrv
joined (char **first, char **second, const char *last)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();

  g_strv_builder_addv (all, (const char **) first);
  g_strv_builder_addv (all, (const char **) second);
  if (last != NULL)
    g_strv_builder_add (all, last);
  return g_strv_builder_end (all);
}

/* What the guest's initramfs opens its root with, where that is in a volume group or encrypted. */
static void
add_openers (DomuimgRpmRequest *request, DomuimgSpec *spec)
{
  const DomuimgDiskSpec *root = domuimg_spec_get_object (spec, "disk");
  g_auto (GStrv) before = request->packages;
  char *openers[] = { NULL, NULL, NULL };
  guint n = 0;

  if (root != NULL && root->lvm != NULL)
    openers[n++] = (char *) "lvm2";
  if (root != NULL && root->luks != NULL)
    openers[n++] = (char *) "cryptsetup";
  request->packages = joined (before, openers, NULL);
}

/* Groups and packages that the user names come on top of what makes the release's base. */
static void
fill_packages (DomuimgRpmRequest *request, DomuimgSpec *spec)
{
  const DomuimgRpmRelease *release = request->release;
  const char *given = domuimg_spec_get (spec, "kernel-package");
  const char *kernel = given != NULL ? given : release->kernel;
  g_auto (GStrv) groups = domuimg_spec_get_all (spec, "group");
  g_auto (GStrv) packages = domuimg_spec_get_all (spec, "package");

  request->has_kernel = !g_str_equal (kernel, "none");
  request->groups = joined (release->groups, groups, NULL);
  request->packages
      = joined (release->packages, packages, request->has_kernel ? kernel : NULL);
  add_openers (request, spec);
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSourceRpm) self = g_object_new (DOMUIMG_TYPE_SOURCE_RPM, NULL);
  DomuimgRpmRequest *request = &self->request;

  request->release = domuimg_rpm_release_load (rest, error);
  if (request->release == NULL)
    return NULL;
  request->arch = domuimg_rpm_arch (domuimg_spec_get (spec, "arch"));
  request->given_repos = domuimg_spec_get_all (spec, "repo");
  request->keyrings = domuimg_spec_get_all (spec, "keyring");
  request->weak_deps = domuimg_spec_get_flag (spec, "weak-deps");
  request->docs = domuimg_spec_get_flag (spec, "docs");
  request->allow_unsigned = domuimg_spec_get_flag (spec, "allow-unsigned");
  fill_packages (request, spec);
  self->use_cache = !domuimg_spec_get_flag (spec, "no-cache");
  return DOMUIMG_SOURCE (g_steal_pointer (&self));
}

static const char *const keys[]
    = { "repo",    "group",     "package", "kernel-package", "keyring", "arch",
        "weak-deps", "docs", "allow-unsigned", NULL };

static const DomuimgSourceProgram programs[] = {
  { "dnf", FALSE, NULL },
  { "zypper", TRUE, "for openSUSE" },
  { "gpg", TRUE, "without --keyring" },
  { "newuidmap", TRUE, "without root" },
  { NULL },
};

const DomuimgSourceType domuimg_source_type_rpm = {
  .scheme = "rpm",
  .placeholder = "RELEASE",
  .help = "packages of Fedora, CentOS and their kin, openSUSE",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_UNPACKS_PACKAGES,
  .create = create,
};

static char *
rpm_describe (DomuimgSource *source)
{
  const DomuimgRpmRequest *request = &DOMUIMG_SOURCE_RPM (source)->request;
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "install %s (%s) with %s:", request->release->name, request->arch,
                   request->release->manager);
  for (guint i = 0; request->groups[i] != NULL; i++)
    g_string_append_printf (text, " @%s", request->groups[i]);
  for (guint i = 0; request->packages[i] != NULL; i++)
    g_string_append_printf (text, " %s", request->packages[i]);
  for (guint i = 0; request->given_repos[i] != NULL; i++)
    g_string_append_printf (text, "%s %s", i == 0 ? "; from" : ",", request->given_repos[i]);
  if (request->allow_unsigned)
    g_string_append (text, "; signatures are not checked");
  if (request->release->untried)
    g_string_append (text, "; nobody has tried this release yet");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
rpm_check (DomuimgSource *source, GError **error)
{
  const DomuimgRpmRequest *request = &DOMUIMG_SOURCE_RPM (source)->request;
  const DomuimgRpmRelease *release = request->release;
  g_autoptr (GPtrArray) repos = domuimg_rpm_repos_read (request, error);
  g_autofree char *manager = NULL;

  if (repos == NULL)
    return FALSE;
  if (release->architectures[0] != NULL
      && !g_strv_contains ((const char *const *) release->architectures, request->arch))
    {
      g_autofree char *known = g_strjoinv (", ", release->architectures);

      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                           "%s is not made for %s; it is for %s", release->name, request->arch,
                           known);
    }
  for (guint i = 0; request->keyrings[i] != NULL; i++)
    {
      if (access (request->keyrings[i], R_OK) != 0)
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the keyring %s cannot be read",
                             request->keyrings[i]);
    }
  manager = domuimg_rpm_manager_find (release, error);
  return manager != NULL && domuimg_namespace_check (error);
}

/* Packages tell their size only when they are installed. */
static gboolean
rpm_measure (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgUsage *usage,
             gboolean *known, GCancellable *cancellable, GError **error)
{
  *known = FALSE;
  return TRUE;
}

static DomuimgRootCache *
cache_of (const DomuimgRpmRequest *request, GPtrArray *repos, const char *state)
{
  g_auto (GStrv) words = domuimg_rpm_work_describe (request, repos);

  return domuimg_root_cache_new (words, state);
}

static DomuimgStream *
install (DomuimgSourceRpm *self, GPtrArray *repos, const DomuimgSourceContext *context,
         DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autofree char *program = domuimg_libexec_path (PROGRAM);
  DomuimgExec *exec;

  if (!domuimg_rpm_work_write (&self->request, repos, context->work_directory, cancellable,
                               error))
    return NULL;
  exec = domuimg_namespace_exec_new ();
  domuimg_exec_arg (exec, program);
  domuimg_exec_arg (exec, context->work_directory);
  domuimg_exec_on_line (exec, domuimg_rpm_manager_follow, progress);
  domuimg_progress_set_message (progress, "Asking the repositories for packages");
  return domuimg_root_stream_start (&self->root, exec, self->request.release->manager,
                                    cancellable, error);
}

static DomuimgStream *
rpm_open (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  DomuimgSourceRpm *self = DOMUIMG_SOURCE_RPM (source);
  const DomuimgRpmRequest *request = &self->request;
  g_autoptr (GPtrArray) repos = domuimg_rpm_repos_read (request, error);
  g_autofree char *state = NULL;
  DomuimgStream *stream = NULL;

  domuimg_root_stream_clear (&self->root);
  if (repos == NULL)
    return NULL;
  domuimg_progress_set_message (progress, "Asking the repositories");
  state = domuimg_rpm_repos_state (repos, request, cancellable, error);
  if (state == NULL)
    return NULL;
  if (self->use_cache
      && domuimg_root_stream_take_cache (&self->root, cache_of (request, repos, state), &stream,
                                         error))
    {
      domuimg_progress_set_message (progress, "Unpacking the root from the cache");
      return stream;
    }
  return install (self, repos, context, progress, cancellable, error);
}

static void
explain_program (gpointer user_data, const char *tail, GError **error)
{
  domuimg_rpm_explain (user_data, tail, error);
}

static gboolean
rpm_close (DomuimgSource *source, GError **error)
{
  DomuimgSourceRpm *self = DOMUIMG_SOURCE_RPM (source);

  return domuimg_root_stream_close (&self->root, explain_program, &self->request, error);
}

static void
rpm_explain (DomuimgSource *source, GError **error)
{
  DomuimgSourceRpm *self = DOMUIMG_SOURCE_RPM (source);

  domuimg_root_stream_explain (&self->root, explain_program, &self->request, error);
}

static void
domuimg_source_rpm_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = rpm_describe;
  iface->check = rpm_check;
  iface->measure = rpm_measure;
  iface->open = rpm_open;
  iface->close = rpm_close;
  iface->explain = rpm_explain;
}
