/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that Linux can unpack an initramfs and start its first program, and tells whose it is. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/check/initramfs.h"
#include "lib/check/mounting.h"
#include "lib/check/root-names.h"
#include "lib/kernel/needs.h"

static const struct {
  DomuimgCompression compression;
  const char *option;
  guint major, minor; /* of the first Linux that has it */
} decoders[] = {
  { DOMUIMG_COMPRESSION_GZIP, "CONFIG_RD_GZIP", 2, 6 },
  { DOMUIMG_COMPRESSION_BZIP2, "CONFIG_RD_BZIP2", 2, 6 },
  { DOMUIMG_COMPRESSION_XZ, "CONFIG_RD_XZ", 2, 6 },
  { DOMUIMG_COMPRESSION_ZSTD, "CONFIG_RD_ZSTD", 5, 9 },
  { DOMUIMG_COMPRESSION_LZMA, "CONFIG_RD_LZMA", 2, 6 },
  { DOMUIMG_COMPRESSION_LZO, "CONFIG_RD_LZO", 2, 6 },
  { DOMUIMG_COMPRESSION_LZ4, "CONFIG_RD_LZ4", 3, 11 },
};

/* Older by its number; a vendor's may have the decoder all the same. */
static gboolean
is_too_old (DomuimgMachine *self, guint major, guint minor)
{
  return domuimg_mounting_is_older (self, major, minor) && !domuimg_mounting_is_of_vendor (self);
}

/* (nullable) What the kernel cannot unpack of it. */
static const char *
find_unpackable (DomuimgMachine *self, DomuimgInitramfs *initramfs)
{
  guint used = domuimg_initramfs_get_compressions (initramfs);
  const char *packed = domuimg_initramfs_get_unpackable (initramfs);

  for (guint i = 0; packed == NULL && i < G_N_ELEMENTS (decoders); i++)
    if ((used >> decoders[i].compression & 1) != 0
        && (is_too_old (self, decoders[i].major, decoders[i].minor)
            || domuimg_guest_boot_lacks (&self->boot, self->tree, decoders[i].option)))
      packed = domuimg_compression_to_string (decoders[i].compression);
  return packed;
}

static gboolean
has_file (DomuimgInitramfs *initramfs, const char *path)
{
  g_autofree char *below = g_strconcat ("usr/", path + strspn (path, "/"), NULL);

  return domuimg_initramfs_has_path (initramfs, path) || domuimg_initramfs_has_file (initramfs, below);
}

/* (transfer full) (nullable) What "#!" names, up to the end of the line or a blank; a CR is a part of
 * it. */
static char *
find_interpreter (const char *text)
{
  if (text == NULL || !g_str_has_prefix (text, "#!"))
    return NULL;
  text += 2;
  text += strspn (text, " \t");
  return g_strndup (text, strcspn (text, " \t\n"));
}

static void
report_init (DomuimgMachine *self, const char *path, const char *what)
{
  domuimg_finding_advise (
      domuimg_machine_report (self, "initramfs-init", path, "the initramfs has no %s that Linux can"
                                                            " start: it %s",
                              path, what),
      "make the initramfs again, with an executable /init at its top");
}

/* Without its program, Linux goes on as if there were no initramfs. */
static gboolean
can_do_without (DomuimgMachine *self)
{
  g_autofree char *root = domuimg_machine_get_parameter (self, "root");
  DomuimgInitramfs *initramfs = g_steal_pointer (&self->boot.initramfs);
  const DomuimgVolume *volume = self->root != NULL ? self->root->volume : NULL;
  const DomuimgNeed *fs = volume != NULL ? domuimg_need_of_fs (volume->fs) : NULL;
  gboolean can = root != NULL && domuimg_root_is_for_kernel (root)
                 && domuimg_guest_boot_meets (&self->boot, self->tree, domuimg_need_of_disks (self->type))
                 && (fs == NULL || domuimg_guest_boot_meets (&self->boot, self->tree, fs));

  self->boot.initramfs = initramfs;
  return can;
}

