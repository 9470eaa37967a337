/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from debian:SUITE and ubuntu:SUITE, a root made of packages by mmdebstrap or debootstrap. */
#include "config.h"
#include "lib/source/source.h"

#include <sys/utsname.h>
#include <unistd.h>

#include "lib/source/deb.h"
#include "lib/source/dir.h"
#include "lib/source/root-stream.h"
#include "lib/spec/kernel-policy.h"
#include "lib/spec/parse.h"
#include "lib/spec/spec-keys.h"

#define DOMUIMG_TYPE_SOURCE_DEB (domuimg_source_deb_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceDeb, domuimg_source_deb, DOMUIMG, SOURCE_DEB, GObject)

struct _DomuimgSourceDeb {
  GObject parent_instance;

  DomuimgDebRequest request;
  gboolean use_cache;
  DomuimgRootStream root;
  DomuimgExcludes *excludes; /* of debootstrap's directory: none */
};

static void domuimg_source_deb_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceDeb, domuimg_source_deb, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_deb_source_init))

static void
reset (DomuimgSourceDeb *self)
{
  domuimg_root_stream_clear (&self->root);
  g_clear_pointer (&self->excludes, domuimg_excludes_free);
}

static void
domuimg_source_deb_finalize (GObject *object)
{
  DomuimgSourceDeb *self = DOMUIMG_SOURCE_DEB (object);

  reset (self);
  g_free (self->request.suite);
  g_free (self->request.root_fs);
  g_free (self->request.variant);
  g_free (self->request.arch);
  g_strfreev (self->request.packages);
  g_free (self->request.locale);
  g_strfreev (self->request.mirrors);
  g_strfreev (self->request.keyrings);
  G_OBJECT_CLASS (domuimg_source_deb_parent_class)->finalize (object);
}

static void
domuimg_source_deb_class_init (DomuimgSourceDebClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_deb_finalize;
}

static void
domuimg_source_deb_init (DomuimgSourceDeb *self)
{
  self->root.fd = -1;
}

static const char *
machine_arch (void)
{
  static const char *const names[][2] = { { "x86_64", "amd64" },   { "i686", "i386" },
                                          { "i586", "i386" },      { "aarch64", "arm64" },
                                          { "armv7l", "armhf" },   { "riscv64", "riscv64" } };
  struct utsname machine;

  uname (&machine);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_str_equal (names[i][0], machine.machine))
        return names[i][1];
    }
  return "amd64";
}

/* The cloud kernels have the Xen drivers, PV and PVH, and a quarter of the modules. */
static const char *
kernel_of (gboolean ubuntu, const char *arch)
{
  if (ubuntu)
    return "linux-image-virtual";
  if (g_str_equal (arch, "amd64"))
    return "linux-image-cloud-amd64";
  if (g_str_equal (arch, "arm64"))
    return "linux-image-cloud-arm64";
  if (g_str_equal (arch, "i386"))
    return "linux-image-686-pae";
  return "linux-image-generic";
}

/* Before these suites, systemd-resolved was part of the package systemd. */
static gboolean
has_resolved_package (const char *suite)
{
  static const char *const without[] = { "jessie", "stretch", "buster", "bullseye", "oldoldstable",
                                         "xenial", "bionic", "focal", "jammy", NULL };

  return !g_strv_contains (without, suite);
}

/* Debian's cloud kernel is packed by lz4, which GRUB as a PV guest cannot unpack. */
static gboolean
needs_plain_kernel (DomuimgSpec *spec, const DomuimgDebRequest *request)
{
  const DomuimgKernelSpec *kernel = domuimg_spec_get_object (spec, "kernel");

  return !request->ubuntu && g_str_equal (request->arch, "amd64") && kernel != NULL
         && kernel->policy->loader == DOMUIMG_LOADER_PVGRUB
         && domuimg_spec_get_number (spec, "type", DOMUIMG_GUEST_TYPE_AUTO)
                == DOMUIMG_GUEST_TYPE_PV;
}

static const char *
choose_kernel (DomuimgSpec *spec, const DomuimgDebRequest *request)
{
  const char *given = domuimg_spec_get (spec, "kernel-package");

  if (given != NULL)
    return given;
  return needs_plain_kernel (spec, request) ? "linux-image-amd64"
                                            : kernel_of (request->ubuntu, request->arch);
}

/* (nullable) Its filesystem. */
static char *
root_fs_of (DomuimgSpec *spec)
{
  const DomuimgDiskSpec *root = domuimg_spec_get_object (spec, "disk");

  return root != NULL && !g_str_has_prefix (root->fs, "ext") ? g_strdup (root->fs) : NULL;
}

