/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plans how the disks of a new guest are divided into partitions and filesystems. */
#include "config.h"
#include "lib/build/plan-layout.h"

#include <string.h>

#include "lib/base/base.h"
#include "lib/build/grub-image.h"
#include "lib/build/plan-import.h"
#include "lib/image/luks.h"
#include "lib/domain/model/vdev.h"
#include "lib/fs/fs.h"
#include "lib/guest/growfs.h"

#define MIB ((guint64) 1048576)
#define ESP_SIZE (64 * MIB)
/* FAT with 32 bits, which firmware reads everywhere, has at least 65,525 clusters of 512 bytes. */
#define ESP_MIN (40 * MIB)
/* Two kernels with their initramfs of every driver. */
#define BOOT_SIZE (512 * MIB)
#define PART_MIN (8 * MIB)
#define ROOT_VOLUME "root"

/* By what was asked for, so that it is known before the disks are planned. */
const DomuimgLayoutSpec *
domuimg_plan_get_layout_spec (DomuimgPlan *self, guint disk)
{
  static const DomuimgLayoutSpec unsaid;
  g_autoptr (GPtrArray) asked = domuimg_spec_get_objects (self->spec, "disk");
  const DomuimgDiskSpec *spec = disk < asked->len ? g_ptr_array_index (asked, disk) : NULL;
  const DomuimgLayoutSpec *of_all = domuimg_spec_get_object (self->spec, "layout");

  if (spec != NULL
      && (spec->layout.kind != DOMUIMG_LAYOUT_UNSAID
          || domuimg_layout_spec_has_options (&spec->layout)))
    return &spec->layout;
  return disk == 0 && of_all != NULL ? of_all : &unsaid;
}

const DomuimgLayout *
domuimg_plan_get_layout (DomuimgPlan *self, guint disk)
{
  return domuimg_layout_find (domuimg_plan_get_layout_spec (self, disk)->kind);
}

GPtrArray *
domuimg_plan_list_parts (DomuimgPlan *self, guint disk)
{
  GPtrArray *parts = g_ptr_array_new ();

  for (guint i = 0; i < self->parts->len; i++)
    if (((const DomuimgPart *) g_ptr_array_index (self->parts, i))->disk == disk)
      g_ptr_array_add (parts, g_ptr_array_index (self->parts, i));
  return parts;
}

const DomuimgPart *
domuimg_plan_find_part (DomuimgPlan *self, DomuimgPartRole role)
{
  for (guint i = 0; i < self->parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (self->parts, i);

      if (part->role == role)
        return part;
    }
  return NULL;
}

/* Only the first disk has one. */
static DomuimgPart *
find_holder (DomuimgPlan *self, guint disk)
{
  return disk == 0 ? (DomuimgPart *) domuimg_plan_find_part (self, DOMUIMG_PART_HOLDER) : NULL;
}

/* "xvda3_crypt", as Debian's installer has it. */
char *
domuimg_plan_name_container (DomuimgPlan *self)
{
  const DomuimgPart *holder = find_holder (self, 0);
  g_autofree char *name = NULL;

  if (holder == NULL || !holder->is_encrypted)
    return NULL;
  name = domuimg_plan_name_part (self, holder);
  return g_strconcat (name, "_crypt", NULL);
}

gboolean
domuimg_plan_has_bios (DomuimgPlan *self)
{
  const DomuimgLayoutSpec *spec = domuimg_plan_get_layout_spec (self, 0);

  return self->import == NULL && domuimg_plan_get_layout (self, 0)->write != NULL
         && (!spec->is_given[DOMUIMG_LAYOUT_BIOS] || spec->size[DOMUIMG_LAYOUT_BIOS] != 0);
}

static gboolean
has_esp (DomuimgPlan *self)
{
  const DomuimgLayoutSpec *spec = domuimg_plan_get_layout_spec (self, 0);
  const DomuimgLayout *layout = domuimg_plan_get_layout (self, 0);

  return self->import == NULL && layout->write != NULL
         && (spec->is_given[DOMUIMG_LAYOUT_ESP] ? spec->size[DOMUIMG_LAYOUT_ESP] > 0
                                                : layout->has_esp);
}

