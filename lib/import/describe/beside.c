/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/import/describe/parts.h"
#include "lib/import/names.h"

/* The description that lies beside an image. */

#define FILES_MAX 200

/* The descriptor of an extent of a VMDK, such as disk-flat.vmdk or disk-s001.vmdk. */
static char *
descriptor_of (const char *name)
{
  g_autoptr (GRegex) extent
      = g_regex_new ("-(?:flat|delta|sesparse|[sf][0-9]{3})(\\.vmdk)$", G_REGEX_CASELESS, 0, NULL);

  return g_regex_replace (extent, name, -1, 0, "\\1", 0, NULL);
}

static gboolean
names_disk (const DomuimgHardware *self, const char *name, gboolean is_without_extension)
{
  g_autofree char *descriptor = descriptor_of (name);
  const char *dot = strrchr (name, '.');
  gsize stem = dot != NULL ? (gsize) (dot - name) : strlen (name);

  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgHardwareDisk *disk = g_ptr_array_index (self->disks, i);
      const char *last
          = disk->path != NULL && !disk->is_cdrom ? domuimg_name_last_part (disk->path) : "";

      if (domuimg_name_is_same (last, name)
          || (descriptor != NULL && domuimg_name_is_same (last, descriptor))
          || (is_without_extension && strlen (last) == stem && strncmp (last, name, stem) == 0))
        return TRUE;
    }
  return FALSE;
}

/* The place of its kind in the order of what is preferred; -1 for none. */
static int
kind_of (const char *name)
{
  static const char *const extensions[]
      = { ".vmx", ".vbox", ".ovf", ".conf", ".xml", ".libvirt", ".sh" };

  for (guint i = 0; i < G_N_ELEMENTS (extensions); i++)
    {
      gsize length = strlen (extensions[i]);

      if (strlen (name) > length
          && g_ascii_strcasecmp (name + strlen (name) - length, extensions[i]) == 0)
        return (int) i;
    }
  return -1;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const char *one = *(const char *const *) a, *other = *(const char *const *) b;

  return kind_of (one) != kind_of (other) ? kind_of (one) - kind_of (other)
                                          : strcmp (one, other);
}

static GPtrArray *
list_candidates (const char *directory)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && names->len < FILES_MAX && (name = g_dir_read_name (dir)) != NULL)
    /* What macOS adds to a file on a foreign disk has its name, after "._". */
    if (kind_of (name) >= 0 && !g_str_has_prefix (name, "._"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static guint
count_hard_disks (const DomuimgHardware *self)
{
  guint count = 0;

  for (guint i = 0; i < self->disks->len; i++)
    count += !((const DomuimgHardwareDisk *) g_ptr_array_index (self->disks, i))->is_cdrom;
  return count;
}

/* Whether they would make the same domain; an export often leaves its OVF beside the original. */
static gboolean
agree (const DomuimgHardware *one, const DomuimgHardware *other)
{
  return (one->memory == 0 || other->memory == 0 || one->memory == other->memory)
         && (one->vcpus == 0 || other->vcpus == 0 || one->vcpus == other->vcpus)
         && (one->firmware == DOMUIMG_FIRMWARE_UNKNOWN
             || other->firmware == DOMUIMG_FIRMWARE_UNKNOWN || one->firmware == other->firmware)
         && one->nics->len == other->nics->len
         && count_hard_disks (one) == count_hard_disks (other);
}

DomuimgHardware *
domuimg_hardware_find_beside (const char *disk, char **path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (disk);
  g_autofree char *name = g_path_get_basename (disk);
  g_autoptr (GPtrArray) candidates = list_candidates (directory);
  g_autoptr (DomuimgHardware) found = NULL;
  g_autofree char *found_path = NULL;

  g_clear_pointer (path, g_free);
  for (guint i = 0; i < candidates->len; i++)
    {
      g_autofree char *file
          = g_build_filename (directory, g_ptr_array_index (candidates, i), NULL);
      g_autoptr (DomuimgHardware) hardware = domuimg_hardware_read_beside (file);

      if (hardware == NULL
          || !names_disk (hardware, name, g_str_equal (hardware->origin, "Proxmox VE")))
        continue;
      if (found == NULL)
        {
          found = g_steal_pointer (&hardware);
          found_path = g_steal_pointer (&file);
        }
      else if (!agree (found, hardware))
        {
          domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                        "%s and %s both describe the machine of %s, and not alike; name the one to"
                        " take: --from disk:%s",
                        found_path, file, disk, file);
          return NULL;
        }
    }
  *path = g_steal_pointer (&found_path);
  return g_steal_pointer (&found);
}
