/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of the files inside of a guest of one application. */
#include "config.h"
#include "lib/life/show.h"

#include "lib/app/reasons.h"
#include "lib/app/trace.h"

static DomuimgReasons *
read_reasons (DomuimgShow *self, GError **error)
{
  const char *path = self->manifest->documents[DOMUIMG_DOCUMENT_REASONS];
  g_autofree char *text = NULL;
  DomuimgReasons *reasons;

  if (path == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "why the files of %s are there is not known: it is not a guest of one"
                    " application",
                    self->name);
      return NULL;
    }
  text = domuimg_trace_read_file (path, error);
  if (text == NULL)
    return NULL;
  reasons = domuimg_reasons_parse (text, error);
  if (reasons == NULL)
    g_prefix_error (error, "%s: ", path);
  return reasons;
}

/**
 * domuimg_show_explain_file:
 * @self: a guest that is one application, of `--from app:`
 * @path: an absolute path in it
 * @error: return location for a #GError
 *
 * Says why a file is in the guest, from what was written beside it when it was
 * made.
 *
 * Returns: (transfer full) (array zero-terminated=1): the chain from @path to
 *   what was asked for, a line each, such as `/usr/lib/x/libssl.so.3: a library
 *   of /usr/sbin/nginx (libssl.so.3)`. %NULL on error:
 *   %DOMUIMG_ERROR_NOT_FOUND where the guest has no such file,
 *   %DOMUIMG_ERROR_NOT_SUPPORTED where nothing was written of it,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT
 *
 * Since: 0.1
 */
char **
domuimg_show_explain_file (DomuimgShow *self, const char *path, GError **error)
{
  g_autoptr (DomuimgReasons) reasons = NULL;
  GPtrArray *lines;

  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  reasons = read_reasons (self, error);
  lines = reasons != NULL ? domuimg_reasons_explain (reasons, path, error) : NULL;
  if (lines == NULL)
    return NULL;
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (lines, FALSE);
}

/**
 * domuimg_show_list_missing:
 * @self: a guest that is one application, of `--from app:`
 * @trace: the text of a trace file, as domuimg_trace_run() gives it
 * @error: return location for a #GError
 *
 * Compares what a run has opened with what the guest has. What every system has
 * or makes itself (`/proc`, `/sys`, `/dev`, `/run`, `/tmp`) does not count.
 *
 * Returns: (transfer full) (array zero-terminated=1): the paths that the guest
 *   lacks, sorted. %NULL on error, with those of domuimg_show_explain_file()
 *
 * Since: 0.1
 */
char **
domuimg_show_list_missing (DomuimgShow *self, const char *trace, GError **error)
{
  g_autoptr (DomuimgReasons) reasons = NULL;
  g_autoptr (GPtrArray) paths = NULL;
  GPtrArray *missing;

  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), NULL);
  g_return_val_if_fail (trace != NULL, NULL);
  reasons = read_reasons (self, error);
  paths = reasons != NULL ? domuimg_trace_parse (trace, error) : NULL;
  if (paths == NULL)
    return NULL;
  missing = g_ptr_array_new ();
  for (guint i = 0; i < paths->len; i++)
    if (!domuimg_trace_is_fleeting (g_ptr_array_index (paths, i))
        && !domuimg_reasons_has (reasons, g_ptr_array_index (paths, i)))
      g_ptr_array_add (missing, g_strdup (g_ptr_array_index (paths, i)));
  g_ptr_array_add (missing, NULL);
  return (char **) g_ptr_array_free (missing, FALSE);
}