gboolean
domuimg_plan_has_menu (DomuimgPlan *self)
{
  return domuimg_plan_has_bios (self) || has_esp (self);
}

char *
domuimg_plan_name_part (DomuimgPlan *self, const DomuimgPart *part)
{
  g_autofree char *disk = domuimg_vdev_linux_name (domuimg_plan_get_disk (self, part->disk)->vdev);
  g_autofree char *container = part->is_inside ? domuimg_plan_name_container (self) : NULL;

  if (part->lv != NULL)
    return g_strdup (part->lv);
  if (part->is_inside)
    return g_strconcat ("mapper/", container, NULL);
  return part->number > 0 ? g_strdup_printf ("%s%u", disk, part->number) : g_steal_pointer (&disk);
}

/* What the UUID of a part is made of. */
static char *
name_seed (const DomuimgPart *part)
{
  if (part->role == DOMUIMG_PART_HOLDER)
    return g_strdup_printf ("disk/%u/holder", part->disk);
  if (part->lv != NULL && part->role != DOMUIMG_PART_ROOT)
    return g_strdup_printf ("disk/%u/%s", part->disk, part->lv);
  if (part->role == DOMUIMG_PART_ROOT || part->number == 0)
    return g_strdup_printf ("disk/%u", part->disk);
  return g_strdup_printf ("disk/%u/part/%u", part->disk, part->number);
}

/* A filesystem of FAT has four bytes, which blkid shows in its own way. */
static char *
uuid_of (DomuimgPlan *self, const DomuimgPart *part, const char *given)
{
  g_autofree char *what = name_seed (part);
  g_autofree char *uuid = given != NULL ? g_strdup (given) : domuimg_plan_make_uuid (self, what);
  g_autofree char *upper = NULL;

  if (g_strcmp0 (part->fs, "vfat") != 0)
    return g_steal_pointer (&uuid);
  upper = g_ascii_strup (uuid, 8);
  return g_strdup_printf ("%.4s-%.4s", upper, upper + 4);
}

/* "root", "swap", "var_lib". */
static char *
name_by_use (const DomuimgPart *part)
{
  char *name;

  if (part->role == DOMUIMG_PART_ROOT)
    return g_strdup (ROOT_VOLUME);
  if (part->mount == NULL)
    return g_strdup (part->fs);
  name = g_strdup (part->mount + strspn (part->mount, "/"));
  for (char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '_' && *c != '.')
      *c = '_';
  return name;
}

/* The root comes last, and has its name in any case. */
static gboolean
is_name_taken (DomuimgPlan *self, const DomuimgPart *part, const char *group, const char *lv)
{
  if (part->role != DOMUIMG_PART_ROOT && g_str_equal (lv + strlen (group) + 1, ROOT_VOLUME))
    return TRUE;
  for (guint i = 0; i < self->parts->len; i++)
    if (g_strcmp0 (((const DomuimgPart *) self->parts->pdata[i])->lv, lv) == 0)
      return TRUE;
  return FALSE;
}

/* "vg/root", and "vg/root_2" where something else is mounted at /root. */
static char *
name_volume (DomuimgPlan *self, const DomuimgPart *part, const char *group)
{
  g_autofree char *name = name_by_use (part);
  char *lv = g_strconcat (group, "/", name, NULL);

  for (guint number = 2; is_name_taken (self, part, group, lv); number++)
    {
      g_free (lv);
      lv = g_strdup_printf ("%s/%s_%u", group, name, number);
    }
  return lv;
}

static gboolean
is_packed (const DomuimgDiskSpec *disk)
{
  return domuimg_fs_is_packed (domuimg_fs_find (disk->fs));
}

