/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line and the initramfs that an installer is started with. */
#include "config.h"
#include "lib/source/install-boot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/cpio-write.h"
#include "lib/base/fd.h"

/* Linux begins each archive of an initramfs at a multiple of this. */
#define ALIGNMENT 4

/* An initramfs is archives one after another: what comes later is laid over what came before. */
gboolean
domuimg_install_boot_append (const DomuimgInstallAnswers *answers, const char *ramdisk, GError **error)
{
  g_autoptr (DomuimgCpioWriter) writer = domuimg_cpio_writer_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_auto (DomuimgFd) fd = open (ramdisk, O_WRONLY | O_CLOEXEC);

  for (guint i = 0; i < answers->files->len; i++)
    {
      const DomuimgInstallFile *file = g_ptr_array_index (answers->files, i);

      if (!domuimg_cpio_writer_add_file (writer, file->name, file->mode, file->content, error))
        return FALSE;
    }
  bytes = domuimg_cpio_writer_finish (writer, error);
  if (bytes == NULL)
    return FALSE;
  return (fd >= 0 && lseek (fd, 0, SEEK_END) >= 0 && domuimg_pad_file (fd, ALIGNMENT)
          && domuimg_write_all (fd, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)))
         || domuimg_set_errno (error, errno, "adding the answers to the initramfs");
}

static const char *
get_text_words (const DomuimgInstallTarget *target, gboolean is_answered)
{
  if (target->kind == DOMUIMG_INSTALLER_ANACONDA)
    return target->is_old ? "text" : "inst.text";
  if (target->kind == DOMUIMG_INSTALLER_YAST)
    return "textmode=1";
  /* What nobody looks at is read as a log. */
  return target->kind == DOMUIMG_INSTALLER_DEBIAN && target->is_fitted && is_answered
             ? "DEBIAN_FRONTEND=text"
             : NULL;
}

static void
add_words (GString *cmdline, const char *words)
{
  if (words != NULL && *words != '\0')
    g_string_append_printf (cmdline, "%s%s", cmdline->len > 0 ? " " : "", words);
}

/* Debian's installer gives what follows "---" to the system that it installs. */
char *
domuimg_install_boot_make_cmdline (const DomuimgInstallTarget *target, const char *origin,
                                   const DomuimgInstallAnswers *answers, const char *extra_args)
{
  g_autofree char *console = g_strconcat ("console=", target->console, NULL);
  GString *cmdline = g_string_new (NULL);

  add_words (cmdline, console);
  add_words (cmdline, origin);
  add_words (cmdline, get_text_words (target, answers != NULL));
  add_words (cmdline, answers != NULL ? answers->words : NULL);
  add_words (cmdline, extra_args);
  if (target->kind == DOMUIMG_INSTALLER_DEBIAN)
    {
      add_words (cmdline, "---");
      add_words (cmdline, console);
    }
  return g_string_free (cmdline, FALSE);
}
