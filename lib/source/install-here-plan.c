/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an installer installs, whether it can be run here, and how. */
#include "config.h"
#include "lib/source/install-here.h"

#include <string.h>

#include "lib/image/iso-boot.h"
#include "lib/source/install-origin.h"
#include "lib/spec/parse.h"

#define GIB ((guint64) 1 << 30)
/* For an installer that is not known. */
#define MEMORY (3 * GIB)
#define DISK_SIZE (20 * GIB)
#define TIMEOUT (4 * 60 * 60)
/* What the installer calls the disk. */
#define DISK "/dev/vda"

void
domuimg_install_here_clear (DomuimgInstallHere *self)
{
  g_clear_object (&self->spec);
  g_clear_pointer (&self->files, domuimg_install_files_free);
  g_clear_pointer (&self->tree, domuimg_install_tree_free);
  g_clear_pointer (&self->answers, domuimg_install_answers_free);
  g_clear_pointer (&self->import, domuimg_import_free);
  g_free (self->arch);
  g_free (self->url);
  g_free (self->mac);
  g_free (self->disk);
  g_free (self->log);
  g_free (self->screen);
  g_free (self->answers_disk);
}

const char *
domuimg_install_here_get_location (DomuimgInstallHere *self)
{
  return self->url != NULL ? self->url : domuimg_install_files_get_location (self->files);
}

const char *
domuimg_install_here_get_name (DomuimgInstallHere *self)
{
  return self->tree != NULL ? self->tree->name : domuimg_install_here_get_location (self);
}

/* Somebody is there to answer its questions. */
static gboolean
is_attended (DomuimgInstallHere *self)
{
  return self->is_interactive || self->display != DOMUIMG_QEMU_DISPLAY_NONE;
}

/* What nobody answers starts as its vendor, or who made the image, has it. */
gboolean
domuimg_install_here_is_driven (DomuimgInstallHere *self)
{
  return self->is_tree || (self->tree != NULL && (self->answers != NULL || self->is_interactive));
}

const DomuimgInstallImages *
domuimg_install_here_get_images (DomuimgInstallHere *self)
{
  return g_ptr_array_index (self->tree->images, 0);
}

DomuimgInstallTarget
domuimg_install_here_get_target (DomuimgInstallHere *self)
{
  const DomuimgInstallImages *images;

  if (self->tree == NULL)
    return (DomuimgInstallTarget){ .kind = DOMUIMG_INSTALLER_OTHER,
                                   .name = domuimg_spec_get (self->spec, "name"),
                                   .is_fitted = TRUE,
                                   .is_attended = is_attended (self) };
  images = domuimg_install_here_get_images (self);
  return (DomuimgInstallTarget){
    .kind = self->tree->kind,
    .reads_seed = self->tree->reads_seed,
    .name = domuimg_spec_get (self->spec, "name"),
    .location = self->is_tree ? domuimg_install_files_get_address (self->files) : NULL,
    .console = self->display != DOMUIMG_QEMU_DISPLAY_NONE && !self->is_interactive ? "tty0" : "ttyS0",
    .is_ubuntu = strstr (images->kernel, "ubuntu-installer/") != NULL,
    .is_old = g_strcmp0 (images->option, "method=") == 0,
    .is_fitted = TRUE,
    .is_attended = is_attended (self),
    .disk = DISK,
  };
}

/* What the installer needs of a machine. */
guint64
domuimg_install_here_get_memory (DomuimgInstallHere *self)
{
  guint64 least
      = self->tree != NULL ? domuimg_install_tree_get_needs (self->tree).memory : MEMORY;

  return MAX (least, domuimg_spec_get_number (self->spec, "memory", 0));
}

guint64
domuimg_install_here_get_timeout (DomuimgInstallHere *self)
{
  return domuimg_spec_get_number (self->spec, "timeout", is_attended (self) ? 0 : TIMEOUT);
}

