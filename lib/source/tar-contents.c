/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells by the names in an archive whether it is a root, and where that is in it. */
#include "config.h"
#include "lib/source/tar-contents.h"

#include <string.h>

#include "lib/source/source.h"

/* How deep a root is looked for: backup/containers/NAME/rootfs. */
#define DEPTH_MAX 5
/* Directories that may be a root; an archive with more of them is not looked at further. */
#define CANDIDATES_MAX 256
#define LISTED_MAX 4

/* What a root has: etc, and at least two of the others. */
static const char *const parts[] = { "etc", "bin", "sbin", "usr", "lib", "var", "dev", "proc" };

enum { ETC = 1 << 0 };

/* Names that tell what an archive is; "*" stands for one component, or the rest of one. */
typedef enum {
  DOCKER_MANIFEST,
  DOCKER_LAYER,
  OCI_LAYOUT,
  OCI_BLOBS,
  OVF,
  XVA,
  VAGRANT,
  METADATA,
  DISK,
  SQUASHFS,
  VZDUMP_VM,
  N_MARKS
} Mark;

static const struct {
  const char *pattern;
  Mark mark;
} marks[] = {
  { "manifest.json", DOCKER_MANIFEST },
  { "repositories", DOCKER_MANIFEST },
  { "*/layer.tar", DOCKER_LAYER },
  { "oci-layout", OCI_LAYOUT },
  { "blobs/sha256", OCI_BLOBS },
  { "blobs/sha256/*", OCI_BLOBS },
  { "*.ovf", OVF },
  { "ova.xml", XVA },
  { "Vagrantfile", VAGRANT },
  { "metadata.json", METADATA },
  { "*.img", DISK },
  { "*.raw", DISK },
  { "*.qcow2", DISK },
  { "*.vmdk", DISK },
  { "*.vdi", DISK },
  { "*.vhd", DISK },
  { "*.vhdx", DISK },
  { "*.squashfs", SQUASHFS },
  { "qemu-server.conf", VZDUMP_VM },
};

struct _DomuimgTarContents {
  GHashTable *candidates; /* directory → the parts of a root in it, as bits */
  char *found[N_MARKS];   /* (nullable) the first such name */
  GPtrArray *top;         /* of char *, the first names at the top */
};

DomuimgTarContents *
domuimg_tar_contents_new (void)
{
  DomuimgTarContents *self = g_new0 (DomuimgTarContents, 1);

  self->candidates = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->top = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
domuimg_tar_contents_free (DomuimgTarContents *self)
{
  g_hash_table_unref (self->candidates);
  g_ptr_array_unref (self->top);
  for (guint i = 0; i < N_MARKS; i++)
    g_free (self->found[i]);
  g_free (self);
}

static guint
count_slashes (const char *path)
{
  guint count = 0;

  for (; *path != '\0' && count <= DEPTH_MAX; path++)
    count += *path == '/';
  return count;
}

static void
add_part (DomuimgTarContents *self, const char *path, const char *name, guint bit)
{
  g_autofree char *above = g_strndup (path, name > path ? (gsize) (name - path - 1) : 0);
  guint bits = GPOINTER_TO_UINT (g_hash_table_lookup (self->candidates, above));

  if (bits == 0 && g_hash_table_size (self->candidates) >= CANDIDATES_MAX)
    return;
  g_hash_table_replace (self->candidates, g_steal_pointer (&above), GUINT_TO_POINTER (bits | bit));
}

static void
add_top (DomuimgTarContents *self, const char *path)
{
  g_autofree char *name = g_strndup (path, strcspn (path, "/"));

  if (self->top->len > LISTED_MAX
      || g_ptr_array_find_with_equal_func (self->top, name, g_str_equal, NULL))
    return;
  g_ptr_array_add (self->top, g_steal_pointer (&name));
}

/* One without a slash is looked for in the directories at the top, too. */
static void
add_mark (DomuimgTarContents *self, const char *path, const char *name)
{
  guint slashes = count_slashes (path);

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      const char *pattern = marks[i].pattern;
      guint wanted = count_slashes (pattern);
      gboolean by_name = wanted == 0 && slashes <= 1;

      if (self->found[marks[i].mark] == NULL && (by_name || wanted == slashes)
          && g_pattern_match_simple (pattern, by_name ? name : path))
        self->found[marks[i].mark] = g_strdup (path);
    }
}

void
domuimg_tar_contents_add (DomuimgTarContents *self, const DomuimgEntry *entry)
{
  guint slashes = count_slashes (entry->path);
  const char *slash, *name;

  if (slashes >= DEPTH_MAX || *entry->path == '\0')
    return;
  slash = strrchr (entry->path, '/');
  name = slash != NULL ? slash + 1 : entry->path;
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (g_str_equal (name, parts[i]))
      add_part (self, entry->path, name, 1u << i);
  if (slashes <= 2)
    add_mark (self, entry->path, name);
  if (self->top->len <= LISTED_MAX)
    add_top (self, entry->path);
}

