/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that grow as far as there is memory. */
#include "config.h"
#include "lib/base/buffer.h"

gboolean
domuimg_buffer_reserve (DomuimgBuffer *self, gsize room, const char *name, GError **error)
{
  gsize wanted = self->length + room + 1;
  guint8 *data;

  if (wanted <= self->allocated)
    return TRUE;
  wanted = MAX (wanted, self->allocated * 2);
  data = g_try_realloc (self->data, wanted);
  if (data == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED,
                         "%s: there is too little memory to read it: %" G_GSIZE_FORMAT
                         " MiB more are needed",
                         name, (wanted - self->allocated) >> 20);
  self->data = data;
  self->allocated = wanted;
  return TRUE;
}

guint8 *
domuimg_buffer_steal (DomuimgBuffer *self, gsize *length)
{
  guint8 *data = g_realloc (g_steal_pointer (&self->data), self->length + 1);

  data[self->length] = 0;
  if (length != NULL)
    *length = self->length;
  self->length = self->allocated = 0;
  return data;
}

void
domuimg_buffer_clear (DomuimgBuffer *self)
{
  g_clear_pointer (&self->data, g_free);
  self->length = self->allocated = 0;
}
