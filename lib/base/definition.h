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
/* The same from what is in the file @path, in place of the guest that has the UUID by now. */
gboolean domuimg_definition_make_anew (const char *address, const char *uuid, const char *path,
                                       gboolean autostart, GError **error);
/* *@removed is FALSE where there is no such guest. */
gboolean domuimg_definition_remove (const char *address, const char *uuid, gboolean *removed,
                                    GError **error);
