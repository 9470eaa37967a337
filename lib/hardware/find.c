/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/hardware/parts.h"

/* Which kind of description a file is. */

#define FILES_MAX 200

typedef DomuimgHardware *(*Parse) (const char *text, gsize length, const char *name,
                                   GError **error);

/* NULL with @error where it cannot be read or is too large. */
static GBytes *
read_file (const char *path, int flags, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
  g_autofree char *data = NULL;
  struct stat status;
  gsize length = 0;
  gssize got = 1;

  if (fd < 0 || fstat (fd, &status) != 0)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return NULL;
    }
  if (!S_ISREG (status.st_mode) || status.st_size > DOMUIMG_HARDWARE_TEXT_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s is no description of a machine: it is %s",
                    path, S_ISREG (status.st_mode) ? "larger than 4 MiB" : "no regular file");
      return NULL;
    }
  data = g_malloc (status.st_size + 1);
  while (got > 0 && length < (gsize) status.st_size)
    {
      got = read (fd, data + length, status.st_size - length);
      if (got < 0 && errno == EINTR)
        got = 1;
      else if (got > 0)
        length += got;
    }
  if (got < 0)
    {
      domuimg_set_errno (error, errno, "reading %s", path);
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&data), length);
}

static gboolean
has_suffix (const char *path, const char *suffix)
{
  gsize length = strlen (path), end = strlen (suffix);

  return length > end && g_ascii_strcasecmp (path + length - end, suffix) == 0;
}

static Parse
find_xml (const char *text)
{
  if (strstr (text, "<VirtualBox") != NULL)
    return domuimg_vbox_parse;
  if (strstr (text, "<domain") != NULL)
    return domuimg_libvirt_parse;
  return g_regex_match_simple ("<([A-Za-z0-9]+:)?Envelope\\b", text, 0, 0) ? domuimg_ovf_parse : NULL;
}

/* By what only one kind says; NULL for what is none. */
static Parse
find_parse (const char *path, const char *text)
{
  const char *start = text + strspn (text, "\xef\xbb\xbf \t\r\n");

  if (*start == '<')
    return find_xml (start);
  if (has_suffix (path, ".vmx"))
    return domuimg_vmx_parse;
  if (has_suffix (path, ".conf")
      && g_regex_match_simple ("^(scsi|virtio|ide|sata|efidisk)[0-9]+:\\s", text, G_REGEX_MULTILINE,
                               0))
    return domuimg_proxmox_parse;
  return g_regex_match_simple ("(^|[\\s/])(qemu-system-\\w+|qemu-kvm|kvm)\\s", text, 0, 0)
             ? domuimg_qemu_parse
             : NULL;
}

/* NULL without an error where it is no description. */
static DomuimgHardware *
read_any (const char *path, int flags, GError **error)
{
  g_autoptr (GBytes) bytes = read_file (path, flags, error);
  g_autofree char *text = NULL;
  gsize length;
  const char *data;
  Parse parse;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &length);
  text = g_strndup (length > 0 ? data : "", length);
  if (strlen (text) != length || !g_utf8_validate (text, length, NULL))
    return NULL;
  parse = find_parse (path, text);
  return parse != NULL ? parse (text, length, path, error) : NULL;
}

DomuimgHardware *
domuimg_hardware_read (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  DomuimgHardware *self = read_any (path, 0, &local);

  if (self != NULL)
    return self;
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                  "%s describes no machine: neither a vmx, OVF, vbox, libvirt or Proxmox VE"
                  " configuration, nor a command line of QEMU",
                  path);
  return NULL;
}

gboolean
domuimg_hardware_is_description (const char *path)
{
  g_autoptr (GBytes) bytes = read_file (path, 0, NULL);
  g_autofree char *text = NULL;
  gsize length;
  const char *data;

  if (bytes == NULL)
    return FALSE;
  data = g_bytes_get_data (bytes, &length);
  text = g_strndup (length > 0 ? data : "", length);
  return strlen (text) == length && g_utf8_validate (text, length, NULL)
         && find_parse (path, text) != NULL;
}

/* The last component, of whatever system's path, without the storage of Proxmox VE. */
static const char *
last_part (const char *path)
{
  const char *part = path;

  for (const char *c = path; *c != '\0'; c++)
    if (*c == '/' || *c == '\\' || *c == ':')
      part = c + 1;
  return part;
}

static gboolean
names_disk (const DomuimgHardware *self, const char *disk)
{
  const char *dot = strrchr (disk, '.');
  g_autofree char *stem = dot != NULL ? g_strndup (disk, dot - disk) : g_strdup (disk);

  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgHardwareDisk *own = g_ptr_array_index (self->disks, i);
      const char *part = own->path != NULL ? last_part (own->path) : "";

      if (!own->is_cdrom && (g_str_equal (part, disk) || g_str_equal (part, stem)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_named_so (const char *name)
{
  static const char *const suffixes[]
      = { ".vmx", ".ovf", ".vbox", ".xml", ".conf", ".sh", ".libvirt" };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (has_suffix (name, suffixes[i]))
      return TRUE;
  return FALSE;
}

static gboolean
agree (const DomuimgHardware *a, const DomuimgHardware *b)
{
  return a->memory == b->memory && a->vcpus == b->vcpus && a->nics->len == b->nics->len
         && a->disks->len == b->disks->len;
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Sorted, so that the same one is found each time. */
static GPtrArray *
list_candidates (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && paths->len < FILES_MAX && (name = g_dir_read_name (dir)) != NULL)
    if (is_named_so (name))
      g_ptr_array_add (paths, g_build_filename (directory, name, NULL));
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

DomuimgHardware *
domuimg_hardware_find_beside (const char *disk, char **path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (disk);
  g_autofree char *name = g_path_get_basename (disk);
  g_autoptr (GPtrArray) paths = list_candidates (directory);
  g_autoptr (DomuimgHardware) found = NULL;

  g_clear_pointer (path, g_free);
  for (guint i = 0; i < paths->len; i++)
    {
      const char *candidate = g_ptr_array_index (paths, i);
      /* A link could lead to a file of the host. */
      g_autoptr (DomuimgHardware) hardware = read_any (candidate, O_NOFOLLOW, NULL);

      if (hardware == NULL || !names_disk (hardware, name))
        continue;
      if (found != NULL && !agree (found, hardware))
        {
          domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                        "%s and %s both describe the machine of %s, and not alike; name the one to"
                        " take: --from disk:%s",
                        *path, candidate, disk, candidate);
          g_clear_pointer (path, g_free);
          return NULL;
        }
      if (found != NULL)
        continue;
      *path = g_strdup (candidate);
      found = g_steal_pointer (&hardware);
    }
  return g_steal_pointer (&found);
}
