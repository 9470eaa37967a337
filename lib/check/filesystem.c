/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the state of the filesystems that the guest boots from. */
#include "config.h"
#include "lib/xen/grub-version.h"
#include "lib/check/rules.h"

#include "lib/check/offers.h"

/* A login writes to logs and to wtmp, and does without; a first boot that makes keys does not. */
#define ROOM ((guint64) 1 << 20)

/* Incompatible features that the ext2 module of GRUB 2.06 reads or may ignore, by its source
 * grub-core/fs/ext2.c; with any other it says "unknown filesystem". */
static const char *const grub_features[] = {
  "filetype", "extent", "extents", "flex_bg", "64bit", "meta_bg", "encrypt", "needs_recovery",
  "mmp", NULL,
};
/* It may ignore these too since 2.12, and in Debian since 2.06-8. */
static const char *const grub_new_features[] = { "metadata_csum_seed", "large_dir", NULL };
#define GRUB_NEW "2.06-8"
/* The incompatible features that ext4 has besides. */
static const char *const incompatible[] = {
  "metadata_csum_seed", "large_dir", "inline_data", "casefold", "ea_inode", "dirdata",
  "compression", "journal_dev", NULL,
};
/* Those that tune2fs can take away. */
static const char *const *const removable = grub_new_features;

static gboolean
is_all_removable (GPtrArray *features)
{
  for (guint i = 0; i + 1 < features->len; i++)
    if (!g_strv_contains (removable, g_ptr_array_index (features, i)))
      return FALSE;
  return TRUE;
}

static void
report_features (DomuimgMachine *self, DomuimgDevice *device, GPtrArray *features)
{
  g_autofree char *list = NULL;
  DomuimgFinding *finding;

  g_ptr_array_add (features, NULL);
  list = g_strjoinv (", ", (char **) features->pdata);
  finding = domuimg_machine_report (self, "filesystem-features", list,
                                    "GRUB cannot read the filesystem of %s, which has the feature"
                                    " %s",
                                    device->name, list);
  if (is_all_removable (features))
    domuimg_offer_features (finding, device, (const char *const *) features->pdata);
  else
    domuimg_finding_advise (finding, "make the filesystem again without it (mke2fs -O ^%s)", list);
}

/* A GRUB image that is missing, or whose version cannot be read, is assumed to be new. */
static gboolean
is_new_grub (DomuimgMachine *self)
{
  const char *path = domuimg_domain_get_kernel (self->domain);
  g_autofree char *version = path != NULL ? domuimg_grub_read_version (path) : NULL;

  return version == NULL || domuimg_menu_compare_versions (version, GRUB_NEW) >= 0;
}

/* pygrub reads by libext2fs, which knows what the kernel knows; a boot loader on the disk was
 * made with what it can read. */
static void
check_features (DomuimgMachine *self, DomuimgDevice *device, const DomuimgExtState *state)
{
  g_autoptr (GPtrArray) unknown = g_ptr_array_new ();
  gboolean is_new;

  if (self->boot.loader != DOMUIMG_LOADER_PVGRUB)
    return;
  is_new = is_new_grub (self);
  for (guint i = 0; i < state->features->len; i++)
    {
      char *feature = g_ptr_array_index (state->features, i);

      if (g_strv_contains (incompatible, feature) && !g_strv_contains (grub_features, feature)
          && !(is_new && g_strv_contains (grub_new_features, feature)))
        g_ptr_array_add (unknown, feature);
    }
  if (unknown->len > 0)
    report_features (self, device, unknown);
}

static void
check_state (DomuimgMachine *self, const DomuimgDevice *device, const DomuimgExtState *state)
{
  if (!state->clean)
    domuimg_finding_advise (
        domuimg_machine_report (self, "filesystem-unclean", device->name,
                                "the filesystem of %s was not unmounted%s, and what is found here"
                                " may be out of date",
                                device->name,
                                state->needs_recovery
                                    ? ": the guest's kernel will replay its journal"
                                    : ": the guest's fsck will look at it"),
        "this is normal while the guest runs; otherwise run e2fsck -p");
  if (state->has_errors)
    domuimg_finding_advise (domuimg_machine_report (self, "filesystem-errors", device->name,
                                                    "the filesystem of %s is marked as having"
                                                    " errors",
                                                    device->name),
                            "e2fsck -f, with the guest shut down");
  if (state->free_bytes < ROOM || state->free_inodes == 0)
    domuimg_finding_advise (
        domuimg_machine_report (self, "filesystem-full", device->name,
                                "the filesystem of %s is full: %" G_GUINT64_FORMAT
                                " bytes and %" G_GUINT64_FORMAT " inodes are free",
                                device->name, state->free_bytes, state->free_inodes),
        "remove something in it, or enlarge the image and run resize2fs");
}

static void
check_device (DomuimgMachine *self, DomuimgDevice *device, gboolean is_read_by_loader)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgExtState) state = NULL;

  /* Opening it waits for all that is on its way to the disk. */
  if (device->image == NULL || (self->made != NULL && !is_read_by_loader))
    return;
  state = domuimg_image_get_ext_state (device->image, device->volume, &error);
  if (error != NULL)
    domuimg_machine_report_error (self, "image-unreadable", device->name, error);
  if (state == NULL)
    return;
  if (is_read_by_loader)
    check_features (self, device, state);
  /* While somebody changes it, what is on the disk says nothing. */
  if (self->made == NULL)
    check_state (self, device, state);
}

void
domuimg_check_filesystem (DomuimgMachine *self)
{
  if (self->boot_device != NULL)
    check_device (self, self->boot_device, TRUE);
  if (self->root != NULL && self->root != self->boot_device && self->root->volume != NULL)
    check_device (self, self->root, FALSE);
}
