/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams the files of a container image, layer after layer, and verifies the layers meanwhile. */
#include "config.h"
#include "lib/source/oci-layers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/checksum.h"
#include "lib/source/oci-layout.h"
#include "lib/source/tar.h"
#include "lib/source/whiteout.h"

#define PIECE (256 * 1024)

struct _DomuimgOciLayers {
  GObject parent_instance;

  const DomuimgOciImage *image;
  DomuimgOciMerge *merge;
  guint layer; /* the next one */
  guint index; /* of the next entry in it */
  int fd;
  GChecksum *checksum;
  DomuimgStream *tar; /* (nullable) between layers */
  DomuimgEntry *entry;
  GPtrArray *links; /* (nullable) (element-type utf8) further names of the last file, ... */
  guint next_link;
  guint64 done, total; /* bytes of layers */
};

static void domuimg_oci_layers_stream_init (DomuimgStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgOciLayers, domuimg_oci_layers, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_STREAM,
                                                      domuimg_oci_layers_stream_init))

static void
close_layer (DomuimgOciLayers *self)
{
  g_clear_object (&self->tar);
  g_clear_pointer (&self->checksum, g_checksum_free);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

static void
domuimg_oci_layers_finalize (GObject *object)
{
  DomuimgOciLayers *self = DOMUIMG_OCI_LAYERS (object);

  close_layer (self);
  g_clear_pointer (&self->entry, domuimg_entry_free);
  g_clear_pointer (&self->links, g_ptr_array_unref);
  G_OBJECT_CLASS (domuimg_oci_layers_parent_class)->finalize (object);
}

static void
domuimg_oci_layers_class_init (DomuimgOciLayersClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_oci_layers_finalize;
}

static void
domuimg_oci_layers_init (DomuimgOciLayers *self)
{
  self->fd = -1;
}

static int
open_layer_file (const DomuimgOciLayer *layer, GError **error)
{
  int fd = open (layer->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0)
    domuimg_set_errno (error, errno, "%s", layer->name);
  return fd;
}

static DomuimgStream *
open_tar (int fd, const DomuimgOciLayer *layer, DomuimgTarTee tee, gpointer tee_data, GError **error)
{
  DomuimgStream *tar = domuimg_tar_new (fd, layer->name, tee, tee_data, error);

  if (tar != NULL)
    domuimg_tar_set_layer (DOMUIMG_TAR (tar));
  return tar;
}

static gboolean
fail_digest (const DomuimgOciLayer *layer, GError **error)
{
  g_clear_error (error);
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: its digest does not match: these are not the bytes that the image's manifest names;"
                       " get the image again",
                       layer->name);
}

/* What cannot be read as a layer may be another file altogether, which says more. */
static gboolean
explain (int fd, const DomuimgOciLayer *layer, GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (domuimg_oci_digest_type (layer->digest));
  g_autoptr (GError) unread = NULL;
  guint64 length;

  if (error != NULL && g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT)
      && domuimg_checksum_add_fd (checksum, fd, layer->name, &length, cancellable, &unread)
      && !g_str_equal (g_checksum_get_string (checksum), strchr (layer->digest, ':') + 1))
    fail_digest (layer, error);
  return FALSE;
}

static gboolean
merge_entries (DomuimgOciMerge *merge, DomuimgStream *tar, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;
  const DomuimgEntry *entry;

  while ((entry = domuimg_stream_next (tar, cancellable, &local)) != NULL)
    {
      DomuimgUsage usage = { 0 };

      domuimg_usage_add (&usage, entry, domuimg_stream_get_ranges (tar));
      if (!domuimg_oci_merge_add (merge, entry, usage.data_bytes, usage.other_bytes, error))
        return FALSE;
    }
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
merge_layer (DomuimgOciMerge *merge, const DomuimgOciLayer *layer, GCancellable *cancellable,
             GError **error)
{
  int fd = open_layer_file (layer, error);
  g_autoptr (DomuimgStream) tar = fd >= 0 ? open_tar (fd, layer, NULL, NULL, error) : NULL;
  gboolean ok;

  domuimg_oci_merge_begin (merge, layer->name);
  ok = tar != NULL && merge_entries (merge, tar, cancellable, error)
       && domuimg_oci_merge_end (merge, error);
  if (!ok && fd >= 0)
    explain (fd, layer, cancellable, error);
  if (fd >= 0)
    close (fd);
  return ok;
}

DomuimgOciMerge *
domuimg_oci_layers_merge (const DomuimgOciImage *image, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgOciMerge) merge = domuimg_oci_merge_new ();

  for (guint i = 0; i < image->layers->len; i++)
    if (!merge_layer (merge, g_ptr_array_index (image->layers, i), cancellable, error))
      return NULL;
  return g_steal_pointer (&merge);
}

DomuimgStream *
domuimg_oci_layers_new (const DomuimgOciImage *image, DomuimgOciMerge *merge)
{
  DomuimgOciLayers *self = g_object_new (DOMUIMG_TYPE_OCI_LAYERS, NULL);

  self->image = image;
  self->merge = merge;
  for (guint i = 0; i < image->layers->len; i++)
    self->total += ((DomuimgOciLayer *) g_ptr_array_index (image->layers, i))->size;
  return DOMUIMG_STREAM (self);
}

