/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/app/closure.h"
#include "lib/app/rules.h"

/* The closure while it is worked out, for the files of this room that find more of it. */

struct _DomuimgClosure {
  DomuimgTree *tree;
  DomuimgPackages *packages;
  DomuimgAppRules *rules;
  GPtrArray *programs; /* (element-type utf8) as asked for, and so on */
  GPtrArray *patterns;
  GPtrArray *traced;
  GPtrArray *users;
  GPtrArray *rule_users; /* of rules: some roots have them, some have not */
  GPtrArray *env;
  gboolean allows_missing;
  GPtrArray *files;    /* (element-type DomuimgAppFile) */
  GHashTable *by_path; /* path -> its number, from 1 */
  GHashTable *libraries; /* what was looked up for files that name no directories: name -> GPtrArray */
  DomuimgElfSearch *search; /* (nullable) once there is an ELF file */
  GPtrArray *missing;  /* (element-type utf8) a line for each library that is not found */
  GPtrArray *warnings;
  GHashTable *done;    /* rules that need to be followed once only */
  DomuimgAppDefaults defaults;
  gboolean has_defaults;
  guint main;          /* the number of the application itself */
  struct _DomuimgAppModules *python; /* (nullable) once an interpreter is there */
  struct _DomuimgAppModules *perl;   /* (nullable) likewise */
};

/* Why a file is taken. */
typedef struct {
  guint parent;
  const char *rule;   /* interned or static */
  const char *detail; /* (nullable) */
} DomuimgAppReason;

/* The rule of a program that somebody has asked for. */
#define DOMUIMG_APP_RULE_ASKED "asked"

/* @data is a DomuimgAppFile. */
void domuimg_app_file_free (gpointer data);
DomuimgAppFile *domuimg_closure_get_file (DomuimgClosure *self, guint number);
/* Adds what is at @path, with each symlink on the way. *@number (nullable) becomes that of the file at its
 * end. NOT_FOUND where there is nothing. */
gboolean domuimg_closure_add (DomuimgClosure *self, const char *path, const DomuimgAppReason *reason,
                              guint *number, GError **error);
/* The same; where there is nothing, @format is the error. */
gboolean domuimg_closure_add_needed (DomuimgClosure *self, const char *path,
                                     const DomuimgAppReason *reason, guint *number, GError **error,
                                     const char *format, ...) G_GNUC_PRINTF (6, 7);
/* The same, but what is not there is no error. */
gboolean domuimg_closure_add_if_any (DomuimgClosure *self, const char *path,
                                     const DomuimgAppReason *reason, GError **error);
/* All that matches, with all that is in directories. */
gboolean domuimg_closure_add_glob (DomuimgClosure *self, const char *pattern,
                                   const DomuimgAppReason *reason, GError **error);
/* A file whose content is made here, in place of what the tree has. */
void domuimg_closure_add_made (DomuimgClosure *self, DomuimgEntry *entry, GBytes *content,
                               const DomuimgAppReason *reason);
/* A library that is loaded by its name alone; without one, there is no error. */
gboolean domuimg_closure_add_library (DomuimgClosure *self, const char *name,
                                      const DomuimgAppReason *reason, GError **error);
/* Whether somebody has asked for it as a program, perhaps by a symlink. */
gboolean domuimg_closure_is_program (DomuimgClosure *self, const DomuimgAppFile *file);
void domuimg_closure_warn (DomuimgClosure *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* TRUE the first time for each @what. */
gboolean domuimg_closure_once (DomuimgClosure *self, const char *what);

/* What a file leads to, by what it is. */
gboolean domuimg_closure_follow_elf (DomuimgClosure *self, guint number, GError **error);
gboolean domuimg_closure_follow_script (DomuimgClosure *self, guint number, const char *head,
                                        GError **error);
gboolean domuimg_closure_follow_rules (DomuimgClosure *self, guint number, GError **error);
/* The rest of the package of a program that was asked for. */
gboolean domuimg_closure_follow_package (DomuimgClosure *self, guint number, GError **error);
/* /etc/passwd and /etc/group with the users that matter. */
gboolean domuimg_closure_make_accounts (DomuimgClosure *self, GError **error);
