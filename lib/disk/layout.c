/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a disk is divided: the table of layouts, and where their parts lie. */
#include "config.h"
#include "lib/disk/layout.h"

#define BLOCK ((guint64) 4096)

const DomuimgLayout domuimg_layout_none = { .step = BLOCK, .max_parts = 1 };

const DomuimgLayout *
domuimg_layout_find (DomuimgLayoutKind kind)
{
  if (kind == DOMUIMG_LAYOUT_GPT)
    return &domuimg_layout_gpt;
  return kind == DOMUIMG_LAYOUT_MBR ? &domuimg_layout_mbr : &domuimg_layout_none;
}

void
domuimg_part_free (DomuimgPart *self)
{
  g_free (self->fs);
  g_free (self->uuid);
  g_free (self->part_uuid);
  g_free (self->mount);
  g_free (self->label);
  g_free (self->features);
  g_free (self);
}

guint64
domuimg_layout_round_size (const DomuimgLayout *self, guint64 size)
{
  return size / self->step * self->step;
}

static guint64
round_up (const DomuimgLayout *self, guint64 size)
{
  return domuimg_layout_round_size (self, size + self->step - 1);
}

guint64
domuimg_layout_add_up (const DomuimgLayout *self, const GPtrArray *parts, guint64 rest)
{
  guint64 sum = self->head + self->tail;

  for (guint i = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);

      sum += round_up (self, part->size > 0 ? part->size : rest);
    }
  return sum;
}

gboolean
domuimg_layout_place (const DomuimgLayout *self, const GPtrArray *parts, guint64 size,
                      DomuimgExtent *extents)
{
  guint64 fixed = domuimg_layout_add_up (self, parts, 0);
  guint64 whole = domuimg_layout_round_size (self, size);
  guint64 at = self->head;

  if (whole <= fixed)
    return FALSE;
  for (guint i = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);

      extents[i].offset = at;
      extents[i].length = part->size > 0 ? round_up (self, part->size) : whole - fixed;
      at += extents[i].length;
    }
  return TRUE;
}
