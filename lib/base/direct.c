/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A region over a block device that is open twice, with and without the kernel's cache. */
#include "config.h"
#include "lib/base/direct.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* What all devices take. */
#define ALIGNMENT 4096
/* Less than this is better gathered by the kernel. */
#define LARGE (64 * 1024)

typedef struct {
  DomuimgRegion *device;
  int fd;
} Direct;

static void
direct_free (gpointer data)
{
  Direct *self = data;

  close (self->fd);
  domuimg_region_unref (self->device);
  g_free (self);
}

static gboolean
direct_read (gpointer data, guint64 offset, void *buffer, gsize length)
{
  const Direct *self = data;

  return domuimg_region_read_all (self->device, offset, buffer, length);
}

static gboolean
is_aligned (guint64 offset, const void *bytes, gsize length)
{
  return offset % ALIGNMENT == 0 && length % ALIGNMENT == 0
         && (guintptr) bytes % ALIGNMENT == 0;
}

/* The kernel drops what it has cached of these bytes. */
static gboolean
direct_write (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  const Direct *self = data;

  if (length >= LARGE && is_aligned (self->device->offset + offset, bytes, length)
      && domuimg_pwrite_all (self->fd, bytes, length, self->device->offset + offset))
    return TRUE;
  return domuimg_region_write (self->device, offset, bytes, length);
}

static gboolean
direct_sync (gpointer data, gboolean wait)
{
  const Direct *self = data;

  if (wait)
    return domuimg_region_sync (self->device);
  domuimg_region_begin_sync (self->device);
  return TRUE;
}

static const DomuimgRegionBack direct = {
  .read = direct_read,
  .write = direct_write,
  .sync = direct_sync,
  .free = direct_free,
};

DomuimgRegion *
domuimg_direct_new (DomuimgRegion *device)
{
  g_autofree char *path = g_strdup_printf ("/dev/fd/%d", device->fd);
  int fd = open (path, O_RDWR | O_DIRECT | O_CLOEXEC);
  Direct *self;

  if (fd < 0)
    return domuimg_region_ref (device);
  self = g_new (Direct, 1);
  *self = (Direct){ domuimg_region_ref (device), fd };
  return domuimg_region_new_backed (&direct, self, device->length, device->name);
}

const DomuimgRegion *
domuimg_direct_get_device (const DomuimgRegion *self)
{
  return self->back == &direct ? ((const Direct *) self->data)->device : self;
}
