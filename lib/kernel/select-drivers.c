/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a kernel and its initramfs hold the drivers for the disks and the root. */
#include "config.h"
#include "lib/kernel/select-drivers.h"

#include <string.h>

#include "lib/kernel/needs.h"
#include "lib/kernel/select-ahead.h"
#include "lib/kernel/select-builtin.h"

typedef struct {
  DomuimgTree *tree;
  const char *path;
} TreeFile;

static gssize
read_tree_at (gpointer user_data, guint64 offset, void *buffer, gsize length, GError **error)
{
  const TreeFile *file = user_data;

  return domuimg_tree_read_at (file->tree, file->path, offset, buffer, length, error);
}

DomuimgInitramfs *
domuimg_initramfs_new_for_tree (DomuimgTree *tree, const char *path, GError **error)
{
  g_autofree char *resolved = domuimg_tree_resolve (tree, path, error);
  TreeFile file = { tree, resolved };
  DomuimgInput input = { read_tree_at, &file, path };
  DomuimgInitramfs *initramfs;

  initramfs = resolved != NULL ? domuimg_look_ahead_find_initramfs (tree, resolved) : NULL;
  if (initramfs != NULL || resolved == NULL)
    return initramfs;
  return domuimg_initramfs_new (&input, error);
}

typedef struct {
  DomuimgTree *tree;
  DomuimgKernelChoice *choice;
  DomuimgBuiltin *builtin;
  GString *inside; /* names of what is where */
  GString *in_initramfs;
} Check;

static gboolean
is_inside (Check *self, const DomuimgNeed *need)
{
  for (guint i = 0; i < G_N_ELEMENTS (need->modules) && need->modules[i] != NULL; i++)
    if (domuimg_builtin_has (self->builtin, need->modules[i], need->options[i])
        || (self->choice->initramfs != NULL
            && domuimg_initramfs_has_builtin (self->choice->initramfs, need->modules[i])))
      return TRUE;
  return FALSE;
}

static gboolean
is_in_initramfs (Check *self, const DomuimgNeed *need)
{
  for (guint i = 0; i < G_N_ELEMENTS (need->modules) && need->modules[i] != NULL; i++)
    if (domuimg_initramfs_has_module (self->choice->initramfs, need->modules[i]))
      return TRUE;
  return FALSE;
}

static void
note (GString *list, const char *name)
{
  g_string_append_printf (list, "%s%s", list->len > 0 ? " and " : "", name);
}

static char *
refuse_initramfs (Check *self, const char *driver)
{
  return g_strdup_printf ("its initramfs /%s lacks %s, which is not built into the kernel; make"
                          " the initramfs again with it (Debian: a line in"
                          " /etc/initramfs-tools/modules, then update-initramfs; Fedora: dracut"
                          " --add-drivers) [initramfs-driver]",
                          self->choice->initrd, driver);
}

/* Modules of another kernel are of no use. */
static char *
check_versions (Check *self)
{
  g_auto (GStrv) versions = domuimg_initramfs_list_versions (self->choice->initramfs);
  g_autofree char *list = g_strjoinv (", ", versions);

  if (versions[0] == NULL
      || g_strv_contains ((const char *const *) versions, self->choice->version))
    return NULL;
  return g_strdup_printf ("its initramfs /%s has modules for %s only [initramfs-version]", self->choice->initrd, list);
}

/* NULL where all is well, else what is wrong. */
static char *
open_initramfs (Check *self, const char *driver)
{
  g_autoptr (GError) error = NULL;

  if (self->choice->initramfs != NULL)
    return NULL;
  if (self->choice->initrd == NULL)
    return g_strdup_printf ("%s is not built into it, and there is no initramfs for it (such as"
                            " /boot/initrd.img-%s) that could hold it [initramfs-missing]",
                            driver, self->choice->version);
  self->choice->initramfs = domuimg_initramfs_new_for_tree (self->tree, self->choice->initrd, &error);
  if (self->choice->initramfs == NULL)
    return g_strdup_printf ("its initramfs cannot be read: %s [initramfs-corrupt]", error->message);
  return check_versions (self);
}

static char *
check_need (Check *self, const DomuimgNeed *need)
{
  char *problem;

  if (is_inside (self, need))
    {
      note (self->inside, need->drivers);
      return NULL;
    }
  problem = open_initramfs (self, need->drivers);
  if (problem != NULL)
    return problem;
  if (!is_inside (self, need) && !is_in_initramfs (self, need))
    return refuse_initramfs (self, need->drivers);
  note (is_inside (self, need) ? self->inside : self->in_initramfs, need->drivers);
  return NULL;
}

/* A filesystem that the table does not have has a driver of its own name. */
static char *
check_root_fs (Check *self, const char *root_fs)
{
  const DomuimgNeed *known = domuimg_need_of_fs (root_fs);
  g_autofree char *upper = g_ascii_strup (root_fs, -1);
  g_autofree char *option = g_strconcat ("CONFIG_", upper, "_FS", NULL);
  const DomuimgNeed own = { root_fs, root_fs, { root_fs }, { option } };

  return check_need (self, known != NULL ? known : &own);
}

static char *
describe (Check *self)
{
  GString *text = g_string_new (NULL);

  if (self->inside->len > 0)
    g_string_append_printf (text, "%s %s built into it", self->inside->str,
                            strstr (self->inside->str, " and ") != NULL ? "are" : "is");
  if (self->inside->len > 0 && self->in_initramfs->len > 0)
    g_string_append (text, ", and ");
  if (self->in_initramfs->len > 0)
    g_string_append_printf (text, "%s %s in its initramfs", self->in_initramfs->str,
                            strstr (self->in_initramfs->str, " and ") != NULL ? "are" : "is");
  return g_string_free (text, FALSE);
}

gboolean
domuimg_drivers_check (DomuimgTree *tree, DomuimgKernelChoice *choice, DomuimgGuestType type,
                       const char *root_fs, char **text)
{
  Check self = { tree, choice };
  char *problem;

  /* The guest may have changed since the last time. */
  g_clear_pointer (&choice->initramfs, domuimg_initramfs_free);
  self.builtin = domuimg_builtin_new (tree, choice->modules, choice->version);
  self.inside = g_string_new (NULL);
  self.in_initramfs = g_string_new (NULL);
  problem = check_need (&self, domuimg_need_of_disks (type));
  if (problem == NULL && root_fs != NULL)
    problem = check_root_fs (&self, root_fs);
  *text = problem != NULL ? problem : describe (&self);

  domuimg_builtin_free (self.builtin);
  g_string_free (self.inside, TRUE);
  g_string_free (self.in_initramfs, TRUE);
  return problem == NULL;
}
