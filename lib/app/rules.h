/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What is known of programs and libraries beside what their files say: data, in lib/app/rules and the
 * directories of domuimg_definitions_load (). A group is a rule, which says when it applies:
 *
 *   program=   patterns of paths of what is to run
 *   file=      patterns of paths of any file
 *   library=   patterns of names of ELF files
 *   symbol=    functions that an ELF file takes from others; "(static)": a program that takes none
 *   package=   patterns of names of the package that a program belongs to
 *
 * and what then belongs to the guest:
 *
 *   paths=       patterns of paths; ${dir} is the directory of the file
 *   libraries=   names that the dynamic loader finds
 *   directories= "PATH MODE OWNER GROUP", made where the root has none
 *   users=       names
 *   reader=      what reads the file, or a configuration: see readers.h
 *   search=, modules= for a reader of scripts: patterns of directories with modules, and modules that
 *                the interpreter itself loads
 *   leave=       patterns of paths that the package of a program is not asked for
 *   argv=, user=, env=, ports= how a program is started, unless something else is said
 */

typedef struct {
  const char *name; /* interned */
  GStrv program, file, library, symbol, package;
  GStrv paths, libraries, directories, users, leave, search, modules;
  char *reader; /* (nullable) */
  GStrv argv, env, ports; /* each empty where the rule does not say it */
  char *user;   /* (nullable) */
} DomuimgAppRule;

typedef struct _DomuimgAppRules DomuimgAppRules;

/* INVALID_ARGUMENT, with the file, for a rule that cannot be understood. */
DomuimgAppRules *domuimg_app_rules_load (GError **error);
void domuimg_app_rules_free (DomuimgAppRules *self);

/* (element-type DomuimgAppRule) */
const GPtrArray *domuimg_app_rules_get (DomuimgAppRules *self);
/* (nullable) (element-type DomuimgAppRule) Those for a function. */
const GPtrArray *domuimg_app_rules_for_symbol (DomuimgAppRules *self, const char *symbol);
/* Whether one of @patterns matches. */
gboolean domuimg_app_rules_match (GStrv patterns, const char *text);
