/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/repair.h"

/* fstab: what the guest's init will wait for. */

/* Fields of fstab(5). */
typedef struct {
  char *spec;
  char *file;
  char *type;
  char *options;
  int pass;
  guint line;
} Mount;

static void
mount_clear (Mount *self)
{
  g_free (self->spec);
  g_free (self->file);
  g_free (self->type);
  g_free (self->options);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Mount, mount_clear)

static gboolean
parse_line (const char *line, Mount *mount)
{
  g_auto (GStrv) words = g_strsplit_set (line, " \t\r", -1);
  const char *fields[6] = { NULL };
  guint n = 0;

  for (guint i = 0; words[i] != NULL && n < G_N_ELEMENTS (fields); i++)
    if (*words[i] != '\0')
      fields[n++] = words[i];
  if (n < 2 || *fields[0] == '#')
    return FALSE;
  mount->spec = g_strdup (fields[0]);
  mount->file = g_strcompress (fields[1]);
  mount->type = g_strdup (n > 2 ? fields[2] : "auto");
  mount->options = g_strdup (n > 3 ? fields[3] : "defaults");
  mount->pass = n > 5 ? (int) g_ascii_strtoll (fields[5], NULL, 10) : 0;
  return TRUE;
}

static gboolean
has_option (const Mount *mount, const char *option)
{
  g_auto (GStrv) options = g_strsplit (mount->options, ",", -1);

  return g_strv_contains ((const char *const *) options, option);
}

static gboolean
is_device (const char *spec)
{
  static const char *const tags[] = { "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=" };

  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    if (g_str_has_prefix (spec, tags[i]))
      return TRUE;
  return g_str_has_prefix (spec, "/dev/") && !g_str_has_prefix (spec, "/dev/shm");
}

static gboolean
is_swap (const Mount *mount)
{
  return g_str_equal (mount->type, "swap") || g_str_equal (mount->file, "none");
}

/* Devices that are there without being disks, or that something in the guest makes. */
static gboolean
is_made_by_guest (const char *spec)
{
  static const char *const made[] = { "/dev/loop", "/dev/zram", "/dev/md", "/dev/sr", "/dev/cdrom",
                                      "/dev/fd", "/dev/root", "/dev/mapper/" };

  for (guint i = 0; i < G_N_ELEMENTS (made); i++)
    if (g_str_has_prefix (spec, made[i]))
      return TRUE;
  return FALSE;
}

/* What becomes of a boot where a device is missing.
 * systemd: local-fs.target requires every local mount that is not nofail; its device unit times out
 * after 90 s, and emergency.target asks for the root password. The root is exempt (its mount unit
 * has no dependency on its device), swap is only wanted.
 * sysvinit: checkfs runs fsck -A, which fails on a missing device with a pass number, and starts
 * sulogin; mount -a only complains.
 * Upstart: mountall waits for the device until somebody presses a key. */
static DomuimgSeverity
weigh_missing (DomuimgMachine *self, const Mount *mount)
{
  gboolean optional = has_option (mount, "nofail") || has_option (mount, "nobootwait")
                      || has_option (mount, "_netdev") || has_option (mount, "x-systemd.automount");

  if (is_swap (mount) || optional || g_str_equal (mount->file, "/"))
    return DOMUIMG_SEVERITY_WARNING;
  switch (self->info->init)
    {
    case DOMUIMG_INIT_SYSTEMD:
    case DOMUIMG_INIT_UPSTART:
      return DOMUIMG_SEVERITY_ERROR;
    case DOMUIMG_INIT_SYSVINIT:
      return mount->pass > 0 ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_WARNING;
    default:
      return DOMUIMG_SEVERITY_WARNING;
    }
}

/* The line with @spec taken out of fstab's effect, and for the root the true one put in. */
static gboolean
repair_line (DomuimgRepairSite *site, const char *argument, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, "\n", 2);
  g_autofree char *text = domuimg_tree_read_text (site->tree, "etc/fstab", error);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  guint number = g_ascii_strtoull (parts[0], NULL, 10);
  g_autofree char *joined = NULL;
  char *old;

  if (lines == NULL)
    return FALSE;
  if (number == 0 || number > g_strv_length (lines))
    return TRUE;
  old = lines[number - 1];
  if (*parts[1] == '\0')
    lines[number - 1] = g_strconcat ("# domuimg: no such device in this guest: ", old, NULL);
  else
    lines[number - 1] = g_strconcat (parts[1], old + strspn (old, " \t")
                                                   + strcspn (old + strspn (old, " \t"), " \t"),
                                     NULL);
  g_free (old);
  joined = g_strjoinv ("\n", lines);
  return domuimg_repair_write (site, "/etc/fstab", joined, 0644, error);
}

