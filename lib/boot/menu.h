/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/base/base.h"
#include "lib/base/bytes.h"

/* Boot menus, read from bytes without running anything. */

typedef enum {
  DOMUIMG_MENU_GRUB2,    /* grub.cfg */
  DOMUIMG_MENU_BLS,      /* Boot Loader Specification entries, type 1 */
  DOMUIMG_MENU_EXTLINUX, /* extlinux.conf, syslinux.cfg, isolinux.cfg */
  DOMUIMG_MENU_LEGACY,   /* menu.lst, grub.conf of GRUB legacy */
  DOMUIMG_MENU_UKI,      /* unified kernel images, Boot Loader Specification type 2 */
} DomuimgMenuFormat;

/* A variable that GRUB would write into an environment block with `save_env`, as it differs from what is
 * there. */
typedef struct {
  char *hint;  /* (nullable) where @file lies, as @root_hint of an entry */
  char *file;
  char *name;
  char *value; /* (nullable) it is removed */
} DomuimgMenuSave;

/* One entry that can be booted. */
typedef struct {
  char *id;           /* (nullable) what a default may name: --id, the name of a BLS file, a LABEL */
  char *title;        /* for a person; with its submenus, joined by ">" */
  char *kernel;       /* (nullable) absolute in the filesystem that it lies on */
  GPtrArray *initrds; /* (element-type utf8) in the order that they are loaded in; "(loop0)/initrd" where
                         one lies on no disk that the kernel may lie on */
  char *cmdline;      /* may be "" */
  char *root_hint;    /* (nullable) where @kernel lies, as `search` or root says it: "UUID=…",
                         "LABEL=…", "(hd0,msdos1)", "(hd0,0)"; NULL: beside the menu */
  char *source;       /* path of the file that it is from */
  guint line;         /* there, from 1; 0 where there are no lines */
  guint sysappend;    /* what a loader on a network adds to @cmdline: bits of IPAPPEND */
  gboolean local;     /* (LOCALBOOT) the next boot device, and no kernel */
  gboolean is_program; /* an EFI program; @kernel is NULL where that is no kernel */
  gboolean is_counted; /* systemd-boot would count this boot by renaming the entry's file */
  GPtrArray *saves;    /* (element-type DomuimgMenuSave) when it is chosen */
  gboolean has_saves;  /* in a menu that a process has sent: it knows of some */
} DomuimgMenuEntry;

typedef struct {
  DomuimgMenuFormat format;
  char *path;            /* of the menu in the tree */
  char *title;           /* (nullable) above the entries */
  GPtrArray *entries;    /* (element-type DomuimgMenuEntry) as they are shown */
  int default_entry;     /* index into @entries, -1 where @wanted is none of them */
  char *wanted;          /* (nullable) the default as it is written: "0", "saved", "debian>1" */
  char *fallback;        /* (nullable) what GRUB tries where the default cannot be booted */
  guint timeout;         /* seconds */
  gboolean waits;        /* nothing is booted before a key is pressed: there is no timeout */
  GPtrArray *problems;   /* (element-type utf8) what could not be understood, and where */
  GPtrArray *saves;      /* (element-type DomuimgMenuSave) before an entry is chosen */
} DomuimgMenu;

void domuimg_menu_save_free (gpointer self);

DomuimgMenuEntry *domuimg_menu_entry_new (void);
void domuimg_menu_entry_free (DomuimgMenuEntry *self);
DomuimgMenu *domuimg_menu_new (DomuimgMenuFormat format, const char *path);
void domuimg_menu_free (DomuimgMenu *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgMenuEntry, domuimg_menu_entry_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgMenu, domuimg_menu_free)
/* "grub.cfg", "Boot Loader Specification", ... */
const char *domuimg_menu_format_to_string (DomuimgMenuFormat format);

/* What a hostile guest's menu may come to. */
#define DOMUIMG_MENU_ENTRIES 1000
#define DOMUIMG_MENU_PROBLEMS 20
#define DOMUIMG_MENU_FILE_MAX (1 << 20)
#define DOMUIMG_MENU_SAVES 64

