/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a qcow2 file, whole by itself. */
#include "config.h"
#include "lib/disk/file.h"

#include "lib/base/exec.h"
#include "lib/image/export.h"

gboolean
domuimg_disk_file_allocate_qcow2 (const char *path, guint64 size, const DomuimgDiskOrigin *origin,
                                  GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");

  /* QEMU would let everybody read the guest's secrets; a file that is there keeps its mode. */
  if (!domuimg_disk_file_allocate_raw (path, 0, NULL, cancellable, error))
    return FALSE;
  domuimg_exec_arg (exec, "create");
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, "qcow2");
  if (origin != NULL)
    {
      domuimg_exec_arg (exec, "-F");
      domuimg_exec_arg (exec, origin->format);
      domuimg_exec_arg (exec, "-b");
      domuimg_exec_arg (exec, origin->backing);
    }
  domuimg_exec_arg (exec, path);
  if (origin == NULL)
    domuimg_exec_argf (exec, "%" G_GUINT64_FORMAT, size);
  return domuimg_exec_run (exec, cancellable, error);
}

char *
domuimg_disk_file_to_qcow2_node (const char *path)
{
  return domuimg_file_to_node (path, "qcow2");
}

const DomuimgDiskKind domuimg_disk_kind_qcow2 = {
  .name = "qcow2",
  .storage = "file",
  .format = "qcow2",
  .suffix = "qcow2",
  .describe = domuimg_disk_file_describe,
  .check = domuimg_disk_file_check,
  .create = domuimg_disk_file_create,
  .allocate = domuimg_disk_file_allocate_qcow2,
  .to_node = domuimg_disk_file_to_qcow2_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
