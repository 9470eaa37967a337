/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Xen's front ends named for kernels that do not find them by themselves. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

/* From Linux 3.0 the Xen front ends say their bus addresses, and udev loads them; an older
 * kernel's have to be named. Only Debian's family has the file. */
#define FIRST_THAT_KNOWS 3

static guint64
major_of (const char *version)
{
  return g_ascii_strtoull (version, NULL, 10);
}

/* 0 where no kernel is known. */
static guint64
newest_major (DomuimgGuestRun *self)
{
  guint64 newest = 0;

  if (self->want->kernel_version != NULL)
    return major_of (self->want->kernel_version);
  g_auto (GStrv) names = domuimg_tree_list (self->edit->tree, "/lib/modules", NULL);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    newest = MAX (newest, major_of (names[i]));
  return newest;
}

static gboolean
names_module (char **lines, const char *module)
{
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = g_strdup (lines[i]);
      g_autofree char *word = NULL;

      g_strstrip (line);
      word = g_strndup (line, strcspn (line, " \t#"));
      if (g_str_equal (g_strdelimit (word, "_", '-'), module))
        return TRUE;
    }
  return FALSE;
}

gboolean
domuimg_guest_step_modules (DomuimgGuestRun *self, GError **error)
{
  static const char *const modules[] = { "xen-blkfront", "xen-netfront" };
  g_autofree char *old = NULL;
  guint64 newest = newest_major (self);

  if (newest == 0 || newest >= FIRST_THAT_KNOWS)
    return TRUE;
  if (!domuimg_edit_read (self->edit, "/etc/modules", &old, error))
    return FALSE;
  if (old == NULL)
    return TRUE;
  g_auto (GStrv) lines = g_strsplit (old, "\n", -1);
  g_autoptr (GString) out = g_string_new (old);
  if (out->len > 0 && out->str[out->len - 1] != '\n')
    g_string_append_c (out, '\n');
  for (guint i = 0; i < G_N_ELEMENTS (modules); i++)
    if (!names_module (lines, modules[i]))
      g_string_append_printf (out, "%s\n", modules[i]);
  return domuimg_edit_write (self->edit, "/etc/modules", out->str, 0644, error);
}
