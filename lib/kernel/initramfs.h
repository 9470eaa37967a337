/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/decompress.h"

/* What an initramfs holds: one or more cpio archives, each plain or compressed. Reading it
 * takes the memory of the names and of the decompressor, whatever its size. */
typedef struct _DomuimgInitramfs DomuimgInitramfs;

/* CORRUPT_INPUT where it is none, damaged or cut off, or over 2 GiB when decompressed. */
DomuimgInitramfs *domuimg_initramfs_new (const DomuimgInput *input, GError **error);
DomuimgInitramfs *domuimg_initramfs_new_for_bytes (GBytes *bytes, const char *name,
                                                   GError **error);
/* It does not change once it is read. */
DomuimgInitramfs *domuimg_initramfs_ref (DomuimgInitramfs *self);
void domuimg_initramfs_free (DomuimgInitramfs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgInitramfs, domuimg_initramfs_free)

/* Names without a leading "/", sorted by strcmp. */
char **domuimg_initramfs_list_files (DomuimgInitramfs *self);
/* Versions of the kernels whose modules are in it, sorted by strcmp. */
char **domuimg_initramfs_list_versions (DomuimgInitramfs *self);
gboolean domuimg_initramfs_has_file (DomuimgInitramfs *self, const char *path);
/* Likewise, where directories of @path may be links; what it ends in may be one to nowhere. */
gboolean domuimg_initramfs_has_path (DomuimgInitramfs *self, const char *path);
/* "-" and "_" are the same in names of modules. */
gboolean domuimg_initramfs_has_module (DomuimgInitramfs *self, const char *module);
/* (nullable) The root that it mounts where the command line has no root=, as a value of that: by the list of
 * NixOS, an fstab with /sysroot, or dracut's etc/cmdline.d. */
const char *domuimg_initramfs_get_root (DomuimgInitramfs *self);
/* FALSE where there is no /init. @mode has the bits of its kind; @text (nullable) (unowned) what it begins
 * with, or of a link its target. */
gboolean domuimg_initramfs_get_init (DomuimgInitramfs *self, guint32 *mode, const char **text);
/* (nullable) Its /etc/inittab. */
const char *domuimg_initramfs_get_inittab (DomuimgInitramfs *self);
/* What its archives are packed by, a bit each: 1 << DomuimgCompression. */
guint domuimg_initramfs_get_compressions (DomuimgInitramfs *self);
/* (nullable) What Linux's own decoders do not take of them: "xz with a check other than CRC32". */
const char *domuimg_initramfs_get_unpackable (DomuimgInitramfs *self);
/* Bytes of its archives, decompressed. */
guint64 domuimg_initramfs_get_unpacked_size (DomuimgInitramfs *self);
/* Whether there is a modules.builtin in it, and whether one says that the kernel has the module
 * inside. */
gboolean domuimg_initramfs_knows_builtin (DomuimgInitramfs *self);
gboolean domuimg_initramfs_has_builtin (DomuimgInitramfs *self, const char *module);

/* The module's name, folded, of a path that ends in .ko or .ko.gz, .xz, .zst; else NULL. */
char *domuimg_module_of_path (const char *path);
/* Adds the modules that a modules.builtin's text lists to a set of names. */
void domuimg_modules_add_builtin (GHashTable *modules, const char *text, gsize length);
gboolean domuimg_modules_contain (GHashTable *modules, const char *module);
