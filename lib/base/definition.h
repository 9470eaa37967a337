/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Guests that a libvirt knows without running them. One is named by an address, "URI#NAME", and known by
 * its UUID. */

char *domuimg_definition_make_address (const char *uri, const char *name);
/* EXISTS where libvirt knows another guest of this name or @uuid, unless @replace; BUSY where that one
 * runs. */
gboolean domuimg_definition_check (const char *address, const char *uuid, gboolean replace,
                                   GError **error);

typedef struct {
  const char *address;
  const char *uuid;
  const char *xml;
  gboolean replace;
  gboolean autostart; /* with its host */
} DomuimgDefinition;

gboolean domuimg_definition_make (const DomuimgDefinition *self, GCancellable *cancellable,
                                  GError **error);
/* *@removed is FALSE where there is no such guest. */
gboolean domuimg_definition_remove (const char *address, const char *uuid, gboolean *removed,
                                    GError **error);
