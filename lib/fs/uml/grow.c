/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes filesystems larger that User-mode Linux mounts. */
#include "config.h"
#include "lib/fs/uml/grow.h"

#include "lib/fs/uml/machine.h"

static gboolean
grow (DomuimgUml *uml, const DomuimgUmlMount *mount, GError **error)
{
  DomuimgUmlRequest request
      = { DOMUIMG_UML_GROW, mount->id, .length = mount->place.length };
  g_autoptr (GVariant) answer = domuimg_uml_ask (uml, &request, "b", error);

  return answer != NULL;
}

gboolean
domuimg_uml_grow (const DomuimgRegion *region, const char *fs, guint64 size, GError **error)
{
  const DomuimgUmlPlace place = { fs, NULL, region->offset, size };
  g_autoptr (DomuimgRegion) disk = domuimg_region_new_for_fd (region->fd, region->name, error);
  g_autoptr (DomuimgUml) uml = NULL;
  g_autofree char *why_not = NULL;
  DomuimgUmlMount *mount;
  gboolean ok;

  if (disk == NULL)
    return FALSE;
  if (!domuimg_uml_is_possible (&why_not))
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                         "%s: its %s filesystem is made larger by User-mode Linux: %s", region->name,
                         fs, why_not);
  uml = domuimg_uml_new (disk);
  mount = domuimg_uml_mount (uml, &place, TRUE, error);
  if (mount == NULL)
    return FALSE;
  ok = grow (uml, mount, error);
  return domuimg_uml_release (uml, mount, ok ? error : NULL) && ok;
}
