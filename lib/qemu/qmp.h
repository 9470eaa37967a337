/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/json.h"

/* QEMU's monitor (QMP: a JSON object a line), over a socket that was there before QEMU, so that nobody else
 * can connect to it. */
typedef struct _DomuimgQmp DomuimgQmp;

/* @data: (nullable) what the event tells, such as "reason". */
typedef void (*DomuimgQmpEvent) (const char *name, JsonObject *data, gpointer user_data);

/* @fd is taken. Events come while something is read, in the thread that does. */
DomuimgQmp *domuimg_qmp_new (int fd, DomuimgQmpEvent on_event, gpointer user_data);
void domuimg_qmp_free (DomuimgQmp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgQmp, domuimg_qmp_free)

/* To be polled; -1 once the other end has closed it. */
int domuimg_qmp_get_fd (DomuimgQmp *self);
/* Takes what has come, without waiting. CORRUPT_INPUT for what is not QMP. */
gboolean domuimg_qmp_read (DomuimgQmp *self, GError **error);
/* What @command returns; @arguments: (nullable) (transfer full). TOOL_FAILED with QEMU's words where it
 * refuses, or does not answer in time. */
JsonNode *domuimg_qmp_execute (DomuimgQmp *self, const char *command, JsonObject *arguments,
                               GCancellable *cancellable, GError **error);