/* (nullable) What a guest has to have to look after its root. */
static const char *
tools_of (const char *fs)
{
  static const char *const packages[][2]
      = { { "xfs", "xfsprogs" }, { "btrfs", "btrfs-progs" }, { "f2fs", "f2fs-tools" } };

  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    if (g_strcmp0 (packages[i][0], fs) == 0)
      return packages[i][1];
  return NULL;
}

static GStrv
packages_of (DomuimgSpec *spec, const DomuimgDebRequest *request)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  g_auto (GStrv) more = domuimg_spec_get_all (spec, "package");
  const DomuimgDiskSpec *root = domuimg_spec_get_object (spec, "disk");
  const char *kernel = choose_kernel (spec, request);

  g_strv_builder_add_many (all, "systemd-sysv", "udev", "dbus", "iproute2", NULL);
  if (has_resolved_package (request->suite))
    g_strv_builder_add (all, "systemd-resolved");
  if (!g_str_equal (kernel, "none"))
    g_strv_builder_add_many (all, "initramfs-tools", kernel, NULL);
  if (tools_of (request->root_fs) != NULL)
    g_strv_builder_add (all, tools_of (request->root_fs));
  if (root != NULL && root->lvm != NULL)
    g_strv_builder_add (all, "lvm2");
  if (root != NULL && root->luks != NULL)
    g_strv_builder_add (all, "cryptsetup-initramfs");
  g_strv_builder_addv (all, (const char **) more);
  return g_strv_builder_end (all);
}

static GStrv
mirrors_of (DomuimgSpec *spec, const DomuimgDebRequest *request)
{
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();
  g_auto (GStrv) mirrors = domuimg_spec_get_all (spec, "mirror");

  for (guint i = 0; mirrors[i] != NULL; i++)
    {
      g_autofree char *line
          = domuimg_deb_mirror_line (mirrors[i], request->ubuntu, request->suite);

      g_strv_builder_add (lines, line);
    }
  return g_strv_builder_end (lines);
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  DomuimgSourceDeb *self = g_object_new (DOMUIMG_TYPE_SOURCE_DEB, NULL);
  DomuimgDebRequest *request = &self->request;
  const char *variant = domuimg_spec_get (spec, "variant");
  const char *arch = domuimg_spec_get (spec, "arch");

  request->ubuntu = type == &domuimg_source_type_ubuntu;
  request->suite = g_strdup (rest);
  request->variant = g_strdup (variant != NULL ? variant : "minbase");
  request->arch = g_strdup (arch != NULL ? arch : machine_arch ());
  request->root_fs = root_fs_of (spec);
  request->packages = packages_of (spec, request);
  if (g_strv_contains ((const char *const *) request->packages, "locales"))
    request->locale = g_strdup (domuimg_spec_get (spec, "locale"));
  request->keyrings = domuimg_spec_get_all (spec, "keyring");
  request->mirrors = mirrors_of (spec, request);
  request->own_mirrors = request->mirrors[0] != NULL;
  self->use_cache = !domuimg_spec_get_flag (spec, "no-cache");
  return DOMUIMG_SOURCE (self);
}

static const char *const keys[]
    = { "package", "kernel-package", "mirror", "variant", "arch", "keyring", NULL };

static const DomuimgSourceProgram programs[] = {
  { "mmdebstrap", FALSE, NULL },
  { "debootstrap", TRUE, "without mmdebstrap" },
  { "newuidmap", TRUE, "without root" },
  { NULL },
};

const DomuimgSourceType domuimg_source_type_debian = {
  .scheme = "debian",
  .placeholder = "SUITE",
  .help = "packages of Debian",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_UNPACKS_PACKAGES,
  .create = create,
};

const DomuimgSourceType domuimg_source_type_ubuntu = {
  .scheme = "ubuntu",
  .placeholder = "SUITE",
  .help = "packages of Ubuntu",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_UNPACKS_PACKAGES,
  .create = create,
};

static gboolean
has_mmdebstrap (void)
{
  g_autofree char *program = domuimg_find_program ("mmdebstrap");

  return program != NULL;
}

static char *
deb_describe (DomuimgSource *source)
{
  DomuimgSourceDeb *self = DOMUIMG_SOURCE_DEB (source);
  g_autofree char *packages = g_strjoinv (" ", self->request.packages);

  return g_strdup_printf ("install %s %s (%s, %s) with %s: %s",
                          self->request.ubuntu ? "Ubuntu" : "Debian", self->request.suite,
                          self->request.variant, self->request.arch,
                          has_mmdebstrap () ? "mmdebstrap" : "debootstrap", packages);
}

