/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Makes an archive of cpio's newc format, as Linux unpacks one (see cpio.h), of root's files. */
typedef struct _DomuimgCpioWriter DomuimgCpioWriter;

DomuimgCpioWriter *domuimg_cpio_writer_new (void);
void domuimg_cpio_writer_free (DomuimgCpioWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCpioWriter, domuimg_cpio_writer_free)

/* Paths are relative. Parents are added where they have not been: Linux makes none by itself. */
gboolean domuimg_cpio_writer_add_file (DomuimgCpioWriter *self, const char *path, guint mode,
                                       GBytes *content, GError **error);
gboolean domuimg_cpio_writer_add_symlink (DomuimgCpioWriter *self, const char *path,
                                          const char *target, GError **error);
/* The archive; its length is a multiple of 512, so that another may follow. */
GBytes *domuimg_cpio_writer_finish (DomuimgCpioWriter *self, GError **error);
