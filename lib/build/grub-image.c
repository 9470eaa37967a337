/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images of GRUB for the firmware of HVM guests, made without grub-install. */
#include "config.h"
#include "lib/build/grub-image.h"

#include "lib/base/exec.h"

#define DIRECTORY "/usr/lib/grub"

static const struct {
  const char *name; /* of the platform */
  const char *package;
  const char *const *modules; /* beside those of all */
} platforms[] = {
  [DOMUIMG_GRUB_BIOS]
  = { "i386-pc", "grub-pc-bin", (const char *const[]){ "biosdisk", "linux16", "vbe", "vga", NULL } },
  [DOMUIMG_GRUB_EFI]
  = { "x86_64-efi", "grub-efi-amd64-bin",
      (const char *const[]){ "efi_gop", "efi_uga", "linuxefi", NULL } },
};

/* What a menu of ours and of grub-mkconfig asks for. A module that a version of GRUB does not have is
 * left out. */
static const char *const modules[] = {
  "normal",     "configfile", "part_gpt",  "part_msdos",     "ext2",         "fat",
  "search",     "linux",      "boot",      "search_fs_uuid", "search_label", "search_fs_file",
  "test",       "true",       "echo",      "sleep",          "ls",           "cat",
  "help",       "minicmd",    "reboot",    "halt",           "loadenv",      "gzio",
  "xzio",       "lzopio",     "zstd",      "serial",         "terminal",     "all_video",
  "gfxterm",    "font",       "regexp",    "probe",          "keystatus",    "chain",
  "gfxterm_background", "gfxmenu",
};

/* What GRUB calls the driver of a filesystem. */
static const char *
module_of (const char *fs)
{
  return g_str_has_prefix (fs, "ext") ? "ext2" : fs;
}

/* Where the host's modules are; tests choose another place. */
static char *
find_directory (DomuimgGrubPlatform platform)
{
  const char *chosen = g_getenv ("DOMUIMG_GRUB_DIR");

  return g_build_filename (chosen != NULL && *chosen == '/' ? chosen : DIRECTORY,
                           platforms[platform].name, NULL);
}

gboolean
domuimg_grub_check (DomuimgGrubPlatform platform, const char *instead, GError **error)
{
  g_autofree char *directory = find_directory (platform);
  g_autofree char *list = g_build_filename (directory, "moddep.lst", NULL);
  g_autofree char *program = domuimg_find_program ("grub-mkimage");

  if (program != NULL && g_file_test (list, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                       "%s is not there, of which GRUB's image is made: install it (Debian: apt"
                       " install %s), or use %s",
                       program == NULL ? "grub-mkimage" : directory,
                       program == NULL ? "grub-common" : platforms[platform].package, instead);
}

char *
domuimg_grub_make_config (const DomuimgGrubPlace *place)
{
  return g_strdup_printf ("search.fs_uuid %s root\nset prefix=($root)'%s'\n", place->uuid,
                          place->prefix);
}

static void
add_modules (DomuimgExec *exec, const char *directory, const char *const *names, gsize n)
{
  for (gsize i = 0; i < n && names[i] != NULL; i++)
    {
      g_autofree char *file = g_strdup_printf ("%s/%s.mod", directory, names[i]);

      if (g_file_test (file, G_FILE_TEST_EXISTS))
        domuimg_exec_arg (exec, names[i]);
    }
}

static GBytes *
read_file (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  char *data;
  gsize length;

  if (g_file_get_contents (path, &data, &length, &local))
    return g_bytes_new_take (data, length);
  domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  return NULL;
}

struct _DomuimgGrubJob {
  DomuimgExec *exec;
  char *image; /* what it writes */
};

void
domuimg_grub_job_free (DomuimgGrubJob *self)
{
  domuimg_exec_free (self->exec);
  g_free (self->image);
  g_free (self);
}

static void
add_arguments (DomuimgGrubJob *self, DomuimgGrubPlatform platform, const DomuimgGrubPlace *place,
               const char *config)
{
  g_autofree char *directory = find_directory (platform);
  const char *driver = module_of (place->fs);

  /* It does not write to a pipe. */
  domuimg_exec_arg (self->exec, "-o");
  domuimg_exec_arg (self->exec, self->image);
  domuimg_exec_arg (self->exec, "-d");
  domuimg_exec_arg (self->exec, directory);
  domuimg_exec_arg (self->exec, "-O");
  domuimg_exec_arg (self->exec, platforms[platform].name);
  domuimg_exec_arg (self->exec, "-c");
  domuimg_exec_arg (self->exec, config);
  domuimg_exec_arg (self->exec, "-p");
  domuimg_exec_arg (self->exec, place->prefix);
  add_modules (self->exec, directory, modules, G_N_ELEMENTS (modules));
  add_modules (self->exec, directory, platforms[platform].modules, 16);
  add_modules (self->exec, directory, &driver, 1);
}

DomuimgGrubJob *
domuimg_grub_start (DomuimgGrubPlatform platform, const DomuimgGrubPlace *place,
                    const char *work_directory, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgGrubJob) self = g_new0 (DomuimgGrubJob, 1);
  const char *name = platforms[platform].name;
  g_autofree char *config = g_strdup_printf ("%s/%s.cfg", work_directory, name);
  g_autofree char *text = domuimg_grub_make_config (place);
  g_autoptr (GError) local = NULL;

  self->exec = domuimg_exec_new ("grub-mkimage");
  self->image = g_strdup_printf ("%s/%s.img", work_directory, name);
  if (!g_file_set_contents (config, text, -1, &local))
    {
      domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
      return NULL;
    }
  add_arguments (self, platform, place, config);
  return domuimg_exec_start (self->exec, cancellable, error) >= 0 ? g_steal_pointer (&self) : NULL;
}

GBytes *
domuimg_grub_finish (DomuimgGrubJob *self, GError **error)
{
  return domuimg_exec_finish (self->exec, error) ? read_file (self->image, error) : NULL;
}

GBytes *
domuimg_grub_read_boot_sector (GError **error)
{
  g_autofree char *directory = find_directory (DOMUIMG_GRUB_BIOS);
  g_autofree char *path = g_build_filename (directory, "boot.img", NULL);

  return read_file (path, error);
}
