/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The syntax of layout=, alone and among the keys of a disk. */
#include "config.h"
#include "lib/spec/layout-spec.h"

#include <string.h>

#include "lib/spec/parse.h"

static const char *const kinds[] = { "none", "none", "gpt", "mbr" };
static const char *const options[] = { "bios", "esp", "boot", "swap" };

const char *
domuimg_layout_kind_to_string (DomuimgLayoutKind kind)
{
  return kinds[kind];
}

static int
find_option (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (g_str_equal (options[i], key))
      return i;
  return -1;
}

gboolean
domuimg_layout_spec_has_key (const char *key)
{
  return g_str_equal (key, "layout") || find_option (key) >= 0;
}

static gboolean
take_kind (DomuimgLayoutSpec *self, const char *value, GError **error)
{
  for (guint i = DOMUIMG_LAYOUT_NONE; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i], value))
      {
        self->kind = i;
        return TRUE;
      }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "layout=%s does not exist: use none, gpt or mbr", value);
}

/* "no", "yes" for the BIOS, else a size. */
static gboolean
take_option (DomuimgLayoutSpec *self, DomuimgLayoutOption option, const char *value,
             GError **error)
{
  gboolean flag;

  self->is_given[option] = TRUE;
  self->size[option] = 0;
  if (g_str_equal (value, "no"))
    return TRUE;
  if (option != DOMUIMG_LAYOUT_BIOS)
    return domuimg_parse_size (value, 1, &self->size[option], error);
  if (!domuimg_parse_bool (value, &flag, error))
    return FALSE;
  self->size[option] = flag;
  return TRUE;
}

gboolean
domuimg_layout_spec_take (DomuimgLayoutSpec *self, const char *key, const char *value,
                          GError **error)
{
  int option = find_option (key);

  return option < 0 ? take_kind (self, value, error) : take_option (self, option, value, error);
}

gboolean
domuimg_layout_spec_has_options (const DomuimgLayoutSpec *self)
{
  for (guint i = 0; i < DOMUIMG_LAYOUT_N_OPTIONS; i++)
    if (self->is_given[i])
      return TRUE;
  return FALSE;
}

DomuimgLayoutSpec *
domuimg_layout_spec_parse (const char *text, GError **error)
{
  g_autofree DomuimgLayoutSpec *self = g_new0 (DomuimgLayoutSpec, 1);
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (parts[i], '=');
      const char *key = i == 0 && equals == NULL ? "layout" : parts[i];

      if (equals != NULL)
        *equals = '\0';
      if ((i > 0 && equals == NULL) || !domuimg_layout_spec_has_key (key))
        {
          domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                        "layout “%s”: “%s” is not known; write it like"
                        " gpt,esp=64M,boot=512M,swap=1G,bios=no",
                        text, parts[i]);
          return NULL;
        }
      if (!domuimg_layout_spec_take (self, key, equals != NULL ? equals + 1 : parts[i], error))
        return NULL;
    }
  return g_steal_pointer (&self);
}
