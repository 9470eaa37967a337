/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starts threads, or says why it cannot. */
#include "config.h"
#include "lib/base/thread.h"

GThread *
domuimg_thread_start (const char *name, GThreadFunc run, gpointer data, GError **error)
{
  g_autoptr (GError) local = NULL;
  GThread *thread = g_thread_try_new (name, run, data, &local);

  if (thread == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                  "%s; there may be no more processes (ulimit -u), or too little memory",
                  local->message);
  return thread;
}
