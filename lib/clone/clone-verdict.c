/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check says of a clone, before anything has its name. */
#include "config.h"
#include "lib/clone/clone-verdict.h"

#include "lib/check/report.h"
#include "lib/check/run.h"
#include "lib/domain/model/domain.h"
#include "lib/domain/model/vdev.h"

struct _DomuimgCloneVerdicts {
  GMutex lock;           /* of the first check, and of looking at the host */
  gint has_read;         /* atomic: @read does not change any more */
  DomuimgCheckRead read;
  DomuimgProfile *here;  /* (nullable) of this host */
  GHashTable *hosts;     /* (element-type filename DomuimgProfile) those that clones are for */
};

DomuimgCloneVerdicts *
domuimg_clone_verdicts_new (void)
{
  DomuimgCloneVerdicts *self = g_new0 (DomuimgCloneVerdicts, 1);

  g_mutex_init (&self->lock);
  self->hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) domuimg_profile_free);
  return self;
}

void
domuimg_clone_verdicts_free (DomuimgCloneVerdicts *self)
{
  g_mutex_clear (&self->lock);
  domuimg_check_read_clear (&self->read);
  g_clear_pointer (&self->here, domuimg_profile_free);
  g_hash_table_unref (self->hosts);
  g_free (self);
}

gboolean
domuimg_clone_verdicts_add_host (DomuimgCloneVerdicts *self, const char *path, GError **error)
{
  DomuimgProfile *profile;

  if (path == NULL || g_hash_table_contains (self->hosts, path))
    return TRUE;
  profile = domuimg_profile_read (path, error);
  if (profile == NULL)
    return FALSE;
  g_hash_table_insert (self->hosts, g_strdup (path), profile);
  return TRUE;
}

/* Those filesystems that no cleaner writes to are read in the source, whose bytes they are. */
static void
set_trees (const DomuimgCloneSource *source, guint disk, const GPtrArray *trees, GPtrArray *devices)
{
  for (guint i = 0; i < trees->len; i++)
    {
      const DomuimgCloneMount *mount = g_ptr_array_index (source->mounts, i);

      for (guint j = 0; mount->disk == disk && j < devices->len; j++)
        {
          DomuimgDevice *device = g_ptr_array_index (devices, j);

          if (device->volume == mount->volume && device->tree == NULL)
            device->tree = g_object_ref (g_ptr_array_index (trees, i));
        }
    }
}

/* They have the UUIDs of the clone; @renamed owns what is not the source's. */
static void
set_uuids (const DomuimgCloneJob *job, GPtrArray *devices, GPtrArray *renamed)
{
  for (guint i = 0; i < devices->len; i++)
    {
      DomuimgDevice *device = g_ptr_array_index (devices, i);
      const DomuimgCloneUuid *uuid
          = device->volume != NULL ? domuimg_clone_uuids_find (job->uuids, device->volume) : NULL;
      DomuimgVolume *volume;

      if (uuid == NULL)
        continue;
      volume = domuimg_volume_copy (device->volume);
      if (uuid->uuid != NULL)
        domuimg_replace_text (&volume->uuid, uuid->uuid);
      if (uuid->partuuid != NULL)
        domuimg_replace_text (&volume->partuuid, uuid->partuuid);
      g_ptr_array_add (renamed, volume);
      device->volume = volume;
    }
}

