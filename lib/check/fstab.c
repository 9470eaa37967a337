/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fstab and crypttab: what the guest's init will wait for. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/mounting.h"
#include "lib/guest/fstab-table.h"

/* More than any guest has. */
#define ENTRIES_MAX 1000
#define ABSENT "domuimg: no such device in this guest"
#define OTHER_CONTENT "domuimg: the device holds something else"

static gboolean
is_swap (const DomuimgFstabEntry *mount)
{
  return g_str_equal (mount->type, "swap") || g_str_equal (mount->file, "none");
}

static gboolean
has_cdrom (DomuimgMachine *self)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);

  for (guint i = 0; i < disks->len; i++)
    if (domuimg_domain_disk_get_cdrom (g_ptr_array_index (disks, i)))
      return TRUE;
  return FALSE;
}

/* Devices that are there without being disks. */
static gboolean
is_made_by_guest (DomuimgMachine *self, const char *spec)
{
  static const char *const made[] = { "/dev/loop", "/dev/zram", "/dev/ram", "/dev/nbd",
                                      "/dev/root" };

  for (guint i = 0; i < G_N_ELEMENTS (made); i++)
    if (g_str_has_prefix (spec, made[i]))
      return TRUE;
  return (g_str_has_prefix (spec, "/dev/sr") || g_str_has_prefix (spec, "/dev/cdrom"))
         && has_cdrom (self);
}

/* Whether more devices can appear than were seen: in an encrypted volume, a RAID, LVM that could
 * not be opened, or on a disk that could not be read. */
static gboolean
may_hide_devices (DomuimgMachine *self)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);
  gboolean group = FALSE, volumes = FALSE;

  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);
      const char *fs = device->volume != NULL ? device->volume->fs : NULL;

      if (g_strcmp0 (fs, "crypto_LUKS") == 0 || g_strcmp0 (fs, "linux_raid_member") == 0)
        return TRUE;
      group = group || g_strcmp0 (fs, "LVM2_member") == 0;
      volumes = volumes || (device->volume != NULL && device->volume->lv != NULL);
    }
  for (guint i = 0; i < disks->len; i++)
    if (!domuimg_domain_disk_get_cdrom (g_ptr_array_index (disks, i))
        && !domuimg_machine_has_devices (self, i))
      return TRUE;
  return group && !volumes;
}

/* Both make the mounts that init's own files are on themselves, and end in a shell when they
 * cannot, whatever the options say. */
static gboolean
is_mounted_by_initramfs (DomuimgMachine *self, const DomuimgFstabEntry *mount)
{
  DomuimgInitramfs *initramfs = self->boot.initramfs;

  return g_str_equal (mount->file, "/usr") && initramfs != NULL
         && (domuimg_initramfs_has_file (initramfs, "scripts/functions")
             || domuimg_initramfs_has_file (initramfs, "usr/lib/dracut/hooks/pre-pivot"));
}

/* What becomes of a boot where a filesystem cannot be mounted.
 * systemd: local-fs.target requires every local mount that is not nofail (a missing device after
 * 90 s), and its failure isolates emergency.target, which asks for root's password. The root is
 * exempt, as its mount unit does not depend on its device and systemd-remount-fs.service is only
 * wanted; so are swap, as sysinit.target only wants swap.target, and network mounts.
 * sysvinit: checkfs runs fsck -A, which fails on a missing device that has a pass number, and
 * starts sulogin; mount -a only complains. Red Hat's rc.sysinit does the same, below Upstart too.
 * Ubuntu's mountall waits until somebody presses a key. OpenRC goes on. */
