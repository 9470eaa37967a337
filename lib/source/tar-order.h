/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* The order of the names in an archive, where it is not that of a copy: names that come twice, of
 * which the last one counts, as for tar -x, and hard links that come before their target. A name is
 * remembered as a number of 64 bits. */
typedef struct _DomuimgTarOrder DomuimgTarOrder;

DomuimgTarOrder *domuimg_tar_order_new (void);
void domuimg_tar_order_free (DomuimgTarOrder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgTarOrder, domuimg_tar_order_free)

/* The next entry of the archive. FALSE: nothing is to be written now. */
gboolean domuimg_tar_order_take (DomuimgTarOrder *self, const DomuimgEntry *entry);
/* Once the archive has ended: the next hard link that had to wait (transfer full), NULL without an
 * error after the last. @name: of the archive, for messages. */
DomuimgEntry *domuimg_tar_order_next_link (DomuimgTarOrder *self, const char *name, GError **error);
/* (nullable) The first name that came twice, and not as a directory both times; *@count of them. */
const char *domuimg_tar_order_get_repeat (DomuimgTarOrder *self, guint64 *count);
/* Bytes of files that were replaced by later ones, each rounded up to 4096: never more than that. */
guint64 domuimg_tar_order_get_replaced (DomuimgTarOrder *self);
