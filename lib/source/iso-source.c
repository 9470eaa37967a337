/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from iso:FILE, an installer that runs here, in QEMU, until its disk can be converted. */
#include "config.h"
#include "lib/source/source.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/copy-file.h"
#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/domain/model/identity.h"
#include "lib/image/iso-boot.h"
#include "lib/qemu/install.h"
#include "lib/source/install-answers.h"
#include "lib/source/install-boot.h"
#include "lib/source/install-fetch.h"
#include "lib/source/install-origin.h"
#include "lib/source/install-tree.h"
#include "lib/source/rpm.h"
#include "lib/spec/parse.h"
#include "lib/xen/limits.h"

#define GIB ((guint64) 1 << 30)
#define MIB ((guint64) 1 << 20)
#define RAMDISK_MAX (2 * GIB - 1)
#define TIMEOUT (4 * 60 * 60)
/* It makes an installation faster, and nothing else depends on it. */
#define VCPUS_MAX 4
/* What the installer sees. */
#define CONSOLE "ttyS0"
#define DISK "/dev/vda"
#define CDROM "hdc"
/* What is left of an installer that failed, behind the guest's name. */
#define KEPT "-installer"

#define DOMUIMG_TYPE_SOURCE_ISO (domuimg_source_iso_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgSourceIso, domuimg_source_iso, DOMUIMG, SOURCE_ISO, GObject)

struct _DomuimgSourceIso {
  GObject parent_instance;

  DomuimgSpec *spec;
  char *arch;
  DomuimgInstallFiles *files;
  DomuimgInstallTree *tree;       /* (nullable) of an installer that is known; else the image boots by itself */
  DomuimgInstallAnswers *answers; /* (nullable) for a plan */
  DomuimgImport *import;          /* (nullable) not before the check */
  char *mac;                      /* of the machine that the installer runs in */
  char *disk, *log, *screen;      /* (nullable) in the work directory */
};

static void domuimg_source_iso_source_init (DomuimgSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgSourceIso, domuimg_source_iso, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_SOURCE,
                                                      domuimg_source_iso_source_init))

static void
domuimg_source_iso_finalize (GObject *object)
{
  DomuimgSourceIso *self = DOMUIMG_SOURCE_ISO (object);

  g_clear_object (&self->spec);
  g_clear_pointer (&self->files, domuimg_install_files_free);
  g_clear_pointer (&self->tree, domuimg_install_tree_free);
  g_clear_pointer (&self->answers, domuimg_install_answers_free);
  g_clear_pointer (&self->import, domuimg_import_free);
  g_free (self->arch);
  g_free (self->mac);
  g_free (self->disk);
  g_free (self->log);
  g_free (self->screen);
  G_OBJECT_CLASS (domuimg_source_iso_parent_class)->finalize (object);
}

static void
domuimg_source_iso_class_init (DomuimgSourceIsoClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_source_iso_finalize;
}

static void
domuimg_source_iso_init (DomuimgSourceIso *self)
{
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSourceIso) self = g_object_new (DOMUIMG_TYPE_SOURCE_ISO, NULL);

  self->spec = domuimg_spec_copy (spec);
  self->arch = domuimg_rpm_arch (domuimg_spec_get (spec, "arch"));
  self->mac = domuimg_mac_new_random ();
  self->files = domuimg_install_files_new (rest, error);
  if (self->files == NULL)
    return NULL;
  if (domuimg_install_files_is_iso (self->files))
    return DOMUIMG_SOURCE (g_steal_pointer (&self));
  domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                "%s is not an ISO image on this host; an install tree on a server or in a directory is made a"
                " guest by another --from, see domuimg create --help",
                domuimg_install_files_get_location (self->files));
  return NULL;
}

static const char *const keys[]
    = { "answers",     "extra-args", "timeout",   "keep-failed",      "arch", "package", "mirror",
        "map-network", "root",       "no-backup", "keep-guest-tools", NULL };

static const DomuimgSourceProgram programs[] = {
  { "qemu-system-x86_64", FALSE, NULL },
  { "qemu-img", FALSE, NULL },
  { "qemu-storage-daemon", FALSE, NULL },
  { "fusermount3", TRUE, "without root" },
  { NULL },
};

const DomuimgSourceType domuimg_source_type_iso = {
  .scheme = "iso",
  .placeholder = "FILE",
  .help = "what an installer makes of an empty disk, run here in QEMU",
  .keys = keys,
  .programs = programs,
  .traits = DOMUIMG_SOURCE_COPIES_A_SYSTEM | DOMUIMG_SOURCE_GIVES_DISKS,
  .create = create,
};

