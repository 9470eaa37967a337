/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be said of a source by its row alone. */
#include "config.h"
#include "lib/spec/source-type.h"

#include <string.h>

#include "lib/spec/parse.h"
#include "lib/spec/spec-keys.h"

/* (nullable) The row for @text ("tar:FILE"), whose colon is at @colon. */
static const DomuimgSourceType *
find (const char *text, const char *colon)
{
  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    {
      const DomuimgSourceType *type = domuimg_source_types[i];

      if (strlen (type->scheme) == (gsize) (colon - text)
          && strncmp (type->scheme, text, colon - text) == 0)
        return type;
    }
  return NULL;
}

DomuimgSourceSpec *
domuimg_source_spec_parse (const char *text, GError **error)
{
  const char *colon = strchr (text, ':');
  const DomuimgSourceType *type
      = colon != NULL && colon[1] != '\0' ? find (text, colon) : NULL;
  g_autofree char *known = NULL;
  DomuimgSourceSpec *self;

  if (type == NULL)
    {
      known = domuimg_source_type_list (NULL);
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "from “%s”: expected %s", text, known);
      return NULL;
    }
  self = g_new0 (DomuimgSourceSpec, 1);
  self->type = type;
  self->rest = g_strdup (colon + 1);
  return self;
}

void
domuimg_source_spec_free (DomuimgSourceSpec *self)
{
  g_free (self->rest);
  g_free (self);
}

const DomuimgSourceType *
domuimg_source_type_of (DomuimgSpec *spec)
{
  const DomuimgSourceSpec *from = domuimg_spec_get_object (spec, "from");
  gboolean is_here = domuimg_spec_get_number (spec, "installer", DOMUIMG_INSTALLER_IN_GUEST)
                     == DOMUIMG_INSTALLER_IN_QEMU;

  return is_here && from->type->here != NULL ? from->type->here : from->type;
}

gboolean
domuimg_source_type_owns_key (const DomuimgSourceType *self, const char *key)
{
  return self->keys != NULL && g_strv_contains (self->keys, key);
}

gboolean
domuimg_source_type_may_own_key (const DomuimgSourceType *self, const char *key)
{
  return domuimg_source_type_owns_key (self, key)
         || (self->here != NULL && domuimg_source_type_owns_key (self->here, key));
}

char *
domuimg_source_type_list (const char *key)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    {
      const DomuimgSourceType *type = domuimg_source_types[i];

      if (key == NULL || domuimg_source_type_may_own_key (type, key))
        g_ptr_array_add (names, g_strdup_printf ("%s:%s", type->scheme, type->placeholder));
    }
  return domuimg_join_words (names);
}
