/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from tree:URL, a network installation: the installer of an install tree, which fills an empty disk
 * when the guest is first started, or here and now. */
#include "config.h"
#include "lib/source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/guest-type.h"
#include "lib/base/thread.h"
#include "lib/guest/customise.h"
#include "lib/kernel/compat.h"
#include "lib/xen/limits.h"
#include "lib/source/install-answers.h"
#include "lib/source/install-boot.h"
#include "lib/source/install-fetch.h"
#include "lib/source/install-here.h"
#include "lib/source/install-origin.h"
#include "lib/source/install-tree.h"
#include "lib/source/rpm.h"

#define SCHEME "tree"
#define PLACEHOLDER "URL|DIR|ISO"
#define INITRD_MAX (((guint64) 2 << 30) - 1)

#define DOMUIMG_TYPE_SOURCE_TREE (domuimg_source_tree_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceTree, domuimg_source_tree, DOMUIMG, SOURCE_TREE, GObject)

struct _DomuimgSourceTree {
  GObject parent_instance;

  DomuimgSpec *spec;
  char *arch;
  DomuimgInstallFiles *files;
  DomuimgInstallTree *tree; /* (nullable) not before it was found */
  DomuimgInstaller installer;
};

static void domuimg_source_tree_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceTree, domuimg_source_tree, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_tree_source_init))

static void
installer_clear (DomuimgInstaller *self)
{
  g_free (self->name);
  g_free (self->answers);
  g_free (self->answers_text);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->cmdline);
  g_clear_object (&self->kernel_read);
  g_clear_pointer (&self->root_password, domuimg_password_free);
}

static void
domuimg_source_tree_finalize (GObject *object)
{
  DomuimgSourceTree *self = DOMUIMG_SOURCE_TREE (object);

  g_clear_object (&self->spec);
  g_free (self->arch);
  g_clear_pointer (&self->files, domuimg_install_files_free);
  g_clear_pointer (&self->tree, domuimg_install_tree_free);
  installer_clear (&self->installer);
  G_OBJECT_CLASS (domuimg_source_tree_parent_class)->finalize (object);
}

static void
domuimg_source_tree_class_init (DomuimgSourceTreeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_tree_finalize;
}

static void
domuimg_source_tree_init (DomuimgSourceTree *self)
{
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSourceTree) self = g_object_new (DOMUIMG_TYPE_SOURCE_TREE, NULL);

  self->spec = domuimg_spec_copy (spec);
  self->arch = domuimg_rpm_arch (domuimg_spec_get (spec, "arch"));
  self->files = domuimg_install_files_new (rest, error);
  return self->files != NULL ? DOMUIMG_SOURCE (g_steal_pointer (&self)) : NULL;
}

static const char *const keys[]
    = { "answers", "extra-args", "arch", "package", "mirror", "installer", NULL };

static gboolean
look_here (DomuimgInstallHere *self, const DomuimgSourceContext *context, DomuimgProgress *progress,
           GCancellable *cancellable, GError **error)
{
  domuimg_progress_set_message (progress, "Looking at %s", self->url);
  return domuimg_install_here_find_tree (self, cancellable, error);
}

static DomuimgSource *
create_here (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSource) source = domuimg_install_here_source_new (spec);
  DomuimgInstallHere *self = domuimg_install_here_source_get (source);

  self->is_tree = TRUE;
  self->files = domuimg_install_files_new (rest, error);
  if (self->files == NULL)
    return NULL;
  if (domuimg_install_files_is_remote (self->files))
    {
      self->url = g_strdup (domuimg_install_files_get_location (self->files));
      self->fetch = look_here;
    }
  return g_steal_pointer (&source);
}

static const char *const keys_here[] = { DOMUIMG_INSTALL_HERE_KEYS, "installer", NULL };

static const DomuimgSourceType type_here = {
  .scheme = SCHEME,
  .placeholder = PLACEHOLDER,
  .help = "what the installer of an install tree makes of an empty disk, run here in QEMU",
  .keys = keys_here,
  .programs = domuimg_install_here_programs,
  .traits = DOMUIMG_INSTALL_HERE_TRAITS,
  .create = create_here,
};

