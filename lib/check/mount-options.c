/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options that mounts of the usual filesystems take: those of mount(8) and of the kernel's
 * drivers, Linux 3.10 to 6.15. */
#include "config.h"
#include "lib/check/mounting.h"

#include <string.h>

/* Those of mount(8) and systemd.mount(5), whatever the filesystem. */
static const char everywhere[]
    = " defaults auto noauto user nouser users owner group nofail _netdev comment rw ro suid nosuid dev"
      " nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime nodiratime"
      " relatime norelatime strictatime nostrictatime lazytime nolazytime iversion noiversion silent"
      " loud bind rbind move shared private slave unbindable rshared rprivate rslave runbindable"
      " symfollow nosymfollow context fscontext defcontext rootcontext seclabel loop offset sizelimit"
      " encryption uhelper helper bootwait nobootwait optional showthrough kudzu managed"
      " pamconsole ";

static const struct {
  const char *fs;
  const char *options; /* each between two blanks */
} drivers[] = {
  { "ext",
    " bsddf minixdf grpid bsdgroups nogrpid sysvgroups resgid resuid sb errors nouid32 debug orlov"
    " oldalloc user_xattr nouser_xattr acl noacl noload norecovery bh nobh commit min_batch_time"
    " max_batch_time journal journal_dev journal_path journal_checksum nojournal_checksum"
    " journal_async_commit abort data data_err usrjquota grpjquota jqfmt quota noquota grpquota prjquota"
    " usrquota barrier nobarrier i_version dax stripe delalloc nodelalloc warn_on_error nowarn_on_error"
    " debug_want_extra_isize mblk_io_submit nomblk_io_submit block_validity noblock_validity"
    " inode_readahead_blks journal_ioprio auto_da_alloc noauto_da_alloc dioread_nolock nodioread_nolock"
    " dioread_lock discard nodiscard init_itable noinit_itable max_dir_size_kb test_dummy_encryption"
    " inlinecrypt nombcache no_mbcache prefetch_block_bitmaps no_prefetch_block_bitmaps mb_optimize_scan"
    " check nocheck reservation noreservation xip " },
  { "xfs",
    " logbufs logbsize logdev rtdev wsync noalign swalloc sunit swidth nouuid grpid nogrpid bsdgroups"
    " sysvgroups allocsize norecovery inode64 inode32 ikeep noikeep largeio nolargeio attr2 noattr2"
    " filestreams quota noquota usrquota grpquota prjquota uquota gquota pquota uqnoenforce gqnoenforce"
    " pqnoenforce qnoenforce discard nodiscard dax lifetime nolifetime max_open_zones max_atomic_write " },
  { "btrfs",
    " acl noacl autodefrag noautodefrag barrier nobarrier check_int check_int_data check_int_print_mask"
    " clear_cache commit compress compress-force datacow nodatacow datasum nodatasum defrag nodefrag"
    " degraded device discard nodiscard fatal_errors flushoncommit noflushoncommit inode_cache"
    " noinode_cache max_inline metadata_ratio norecovery nologreplay rescan_uuid_tree rescue"
    " skip_balance space_cache nospace_cache ssd nossd ssd_spread nossd_spread subvol subvolid"
    " subvolrootid thread_pool treelog notreelog usebackuproot recovery user_subvol_rm_allowed"
    " enospc_debug noenospc_debug fragment ref_verify alloc_start " },
  { "vfat",
    " check uid gid umask dmask fmask allow_utime codepage usefree nocase quiet showexec debug"
    " sys_immutable immutable flush tz errors discard nfs dos1xfloppy shortname utf8 iocharset uni_xlate"
    " nonumtail rodir dots nodots time_offset conv blocksize fat " },
  { "tmpfs", " size nr_blocks nr_inodes mode uid gid huge mpol inode32 inode64 noswap casefold"
    " strict_encoding quota usrquota grpquota usrquota_block_hardlimit usrquota_inode_hardlimit"
    " grpquota_block_hardlimit grpquota_inode_hardlimit " },
};

static gboolean
is_in (const char *list, const char *option)
{
  g_autofree char *word = g_strdup_printf (" %.*s ", (int) strcspn (option, "="), option);

  return strstr (list, word) != NULL;
}

static const char *
find_driver (const char *fs)
{
  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    if (g_str_equal (drivers[i].fs, fs)
        || (g_str_equal (drivers[i].fs, "ext") && g_str_has_prefix (fs, "ext")
            && strlen (fs) == strlen ("ext4")))
      return drivers[i].options;
  return NULL;
}

/* Where the option at @options ends: at a comma, but for those between quotes, as in
 * context="system_u:object_r:tmp_t:s0:c1,c2". */
static gsize
measure_option (const char *options)
{
  gboolean quoted = FALSE;
  gsize length = 0;

  for (; options[length] != '\0' && (quoted || options[length] != ','); length++)
    if (options[length] == '"')
      quoted = !quoted;
  return length;
}

/* A kernel that is newer than these tables, or a vendor's, may know what they do not, but for what is an
 * option of something else. */
static gboolean
may_be_known (DomuimgMachine *self, const char *option)
{
  gboolean is_newer = domuimg_mounting_is_not_older (self, 6, 16);

  for (guint i = 0; i < G_N_ELEMENTS (drivers); i++)
    if (is_in (drivers[i].options, option))
      return FALSE;
  return is_newer || domuimg_mounting_is_of_vendor (self);
}

char *
domuimg_mounting_find_unknown_option (DomuimgMachine *self, const char *fs, const char *options,
                                      gboolean *is_likely)
{
  const char *known = find_driver (fs);
  /* It has them until Linux 4.19. */
  gboolean old_xfs = g_str_equal (fs, "xfs") && domuimg_mounting_is_older (self, 4, 19);

  while (known != NULL && *options != '\0')
    {
      gsize length = measure_option (options);
      g_autofree char *word = g_strndup (options, length);

      options += length + (options[length] == ',' ? 1 : 0);
      if (*word == '\0' || g_str_has_prefix (word, "x-") || g_str_has_prefix (word, "X-")
          || g_str_has_prefix (word, "verity.") || is_in (everywhere, word) || is_in (known, word)
          || (old_xfs && g_str_has_suffix (word, "barrier")))
        continue;
      *is_likely = may_be_known (self, word);
      return g_steal_pointer (&word);
    }
  return NULL;
}
