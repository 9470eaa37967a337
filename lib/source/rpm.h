/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"
#include "lib/source/source.h"

/* What the files of --from rpm:RELEASE share. */

/* A repository: the lines of its section in a .repo file. */
typedef struct {
  char *id;
  GPtrArray *names;  /* of char * */
  GPtrArray *values; /* (element-type utf8) one for each name */
} DomuimgRpmRepo;

DomuimgRpmRepo *domuimg_rpm_repo_new (const char *id);
void domuimg_rpm_repo_free (DomuimgRpmRepo *self);
/* (nullable) */
const char *domuimg_rpm_repo_get (const DomuimgRpmRepo *self, const char *name);
/* Replaces what there is of that name; a NULL value removes it. */
void domuimg_rpm_repo_set (DomuimgRpmRepo *self, const char *name, const char *value);

/* A file to lie in the root before packages are installed. */
typedef struct {
  char *path;
  char *text;
} DomuimgRpmFile;

/* A distribution's release, as its file has it (lib/source/releases). */
typedef struct {
  char *id;
  char *name;
  char *manager; /* "dnf" or "zypper" */
  char *version; /* $releasever */
  GStrv architectures;
  GStrv groups;
  GStrv packages;
  char *kernel;
  char *database;
  char *format;
  GPtrArray *repos; /* of DomuimgRpmRepo */
  GPtrArray *files; /* of DomuimgRpmFile */
  char *platform;   /* (nullable) of modules: "platform:el9" */
  GStrv key_urls;
  GStrv fingerprints;
  gboolean untried; /* nobody has installed it yet */
} DomuimgRpmRelease;

/* NOT_FOUND lists the known ones. */
DomuimgRpmRelease *domuimg_rpm_release_load (const char *id, GError **error);
void domuimg_rpm_release_free (DomuimgRpmRelease *self);

/* A request with every default filled in. */
typedef struct {
  DomuimgRpmRelease *release;
  char *arch;
  GStrv groups;
  GStrv packages;
  gboolean has_kernel;
  GStrv given_repos; /* --repo */
  GStrv keyrings;
  gboolean weak_deps;
  gboolean docs;
  gboolean allow_unsigned;
} DomuimgRpmRequest;

/* rpm-repos.c: the repositories of a request, of DomuimgRpmRepo. */
GPtrArray *domuimg_rpm_repos_read (const DomuimgRpmRequest *request, GError **error);
/* A digest of what they have: while it stays, so do the packages. An address that is not reached,
 * or has no repository, is the error. */
char *domuimg_rpm_repos_state (GPtrArray *repos, const DomuimgRpmRequest *request,
                               GCancellable *cancellable, GError **error);
/* The directories of those that are on this machine. */
GStrv domuimg_rpm_repos_list_local (GPtrArray *repos, const DomuimgRpmRequest *request);
gboolean domuimg_rpm_repos_write (GPtrArray *repos, const char *path, GError **error);

/* rpm-keys.c: has each repository name the keys that its packages must be signed by, and copies
 * what has to be fetched below @work; their files, empty where packages need not be signed. */
GStrv domuimg_rpm_keys_prepare (GPtrArray *repos, const DomuimgRpmRequest *request,
                                const char *work, GCancellable *cancellable, GError **error);

/* rpm-arch.c: rpm's name for an architecture, which may be Debian's; NULL: the machine's. */
char *domuimg_rpm_arch (const char *given);
gboolean domuimg_rpm_arch_is_foreign (const char *arch);

/* rpm-manager.c: the program for @release, or NULL with the error that says what to install. */
char *domuimg_rpm_manager_find (const DomuimgRpmRelease *release, GError **error);
/* Its whole command line, with the files that it reads below @work. */
GStrv domuimg_rpm_manager_command (const DomuimgRpmRequest *request, const char *work,
                                   GError **error);
/* Follows the progress of domuimg-rpm by its lines. */
void domuimg_rpm_manager_follow (const char *line, gpointer progress);

/* rpm-work.c: all that domuimg-rpm needs, as files below @work. */
gboolean domuimg_rpm_work_write (const DomuimgRpmRequest *request, GPtrArray *repos,
                                 const char *work, GCancellable *cancellable, GError **error);
/* Everything that the root depends on, but the packages themselves. */
GStrv domuimg_rpm_work_describe (const DomuimgRpmRequest *request, GPtrArray *repos);

/* rpm-explain.c: what the last lines of domuimg-rpm mean, in place of @error. */
void domuimg_rpm_explain (const DomuimgRpmRequest *request, const char *tail, GError **error);