static DomuimgSeverity
weigh_failure (DomuimgMachine *self, const DomuimgFstabEntry *mount)
{
  gboolean optional = domuimg_fstab_has_option (mount, "nofail")
                      || domuimg_fstab_has_option (mount, "nobootwait");
  gboolean later = domuimg_fstab_has_option (mount, "_netdev")
                   || domuimg_fstab_has_option (mount, "x-systemd.automount");
  gboolean stops = FALSE;

  if (is_mounted_by_initramfs (self, mount))
    return DOMUIMG_SEVERITY_ERROR;
  if (is_swap (mount) || optional || g_str_equal (mount->file, "/"))
    return DOMUIMG_SEVERITY_WARNING;
  if (self->info->init == DOMUIMG_INIT_SYSTEMD)
    stops = !later && !domuimg_fstab_has_option (mount, "noauto");
  else if (self->info->init == DOMUIMG_INIT_UPSTART
           && domuimg_tree_exists (self->tree, "/sbin/mountall"))
    stops = !later;
  else if (self->info->init == DOMUIMG_INIT_UPSTART
           || self->info->init == DOMUIMG_INIT_SYSVINIT)
    stops = mount->pass > 0 && !later;
  return stops ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_WARNING;
}

/* @argument: the line's number, a newline, and the field's value; without a value, the line is
 * commented out. */
static gboolean
repair_field (DomuimgEdit *edit, const char *argument, guint index, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, "\n", 2);
  g_autofree char *text = domuimg_tree_read_text (edit->tree, "etc/fstab", error);
  g_autoptr (DomuimgFstab) fstab = text != NULL ? domuimg_fstab_parse (text) : NULL;
  guint line = (guint) g_ascii_strtoull (parts[0], NULL, 10);
  g_autofree char *edited = NULL;

  if (fstab == NULL)
    return FALSE;
  if (*parts[1] != '\0')
    domuimg_fstab_set_field (fstab, line, index, parts[1]);
  else
    domuimg_fstab_comment_out (fstab, line, index == 0 ? ABSENT : OTHER_CONTENT);
  edited = domuimg_fstab_to_text (fstab);
  return domuimg_edit_write (edit, "/etc/fstab", edited, 0644, error);
}

/* The device; for the root, the true one. */
static gboolean
repair_line (DomuimgEdit *edit, const char *argument, GError **error)
{
  return repair_field (edit, argument, 0, error);
}

static void
report_missing (DomuimgMachine *self, const DomuimgFstabEntry *mount)
{
  gboolean root = g_str_equal (mount->file, "/");
  gboolean swap = is_swap (mount);
  g_autofree char *right = root && self->root->volume->uuid != NULL
                               ? g_strdup_printf ("UUID=%s", self->root->volume->uuid)
                               : NULL;
  g_autofree char *argument = g_strdup_printf ("%u\n%s", mount->line, right != NULL ? right : "");
  DomuimgSeverity severity = weigh_failure (self, mount);
  DomuimgFinding *finding;

  if (is_made_by_guest (self, mount->spec))
    {
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_INFO, "fstab-device", mount->spec,
                                 "/etc/fstab:%u: %s for %s is not on the guest's disks; the guest"
                                 " must make it itself",
                                 mount->line, mount->spec, mount->file);
      return;
    }
  if (may_hide_devices (self) && !root)
    {
      domuimg_machine_report_as (self,
                                 severity == DOMUIMG_SEVERITY_ERROR ? DOMUIMG_SEVERITY_UNKNOWN
                                                                    : DOMUIMG_SEVERITY_INFO,
                                 "fstab-device", mount->spec,
                                 "/etc/fstab:%u: %s may be on a disk that could not be read",
                                 mount->line, mount->spec);
      return;
    }
  finding = domuimg_machine_report_as (
      self, severity, "fstab-device", mount->spec,
      "/etc/fstab:%u: %s, %s%s, does not exist in this guest", mount->line, mount->spec,
      swap ? "swap" : "to be mounted on ", swap ? "" : mount->file);
  if (root && right == NULL)
    domuimg_finding_advise (finding, "name the root's device in /etc/fstab");
  else
    domuimg_finding_offer_edit (finding, repair_line, argument,
                                right != NULL ? "put %s into line %u of /etc/fstab"
                                         : "comment %s out in line %u of /etc/fstab",
                                right != NULL ? right : mount->spec, mount->line);
}

