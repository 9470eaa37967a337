/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out what an install tree is, by its .treeinfo or by where its files lie. */
#include "config.h"
#include "lib/source/install-tree.h"

#include <string.h>

#include "lib/netboot/treeinfo.h"
#include "lib/source/checksums.h"

#define MIB ((guint64) 1 << 20)
#define GIB ((guint64) 1 << 30)
#define DISK_INFO_MAX 4096
#define SUMS_MAX (8 << 20)

typedef struct {
  DomuimgInstallFiles *files;
  const char *arch;        /* rpm's name, and Debian's */
  const char *debian_arch;
  gboolean wants_pv;       /* installers for PV guests only are looked for, too */
  GCancellable *cancellable;
} Search;

static void
images_free (gpointer data)
{
  DomuimgInstallImages *self = data;

  g_free (self->kernel);
  g_free (self->initrd);
  g_free (self->kernel_checksum);
  g_free (self->initrd_checksum);
  g_free (self);
}

static DomuimgInstallTree *
new_tree (DomuimgInstallerKind kind, char *name)
{
  DomuimgInstallTree *self = g_new0 (DomuimgInstallTree, 1);

  self->kind = kind;
  self->name = name;
  self->images = g_ptr_array_new_with_free_func (images_free);
  return self;
}

void
domuimg_install_tree_free (DomuimgInstallTree *self)
{
  g_free (self->name);
  g_ptr_array_unref (self->images);
  g_free (self);
}

DomuimgInstallNeeds
domuimg_install_tree_get_needs (const DomuimgInstallTree *self)
{
  static const DomuimgInstallNeeds needs[] = {
    [DOMUIMG_INSTALLER_OTHER] = { 1024 * MIB, 10 * GIB },
    [DOMUIMG_INSTALLER_ANACONDA] = { 3072 * MIB, 20 * GIB },
    [DOMUIMG_INSTALLER_YAST] = { 2048 * MIB, 20 * GIB },
    [DOMUIMG_INSTALLER_DEBIAN] = { 1024 * MIB, 10 * GIB },
    [DOMUIMG_INSTALLER_CASPER] = { 4096 * MIB, 20 * GIB },
  };

  return needs[self->kind];
}

static DomuimgInstallImages *
add_images (DomuimgInstallTree *self, const char *kernel, const char *initrd, const char *option)
{
  DomuimgInstallImages *images = g_new0 (DomuimgInstallImages, 1);

  images->kernel = g_strdup (kernel);
  images->initrd = g_strdup (initrd);
  images->option = option;
  g_ptr_array_add (self->images, images);
  return images;
}

/* NULL without an error where there is none. */
static GBytes *
read_if_any (const Search *self, const char *path, guint64 max, GError **error)
{
  const DomuimgInstallRead how = { max, NULL, self->cancellable, NULL };
  g_autoptr (GError) local = NULL;
  GBytes *bytes = domuimg_install_files_read (self->files, path, &how, &local);

  if (local != NULL && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local));
  return bytes;
}

/* NULL without an error where the tree has none. */
static DomuimgTreeinfo *
read_treeinfo (const Search *self, GError **error)
{
  static const char *const names[] = { ".treeinfo", "treeinfo" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) local = NULL;
      g_autoptr (GBytes) bytes = read_if_any (self, names[i], DOMUIMG_TREEINFO_MAX, &local);
      g_autofree char *name = domuimg_install_files_name (self->files, names[i]);

      if (bytes != NULL)
        return domuimg_treeinfo_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                                       name, error);
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
    }
  return NULL;
}

static gboolean
add_platform (DomuimgInstallTree *self, DomuimgTreeinfo *info, const char *platform,
              const char *option, GError **error)
{
  g_autoptr (DomuimgTreeImages) found = NULL;
  DomuimgInstallImages *images;

  if (!domuimg_treeinfo_find_images (info, platform, &found, error))
    return FALSE;
  if (found == NULL)
    return TRUE;
  images = add_images (self, found->kernel, found->initrd, option);
  images->is_xen = g_str_equal (platform, "xen");
  images->kernel_checksum
      = domuimg_treeinfo_get_checksum (info, images->kernel, &images->kernel_type);
  images->initrd_checksum
      = domuimg_treeinfo_get_checksum (info, images->initrd, &images->initrd_type);
  return TRUE;
}

