/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/iso-write.h"
#include "lib/guest/customise.h"
#include "lib/spec/seed-spec.h"

/* A seed: what cloud-init or Ignition reads from a small disk when the guest first boots. */

/* The label of a disk in cloud-init's own form, and the line that its configuration begins with. */
#define DOMUIMG_NOCLOUD_LABEL "CIDATA"
#define DOMUIMG_CLOUD_CONFIG "#cloud-config\n"

/* Whether cloud-init is installed in the guest, nobody has disabled it, and it looks for such a seed. */
gboolean domuimg_guest_reads_seed (DomuimgTree *tree, DomuimgSeedFormat format);
/* By which the guest finds the disk. */
const char *domuimg_seed_get_label (const DomuimgSeedSpec *spec);
/* The files in it, of the user's and made from what @guest says of host name, keys and root's
 * password, and from @nics (element-type DomuimgGuestNic); @id tells one guest, and so one first boot,
 * from another. */
GPtrArray *domuimg_seed_make (const DomuimgSeedSpec *spec, const DomuimgCustomise *guest,
                              const GPtrArray *nics, const char *id, GError **error);
/* What the seed tells need not be done to the guest's files, too. */
void domuimg_seed_take (const DomuimgSeedSpec *spec, DomuimgCustomise *guest);
/* (nullable) Why cloud-init would do nothing with the user data among @files. */
char *domuimg_seed_explain_user_data (const DomuimgSeedSpec *spec, const GPtrArray *files);

/* Each reads the user's file, where there is one. */
typedef struct {
  const DomuimgSeedSpec *spec;
  const DomuimgCustomise *guest;
  const GPtrArray *nics;
  const char *id;
  GPtrArray *files;
} DomuimgSeed;

/* A file of the user's (nullable) as @path; *@was_added says whether there is one. */
gboolean domuimg_seed_add_file (DomuimgSeed *self, const char *path, const char *from,
                                gboolean *was_added, GError **error);
void domuimg_seed_add_text (DomuimgSeed *self, const char *path, char *text);
/* What the settings mean to cloud-init, as its own configuration; NULL if there are none beside data of the user's. */
char *domuimg_seed_make_cloud_config (const DomuimgSeed *self);
gboolean domuimg_seed_add_config_drive (DomuimgSeed *self, GError **error);
