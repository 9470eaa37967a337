/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One repository: the names and values of its section in a .repo file. */
#include "config.h"
#include "lib/source/rpm.h"

DomuimgRpmRepo *
domuimg_rpm_repo_new (const char *id)
{
  DomuimgRpmRepo *self = g_new0 (DomuimgRpmRepo, 1);

  self->id = g_strdup (id);
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->values = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
domuimg_rpm_repo_free (DomuimgRpmRepo *self)
{
  g_free (self->id);
  g_ptr_array_unref (self->names);
  g_ptr_array_unref (self->values);
  g_free (self);
}

const char *
domuimg_rpm_repo_get (const DomuimgRpmRepo *self, const char *name)
{
  guint i;

  if (!g_ptr_array_find_with_equal_func (self->names, name, g_str_equal, &i))
    return NULL;
  return self->values->pdata[i];
}

void
domuimg_rpm_repo_set (DomuimgRpmRepo *self, const char *name, const char *value)
{
  guint i;

  if (g_ptr_array_find_with_equal_func (self->names, name, g_str_equal, &i))
    {
      g_ptr_array_remove_index (self->names, i);
      g_ptr_array_remove_index (self->values, i);
    }
  if (value == NULL)
    return;
  g_ptr_array_add (self->names, g_strdup (name));
  g_ptr_array_add (self->values, g_strdup (value));
}