/* The files beside a menu. Each may be NULL. */
typedef struct {
  char *(*read) (gpointer data, const char *path); /* at most DOMUIMG_MENU_FILE_MAX; else NULL */
  gboolean (*exists) (gpointer data, const char *path);
  char **(*list) (gpointer data, const char *path);
  /* Bytes at @offset; fewer at the end, NULL where there is no file. */
  GBytes *(*read_at) (gpointer data, const char *path, guint64 offset, gsize length);
  gpointer data;
  gboolean on_network; /* a boot server's: devices are servers */
} DomuimgMenuFiles;

/* Parsers: each adds to @self, whose path is that of @text, and sets its default. What they cannot
 * read is a problem, never an error. */

/* PVGRUB: as Debian's GRUB for Xen takes it; other loaders: as a GRUB on the guest's disk. */
void domuimg_grubcfg_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files,
                            DomuimgLoader loader);
/* The entries of @directory, in the order and as GRUB's command blscfg takes them; options may name
 * @variables. */
void domuimg_bls_parse (DomuimgMenu *self, const char *directory, const DomuimgMenuFiles *files,
                        GHashTable *variables);
/* What systemd-boot shows of @partition, a directory without its last slash: loader/entries, EFI/Linux
 * and loader/loader.conf in it. */
void domuimg_sdboot_parse (DomuimgMenu *self, const char *partition, const DomuimgMenuFiles *files);
void domuimg_extlinux_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files);
void domuimg_menulst_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files);
/* What pygrub of Xen 4.17 reads in a menu of @self's format: GRUB2, EXTLINUX or LEGACY. */
void domuimg_pygrub_parse (DomuimgMenu *self, const char *text);
/* The environment block of GRUB: adds its variables. FALSE where it is none. */
gboolean domuimg_grubenv_parse (const char *text, GHashTable *variables);
/* Sets a variable in @block, of DOMUIMG_GRUBENV_SIZE bytes, or removes it where @value is NULL; what else
 * is there stays. CORRUPT_INPUT where it is no environment block, INVALID_ARGUMENT for a name that is
 * none, NO_SPACE where the block is full: then it is as it was. */
#define DOMUIMG_GRUBENV_SIZE 1024
gboolean domuimg_grubenv_set (char *block, const char *name, const char *value, GError **error);

/* For the parsers. */
void domuimg_menu_add_problem (DomuimgMenu *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Takes @entry; FALSE where there are too many. */
gboolean domuimg_menu_add_entry (DomuimgMenu *self, DomuimgMenuEntry *entry);
/* By index, id or title; -1. */
int domuimg_menu_find_entry (DomuimgMenu *self, const char *wanted);
char *domuimg_menu_read_file (const DomuimgMenuFiles *files, const char *path);
/* "(hd0,1)/vmlinuz" → "(hd0,1)" (NULL without) and "/vmlinuz". */
void domuimg_menu_split_device (const char *path, char **device, char **file);
/* @file (transfer full), with its device before it where that is elsewhere; @device is nullable. */
char *domuimg_menu_name_on (const char *device, char *file);
/* grub-device.c: names of devices, with or without their parentheses. Which disk, from 0, where it is a
 * disk's name; whether GRUB makes the device of a file or a secret, or it is another medium; whether it
 * is one of these or another disk than the first, so that no file of the first disk is meant. */
gboolean domuimg_grub_device_get_disk (const char *device, guint *disk);
/* The partition at the end of "(hd0,msdos1)"; 0 where there is none. */
guint domuimg_grub_device_get_partition (const char *device, DomuimgMenuFormat format);
gboolean domuimg_grub_device_is_made (const char *device);
gboolean domuimg_grub_device_is_elsewhere (const char *device);
/* Compares versions as rpm does: below, at or above 0. */
int domuimg_menu_compare_versions (const char *a, const char *b);