/* Which disk of the domain it is: others of the source's may not be in it any more. */
static gboolean
find_disk (DomuimgDomain *domain, const char *path, guint *number)
{
  GPtrArray *disks = domuimg_domain_get_disks (domain);

  for (*number = 0; *number < disks->len; (*number)++)
    if (g_strcmp0 (domuimg_domain_disk_get_target (g_ptr_array_index (disks, *number)), path) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
add_devices (const DomuimgCloneJob *job, const DomuimgCloneMade *made, guint i, GPtrArray *devices,
             GError **error)
{
  const DomuimgCloneDisk *disk = g_ptr_array_index (job->source->disks, i);
  g_autofree char *name = domuimg_vdev_linux_name (disk->vdev);
  GPtrArray *volumes = domuimg_image_list_volumes (disk->image, error);
  guint number;

  if (volumes == NULL)
    return FALSE;
  if (!find_disk (made->domain, g_ptr_array_index (job->paths, i), &number))
    return TRUE;
  domuimg_devices_add_volumes (devices, name, number, disk->image, volumes);
  set_trees (job->source, i, made->trees, devices);
  return TRUE;
}

static void
add_place (GHashTable *places, const char *later, const char *now)
{
  if (later != NULL && now != NULL)
    g_hash_table_insert (places, (gpointer) later, (gpointer) now);
}

static GHashTable *
list_places (const DomuimgCloneJob *job, const DomuimgCloneMade *made)
{
  GHashTable *places = g_hash_table_new (g_str_hash, g_str_equal);

  add_place (places, job->kernel_path, domuimg_clone_source_get_own (job->source, FALSE));
  add_place (places, job->ramdisk_path, domuimg_clone_source_get_own (job->source, TRUE));
  if (job->has_seed)
    add_place (places, job->seed_path, made->seed);
  return places;
}

static const DomuimgProfile *
find_host (DomuimgCloneVerdicts *self, const DomuimgCloneJob *job)
{
  const char *path = domuimg_spec_get (job->spec, "host");

  return path != NULL ? g_hash_table_lookup (self->hosts, path) : self->here;
}

static DomuimgReport *
check (DomuimgCloneVerdicts *self, const DomuimgCloneJob *job, const DomuimgCloneMade *made,
       GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) devices = domuimg_devices_new ();
  g_autoptr (GPtrArray) renamed
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  g_autoptr (GHashTable) places = list_places (job, made);
  gboolean has_read = g_atomic_int_get (&self->has_read);
  DomuimgMade what = { .domain = made->domain,
                       .config = made->config,
                       .config_path = job->config_path,
                       .devices = devices,
                       .places = places,
                       .read = has_read ? NULL : &self->read,
                       .profile = find_host (self, job) };

  if (has_read)
    {
      what.kernel = self->read.kernel;
      what.kernel_path = self->read.kernel_path;
      what.initramfs = self->read.initramfs;
      what.initramfs_path = self->read.initramfs_path;
    }
  for (guint i = 0; i < job->source->disks->len; i++)
    if (!add_devices (job, made, i, devices, error))
      return NULL;
  set_uuids (job, devices, renamed);
  return domuimg_check_run_on (&what, cancellable, error);
}

/* The others wait for what it reads, which takes longer than the rest of a check. */
static DomuimgReport *
check_first (DomuimgCloneVerdicts *self, const DomuimgCloneJob *job, const DomuimgCloneMade *made,
             GCancellable *cancellable, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  DomuimgReport *report;

  if (g_atomic_int_get (&self->has_read))
    return NULL;
  if (self->here == NULL)
    self->here = domuimg_profile_of_host (cancellable);
  report = check (self, job, made, cancellable, error);
  g_atomic_int_set (&self->has_read, report != NULL);
  return report;
}

gboolean
domuimg_clone_verdicts_judge (DomuimgCloneVerdicts *self, DomuimgCloneJob *job,
                              const DomuimgCloneMade *made, GCancellable *cancellable,
                              GError **error)
{
  GError *local = NULL;

  if (made->domain == NULL)
    return TRUE;
  job->report = check_first (self, job, made, cancellable, &local);
  if (job->report == NULL && local == NULL)
    job->report = check (self, job, made, cancellable, &local);
  if (job->report == NULL)
    {
      g_propagate_error (error, local);
      return FALSE;
    }
  if (!domuimg_report_check_read (job->report, job->name, error))
    return FALSE;
  domuimg_report_add_warnings (job->report, NULL, job->warnings);
  return domuimg_spec_get_flag (job->spec, "allow-unbootable")
         || domuimg_report_check_boots (job->report, job->name, error);
}
