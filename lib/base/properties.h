/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "domuimg/enum-types.h"

/* Read-only properties of the public classes: a table of getters each. */

typedef enum {
  DOMUIMG_PROPERTY_STRING, /* const char * */
  DOMUIMG_PROPERTY_STRV,   /* char **, which the getter gives away */
  DOMUIMG_PROPERTY_BOOLEAN,
  DOMUIMG_PROPERTY_INT,
  DOMUIMG_PROPERTY_UINT,
  DOMUIMG_PROPERTY_UINT64,
  DOMUIMG_PROPERTY_ENUM,
  DOMUIMG_PROPERTY_OBJECT, /* which the getter keeps */
} DomuimgPropertyKind;

typedef struct {
  DomuimgPropertyKind kind;
  const char *name;
  GCallback get; /* the public getter: of the object alone */
  const char *blurb;
  GType (*type) (void); /* of an enum or object */
} DomuimgProperty;

/* @properties must stay; the class gets a get_property of its own. */
void domuimg_install_properties (gpointer klass, const DomuimgProperty *properties, guint n);
