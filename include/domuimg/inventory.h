/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/guest.h>

G_BEGIN_DECLS

/**
 * DomuimgInventoryFormat:
 * @DOMUIMG_INVENTORY_FORMAT_TEXT: a table for a person; guests whose disks lie over another's come below it
 * @DOMUIMG_INVENTORY_FORMAT_JSON: an object with an array of objects
 * @DOMUIMG_INVENTORY_FORMAT_INVENTORY: an inventory of ansible's, as INI
 * @DOMUIMG_INVENTORY_FORMAT_HOSTS: lines of hosts(5), of guests with fixed addresses
 *
 * How a list of guests is written.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_INVENTORY_FORMAT_TEXT,
  DOMUIMG_INVENTORY_FORMAT_JSON,
  DOMUIMG_INVENTORY_FORMAT_INVENTORY,
  DOMUIMG_INVENTORY_FORMAT_HOSTS,
} DomuimgInventoryFormat;

DOMUIMG_API
gboolean domuimg_inventory_format_from_string (const char *string, DomuimgInventoryFormat *format,
                                               GError **error);

#define DOMUIMG_TYPE_INVENTORY (domuimg_inventory_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgInventory, domuimg_inventory, DOMUIMG, INVENTORY, GObject)

DOMUIMG_API
DomuimgInventory *domuimg_inventory_load (const char *dir, DomuimgBackend backend,
                                          const char *connect, GCancellable *cancellable,
                                          GError **error);
DOMUIMG_API
void domuimg_inventory_load_async (const char *dir, DomuimgBackend backend, const char *connect,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);
DOMUIMG_API
DomuimgInventory *domuimg_inventory_load_finish (GAsyncResult *result, GError **error);
DOMUIMG_API
guint domuimg_inventory_get_length (DomuimgInventory *self);
DOMUIMG_API
char **domuimg_inventory_list_problems (DomuimgInventory *self);
DOMUIMG_API
char *domuimg_inventory_write (DomuimgInventory *self, DomuimgInventoryFormat format);

G_END_DECLS
