/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/judge-xlutil.h"

#ifdef HAVE_XLUTIL

#include <libxl.h>
#include <libxlutil.h>
#include <stdlib.h>
#include <string.h>

struct _Judge {
  XLU_Config *config;
  FILE *report;
  char *said;
  size_t said_size;
};

gboolean
judge_is_there (void)
{
  return TRUE;
}

Judge *
judge_read (const char *text, char **message)
{
  g_autoptr (Judge) self = g_new0 (Judge, 1);

  self->report = open_memstream (&self->said, &self->said_size);
  self->config = xlu_cfg_init (self->report, "test.cfg");
  if (xlu_cfg_readdata (self->config, text, (int)strlen (text)) == 0)
    return g_steal_pointer (&self);
  fflush (self->report);
  *message = g_strdup (self->said);
  return NULL;
}

void
judge_free (Judge *self)
{
  xlu_cfg_destroy (self->config);
  fclose (self->report);
  free (self->said);
  g_free (self);
}

const char *
judge_string (Judge *self, const char *key)
{
  const char *value;

  return xlu_cfg_get_string (self->config, key, &value, 1) == 0 ? value : NULL;
}

long
judge_number (Judge *self, const char *key)
{
  long value;

  return xlu_cfg_get_long (self->config, key, &value, 1) == 0 ? value : -1;
}

char **
judge_list (Judge *self, const char *key)
{
  g_autoptr (GStrvBuilder) items = g_strv_builder_new ();
  XLU_ConfigList *list;
  int n;

  if (xlu_cfg_get_list (self->config, key, &list, &n, 1) != 0)
    return NULL;
  for (int i = 0; i < n && xlu_cfg_get_listitem (list, i) != NULL; i++)
    g_strv_builder_add (items, xlu_cfg_get_listitem (list, i));
  return g_strv_builder_end (items);
}

gboolean
judge_disk (Judge *self, const char *text, JudgeDisk *disk)
{
  libxl_device_disk parsed;

  libxl_device_disk_init (&parsed);
  int failed = xlu_disk_parse (self->config, 1, &text, &parsed);
  if (failed == 0)
    *disk = (JudgeDisk){
      .format = libxl_disk_format_to_string (parsed.format),
      .backend = libxl_disk_backend_to_string (parsed.backend),
      .vdev = g_strdup (parsed.vdev),
      .target = g_strdup (parsed.pdev_path),
      .readwrite = parsed.readwrite,
      .cdrom = parsed.is_cdrom,
      .empty = parsed.format == LIBXL_DISK_FORMAT_EMPTY,
    };
  libxl_device_disk_dispose (&parsed);
  return failed == 0;
}

gboolean
judge_rate (Judge *self, const char *rate)
{
  libxl_device_nic nic;

  libxl_device_nic_init (&nic);
  int failed = xlu_vif_parse_rate (self->config, rate, &nic);
  libxl_device_nic_dispose (&nic);
  return failed == 0;
}

#else

gboolean
judge_is_there (void)
{
  return FALSE;
}

Judge *
judge_read (const char *text, char **message)
{
  *message = g_strdup ("this test was built without libxlutil");
  return NULL;
}

void
judge_free (Judge *self)
{
}

const char *
judge_string (Judge *self, const char *key)
{
  return NULL;
}

long
judge_number (Judge *self, const char *key)
{
  return -1;
}

char **
judge_list (Judge *self, const char *key)
{
  return NULL;
}

gboolean
judge_disk (Judge *self, const char *text, JudgeDisk *disk)
{
  return FALSE;
}

gboolean
judge_rate (Judge *self, const char *rate)
{
  return FALSE;
}

#endif

void
judge_disk_clear (JudgeDisk *disk)
{
  g_clear_pointer (&disk->vdev, g_free);
  g_clear_pointer (&disk->target, g_free);
}
