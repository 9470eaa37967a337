/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"
#include "lib/fs/uml/wire.h"
#include "lib/tree/dir.h"

/* The agent: the only program in User-mode Linux, its init. It mounts filesystems and does with them
 * what it is asked (wire.h). */

/* Its file in the initramfs, and the directory for lists of modules: "/modules/xfs.list" names files
 * of modules, one a line, in the order in which they are loaded. */
#define DOMUIMG_UML_AGENT "init"
#define DOMUIMG_UML_MODULES "modules"
#define DOMUIMG_UML_LVM "usr/sbin/lvm"
#define DOMUIMG_UML_PACKER_NAME "mkfs.erofs"
#define DOMUIMG_UML_PACKER "usr/bin/" DOMUIMG_UML_PACKER_NAME

/* A filesystem that is mounted at "/mN", where N is its index. */
typedef struct {
  char *at; /* (nullable) no more */
  DomuimgTree *tree;
  /* The file of a FILL that may get more bytes, and up to where it has some. */
  int fd;
  DomuimgEntry *entry; /* (nullable) */
  guint64 end;
  /* The directory of the last entry. */
  int directory;
  char *directory_path; /* (nullable) */
  gboolean has_root;    /* its entry has come once */
} DomuimgUmlMounted;

typedef struct {
  int line;
  guint8 *mailbox;
  char *disk; /* (nullable) the path of its device */
  guint64 disk_size;
  GHashTable *devices; /* name of a part of it → its device's path */
  GPtrArray *mounts; /* (element-type DomuimgUmlMounted) */
  DomuimgExec *packer; /* (nullable) while it packs */
  int packer_output;
} DomuimgUmlAgent;

/* Serves until its line ends; its exit status. */
int domuimg_uml_agent_run (void);
/* The next request; FALSE where there will be none. */
gboolean domuimg_uml_agent_next (DomuimgUmlAgent *self, DomuimgUmlRequest *request);
/* @payload: (nullable) floating, of no meaning where there is a @failure. */
void domuimg_uml_agent_answer (DomuimgUmlAgent *self, GVariant *payload, const GError *failure);

/* agent-mount.c */
void domuimg_uml_agent_begin (void);
/* Nothing where @name has no modules. */
gboolean domuimg_uml_agent_load (const char *name, GError **error);
/* *@id: of the mount. */
gboolean domuimg_uml_agent_mount (DomuimgUmlAgent *self, const DomuimgUmlRequest *request,
                                  guint32 *id, GError **error);
gboolean domuimg_uml_agent_unmount (DomuimgUmlMounted *mount, GError **error);
gboolean domuimg_uml_agent_trim (DomuimgUmlMounted *mount, GError **error);
gboolean domuimg_uml_agent_make_subvolume (DomuimgUmlMounted *mount, const char *path,
                                           GError **error);

/* agent-devices.c: the path of what lies there on the disk, which need not be in its table. */
char *domuimg_uml_agent_device (DomuimgUmlAgent *self, guint64 offset, guint64 length,
                                GError **error);

/* agent-volumes.c: logical volumes, made active; VOLUMES, or NULL. */
GVariant *domuimg_uml_agent_list_volumes (DomuimgUmlAgent *self, GVariant *members,
                                          GError **error);

/* agent-grow.c: it takes all of the @size bytes that it lies on. */
gboolean domuimg_uml_agent_grow (DomuimgUmlMounted *mount, guint64 size, GError **error);

/* agent-pack.c: PACK. Its answer; NULL on error. */
GVariant *domuimg_uml_agent_pack (DomuimgUmlAgent *self, DomuimgUmlMounted *mount,
                                  const DomuimgUmlRequest *request, GError **error);

/* agent-fill.c: FILL. */
gboolean domuimg_uml_agent_fill (DomuimgUmlMounted *mount, GVariant *items, const guint8 *data,
                                 guint64 length, GError **error);
/* The last file of it is whole. */
gboolean domuimg_uml_agent_end_fill (DomuimgUmlMounted *mount, GError **error);
