/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has User-mode Linux pack a filesystem of ext4 into an erofs. */
#include "config.h"
#include "lib/fs/uml/pack.h"

#include <errno.h>
#include <unistd.h>

#include "lib/fs/uml/machine.h"

/* Each page of a process of User-mode Linux is a mapping of the host's, which gives a process so many and no
 * more, and kills the program then; mkfs.erofs takes 1.2 pages for each file. */
static gboolean
check_entries (const char *name, guint64 entries, GError **error)
{
  g_autofree char *text = NULL;
  guint64 mappings = 0, most;

  if (!g_file_get_contents ("/proc/sys/vm/max_map_count", &text, NULL, NULL)
      || !g_ascii_string_to_unsigned (g_strstrip (text), 10, 1, G_MAXUINT32, &mappings, NULL))
    return TRUE;
  most = mappings / 4 * 3;
  return entries <= most
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s: the guest has %" G_GUINT64_FORMAT " files, and mkfs.erofs in User-mode Linux takes %"
                          G_GUINT64_FORMAT " here: use fs=squashfs, or let a process have more mappings (sysctl"
                          " vm.max_map_count=%" G_GUINT64_FORMAT ")",
                          name, entries, most, entries / 3 * 4 + 4);
}

static gboolean
pack (DomuimgUml *uml, const DomuimgUmlMount *mount, const char *uuid, GCancellable *cancellable,
      GError **error)
{
  DomuimgUmlRequest request
      = { DOMUIMG_UML_PACK, mount->id, .path = (char *) uuid, .offset = mount->place.length,
          .length = mount->place.length };

  for (;;)
    {
      g_autoptr (GVariant) answer = NULL;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      answer = domuimg_uml_ask (uml, &request, "b", error);
      if (answer == NULL || g_variant_get_boolean (answer))
        return answer != NULL;
    }
}

gboolean
domuimg_uml_pack (const DomuimgRegion *from, guint64 entries, const char *uuid,
                  GCancellable *cancellable, GError **error)
{
  const DomuimgUmlPlace place = { "ext4", NULL, 0, from->length };
  g_autoptr (DomuimgRegion) disk = NULL;
  g_autoptr (DomuimgUml) uml = NULL;
  g_autofree char *why_not = NULL;
  DomuimgUmlMount *mount;

  if (!domuimg_uml_is_possible (&why_not))
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                         "%s: its erofs is made by User-mode Linux: %s", from->name, why_not);
  if (!check_entries (from->name, entries, error))
    return FALSE;
  if (ftruncate (from->fd, (off_t) (2 * from->length)) != 0)
    return domuimg_set_errno (error, errno, "%s: making room for its erofs", from->name);
  disk = domuimg_region_new_for_fd (from->fd, from->name, error);
  if (disk == NULL)
    return FALSE;
  uml = domuimg_uml_new (disk);
  domuimg_uml_set_packs (uml, entries);
  mount = domuimg_uml_mount (uml, &place, TRUE, error);
  return mount != NULL && pack (uml, mount, uuid, cancellable, error)
         && domuimg_uml_release (uml, mount, error);
}