gboolean
domuimg_install_here_find_tree (DomuimgInstallHere *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;

  g_clear_pointer (&self->tree, domuimg_install_tree_free);
  self->tree = domuimg_install_tree_find (self->files, self->arch, FALSE, cancellable, &local);
  /* What is not known is left to the boot record of the image; what cannot be read is an error. */
  if (self->tree != NULL
      || (!self->is_tree && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND)))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* Somebody has to be able to log in to what nobody watches being installed. */
static gboolean
check_login (DomuimgInstallHere *self, GError **error)
{
  static const char *const logins[] = { "root-password-file", "root-password", "ssh-key" };

  for (guint i = 0; i < G_N_ELEMENTS (logins); i++)
    if (domuimg_spec_get (self->spec, logins[i]) != NULL)
      return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "nobody could log in to what is installed from %s: add --root-password-file,"
                       " --root-password generate or --ssh-key, or answers of your own with --answers, or install"
                       " it by hand with --interactive",
                       domuimg_install_here_get_location (self));
}

static gboolean
plan_answers (DomuimgInstallHere *self, GError **error)
{
  const char *given = domuimg_spec_get (self->spec, "answers");
  DomuimgInstallTarget target;

  g_clear_pointer (&self->answers, domuimg_install_answers_free);
  target = domuimg_install_here_get_target (self);
  target.is_plan = TRUE;
  if (!domuimg_install_answers_make (self->spec, &target, &self->answers, error))
    return FALSE;
  return self->answers == NULL || given != NULL || check_login (self, error);
}

/* An image may need no answers, and what its installer is told by --extra-args may be where they are. */
static gboolean
check_answered (DomuimgInstallHere *self, GError **error)
{
  return !self->is_tree || self->answers != NULL || is_attended (self)
         || domuimg_spec_get (self->spec, "extra-args") != NULL
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "nobody would answer the questions of the installer of %s: add --answers FILE,"
                          " --interactive or --display vnc, or --extra-args with the address of answers on a"
                          " server",
                          domuimg_install_here_get_location (self));
}

/* A tree on this host is not seen by what runs in QEMU. */
static gboolean
check_origin (DomuimgInstallHere *self, GError **error)
{
  return !self->is_tree
         || domuimg_install_origin_check (self->files, self->tree->kind,
                                          domuimg_spec_get (self->spec, "extra-args"),
                                          self->answers, error);
}

static gboolean
check_words (DomuimgInstallHere *self, GError **error)
{
  return domuimg_install_here_is_driven (self) || domuimg_spec_get (self->spec, "extra-args") == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "--extra-args is for an installer whose kernel is started from here, and %s starts by its"
                          " own boot loader",
                          domuimg_install_here_get_location (self));
}

static gboolean
check_boot (DomuimgInstallHere *self, GError **error)
{
  DomuimgIsoBoot boot;

  if (!domuimg_install_files_is_iso (self->files))
    return TRUE;
  if (!domuimg_iso_boot_look (domuimg_install_files_get_location (self->files), &boot, error))
    return FALSE;
  if (domuimg_install_here_is_driven (self) || boot.has_bios)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "%s cannot be started by a BIOS%s, and has no installer that is known here",
                       domuimg_install_here_get_location (self),
                       boot.has_uefi ? " (it has a boot loader for UEFI, perhaps of another architecture)"
                                     : ": it is not a bootable image");
}

/* The terminal shows a serial line, which a system on a CD-ROM need not use. */
static gboolean
check_console (DomuimgInstallHere *self, GError **error)
{
  return !self->is_interactive || self->tree != NULL
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "--interactive shows the serial console of an installer, and %s has none that is known"
                          " here; use --display vnc, gtk or sdl",
                          domuimg_install_here_get_location (self));
}

