/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from oci:REF, a container image, which becomes a guest that runs what the container would: a layout or
 * archive of OCI, an archive of docker save, or an image of a registry. */
#include "config.h"
#include "lib/source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/source/oci-layers.h"
#include "lib/source/oci-layout.h"

#define REGISTRY "docker://"

#define DOMUIMG_TYPE_SOURCE_OCI (domuimg_source_oci_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceOci, domuimg_source_oci, DOMUIMG, SOURCE_OCI, GObject)

struct _DomuimgSourceOci {
  GObject parent_instance;

  DomuimgSpec *spec;
  char *ref;
  char *arch;
  gboolean is_remote;
  char *path; /* of a layout or archive */
  char *tag;  /* (nullable) */
  DomuimgOciImage *image; /* (nullable) before it is prepared, as are those below */
  DomuimgOciMerge *merge;
  DomuimgApplication *application; /* (nullable) it boots by an init of its own */
};

static void domuimg_source_oci_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceOci, domuimg_source_oci, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_oci_source_init))

static void
domuimg_source_oci_finalize (GObject *object)
{
  DomuimgSourceOci *self = DOMUIMG_SOURCE_OCI (object);

  g_clear_object (&self->spec);
  g_clear_pointer (&self->application, domuimg_application_free);
  g_clear_pointer (&self->merge, domuimg_oci_merge_free);
  g_clear_pointer (&self->image, domuimg_oci_image_free);
  g_free (self->ref);
  g_free (self->arch);
  g_free (self->path);
  g_free (self->tag);
  G_OBJECT_CLASS (domuimg_source_oci_parent_class)->finalize (object);
}

static void
domuimg_source_oci_class_init (DomuimgSourceOciClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_oci_finalize;
}

static void
domuimg_source_oci_init (DomuimgSourceOci *self)
{
}

/* PATH or PATH:TAG, as skopeo has it; a path may have colons, too. */
static void
divide_ref (DomuimgSourceOci *self)
{
  const char *colon = strrchr (self->ref, ':');
  g_autofree char *before = colon != NULL ? g_strndup (self->ref, colon - self->ref) : NULL;

  if (before != NULL && !g_file_test (self->ref, G_FILE_TEST_EXISTS)
      && g_file_test (before, G_FILE_TEST_EXISTS))
    {
      self->path = g_steal_pointer (&before);
      self->tag = g_strdup (colon + 1);
      return;
    }
  self->path = g_strdup (self->ref);
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  DomuimgSourceOci *self = g_object_new (DOMUIMG_TYPE_SOURCE_OCI, NULL);

  self->spec = g_object_ref (spec);
  self->ref = g_strdup (rest);
  self->arch = domuimg_oci_arch (domuimg_spec_get (spec, "arch"));
  self->is_remote = g_str_has_prefix (rest, REGISTRY);
  if (!self->is_remote)
    divide_ref (self);
  return DOMUIMG_SOURCE (self);
}

static const char *const keys[] = { "arch", "cmd", "env", "env-file", "volume", "restart", "debug-shell",
                                     NULL };

static const DomuimgSourceProgram programs[] = { { "skopeo", TRUE, "of a registry" }, { NULL } };

const DomuimgSourceType domuimg_source_type_oci = {
  .scheme = "oci",
  .placeholder = "DIR|ARCHIVE[:TAG]|docker://IMAGE",
  .help = "a container image, whose application is what the guest runs",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM,
  .create = create,
};

static char *
oci_describe (DomuimgSource *source)
{
  DomuimgSourceOci *self = DOMUIMG_SOURCE_OCI (source);

  return g_strdup_printf ("%s the container image %s for %s",
                          self->is_remote ? "fetch and unpack" : "unpack", self->ref, self->arch);
}

