/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/domain.h"
#include "lib/base/base.h"

/* An xl.cfg as it stands: settings in order, each with its place, so that it can be checked and
 * edited without losing what this library does not know. Syntax: xl.cfg(5), by the lexer and
 * grammar of libxlutil, which is the judge in the tests. */

typedef enum {
  DOMUIMG_XL_STRING,
  DOMUIMG_XL_NUMBER,
  DOMUIMG_XL_LIST,
} DomuimgXlKind;

typedef struct _DomuimgXlValue DomuimgXlValue;
struct _DomuimgXlValue {
  DomuimgXlKind kind;
  char *text;       /* of a string, unquoted; of a number as it is written */
  gsize start;      /* where it is in the file's text: bytes */
  gsize end;
  GPtrArray *items; /* (element-type DomuimgXlValue) of a list */
};

typedef struct {
  char *key;
  DomuimgXlValue *value; /* after "+=", what it adds */
  gboolean append;       /* "+=" */
  guint line;            /* from 1 */
  guint column;
  gsize start;           /* where in the text the key starts, ... */
  gsize value_start;     /* ... its value, ... */
  gsize end;             /* ... and where the value ends: bytes */
} DomuimgXlSetting;

typedef struct {
  char *name;          /* for messages */
  char *text;
  GPtrArray *settings; /* (element-type DomuimgXlSetting) */
} DomuimgXlFile;

/* CORRUPT_INPUT, "NAME:LINE:COLUMN: ..."; refused is what libxlutil refuses, lists nested more than
 * 16 deep and more than 1024 settings. */
DomuimgXlFile *domuimg_xl_file_parse (const char *text, gsize length, const char *name,
                                      GError **error);
/* With no settings yet, which who reads @text adds. */
DomuimgXlFile *domuimg_xl_file_new (const char *text, gsize length, const char *name);
void domuimg_xl_setting_free (DomuimgXlSetting *self);
void domuimg_xl_file_free (DomuimgXlFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgXlFile, domuimg_xl_file_free)
/* The value that counts for xl, lists and strings with what was appended put together, (transfer
 * full); NULL without. */
DomuimgXlValue *domuimg_xl_file_get_value (DomuimgXlFile *self, const char *key);
void domuimg_xl_value_free (DomuimgXlValue *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgXlValue, domuimg_xl_value_free)
/* What counts for xl: the last setting of the key with what is appended to it; NULL without,
 * or for a list. (transfer full) */
char *domuimg_xl_file_get (DomuimgXlFile *self, const char *key);
/* (transfer full) strings of a list, up to one that is a list itself, where xl stops (a plain
 * string is a list of one); empty without. */
GPtrArray *domuimg_xl_file_get_list (DomuimgXlFile *self, const char *key);
/* FALSE without, and for what xl takes for no number: after a "+=", too. */
gboolean domuimg_xl_file_get_number (DomuimgXlFile *self, const char *key, gint64 *number);
/* Whether the last setting of the key is a "+=". */
gboolean domuimg_xl_file_is_appended (DomuimgXlFile *self, const char *key);
/* The line of the setting that counts, 0 without. */
guint domuimg_xl_file_get_line (DomuimgXlFile *self, const char *key);
/* The file's text with @key set to @value (as it stands in xl.cfg, quoted if a string), or taken
 * out where @value is NULL; comments, order and all else are kept. */
char *domuimg_xl_file_edit (DomuimgXlFile *self, const char *key, const char *value);
/* The same with every setting of @key called @name. */
char *domuimg_xl_file_rename (DomuimgXlFile *self, const char *key, const char *name);

/* The setting that counts (the last that is no appending), NULL without. */
const DomuimgXlSetting *domuimg_xl_file_find (DomuimgXlFile *self, const char *key);

/* One disk, by xl-disk-configuration(5); NULL with a sentence in @problem (nullable) for what xl
 * refuses. */
DomuimgDomainDisk *domuimg_xl_disk_parse (const char *text, char **problem);
/* One vif, by xl-network-configuration(5); likewise, and a sentence may come with an interface, for
 * what xl passes over. */
DomuimgDomainNic *domuimg_xl_vif_parse (const char *text, char **problem);

/* The model of what the file says; keys that it has no place for are carried as extra. Deprecated
 * forms (builder=, tap:aio:) are read as xl reads them. */
DomuimgDomain *domuimg_xl_file_to_domain (DomuimgXlFile *self, GError **error);

/* The same for a model that is to be written again; CORRUPT_INPUT for what xl refuses. */
DomuimgDomain *domuimg_xl_file_to_read_domain (DomuimgXlFile *self, GError **error);

/* What xl, of Xen @major.@minor, would refuse or pass over. */
typedef struct {
  const char *id; /* of the rule, see docs/checks.md: "config-unknown-key", ... */
  guint line;     /* 0: of no line */
  gboolean refused; /* xl stops there; else it passes over it */
  char *message;
  char *fix_key;   /* (nullable) the setting that would mend it: key and value for */
  char *fix_value; /* domuimg_xl_file_edit; @fix_value NULL: take the key out */
  char *rename_from; /* (nullable) the key that would mend it by another name: both for */
  char *rename_to;   /* domuimg_xl_file_rename */
} DomuimgXlProblem;
GPtrArray *domuimg_xl_file_check (DomuimgXlFile *self, guint major, guint minor);
void domuimg_xl_problem_free (DomuimgXlProblem *self);
