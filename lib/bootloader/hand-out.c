/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a run: the files get their names, and libxl is told. */
#include "config.h"
#include "lib/bootloader/hand-out.h"

char *
domuimg_bootloader_join_args (const char *cmdline, const char *more)
{
  if (more != NULL && *more != '\0' && cmdline != NULL && *cmdline != '\0')
    return g_strconcat (cmdline, " ", more, NULL);
  if (more != NULL && *more != '\0')
    return g_strdup (more);
  return cmdline != NULL && *cmdline != '\0' ? g_strdup (cmdline) : NULL;
}

gboolean
domuimg_bootloader_hand_out (const DomuimgBootloaderOptions *self, DomuimgOutputFile *kernel,
                             DomuimgOutputFile *ramdisk, const char *args,
                             GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) text = NULL;

  if (!domuimg_output_file_name (kernel, self->directory, "boot_kernel", error)
      || (ramdisk != NULL
          && !domuimg_output_file_name (ramdisk, self->directory, "boot_ramdisk", error)))
    return FALSE;
  text = domuimg_output_format (self->format, kernel->path,
                                ramdisk != NULL ? ramdisk->path : NULL, args, error);
  if (text == NULL || g_cancellable_set_error_if_cancelled (cancellable, error)
      || !domuimg_output_write (self->output, text, error))
    return FALSE;
  kernel->kept = TRUE;
  if (ramdisk != NULL)
    ramdisk->kept = TRUE;
  return TRUE;
}
