/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernels of a tree, each with its initramfs and modules. */
#include "config.h"
#include "lib/kernel/select.h"

#include <string.h>

#include "lib/base/decompress.h"
#include "lib/kernel/select-ahead.h"
#include "lib/tree/faults.h"
#include "lib/xen/limits.h"

static const char *const kernel_prefixes[] = { "vmlinuz-", "vmlinux-", "kernel-" };
/* Kernels whose names have no version. */
static const char *const plain_names[] = { "vmlinuz", "vmlinux", "Image", "bzImage" };
/* Around the version: Debian's, Fedora's and Arch's, Gentoo's and Alpine's, SUSE's. */
static const char *const initrd_names[][2]
    = { { "initrd.img-", "" }, { "initramfs-", ".img" }, { "initramfs-", "" }, { "initrd-", "" } };
static const char *const plain_initrd_names[]
    = { "initrd.img", "initramfs.img", "initramfs", "initrd" };

void
domuimg_kernel_choice_free (DomuimgKernelChoice *self)
{
  g_free (self->vmlinuz);
  g_free (self->initrd);
  g_free (self->modules);
  g_free (self->version);
  g_free (self->cmdline);
  g_free (self->reason);
  g_clear_object (&self->kernel);
  g_clear_pointer (&self->initramfs, domuimg_initramfs_free);
  g_free (self);
}

/* The file that @path means, NULL where there is none. */
static char *
resolve_file (DomuimgTree *tree, const char *path)
{
  g_autofree char *resolved = domuimg_tree_resolve (tree, path, NULL);
  g_autoptr (DomuimgEntry) entry
      = resolved != NULL ? domuimg_tree_stat (tree, resolved, NULL) : NULL;

  return entry != NULL && entry->type == DOMUIMG_ENTRY_FILE ? g_steal_pointer (&resolved) : NULL;
}

static char *
find_initrd (DomuimgTree *tree, const char *directory, const char *version)
{
  for (guint i = 0; i < G_N_ELEMENTS (initrd_names) && version[0] != '\0'; i++)
    {
      g_autofree char *path = g_strconcat (directory, "/", initrd_names[i][0], version,
                                           initrd_names[i][1], NULL);
      char *found = resolve_file (tree, path);

      if (found != NULL)
        return found;
    }
  for (guint i = 0; i < G_N_ELEMENTS (plain_initrd_names) && version[0] == '\0'; i++)
    {
      g_autofree char *path = g_strconcat (directory, "/", plain_initrd_names[i], NULL);
      char *found = resolve_file (tree, path);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static char *
find_modules (DomuimgTree *tree, const char *version)
{
  g_autofree char *path = g_strconcat ("lib/modules/", version, NULL);

  if (version[0] == '\0' || !domuimg_tree_is_dir (tree, path))
    return NULL;
  return domuimg_tree_resolve (tree, path, NULL);
}

/* A link to a kernel that is listed, such as /vmlinuz, adds nothing. */
static gboolean
is_listed (GPtrArray *choices, const char *vmlinuz)
{
  for (guint i = 0; i < choices->len; i++)
    if (g_str_equal (((DomuimgKernelChoice *) choices->pdata[i])->vmlinuz, vmlinuz))
      return TRUE;
  return FALSE;
}

static void
add_choice (GPtrArray *choices, DomuimgTree *tree, const char *path, const char *initrd_directory,
            const char *version)
{
  g_autofree char *vmlinuz = resolve_file (tree, path);
  DomuimgKernelChoice *choice;

  if (vmlinuz == NULL || is_listed (choices, vmlinuz))
    return;
  choice = g_new0 (DomuimgKernelChoice, 1);
  choice->vmlinuz = g_steal_pointer (&vmlinuz);
  choice->initrd = find_initrd (tree, initrd_directory, version);
  choice->modules = find_modules (tree, version);
  choice->version = g_strdup (version);
  g_ptr_array_add (choices, choice);
}

/* The version, within @name; NULL where it is not a kernel's name. */
static const char *
version_of_name (const char *name)
{
  if (strstr (name, "rescue") != NULL || g_str_has_suffix (name, ".debug"))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (kernel_prefixes); i++)
    if (g_str_has_prefix (name, kernel_prefixes[i]))
      return name + strlen (kernel_prefixes[i]);
  return NULL;
}

/* (nullable) The version in the name of a kernel's file. */
static const char *
version_of (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (kernel_prefixes); i++)
    if (g_str_has_prefix (name, kernel_prefixes[i]) && strstr (name, "rescue") == NULL
        && !g_str_has_suffix (name, ".debug"))
      return name + strlen (kernel_prefixes[i]);
  return NULL;
}

gboolean
domuimg_kernel_is_in (DomuimgTree *tree, const char *directory)
{
  g_auto (GStrv) names = domuimg_tree_list (tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (version_of (names[i]) != NULL)
        return TRUE;
      for (guint j = 0; j < G_N_ELEMENTS (plain_names); j++)
        if (g_str_equal (names[i], plain_names[j]))
          return TRUE;
    }
  return FALSE;
}