static DomuimgPart *
add_part (DomuimgPlan *self, guint disk, DomuimgPartRole role, const DomuimgDiskSpec *content)
{
  gboolean is_divided = domuimg_plan_get_layout (self, disk)->write != NULL;
  gboolean is_inside = find_holder (self, disk) != NULL;
  g_autoptr (GPtrArray) before = domuimg_plan_list_parts (self, disk);
  g_autofree char *what = NULL;
  DomuimgPart *part = g_new0 (DomuimgPart, 1);

  g_ptr_array_add (self->parts, part);
  part->disk = disk;
  part->role = role;
  part->is_inside = is_inside;
  is_divided &= !part->is_inside;
  part->number = is_divided ? before->len + 1 : 0;
  part->fs = g_strdup (content->fs);
  part->label = g_strdup (content->label);
  if (role != DOMUIMG_PART_SWAP)
    part->mount = g_strdup (role == DOMUIMG_PART_ROOT ? "/" : content->mount);
  part->features = g_strdup (content->features);
  part->size = content->size;
  part->inodes = content->inodes;
  part->reserved = content->reserved;
  part->grows = content->grows;
  if (part->is_inside && content->lvm != NULL)
    part->lv = name_volume (self, part, content->lvm);
  what = g_strdup_printf ("disk/%u/partition/%u", disk, part->number);
  part->part_uuid = is_divided ? domuimg_plan_make_uuid (self, what) : NULL;
  if (role != DOMUIMG_PART_BIOS && !domuimg_fs_has_no_uuid (domuimg_fs_find (content->fs)))
    part->uuid = uuid_of (self, part, content->uuid);
  return part;
}

static void
add_simple (DomuimgPlan *self, DomuimgPartRole role, const char *fs, const char *mount,
            guint64 size)
{
  const DomuimgDiskSpec content = { .fs = (char *) fs,
                                    .mount = (char *) mount,
                                    .size = size,
                                    .lvm = domuimg_plan_get_disk (self, 0)->lvm };

  add_part (self, 0, role, &content);
}

static DomuimgPartRole
role_of (const DomuimgDiskSpec *content)
{
  if (g_str_equal (content->fs, "swap"))
    return DOMUIMG_PART_SWAP;
  return g_strcmp0 (content->mount, "/boot") == 0 ? DOMUIMG_PART_BOOT : DOMUIMG_PART_DATA;
}

/* What --partition asks for: each has a size, as the root takes the rest. */
static gboolean
add_asked (DomuimgPlan *self, GError **error)
{
  g_autoptr (GPtrArray) asked = domuimg_spec_get_objects (self->spec, "partition");

  for (guint i = 0; i < asked->len; i++)
    {
      DomuimgDiskSpec content = *(DomuimgDiskSpec *) g_ptr_array_index (asked, i);

      if (content.size == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "the partition for %s has no size: add size=",
                             content.mount != NULL ? content.mount : content.fs);
      content.lvm = domuimg_plan_get_disk (self, 0)->lvm;
      add_part (self, 0, role_of (&content), &content);
    }
  return TRUE;
}

static gboolean
has_holder (const DomuimgDiskSpec *disk)
{
  return disk->luks != NULL || disk->lvm != NULL;
}

static void
add_holder (DomuimgPlan *self, const DomuimgDiskSpec *disk)
{
  const DomuimgDiskSpec content = { .fs = disk->luks != NULL ? "crypto_LUKS" : "LVM2_member" };
  DomuimgPart *holder = add_part (self, 0, DOMUIMG_PART_HOLDER, &content);

  holder->is_encrypted = disk->luks != NULL;
  holder->group = g_strdup (disk->lvm);
}

/* GRUB and its like read none of these: they find the kernel on a filesystem of its own. */
static guint64
size_boot (DomuimgPlan *self)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, 0);
  const DomuimgLayoutSpec *spec = domuimg_plan_get_layout_spec (self, 0);

  if (spec->is_given[DOMUIMG_LAYOUT_BOOT]
      || (!has_holder (disk) && !is_packed (disk))
      || domuimg_plan_get_layout (self, 0)->write == NULL)
    return spec->size[DOMUIMG_LAYOUT_BOOT];
  return BOOT_SIZE;
}

