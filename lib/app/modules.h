/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/app/closure-private.h"

/* Where an interpreter finds the modules of its scripts. */
typedef struct _DomuimgAppModules DomuimgAppModules;
struct _DomuimgAppModules {
  const DomuimgAppRule *rule; /* with the modules that are always loaded */
  guint interpreter;          /* its number */
  char *version;              /* of Python: "3.11" */
  GPtrArray *directories;     /* (element-type utf8) absolute */
  GHashTable *names;          /* directory -> set of the names in it */
  GHashTable *done;           /* what was imported already */
};

DomuimgAppModules *domuimg_app_modules_new (const DomuimgAppRule *rule, guint interpreter);
void domuimg_app_modules_free (DomuimgAppModules *self);
void domuimg_app_modules_add_directory (DomuimgAppModules *self, const char *directory);
/* Whether @directory has @name; each directory is read once. */
gboolean domuimg_app_modules_has (DomuimgAppModules *self, DomuimgTree *tree, const char *directory,
                                  const char *name);
/* (nullable) The names in a directory: a set. */
GHashTable *domuimg_app_modules_list (DomuimgAppModules *self, DomuimgTree *tree,
                                      const char *directory);
/* (nullable) The rule for scripts of the interpreter @path. */
const DomuimgAppRule *domuimg_app_modules_find_rule (DomuimgClosure *self, const char *reader,
                                                     const char *path);
/* The number of the interpreter that came last, as that of a script that is looked at; 0: none. */
guint domuimg_app_modules_find_interpreter (DomuimgClosure *self, const char *reader);
