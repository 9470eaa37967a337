/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/progress.h>
#include <domuimg/spec.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_CLONE (domuimg_clone_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgClone, domuimg_clone, DOMUIMG, CLONE, GObject)

DOMUIMG_API
DomuimgClone *domuimg_clone_new (const char *source, const char *dir);
DOMUIMG_API
void domuimg_clone_set_copy (DomuimgClone *self, const char *way);
DOMUIMG_API
gboolean domuimg_clone_set_identity (DomuimgClone *self, const char *cleaners, GError **error);
DOMUIMG_API
gboolean domuimg_clone_add (DomuimgClone *self, DomuimgSpec *spec, GError **error);
DOMUIMG_API
gboolean domuimg_clone_add_count (DomuimgClone *self, DomuimgSpec *spec, const char *pattern,
                                  guint count, GError **error);
DOMUIMG_API
gboolean domuimg_clone_add_table (DomuimgClone *self, DomuimgSpec *spec, const char *path,
                                  GError **error);
DOMUIMG_API
gboolean domuimg_clone_run (DomuimgClone *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_clone_run_async (DomuimgClone *self, DomuimgProgress *progress,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
DOMUIMG_API
gboolean domuimg_clone_run_finish (DomuimgClone *self, GAsyncResult *result, GError **error);
DOMUIMG_API
char **domuimg_clone_list_manifests (DomuimgClone *self);
DOMUIMG_API
char *domuimg_clone_to_text (DomuimgClone *self);
DOMUIMG_API
char *domuimg_clone_to_json (DomuimgClone *self);

DOMUIMG_API
const char *const *domuimg_clone_list_keys (void);
DOMUIMG_API
char *domuimg_clone_describe_copies (void);
DOMUIMG_API
char *domuimg_clone_describe_identity (void);

DOMUIMG_API
char **domuimg_generalise (const char *image, const char *identity, GCancellable *cancellable,
                           GError **error);
DOMUIMG_API
void domuimg_generalise_async (const char *image, const char *identity, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
char **domuimg_generalise_finish (GAsyncResult *result, GError **error);

G_END_DECLS
