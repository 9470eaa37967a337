/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/archive/xva-xxh64.h"

#include <string.h>

/* doc/xxhash_spec.md of xxHash. */

#define STRIPE 32
#define PRIME_1 0x9e3779b185ebca87ULL
#define PRIME_2 0xc2b2ae3d27d4eb4fULL
#define PRIME_3 0x165667b19e3779f9ULL
#define PRIME_4 0x85ebca77c2b2ae63ULL
#define PRIME_5 0x27d4eb2f165667c5ULL

static guint64
rotate (guint64 value, guint bits)
{
  return value << bits | value >> (64 - bits);
}

static guint64
get64 (const guint8 *at)
{
  guint64 value;

  memcpy (&value, at, sizeof value);
  return GUINT64_FROM_LE (value);
}

static guint32
get32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
mix (guint64 lane, guint64 input)
{
  return rotate (lane + input * PRIME_2, 31) * PRIME_1;
}

static void
take_stripe (DomuimgXxh64 *self, const guint8 *stripe)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->lanes); i++)
    self->lanes[i] = mix (self->lanes[i], get64 (stripe + 8 * i));
}

void
domuimg_xxh64_init (DomuimgXxh64 *self)
{
  *self = (DomuimgXxh64){ .lanes = { PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1 } };
}

void
domuimg_xxh64_update (DomuimgXxh64 *self, const void *data, gsize length)
{
  const guint8 *at = data;

  while (length > 0)
    {
      gsize filled = self->total % STRIPE;
      gsize now = MIN (length, STRIPE - filled);

      if (now == STRIPE)
        take_stripe (self, at);
      else
        {
          memcpy (self->rest + filled, at, now);
          if (filled + now == STRIPE)
            take_stripe (self, self->rest);
        }
      self->total += now;
      at += now;
      length -= now;
    }
}

static guint64
merge_lanes (const DomuimgXxh64 *self)
{
  static const guint bits[] = { 1, 7, 12, 18 };
  guint64 hash = 0;

  if (self->total < STRIPE)
    return PRIME_5;
  for (guint i = 0; i < G_N_ELEMENTS (bits); i++)
    hash += rotate (self->lanes[i], bits[i]);
  for (guint i = 0; i < G_N_ELEMENTS (bits); i++)
    hash = (hash ^ mix (0, self->lanes[i])) * PRIME_1 + PRIME_4;
  return hash;
}

char *
domuimg_xxh64_finish (DomuimgXxh64 *self)
{
  guint64 hash = merge_lanes (self) + self->total;
  const guint8 *at = self->rest;
  const guint8 *end = at + self->total % STRIPE;

  for (; end - at >= 8; at += 8)
    hash = rotate (hash ^ mix (0, get64 (at)), 27) * PRIME_1 + PRIME_4;
  for (; end - at >= 4; at += 4)
    hash = rotate (hash ^ get32 (at) * PRIME_1, 23) * PRIME_2 + PRIME_3;
  for (; at < end; at++)
    hash = rotate (hash ^ *at * PRIME_5, 11) * PRIME_1;
  hash = (hash ^ hash >> 33) * PRIME_2;
  hash = (hash ^ hash >> 29) * PRIME_3;
  return g_strdup_printf ("%016" G_GINT64_MODIFIER "X", hash ^ hash >> 32);
}