static gboolean
oci_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceOci *self = DOMUIMG_SOURCE_OCI (source);
  g_autofree char *skopeo = self->is_remote ? domuimg_find_program (programs[0].name) : NULL;
  struct stat status;

  if (self->is_remote)
    return skopeo != NULL
           || domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                            "%s: images of a registry are fetched by skopeo, which is not installed (Debian: apt"
                            " install skopeo)",
                            self->ref);
  if (stat (self->path, &status) != 0)
    return domuimg_set_errno (error, errno, "opening the container image %s", self->ref);
  if (S_ISDIR (status.st_mode) && !domuimg_oci_layout_is (self->path))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is not a container image: a directory that is one has an index.json; to copy a root,"
                         " use --from %s:%s",
                         self->path, domuimg_source_type_dir.scheme, self->path);
  return TRUE;
}

/* skopeo has the user's credentials, and the system's policy on signatures. */
static gboolean
fetch (DomuimgSourceOci *self, const char *directory, DomuimgProgress *progress,
       GCancellable *cancellable, GError **error)
{
  /* Where a user's credentials for registries are. */
  static const char *const places[] = { "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "DOCKER_CONFIG" };
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (programs[0].name);

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_getenv (places[i]) != NULL)
      domuimg_exec_setenv (exec, places[i], g_getenv (places[i]));
  domuimg_progress_set_message (progress, "Fetching %s", self->ref);
  domuimg_exec_arg (exec, "--override-os=linux");
  domuimg_exec_argf (exec, "--override-arch=%s", self->arch);
  domuimg_exec_arg (exec, "copy");
  domuimg_exec_arg (exec, "--quiet");
  domuimg_exec_arg (exec, self->ref);
  domuimg_exec_argf (exec, "oci:%s", directory);
  return domuimg_exec_run (exec, cancellable, error);
}

static gboolean
unpack (DomuimgSourceOci *self, const char *directory, DomuimgProgress *progress,
        GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = open (self->path, O_RDONLY | O_CLOEXEC);

  domuimg_progress_set_message (progress, "Unpacking %s", self->path);
  if (fd < 0)
    return domuimg_set_errno (error, errno, "opening the container image %s", self->ref);
  if (mkdir (directory, 0700) != 0)
    return domuimg_set_errno (error, errno, "making the directory %s", directory);
  return domuimg_oci_unpack (fd, self->path, directory, cancellable, error);
}

static void
set_command (DomuimgSourceOci *self, DomuimgApplication *application)
{
  const DomuimgOciConfig *config = self->image->config;
  char *const *cmd = domuimg_spec_get_object (self->spec, "cmd");

  for (guint i = 0; i < config->entrypoint->len; i++)
    g_ptr_array_add (application->argv, g_strdup (config->entrypoint->pdata[i]));
  for (guint i = 0; cmd == NULL && i < config->cmd->len; i++)
    g_ptr_array_add (application->argv, g_strdup (config->cmd->pdata[i]));
  for (guint i = 0; cmd != NULL && cmd[i] != NULL; i++)
    g_ptr_array_add (application->argv, g_strdup (cmd[i]));
}

static gboolean
set_environment (DomuimgSourceOci *self, DomuimgApplication *application, GError **error)
{
  const DomuimgOciConfig *config = self->image->config;

  /* What an image has without a value is to come from outside. */
  for (guint i = 0; i < config->env->len; i++)
    if (strchr (config->env->pdata[i], '=') > (char *) config->env->pdata[i]
        && !domuimg_application_set_env (application, config->env->pdata[i], error))
      return FALSE;
  return domuimg_application_take_settings (application, self->spec, error);
}