static gboolean
is_root (guint bits)
{
  return (bits & ETC) != 0 && __builtin_popcount (bits) >= 3;
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(char *const *) a, *(char *const *) b);
}

/* Those that are not inside of another one, in the order of their names. */
static GPtrArray *
list_roots (DomuimgTarContents *self)
{
  GPtrArray *roots = g_ptr_array_new ();
  guint least = DEPTH_MAX + 1;
  GHashTableIter iter;
  gpointer path, bits;

  g_hash_table_iter_init (&iter, self->candidates);
  while (g_hash_table_iter_next (&iter, &path, &bits))
    {
      guint depth = *(char *) path == '\0' ? 0 : count_slashes (path) + 1;

      if (!is_root (GPOINTER_TO_UINT (bits)) || depth > least)
        continue;
      if (depth < least)
        g_ptr_array_set_size (roots, 0);
      least = depth;
      g_ptr_array_add (roots, path);
    }
  g_ptr_array_sort (roots, compare_paths);
  return roots;
}

/* How a container image becomes a root. */
static char *
explain_image (const char *name, const char *what)
{
  return g_strdup_printf ("%s is %s, not a root; use --from %s:%s, for a guest that runs its application", name,
                          what, domuimg_source_type_oci.scheme, name);
}

static char *
explain_machine (DomuimgTarContents *self, const char *name)
{
  const char *disk = self->found[DISK];
  gboolean is_box = self->found[VAGRANT] != NULL || self->found[METADATA] != NULL;

  if (self->found[OVF] != NULL || self->found[XVA] != NULL)
    return g_strdup_printf (
        "%s is %s: a virtual machine, described by %s; unpack it (tar -xf FILE), and use --from"
        " %s:%s",
        name, is_box ? "a Vagrant box" : "an archive",
        self->found[OVF] != NULL ? self->found[OVF] : self->found[XVA],
        domuimg_source_type_disk.scheme,
        self->found[OVF] != NULL ? self->found[OVF] : "FILE");
  if (disk == NULL)
    return NULL;
  return g_strdup_printf ("%s is %s with the disk image %s; unpack it (tar -xf FILE), and use --from"
                          " %s:%s",
                          name, is_box ? "a Vagrant box" : "an archive", disk,
                          domuimg_source_type_disk.scheme, disk);
}

char *
domuimg_tar_contents_explain (DomuimgTarContents *self, const char *name)
{
  char *const *found = self->found;

  if (found[OCI_LAYOUT] != NULL || (found[OCI_BLOBS] != NULL && found[DOCKER_MANIFEST] != NULL))
    return explain_image (name, "a container image in OCI's layout");
  if (found[DOCKER_LAYER] != NULL)
    return explain_image (name, "a container image of docker save");
  if (found[VZDUMP_VM] != NULL)
    return g_strdup_printf ("%s is a backup of a virtual machine of Proxmox: unpack it, and convert"
                            " its disks by --from %s:FILE",
                            name, domuimg_source_type_disk.scheme);
  if (found[SQUASHFS] != NULL)
    return g_strdup_printf ("%s holds its root as a squashfs image: unpack that (tar -xf FILE;"
                            " unsquashfs -d root %s), and use --from %s:root",
                            name, found[SQUASHFS], domuimg_source_type_dir.scheme);
  return explain_machine (self, name);
}

gboolean
domuimg_tar_contents_has_root (DomuimgTarContents *self)
{
  g_autoptr (GPtrArray) roots = list_roots (self);

  return roots->len > 0;
}

static gboolean
fail_ambiguous (GPtrArray *roots, const char *name, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < roots->len && i < LISTED_MAX; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", (char *) roots->pdata[i]);
  if (roots->len > LISTED_MAX)
    g_string_append (list, ", …");
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "%s holds %u roots (%s); say which one, such as --root %s", name, roots->len,
                       list->str, (char *) roots->pdata[0]);
}

gboolean
domuimg_tar_contents_find_root (DomuimgTarContents *self, const char *name, char **root,
                                GError **error)
{
  g_autoptr (GPtrArray) roots = list_roots (self);
  guint top = GPOINTER_TO_UINT (g_hash_table_lookup (self->candidates, ""));
  g_autofree char *problem = NULL;

  *root = NULL;
  if ((top & ETC) == 0 && roots->len > 1)
    return fail_ambiguous (roots, name, error);
  if ((top & ETC) == 0 && roots->len == 0)
    problem = domuimg_tar_contents_explain (self, name);
  if (problem != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s", problem);
  *root = g_strdup ((top & ETC) == 0 && roots->len == 1 ? roots->pdata[0] : "");
  return TRUE;
}
