/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* In which form a seed is, the small disk that tells a guest about itself at its first boot. */
typedef enum {
  DOMUIMG_SEED_NOCLOUD,      /* cloud-init's own */
  DOMUIMG_SEED_CONFIG_DRIVE, /* OpenStack's, which Ignition reads, too */
} DomuimgSeedFormat;

/* One --cloud-init or --ignition: files of the user's (nullable), in place of what is made from the
 * rest of the specification. */
typedef struct {
  gboolean is_none; /* there is to be no seed */
  gboolean is_ignition;
  DomuimgSeedFormat format;
  char *user_data;
  char *meta_data;
  char *network_config;
  char *vendor_data;
} DomuimgSeedSpec;

DomuimgSeedSpec *domuimg_seed_spec_parse (const char *text, GError **error);
/* A seed whose user data is the file @path, for Ignition. */
DomuimgSeedSpec *domuimg_seed_spec_parse_ignition (const char *path, GError **error);
void domuimg_seed_spec_free (DomuimgSeedSpec *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgSeedSpec, domuimg_seed_spec_free)
