/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a disk with partitions start by itself: GRUB for BIOS and UEFI, and the menu that they and all
 * other loaders read. */
#include "config.h"
#include "lib/build/step-layout.h"

#include <string.h>

#include "lib/build/grub-image.h"
#include "lib/build/step-loader.h"
#include "lib/disk/boot-code.h"
#include "lib/guest/guest-info.h"
#include "lib/kernel/select.h"

#define SECTOR 512

/* The filesystem with the menu. */
static DomuimgGrubPlace
find_place (DomuimgBuildState *self)
{
  const DomuimgPart *boot = domuimg_plan_find_part (self->plan, DOMUIMG_PART_BOOT);
  const DomuimgPart *root = domuimg_plan_find_part (self->plan, DOMUIMG_PART_ROOT);

  if (boot != NULL)
    return (DomuimgGrubPlace){ boot->fs, boot->uuid, "/grub" };
  return (DomuimgGrubPlace){ root->fs, root->uuid, "/boot/grub" };
}

/* GPT: a partition of its own. MBR: the gap behind the first sector. */
static DomuimgExtent
find_core (DomuimgBuildState *self)
{
  const DomuimgPart *bios = domuimg_plan_find_part (self->plan, DOMUIMG_PART_BIOS);
  const DomuimgLayout *layout = domuimg_plan_get_layout (self->plan, 0);

  if (bios != NULL)
    return *domuimg_build_get_extent (self, bios);
  return (DomuimgExtent){ SECTOR, layout->head - SECTOR };
}

static gboolean
has_esp (DomuimgBuildState *self)
{
  return domuimg_plan_find_part (self->plan, DOMUIMG_PART_ESP) != NULL;
}

static gboolean
begin (DomuimgBuildState *self, DomuimgGrubPlatform platform, GCancellable *cancellable,
       GError **error)
{
  const DomuimgGrubPlace place = find_place (self);

  self->grub[platform]
      = domuimg_grub_start (platform, &place, self->work_directory, cancellable, error);
  return self->grub[platform] != NULL;
}

gboolean
domuimg_build_step_begin_grub (DomuimgBuildState *self, DomuimgProgress *progress,
                               GCancellable *cancellable, GError **error)
{
  return (!domuimg_plan_has_bios (self->plan)
          || begin (self, DOMUIMG_GRUB_BIOS, cancellable, error))
         && (!has_esp (self) || begin (self, DOMUIMG_GRUB_EFI, cancellable, error));
}

static gboolean
install_bios (DomuimgBuildState *self, GError **error)
{
  g_autoptr (GBytes) core = domuimg_grub_finish (self->grub[DOMUIMG_GRUB_BIOS], error);
  g_autoptr (GBytes) boot = core != NULL ? domuimg_grub_read_boot_sector (error) : NULL;
  g_autoptr (DomuimgRegion) disk
      = boot != NULL ? domuimg_build_open_region (self, 0, TRUE, error) : NULL;
  const DomuimgExtent extent = find_core (self);

  return disk != NULL && domuimg_boot_code_install (disk, boot, core, &extent, error);
}

static gboolean
put_file (DomuimgBuildState *self, const char *directory, const char *name, GBytes *content,
          GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%s", directory, name);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0644);

  entry->mtime.sec = DOMUIMG_TIME_NOT_GIVEN;
  return domuimg_tree_mkdir_p (self->tree, directory, 0755, error)
         && domuimg_tree_put (self->tree, entry, content, error);
}

/* Where the distribution's grub-install would put it: "debian" of ID=debian. */
static char *
name_directory (DomuimgBuildState *self, GError **error)
{
  g_autoptr (DomuimgGuestInfo) info = domuimg_guest_info_new (self->tree, error);
  gboolean is_name = info != NULL
                     && g_regex_match_simple ("^[a-z0-9][a-z0-9._-]*$", info->id,
                                              G_REGEX_DOLLAR_ENDONLY, 0);

  return info != NULL ? g_strconcat ("boot/efi/EFI/", is_name ? info->id : "linux", NULL) : NULL;
}

/* Firmware that knows nothing of the guest starts the fallback. */
static gboolean
install_efi (DomuimgBuildState *self, GError **error)
{
  const DomuimgGrubPlace place = find_place (self);
  g_autoptr (GBytes) image = domuimg_grub_finish (self->grub[DOMUIMG_GRUB_EFI], error);
  g_autofree char *directory = image != NULL ? name_directory (self, error) : NULL;
  g_autofree char *config = domuimg_grub_make_config (&place);
  g_autofree char *text = g_strconcat (config, "configfile $prefix/grub.cfg\n", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return directory != NULL && put_file (self, "boot/efi/EFI/BOOT", "BOOTX64.EFI", image, error)
         && put_file (self, directory, "grubx64.efi", image, error)
         && put_file (self, directory, "grub.cfg", bytes, error);
}

/* Moves the kernel that was chosen to the front, where it is one of these. */
static void
prefer_chosen (DomuimgBuildState *self, GPtrArray *kernels)
{
  for (guint i = 1; i < kernels->len; i++)
    {
      DomuimgKernelChoice *kernel = g_ptr_array_index (kernels, i);

      if (g_strcmp0 (self->kernel_from, "guest") == 0
          && g_strcmp0 (kernel->vmlinuz, self->kernel_in_tree) == 0)
        {
          g_ptr_array_insert (kernels, 0, g_ptr_array_steal_index (kernels, i));
          return;
        }
    }
}

/* A loader that needs the menu has it already; the others' kernel lies beside the disk, which can
 * start without it. */
static gboolean
write_menu (DomuimgBuildState *self, GError **error)
{
  g_autoptr (GPtrArray) kernels = NULL;

  if (self->plan->kernel->policy->origin == DOMUIMG_KERNEL_STAYS)
    return TRUE;
  kernels = domuimg_kernel_list (self->tree, error);
  if (kernels == NULL)
    return FALSE;
  if (kernels->len == 0)
    {
      g_ptr_array_add (self->warnings,
                       g_strdup ("there is no kernel in /boot: GRUB on the disk has nothing to"
                                 " start until one is installed"));
      return TRUE;
    }
  prefer_chosen (self, kernels);
  return domuimg_build_write_menu (self, kernels, error);
}

gboolean
domuimg_build_step_grub (DomuimgBuildState *self, DomuimgProgress *progress,
                         GCancellable *cancellable, GError **error)
{
  gboolean has_bios = domuimg_plan_has_bios (self->plan);

  if (!has_bios && !has_esp (self))
    return TRUE;
  domuimg_progress_set_message (progress, "Installing GRUB");
  return (!has_bios || install_bios (self, error)) && (!has_esp (self) || install_efi (self, error))
         && write_menu (self, error);
}
