/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A disk image of another hypervisor with every file that its content comes from. Their headers are
 * looked into before QEMU opens them: QEMU then gets each format and file by name, probes nothing,
 * and follows no name that was not vetted here. Everything is opened for reading only. */
typedef struct _DomuimgImageChain DomuimgImageChain;

/* @format: as qemu-img calls it ("vpc"; "vhd" is taken, too), NULL: by its content. Extents lie in
 * the directory of their descriptor or below; backing files in that of the image, unless
 * @allow_backing. A backing file that is named by a path of another machine is the one of that name
 * beside the image, if there is one. NOT_FOUND for a file that is named and not there, UNSAFE_INPUT for one outside of
 * the directory, NOT_SUPPORTED for encrypted disks and what QEMU cannot read, CORRUPT_INPUT for
 * what is damaged or cut off. */
DomuimgImageChain *domuimg_image_chain_open (const char *path, const char *format,
                                             gboolean allow_backing, GError **error);
/* The image that lies uncompressed in @length bytes at @offset of @path, a member of an archive;
 * @name is for messages. One that takes content from other files is NOT_SUPPORTED. */
DomuimgImageChain *domuimg_image_chain_open_member (const char *path, guint64 offset,
                                                    guint64 length, const char *name,
                                                    const char *format, GError **error);
void domuimg_image_chain_free (DomuimgImageChain *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgImageChain, domuimg_image_chain_free)

/* The read-only block node of QEMU (JSON), as it may follow "json:" or be a --blockdev. */
char *domuimg_image_chain_to_node (DomuimgImageChain *self);
/* Bytes that a guest sees, as QEMU has it. */
guint64 domuimg_image_chain_get_size (DomuimgImageChain *self);
/* The name that qemu-img has for it. */
const char *domuimg_image_chain_get_format (DomuimgImageChain *self);
/* Absolute, without symbolic links. */
const char *domuimg_image_chain_get_path (DomuimgImageChain *self);
/* (element-type utf8) All files, the image first. */
GPtrArray *domuimg_image_chain_get_files (DomuimgImageChain *self);
/* Bytes of all files together. */
guint64 domuimg_image_chain_get_total_bytes (DomuimgImageChain *self);
/* (element-type utf8) What is taken from another place than the image says. */
GPtrArray *domuimg_image_chain_get_notes (DomuimgImageChain *self);
/* Whether a qcow2 overlay can name it as its backing file, so that QEMU follows the same files
 * without having to guess a format. */
gboolean domuimg_image_chain_can_back (DomuimgImageChain *self);
