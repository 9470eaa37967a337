/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libosinfo's database, loaded once. */
#include "config.h"
#include "lib/osinfo/db.h"

#ifdef HAVE_OSINFO
static gboolean
is_empty (OsinfoDb *db)
{
  g_autoptr (OsinfoOsList) systems = osinfo_db_get_os_list (db);

  return osinfo_list_get_length (OSINFO_LIST (systems)) == 0;
}

static OsinfoDb *
load (GError **error)
{
  g_autoptr (OsinfoLoader) loader = osinfo_loader_new ();
  g_autoptr (GError) problem = NULL;
  OsinfoDb *db = osinfo_loader_get_db (loader);

  osinfo_loader_process_default_path (loader, &problem);
  if (problem != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                  "the database of libosinfo cannot be read: %s", problem->message);
  else if (is_empty (db))
    domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                  "libosinfo has no database here: install the package osinfo-db");
  else
    return g_object_ref (db);
  return NULL;
}

OsinfoDb *
domuimg_osinfo_db_get (GError **error)
{
  static GMutex lock;
  static OsinfoDb *loaded;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  /* A failure is not kept: who installs the database may ask again. */
  if (loaded == NULL)
    loaded = load (error);
  return loaded;
}
#endif