const DomuimgSourceType domuimg_source_type_tree = {
  .scheme = SCHEME,
  .placeholder = PLACEHOLDER,
  .help = "a network installation: the installer of an install tree",
  .keys = keys,
  .traits = DOMUIMG_SOURCE_INSTALLS,
  .create = create,
  .here = &type_here,
};

static DomuimgGuestType
get_type (DomuimgSourceTree *self)
{
  return domuimg_spec_get_number (self->spec, "type", DOMUIMG_GUEST_TYPE_AUTO);
}

static gboolean
find_tree (DomuimgSourceTree *self, GCancellable *cancellable, GError **error)
{
  g_clear_pointer (&self->tree, domuimg_install_tree_free);
  self->tree = domuimg_install_tree_find (self->files, self->arch,
                                          get_type (self) == DOMUIMG_GUEST_TYPE_PV, cancellable,
                                          error);
  return self->tree != NULL;
}

static const char *
tree_get_url (DomuimgSource *source)
{
  DomuimgSourceTree *self = DOMUIMG_SOURCE_TREE (source);

  return domuimg_install_files_is_remote (self->files)
             ? domuimg_install_files_get_location (self->files)
             : NULL;
}

/* Only what tells which tree it is: nothing large. */
static gboolean
tree_fetch (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  DomuimgSourceTree *self = DOMUIMG_SOURCE_TREE (source);

  domuimg_progress_set_message (progress, "Looking at %s",
                                domuimg_install_files_get_location (self->files));
  return find_tree (self, cancellable, error);
}

static gboolean
is_old (const DomuimgInstallImages *images)
{
  return g_strcmp0 (images->option, "method=") == 0;
}

static DomuimgInstallTarget
get_target (DomuimgSourceTree *self, const DomuimgInstallImages *images, DomuimgGuestType type)
{
  return (DomuimgInstallTarget){
    .kind = self->tree->kind,
    .name = domuimg_spec_get (self->spec, "name"),
    .location = domuimg_install_files_get_address (self->files),
    .console = domuimg_guest_type_get_console (type),
    .is_ubuntu = strstr (images->kernel, "ubuntu-installer/") != NULL,
    .is_old = is_old (images),
  };
}

/* What an installer and what it installs need to be of use; a user's own values go before. */
static void
set_sizes (DomuimgSourceTree *self)
{
  const DomuimgInstallNeeds needs = domuimg_install_tree_get_needs (self->tree);

  self->installer.memory = needs.memory;
  self->installer.disk_size = needs.disk_size;
}

static gboolean
tree_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceTree *self = DOMUIMG_SOURCE_TREE (source);
  g_autoptr (DomuimgInstallAnswers) answers = NULL;
  DomuimgInstallTarget target;

  if (self->tree == NULL && domuimg_install_files_is_remote (self->files))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has to be asked what it installs before there can be a plan",
                         domuimg_install_files_get_location (self->files));
  if (self->tree == NULL && !find_tree (self, NULL, error))
    return FALSE;
  target = get_target (self, g_ptr_array_index (self->tree->images, 0), get_type (self));
  target.is_plan = TRUE;
  if (!domuimg_install_answers_make (self->spec, &target, &answers, error)
      || !domuimg_install_origin_check (self->files, self->tree->kind,
                                        domuimg_spec_get (self->spec, "extra-args"), answers, error))
    return FALSE;
  set_sizes (self);
  self->installer.takes_login = self->tree->kind == DOMUIMG_INSTALLER_DEBIAN;
  g_free (self->installer.name);
  self->installer.name = g_strdup (self->tree->name);
  if (domuimg_install_files_is_iso (self->files))
    self->installer.media = domuimg_install_files_get_location (self->files);
  if (answers != NULL)
    {
      g_free (self->installer.answers);
      g_free (self->installer.answers_text);
      self->installer.answers = g_strdup (answers->name);
      self->installer.answers_text = g_strdup (answers->text);
    }
  return TRUE;
}

static char *
tree_describe (DomuimgSource *source)
{
  DomuimgSourceTree *self = DOMUIMG_SOURCE_TREE (source);

  return g_strdup_printf ("install %s from %s", self->installer.name,
                          domuimg_install_files_get_location (self->files));
}

static const DomuimgInstaller *
tree_get_installer (DomuimgSource *source)
{
  return &DOMUIMG_SOURCE_TREE (source)->installer;
}