static gboolean
repair_type (DomuimgEdit *edit, const char *argument, GError **error)
{
  return repair_field (edit, argument, 2, error);
}

static void
report_unformatted (DomuimgMachine *self, const DomuimgFstabEntry *mount,
                    const DomuimgDevice *device)
{
  domuimg_finding_advise (
      domuimg_machine_report_as (self, weigh_failure (self, mount), "fstab-type", mount->type,
                                 "/etc/fstab:%u: %s is to be mounted as %s, and holds %s",
                                 mount->line, mount->spec, mount->type,
                                 device->volume == NULL ? "a partition table" : "no filesystem"),
      "make a filesystem on it, name another device in /etc/fstab, or add nofail to the options of %s",
      mount->file);
}

/* Swap is not mounted, and a filesystem is not swap; members of something larger are neither. */
static gboolean
can_be_used_so (const DomuimgFstabEntry *mount, const char *fs)
{
  return is_swap (mount) == g_str_equal (fs, "swap") && !g_str_has_suffix (fs, "_member")
         && !g_str_has_prefix (fs, "crypto_");
}

static void
check_type (DomuimgMachine *self, const DomuimgFstabEntry *mount, const DomuimgDevice *device)
{
  const char *fs = device->volume != NULL ? device->volume->fs : NULL;
  gboolean fits = fs != NULL && can_be_used_so (mount, fs);
  g_autofree char *argument = g_strdup_printf ("%u\n%s", mount->line, fits ? fs : "");

  /* systemd then makes the filesystem, before it mounts it. */
  if (device->volume != NULL && fs == NULL && domuimg_fstab_has_option (mount, "x-systemd.makefs")
      && self->info->init == DOMUIMG_INIT_SYSTEMD)
    return;
  if (fs == NULL)
    {
      report_unformatted (self, mount, device);
      return;
    }
  if (domuimg_mounting_is_type (mount->type, fs))
    return;
  domuimg_finding_offer_edit (
      domuimg_machine_report_as (self, weigh_failure (self, mount), "fstab-type", mount->type,
                                 "/etc/fstab:%u: %s is to be mounted as %s, and holds %s",
                                 mount->line, mount->spec, mount->type, fs),
      repair_type, argument,
      fits ? "put %s into line %u of /etc/fstab" : "comment %s out in line %u of /etc/fstab",
      fits ? fs : mount->spec, mount->line);
}

typedef struct {
  const char *fs, *module, *option;
} Driver;

/* A kernel without its modules mounts what the root is, and what is built into it. */
static void
check_driver (DomuimgMachine *self, const DomuimgFstabEntry *mount,
              const DomuimgDevice *device)
{
  static const Driver drivers[] = {
    { "ext2", "ext4", "CONFIG_EXT4_FS" },  { "ext3", "ext4", "CONFIG_EXT4_FS" },
    { "ext4", "ext4", "CONFIG_EXT4_FS" },  { "xfs", "xfs", "CONFIG_XFS_FS" },
    { "btrfs", "btrfs", "CONFIG_BTRFS_FS" }, { "vfat", "vfat", "CONFIG_VFAT_FS" },
  };
  const char *version = self->boot.kernel != NULL ? domuimg_kernel_get_version (self->boot.kernel)
                                                  : NULL;
  g_autofree char *modules = g_strconcat ("/lib/modules/", version != NULL ? version : "", NULL);
  const char *fs = device->volume != NULL ? device->volume->fs : NULL;

  if (version == NULL || fs == NULL || domuimg_tree_is_dir (self->tree, modules)
      || g_strcmp0 (fs, self->root->volume->fs) == 0 || !domuimg_machine_knows_drivers (self))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    if (g_str_equal (drivers[i].fs, fs)
        && !domuimg_machine_has_driver (self, drivers[i].module, drivers[i].option))
      domuimg_finding_advise (
          domuimg_machine_report_as (self, weigh_failure (self, mount), "fstab-driver",
                                     drivers[i].module,
                                     "/etc/fstab:%u: %s holds %s, which the kernel needs a module"
                                     " for, and the guest has no %s",
                                     mount->line, mount->spec, fs, modules),
          "install the kernel's modules in the guest, or add nofail to the options of %s",
          mount->file);
}