static gboolean
deb_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceDeb *self = DOMUIMG_SOURCE_DEB (source);
  g_autofree char *debootstrap = domuimg_find_program ("debootstrap");

  if (!g_regex_match_simple ("^[a-z0-9][a-z0-9._-]*$", self->request.suite,
                             G_REGEX_CASELESS | G_REGEX_DOLLAR_ENDONLY, 0))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is not a valid suite name",
                         self->request.suite);
  for (guint i = 0; self->request.keyrings[i] != NULL; i++)
    {
      if (access (self->request.keyrings[i], R_OK) != 0)
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the keyring %s cannot be read",
                             self->request.keyrings[i]);
    }
  if (has_mmdebstrap () || debootstrap != NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                       "mmdebstrap is not installed: apt-get install mmdebstrap");
}

/* Packages tell their size only when they are installed. */
static gboolean
deb_measure (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgUsage *usage,
             gboolean *known, GCancellable *cancellable, GError **error)
{
  *known = FALSE;
  return TRUE;
}

static DomuimgStream *
open_mmdebstrap (DomuimgSourceDeb *self, const DomuimgSourceContext *context,
                 DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  DomuimgExec *exec = domuimg_deb_mmdebstrap_new (&self->request, context, progress, error);

  if (exec == NULL)
    return NULL;
  domuimg_progress_set_message (progress, "Starting mmdebstrap");
  return domuimg_root_stream_start (&self->root, exec, "mmdebstrap", cancellable, error);
}

static DomuimgStream *
open_debootstrap (DomuimgSourceDeb *self, const DomuimgSourceContext *context,
                  DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  static const char *const all[] = { "all", NULL };
  static const char *const none[] = { NULL };
  g_autofree char *root
      = domuimg_deb_debootstrap (&self->request, context, progress, cancellable, error);
  g_autoptr (DomuimgTree) tree = NULL;

  if (root == NULL)
    return NULL;
  tree = domuimg_tree_dir_new (root, error);
  if (tree == NULL)
    return NULL;
  self->excludes = domuimg_excludes_new (all, none, NULL);
  return domuimg_dir_stream_new (DOMUIMG_TREE_DIR (tree), self->excludes, TRUE);
}

static void
add_words (GStrvBuilder *words, char **more)
{
  g_strv_builder_addv (words, (const char **) more);
  g_strv_builder_add (words, "");
}

static DomuimgRootCache *
cache_of (const DomuimgDebRequest *request, const char *state)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_auto (GStrv) all = NULL;

  g_strv_builder_add_many (words, DOMUIMG_VERSION_STRING, request->suite, request->variant,
                           request->arch, "", NULL);
  add_words (words, request->packages);
  g_strv_builder_add_many (words, request->locale ?: "", request->root_fs ?: "", NULL);
  add_words (words, request->mirrors);
  add_words (words, request->keyrings);
  all = g_strv_builder_end (words);
  return domuimg_root_cache_new (all, state);
}

static DomuimgStream *
deb_open (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  DomuimgSourceDeb *self = DOMUIMG_SOURCE_DEB (source);
  DomuimgDebRequest *request = &self->request;
  DomuimgStream *stream = NULL;
  g_autofree char *state = NULL;

  reset (self);
  domuimg_progress_set_message (progress, "Asking the mirror");
  if (request->mirrors[0] == NULL)
    {
      g_strfreev (request->mirrors);
      request->mirrors
          = domuimg_deb_default_mirrors (request->ubuntu, request->suite, cancellable);
    }
  state = domuimg_deb_mirror_state (request, cancellable, error);
  if (state == NULL)
    return NULL;
  if (!has_mmdebstrap ())
    return open_debootstrap (self, context, progress, cancellable, error);
  /* Whose state is not known cannot be told to be the same. */
  if (self->use_cache && request->mirrors[0] != NULL
      && domuimg_root_stream_take_cache (&self->root, cache_of (request, state), &stream, error))
    {
      domuimg_progress_set_message (progress, "Unpacking the root from the cache");
      return stream;
    }
  return open_mmdebstrap (self, context, progress, cancellable, error);
}

static void
explain_program (gpointer user_data, const char *tail, GError **error)
{
  domuimg_deb_explain (user_data, tail, error);
}

static gboolean
deb_close (DomuimgSource *source, GError **error)
{
  DomuimgSourceDeb *self = DOMUIMG_SOURCE_DEB (source);
  gboolean ok
      = domuimg_root_stream_close (&self->root, explain_program, &self->request, error);

  reset (self);
  return ok;
}

static void
deb_explain (DomuimgSource *source, GError **error)
{
  DomuimgSourceDeb *self = DOMUIMG_SOURCE_DEB (source);

  domuimg_root_stream_explain (&self->root, explain_program, &self->request, error);
}

static void
domuimg_source_deb_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = deb_describe;
  iface->check = deb_check;
  iface->measure = deb_measure;
  iface->open = deb_open;
  iface->close = deb_close;
  iface->explain = deb_explain;
}
