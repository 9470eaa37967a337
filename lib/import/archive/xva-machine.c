/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine as an XVA has it. */
#include "config.h"
#include "lib/import/archive/xva.h"

static void
disk_free (gpointer data)
{
  DomuimgXvaDisk *self = data;

  g_free (self->ref);
  g_free (self->name);
  g_free (self);
}

static void
nic_free (gpointer data)
{
  DomuimgXvaNic *self = data;

  g_free (self->mac);
  g_free (self->network);
  g_free (self);
}

DomuimgXvaMachine *
domuimg_xva_machine_new (const char *name)
{
  DomuimgXvaMachine *self = g_new0 (DomuimgXvaMachine, 1);

  self->name = g_strdup (name);
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->nics = g_ptr_array_new_with_free_func (nic_free);
  return self;
}

void
domuimg_xva_machine_free (DomuimgXvaMachine *self)
{
  g_ptr_array_unref (self->disks);
  g_ptr_array_unref (self->nics);
  g_free (self->name);
  g_free (self->bootloader);
  g_free (self->cmdline);
  g_free (self);
}

DomuimgXvaDisk *
domuimg_xva_machine_add_disk (DomuimgXvaMachine *self, guint64 size)
{
  DomuimgXvaDisk *disk = g_new0 (DomuimgXvaDisk, 1);

  disk->size = size;
  disk->device = self->disks->len;
  g_ptr_array_add (self->disks, disk);
  return disk;
}

DomuimgXvaNic *
domuimg_xva_machine_add_nic (DomuimgXvaMachine *self)
{
  DomuimgXvaNic *nic = g_new0 (DomuimgXvaNic, 1);

  nic->device = self->nics->len;
  g_ptr_array_add (self->nics, nic);
  return nic;
}
