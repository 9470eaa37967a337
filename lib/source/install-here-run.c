/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs an installer, and keeps what explains a failure. */
#include "config.h"
#include "lib/source/install-here.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/copy-file.h"
#include "lib/base/exchange.h"
#include "lib/base/fd.h"
#include "lib/base/iso-write.h"
#include "lib/base/private-file.h"
#include "lib/source/install-boot.h"
#include "lib/source/install-fetch.h"
#include "lib/source/install-origin.h"
#include "lib/xen/limits.h"

#define RAMDISK_MAX (((guint64) 2 << 30) - 1)
/* It makes an installation faster, and nothing else depends on it. */
#define VCPUS_MAX 4
#define CDROM "hdc"
/* One that boots its medium may go on from the disk, once, and one of Windows several times. */
#define RESTARTS_USUAL 1
#define RESTARTS 8
/* What is left of an installer that failed, behind the guest's name. */
#define KEPT "-installer"

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
fetch (DomuimgInstallHere *self, const Boot *boot, DomuimgProgress *progress,
       GCancellable *cancellable, GError **error)
{
  gboolean use_cache = !domuimg_spec_get_flag (self->spec, "no-cache");
  const DomuimgInstallImages *images = domuimg_install_here_get_images (self);
  const DomuimgInstallFetch kernel = { .path = images->kernel,
                                       .checksum = images->kernel_checksum,
                                       .type = images->kernel_type,
                                       .to = boot->kernel,
                                       .max = DOMUIMG_KERNEL_MAX,
                                       .use_cache = use_cache };
  const DomuimgInstallFetch ramdisk = { .path = images->initrd,
                                        .checksum = images->initrd_checksum,
                                        .type = images->initrd_type,
                                        .to = boot->ramdisk,
                                        .max = RAMDISK_MAX,
                                        .use_cache = use_cache };

  return domuimg_install_fetch (self->files, &kernel, NULL, cancellable, error)
         && domuimg_install_fetch (self->files, &ramdisk, progress, cancellable, error);
}

/* Where the answers are read from a disk, that disk; else they are in the initramfs. */
static gboolean
write_answers (DomuimgInstallHere *self, const DomuimgInstallAnswers *answers, const char *ramdisk,
               GError **error)
{
  g_autoptr (GPtrArray) files = domuimg_iso_files_new ();
  g_auto (DomuimgFd) fd = -1;

  if (answers == NULL)
    return TRUE;
  if (answers->label == NULL)
    return domuimg_install_boot_append (answers, ramdisk, error);
  for (guint i = 0; i < answers->files->len; i++)
    {
      const DomuimgInstallFile *file = g_ptr_array_index (answers->files, i);

      domuimg_iso_files_add (files, file->name, g_bytes_ref (file->content));
    }
  fd = domuimg_private_file_make (self->answers_disk, error);
  return fd >= 0
         && domuimg_iso_write (fd, self->answers_disk, answers->label, files, error);
}

static gboolean
make_boot (DomuimgInstallHere *self, const char *directory, Boot *boot, DomuimgProgress *progress,
           GCancellable *cancellable, GError **error)
{
  const DomuimgInstallTarget target = domuimg_install_here_get_target (self);
  const char *option = domuimg_install_here_get_images (self)->option;
  g_autoptr (DomuimgInstallAnswers) answers = NULL;
  g_autofree char *address
      = target.location != NULL ? domuimg_qemu_map_address (target.location) : NULL;
  g_autofree char *origin = NULL;

  boot->kernel = g_build_filename (directory, "vmlinuz", NULL);
  boot->ramdisk = g_build_filename (directory, "initrd", NULL);
  if (!fetch (self, boot, progress, cancellable, error)
      || !domuimg_install_answers_make (self->spec, &target, &answers, error)
      || !write_answers (self, answers, boot->ramdisk, error)
      || !domuimg_install_origin_make (self->files, option, address, CDROM, &origin, error))
    return FALSE;
  boot->cmdline = domuimg_install_boot_make_cmdline (&target, origin, answers,
                                                     domuimg_spec_get (self->spec, "extra-args"));
  return TRUE;
}

/* An image that starts by itself is told what it looks for on disks. */
static gboolean
make_answers (DomuimgInstallHere *self, GError **error)
{
  const DomuimgInstallTarget target = domuimg_install_here_get_target (self);
  g_autoptr (DomuimgInstallAnswers) answers = NULL;

  return domuimg_install_answers_make (self->spec, &target, &answers, error)
         && write_answers (self, answers, NULL, error);
}

/* A hole as large as the disk. */
static gboolean
make_disk (DomuimgInstallHere *self, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_private_file_make (self->disk, error);

  if (fd < 0)
    return FALSE;
  return ftruncate (fd, (off_t) domuimg_import_get_size (self->import, 0)) == 0
         || domuimg_set_errno (error, errno, "making %s", self->disk);
}