static const char *
get_location (DomuimgSourceIso *self)
{
  return domuimg_install_files_get_location (self->files);
}

static const char *
get_name (DomuimgSourceIso *self)
{
  return self->tree != NULL ? self->tree->name : get_location (self);
}

static const DomuimgInstallImages *
get_images (DomuimgSourceIso *self)
{
  return g_ptr_array_index (self->tree->images, 0);
}

static DomuimgInstallTarget
get_target (DomuimgSourceIso *self)
{
  const DomuimgInstallImages *images = get_images (self);

  return (DomuimgInstallTarget){
    .kind = self->tree->kind,
    .name = domuimg_spec_get (self->spec, "name"),
    .console = CONSOLE,
    .is_ubuntu = strstr (images->kernel, "ubuntu-installer/") != NULL,
    .is_old = g_strcmp0 (images->option, "method=") == 0,
    .is_fitted = TRUE,
    .disk = DISK,
  };
}

/* What is not known is left to the boot record of the image; what cannot be read is an error. */
static gboolean
find_tree (DomuimgSourceIso *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  g_clear_pointer (&self->tree, domuimg_install_tree_free);
  self->tree = domuimg_install_tree_find (self->files, self->arch, FALSE, NULL, &local);
  if (self->tree != NULL || g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* Somebody has to be able to log in to what nobody watches being installed. */
static gboolean
check_login (DomuimgSourceIso *self, GError **error)
{
  static const char *const logins[] = { "root-password-file", "root-password", "ssh-key" };

  for (guint i = 0; i < G_N_ELEMENTS (logins); i++)
    if (domuimg_spec_get (self->spec, logins[i]) != NULL)
      return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "nobody could log in to what is installed from %s: add --root-password-file,"
                       " --root-password generate or --ssh-key, or answers of your own with --answers",
                       get_location (self));
}

static gboolean
make_answers (DomuimgSourceIso *self, gboolean is_plan, DomuimgInstallAnswers **answers,
              GError **error)
{
  DomuimgInstallTarget target = get_target (self);

  target.is_plan = is_plan;
  return domuimg_install_answers_make (self->spec, &target, answers, error);
}

/* Answers are for an installer that is known, and a kernel of it; all others start as the image has it. */
static gboolean
plan_answers (DomuimgSourceIso *self, GError **error)
{
  const char *given = domuimg_spec_get (self->spec, "answers");

  g_clear_pointer (&self->answers, domuimg_install_answers_free);
  if (self->tree == NULL)
    return given == NULL
           || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                            "--answers %s: %s has no installer that is known here, so that nothing could tell it"
                            " of its answers; put them into the image",
                            given, get_location (self));
  if (!make_answers (self, TRUE, &self->answers, error))
    return FALSE;
  return self->answers == NULL || given != NULL || check_login (self, error);
}

/* Whether its own kernel is started, with words and answers of ours. */
static gboolean
is_driven (DomuimgSourceIso *self)
{
  return self->answers != NULL;
}

static gboolean
check_boot (DomuimgSourceIso *self, GError **error)
{
  DomuimgIsoBoot boot;

  if (!domuimg_iso_boot_look (get_location (self), &boot, error))
    return FALSE;
  if (is_driven (self) || boot.has_bios)
    return TRUE;
  if (domuimg_spec_get (self->spec, "extra-args") != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "--extra-args is for an installer whose kernel is known here, and %s has none",
                         get_location (self));
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "%s cannot be started by a BIOS%s, and has no installer that is known here",
                       get_location (self),
                       boot.has_uefi ? " (it has a boot loader for UEFI, perhaps of another architecture)"
                                     : ": it is not a bootable image");
}

static gboolean
check_host (DomuimgSourceIso *self, GError **error)
{
  g_autofree char *missing = domuimg_qemu_explain_missing ();

  if (missing != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL, "%s", missing);
  return g_str_equal (self->arch, "x86_64")
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "--arch %s: installers are run for x86_64 only", self->arch);
}

static guint64
get_disk_size (DomuimgSourceIso *self)
{
  const DomuimgDiskSpec *disk = domuimg_spec_get_object (self->spec, "disk");

  if (disk != NULL && disk->size > 0)
    return disk->size;
  return (self->tree != NULL && self->tree->kind == DOMUIMG_INSTALLER_DEBIAN ? 10 : 20) * GIB;
}

