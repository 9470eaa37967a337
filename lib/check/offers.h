/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/rules.h"

/* Offers for what several rules find: each makes the finding's remedy. */

/* KEY=VALUE on the kernel's command line, wherever that is written; advice where that is
 * nowhere. */
void domuimg_offer_parameter (DomuimgFinding *finding, DomuimgMachine *machine, const char *key,
                              const char *value);
/* A key of the configuration; @value as it stands in xl.cfg, NULL to take it out. */
void domuimg_offer_config (DomuimgFinding *finding, const char *key, const char *value);
/* Whether a finding offers another value for @key already. */
gboolean domuimg_offers_config (DomuimgMachine *machine, const char *key);
/* A key of the configuration, called by another name. */
void domuimg_offer_rename (DomuimgFinding *finding, const char *from, const char *to);
/* Modules (names) that are added to the initramfs. */
void domuimg_offer_initramfs_modules (DomuimgFinding *finding, DomuimgMachine *machine,
                                      const char *const *modules);
/* Features taken away from the filesystem of @device. */
void domuimg_offer_features (DomuimgFinding *finding, const DomuimgDevice *device,
                             const char *const *features);
/* The format of one disk of the configuration. */
void domuimg_offer_disk_format (DomuimgFinding *finding, const char *vdev, const char *format);
