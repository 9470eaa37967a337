/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"
#include "domuimg/guest.h"
#include "lib/domain/model/domain.h"
#include "lib/host/console.h"
#include "lib/host/guest.h"

/* The inside of a start, for the files that do parts of it. */
struct _DomuimgRun {
  GObject parent_instance;

  char *name; /* as it was given */
  DomuimgBackend backend;
  char *connect; /* (nullable) */
  gboolean console;
  gboolean once;
  guint wait; /* seconds; 0: not at all */
  gboolean autostart;
  gboolean check;
  gboolean install;

  /* While it starts. */
  char *config; /* path */
  DomuimgDomain *domain;
  gboolean is_xml;
  DomuimgReport *looked; /* (nullable) what the last look at @config found */
  DomuimgConsole *terminal; /* (nullable) */
  int domid;
  char *reason; /* (nullable) of its end */
};

/* Refuses a guest that will not boot, and one that is still to be installed. @config is what xl reads. */
gboolean domuimg_run_check_config (DomuimgRun *self, const char *config, GCancellable *cancellable,
                                   GError **error);
/* Runs the installer of a guest that is still to be installed, to its end, and looks at what it has made. */
gboolean domuimg_run_install (DomuimgRun *self, DomuimgProgress *progress, GCancellable *cancellable,
                              GError **error);
/* Has the back end start it, once it is checked. */
gboolean domuimg_run_start_checked (DomuimgRun *self, DomuimgProgress *progress,
                                    GCancellable *cancellable, GError **error);