/* 32-bit trees say i386, and their machines other names. */
static gboolean
check_arch (const Search *self, DomuimgTreeinfo *info, GError **error)
{
  if (info->arch == NULL || g_str_equal (info->arch, self->arch))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s installs systems for %s, and the guest is to be %s; use the tree for %s, or --arch %s",
                       domuimg_install_files_get_location (self->files), info->arch, self->arch,
                       self->arch, info->arch);
}

/* NULL without an error where the tree does not describe itself. */
static DomuimgInstallTree *
find_by_treeinfo (const Search *self, GError **error)
{
  g_autoptr (DomuimgInstallTree) tree = NULL;
  g_autoptr (DomuimgTreeinfo) info = read_treeinfo (self, error);
  gboolean is_suse;

  if (info == NULL || !check_arch (self, info, error))
    return NULL;
  is_suse = domuimg_treeinfo_is_suse (info);
  tree = new_tree (is_suse ? DOMUIMG_INSTALLER_YAST : DOMUIMG_INSTALLER_ANACONDA,
                   g_strdup_printf ("%s%s%s", info->family != NULL ? info->family : "a system",
                                    info->version != NULL ? " " : "",
                                    info->version != NULL ? info->version : ""));
  if (!add_platform (tree, info, self->arch, is_suse ? "install=" : "inst.repo=", error)
      || !add_platform (tree, info, "xen", is_suse ? "install=" : "method=", error))
    return NULL;
  if (tree->images->len > 0)
    return g_steal_pointer (&tree);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                "%s: its .treeinfo names no kernel and initrd for %s or xen",
                domuimg_install_files_get_location (self->files), self->arch);
  return NULL;
}

/* *@hex is left as it is where the list has none of the file. */
static gboolean
find_sum (GBytes *list, const char *list_name, const char *path, char **hex, GChecksumType *type,
          GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgDigest) digest
      = domuimg_checksums_find (g_bytes_get_data (list, NULL), g_bytes_get_size (list), path, &local);

  if (digest != NULL)
    {
      *hex = g_steal_pointer (&digest->hex);
      *type = digest->type;
      return TRUE;
    }
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", list_name);
  return FALSE;
}

/* A list names what lies in its own directory and below. */
static gboolean
add_sums (const Search *self, const DomuimgInstallPlace *place, DomuimgInstallImages *images,
          GError **error)
{
  g_autofree char *path = domuimg_install_place_expand (place->sums, self->debian_arch);
  g_autofree char *name = domuimg_install_files_name (self->files, path);
  const char *slash = strrchr (path, '/');
  gsize skip = slash != NULL ? (gsize) (slash + 1 - path) : 0;
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) bytes = read_if_any (self, path, SUMS_MAX, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return bytes == NULL
         || (find_sum (bytes, name, images->kernel + skip, &images->kernel_checksum,
                       &images->kernel_type, error)
             && find_sum (bytes, name, images->initrd + skip, &images->initrd_checksum,
                          &images->initrd_type, error));
}

static const char *
name_kind (DomuimgInstallerKind kind)
{
  switch (kind)
    {
    case DOMUIMG_INSTALLER_DEBIAN:
      return "a system by debian-installer";
    case DOMUIMG_INSTALLER_ANACONDA:
      return "a system by Anaconda";
    case DOMUIMG_INSTALLER_YAST:
      return "a system by YaST";
    case DOMUIMG_INSTALLER_CASPER:
      return "Ubuntu by its live installer";
    default:
      return "a system";
    }
}

