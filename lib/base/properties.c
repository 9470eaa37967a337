/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes properties of the getters of a class, so that bindings see both. */
#include "config.h"
#include "lib/base/properties.h"

#define FLAGS (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("domuimg-property");
}

static GParamSpec *
make_spec (const DomuimgProperty *self)
{
  const char *name = self->name;
  const char *blurb = self->blurb;

  switch (self->kind)
    {
    case DOMUIMG_PROPERTY_STRV:
      return g_param_spec_boxed (name, NULL, blurb, G_TYPE_STRV, FLAGS);
    case DOMUIMG_PROPERTY_BOOLEAN:
      return g_param_spec_boolean (name, NULL, blurb, FALSE, FLAGS);
    case DOMUIMG_PROPERTY_INT:
      return g_param_spec_int (name, NULL, blurb, G_MININT, G_MAXINT, 0, FLAGS);
    case DOMUIMG_PROPERTY_UINT:
      return g_param_spec_uint (name, NULL, blurb, 0, G_MAXUINT, 0, FLAGS);
    case DOMUIMG_PROPERTY_UINT64:
      return g_param_spec_uint64 (name, NULL, blurb, 0, G_MAXUINT64, 0, FLAGS);
    case DOMUIMG_PROPERTY_ENUM:
      return g_param_spec_enum (name, NULL, blurb, self->type (), 0, FLAGS);
    case DOMUIMG_PROPERTY_OBJECT:
      return g_param_spec_object (name, NULL, blurb, self->type (), FLAGS);
    case DOMUIMG_PROPERTY_STRING:
    default:
      return g_param_spec_string (name, NULL, blurb, NULL, FLAGS);
    }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  const DomuimgProperty *self = g_param_spec_get_qdata (spec, get_quark ());

  switch (self->kind)
    {
    case DOMUIMG_PROPERTY_STRING:
      g_value_set_string (value, ((const char *(*) (gpointer)) self->get) (object));
      break;
    case DOMUIMG_PROPERTY_STRV:
      g_value_take_boxed (value, ((char **(*) (gpointer)) self->get) (object));
      break;
    case DOMUIMG_PROPERTY_BOOLEAN:
      g_value_set_boolean (value, ((gboolean (*) (gpointer)) self->get) (object));
      break;
    case DOMUIMG_PROPERTY_INT:
      g_value_set_int (value, ((int (*) (gpointer)) self->get) (object));
      break;
    case DOMUIMG_PROPERTY_UINT:
      g_value_set_uint (value, ((guint (*) (gpointer)) self->get) (object));
      break;
    case DOMUIMG_PROPERTY_UINT64:
      g_value_set_uint64 (value, ((guint64 (*) (gpointer)) self->get) (object));
      break;
    case DOMUIMG_PROPERTY_ENUM:
      g_value_set_enum (value, ((int (*) (gpointer)) self->get) (object));
      break;
    case DOMUIMG_PROPERTY_OBJECT:
      g_value_set_object (value, ((gpointer (*) (gpointer)) self->get) (object));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

void
domuimg_install_properties (gpointer klass, const DomuimgProperty *properties, guint n)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  for (guint i = 0; i < n; i++)
    {
      GParamSpec *spec = make_spec (&properties[i]);

      g_param_spec_set_qdata (spec, get_quark (), (gpointer) &properties[i]);
      g_object_class_install_property (object_class, i + 1, spec);
    }
}
