/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices in User-mode Linux, by the device mapper: the disk, and parts of it. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/base/fd.h"

#define DISK "/dev/ubda"
/* Where what is written goes, if there is one: then the disk is only read. */
#define CHANGES "/dev/ubdb"
#define CONTROL "/dev/mapper/control"
#define SECTOR 512
/* Sectors; what is written is copied in pieces of that. */
#define CHUNK 8

/* What DM_TABLE_LOAD takes: one target. */
typedef struct {
  struct dm_ioctl head;
  struct dm_target_spec target;
  char parameters[256];
} Table;

static gboolean
call (int control, unsigned long what, Table *table, const char *name, guint32 flags)
{
  memset (&table->head, 0, sizeof table->head);
  table->head.version[0] = DM_VERSION_MAJOR;
  table->head.data_size = sizeof *table;
  table->head.data_start = sizeof table->head;
  table->head.flags = flags;
  table->head.target_count = what == DM_TABLE_LOAD;
  g_strlcpy (table->head.name, name, sizeof table->head.name);
  return ioctl (control, what, table) == 0;
}

static gboolean
make_control (void)
{
  struct stat st;

  mkdir ("/dev/mapper", 0755);
  /* The node that devtmpfs makes for the module. */
  return stat (CONTROL, &st) == 0 || mknod (CONTROL, S_IFCHR | 0600, makedev (10, 236)) == 0;
}

/* The path of a new device of one target; NULL with errno. */
static char *
make_device (const char *name, const char *type, guint64 sectors, const char *parameters)
{
  g_auto (DomuimgFd) control = make_control () ? open (CONTROL, O_RDWR | O_CLOEXEC) : -1;
  Table table = { 0 };
  guint number;

  if (control < 0 || !call (control, DM_DEV_CREATE, &table, name, 0))
    return NULL;
  number = minor (table.head.dev);
  memset (&table, 0, sizeof table);
  table.target.length = sectors;
  g_strlcpy (table.target.target_type, type, sizeof table.target.target_type);
  g_strlcpy (table.parameters, parameters, sizeof table.parameters);
  if (!call (control, DM_TABLE_LOAD, &table, name, 0)
      || !call (control, DM_DEV_SUSPEND, &table, name, 0))
    return NULL;
  return g_strdup_printf ("/dev/dm-%u", number);
}

static gboolean
measure (DomuimgUmlAgent *self, GError **error)
{
  g_auto (DomuimgFd) disk = open (DISK, O_RDONLY | O_CLOEXEC);

  return (disk >= 0 && ioctl (disk, BLKGETSIZE64, &self->disk_size) == 0)
         || domuimg_set_errno (error, errno, "opening the disk");
}

/* A journal is replayed where the disk is not written to, too, so that what is seen is what the guest
 * will see: so there is a snapshot of the disk. */
static gboolean
make_disk (DomuimgUmlAgent *self, GError **error)
{
  if (self->disk != NULL)
    return TRUE;
  if (!measure (self, error) || !domuimg_uml_agent_load ("dm-mod", error)
      || !domuimg_uml_agent_load ("dm-snapshot", error))
    return FALSE;
  if (access (CHANGES, F_OK) != 0)
    self->disk = g_strdup (DISK);
  else
    self->disk = make_device ("disk", "snapshot", self->disk_size / SECTOR,
                              DISK " " CHANGES " N " G_STRINGIFY (CHUNK));
  return self->disk != NULL || domuimg_set_errno (error, errno, "making a snapshot of the disk");
}

/* A partition is what those say who know the guest's tables, whatever this kernel takes for some. */
char *
domuimg_uml_agent_device (DomuimgUmlAgent *self, guint64 offset, guint64 length, GError **error)
{
  g_autofree char *name = g_strdup_printf ("part%" G_GUINT64_FORMAT, offset);
  g_autofree char *parameters = NULL;
  const char *known = g_hash_table_lookup (self->devices, name);
  char *device;

  if (known != NULL)
    return g_strdup (known);
  if (!make_disk (self, error))
    return NULL;
  parameters = g_strdup_printf ("%s %" G_GUINT64_FORMAT, self->disk, offset / SECTOR);
  length = MIN (length, self->disk_size - MIN (offset, self->disk_size));
  device = make_device (name, "linear", length / SECTOR, parameters);
  if (device == NULL)
    {
      domuimg_set_errno (error, errno, "finding the partition at byte %" G_GUINT64_FORMAT, offset);
      return NULL;
    }
  g_hash_table_insert (self->devices, g_steal_pointer (&name), g_strdup (device));
  return device;
}
