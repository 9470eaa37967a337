/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/app/packages.h"
#include "lib/elf/search.h"
#include "lib/tree/tree.h"

/* The files of a root that an application needs, worked out without running anything. Each knows why it
 * is there: the file for which it was taken, and the rule by which. */

typedef struct {
  DomuimgEntry *entry;  /* its path is resolved: only itself may be a symlink */
  guint parent;         /* of the file that needs it, 1 and more; 0: it was asked for */
  const char *rule;     /* "library", "link", or the name of a rule of lib/app/rules */
  char *detail;         /* (nullable) a name in the parent that led to it: "libssl.so.3" */
  GBytes *content;      /* (nullable) in place of what the tree has */
  DomuimgElfObject *object; /* (nullable) of an ELF file */
  const DomuimgPackage *package; /* (nullable) once the closure is complete */
  char *sha256;         /* (nullable) of a regular file, once its bytes have passed */
} DomuimgAppFile;

/* How the application is started by itself, as far as a rule knows it. */
typedef struct {
  GStrv argv;  /* (nullable) */
  char *user;  /* (nullable) */
  GStrv env;   /* NAME=VALUE */
  GStrv ports; /* "80/tcp" */
} DomuimgAppDefaults;

typedef struct _DomuimgClosure DomuimgClosure;

/* Nothing is read yet. */
DomuimgClosure *domuimg_closure_new (DomuimgTree *tree);
void domuimg_closure_free (DomuimgClosure *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgClosure, domuimg_closure_free)

/* A program or script that is to run, by its absolute path; the first is the application. */
void domuimg_closure_add_program (DomuimgClosure *self, const char *path);
/* A path or a pattern (lib/tree/glob.h): a directory means all that is in it. */
void domuimg_closure_add_pattern (DomuimgClosure *self, const char *pattern);
/* A path that a run has opened: what the root does not have is not an error. */
void domuimg_closure_add_traced (DomuimgClosure *self, const char *path);
/* A user that the guest is to know, by name or number. */
void domuimg_closure_add_user (DomuimgClosure *self, const char *user);
/* NAME=VALUE of the application's environment, which some rules depend on. */
void domuimg_closure_add_env (DomuimgClosure *self, const char *assignment);
/* Libraries that are not found become warnings. */
void domuimg_closure_allow_missing (DomuimgClosure *self);

/* Works everything out. NOT_FOUND for what was asked for and is not in the root, and for libraries;
 * INVALID_ARGUMENT for what cannot be run; CORRUPT_INPUT. */
gboolean domuimg_closure_run (DomuimgClosure *self, GCancellable *cancellable, GError **error);

/* Below: after that. */

/* (element-type DomuimgAppFile) In the order in which they were found; an index plus 1 is a `parent`. */
const GPtrArray *domuimg_closure_get_files (DomuimgClosure *self);
/* (nullable) @path may go over symlinks of the closure. */
const DomuimgAppFile *domuimg_closure_find (DomuimgClosure *self, const char *path);
const DomuimgAppFile *domuimg_closure_get_parent (DomuimgClosure *self, const DomuimgAppFile *file);
/* The chain from a file to what was asked for, a line each (element-type utf8). */
GPtrArray *domuimg_closure_explain (DomuimgClosure *self, const DomuimgAppFile *file);
/* (element-type utf8) What a user should know. */
const GPtrArray *domuimg_closure_get_warnings (DomuimgClosure *self);
const DomuimgAppDefaults *domuimg_closure_get_defaults (DomuimgClosure *self);
DomuimgPackages *domuimg_closure_get_packages (DomuimgClosure *self);
/* The architecture of its programs, EM_X86_64 or another; 0: it has no ELF file. */
guint16 domuimg_closure_get_machine (DomuimgClosure *self);
/* The root that it was worked out in. */
DomuimgTree *domuimg_closure_get_tree (DomuimgClosure *self);