static void
check_obstacle (DomuimgMachine *self, const DomuimgFstabEntry *mount, const DomuimgDevice *device)
{
  g_autoptr (DomuimgObstacle) obstacle
      = g_str_equal (mount->file, "/")
            ? NULL
            : domuimg_mounting_find_obstacle (self, device, mount->options);
  DomuimgSeverity severity = weigh_failure (self, mount);

  if (obstacle != NULL && obstacle->is_likely && severity == DOMUIMG_SEVERITY_ERROR)
    severity = DOMUIMG_SEVERITY_UNKNOWN;
  if (obstacle != NULL)
    domuimg_finding_advise (
        domuimg_machine_report_as (self, severity, obstacle->id, obstacle->evidence,
                                   "/etc/fstab:%u: the kernel %s mount %s: %s", mount->line,
                                   obstacle->is_likely ? "may not" : "cannot", mount->spec,
                                   obstacle->reason),
        "make the filesystem anew for this kernel, or add nofail to the options of %s", mount->file);
}

/* Whatever mounts it refuses all of the mount. */
static void
check_options (DomuimgMachine *self, const DomuimgFstabEntry *mount, const char *fs)
{
  gboolean is_likely = FALSE;
  g_autofree char *unknown
      = domuimg_mounting_find_unknown_option (self, fs, mount->options, &is_likely);
  DomuimgSeverity severity = weigh_failure (self, mount);

  if (is_likely && severity == DOMUIMG_SEVERITY_ERROR)
    severity = DOMUIMG_SEVERITY_UNKNOWN;
  if (unknown != NULL)
    domuimg_finding_advise (
        domuimg_machine_report_as (self, severity, "fstab-options", unknown,
                                   is_likely ? "/etc/fstab:%u: %s may have no option “%s”: then %s is not"
                                               " mounted"
                                             : "/etc/fstab:%u: %s has no option “%s”: %s is not mounted",
                                   mount->line, fs, unknown, mount->file),
        "take it out of line %u of /etc/fstab", mount->line);
}

static gboolean
repair_directory (DomuimgEdit *edit, const char *argument, GError **error)
{
  guint32 mode = g_str_equal (argument, "/tmp") ? 01777 : 0755;

  /* A symlink to nowhere is made good by the directory that it means. */
  if (!domuimg_tree_mkdir_p (edit->tree, argument, mode, error))
    return FALSE;
  domuimg_edit_note (edit, "made directory %s", argument);
  return TRUE;
}

/* (nullable) What is mounted above @mount, other than the root: "/boot" for "/boot/efi". */
static const DomuimgFstabEntry *
find_above (const DomuimgFstab *fstab, const DomuimgFstabEntry *mount)
{
  g_autofree char *path = g_path_get_dirname (mount->file);

  while (strlen (path) > 1)
    {
      const DomuimgFstabEntry *above = domuimg_fstab_find (fstab, path);
      g_autofree char *shorter = g_path_get_dirname (path);

      if (above != NULL)
        return above;
      g_free (path);
      path = g_steal_pointer (&shorter);
    }
  return NULL;
}

/* Whether the directory is there once everything above it is mounted; so it is where that cannot be
 * looked into. */
static gboolean
is_mount_point (DomuimgMachine *self, const DomuimgFstab *fstab, const DomuimgFstabEntry *mount)
{
  const DomuimgFstabEntry *above = find_above (fstab, mount);
  DomuimgDevice *device;
  DomuimgTree *tree;

  if (above == NULL)
    return domuimg_tree_is_dir (self->tree, mount->file);
  device = domuimg_machine_find_device (self, above->spec);
  tree = device != NULL ? domuimg_machine_open_tree (self, device) : NULL;
  return tree == NULL || domuimg_tree_is_dir (tree, mount->file + strlen (above->file));
}

