/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/archive/xva.h"

/* ova.xml: a version and the objects of xapi's database that belong to a machine, as values of
 * XML-RPC. Facts: ocaml/xapi/{export,import,importexport,stream_vdi}.ml of xen-api, and the fields
 * of its datamodel that have no default. */

/* @name: of the archive, for messages. */
DomuimgXvaMachine *domuimg_xva_xml_parse (const char *text, gsize length, const char *name,
                                          GError **error);
char *domuimg_xva_xml_write (const DomuimgXvaMachine *machine);
/* The directory that the pieces of disk @i lie in. */
char *domuimg_xva_xml_disk_ref (guint i);
