/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of files. */
#include "config.h"
#include "lib/base/names.h"

#include <unistd.h>

#include "lib/base/exchange.h"
#include "lib/base/label.h"
#include "lib/base/lease.h"

static char *
label (const DomuimgNames *self, const char *path, GError **error)
{
  return domuimg_label_of (path, error);
}

static void
settle (const DomuimgNames *self, const char *a, const char *b)
{
  domuimg_exchange_settle (a, b);
}

static gboolean
rename_new (const DomuimgNames *self, const char *from, const char *to)
{
  return domuimg_rename_new (from, to);
}

static gboolean
exchange (const DomuimgNames *self, const char *a, const char *b)
{
  return domuimg_exchange (a, b);
}

static gboolean
is_busy (const DomuimgNames *self, const char *path)
{
  return domuimg_file_is_busy (path);
}

static gboolean
remove_file (const DomuimgNames *self, const char *path)
{
  return unlink (path) == 0;
}

const DomuimgNames domuimg_file_names = {
  .label = label,
  .settle = settle,
  .rename_new = rename_new,
  .exchange = exchange,
  .is_busy = is_busy,
  .remove = remove_file,
  .are_files = TRUE,
};