static gboolean
fetch_file (DomuimgSourceTree *self, const DomuimgInstallFetch *what, DomuimgProgress *progress,
            GCancellable *cancellable, GError **error)
{
  DomuimgInstallFetch fetch = *what;

  fetch.use_cache = !domuimg_spec_get_flag (self->spec, "no-cache");
  return domuimg_install_fetch (self->files, &fetch, progress, cancellable, error);
}

/* A kernel that is looked at by another thread, which has its file and nothing else, while the initramfs
 * comes. */
typedef struct {
  const char *path;
  DomuimgGuestType asked;
  gboolean allow_hvm;    /* where nothing was asked for, and it can be neither PVH nor PV */
  GCancellable *stop;    /* is cancelled where the initramfs is of no use */
  DomuimgKernel *kernel; /* (nullable) of no guest that is wanted, or broken: @error */
  DomuimgGuestType type;
  char *reason;          /* (nullable) why not */
  GError *error;
} Look;

static void
look_clear (Look *self)
{
  g_clear_object (&self->stop);
  g_clear_object (&self->kernel);
  g_clear_pointer (&self->reason, g_free);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Look, look_clear)

/* What the kernel's notes say that it can be started as: PVH before PV, as everywhere, and HVM last. */
static gboolean
choose_type (Look *self, DomuimgKernel *kernel)
{
  static const DomuimgGuestType order[]
      = { DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_HVM };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    {
      g_autofree char *why = NULL;

      if (self->asked != DOMUIMG_GUEST_TYPE_AUTO
              ? self->asked != order[i]
              : order[i] == DOMUIMG_GUEST_TYPE_HVM && !self->allow_hvm)
        continue;
      if (domuimg_kernel_can_boot (kernel, order[i], &why))
        {
          self->type = order[i];
          return TRUE;
        }
      if (self->reason == NULL)
        self->reason = g_steal_pointer (&why);
    }
  return FALSE;
}

static gpointer
look (gpointer data)
{
  Look *self = data;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_file (self->path, &self->error);

  if (kernel != NULL && choose_type (self, kernel))
    self->kernel = g_steal_pointer (&kernel);
  else
    g_cancellable_cancel (self->stop);
  return NULL;
}

static void
on_cancelled (GCancellable *cancellable, gpointer stop)
{
  g_cancellable_cancel (stop);
}

static gboolean
fetch_kernel (DomuimgSourceTree *self, const DomuimgInstallImages *images, const char *to,
              DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  const DomuimgInstallFetch fetch = { .path = images->kernel,
                                      .checksum = images->kernel_checksum,
                                      .type = images->kernel_type,
                                      .to = to,
                                      .max = DOMUIMG_KERNEL_MAX };

  g_autofree char *name = domuimg_install_files_name (self->files, images->kernel);

  /* It is a small part of the whole, and what comes after it tells how far that is. */
  domuimg_progress_set_message (progress, "Fetching %s", name);
  return fetch_file (self, &fetch, NULL, cancellable, error);
}

static gboolean
fetch_initrd (DomuimgSourceTree *self, const DomuimgInstallImages *images, const char *to,
              DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  const DomuimgInstallFetch fetch = { .path = images->initrd,
                                      .checksum = images->initrd_checksum,
                                      .type = images->initrd_type,
                                      .to = to,
                                      .max = INITRD_MAX };

  return fetch_file (self, &fetch, progress, cancellable, error);
}

/* The initramfs, and what became of the kernel meanwhile in @looked. */
static gboolean
fetch_rest (DomuimgSourceTree *self, const DomuimgInstallImages *images, const char *to,
            Look *looked, DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) refused = NULL;
  GThread *thread = domuimg_thread_start ("kernel", look, looked, &refused);
  gulong id = cancellable != NULL
                  ? g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), looked->stop, NULL)
                  : 0;
  gboolean ok;

  if (refused != NULL)
    look (looked);
  ok = fetch_initrd (self, images, to, progress, looked->stop, error);
  if (thread != NULL)
    g_thread_join (thread);
  g_cancellable_disconnect (cancellable, id);
  return ok;
}

