/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks and resizes ext filesystems by the programs of e2fsprogs. */
#include "config.h"
#include "lib/fs/ext/tools.h"

#include <string.h>

#include "lib/base/bytes.h"

#define KIB ((guint64) 1024)
#define SUPERBLOCK 1024
#define LOG_BLOCK_SIZE 0x18

/* Inside an image they work by libext2fs's "IMAGE?offset=N" (ext2fs_open2 in its manual). */
static void
add_region (DomuimgExec *exec, const DomuimgRegion *region)
{
  g_autofree char *path = domuimg_exec_pass_fd (exec, region->fd);

  domuimg_exec_argf (exec, "%s?offset=%" G_GUINT64_FORMAT, path, region->offset);
}

gboolean
domuimg_ext_run_tool (DomuimgExec *exec, const DomuimgRegion *region, const char *last,
                      GCancellable *cancellable, GError **error)
{
  add_region (exec, region);
  if (last != NULL)
    domuimg_exec_arg (exec, last);
  if (domuimg_exec_run (exec, cancellable, error))
    return TRUE;
  g_prefix_error (error, "%s: ", region->name);
  return FALSE;
}

static gboolean
run_e2fsck (const char *mode, const DomuimgRegion *region, GCancellable *cancellable,
            GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("e2fsck");

  domuimg_exec_arg (exec, mode);
  return domuimg_ext_run_tool (exec, region, NULL, cancellable, error);
}

gboolean
domuimg_ext_fsck (const DomuimgRegion *region, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;

  /* Its status is 1 where it mended something, so it is asked again. */
  if (run_e2fsck ("-fp", region, cancellable, &local))
    return TRUE;
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return run_e2fsck ("-fn", region, cancellable, error);
}

gboolean
domuimg_ext_resize (const DomuimgRegion *region, guint64 size, GCancellable *cancellable,
                    GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("resize2fs");
  g_autofree char *kib = g_strdup_printf ("%" G_GUINT64_FORMAT "K", size / KIB);

  return domuimg_ext_fsck (region, cancellable, error)
         && domuimg_ext_run_tool (exec, region, kib, cancellable, error)
         /* What it could not write, resize2fs does not always say. */
         && run_e2fsck ("-fn", region, cancellable, error);
}

/* "Estimated minimum size of the filesystem: 24337" */
static gboolean
parse_blocks (GBytes *output, guint64 *blocks)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  const char *colon = strrchr (text, ':');

  return colon != NULL
         && g_ascii_string_to_unsigned (g_strstrip ((char *) colon + 1), 10, 1, G_MAXUINT32 * KIB,
                                        blocks, NULL);
}

gboolean
domuimg_ext_get_least_size (const DomuimgRegion *region, guint64 *size, GCancellable *cancellable,
                            GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("resize2fs");
  g_autoptr (GBytes) output = NULL;
  guint8 super[SUPERBLOCK];
  guint32 shift = 0;
  guint64 blocks;

  domuimg_exec_arg (exec, "-P");
  add_region (exec, region);
  output = domuimg_exec_output (exec, cancellable, error);
  if (output == NULL)
    {
      g_prefix_error (error, "%s: ", region->name);
      return FALSE;
    }
  if (domuimg_region_read (region, SUPERBLOCK, super, sizeof super) != sizeof super
      || !domuimg_bytes_le32 (domuimg_bytes (super, sizeof super), LOG_BLOCK_SIZE, &shift)
      || shift > 6 || !parse_blocks (output, &blocks))
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED,
                         "%s: resize2fs does not say how small it can become", region->name);
  *size = blocks << (10 + shift);
  return TRUE;
}
