/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which Linux reads what nothing here reads by itself. */
#include "config.h"
#include "lib/fs/appliance.h"

#include "lib/fs/guestfs/tree.h"
#include "lib/fs/uml/machine.h"

struct _DomuimgAppliance {
  gatomicrefcount references;
  char *path;            /* (nullable) of the image: this or @region */
  DomuimgRegion *region; /* (nullable) a raw disk */
  DomuimgGuestfs *guestfs;
  DomuimgUml *uml;  /* (nullable) */
  gboolean decided; /* what it is */
};

static DomuimgAppliance *
appliance_new (DomuimgGuestfs *guestfs)
{
  DomuimgAppliance *self = g_new0 (DomuimgAppliance, 1);

  g_atomic_ref_count_init (&self->references);
  self->guestfs = guestfs;
  return self;
}

DomuimgAppliance *
domuimg_appliance_new (const char *path, const char *format)
{
  DomuimgAppliance *self = appliance_new (domuimg_guestfs_new (path, format));

  if (g_str_equal (format, "raw"))
    self->path = g_strdup (path);
  return self;
}

DomuimgAppliance *
domuimg_appliance_new_for_region (DomuimgRegion *region, const char *directory)
{
  DomuimgAppliance *self = appliance_new (domuimg_guestfs_new_for_region (region, directory));

  self->region = domuimg_region_ref (region);
  return self;
}

void
domuimg_appliance_set_region (DomuimgAppliance *self, DomuimgRegion *region)
{
  g_clear_pointer (&self->region, domuimg_region_unref);
  self->region = domuimg_region_ref (region);
}

DomuimgAppliance *
domuimg_appliance_ref (DomuimgAppliance *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

void
domuimg_appliance_unref (DomuimgAppliance *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_clear_pointer (&self->uml, domuimg_uml_free);
  domuimg_guestfs_unref (self->guestfs);
  g_clear_pointer (&self->region, domuimg_region_unref);
  g_free (self->path);
  g_free (self);
}

/* NULL where it is libguestfs. */
static DomuimgUml *
get_uml (DomuimgAppliance *self)
{
  g_autofree char *why_not = NULL;

  if (self->decided)
    return self->uml;
  self->decided = TRUE;
  if (!domuimg_uml_is_possible (&why_not))
    return NULL;
  if (self->region == NULL && self->path != NULL)
    self->region = domuimg_region_open (self->path, FALSE, NULL);
  if (self->region != NULL)
    self->uml = domuimg_uml_new (self->region);
  return self->uml;
}

/* Where User-mode Linux cannot do it, for other reasons than what is on the disk, the rest is
 * libguestfs's: unless the first has something mounted, since two must not have it. */
static gboolean
change_over (DomuimgAppliance *self, const GError *why)
{
  if (why == NULL || why->domain != DOMUIMG_ERROR || domuimg_uml_is_in_use (self->uml)
      || !domuimg_guestfs_is_built ())
    return FALSE;
  if (why->code != DOMUIMG_ERROR_NOT_SUPPORTED && why->code != DOMUIMG_ERROR_MISSING_TOOL
      && why->code != DOMUIMG_ERROR_TOOL_FAILED)
    return FALSE;
  g_clear_pointer (&self->uml, domuimg_uml_free);
  return TRUE;
}

/* A raw disk is read here where there is User-mode Linux; only that of another format comes here. */
GPtrArray *
domuimg_appliance_list_partitions (DomuimgAppliance *self, GError **error)
{
  return domuimg_guestfs_list_partitions (self->guestfs, error);
}

gboolean
domuimg_appliance_read_head (DomuimgAppliance *self, guint8 *buffer, gsize length, GError **error)
{
  return domuimg_guestfs_read_head (self->guestfs, buffer, length, error);
}

void
domuimg_appliance_set_members (DomuimgAppliance *self, const GArray *members)
{
  DomuimgUml *uml = get_uml (self);
  GVariantBuilder builder;

  if (uml == NULL)
    return;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tt)"));
  for (guint i = 0; i < members->len; i++)
    {
      const DomuimgAppliancePlace *place
          = &g_array_index (members, DomuimgAppliancePlace, i);

      g_variant_builder_add (&builder, "(tt)", place->offset, place->length);
    }
  domuimg_uml_set_members (uml, g_variant_builder_end (&builder));
}

GPtrArray *
domuimg_appliance_list_lvs (DomuimgAppliance *self, GError **error)
{
  DomuimgUml *uml = get_uml (self);
  g_autoptr (GPtrArray) volumes = NULL;
  g_autoptr (GError) local = NULL;

  if (uml == NULL)
    return domuimg_guestfs_list_lvs (self->guestfs, error);
  volumes = domuimg_uml_list_volumes (uml, &local);
  if (volumes == NULL && change_over (self, local))
    return domuimg_guestfs_list_lvs (self->guestfs, error);
  if (volumes == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return g_steal_pointer (&volumes);
}

static DomuimgTree *
open_by_uml (DomuimgAppliance *self, const DomuimgAppliancePlace *place, gboolean writable,
             GError **error)
{
  const DomuimgUmlPlace there = { place->fs, place->lv, place->offset, place->length };
  DomuimgTree *tree;

  tree = domuimg_tree_uml_open (self->uml, &there, writable,
                                (GDestroyNotify) domuimg_appliance_unref,
                                domuimg_appliance_ref (self), error);
  if (tree == NULL)
    domuimg_appliance_unref (self);
  return tree;
}

DomuimgTree *
domuimg_appliance_open_tree (DomuimgAppliance *self, const DomuimgAppliancePlace *place,
                             gboolean writable, GError **error)
{
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GError) local = NULL;

  /* What blkid has no name for, only mount(8) may know. */
  if (place->fs == NULL || get_uml (self) == NULL)
    return domuimg_tree_guestfs_open (self->guestfs, place->lv, place->number, writable, error);
  tree = open_by_uml (self, place, writable, &local);
  if (tree == NULL && change_over (self, local))
    return domuimg_tree_guestfs_open (self->guestfs, place->lv, place->number, writable, error);
  if (tree == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return g_steal_pointer (&tree);
}

gboolean
domuimg_appliance_flush_tree (DomuimgTree *tree, GError **error)
{
  return !DOMUIMG_IS_TREE_UML (tree) || domuimg_tree_uml_flush (DOMUIMG_TREE_UML (tree), error);
}

gboolean
domuimg_appliance_close_tree (DomuimgTree *tree, GError **error)
{
  if (DOMUIMG_IS_TREE_UML (tree))
    return domuimg_tree_uml_close (DOMUIMG_TREE_UML (tree), error);
  return domuimg_tree_guestfs_close (tree, error);
}