static DomuimgApplication *
make_application (DomuimgSourceOci *self, GError **error)
{
  const DomuimgOciConfig *config = self->image->config;
  g_autoptr (DomuimgApplication) application = domuimg_application_new ();

  set_command (self, application);
  if (!set_environment (self, application, error))
    return NULL;
  if (config->directory != NULL && *config->directory != '\0')
    {
      g_free (application->directory);
      application->directory = g_canonicalize_filename (config->directory, "/");
    }
  if (config->user != NULL && *config->user != '\0')
    application->user = g_strdup (config->user);
  if (config->stop_signal != NULL && *config->stop_signal != '\0'
      && !domuimg_application_set_stop_signal (application, config->stop_signal, error))
    {
      g_prefix_error (error, "%s: ", self->ref);
      return NULL;
    }
  for (guint i = 0; i < config->ports->len; i++)
    g_ptr_array_add (application->ports, g_strdup (config->ports->pdata[i]));
  for (guint i = 0; i < config->volumes->len; i++)
    g_ptr_array_add (application->volumes, g_strdup (config->volumes->pdata[i]));
  return g_steal_pointer (&application);
}

/* A bootable container has a kernel beside its modules, and an init. */
static gboolean
boots_itself (DomuimgSourceOci *self)
{
  g_autoptr (GPtrArray) versions = domuimg_oci_merge_list (self->merge, "usr/lib/modules");

  for (guint i = 0; i < versions->len; i++)
    {
      g_autofree char *kernel
          = g_strdup_printf ("usr/lib/modules/%s/vmlinuz", (char *) versions->pdata[i]);

      if (domuimg_oci_merge_has_file (self->merge, kernel)
          && domuimg_oci_merge_has_file (self->merge, "sbin/init"))
        return TRUE;
    }
  return FALSE;
}

static gboolean
check_arch (DomuimgSourceOci *self, GError **error)
{
  g_autofree char *own = domuimg_oci_arch (NULL);

  return g_strcmp0 (own, self->arch) == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s for %s: the init of a guest that is one application is there for %s only", self->ref,
                          self->arch, own);
}

static gboolean
read_image (DomuimgSourceOci *self, const char *directory, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  self->image = domuimg_oci_image_open (directory, self->ref, self->tag, self->arch, cancellable, error);
  if (self->image == NULL)
    return FALSE;
  domuimg_progress_set_message (progress, "Reading the layers of %s", self->ref);
  self->merge = domuimg_oci_layers_merge (self->image, cancellable, error);
  if (self->merge == NULL)
    return FALSE;
  if (boots_itself (self) && domuimg_spec_get (self->spec, "cmd") == NULL)
    return TRUE;
  self->application = check_arch (self, error) ? make_application (self, error) : NULL;
  return self->application != NULL;
}

static gboolean
oci_prepare (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
             GCancellable *cancellable, GError **error)
{
  DomuimgSourceOci *self = DOMUIMG_SOURCE_OCI (source);
  g_autofree char *own = g_build_filename (context->work_directory, "oci", NULL);
  gboolean is_directory = !self->is_remote && g_file_test (self->path, G_FILE_TEST_IS_DIR);
  g_autoptr (GError) local = NULL;

  if (self->is_remote && !fetch (self, own, progress, cancellable, error))
    return FALSE;
  if ((self->is_remote || is_directory || unpack (self, own, progress, cancellable, &local))
      && read_image (self, is_directory ? self->path : own, progress, cancellable, &local))
    return TRUE;
  return domuimg_application_fail_plainly (error, g_steal_pointer (&local));
}

static const DomuimgApplication *
oci_get_application (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_OCI (source)->application;
}

static gboolean
oci_measure (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgUsage *usage,
             gboolean *known, GCancellable *cancellable, GError **error)
{
  domuimg_oci_merge_measure (DOMUIMG_SOURCE_OCI (source)->merge, &usage->entries, &usage->data_bytes,
                             &usage->other_bytes);
  *known = TRUE;
  return TRUE;
}

static DomuimgStream *
oci_open (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  DomuimgSourceOci *self = DOMUIMG_SOURCE_OCI (source);

  domuimg_progress_set_message (progress, "Unpacking the layers of %s", self->ref);
  return domuimg_oci_layers_new (self->image, self->merge);
}

static void
domuimg_source_oci_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = oci_describe;
  iface->check = oci_check;
  iface->prepare = oci_prepare;
  iface->get_application = oci_get_application;
  iface->measure = oci_measure;
  iface->open = oci_open;
}
