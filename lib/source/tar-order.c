/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Knows which names of an archive have come, which come twice, and which hard links wait. */
#include "config.h"
#include "lib/source/tar-order.h"

#define BLOCK 4096
/* Links of links of links: more are not followed. */
#define HOPS_MAX 64

/* What is kept of a name in a pointer: these bits, and above them the blocks of a file, or what a
 * hard link leads to. */
#define SEEN 1
#define DIRECTORY 2
#define LINK 4
#define ABOVE 3

struct _DomuimgTarOrder {
  GHashTable *seen;    /* number of a name → what is kept of it */
  GHashTable *waiting; /* path of a hard link → its target */
  GPtrArray *order;    /* of char *, paths that waited at some time */
  guint next;          /* in @order */
  char *first_repeat;
  guint64 repeats;
  guint64 replaced; /* blocks */
};

DomuimgTarOrder *
domuimg_tar_order_new (void)
{
  DomuimgTarOrder *self = g_new0 (DomuimgTarOrder, 1);

  self->seen = g_hash_table_new (NULL, NULL);
  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->order = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
domuimg_tar_order_free (DomuimgTarOrder *self)
{
  g_hash_table_unref (self->seen);
  g_hash_table_unref (self->waiting);
  g_ptr_array_unref (self->order);
  g_free (self->first_repeat);
  g_free (self);
}

/* FNV-1a. Who makes two names with one number only gets a wrong message. */
static gsize
number_of (const char *path)
{
  guint64 hash = 0xcbf29ce484222325u;

  for (; *path != '\0'; path++)
    hash = (hash ^ (guchar) *path) * 0x100000001b3u;
  return (gsize) hash;
}

static gsize
look_up (DomuimgTarOrder *self, gsize number)
{
  return GPOINTER_TO_SIZE (g_hash_table_lookup (self->seen, GSIZE_TO_POINTER (number)));
}

static void
remember (DomuimgTarOrder *self, gsize number, gsize what)
{
  g_hash_table_insert (self->seen, GSIZE_TO_POINTER (number), GSIZE_TO_POINTER (what));
}

static gsize
describe (const DomuimgEntry *entry)
{
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    return SEEN | DIRECTORY;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    return SEEN | LINK | number_of (entry->target) << ABOVE;
  return SEEN | (gsize) ((entry->allocated + BLOCK - 1) / BLOCK) << ABOVE;
}

/* Archives of overlapping arguments have directories twice, and hard links to what they lead to
 * already: that changes nothing. */
static void
note_repeat (DomuimgTarOrder *self, const DomuimgEntry *entry, gsize old, gsize new)
{
  if ((old & new & DIRECTORY) != 0 || ((old & LINK) != 0 && old == new))
    return;
  if ((old & (DIRECTORY | LINK)) == 0)
    self->replaced += old >> ABOVE;
  self->repeats++;
  if (self->first_repeat == NULL)
    self->first_repeat = g_strdup (entry->path);
}

/* What has several names stays when one of them is replaced. */
static void
keep_target (DomuimgTarOrder *self, gsize target)
{
  remember (self, target, look_up (self, target) & (SEEN | DIRECTORY));
}

gboolean
domuimg_tar_order_take (DomuimgTarOrder *self, const DomuimgEntry *entry)
{
  gsize number = number_of (entry->path);
  gsize old = look_up (self, number), new = describe (entry);
  gboolean is_link = entry->type == DOMUIMG_ENTRY_HARD_LINK;

  if (g_hash_table_size (self->waiting) > 0)
    g_hash_table_remove (self->waiting, entry->path);
  if (is_link && old != 0 && g_str_equal (entry->target, entry->path))
    return FALSE;
  if (is_link && look_up (self, number_of (entry->target)) == 0)
    {
      g_hash_table_insert (self->waiting, g_strdup (entry->path), g_strdup (entry->target));
      g_ptr_array_add (self->order, g_strdup (entry->path));
      return FALSE;
    }
  if (is_link)
    keep_target (self, number_of (entry->target));
  if (old != 0)
    note_repeat (self, entry, old, new);
  remember (self, number, new);
  return TRUE;
}

/* What is at the end of @target, where that is a hard link which waits, too; NULL for nothing. */
static const char *
follow (DomuimgTarOrder *self, const char *target)
{
  for (guint hops = 0; target != NULL && hops < HOPS_MAX; hops++)
    {
      if (look_up (self, number_of (target)) != 0)
        return target;
      target = g_hash_table_lookup (self->waiting, target);
    }
  return NULL;
}

static DomuimgEntry *
make_link (DomuimgTarOrder *self, const char *name, const char *path, const char *wanted,
           GError **error)
{
  const char *target = follow (self, wanted);
  DomuimgEntry *entry;

  if (target == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                    "%s: /%s is a hard link to “%s”, which is not in the archive; put that into"
                    " it, too",
                    name, path, wanted);
      return NULL;
    }
  entry = domuimg_entry_new (path, DOMUIMG_ENTRY_HARD_LINK, 0644);
  entry->target = g_strdup (target);
  return entry;
}

DomuimgEntry *
domuimg_tar_order_next_link (DomuimgTarOrder *self, const char *name, GError **error)
{
  while (self->next < self->order->len)
    {
      const char *path = g_ptr_array_index (self->order, self->next++);
      const char *wanted = g_hash_table_lookup (self->waiting, path);
      DomuimgEntry *entry;

      if (wanted == NULL)
        continue;
      entry = make_link (self, name, path, wanted, error);
      if (entry == NULL)
        return NULL;
      remember (self, number_of (path), describe (entry));
      g_hash_table_remove (self->waiting, path);
      return entry;
    }
  return NULL;
}

const char *
domuimg_tar_order_get_repeat (DomuimgTarOrder *self, guint64 *count)
{
  *count = self->repeats;
  return self->first_repeat;
}

guint64
domuimg_tar_order_get_replaced (DomuimgTarOrder *self)
{
  return self->replaced * BLOCK;
}
