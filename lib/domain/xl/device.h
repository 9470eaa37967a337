/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xl/file.h"

/* Disks, vifs and displays as xl.cfg has them inside its strings, for the files of this room. */

typedef struct {
  gsize start;  /* where in the text the vdev or MAC address is; */
  gsize length; /* 0: it has none */
  gboolean deprecated;
} DomuimgXlDevice;

/* The same as domuimg_xl_disk_parse and domuimg_xl_vif_parse, with more about the text. */
DomuimgDomainDisk *domuimg_xl_disk_read (const char *text, DomuimgXlDevice *more, char **problem);
DomuimgDomainNic *domuimg_xl_vif_read (const char *text, DomuimgXlDevice *more, char **problem);

/* Whether xl takes @value for @word: any beginning of it is, and nothing at all. */
gboolean domuimg_xl_begins (const char *value, const char *word);
/* How the guest's display is shown. */
void domuimg_xl_read_graphics (DomuimgXlFile *file, DomuimgDomain *domain);

/* The problems of words, disks and vifs, to be added to @problems (element-type DomuimgXlProblem). */
void domuimg_xl_check_words (DomuimgXlFile *file, DomuimgDomain *domain, GPtrArray *problems);
/* The problems that Xen @major.@minor has with them. */
void domuimg_xl_check_disks (DomuimgXlFile *file, DomuimgDomain *domain, GPtrArray *problems,
                             guint major, guint minor);
void domuimg_xl_check_vifs (DomuimgXlFile *file, DomuimgDomain *domain, GPtrArray *problems);
DomuimgXlProblem *domuimg_xl_problem_new (const char *id, gboolean refused, guint line,
                                          const char *format, ...) G_GNUC_PRINTF (4, 5);
