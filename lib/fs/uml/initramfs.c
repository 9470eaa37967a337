/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What User-mode Linux starts from: our agent, modules, LVM's program, and their libraries. */
#include "config.h"
#include "lib/fs/uml/machine.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cpio-write.h"
#include "lib/base/exec.h"
#include "lib/base/unnamed.h"
#include "lib/elf/needs.h"
#include "lib/fs/uml/agent.h"
#include "lib/tree/dir.h"

#define MODULES "/usr/lib/uml/modules"
/* A library of a program's needs others. */
#define DEPTH_MAX 32

/* Filesystems whose drivers are no part of the kernel's file, with what their options need. */
static const char *const filesystems[] = {
  "f2fs", "erofs", "squashfs", "iso9660", "udf", "ntfs", "hfsplus", "nilfs2", "minix", "ufs", NULL,
};
static const char *const vfat[] = { "vfat", "nls_cp437", "nls_ascii", "nls_utf8",
                                    "nls_iso8859-1", NULL };
/* The first two are for every disk, the others for logical volumes. */
static const char *const mapper[] = { "dm-mod", "dm-snapshot", "dm-thin-pool", "dm-mirror",
                                      "dm-raid", NULL };

typedef struct {
  DomuimgCpioWriter *cpio;
  DomuimgTree *host;
  GHashTable *added; /* of paths */
  char *modules;     /* (nullable) directory of them */
  char *depends;     /* (nullable) text of modules.dep */
} Maker;

static void
maker_clear (Maker *self)
{
  g_clear_pointer (&self->cpio, domuimg_cpio_writer_free);
  g_clear_object (&self->host);
  g_clear_pointer (&self->added, g_hash_table_unref);
  g_free (self->modules);
  g_free (self->depends);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Maker, maker_clear)

