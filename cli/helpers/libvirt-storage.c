/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Storage pools and their volumes. */
#include "config.h"
#include "cli/helpers/libvirt-host.h"

#include <stdlib.h>
#include <string.h>

#include "cli/helpers/say.h"

#define POLL_USEC 100000
/* How often it is asked whether a pool is still busy with an upload that was broken off. */
#define POLLS 50

/* Pools of these types make a file of each volume. */
static gboolean
holds_files (const char *type)
{
  static const char *const types[] = { "dir", "fs", "netfs", NULL };

  return g_strv_contains (types, type);
}

static char *
type_of (virStoragePoolPtr pool)
{
  char *type = libvirt_find_text (virStoragePoolGetXMLDesc (pool, 0), "/pool/@type");

  return type != NULL ? type : g_strdup ("");
}

virStoragePoolPtr
libvirt_find_pool (virConnectPtr connection, const char *name)
{
  virStoragePoolPtr pool = virStoragePoolLookupByName (connection, name);

  if (pool == NULL)
    libvirt_failed ("libvirt does not find the pool");
  return pool;
}

static gboolean
is_busy (void)
{
  return virGetLastErrorCode () == VIR_ERR_INTERNAL_ERROR
         || virGetLastErrorCode () == VIR_ERR_OPERATION_INVALID;
}

/* A pool whose connection broke off is busy until libvirt has seen that. */
int
libvirt_refresh_patiently (virStoragePoolPtr pool)
{
  int status = virStoragePoolRefresh (pool, 0);

  for (guint i = 0; status != 0 && is_busy () && i < POLLS; i++)
    {
      g_usleep (POLL_USEC);
      status = virStoragePoolRefresh (pool, 0);
    }
  return status;
}

static int
delete_patiently (virStorageVolPtr volume)
{
  int status = virStorageVolDelete (volume, 0);

  for (guint i = 0; status != 0 && is_busy () && i < POLLS; i++)
    {
      g_usleep (POLL_USEC);
      status = virStorageVolDelete (volume, 0);
    }
  return status;
}

/* The key alone is a path in some pools, and another host may have the same one. */
static char *
id_of (virStoragePoolPtr pool, virStorageVolPtr volume)
{
  char uuid[VIR_UUID_STRING_BUFLEN] = "";

  virStoragePoolGetUUIDString (pool, uuid);
  return g_strdup_printf ("%s %s", uuid, virStorageVolGetKey (volume));
}