/* The root, or what it is in, comes last, so that it can grow with the disk. */
static gboolean
divide_first (DomuimgPlan *self, GError **error)
{
  const DomuimgLayout *layout = domuimg_plan_get_layout (self, 0);
  const DomuimgLayoutSpec *spec = domuimg_plan_get_layout_spec (self, 0);
  DomuimgDiskSpec root = *domuimg_plan_get_disk (self, 0);

  if (layout->has_bios && domuimg_plan_has_bios (self))
    add_simple (self, DOMUIMG_PART_BIOS, NULL, NULL, MIB);
  if (has_esp (self))
    add_simple (self, DOMUIMG_PART_ESP, "vfat", "/boot/efi",
                spec->size[DOMUIMG_LAYOUT_ESP] > 0 ? spec->size[DOMUIMG_LAYOUT_ESP] : ESP_SIZE);
  if (size_boot (self) > 0)
    add_simple (self, DOMUIMG_PART_BOOT, "ext4", "/boot", size_boot (self));
  if (has_holder (&root))
    add_holder (self, &root);
  if (spec->size[DOMUIMG_LAYOUT_SWAP] > 0)
    add_simple (self, DOMUIMG_PART_SWAP, "swap", NULL, spec->size[DOMUIMG_LAYOUT_SWAP]);
  if (!add_asked (self, error))
    return FALSE;
  root.size = 0;
  add_part (self, 0, DOMUIMG_PART_ROOT, &root);
  return TRUE;
}

/* What is asked for beside the root, and could not be where that is. */
static gboolean
check_holder (DomuimgPlan *self, GError **error)
{
  const DomuimgLayoutSpec *spec = domuimg_plan_get_layout_spec (self, 0);
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, 0);
  gboolean has_more = spec->size[DOMUIMG_LAYOUT_SWAP] > 0
                      || domuimg_spec_get (self->spec, "partition") != NULL;
  gboolean is_read = self->kernel->policy->origin == DOMUIMG_KERNEL_STAYS
                     || domuimg_plan_has_menu (self);

  if (!has_holder (disk) && !is_packed (disk))
    return TRUE;
  if (disk->luks != NULL && !domuimg_luks_is_possible ())
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "luks=: this domuimg was built without libcryptsetup");
  if (disk->luks != NULL && disk->lvm == NULL && has_more)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "luks=%s has only the root in it: add lvm=NAME, and swap and further"
                         " filesystems are in it, too",
                         disk->luks);
  return !is_read || size_boot (self) > 0
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "a boot loader does not read the guest's kernel from %s: %s",
                          disk->luks != NULL  ? "an encrypted disk"
                          : disk->lvm != NULL ? "a logical volume"
                                              : disk->fs,
                          domuimg_plan_get_layout (self, 0)->write != NULL
                              ? "leave out boot=no"
                              : "add layout=gpt, which has a partition for /boot, or leave out"
                                " --kernel");
}

/* Without a partition table: swap and further filesystems can be logical volumes. */
static gboolean
can_have_options (DomuimgPlan *self)
{
  const DomuimgLayoutSpec *spec = domuimg_plan_get_layout_spec (self, 0);
  gboolean has_volumes = domuimg_plan_get_disk (self, 0)->lvm != NULL;

  for (guint i = 0; i < DOMUIMG_LAYOUT_N_OPTIONS; i++)
    if (spec->is_given[i] && (i != DOMUIMG_LAYOUT_SWAP || !has_volumes))
      return FALSE;
  return has_volumes || domuimg_spec_get (self->spec, "partition") == NULL;
}

static gboolean
check_first (DomuimgPlan *self, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, 0);
  gboolean is_divided = domuimg_plan_get_layout (self, 0)->write != NULL;
  guint number, partition;

  if (!check_holder (self, error))
    return FALSE;
  if (!is_divided && !can_have_options (self))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "partitions need a partition table: add layout=gpt or layout=mbr to the"
                         " first --disk");
  if (is_divided && domuimg_vdev_parse (disk->vdev, &number, &partition) && partition != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "vdev=%s is a partition, which has no partition table of its own: use the"
                         " whole disk, or layout=none",
                         disk->vdev);
  return TRUE;
}