/* What the installer needs of a machine. */
static guint64
get_memory (DomuimgSourceIso *self)
{
  guint64 least = self->tree != NULL && self->tree->kind == DOMUIMG_INSTALLER_DEBIAN ? GIB : 3 * GIB;

  return MAX (least, domuimg_spec_get_number (self->spec, "memory", 0));
}

static void
plan_import (DomuimgSourceIso *self)
{
  DomuimgHardware *hardware = domuimg_hardware_new ("QEMU");
  g_autofree char *file = g_path_get_basename (get_location (self));
  g_autofree char *name = g_strdup_printf ("what %s installs", file);

  hardware->memory = is_driven (self) ? GIB : 2 * GIB;
  domuimg_hardware_add_nic (hardware)->mac = g_strdup (self->mac);
  g_clear_pointer (&self->import, domuimg_import_free);
  self->import = domuimg_import_new_for_installer (name, get_disk_size (self), hardware);
}

static gboolean
iso_check (DomuimgSource *source, GError **error)
{
  DomuimgSourceIso *self = DOMUIMG_SOURCE_ISO (source);

  if (!check_host (self, error) || !find_tree (self, error) || !plan_answers (self, error)
      || !check_boot (self, error))
    return FALSE;
  plan_import (self);
  return TRUE;
}

static guint64
get_timeout (DomuimgSourceIso *self)
{
  return domuimg_spec_get_number (self->spec, "timeout", TIMEOUT);
}

static char *
iso_describe (DomuimgSource *source)
{
  DomuimgSourceIso *self = DOMUIMG_SOURCE_ISO (source);

  if (self->tree == NULL)
    return g_strdup_printf ("install what %s installs", get_location (self));
  return g_strdup_printf ("install %s from %s", self->tree->name, get_location (self));
}

static char *
describe_answers (DomuimgSourceIso *self)
{
  if (self->answers == NULL)
    return g_strdup ("leave it to the image's own boot loader what is installed, with nobody to answer questions");
  return g_strdup_printf ("answer the installer's questions, by %s in its initramfs%s%s",
                          self->answers->name, self->answers->text != NULL ? ":\n" : "",
                          self->answers->text ?: "");
}

static void
iso_describe_how (DomuimgSource *source, GPtrArray *lines)
{
  DomuimgSourceIso *self = DOMUIMG_SOURCE_ISO (source);
  g_autofree char *memory = g_format_size_full (get_memory (self), G_FORMAT_SIZE_IEC_UNITS);

  g_ptr_array_add (lines, g_strdup_printf ("run the installer in QEMU, %s, with %s of memory, until it powers off,"
                                           " for at most %" G_GUINT64_FORMAT " seconds",
                                           domuimg_qemu_describe_speed (), memory, get_timeout (self)));
  g_ptr_array_add (lines, describe_answers (self));
}

static DomuimgImport *
iso_get_import (DomuimgSource *source)
{
  return DOMUIMG_SOURCE_ISO (source)->import;
}

/* The installer's kernel and initramfs, with its answers, in the work directory. */
typedef struct {
  char *kernel;
  char *ramdisk;
  char *cmdline;
} Boot;

static void
boot_clear (Boot *self)
{
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->cmdline);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Boot, boot_clear)

static gboolean
extract (DomuimgSourceIso *self, const Boot *boot, GCancellable *cancellable, GError **error)
{
  const DomuimgInstallImages *images = get_images (self);
  const DomuimgInstallFetch kernel = { .path = images->kernel,
                                       .checksum = images->kernel_checksum,
                                       .type = images->kernel_type,
                                       .to = boot->kernel,
                                       .max = DOMUIMG_KERNEL_MAX };
  const DomuimgInstallFetch ramdisk = { .path = images->initrd,
                                        .checksum = images->initrd_checksum,
                                        .type = images->initrd_type,
                                        .to = boot->ramdisk,
                                        .max = RAMDISK_MAX };

  return domuimg_install_fetch (self->files, &kernel, NULL, cancellable, error)
         && domuimg_install_fetch (self->files, &ramdisk, NULL, cancellable, error);
}

