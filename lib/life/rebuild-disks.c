/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks of a guest that is made again: the first anew, the others as they are. */
#include "config.h"
#include "lib/life/rebuild.h"

#include <string.h>

#include "lib/base/path.h"
#include "lib/guest/manifest-spec.h"
#include "lib/image/image.h"
#include "lib/spec/absolute.h"
#include "lib/spec/disk-kind.h"
#include "lib/spec/parse.h"

/* Directories whose files belong to the packages of the root: old ones under new ones would be no guest. */
static gboolean
is_of_system (const char *mount)
{
  static const char *const tops[] = { "/usr", "/boot", "/etc", "/lib", "/lib64", "/bin", "/sbin" };
  static const char *const whole[] = { "/var", "/var/lib", "/var/lib/dpkg", "/var/lib/rpm", NULL };

  if (mount == NULL || g_strv_contains (whole, mount))
    return mount != NULL;
  for (guint i = 0; i < G_N_ELEMENTS (tops); i++)
    if (g_str_has_prefix (mount, tops[i])
        && (mount[strlen (tops[i])] == '\0' || mount[strlen (tops[i])] == '/'))
      return TRUE;
  return FALSE;
}

/* The filesystem that is on it now, which may be another one than was made. */
static gboolean
find_filesystem (const DomuimgManifestDisk *disk, char **fs, char **uuid, GError **error)
{
  g_autoptr (DomuimgImage) image = domuimg_image_open (disk->path, disk->format, error);
  GPtrArray *volumes = image != NULL ? domuimg_image_list_partitions (image, error) : NULL;

  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (volume->uuid == NULL || volume->fs == NULL)
        continue;
      *fs = g_strdup (volume->fs);
      *uuid = g_strdup (volume->uuid);
      return TRUE;
    }
  return volumes != NULL;
}

/* @value without what is said anew. */
static char *
strip (const char *value)
{
  g_auto (GStrv) options = g_strsplit (value, ",", -1);
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();

  for (guint i = 0; options[i] != NULL; i++)
    if (!g_str_has_prefix (options[i], "uuid=") && !g_str_has_prefix (options[i], "size=")
        && !g_str_has_prefix (options[i], "vdev="))
      g_ptr_array_add (kept, options[i]);
  g_ptr_array_add (kept, NULL);
  return g_strjoinv (",", (char **) kept->pdata);
}

static gboolean
check_kept (const DomuimgManifestDisk *disk, const DomuimgDiskSpec *asked, const char *fs, GError **error)
{
  if (is_of_system (asked->mount))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has %s, whose files belong to packages of the root: it can be neither kept nor"
                         " replaced alone; make the guest again with domuimg create --force",
                         disk->path, asked->mount);
  if ((asked->kind->traits & (DOMUIMG_DISK_OVERWRITES | DOMUIMG_DISK_IS_SENT)) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is not a file or a volume of this host, and a rebuild would have to write to it",
                         disk->path);
  return fs == NULL || g_str_equal (fs, asked->fs)
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s holds %s by now, and was made with %s: a rebuild cannot keep that",
                          disk->path, fs, asked->fs);
}

static gboolean
check_there (const DomuimgManifestDisk *disk, GError **error)
{
  struct stat status;

  if (disk->path == NULL || !domuimg_path_look (disk->path, &status, error))
    return disk->path != NULL
           || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "the manifest does not say where a disk is");
  return status.st_mode != 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                          "the disk %s is missing, whose data was to be kept", disk->path);
}

/* With its filesystem's UUID and its size, so that the new root finds it as the old one did. */
static gboolean
add_kept (DomuimgSpec *spec, const DomuimgManifestDisk *disk, const char *value, GError **error)
{
  g_autoptr (DomuimgDiskSpec) asked = domuimg_disk_spec_parse (value, error);
  g_autofree char *rest = strip (value);
  g_autofree char *fs = NULL, *uuid = NULL, *text = NULL;

  if (asked == NULL || !check_there (disk, error) || !find_filesystem (disk, &fs, &uuid, error)
      || !check_kept (disk, asked, fs, error))
    return FALSE;
  text = g_strdup_printf ("%s%ssize=%" G_GINT64_FORMAT "B,vdev=%s%s%s", rest,
                          *rest != '\0' ? "," : "", disk->size, disk->vdev, uuid != NULL ? ",uuid=" : "",
                          uuid != NULL ? uuid : "");
  return domuimg_spec_add (spec, "disk", text, error);
}

/* What has become larger stays as large. */
static gboolean
add_root (DomuimgSpec *spec, const DomuimgManifestDisk *disk, const char *value, GError **error)
{
  g_autoptr (DomuimgDiskSpec) asked = *value != '\0' ? domuimg_disk_spec_parse (value, error)
                                                     : domuimg_disk_spec_new ();

  if (asked == NULL)
    return FALSE;
  if ((asked->kind->traits & (DOMUIMG_DISK_OVERWRITES | DOMUIMG_DISK_IS_SENT)) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s cannot hold the old guest until the new one is checked: make it again with"
                         " domuimg create --force",
                         disk->path);
  if (asked->size > 0 && disk->size > 0 && (guint64) disk->size > asked->size)
    {
      g_auto (GStrv) options = g_strsplit (value, ",", -1);

      for (guint i = 0; options[i] != NULL; i++)
        if (g_str_has_prefix (options[i], "size="))
          {
            g_free (options[i]);
            options[i] = g_strdup_printf ("size=%" G_GINT64_FORMAT "B", disk->size);
          }
      g_autofree char *text = g_strjoinv (",", options);

      return domuimg_spec_add (spec, "disk", text, error);
    }
  return *value == '\0' || domuimg_spec_add (spec, "disk", value, error);
}

gboolean
domuimg_rebuild_add_disks (DomuimgSpec *spec, const DomuimgManifest *manifest, GError **error)
{
  g_auto (GStrv) values = domuimg_manifest_get_setting (manifest, "disk");
  guint given = g_strv_length (values);

  for (guint i = 0; i < MAX (given, 1); i++)
    {
      const DomuimgManifestDisk *disk
          = i < manifest->disks->len ? g_ptr_array_index (manifest->disks, i) : NULL;
      g_autofree char *value = domuimg_spec_make_absolute ("disk", i < given ? values[i] : "",
                                                           manifest->directory);

      if (disk == NULL)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "the manifest of %s names fewer disks than it was made with", manifest->name);
      if (i == 0 ? !add_root (spec, disk, value, error) : !add_kept (spec, disk, value, error))
        return FALSE;
    }
  return TRUE;
}