/* A further disk has one filesystem. */
static gboolean
divide_other (DomuimgPlan *self, guint i, GError **error)
{
  DomuimgDiskSpec content = *domuimg_plan_get_disk (self, i);

  if (domuimg_layout_spec_has_options (&content.layout))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk %s: bios=, esp=, boot= and swap= are for the first disk",
                         content.vdev);
  if (has_holder (&content))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk %s: luks= and lvm= are for the first disk", content.vdev);
  content.size = 0;
  add_part (self, i, role_of (&content), &content);
  return TRUE;
}

static gboolean
check_mount (DomuimgPlan *self, const DomuimgPart *part, GError **error)
{
  g_auto (GStrv) names = g_strsplit (part->mount + 1, "/", -1);

  for (guint i = 0; names[i] != NULL; i++)
    if (*names[i] == '\0' || g_str_equal (names[i], ".") || g_str_equal (names[i], ".."))
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "mount=%s is not the name of a directory below the root", part->mount);
  for (guint i = 0; i < self->parts->len; i++)
    {
      const DomuimgPart *other = g_ptr_array_index (self->parts, i);

      if (other != part && g_strcmp0 (other->mount, part->mount) == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "two filesystems are to be mounted at %s", part->mount);
    }
  return TRUE;
}

static gboolean
check_growth (DomuimgPlan *self, const DomuimgPart *part, GError **error)
{
  if (!part->grows)
    return TRUE;
  if (part->mount == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "growfs=true: %s on disk %s is not mounted, and only what is can grow: add"
                         " mount=",
                         part->fs, domuimg_plan_get_disk (self, part->disk)->vdev);
  if (part->is_inside)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "growfs=true: %s is on %s, which does not grow with its disk by itself;"
                         " leave it out, or leave out luks= and lvm=",
                         part->mount, part->lv != NULL ? "a logical volume" : "an encrypted disk");
  if (!domuimg_guest_can_grow (part->fs))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "growfs=true: %s cannot grow while it is mounted at %s; use fs=ext4, xfs or"
                         " btrfs",
                         part->fs, part->mount);
  return !domuimg_spec_get_flag (self->spec, "no-customise")
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "growfs=true and --no-customise: growing is set up in the guest's files;"
                          " leave one of them out");
}

static gboolean
check_part (DomuimgPlan *self, const DomuimgPart *part, GError **error)
{
  guint64 least = part->role == DOMUIMG_PART_ESP ? ESP_MIN : PART_MIN;

  if (part->role == DOMUIMG_PART_BIOS || part->role == DOMUIMG_PART_HOLDER)
    return TRUE;
  if (part->size > 0 && part->size < least)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the partition for %s: %" G_GUINT64_FORMAT
                         " bytes are too small for a filesystem; the least is %" G_GUINT64_FORMAT
                         "M",
                         part->mount != NULL ? part->mount : part->fs, part->size, least / MIB);
  return check_growth (self, part, error)
         && (part->mount == NULL || part->role == DOMUIMG_PART_ROOT
             || check_mount (self, part, error));
}

static gboolean
check_disk (DomuimgPlan *self, guint i, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self, i);
  const DomuimgLayout *layout = domuimg_plan_get_layout (self, i);
  g_autoptr (GPtrArray) parts = domuimg_plan_list_parts (self, i);
  guint64 least = domuimg_layout_add_up (layout, parts, PART_MIN);
  guint n = 0;

  for (guint j = 0; j < parts->len; j++)
    n += !((const DomuimgPart *) g_ptr_array_index (parts, j))->is_inside;
  if (n > layout->max_parts)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk %s: %u partitions are more than the %u of layout=%s; use layout=gpt",
                         disk->vdev, n, layout->max_parts,
                         domuimg_layout_kind_to_string (
                             domuimg_plan_get_layout_spec (self, i)->kind));
  if ((layout->write == NULL && parts->len == 1) || disk->size == 0 || disk->size >= least)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "disk %s: its partitions take %" G_GUINT64_FORMAT
                       " MiB, and its size is %" G_GUINT64_FORMAT " MiB; use size=%" G_GUINT64_FORMAT
                       "M or more",
                       disk->vdev, least / MIB, disk->size / MIB, least / MIB);
}

