/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/journal.h"
#include "lib/base/undo.h"

struct _DomuimgUndo {
  DomuimgJournal *journal;
  GPtrArray *records; /* of DomuimgJournalRecord, as they were written */
  GPtrArray *locks;   /* of DomuimgLock */
  GArray *leases;     /* of int: descriptors, while a commit is under way */
  gboolean is_held;
  gboolean committed;
};
