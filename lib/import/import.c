/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine that another hypervisor ran: from a path to its disks. */
#include "config.h"
#include "lib/import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

#include "lib/import/import-parts.h"

static void
disk_free (gpointer data)
{
  DomuimgImportDisk *self = data;

  g_clear_pointer (&self->chain, domuimg_image_chain_free);
  g_clear_pointer (&self->pieces, g_ptr_array_unref);
  g_free (self->name);
  g_free (self->bus);
  g_free (self->own_file);
  g_free (self);
}

DomuimgImportDisk *
domuimg_import_add_disk (DomuimgImport *self, const char *name)
{
  DomuimgImportDisk *disk = g_new0 (DomuimgImportDisk, 1);

  disk->name = g_strdup (name);
  g_ptr_array_add (self->disks, disk);
  return disk;
}

void
domuimg_import_note (DomuimgImport *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (!g_ptr_array_find_with_equal_func (self->notes, text, g_str_equal, NULL))
    g_ptr_array_add (self->notes, g_steal_pointer (&text));
}

void
domuimg_import_free (DomuimgImport *self)
{
  g_ptr_array_unref (self->disks);
  g_ptr_array_unref (self->notes);
  g_clear_pointer (&self->hardware, domuimg_hardware_free);
  g_clear_pointer (&self->ova, domuimg_ova_free);
  g_clear_pointer (&self->xva, domuimg_xva_free);
  g_free (self->path);
  g_free (self->description);
  g_free (self);
}

static gboolean
check_file (const char *path, GError **error)
{
  struct stat status;

  if (stat (path, &status) != 0)
    return domuimg_set_errno (error, errno, "opening %s", path);
  if (S_ISDIR (status.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is a directory; name the disk image or the description in it (vmx,"
                         " ovf, ova, vbox, xml)",
                         path);
  return TRUE;
}

/* By its first bytes: tar has its mark in the header of its first member. */
static gboolean
is_tar (const char *path)
{
  char head[512] = "";
  DomuimgFd fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  return fd >= 0 && read (fd, head, sizeof head) == sizeof head && memcmp (head + 257, "ustar", 5) == 0;
}

/* XenServer's archives may be compressed as a whole. */
static gboolean
is_named_xva (const char *path)
{
  return g_regex_match_simple ("\\.xva(\\.(gz|zst|xz))?$", path, G_REGEX_CASELESS, 0);
}

gboolean
domuimg_import_is_machine (const char *path)
{
  return is_named_xva (path) || (is_tar (path) && domuimg_ova_is_one (path))
         || domuimg_hardware_is_description (path);
}

/* What emulates another processor is not a Xen host. */
static gboolean
check_architecture (const DomuimgImport *self, GError **error)
{
  const char *architecture = self->hardware != NULL ? self->hardware->architecture : NULL;

  return architecture == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s: the machine's processor is %s, and only machines of x86 can be made"
                          " guests: install the same system for x86, and copy the data", self->path,
                          architecture);
}

static gboolean
check_disks (const DomuimgImport *self, GError **error)
{
  const GPtrArray *elsewhere = self->hardware != NULL ? self->hardware->elsewhere : NULL;
  g_autoptr (GString) list = g_string_new (NULL);

  if (self->disks->len > 0)
    return TRUE;
  for (guint i = 0; elsewhere != NULL && i < elsewhere->len; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "",
                            (const char *) g_ptr_array_index (elsewhere, i));
  if (list->len == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the machine has no hard disk",
                         self->path);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: none of the machine's disks is a file: %s; copy each into one first"
                       " (qemu-img convert -O raw, rbd export), and name that in the description",
                       self->path, list->str);
}

static DomuimgImport *
import_new (char *path)
{
  DomuimgImport *self = g_new0 (DomuimgImport, 1);

  self->path = path;
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->notes = g_ptr_array_new_with_free_func (g_free);
  return self;
}

DomuimgImport *
domuimg_import_new_for_installer (const char *name, guint64 size, DomuimgHardware *hardware)
{
  DomuimgImport *self = import_new (g_strdup (name));

  self->hardware = hardware;
  self->is_to_be_installed = TRUE;
  domuimg_import_add_disk (self, name)->capacity = size;
  return self;
}