/* Disks from @first on, each with one filesystem. */
static gboolean
divide_others (DomuimgPlan *self, guint first, GError **error)
{
  for (guint i = first; i < self->disks->len; i++)
    if (!divide_other (self, i, error))
      return FALSE;
  for (guint i = 0; i < self->parts->len; i++)
    if (!check_part (self, g_ptr_array_index (self->parts, i), error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_plan_make_parts (DomuimgPlan *self, GError **error)
{
  self->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_part_free);
  if (!check_first (self, error) || !divide_first (self, error) || !divide_others (self, 1, error))
    return FALSE;
  for (guint i = 0; i < self->disks->len; i++)
    if (!check_disk (self, i, error))
      return FALSE;
  return (!domuimg_plan_has_bios (self)
          || domuimg_grub_check (DOMUIMG_GRUB_BIOS, "bios=no", error))
         && (!has_esp (self) || domuimg_grub_check (DOMUIMG_GRUB_EFI, "esp=no", error));
}

static const char *
describe_holder (const DomuimgPart *part)
{
  if (!part->is_encrypted)
    return "LVM";
  return part->group != NULL ? "LUKS with LVM" : "LUKS";
}

/* "/boot/efi (vfat), 64 MiB" */
static void
describe_part (GString *text, const DomuimgPart *part)
{
  const char *name = part->role == DOMUIMG_PART_BIOS     ? "GRUB for the BIOS"
                     : part->role == DOMUIMG_PART_HOLDER ? describe_holder (part)
                     : part->mount != NULL               ? part->mount
                                                         : part->fs;

  g_string_append (text, name);
  if (part->mount != NULL)
    g_string_append_printf (text, " (%s)", part->fs);
  if (part->lv != NULL)
    g_string_append_printf (text, " as %s", part->lv);
  if (part->size > 0)
    g_string_append_printf (text, ", %" G_GUINT64_FORMAT " MiB", part->size / MIB);
}

char *
domuimg_plan_describe_parts (DomuimgPlan *self, guint disk)
{
  g_autoptr (GPtrArray) parts = domuimg_plan_list_parts (self, disk);
  const DomuimgLayout *layout = domuimg_plan_get_layout (self, disk);
  DomuimgLayoutKind kind = domuimg_plan_get_layout_spec (self, disk)->kind;
  GString *text;

  if (disk < domuimg_plan_count_converted (self)
      || (layout->write == NULL && find_holder (self, disk) == NULL))
    return NULL;
  text = g_string_new ("divide it ");
  if (layout->write != NULL)
    g_string_append_printf (text, "by a partition table (%s): ",
                            domuimg_layout_kind_to_string (kind));
  for (guint i = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);
      const DomuimgPart *before = i > 0 ? g_ptr_array_index (parts, i - 1) : NULL;

      if (before != NULL)
        g_string_append (text, before->role == DOMUIMG_PART_HOLDER ? ": " : "; ");
      else if (layout->write == NULL)
        g_string_append (text, "as ");
      describe_part (text, part);
    }
  return g_string_free (text, FALSE);
}

gboolean
domuimg_plan_check_no_layout (DomuimgPlan *self, GError **error)
{
  static const char *const keys[] = { "layout", "partition" };

  self->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_part_free);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (domuimg_spec_get (self->spec, keys[i]) != NULL)
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "--%s is for new disks: a machine that is converted keeps its"
                           " partitions",
                           keys[i]);
  return divide_others (self, domuimg_plan_count_converted (self), error);
}
