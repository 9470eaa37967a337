/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Originals of files, kept in the guest where no program looks. */
#include "config.h"
#include "lib/guest/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/unnamed.h"

#define ORIGINALS_MAX 1000

static char *
free_name (DomuimgTree *tree, const char *name, GError **error)
{
  g_autofree char *plain = g_build_filename (DOMUIMG_ASIDE_DIR, name, NULL);

  for (guint i = 0; i < ORIGINALS_MAX; i++)
    {
      g_autofree char *path = i == 0 ? g_strdup (plain) : g_strdup_printf ("%s.%u", plain, i);
      g_autoptr (GError) local = NULL;
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, &local);

      if (entry != NULL)
        continue;
      if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        return g_steal_pointer (&path);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                "the guest keeps %u originals of %s already: remove some of them", ORIGINALS_MAX,
                plain);
  return NULL;
}

/* By a temporary file, as an initramfs is large. */
static gboolean
copy_bytes (DomuimgTree *from, const char *path, DomuimgTree *to, const DomuimgEntry *entry,
            GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_unnamed_file (NULL, error);

  if (fd < 0 || !domuimg_tree_copy_out (from, path, fd, cancellable, error))
    return FALSE;
  if (lseek (fd, 0, SEEK_SET) != 0)
    return domuimg_set_errno (error, errno, "reading a temporary file");
  return domuimg_tree_put_fd (to, entry, fd, cancellable, error);
}

char *
domuimg_aside_copy (DomuimgTree *from, const char *path, DomuimgTree *to, const char *name,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (from, path, error);
  g_autofree char *kept = NULL;
  g_autofree char *directory = NULL;
  gboolean ok;

  if (entry == NULL)
    return NULL;
  kept = free_name (to, name != NULL ? name : path, error);
  if (kept == NULL)
    return NULL;
  directory = g_path_get_dirname (kept);
  /* The files may hold secrets, as of Wi-Fi. */
  if (!domuimg_tree_mkdir_p (to, directory, 0700, error))
    return NULL;
  g_free (entry->path);
  entry->path = domuimg_path_normalise (kept, error);
  if (entry->path == NULL)
    return NULL;
  ok = entry->type == DOMUIMG_ENTRY_FILE
           ? copy_bytes (from, path, to, entry, cancellable, error)
           : domuimg_tree_put (to, entry, NULL, error);
  return ok ? g_steal_pointer (&kept) : NULL;
}