static gboolean
hash (const void *data, gsize length, gpointer user_data, GError **error)
{
  g_checksum_update (user_data, data, length);
  return TRUE;
}

static gboolean
open_layer (DomuimgOciLayers *self, GError **error)
{
  const DomuimgOciLayer *layer = g_ptr_array_index (self->image->layers, self->layer);

  self->fd = open_layer_file (layer, error);
  if (self->fd < 0)
    return FALSE;
  self->checksum = g_checksum_new (domuimg_oci_digest_type (layer->digest));
  self->index = 0;
  self->tar = open_tar (self->fd, layer, hash, self->checksum, error);
  return self->tar != NULL;
}

/* An unpacker may stop before the file does. */
static gboolean
hash_rest (DomuimgOciLayers *self, const DomuimgOciLayer *layer, GError **error)
{
  g_autofree guchar *buffer = g_malloc (PIECE);
  gssize length;

  while ((length = TEMP_FAILURE_RETRY (read (self->fd, buffer, PIECE))) > 0)
    g_checksum_update (self->checksum, buffer, length);
  return length == 0 || domuimg_set_errno (error, errno, "%s", layer->name);
}

static gboolean
end_layer (DomuimgOciLayers *self, GError **error)
{
  const DomuimgOciLayer *layer = g_ptr_array_index (self->image->layers, self->layer);

  if (!hash_rest (self, layer, error))
    return FALSE;
  if (!g_str_equal (g_checksum_get_string (self->checksum), strchr (layer->digest, ':') + 1))
    return fail_digest (layer, error);
  close_layer (self);
  self->done += layer->size;
  self->layer++;
  return TRUE;
}

static const DomuimgEntry *
make_entry (DomuimgOciLayers *self, const DomuimgEntry *entry, GPtrArray *names)
{
  self->entry = domuimg_entry_copy (entry);
  g_free (self->entry->path);
  self->entry->path = g_strdup (names->pdata[0]);
  if (domuimg_whiteout_has_xattrs (self->entry))
    domuimg_whiteout_drop_xattrs (self->entry);
  self->links = names;
  self->next_link = 1;
  return self->entry;
}

static const DomuimgEntry *
make_link (DomuimgOciLayers *self)
{
  g_clear_pointer (&self->entry, domuimg_entry_free);
  self->entry = domuimg_entry_new (self->links->pdata[self->next_link++], DOMUIMG_ENTRY_HARD_LINK, 0644);
  self->entry->target = g_strdup (self->links->pdata[0]);
  return self->entry;
}

/* The next entry of this layer that the guest has; NULL without an error at the layer's end. */
static const DomuimgEntry *
next_of_layer (DomuimgOciLayers *self, GCancellable *cancellable, GError **error)
{
  const DomuimgEntry *entry;

  while ((entry = domuimg_stream_next (self->tar, cancellable, error)) != NULL)
    {
      GPtrArray *names = domuimg_oci_merge_list_names (self->merge, self->layer, self->index++);

      if (names != NULL && entry->type != DOMUIMG_ENTRY_HARD_LINK)
        return make_entry (self, entry, names);
      g_clear_pointer (&names, g_ptr_array_unref);
    }
  return NULL;
}

static const DomuimgEntry *
domuimg_oci_layers_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgOciLayers *self = DOMUIMG_OCI_LAYERS (stream);
  g_autoptr (GError) local = NULL;

  if (self->links != NULL && self->next_link < self->links->len)
    return make_link (self);
  g_clear_pointer (&self->links, g_ptr_array_unref);
  g_clear_pointer (&self->entry, domuimg_entry_free);
  while (self->layer < self->image->layers->len)
    {
      const DomuimgEntry *entry = NULL;

      if (self->tar == NULL && !open_layer (self, error))
        return NULL;
      entry = next_of_layer (self, cancellable, &local);
      if (entry != NULL)
        return entry;
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      if (!end_layer (self, error))
        return NULL;
    }
  return NULL;
}

static const GArray *
domuimg_oci_layers_get_ranges (DomuimgStream *stream)
{
  DomuimgOciLayers *self = DOMUIMG_OCI_LAYERS (stream);

  return self->next_link == 1 && self->tar != NULL ? domuimg_stream_get_ranges (self->tar) : NULL;
}

static gssize
domuimg_oci_layers_read (DomuimgStream *stream, const void **data, guint64 *offset, GError **error)
{
  return domuimg_stream_read (DOMUIMG_OCI_LAYERS (stream)->tar, data, offset, error);
}

static double
domuimg_oci_layers_get_fraction (DomuimgStream *stream)
{
  DomuimgOciLayers *self = DOMUIMG_OCI_LAYERS (stream);
  double inner = self->tar != NULL ? MAX (domuimg_stream_get_fraction (self->tar), 0) : 0;
  guint64 size = 0;

  if (self->total == 0)
    return 1;
  if (self->layer < self->image->layers->len)
    size = ((DomuimgOciLayer *) g_ptr_array_index (self->image->layers, self->layer))->size;
  return ((double) self->done + inner * (double) size) / (double) self->total;
}

static void
domuimg_oci_layers_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = domuimg_oci_layers_next;
  iface->get_ranges = domuimg_oci_layers_get_ranges;
  iface->read = domuimg_oci_layers_read;
  iface->get_fraction = domuimg_oci_layers_get_fraction;
}