gboolean
domuimg_import_take_installed (DomuimgImport *self, const char *path, GError **error)
{
  DomuimgImportDisk *disk = g_ptr_array_index (self->disks, 0);

  disk->chain = domuimg_image_chain_open (path, "raw", FALSE, error);
  self->is_to_be_installed = disk->chain == NULL;
  disk->own_file = g_strdup (path);
  return disk->chain != NULL;
}

const char *
domuimg_import_get_own_file (DomuimgImport *self, guint i)
{
  return ((const DomuimgImportDisk *) g_ptr_array_index (self->disks, i))->own_file;
}

gboolean
domuimg_import_is_there (DomuimgImport *self)
{
  return !self->is_to_be_installed;
}

DomuimgImport *
domuimg_import_open (const char *path, gboolean allow_backing, GError **error)
{
  g_autoptr (DomuimgImport) self = import_new (g_canonicalize_filename (path, NULL));
  gboolean ok;

  self->allow_backing = allow_backing;
  if (!check_file (path, error))
    return NULL;
  if (is_named_xva (path))
    ok = domuimg_import_open_xva (self, error);
  else if (is_tar (path))
    ok = domuimg_import_open_ova (self, error);
  else if (domuimg_hardware_is_description (path))
    ok = domuimg_import_open_description (self, error);
  else
    ok = domuimg_import_open_image (self, error);
  if (!ok || !check_architecture (self, error) || !check_disks (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

char *
domuimg_import_describe (DomuimgImport *self)
{
  const DomuimgHardware *hardware = self->hardware;
  g_autofree char *name = g_path_get_basename (self->path);

  if (hardware == NULL)
    return g_strdup_printf ("convert the disk %s, of whose machine nothing is known", self->path);
  return g_strdup_printf ("convert %s, a machine of %s%s%s", self->path, hardware->origin,
                          self->description != NULL ? ", described by " : "",
                          self->description != NULL ? self->description : "");
}

const DomuimgHardware *
domuimg_import_get_hardware (DomuimgImport *self)
{
  return self->hardware;
}

const GPtrArray *
domuimg_import_get_notes (DomuimgImport *self)
{
  return self->notes;
}

guint
domuimg_import_get_n_disks (DomuimgImport *self)
{
  return self->disks->len;
}

static DomuimgImportDisk *
disk_of (DomuimgImport *self, guint i)
{
  return g_ptr_array_index (self->disks, i);
}

const char *
domuimg_import_get_name (DomuimgImport *self, guint i)
{
  return disk_of (self, i)->name;
}

const char *
domuimg_import_get_format (DomuimgImport *self, guint i)
{
  const DomuimgImportDisk *disk = disk_of (self, i);

  return disk->chain != NULL ? domuimg_image_chain_get_format (disk->chain) : "raw";
}

const char *
domuimg_import_get_bus (DomuimgImport *self, guint i)
{
  return disk_of (self, i)->bus;
}

guint64
domuimg_import_get_size (DomuimgImport *self, guint i)
{
  const DomuimgImportDisk *disk = disk_of (self, i);

  return disk->chain != NULL ? domuimg_image_chain_get_size (disk->chain) : disk->capacity;
}

const char *
domuimg_import_get_backing (DomuimgImport *self, guint i)
{
  const DomuimgImportDisk *disk = disk_of (self, i);

  return disk->chain != NULL && domuimg_image_chain_can_back (disk->chain) ? disk->name : NULL;
}

char *
domuimg_import_get_node (DomuimgImport *self, guint i)
{
  g_return_val_if_fail (disk_of (self, i)->chain != NULL, NULL);
  return domuimg_image_chain_to_node (disk_of (self, i)->chain);
}

DomuimgImageChain *
domuimg_import_get_grains (DomuimgImport *self, guint i)
{
  DomuimgImageChain *chain = disk_of (self, i)->chain;

  return chain != NULL && domuimg_image_chain_has_grains (chain) ? chain : NULL;
}
