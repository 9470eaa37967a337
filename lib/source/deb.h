/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"
#include "lib/source/source.h"

/* What the files of --from debian:SUITE and ubuntu:SUITE share. */

/* A request with every default filled in. */
typedef struct {
  gboolean ubuntu;
  char *suite;
  char *variant;
  char *arch;
  GStrv packages; /* all, with those that a domU needs */
  GStrv mirrors;  /* sources.list lines */
  GStrv keyrings;
  gboolean own_mirrors; /* the user named them */
  char *locale;  /* (nullable) for the package that generates it, where that is among the packages */
  char *root_fs; /* (nullable) of which the initramfs needs more than what it has for ext4 */
} DomuimgDebRequest;

/* deb-mirrors.c: lines for sources.list from what apt on this machine uses for the same
 * distribution; empty where it uses nothing of it, which leaves it to mmdebstrap's default. */
GStrv domuimg_deb_default_mirrors (gboolean ubuntu, const char *suite,
                                   GCancellable *cancellable);
/* A mirror's bare address becomes a line; a line stays. */
char *domuimg_deb_mirror_line (const char *mirror, gboolean ubuntu, const char *suite);
/* A digest of the mirrors' signed indexes: while it stays, so do the packages. An address
 * that is not reached, or has no such suite, is the error. */
char *domuimg_deb_mirror_state (const DomuimgDebRequest *request, GCancellable *cancellable,
                                GError **error);

/* deb-mmdebstrap.c */
DomuimgExec *domuimg_deb_mmdebstrap_new (const DomuimgDebRequest *request,
                                         const DomuimgSourceContext *context,
                                         DomuimgProgress *progress, GError **error);
/* What the last lines of mmdebstrap, debootstrap or apt mean, in place of @error. */
void domuimg_deb_explain (const DomuimgDebRequest *request, const char *tail, GError **error);

/* deb-debootstrap.c: makes the root as a directory below the work directory; its path. */
char *domuimg_deb_debootstrap (const DomuimgDebRequest *request,
                               const DomuimgSourceContext *context, DomuimgProgress *progress,
                               GCancellable *cancellable, GError **error);