/* One pair; FALSE without an error where no guest that is wanted can be started by its kernel. */
static gboolean
try_images (DomuimgSourceTree *self, const DomuimgInstallImages *images, gboolean allow_hvm,
            DomuimgProgress *progress, GCancellable *cancellable, char **reason, GError **error)
{
  g_autofree char *name = domuimg_install_files_name (self->files, images->kernel);
  g_auto (Look) looked = { .path = self->installer.kernel,
                           .asked = get_type (self),
                           .allow_hvm = allow_hvm,
                           .stop = g_cancellable_new () };
  g_autoptr (GError) local = NULL;

  if (!fetch_kernel (self, images, self->installer.kernel, progress, cancellable, error))
    return FALSE;
  fetch_rest (self, images, self->installer.ramdisk, &looked, progress, cancellable, &local);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (looked.error != NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&looked.error), "%s: ", name);
      return FALSE;
    }
  if (looked.kernel != NULL && local == NULL)
    {
      g_set_object (&self->installer.kernel_read, looked.kernel);
      self->installer.type = looked.type;
      return TRUE;
    }
  if (looked.kernel != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else if (*reason == NULL)
    *reason = g_strdup_printf ("%s: %s", name, looked.reason);
  unlink (self->installer.kernel);
  unlink (self->installer.ramdisk);
  return FALSE;
}

/* (nullable) The pair whose kernel can start such a guest; both are there then. */
static const DomuimgInstallImages *
choose_images (DomuimgSourceTree *self, DomuimgProgress *progress, GCancellable *cancellable,
               GError **error)
{
  const char *asked = get_type (self) != DOMUIMG_GUEST_TYPE_AUTO
                          ? domuimg_guest_type_to_string (get_type (self))
                          : NULL;
  g_autofree char *reason = NULL;

  /* All pairs are looked at for PVH and PV before any is taken for HVM, where there is a choice. */
  for (guint round = asked == NULL && self->tree->images->len > 1 ? 0 : 1; round < 2; round++)
    for (guint i = 0; i < self->tree->images->len; i++)
      {
        const DomuimgInstallImages *images = g_ptr_array_index (self->tree->images, i);
        g_autoptr (GError) local = NULL;

        if (try_images (self, images, round > 0, progress, cancellable, &reason, &local))
          return images;
        if (local != NULL)
          {
            g_propagate_error (error, g_steal_pointer (&local));
            return NULL;
          }
      }
  domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                "the installer of %s cannot be started%s%s: %s [kernel-type]",
                domuimg_install_files_get_location (self->files), asked != NULL ? " as " : "",
                asked != NULL ? asked : "", reason);
  return NULL;
}

static gboolean
tree_prepare (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
              GCancellable *cancellable, GError **error)
{
  DomuimgSourceTree *self = DOMUIMG_SOURCE_TREE (source);
  DomuimgInstaller *installer = &self->installer;
  g_autoptr (DomuimgInstallAnswers) answers = NULL;
  g_autofree char *origin = NULL;
  const DomuimgInstallImages *images;
  DomuimgInstallTarget target;

  installer->kernel = g_build_filename (context->work_directory, "vmlinuz", NULL);
  installer->ramdisk = g_build_filename (context->work_directory, "initrd", NULL);
  images = choose_images (self, progress, cancellable, error);
  if (images == NULL)
    return FALSE;
  installer->media_vdev = installer->type == DOMUIMG_GUEST_TYPE_HVM ? "hdc" : "xvdz";
  if (!domuimg_install_origin_make (self->files, images->option,
                                    domuimg_install_files_get_address (self->files),
                                    installer->media_vdev, &origin, error))
    return FALSE;
  target = get_target (self, images, installer->type);
  if (!domuimg_install_answers_make (self->spec, &target, &answers, error)
      || (answers != NULL
          && !domuimg_install_boot_append (answers, installer->ramdisk, error)))
    return FALSE;
  installer->cmdline = domuimg_install_boot_make_cmdline (
      &target, origin, answers, domuimg_spec_get (self->spec, "extra-args"));
  if (answers != NULL)
    installer->root_password = g_steal_pointer (&answers->root_password);
  return TRUE;
}

static void
domuimg_source_tree_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = tree_describe;
  iface->get_url = tree_get_url;
  iface->fetch = tree_fetch;
  iface->check = tree_check;
  iface->prepare = tree_prepare;
  iface->get_installer = tree_get_installer;
}