static gboolean
check_host (DomuimgInstallHere *self, GError **error)
{
  g_autofree char *missing = domuimg_qemu_explain_missing ();

  if (missing != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL, "%s", missing);
  if (!g_str_equal (self->arch, "x86_64"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "--arch %s: installers are run for x86_64 only", self->arch);
  return domuimg_qemu_display_check (self->display, error);
}

/* That of a device is its own. */
static gboolean
get_disk_size (DomuimgInstallHere *self, guint64 *size, GError **error)
{
  const DomuimgDiskSpec *asked = domuimg_spec_get_object (self->spec, "disk");
  g_autoptr (DomuimgDiskSpec) disk = asked != NULL ? domuimg_disk_spec_copy (asked) : NULL;

  *size = self->tree != NULL ? domuimg_install_tree_get_needs (self->tree).disk_size : DISK_SIZE;
  if (disk == NULL)
    return TRUE;
  if (disk->size == 0 && disk->path != NULL && disk->kind->locate == NULL && disk->kind->settle != NULL
      && !disk->kind->settle (disk, FALSE, error))
    return FALSE;
  if (disk->size > 0)
    *size = disk->size;
  return TRUE;
}

static gboolean
plan_import (DomuimgInstallHere *self, GError **error)
{
  g_autofree char *file = g_path_get_basename (domuimg_install_here_get_location (self));
  g_autofree char *name = g_strdup_printf ("what %s installs", file);
  DomuimgHardware *hardware;
  guint64 size;

  if (!get_disk_size (self, &size, error))
    return FALSE;
  hardware = domuimg_hardware_new ("QEMU");
  hardware->memory = domuimg_install_here_is_driven (self) ? GIB : 2 * GIB;
  domuimg_hardware_add_nic (hardware)->mac = g_strdup (self->mac);
  g_clear_pointer (&self->import, domuimg_import_free);
  self->import = domuimg_import_new_for_installer (name, size, hardware);
  return TRUE;
}

/* A server was asked already, where there could be no plan without it. */
static gboolean
look (DomuimgInstallHere *self, GError **error)
{
  if (self->files == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has to be downloaded before there can be a plan", self->url);
  if (!domuimg_install_files_is_remote (self->files))
    return domuimg_install_here_find_tree (self, NULL, error);
  return self->tree != NULL
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s has to be asked what it installs before there can be a plan", self->url);
}

gboolean
domuimg_install_here_plan (DomuimgInstallHere *self, GError **error)
{
  return look (self, error) && check_host (self, error) && plan_answers (self, error)
         && check_answered (self, error) && check_origin (self, error) && check_console (self, error) && check_words (self, error) && check_boot (self, error)
         && plan_import (self, error);
}

static char *
describe_answers (DomuimgInstallHere *self)
{
  const DomuimgInstallAnswers *answers = self->answers;

  if (answers != NULL)
    return g_strdup_printf ("answer the installer's questions, by %s %s%s%s", answers->name,
                            answers->label != NULL ? "in a second CD-ROM drive" : "in its initramfs",
                            answers->text != NULL ? ":\n" : "", answers->text ?: "");
  if (self->is_interactive)
    return g_strdup ("have the installer ask its questions on this terminal (Ctrl-] gives up)");
  if (self->display != DOMUIMG_QEMU_DISPLAY_NONE)
    return g_strdup_printf ("have the installer ask its questions on a screen (%s)",
                            domuimg_qemu_display_to_string (self->display));
  return g_strdup ("leave what is installed to the image's own boot loader, with nobody to answer questions");
}

void
domuimg_install_here_describe_how (DomuimgInstallHere *self, GPtrArray *lines)
{
  g_autofree char *memory
      = g_format_size_full (domuimg_install_here_get_memory (self), G_FORMAT_SIZE_IEC_UNITS);
  guint64 timeout = domuimg_install_here_get_timeout (self);
  g_autofree char *limit
      = timeout > 0 ? g_strdup_printf (", for at most %" G_GUINT64_FORMAT " seconds", timeout) : NULL;

  g_ptr_array_add (lines, g_strdup_printf ("run the installer in QEMU, %s, with %s of memory, until it powers"
                                           " off%s",
                                           domuimg_qemu_describe_speed (), memory, limit ?: ""));
  g_ptr_array_add (lines, describe_answers (self));
}
