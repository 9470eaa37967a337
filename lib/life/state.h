/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/guest.h"
#include "lib/guest/manifest.h"

/* Whether a guest runs, as far as a hypervisor says so. */
typedef struct {
  DomuimgGuestState state; /* UNKNOWN where nothing could be asked */
  int domid;               /* -1: it does not run */
  char *why;               /* (nullable) why the state is not known: a sentence */
} DomuimgLifeState;

void domuimg_life_state_clear (DomuimgLifeState *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgLifeState, domuimg_life_state_clear)

/* The guest of @manifest among @known, which domuimg_host_list_known () gave. */
void domuimg_life_state_find (DomuimgLifeState *self, const DomuimgManifest *manifest,
                              const GPtrArray *known);
/* Asks the libvirt that the guest was defined by, if no other one is meant. FALSE where there is a
 * hypervisor that cannot be asked. */
gboolean domuimg_life_state_ask (DomuimgLifeState *self, const DomuimgManifest *manifest,
                                 DomuimgBackend backend, const char *connect,
                                 GCancellable *cancellable, GError **error);
/* BUSY where the guest runs, or something is there of it that shall not be changed. */
gboolean domuimg_life_state_check_off (const DomuimgLifeState *self, const char *name, GError **error);