/* @from: of the host. */
static gboolean
add_file (Maker *self, const char *from, const char *to, guint mode, GError **error)
{
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local = NULL;

  if (!g_hash_table_add (self->added, g_strdup (to)))
    return TRUE;
  file = g_mapped_file_new (from, FALSE, &local);
  if (file == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
  bytes = g_mapped_file_get_bytes (file);
  return domuimg_cpio_writer_add_file (self->cpio, to, mode, bytes, error);
}

/* The directory that the C library of this process is in, which differs from one distribution to the
 * other, and those that all have. */
static char *
find_library (const char *name)
{
  Dl_info info = { 0 };
  g_autofree char *own = dladdr ((void *) &printf, &info) != 0 && info.dli_fname != NULL
                             ? g_path_get_dirname (info.dli_fname)
                             : g_strdup ("/lib");
  g_autofree char *usr = g_strconcat ("/usr", own, NULL);
  const char *const places[]
      = { own, usr, "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_build_filename (places[i], name, NULL);

      if (access (path, R_OK) == 0)
        return g_steal_pointer (&path);
    }
  return NULL;
}

static gboolean add_needs (Maker *self, const char *path, guint depth, GError **error);

static gboolean
add_library (Maker *self, const char *name, guint depth, GError **error)
{
  g_autofree char *path = find_library (name);

  if (path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the library %s was not found", name);
  if (g_hash_table_contains (self->added, path + 1))
    return TRUE;
  return add_file (self, path, path + 1, 0755, error) && add_needs (self, path, depth + 1, error);
}

static gboolean
add_needs (Maker *self, const char *path, guint depth, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgElfNeeds) needs = domuimg_elf_needs_read (self->host, path, &local);

  if (needs == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s: %s", path,
                         local != NULL ? local->message : "not a program");
  if (depth > DEPTH_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s: needs too many libraries", path);
  if (needs->interpreter != NULL
      && !add_file (self, needs->interpreter, needs->interpreter + 1, 0755, error))
    return FALSE;
  for (guint i = 0; i < needs->needed->len; i++)
    if (!add_library (self, g_ptr_array_index (needs->needed, i), depth, error))
      return FALSE;
  return TRUE;
}

static gboolean
add_program (Maker *self, const char *from, const char *to, GError **error)
{
  return add_file (self, from, to, 0755, error) && add_needs (self, from, 0, error);
}

char *
domuimg_uml_find_modules (void)
{
  g_autoptr (GDir) dir = g_dir_open (MODULES, 0, NULL);
  g_autoptr (DomuimgExec) exec = NULL;
  g_autoptr (GBytes) output = NULL;
  g_autofree char *first = dir != NULL ? g_strdup (g_dir_read_name (dir)) : NULL;
  g_autofree char *version = NULL;

  if (first == NULL)
    return NULL;
  /* Where there are several, the kernel has to be asked which it is. */
  if (g_dir_read_name (dir) == NULL)
    return g_build_filename (MODULES, first, NULL);
  exec = domuimg_exec_new ("linux.uml");
  domuimg_exec_arg (exec, "--version");
  output = domuimg_exec_output (exec, NULL, NULL);
  if (output == NULL)
    return NULL;
  version = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  return g_build_filename (MODULES, g_strstrip (version), NULL);
}

/* The line of a module in modules.dep: its file, and those that it needs, the nearest first. */
static char **
find_line (Maker *self, const char *module)
{
  g_autofree char *file = g_strdup_printf ("/%s.ko:", module);
  const char *at = strstr (self->depends, file), *begin = at;

  if (at == NULL)
    return NULL;
  while (begin > self->depends && begin[-1] != '\n')
    begin--;
  g_autofree char *line = g_strndup (begin, strcspn (begin, "\n"));
  return g_strsplit_set (line, ": ", -1);
}

static gboolean
add_module (Maker *self, const char *module, GString *list, GError **error)
{
  g_auto (GStrv) files = find_line (self, module);

  for (guint i = g_strv_length (files != NULL ? files : (char *[]){ NULL }); i-- > 0;)
    {
      g_autofree char *from = g_build_filename (self->modules, files[i], NULL);
      g_autofree char *name = g_path_get_basename (files[i]);
      g_autofree char *to = g_build_filename (DOMUIMG_UML_MODULES, name, NULL);

      if (*files[i] == '\0')
        continue;
      if (!add_file (self, from, to, 0644, error))
        return FALSE;
      g_string_append_printf (list, "%s\n", name);
    }
  return TRUE;
}

/* What loading @name means. */
static gboolean
add_modules (Maker *self, const char *name, const char *const *modules, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autofree char *path = g_strdup_printf (DOMUIMG_UML_MODULES "/%s.list", name);
  g_autoptr (GBytes) bytes = NULL;

  for (; *modules != NULL; modules++)
    if (!add_module (self, *modules, list, error))
      return FALSE;
  bytes = g_bytes_new (list->str, list->len);
  return domuimg_cpio_writer_add_file (self->cpio, path, 0644, bytes, error);
}

static gboolean
add_one_module (Maker *self, const char *name, GError **error)
{
  const char *file = g_str_equal (name, "iso9660") ? "isofs" : name;
  const char *const modules[] = { file, NULL };

  return add_modules (self, name, modules, error);
}

static gboolean
add_drivers (Maker *self, gboolean lvm, GError **error)
{
  g_autofree char *path = NULL;

  self->modules = domuimg_uml_find_modules ();
  if (self->modules == NULL)
    return TRUE;
  path = g_build_filename (self->modules, "modules.dep", NULL);
  if (!g_file_get_contents (path, &self->depends, NULL, NULL))
    return TRUE;
  for (guint i = 0; filesystems[i] != NULL; i++)
    if (!add_one_module (self, filesystems[i], error))
      return FALSE;
  for (guint i = 0; (lvm || i < 2) && mapper[i] != NULL; i++)
    if (!add_one_module (self, mapper[i], error))
      return FALSE;
  return add_modules (self, "vfat", vfat, error);
}

static gboolean
add_lvm (Maker *self, GError **error)
{
  g_autofree char *path = domuimg_find_program ("lvm");

  if (path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                         "logical volumes are read by lvm, which is not installed (Debian: the"
                         " package lvm2)");
  return add_program (self, path, DOMUIMG_UML_LVM, error);
}

static gboolean
add_packer (Maker *self, GError **error)
{
  g_autofree char *path = domuimg_find_program (DOMUIMG_UML_PACKER_NAME);

  if (path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_MISSING_TOOL,
                         "an erofs is made by %s, which is not installed (Debian: the package %s)",
                         DOMUIMG_UML_PACKER_NAME,
                         domuimg_package_of_program (DOMUIMG_UML_PACKER_NAME));
  return add_program (self, path, DOMUIMG_UML_PACKER, error);
}

int
domuimg_uml_make_initramfs (const char *agent, gboolean lvm, gboolean packs, GError **error)
{
  g_auto (Maker) self = { NULL };
  g_autoptr (GBytes) archive = NULL;
  int fd;

  self.cpio = domuimg_cpio_writer_new ();
  self.added = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.host = domuimg_tree_dir_new ("/", error);
  if (self.host == NULL || !add_program (&self, agent, DOMUIMG_UML_AGENT, error)
      || !add_drivers (&self, lvm, error) || (lvm && !add_lvm (&self, error))
      || (packs && !add_packer (&self, error)))
    return -1;
  archive = domuimg_cpio_writer_finish (self.cpio, error);
  if (archive == NULL)
    return -1;
  fd = domuimg_memory_file_of ("domuimg-initramfs", g_bytes_get_data (archive, NULL),
                               g_bytes_get_size (archive));
  if (fd < 0)
    domuimg_set_errno (error, errno, "making the initramfs of User-mode Linux");
  return fd;
}