static gboolean
make_boot (DomuimgSourceIso *self, const char *directory, Boot *boot, GCancellable *cancellable,
           GError **error)
{
  const DomuimgInstallTarget target = get_target (self);
  g_autoptr (DomuimgInstallAnswers) answers = NULL;
  g_autofree char *origin = NULL;

  boot->kernel = g_build_filename (directory, "vmlinuz", NULL);
  boot->ramdisk = g_build_filename (directory, "initrd", NULL);
  if (!extract (self, boot, cancellable, error)
      || !make_answers (self, FALSE, &answers, error)
      || !domuimg_install_boot_append (answers, boot->ramdisk, error)
      || !domuimg_install_origin_make (self->files, get_images (self)->option, CDROM, &origin, error))
    return FALSE;
  boot->cmdline = domuimg_install_boot_make_cmdline (&target, origin, answers,
                                                     domuimg_spec_get (self->spec, "extra-args"));
  return TRUE;
}

/* A hole as large as the disk. */
static gboolean
make_disk (DomuimgSourceIso *self, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_private_file_make (self->disk, error);

  if (fd < 0)
    return FALSE;
  return ftruncate (fd, (off_t) domuimg_import_get_size (self->import, 0)) == 0
         || domuimg_set_errno (error, errno, "making %s", self->disk);
}

static gboolean
run (DomuimgSourceIso *self, const Boot *boot, DomuimgProgress *progress, GCancellable *cancellable,
     GError **error)
{
  const DomuimgQemuInstall install = {
    .machine = { .disk = self->disk,
                 .iso = get_location (self),
                 .kernel = boot->kernel,
                 .ramdisk = boot->ramdisk,
                 .cmdline = boot->cmdline,
                 .memory = get_memory (self),
                 .vcpus = CLAMP (g_get_num_processors (), 1, VCPUS_MAX),
                 .mac = self->mac,
                 .has_drivers = is_driven (self) },
    .name = get_name (self),
    .timeout = get_timeout (self),
    .log = self->log,
    .screen = self->screen,
  };

  domuimg_progress_set_message (progress, "Installing %s in QEMU, %s", get_name (self),
                                domuimg_qemu_describe_speed ());
  return domuimg_qemu_install (&install, progress, cancellable, error);
}

static gboolean
iso_prepare (DomuimgSource *source, const DomuimgSourceContext *context, DomuimgProgress *progress,
             GCancellable *cancellable, GError **error)
{
  DomuimgSourceIso *self = DOMUIMG_SOURCE_ISO (source);
  g_auto (Boot) boot = { 0 };

  self->disk = g_build_filename (context->work_directory, "installed.raw", NULL);
  self->log = g_build_filename (context->work_directory, "installer.log", NULL);
  self->screen = g_build_filename (context->work_directory, "installer", NULL);
  return make_disk (self, error)
         && (!is_driven (self)
             || make_boot (self, context->work_directory, &boot, cancellable, error))
         && run (self, &boot, progress, cancellable, error)
         && domuimg_import_take_installed (self->import, self->disk, error);
}

/* Moves @path, where there is such a file, and tells where it is then. */
static void
keep_file (const char *path, const char *to, const char *what, GString *list)
{
  g_autoptr (GError) local = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return;
  if (list->len > 0)
    g_string_append (list, ", ");
  if (g_rename (path, to) == 0 || domuimg_copy_file (path, to, NULL, &local))
    g_string_append_printf (list, "its %s is in %s", what, to);
  else
    g_string_append_printf (list, "its %s could not be kept (%s)", what, local->message);
}

/* The last screen is there only where the installer itself failed. */
static void
iso_keep (DomuimgSource *source, const char *prefix, GString *list)
{
  DomuimgSourceIso *self = DOMUIMG_SOURCE_ISO (source);
  static const char *const suffixes[] = { ".png", ".ppm" };
  g_autofree char *log = g_strconcat (prefix, KEPT ".log", NULL);
  g_autofree char *disk = g_strconcat (prefix, KEPT ".img", NULL);

  if (self->log == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (self->screen, suffixes[i], NULL);
      g_autofree char *to = g_strconcat (prefix, KEPT, suffixes[i], NULL);

      keep_file (from, to, "last screen", list);
    }
  keep_file (self->log, log, "serial log", list);
  if (domuimg_spec_get_flag (self->spec, "keep-failed"))
    keep_file (self->disk, disk, "disk", list);
}

static void
domuimg_source_iso_source_init (DomuimgSourceInterface *iface)
{
  iface->describe = iso_describe;
  iface->describe_how = iso_describe_how;
  iface->check = iso_check;
  iface->prepare = iso_prepare;
  iface->get_import = iso_get_import;
  iface->keep = iso_keep;
}
