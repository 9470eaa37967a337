/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be said of a source by its row alone. */
#include "config.h"
#include "lib/spec/source-type.h"

#include <string.h>

const DomuimgSourceType *
domuimg_source_type_find (const char *from, const char **rest)
{
  const char *colon = strchr (from, ':');

  if (colon == NULL || colon[1] == '\0')
    return NULL;
  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    {
      const DomuimgSourceType *type = domuimg_source_types[i];

      if (strlen (type->scheme) == (gsize) (colon - from)
          && strncmp (type->scheme, from, colon - from) == 0)
        {
          if (rest != NULL)
            *rest = colon + 1;
          return type;
        }
    }
  return NULL;
}

gboolean
domuimg_source_type_owns_key (const DomuimgSourceType *self, const char *key)
{
  return self->keys != NULL && g_strv_contains (self->keys, key);
}

char *
domuimg_source_type_list (const char *key)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GString *list = g_string_new (NULL);

  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    {
      const DomuimgSourceType *type = domuimg_source_types[i];

      if (key == NULL || domuimg_source_type_owns_key (type, key))
        g_ptr_array_add (names, g_strdup_printf ("%s:%s", type->scheme, type->placeholder));
    }
  for (guint i = 0; i < names->len; i++)
    {
      if (i > 0)
        g_string_append (list, i + 1 == names->len ? " or " : ", ");
      g_string_append (list, g_ptr_array_index (names, i));
    }
  return g_string_free (list, FALSE);
}
