/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/host.h"
#include "lib/base/base.h"
#include "lib/xen/profile.h"

/* What a look at a host finds: files doctor-SUBJECT.c, each for one part of it. */

struct _DomuimgDoctor {
  GObject parent_instance;

  char *root;     /* in front of every path; "" for this machine */
  gboolean is_xen; /* and may start guests: dom0 */
  char *xen_version; /* (nullable) of what runs */
  DomuimgProfile *profile; /* of its files */
  GPtrArray *findings; /* (nullable) of DomuimgFinding; NULL until it was looked at */
};

/* @root is a directory with a host's files, "" for this machine; of another root no program is
 * started and no device is asked. */
DomuimgDoctor *domuimg_doctor_new_for_root (const char *root);

/* @remedy is taken and may be NULL. What is there has the severity INFO, whatever is given. */
void domuimg_doctor_add (DomuimgDoctor *self, const char *id, gboolean is_there,
                       DomuimgSeverity severity, char *what, const char *why, char *remedy);
/* Below the root. (transfer full) */
char *domuimg_doctor_path (DomuimgDoctor *self, const char *path);
gboolean domuimg_doctor_has (DomuimgDoctor *self, const char *path);
/* Without white space at its ends; NULL where it is not there. */
char *domuimg_doctor_read (DomuimgDoctor *self, const char *path);
/* The path of @program, without the root, or NULL. */
char *domuimg_doctor_find_program (DomuimgDoctor *self, const char *program);
/* The first file there is of those that @pattern, a path with "*" in one of its components,
 * matches; without the root, or NULL. */
char *domuimg_doctor_find_file (DomuimgDoctor *self, const char *pattern);
/* How to install a package of Debian here. (transfer full) */
char *domuimg_doctor_install (DomuimgDoctor *self, const char *package);

void domuimg_doctor_look_at_xen (DomuimgDoctor *self, GCancellable *cancellable);
void domuimg_doctor_look_at_tools (DomuimgDoctor *self);
void domuimg_doctor_look_at_network (DomuimgDoctor *self);
void domuimg_doctor_look_at_storage (DomuimgDoctor *self);
void domuimg_doctor_look_at_loaders (DomuimgDoctor *self);
void domuimg_doctor_look_at_programs (DomuimgDoctor *self);
void domuimg_doctor_look_at_rights (DomuimgDoctor *self);
