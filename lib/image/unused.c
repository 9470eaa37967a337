/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a conversion need not copy. */
#include "config.h"
#include "lib/image/unused.h"

/* The header of swap space is one page; of the largest that Linux has. */
#define SWAP_HEADER 65536

typedef struct {
  guint64 granularity;
  guint64 offset; /* of the volume in the image */
  DomuimgUnused callback;
  gpointer user_data;
} Report;

static gboolean
report (const Report *self, guint64 start, guint64 end, GError **error)
{
  start = (start + self->granularity - 1) / self->granularity * self->granularity;
  end = end / self->granularity * self->granularity;
  return end <= start || self->callback (start, end - start, self->user_data, error);
}

static gboolean
report_blocks (guint64 start, guint64 length, gpointer data, GError **error)
{
  const Report *self = data;

  return report (self, self->offset + start, self->offset + start + length, error);
}

gboolean
domuimg_image_each_unused (DomuimgImage *self, const DomuimgVolume *volume, guint64 granularity,
                           DomuimgUnused callback, gpointer user_data, GError **error)
{
  Report reported = { granularity, volume->offset, callback, user_data };
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgExtState) state = NULL;

  if (volume->lv != NULL || volume->inside != NULL || volume->fs == NULL)
    return TRUE;
  if (g_str_equal (volume->fs, "swap"))
    return report (&reported, volume->offset + SWAP_HEADER, volume->offset + volume->length, error);
  if (!g_str_has_prefix (volume->fs, "ext"))
    return TRUE;
  state = domuimg_image_get_ext_state (self, volume, error);
  if (state == NULL)
    return FALSE;
  /* What the journal of one that is not clean would make of it is not known. */
  if (!state->clean || state->has_errors)
    return TRUE;
  region = domuimg_image_get_region (self, volume);
  return domuimg_ext_each_unused (region, report_blocks, &reported, error);
}
