/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rpm's names of architectures. */
#include "config.h"
#include "lib/source/rpm.h"

#include <sys/utsname.h>

static const char *const debian_names[][2] = {
  { "amd64", "x86_64" }, { "i386", "i386" },  { "i686", "i386" },
  { "i586", "i386" },    { "arm64", "aarch64" },
};

char *
domuimg_rpm_arch (const char *given)
{
  struct utsname machine;
  const char *name = given;

  if (uname (&machine) == 0 && name == NULL)
    name = machine.machine;
  for (guint i = 0; i < G_N_ELEMENTS (debian_names); i++)
    {
      if (g_strcmp0 (debian_names[i][0], name) == 0)
        return g_strdup (debian_names[i][1]);
    }
  return g_strdup (name);
}

gboolean
domuimg_rpm_arch_is_foreign (const char *arch)
{
  g_autofree char *own = domuimg_rpm_arch (NULL);

  return g_strcmp0 (own, arch) != 0;
}