/* One place: what was found is in *@tree. */
static gboolean
try_place (const Search *self, const DomuimgInstallPlace *place, DomuimgInstallTree **tree,
           GError **error)
{
  g_autofree char *kernel = domuimg_install_place_expand (place->kernel, self->debian_arch);
  g_autofree char *initrd = domuimg_install_place_expand (place->initrd, self->debian_arch);
  g_autoptr (GError) local = NULL;
  DomuimgInstallImages *images;

  if (*tree != NULL && (*tree)->kind != place->kind)
    return TRUE;
  if (!domuimg_install_files_has (self->files, kernel, self->cancellable, &local))
    {
      gboolean is_absent = local == NULL;

      if (!is_absent)
        g_propagate_error (error, g_steal_pointer (&local));
      return is_absent;
    }
  if (*tree == NULL)
    *tree = new_tree (place->kind, g_strdup (name_kind (place->kind)));
  images = add_images (*tree, kernel, initrd, place->option);
  images->is_xen = place->is_xen;
  return place->sums == NULL || add_sums (self, place, images, error);
}

/* What an image says of itself in its first line: "Ubuntu-Server 22.04.4 LTS "Jammy Jellyfish" - Release amd64". */
static gboolean
read_disk_info (const Search *self, DomuimgInstallTree *tree, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) bytes = read_if_any (self, ".disk/info", DISK_INFO_MAX, &local);
  g_autofree char *text = NULL;
  char *end;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (bytes == NULL)
    return TRUE;
  text = g_utf8_make_valid (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  text[strcspn (text, "\r\n")] = '\0';
  for (char *c = text; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  end = strstr (text, " - ");
  if (end != NULL)
    *end = '\0';
  if (*text == '\0')
    return TRUE;
  tree->reads_seed = g_str_has_prefix (text, "Ubuntu-Server ");
  g_free (tree->name);
  tree->name = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
has_plain (const DomuimgInstallTree *tree)
{
  for (guint i = 0; tree != NULL && i < tree->images->len; i++)
    if (!((const DomuimgInstallImages *) g_ptr_array_index (tree->images, i))->is_xen)
      return TRUE;
  return FALSE;
}

/* A PV guest's own installer comes first where one is wanted. */
static gint
compare_images (gconstpointer a, gconstpointer b, gpointer wants_pv)
{
  const DomuimgInstallImages *const *left = a;
  const DomuimgInstallImages *const *right = b;

  return GPOINTER_TO_INT (wants_pv) ? (*right)->is_xen - (*left)->is_xen
                                    : (*left)->is_xen - (*right)->is_xen;
}

static DomuimgInstallTree *
find_by_place (const Search *self, GError **error)
{
  g_autoptr (DomuimgInstallTree) tree = NULL;

  for (const DomuimgInstallPlace *at = domuimg_install_places; at->kernel != NULL; at++)
    {
      g_autoptr (GError) local = NULL;

      if ((at->is_xen ? self->wants_pv : !has_plain (tree))
          && !try_place (self, at, &tree, &local))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
    }
  if (tree == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                    "%s is not an install tree for %s: it has no .treeinfo, and no installer where"
                    " Fedora, openSUSE, Debian and Ubuntu have theirs; give the directory that"
                    " virt-install --location takes (Debian: …/dists/SUITE/main/installer-%s/)%s",
                    domuimg_install_files_get_location (self->files), self->arch, self->debian_arch,
                    domuimg_install_files_was_refused (self->files)
                        ? "; the server refuses to send some of these files, if it has them"
                        : "");
      return NULL;
    }
  if (tree->kind == DOMUIMG_INSTALLER_CASPER && !read_disk_info (self, tree, error))
    return NULL;
  return g_steal_pointer (&tree);
}

static const char *
to_debian (const char *arch)
{
  static const char *const names[][2] = { { "x86_64", "amd64" }, { "aarch64", "arm64" } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i][0], arch))
      return names[i][1];
  return arch;
}

DomuimgInstallTree *
domuimg_install_tree_find (DomuimgInstallFiles *files, const char *arch, gboolean wants_pv,
                           GCancellable *cancellable, GError **error)
{
  const Search self = { files, arch, to_debian (arch), wants_pv, cancellable };
  g_autoptr (GError) local = NULL;
  DomuimgInstallTree *tree = find_by_treeinfo (&self, &local);

  if (tree == NULL && local == NULL)
    tree = find_by_place (&self, &local);
  if (tree == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else
    g_ptr_array_sort_with_data (tree->images, compare_images, GINT_TO_POINTER (wants_pv));
  return tree;
}
