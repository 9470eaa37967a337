/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>

/* What the verbs of domuimg-libvirt share. Each returns the status that the program ends with. */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (virDomain, virDomainFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (virStoragePool, virStoragePoolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (virStorageVol, virStorageVolFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (virStream, virStreamFree)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (xmlDoc, xmlFreeDoc)

/* Says on stderr what failed, and libvirt's own words on it. */
int libvirt_failed (const char *what);
/* (nullable) Without a word on what is wrong with it. */
xmlDoc *libvirt_parse (const char *xml);
/* (nullable) The text of what @path finds in @xml, which is freed. */
char *libvirt_find_text (char *xml, const char *path);

/* NULL with a line on stderr. */
virStoragePoolPtr libvirt_find_pool (virConnectPtr connection, const char *name);
/* 0, or -1 with libvirt's error. */
int libvirt_refresh_patiently (virStoragePoolPtr pool);
/* A pool, and @volume (nullable) in it, as JSON; NULL names nothing that exists. */
int libvirt_describe_pool (virConnectPtr connection, const char *pool, const char *volume);
/* A volume of @capacity bytes that holds nothing. */
int libvirt_create_volume (virConnectPtr connection, const char *pool, const char *volume,
                           guint64 capacity);
/* stdin, a file with holes, becomes what the volume holds. */
int libvirt_upload (virConnectPtr connection, const char *pool, const char *volume);
/* Only the volume with this @id; or without one (NULL), that of @capacity bytes of which nothing is
 * allocated. */
int libvirt_delete_volume (virConnectPtr connection, const char *pool, const char *volume,
                           const char *id, guint64 capacity);
/* Who has this name, or else this UUID, as JSON. */
int libvirt_describe_definition (virConnectPtr connection, const char *name, const char *uuid);
/* The guest whose XML is on stdin; with @replace in place of who has its name or UUID. */
int libvirt_define (virConnectPtr connection, const char *name, const char *uuid, gboolean replace,
                    gboolean autostart);
/* Only who has both. */
int libvirt_undefine (virConnectPtr connection, const char *name, const char *uuid);
int libvirt_refresh_pool (virConnectPtr connection, const char *pool);