static gboolean
list_boot (GPtrArray *choices, DomuimgTree *tree, GError **error)
{
  g_auto (GStrv) names = domuimg_tree_list (tree, "boot", error);

  if (names == NULL)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    {
      const char *version = version_of (names[i]);
      g_autofree char *path = g_strconcat ("boot/", names[i], NULL);

      if (version != NULL)
        add_choice (choices, tree, path, "boot", version);
    }
  return TRUE;
}

/* Fedora's kernel packages put them there, and only a script of theirs copies them to /boot. */
static gboolean
list_modules (GPtrArray *choices, DomuimgTree *tree, GError **error)
{
  guint in_boot = choices->len;
  g_auto (GStrv) versions = domuimg_tree_list (tree, "lib/modules", error);

  if (versions == NULL)
    return FALSE;
  for (guint i = 0; versions[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("lib/modules/", versions[i], "/vmlinuz", NULL);
      gboolean is_copy = FALSE;

      for (guint j = 0; j < in_boot && !is_copy; j++)
        is_copy = g_str_equal (((DomuimgKernelChoice *) choices->pdata[j])->version, versions[i]);
      if (!is_copy)
        add_choice (choices, tree, path, "boot", versions[i]);
    }
  return TRUE;
}

static int
compare_choices (gconstpointer a, gconstpointer b)
{
  const DomuimgKernelChoice *one = *(const DomuimgKernelChoice *const *) a;
  const DomuimgKernelChoice *other = *(const DomuimgKernelChoice *const *) b;
  int order = strverscmp (other->version, one->version);

  return order != 0 ? order : strcmp (one->vmlinuz, other->vmlinuz);
}

GPtrArray *
domuimg_kernel_list (DomuimgTree *tree, GError **error)
{
  g_autoptr (GPtrArray) choices
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_kernel_choice_free);

  if (!list_boot (choices, tree, error) || !list_modules (choices, tree, error))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (plain_names); i++)
    {
      g_autofree char *path = g_strconcat ("boot/", plain_names[i], NULL);

      add_choice (choices, tree, path, "boot", "");
      add_choice (choices, tree, plain_names[i], "", "");
    }
  if (!domuimg_tree_check_faults (tree, error))
    return NULL;
  g_ptr_array_sort (choices, compare_choices);
  return g_steal_pointer (&choices);
}

/* Where @path lies in a directory that is looked into, its name there; else NULL. */
static const char *
name_in_boot (const char *path)
{
  if (g_str_has_prefix (path, "boot/"))
    path += strlen ("boot/");
  return strchr (path, '/') == NULL ? path : NULL;
}

/* "lib/modules/VERSION/vmlinuz", or below usr/. */
static char *
version_of_modules (const char *path)
{
  static const char prefix[] = "lib/modules/";
  const char *end;

  if (g_str_has_prefix (path, "usr/"))
    path += strlen ("usr/");
  if (!g_str_has_prefix (path, prefix))
    return NULL;
  path += strlen (prefix);
  end = strchr (path, '/');
  return g_strcmp0 (end, "/vmlinuz") == 0 ? g_strndup (path, (gsize) (end - path)) : NULL;
}

char *
domuimg_kernel_version_of_path (const char *path)
{
  const char *name = name_in_boot (path);
  const char *version = name != NULL && name != path ? version_of_name (name) : NULL;

  if (name == NULL)
    return version_of_modules (path);
  for (guint i = 0; i < G_N_ELEMENTS (plain_names) && version == NULL; i++)
    version = g_str_equal (name, plain_names[i]) ? "" : NULL;
  return g_strdup (version);
}

char *
domuimg_initrd_version_of_path (const char *path)
{
  const char *name = name_in_boot (path);

  for (guint i = 0; name != NULL && name != path && i < G_N_ELEMENTS (initrd_names); i++)
    {
      const char *prefix = initrd_names[i][0], *suffix = initrd_names[i][1];

      if (g_str_has_prefix (name, prefix) && g_str_has_suffix (name, suffix)
          && strlen (name) > strlen (prefix) + strlen (suffix))
        return g_strndup (name + strlen (prefix),
                          strlen (name) - strlen (prefix) - strlen (suffix));
    }
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (plain_initrd_names); i++)
    if (g_str_equal (name, plain_initrd_names[i]))
      return g_strdup ("");
  return NULL;
}

gboolean
domuimg_kernel_choice_load (DomuimgKernelChoice *self, DomuimgTree *tree, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *name = g_strconcat ("/", self->vmlinuz, NULL);
  const char *version;

  if (self->kernel != NULL)
    return TRUE;
  self->kernel = domuimg_look_ahead_find_kernel (tree, self->vmlinuz);
  if (self->kernel == NULL)
    bytes = domuimg_tree_read (tree, self->vmlinuz, DOMUIMG_KERNEL_MAX, error);
  if (bytes != NULL)
    self->kernel = domuimg_kernel_new_for_bytes (bytes, name, error);
  if (self->kernel == NULL)
    return FALSE;
  version = domuimg_kernel_get_version (self->kernel);
  if (version == NULL || g_str_equal (version, self->version) || strchr (version, '/') != NULL)
    return TRUE;
  g_free (self->version);
  self->version = g_strdup (version);
  if (self->modules == NULL)
    self->modules = find_modules (tree, version);
  if (self->initrd == NULL)
    self->initrd = find_initrd (tree, "boot", version);
  return TRUE;
}