/* A file, say, where nothing is mounted above. */
static gboolean
is_no_directory (DomuimgMachine *self, const DomuimgFstab *fstab, const DomuimgFstabEntry *mount)
{
  return find_above (fstab, mount) == NULL && domuimg_tree_exists (self->tree, mount->file)
         && !domuimg_tree_is_dir (self->tree, mount->file);
}

/* systemd makes mount points; others do not, and go on without the mount. */
static void
check_mount_point (DomuimgMachine *self, const DomuimgFstab *fstab, const DomuimgFstabEntry *mount)
{
  if (mount->file[0] == '/' && !domuimg_fstab_has_option (mount, "bind")
      && !domuimg_fstab_has_option (mount, "noauto") && is_no_directory (self, fstab, mount))
    {
      domuimg_finding_advise (
          domuimg_machine_report_as (self, weigh_failure (self, mount), "fstab-mount-point",
                                     mount->file,
                                     "/etc/fstab:%u: the mount point %s is not a directory",
                                     mount->line, mount->file),
          "put a directory in its place");
      return;
    }
  if (mount->file[0] != '/' || self->info->init == DOMUIMG_INIT_SYSTEMD
      || is_mount_point (self, fstab, mount)
      || domuimg_fstab_has_option (mount, "noauto"))
    return;
  domuimg_finding_offer_edit (
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "fstab-mount-point", mount->file,
                                 "/etc/fstab:%u: the mount point %s does not exist",
                                 mount->line, mount->file),
      repair_directory, mount->file, "make the directory %s", mount->file);
}

static void
check_mount (DomuimgMachine *self, const DomuimgFstab *fstab, const DomuimgFstabEntry *mount)
{
  DomuimgDevice *device;

  check_mount_point (self, fstab, mount);
  if (g_str_equal (mount->type, "tmpfs"))
    check_options (self, mount, mount->type);
  /* Which ID a disk gets only its udev knows. */
  if (!domuimg_fstab_is_device (mount->spec) || g_str_has_prefix (mount->spec, "ID=")
      || (domuimg_fstab_has_option (mount, "noauto") && !is_mounted_by_initramfs (self, mount)))
    return;
  device = domuimg_machine_find_device (self, mount->spec);
  if (device == NULL)
    {
      report_missing (self, mount);
      return;
    }
  check_type (self, mount, device);
  check_driver (self, mount, device);
  check_obstacle (self, mount, device);
  if (device->volume != NULL && device->volume->fs != NULL && !is_swap (mount))
    check_options (self, mount, device->volume->fs);
}

/* (transfer full) */
static DomuimgFstab *
read_table (DomuimgMachine *self, const char *path)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);

  return domuimg_fstab_parse (text != NULL ? text : "");
}

static void
check_fstab (DomuimgMachine *self)
{
  g_autoptr (DomuimgFstab) fstab = read_table (self, "etc/fstab");
  const GPtrArray *entries = domuimg_fstab_get_entries (fstab);

  for (guint i = 0; i < MIN (entries->len, ENTRIES_MAX); i++)
    check_mount (self, fstab, g_ptr_array_index (entries, i));
}

static gboolean
repair_crypttab (DomuimgEdit *edit, const char *argument, GError **error)
{
  g_autofree char *text = domuimg_tree_read_text (edit->tree, "etc/crypttab", error);
  g_autoptr (DomuimgFstab) crypttab = text != NULL ? domuimg_fstab_parse (text) : NULL;
  g_autofree char *edited = NULL;

  if (crypttab == NULL)
    return FALSE;
  domuimg_fstab_comment_out (crypttab, (guint) g_ascii_strtoull (argument, NULL, 10), ABSENT);
  edited = domuimg_fstab_to_text (crypttab);
  return domuimg_edit_write (edit, "/etc/crypttab", edited, 0600, error);
}

/* A boot waits for these, and then goes on: cryptsetup.target only is wanted. What is mounted of
 * them is fstab's matter. */
