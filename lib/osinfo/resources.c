/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libosinfo's database says of the memory and storage that a system needs. */
#include "config.h"
#include "lib/osinfo/resources.h"

#include "lib/osinfo/db.h"

#ifdef HAVE_OSINFO
static gboolean
is_called (OsinfoOs *os, const char *word)
{
  OsinfoProduct *product = OSINFO_PRODUCT (os);
  const char *code_name = osinfo_product_get_codename (product);

  return g_strcmp0 (osinfo_product_get_short_id (product), word) == 0
         || (code_name != NULL && g_ascii_strcasecmp (code_name, word) == 0);
}

static OsinfoOs *
find (OsinfoDb *db, const char *word)
{
  g_autoptr (OsinfoOsList) systems = osinfo_db_get_os_list (db);
  g_auto (GStrv) parts = g_strsplit (word, "-", -1);
  g_autofree char *joined = g_strjoinv ("", parts);

  for (int i = 0; i < osinfo_list_get_length (OSINFO_LIST (systems)); i++)
    {
      OsinfoOs *os = OSINFO_OS (osinfo_list_get_nth (OSINFO_LIST (systems), i));

      if (is_called (os, word) || is_called (os, joined))
        return os;
    }
  return NULL;
}

/* Those of this architecture count, and those that are for all. */
static void
read_list (OsinfoResourcesList *list, guint64 *memory, guint64 *storage)
{
  for (int i = 0; i < osinfo_list_get_length (OSINFO_LIST (list)); i++)
    {
      OsinfoResources *one = OSINFO_RESOURCES (osinfo_list_get_nth (OSINFO_LIST (list), i));
      const char *arch = osinfo_resources_get_architecture (one);

      if (g_strcmp0 (arch, "all") != 0 && g_strcmp0 (arch, "x86_64") != 0)
        continue;
      *memory = MAX (*memory, (guint64) MAX (osinfo_resources_get_ram (one), 0));
      *storage = MAX (*storage, (guint64) MAX (osinfo_resources_get_storage (one), 0));
    }
}

DomuimgOsinfoResources
domuimg_osinfo_find_resources (const char *word)
{
  DomuimgOsinfoResources found = { 0 };
  OsinfoDb *db = domuimg_osinfo_db_get (NULL);
  OsinfoOs *os = db != NULL ? find (db, word) : NULL;
  g_autoptr (OsinfoResourcesList) least = NULL;
  g_autoptr (OsinfoResourcesList) recommended = NULL;
  guint64 least_storage = 0;

  if (os == NULL)
    return found;
  least = osinfo_os_get_minimum_resources (os);
  recommended = osinfo_os_get_recommended_resources (os);
  read_list (least, &found.least_memory, &least_storage);
  read_list (recommended, &found.memory, &found.storage);
  return found;
}
#else
DomuimgOsinfoResources
domuimg_osinfo_find_resources (const char *word)
{
  return (DomuimgOsinfoResources){ 0 };
}
#endif
