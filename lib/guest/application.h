/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/customise.h"
#include "lib/guest/edit.h"
#include "lib/tree/tree.h"

/* A guest that is one application: what our init (the folder cli/init/) starts, and how. */

/* Where it lies in such a guest. */
#define DOMUIMG_APPLICATION_INIT "/usr/lib/domuimg/init"
#define DOMUIMG_APPLICATION_CONFIG "/etc/domuimg-init.conf"

/* When the application is started again after its end; in the order of the words of --restart. */
typedef enum {
  DOMUIMG_RESTART_ON_FAILURE, /* where its status is not 0; else the guest powers off */
  DOMUIMG_RESTART_ALWAYS,
  DOMUIMG_RESTART_NO,         /* the guest powers off */
} DomuimgRestart;

typedef struct {
  GPtrArray *argv;    /* (element-type utf8): a program without a slash is looked up in PATH of @env */
  GPtrArray *env;     /* (element-type utf8): NAME=VALUE, each name once */
  char *directory;    /* that it is started in; absolute */
  char *user;         /* (nullable) root; else NAME or UID, with :GROUP or :GID */
  char *stop_signal;  /* "TERM", or a number: what tells it to end */
  DomuimgRestart restart;
  gboolean has_debug_shell; /* the guest has a shell on its console beside the application */
  GPtrArray *ports;   /* (element-type utf8): "80/tcp", which it listens on */
  GPtrArray *volumes; /* (element-type utf8): directories, absolute, with data of its own */
  GPtrArray *notes;   /* (element-type utf8): what the manifest is to say of it */
} DomuimgApplication;

/* Without a program yet: in "/", by root, to be ended by TERM. */
DomuimgApplication *domuimg_application_new (void);
DomuimgApplication *domuimg_application_copy (const DomuimgApplication *self);
void domuimg_application_free (DomuimgApplication *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgApplication, domuimg_application_free)

/* Adds NAME=VALUE, or replaces the one of that name. INVALID_ARGUMENT for what has no name. */
gboolean domuimg_application_set_env (DomuimgApplication *self, const char *assignment, GError **error);
/* Adds the variables of a text of NAME=VALUE lines, with blank lines and comments (#). INVALID_ARGUMENT names a
 * line of @from. Names go into the notes, values into no message. */
gboolean domuimg_application_parse_env (DomuimgApplication *self, const char *text, const char *from,
                                        GError **error);
/* The same of a file; NOT_FOUND where it cannot be read. */
gboolean domuimg_application_read_env_file (DomuimgApplication *self, const char *path, GError **error);
/* Whether that would do. */
gboolean domuimg_application_check_env_file (const char *path, GError **error);
/* What a person asks for on top of what is known of the application: --env-file, --env, --restart and
 * --debug-shell. */
gboolean domuimg_application_take_settings (DomuimgApplication *self, DomuimgSpec *spec, GError **error);
/* Propagates @from (transfer full), whose message has values of an image, as one line: with a "?" for each
 * control character. FALSE. */
gboolean domuimg_application_fail_plainly (GError **error, GError *from);
/* Sets what ends it: a name with or without SIG, or a number. NOT_SUPPORTED for what is no signal. */
gboolean domuimg_application_set_stop_signal (DomuimgApplication *self, const char *text, GError **error);
/* NOT_FOUND, in one line, where the guest has no such user or group, and it is no number either. */
gboolean domuimg_application_check_user (const DomuimgApplication *self, DomuimgEdit *edit, GError **error);
/* The program as its guest will find it (transfer full): NOT_FOUND, in one line, where the guest has none
 * that can be executed. */
char *domuimg_application_find_program (const DomuimgApplication *self, DomuimgTree *tree,
                                        GError **error);
/* Puts init, its configuration, the directories that it mounts at and /etc/hosts into the guest. The name,
 * network, mounts and growth are those of @want; @changes as for domuimg_customise_run (). MISSING_TOOL where
 * init was not built. */
gboolean domuimg_application_install (const DomuimgApplication *self, const DomuimgCustomise *want,
                                      DomuimgTree *tree, GPtrArray *changes,
                                      GCancellable *cancellable, GError **error);

/* (element-type utf8) (unowned): what of a root that can only be read init copies into memory: /var and the
 * volumes, unless they are on further disks, and the names of servers. */
GPtrArray *domuimg_application_list_memory (const DomuimgApplication *self, const DomuimgCustomise *want);
/* Makes those that a root that can only be read does not have. */
gboolean domuimg_application_make_memory (const DomuimgApplication *self, const DomuimgCustomise *want,
                                          DomuimgEdit *edit, GError **error);
/* The configuration that init reads, see cli/init/config.h. */
char *domuimg_application_to_text (const DomuimgApplication *self, const DomuimgCustomise *want);
/* What such a text says of the application itself; CORRUPT_INPUT. */
DomuimgApplication *domuimg_application_new_for_text (const char *text, GError **error);
/* The application that the init @path of a guest starts: NULL without an error where that is not ours, which
 * says in an ELF note where its configuration is. */
DomuimgApplication *domuimg_application_find (DomuimgTree *tree, const char *path, GError **error);
/* The bytes of our init; MISSING_TOOL where it was not built. */
GBytes *domuimg_application_load_init (GError **error);