/* (nullable) cdebconf's text frontend, which debian-installer has on a serial line. */
static const char *
get_question (DomuimgInstallHere *self)
{
  return domuimg_install_here_is_driven (self) && self->tree->kind == DOMUIMG_INSTALLER_DEBIAN
             ? "Prompt: '?' for help"
             : NULL;
}

static gboolean
run (DomuimgInstallHere *self, const Boot *boot, const DomuimgSourceContext *context,
     DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  gboolean has_terminal = self->is_interactive && context->has_terminal;
  gboolean has_disk = self->answers != NULL && self->answers->label != NULL;
  const DomuimgQemuInstall install = {
    .machine = { .disk = self->disk,
                 .iso = domuimg_install_files_is_iso (self->files)
                            ? domuimg_install_files_get_location (self->files)
                            : NULL,
                 .answers = has_disk ? self->answers_disk : NULL,
                 .kernel = boot->kernel,
                 .ramdisk = boot->ramdisk,
                 .cmdline = boot->cmdline,
                 .memory = domuimg_install_here_get_memory (self),
                 .vcpus = CLAMP (g_get_num_processors (), 1, VCPUS_MAX),
                 .mac = self->mac,
                 .display = self->display,
                 .has_drivers = domuimg_install_here_is_driven (self) },
    .name = domuimg_install_here_get_name (self),
    .question = get_question (self),
    .timeout = domuimg_install_here_get_timeout (self),
    .is_attended = self->is_interactive || self->display != DOMUIMG_QEMU_DISPLAY_NONE,
    .restarts = has_disk && !domuimg_install_here_is_driven (self) ? RESTARTS : RESTARTS_USUAL,
    .terminal_in = has_terminal ? context->terminal_in : -1,
    .terminal_out = has_terminal ? context->terminal_out : -1,
    .log = self->log,
    .screen = self->screen,
  };

  if (self->is_interactive && !has_terminal)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--interactive needs a terminal, on which the installer can ask");
  domuimg_progress_set_message (progress, "Installing %s in QEMU, %s", domuimg_install_here_get_name (self),
                                domuimg_qemu_describe_speed ());
  return domuimg_qemu_install (&install, progress, cancellable, error);
}

gboolean
domuimg_install_here_run (DomuimgInstallHere *self, const DomuimgSourceContext *context,
                          DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_auto (Boot) boot = { 0 };

  self->disk = g_build_filename (context->work_directory, "installed.raw", NULL);
  self->log = g_build_filename (context->work_directory, "installer.log", NULL);
  self->screen = g_build_filename (context->work_directory, "installer", NULL);
  self->answers_disk = g_build_filename (context->work_directory, "answers.iso", NULL);
  return make_disk (self, error)
         && (domuimg_install_here_is_driven (self)
                 ? make_boot (self, context->work_directory, &boot, progress, cancellable, error)
                 : make_answers (self, error))
         && run (self, &boot, context, progress, cancellable, error)
         && domuimg_import_take_installed (self->import, self->disk, error);
}

/* The first of @prefix @suffix, @prefix "-2" @suffix and so on that is not there: what an earlier installer left
 * may be wanted yet. */
static char *
find_free (const char *prefix, const char *suffix)
{
  char *path = g_strconcat (prefix, suffix, NULL);
  struct stat status;

  for (guint i = 2; lstat (path, &status) == 0; i++)
    {
      g_free (path);
      path = g_strdup_printf ("%s-%u%s", prefix, i, suffix);
    }
  return path;
}

/* Whether there is such a file, with anything in it. */
static gboolean
says_something (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 && S_ISREG (status.st_mode) && status.st_size > 0;
}

/* Moves @path, where there is something to keep, and tells where it is then. */
static void
keep_file (const char *path, const char *prefix, const char *suffix, const char *what, GString *list)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *to = find_free (prefix, suffix);

  if (!says_something (path))
    return;
  if (list->len > 0)
    g_string_append (list, ", ");
  if (domuimg_rename_new (path, to) || domuimg_copy_file (path, to, NULL, &local))
    g_string_append_printf (list, "its %s is in %s", what, to);
  else
    g_string_append_printf (list, "its %s could not be kept (%s)", what, local->message);
}

/* The last screen is there only where the installer itself failed. */
void
domuimg_install_here_keep (DomuimgInstallHere *self, const char *prefix, GString *list)
{
  static const char *const suffixes[] = { ".png", ".ppm" };
  g_autofree char *kept = g_strconcat (prefix, KEPT, NULL);

  if (self->log == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (self->screen, suffixes[i], NULL);

      keep_file (from, kept, suffixes[i], "last screen", list);
    }
  keep_file (self->log, kept, ".log", "serial log", list);
  if (domuimg_spec_get_flag (self->spec, "keep-failed"))
    keep_file (self->disk, kept, ".img", "disk", list);
}
