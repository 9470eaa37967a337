/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a disk is divided: the table of layouts, and where their parts lie. */
#include "config.h"
#include "lib/disk/layout.h"

#include "lib/image/luks.h"

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
  g_free (self->lv);
  g_free (self->group);
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

static guint64
step_inside (const DomuimgPart *holder)
{
  return holder->group != NULL ? DOMUIMG_LVM_EXTENT : BLOCK;
}

/* Bytes of a holder of @parts. */
static guint64
add_up_inside (const GPtrArray *parts, const DomuimgPart *holder, guint64 rest)
{
  guint64 step = step_inside (holder);
  guint64 sum = (holder->is_encrypted ? DOMUIMG_LUKS_HEAD : 0)
                + (holder->group != NULL ? DOMUIMG_LVM_HEAD : 0);

  for (guint i = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);

      if (part->is_inside)
        sum += ((part->size > 0 ? part->size : rest) + step - 1) / step * step;
    }
  return sum;
}

guint64
domuimg_layout_add_up (const DomuimgLayout *self, const GPtrArray *parts, guint64 rest)
{
  guint64 sum = self->head + self->tail;

  for (guint i = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);
      guint64 least = part->role == DOMUIMG_PART_HOLDER ? add_up_inside (parts, part, rest) : rest;

      if (!part->is_inside)
        sum += round_up (self, part->size > 0 ? part->size : least);
    }
  return sum;
}

/* One behind another; the one without a size takes what is left. */
static gboolean
place_inside (const GPtrArray *parts, const DomuimgPart *holder, guint64 length,
              DomuimgExtent *extents)
{
  guint64 fixed = add_up_inside (parts, holder, 0);
  guint64 at = holder->group != NULL ? DOMUIMG_LVM_HEAD : 0;
  guint64 step = step_inside (holder);

  if (length < fixed + step)
    return FALSE;
  for (guint i = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);

      if (!part->is_inside)
        continue;
      extents[i].offset = at;
      extents[i].length = (part->size > 0 ? part->size + step - 1 : length - fixed) / step * step;
      at += extents[i].length;
    }
  return TRUE;
}

gboolean
domuimg_layout_place (const DomuimgLayout *self, const GPtrArray *parts, guint64 size,
                      DomuimgExtent *extents)
{
  guint64 fixed = domuimg_layout_add_up (self, parts, 0);
  guint64 whole = domuimg_layout_round_size (self, size);
  guint64 at = self->head;
  gboolean ok = whole > fixed;

  for (guint i = 0; ok && i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);

      if (part->is_inside)
        continue;
      extents[i].offset = at;
      extents[i].length = part->size > 0 ? round_up (self, part->size)
                                         : whole - self->tail - at;
      at += extents[i].length;
      if (part->role == DOMUIMG_PART_HOLDER)
        ok = place_inside (parts, part, extents[i].length, extents);
    }
  return ok;
}