static void
report_missing (DomuimgMachine *self, const Mount *mount)
{
  gboolean root = g_str_equal (mount->file, "/");
  gboolean swap = is_swap (mount);
  g_autofree char *right = root && self->root->volume->uuid != NULL
                               ? g_strdup_printf ("UUID=%s", self->root->volume->uuid)
                               : NULL;
  g_autofree char *argument = g_strdup_printf ("%u\n%s", mount->line, right != NULL ? right : "");
  DomuimgFinding *finding;

  if (is_made_by_guest (mount->spec))
    {
      domuimg_machine_report_as (self, DOMUIMG_SEVERITY_INFO, "fstab-device", mount->spec,
                                 "/etc/fstab:%u: %s for %s is not on the guest's disks; the guest"
                                 " must make it itself",
                                 mount->line, mount->spec, mount->file);
      return;
    }
  finding = domuimg_machine_report_as (
      self, weigh_missing (self, mount), "fstab-device", mount->spec,
      "/etc/fstab:%u: %s, %s%s, is no device of this guest", mount->line, mount->spec,
      swap ? "swap" : "to be mounted on ", swap ? "" : mount->file);
  if (root && right == NULL)
    domuimg_finding_advise (finding, "name the root's device in /etc/fstab");
  else
    domuimg_finding_offer (finding, repair_line, argument,
                           right != NULL ? "put %s into line %u of /etc/fstab"
                                         : "comment %s out in line %u of /etc/fstab",
                           right != NULL ? right : mount->spec, mount->line);
}

static gboolean
is_ext (const char *fs)
{
  return g_str_equal (fs, "ext2") || g_str_equal (fs, "ext3") || g_str_equal (fs, "ext4");
}

static gboolean
is_type_right (const Mount *mount, const char *fs)
{
  g_auto (GStrv) types = g_strsplit (mount->type, ",", -1);

  return fs == NULL || g_strv_contains ((const char *const *) types, fs)
         || g_strv_contains ((const char *const *) types, "auto")
         || g_strv_contains ((const char *const *) types, "none")
         || (is_ext (fs) && is_ext (types[0] != NULL ? types[0] : ""))
         || (g_str_has_prefix (fs, "ntfs") && g_str_has_prefix (mount->type, "ntfs"));
}

static void
check_type (DomuimgMachine *self, const Mount *mount, const DomuimgCheckDevice *device)
{
  const char *fs = device->volume != NULL ? device->volume->fs : NULL;

  if (is_type_right (mount, fs))
    return;
  domuimg_finding_advise (
      domuimg_machine_report_as (self, weigh_missing (self, mount), "fstab-type", mount->type,
                                 "/etc/fstab:%u: %s is to be mounted as %s, and holds %s",
                                 mount->line, mount->spec, mount->type, fs),
      "write %s there", fs);
}

static gboolean
repair_directory (DomuimgRepairSite *site, const char *argument, GError **error)
{
  if (!domuimg_tree_mkdir_p (site->tree, argument, 0755, error))
    return FALSE;
  domuimg_repair_note (site, "made the directory %s", argument);
  return TRUE;
}

/* systemd makes mount points; others do not, and go on without the mount. */
static void
check_mount_point (DomuimgMachine *self, const Mount *mount)
{
  if (mount->file[0] != '/' || self->info->init == DOMUIMG_INIT_SYSTEMD
      || domuimg_tree_is_dir (self->tree, mount->file) || has_option (mount, "noauto"))
    return;
  domuimg_finding_offer (domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING,
                                                    "fstab-mount-point", mount->file,
                                                    "/etc/fstab:%u: the directory %s to mount on is"
                                                    " not there",
                                                    mount->line, mount->file),
                         repair_directory, mount->file, "make the directory %s", mount->file);
}

static void
check_line (DomuimgMachine *self, const char *line, guint number)
{
  g_auto (Mount) mount = { NULL };
  DomuimgCheckDevice *device;

  if (!parse_line (line, &mount))
    return;
  mount.line = number;
  check_mount_point (self, &mount);
  if (!is_device (mount.spec) || has_option (&mount, "noauto"))
    return;
  device = domuimg_machine_find_device (self, mount.spec);
  if (device == NULL)
    report_missing (self, &mount);
  else
    check_type (self, &mount, device);
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
      g_autofree char *resolved = NULL;

      if (domuimg_tree_is_dir (self->tree, directories[i])
          || (g_str_equal (directories[i], "/run") && !is_systemd))
        continue;
      domuimg_finding_offer (
          domuimg_machine_report_as (self,
                                     needed ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_WARNING,
                                     "mount-point-missing", directories[i],
                                     "the guest has no directory %s", directories[i]),
          repair_directory, directories[i], "make the directory %s", directories[i]);
    }
}

void
domuimg_check_fstab (DomuimgMachine *self)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (self->tree == NULL || self->info == NULL)
    return;
  check_core (self);
  text = domuimg_tree_read_text (self->tree, "etc/fstab", NULL);
  lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    check_line (self, lines[i], i + 1);
}