static void
check_crypttab (DomuimgMachine *self)
{
  g_autoptr (DomuimgFstab) crypttab = read_table (self, "etc/crypttab");
  const GPtrArray *entries = domuimg_fstab_get_entries (crypttab);

  for (guint i = 0; i < MIN (entries->len, ENTRIES_MAX); i++)
    {
      const DomuimgFstabEntry *entry = g_ptr_array_index (entries, i);
      const char *name = entry->fields[DOMUIMG_CRYPTTAB_NAME];
      const char *device = entry->fields[DOMUIMG_CRYPTTAB_DEVICE];
      g_autofree char *number = g_strdup_printf ("%u", entry->line);

      if (!domuimg_fstab_is_device (device) || domuimg_fstab_has_option (entry, "noauto")
          || may_hide_devices (self) || domuimg_machine_find_device (self, device) != NULL)
        continue;
      domuimg_finding_offer_edit (
          domuimg_machine_report (self, "crypttab-device", device,
                                  "/etc/crypttab:%u: %s, to be decrypted as %s, does not exist"
                                  " in this guest",
                                  entry->line, device, name),
          repair_crypttab, number, "comment %s out in line %u of /etc/crypttab", name, entry->line);
    }
}

/* What the way from the initramfs to the init moves its own mounts to; on a root that is still
 * read-only nothing can make them. */
static void
check_core (DomuimgMachine *self)
{
  static const char *const directories[] = { "/dev", "/proc", "/sys", "/run", "/tmp" };
  g_autofree char *writable = domuimg_machine_get_parameter (self, "rw");
  gboolean is_systemd = self->info->init == DOMUIMG_INIT_SYSTEMD;

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      gboolean needed = i == 0 || (i < 4 && is_systemd && writable == NULL);

      if (domuimg_tree_is_dir (self->tree, directories[i])
          || (g_str_equal (directories[i], "/run") && !is_systemd))
        continue;
      domuimg_finding_offer_edit (
          domuimg_machine_report_as (self,
                                     needed ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_WARNING,
                                     "mount-point-missing", directories[i],
                                     "the guest has no directory %s", directories[i]),
          repair_directory, directories[i], "make the directory %s", directories[i]);
    }
}

/* Whether something is mounted on @path, or on a directory that it is in. */
static gboolean
is_covered (const DomuimgFstab *fstab, const char *path)
{
  g_autofree char *at = g_strdup (path);

  while (strlen (at) > 1)
    {
      g_autofree char *above = g_path_get_dirname (at);

      if (domuimg_fstab_find (fstab, at) != NULL)
        return TRUE;
      g_free (at);
      at = g_steal_pointer (&above);
    }
  return FALSE;
}

/* systemd.volatile= lays memory over the root or /var, and so does the init of an application. */
static void
check_read_only (DomuimgMachine *self)
{
  static const char *const places[] = { "/tmp", "/var/log" };
  g_autoptr (DomuimgFstab) fstab = read_table (self, "etc/fstab");
  g_autofree char *is_volatile = domuimg_machine_get_parameter (self, "systemd.volatile");
  const char *fs = self->root->volume != NULL ? self->root->volume->fs : NULL;

  if ((g_strcmp0 (fs, "squashfs") != 0 && g_strcmp0 (fs, "erofs") != 0) || is_volatile != NULL
      || self->application != NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (!is_covered (fstab, places[i]))
      domuimg_finding_advise (
          domuimg_machine_report (self, "root-read-only", places[i],
                                  "the root, %s, can only be read, and /etc/fstab mounts nothing on"
                                  " %s",
                                  fs, places[i]),
          "mount a tmpfs there in /etc/fstab, or add systemd.volatile=state to the kernel's command"
          " line");
}

void
domuimg_check_fstab (DomuimgMachine *self)
{
  if (self->tree == NULL || self->info == NULL)
    return;
  check_core (self);
  check_read_only (self);
  check_fstab (self);
  check_crypttab (self);
}