static gboolean
check_init (DomuimgMachine *self, DomuimgInitramfs *initramfs)
{
  g_autofree char *named = domuimg_machine_get_parameter (self, "rdinit");
  const char *path = named != NULL && *named == '/' ? named : "/init";
  const char *text = NULL;
  g_autofree char *interpreter = NULL;
  guint32 mode = 0;
  gboolean is_usual = g_str_equal (path, "/init");
  gboolean found = is_usual ? domuimg_initramfs_get_init (initramfs, &mode, &text)
                            : has_file (initramfs, path);

  if (!found && can_do_without (self))
    return TRUE;
  if (!found)
    report_init (self, path, "is not there");
  else if (is_usual && S_ISREG (mode) && (mode & 0111) == 0)
    report_init (self, path, "is not executable");
  else if (is_usual && S_ISDIR (mode))
    report_init (self, path, "is a directory");
  else
    interpreter = S_ISREG (mode) ? find_interpreter (text) : NULL;
  if (interpreter != NULL && !has_file (initramfs, interpreter))
    report_init (self, path, strchr (interpreter, '\r') != NULL
                                 ? "is a script with the line ends of DOS"
                                 : "is a script, and its interpreter is not there");
  else
    return found && (interpreter != NULL || !is_usual || !S_ISREG (mode) || (mode & 0111) != 0);
  return FALSE;
}

gboolean
domuimg_initramfs_check_start (DomuimgMachine *self)
{
  DomuimgInitramfs *initramfs = self->boot.initramfs;
  const char *packed = find_unpackable (self, initramfs);

  if (packed != NULL)
    {
      domuimg_finding_advise (
          domuimg_machine_report (self, "initramfs-packing", packed,
                                  "the initramfs is packed by %s, which this kernel cannot unpack",
                                  packed),
          "pack it by what the kernel knows (gzip, or xz --check=crc32)");
      return FALSE;
    }
  return check_init (self, initramfs);
}

gboolean
domuimg_initramfs_is_of_a_distribution (DomuimgInitramfs *self)
{
  /* initramfs-tools, dracut, mkinitcpio, Alpine's mkinitfs, SUSE's, NixOS's by its own list. */
  static const char *const marks[] = { "scripts/functions", "usr/lib/dracut", "lib/dracut",
                                       "usr/lib/dracut/hooks/pre-pivot", "init_functions", "hooks",
                                       "etc/alpine-release", "usr/lib/dracut-lib.sh",
                                       "lib/dracut-lib.sh", "etc/initrd-release",
                                       "usr/lib/initrd-release" };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (domuimg_initramfs_has_file (self, marks[i]))
      return TRUE;
  return FALSE;
}

char *
domuimg_initramfs_find_mounted (DomuimgInitramfs *self)
{
  g_autoptr (GRegex) regex = g_regex_new (
      "^[^#\n]*\\bmount\\b[^\n]*?\\s((?:/dev/(?!pts|shm|null|console)|UUID=|LABEL=)[\\w./:-]+)",
      G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  const char *text = NULL;
  guint32 mode;

  if (!domuimg_initramfs_get_init (self, &mode, &text) || text == NULL || !S_ISREG (mode)
      || !g_str_has_prefix (text, "#!") || !g_utf8_validate (text, -1, NULL)
      || !g_regex_match (regex, text, 0, &match))
    return NULL;
  return g_match_info_fetch (match, 1);
}

gboolean
domuimg_initramfs_starts_login (DomuimgInitramfs *self, const char *console)
{
  const char *inittab = domuimg_initramfs_get_inittab (self);
  const char *text = NULL;
  guint32 mode;

  if (inittab != NULL)
    {
      g_auto (GStrv) lines = g_strsplit (inittab, "\n", -1);

      for (guint i = 0; lines[i] != NULL; i++)
        if (*lines[i] != '#' && strstr (lines[i], console) != NULL
            && (strstr (lines[i], "getty") != NULL || strstr (lines[i], "login") != NULL))
          return TRUE;
      return FALSE;
    }
  return domuimg_initramfs_get_init (self, &mode, &text) && text != NULL && S_ISREG (mode)
         && (strstr (text, "getty") != NULL || strstr (text, "/login") != NULL);
}