/* (nullable) The name of the guest that runs on the volume. */
static char *
find_user (virConnectPtr connection, const char *path)
{
  char quote = strchr (path, '\'') != NULL ? '"' : '\'';
  g_autofree char *expression = g_strdup_printf (
      "/domain[devices/disk/source[@file=%c%s%c or @dev=%c%s%c]]/name", quote, path, quote, quote,
      path, quote);
  virDomainPtr *domains = NULL;
  int count = virConnectListAllDomains (connection, &domains, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  char *name = NULL;

  for (int i = 0; i < count; i++)
    {
      if (name == NULL)
        name = libvirt_find_text (virDomainGetXMLDesc (domains[i], 0), expression);
      virDomainFree (domains[i]);
    }
  free (domains);
  return name;
}

/* A member "id" and, where a guest runs on it, "user", and whether it could be told; there is none
 * where there is no such volume. */
static gboolean
describe_volume (virStoragePoolPtr pool, const char *name, JsonBuilder *builder)
{
  g_autoptr (virStorageVol) volume = virStorageVolLookupByName (pool, name);
  g_autofree char *id = NULL;
  g_autofree char *user = NULL;
  char *path;

  if (volume == NULL)
    return virGetLastErrorCode () == VIR_ERR_NO_STORAGE_VOL;
  id = id_of (pool, volume);
  say_text (builder, "id", id);
  path = virStorageVolGetPath (volume);
  user = path != NULL ? find_user (virStoragePoolGetConnect (pool), path) : NULL;
  free (path);
  say_text (builder, "user", user);
  return TRUE;
}

/* Whether it could be told. */
static gboolean
describe_all (virStoragePoolPtr pool, const char *name, JsonBuilder *builder)
{
  g_autofree char *path
      = libvirt_find_text (virStoragePoolGetXMLDesc (pool, 0), "/pool/target/path");
  g_autofree char *type = type_of (pool);
  gboolean is_active = virStoragePoolIsActive (pool) == 1;
  virStoragePoolInfo info = { 0 };

  say_text (builder, "type", type);
  say_text (builder, "path", path);
  say_text (builder, "state", is_active ? "active" : "inactive");
  if (!is_active)
    return TRUE;
  /* Others may have put something into it. */
  virStoragePoolRefresh (pool, 0);
  if (virStoragePoolGetInfo (pool, &info) != 0)
    return FALSE;
  say_number (builder, "available", (gint64) MIN (info.available, (guint64) G_MAXINT64));
  return name == NULL || describe_volume (pool, name, builder);
}

int
libvirt_describe_pool (virConnectPtr connection, const char *name, const char *volume)
{
  g_autoptr (virStoragePool) pool = virStoragePoolLookupByName (connection, name);
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (pool == NULL && virGetLastErrorCode () != VIR_ERR_NO_STORAGE_POOL)
    return libvirt_failed ("libvirt cannot look for the pool");
  json_builder_begin_object (builder);
  if (pool != NULL && !describe_all (pool, volume, builder))
    return libvirt_failed ("libvirt cannot look at the pool");
  json_builder_end_object (builder);
  say (g_steal_pointer (&builder));
  return EXIT_SUCCESS;
}

/* What is not a file is allocated whole: of less, libvirt makes something else. */
static char *
describe_new (virStoragePoolPtr pool, const char *name, guint64 capacity)
{
  g_autofree char *type = type_of (pool);

  return g_markup_printf_escaped (
      holds_files (type)
          ? "<volume><name>%s</name><capacity unit='bytes'>%" G_GUINT64_FORMAT "</capacity>"
            "<allocation>0</allocation><target><format type='raw'/>"
            "<permissions><mode>0600</mode></permissions></target></volume>"
          : "<volume><name>%s</name><capacity unit='bytes'>%" G_GUINT64_FORMAT
            "</capacity></volume>",
      name, capacity);
}

int
libvirt_create_volume (virConnectPtr connection, const char *pool_name, const char *name,
                       guint64 capacity)
{
  g_autoptr (virStoragePool) pool = libvirt_find_pool (connection, pool_name);
  g_autofree char *xml = pool != NULL ? describe_new (pool, name, capacity) : NULL;
  g_autoptr (virStorageVol) volume = NULL;
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  if (pool == NULL)
    return EXIT_FAILURE;
  volume = virStorageVolCreateXML (pool, xml, 0);
  /* What the answer then is without, is its ID. */
  if (volume == NULL && virGetLastErrorCode () != VIR_ERR_STORAGE_VOL_EXIST)
    return libvirt_failed ("libvirt does not make the volume");
  json_builder_begin_object (builder);
  if (volume != NULL && !describe_volume (pool, name, builder))
    return libvirt_failed ("libvirt cannot look at the volume that it made");
  json_builder_end_object (builder);
  say (g_steal_pointer (&builder));
  return EXIT_SUCCESS;
}

static gboolean
is_the_one (virStoragePoolPtr pool, virStorageVolPtr volume, const char *id, guint64 capacity)
{
  g_autofree char *has = id_of (pool, volume);
  virStorageVolInfo info = { 0 };

  if (id != NULL)
    return g_str_equal (has, id);
  return virStorageVolGetInfo (volume, &info) == 0 && info.capacity == capacity
         && info.allocation == 0;
}

int
libvirt_delete_volume (virConnectPtr connection, const char *pool_name, const char *name,
                       const char *id, guint64 capacity)
{
  g_autoptr (virStoragePool) pool = virStoragePoolLookupByName (connection, pool_name);
  g_autoptr (virStorageVol) volume
      = pool != NULL ? virStorageVolLookupByName (pool, name) : NULL;

  if (volume == NULL && virGetLastErrorCode () != VIR_ERR_NO_STORAGE_POOL
      && virGetLastErrorCode () != VIR_ERR_NO_STORAGE_VOL)
    return libvirt_failed ("libvirt cannot look for the volume");
  if (volume == NULL || !is_the_one (pool, volume, id, capacity))
    {
      say_whether ("deleted", FALSE);
      return EXIT_SUCCESS;
    }
  if (delete_patiently (volume) != 0)
    return libvirt_failed ("libvirt does not delete the volume");
  say_whether ("deleted", TRUE);
  return EXIT_SUCCESS;
}

int
libvirt_refresh_pool (virConnectPtr connection, const char *name)
{
  g_autoptr (virStoragePool) pool = libvirt_find_pool (connection, name);

  if (pool == NULL)
    return EXIT_FAILURE;
  return libvirt_refresh_patiently (pool) == 0 ? EXIT_SUCCESS
                                       : libvirt_failed ("libvirt cannot read the pool again");
}
