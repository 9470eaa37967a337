/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream that leaves out a container layer's marks, and shifts owners back. */
#include "config.h"
#include "lib/source/root-filter.h"

#include "lib/source/owners.h"
#include "lib/source/whiteout.h"

/* Something that was seen, and how often. */
typedef struct {
  char *first; /* (nullable) its path */
  guint64 count;
} Seen;

struct _DomuimgRootFilter {
  GObject parent_instance;

  DomuimgStream *inner;
  DomuimgEntry *changed; /* (nullable) the current entry, where it is not the inner one */
  gboolean is_shifting;
  DomuimgRootOwner base;  /* of shifting */
  DomuimgRootOwner owner; /* that was seen */
  gboolean is_owner_of_root;
  Seen whiteouts;
  Seen others; /* owners that are below what is shifted */
};

static void domuimg_root_filter_stream_init (DomuimgStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgRootFilter, domuimg_root_filter, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_STREAM,
                                                      domuimg_root_filter_stream_init))

static void
domuimg_root_filter_finalize (GObject *object)
{
  DomuimgRootFilter *self = DOMUIMG_ROOT_FILTER (object);

  g_clear_pointer (&self->changed, domuimg_entry_free);
  g_clear_object (&self->inner);
  g_free (self->whiteouts.first);
  g_free (self->others.first);
  G_OBJECT_CLASS (domuimg_root_filter_parent_class)->finalize (object);
}

static void
domuimg_root_filter_class_init (DomuimgRootFilterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_root_filter_finalize;
}

static void
domuimg_root_filter_init (DomuimgRootFilter *self)
{
}

DomuimgRootFilter *
domuimg_root_filter_new (DomuimgStream *inner)
{
  DomuimgRootFilter *self = g_object_new (DOMUIMG_TYPE_ROOT_FILTER, NULL);

  self->inner = g_object_ref (inner);
  return self;
}

void
domuimg_root_filter_shift (DomuimgRootFilter *self, const DomuimgRootOwner *owner)
{
  self->is_shifting = TRUE;
  self->base = *owner;
}

const DomuimgRootOwner *
domuimg_root_filter_get_owner (DomuimgRootFilter *self)
{
  return &self->owner;
}

static void
note (Seen *seen, const char *path)
{
  if (seen->first == NULL)
    seen->first = g_strdup (path);
  seen->count++;
}

static void
look_at_owner (DomuimgRootFilter *self, const DomuimgEntry *entry)
{
  gboolean is_root = *entry->path == '\0';

  if (entry->type == DOMUIMG_ENTRY_HARD_LINK || self->is_owner_of_root
      || (self->owner.is_known && !is_root))
    return;
  self->owner = (DomuimgRootOwner){ TRUE, entry->uid, entry->gid };
  self->is_owner_of_root = is_root;
}

static const DomuimgEntry *
change (DomuimgRootFilter *self, const DomuimgEntry *entry)
{
  gboolean has_xattrs = domuimg_whiteout_has_xattrs (entry);

  if (self->is_shifting && !self->base.is_known)
    self->base = self->owner;
  if (!has_xattrs && !self->is_shifting)
    return entry;
  self->changed = domuimg_entry_copy (entry);
  if (has_xattrs)
    domuimg_whiteout_drop_xattrs (self->changed);
  if (self->is_shifting && !domuimg_owners_shift (self->changed, self->base.uid, self->base.gid)
      && entry->type != DOMUIMG_ENTRY_HARD_LINK)
    note (&self->others, entry->path);
  return self->changed;
}

static const DomuimgEntry *
root_filter_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgRootFilter *self = DOMUIMG_ROOT_FILTER (stream);
  const DomuimgEntry *entry;

  g_clear_pointer (&self->changed, domuimg_entry_free);
  while ((entry = domuimg_stream_next (self->inner, cancellable, error)) != NULL)
    {
      if (!domuimg_whiteout_is (entry))
        break;
      note (&self->whiteouts, entry->path);
    }
  if (entry == NULL)
    return NULL;
  look_at_owner (self, entry);
  return change (self, entry);
}

static DomuimgStream *
root_filter_get_inner (DomuimgStream *stream)
{
  return DOMUIMG_ROOT_FILTER (stream)->inner;
}

static void
domuimg_root_filter_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = root_filter_next;
  iface->get_inner = root_filter_get_inner;
}

static void
tell_of_shift (DomuimgRootFilter *self, GPtrArray *warnings)
{
  if (self->base.is_known && self->base.uid == 0 && self->base.gid == 0)
    g_ptr_array_add (warnings, g_strdup ("--shift-owners changed nothing: the root belongs to user 0"
                                         " and group 0 already"));
  else if (self->others.count > 0)
    g_ptr_array_add (warnings,
                     g_strdup_printf ("%" G_GUINT64_FORMAT " files belong to users or groups below"
                                      " %u:%u and keep them, such as /%s",
                                      self->others.count, self->base.uid, self->base.gid,
                                      self->others.first));
}

void
domuimg_root_filter_tell (DomuimgRootFilter *self, GPtrArray *warnings)
{
  if (self->whiteouts.count > 0)
    g_ptr_array_add (warnings,
                     g_strdup_printf ("this is a layer of a container image: %" G_GUINT64_FORMAT
                                      " of its files are whiteouts, marks of what other layers"
                                      " have and it deletes, such as /%s, and were left out",
                                      self->whiteouts.count, self->whiteouts.first));
  if (self->is_shifting)
    tell_of_shift (self, warnings);
}
