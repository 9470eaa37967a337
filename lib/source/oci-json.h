/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The JSON of container images, from bytes to values: OCI's image index, manifest and configuration
 * (https://github.com/opencontainers/image-spec, version 1.1), Docker's of the same shape (schema 2), and the
 * manifest.json of docker save. What is not in them is NULL or 0; lists are never NULL. */

/* What names a blob. */
typedef struct {
  char *media_type;
  char *digest;       /* "sha256:" and 64 digits, or sha512's 128: nothing else passes */
  guint64 size;
  char *os;           /* of the platform, as are the next two */
  char *architecture; /* as Go names it: "amd64" */
  char *variant;
  char *tag;          /* of annotations: org.opencontainers.image.ref.name */
} DomuimgOciDescriptor;

/* Whether it is one that may name a file. */
gboolean domuimg_oci_is_digest (const char *text);
void domuimg_oci_descriptor_free (DomuimgOciDescriptor *self);

/* A manifest, or an index. */
typedef struct {
  gboolean is_index;
  GPtrArray *manifests; /* (element-type DomuimgOciDescriptor) of an index */
  DomuimgOciDescriptor *config;
  GPtrArray *layers; /* (element-type DomuimgOciDescriptor) the lowest first */
} DomuimgOciManifest;

void domuimg_oci_manifest_free (DomuimgOciManifest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgOciManifest, domuimg_oci_manifest_free)
/* CORRUPT_INPUT; @name is for messages. */
DomuimgOciManifest *domuimg_oci_manifest_parse (GBytes *bytes, const char *name, GError **error);

typedef struct {
  char *os;
  char *architecture;
  GPtrArray *diff_ids; /* (element-type utf8) digests of the layers, unpacked */
  GPtrArray *entrypoint, *cmd, *env, *ports, *volumes; /* (element-type utf8) */
  char *directory;
  char *user;
  char *stop_signal;
} DomuimgOciConfig;

void domuimg_oci_config_free (DomuimgOciConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgOciConfig, domuimg_oci_config_free)
DomuimgOciConfig *domuimg_oci_config_parse (GBytes *bytes, const char *name, GError **error);

/* One image of docker save. */
typedef struct {
  char *config;      /* names in the archive, normalised */
  GPtrArray *layers; /* (element-type utf8) */
  GPtrArray *tags;   /* (element-type utf8) "nginx:latest" */
} DomuimgDockerImage;

/* (element-type DomuimgDockerImage) */
GPtrArray *domuimg_docker_manifest_parse (GBytes *bytes, const char *name, GError **error);
