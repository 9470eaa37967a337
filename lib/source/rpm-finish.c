/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What packages leave to do in a new root, from the inside: initramfs, labels, rpm's database. */
#include "config.h"
#include "lib/source/rpm-inside.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>

#include "lib/base/directory.h"
#include "lib/base/exec.h"
#include "lib/base/remove.h"

#define CONFIG "/etc/selinux/config"
#define PACKAGE_LIST "/dev/package-list"

static gboolean
has_program (const char *name)
{
  g_autofree char *path = domuimg_find_program (name);

  return path != NULL;
}

static gboolean
has_any (const char *const *patterns, const char *version)
{
  for (guint i = 0; patterns[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("/boot/", patterns[i], version, NULL);
      g_autofree char *image = g_strconcat (path, ".img", NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (image, G_FILE_TEST_EXISTS))
        return TRUE;
    }
  return FALSE;
}

/* kernel-install puts neither kernel nor initramfs into /boot where it finds no boot loader of its
 * own, or no machine. */
static gboolean
complete_kernel (const char *version, GError **error)
{
  static const char *const kernels[] = { "vmlinuz-", "vmlinux-", "Image-", NULL };
  static const char *const ramdisks[] = { "initramfs-", "initrd-", "initrd.img-", NULL };
  g_autofree char *inner = g_build_filename ("/lib/modules", version, "vmlinuz", NULL);
  g_autofree char *kernel = g_strconcat ("/boot/vmlinuz-", version, NULL);
  g_autofree char *ramdisk = g_strconcat ("/boot/initramfs-", version, ".img", NULL);
  const char *copy[] = { "cp", inner, kernel, NULL };
  const char *make[] = { "dracut", "--force", ramdisk, version, NULL };

  if (!has_any (kernels, version) && g_file_test (inner, G_FILE_TEST_EXISTS)
      && !domuimg_rpm_run (copy, NULL, error))
    return FALSE;
  if (has_any (ramdisks, version) || !has_program ("dracut"))
    return TRUE;
  return domuimg_rpm_run (make, NULL, error);
}

static gboolean
complete_kernels (GError **error)
{
  g_autoptr (GDir) dir = NULL;
  const char *version;

  if (!domuimg_directory_open_if_any ("/lib/modules", &dir, error))
    return FALSE;
  while (dir != NULL && (version = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *modules = g_build_filename ("/lib/modules", version, "kernel", NULL);

      if (g_file_test (modules, G_FILE_TEST_IS_DIR) && !complete_kernel (version, error))
        return FALSE;
    }
  return TRUE;
}

/* The name of the guest's policy, if it is to have SELinux; else "". */
static char *
read_policy (GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (GRegex) off = g_regex_new ("^SELINUX=disabled", G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GRegex) type
      = g_regex_new ("^SELINUXTYPE=([A-Za-z0-9_-]+)", G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  if (!g_file_get_contents (CONFIG, &text, NULL, &local))
    {
      if (g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_strdup ("");
      domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
      return NULL;
    }
  if (g_regex_match (off, text, 0, NULL) || !g_regex_match (type, text, 0, &match))
    return g_strdup ("");
  return g_match_info_fetch (match, 1);
}

/* The guest's own setfiles knows the format of its own policy. It changes nothing on this machine,
 * which may have no SELinux at all, or refuse labels of another policy. */
static gboolean
set_labels (const char *policy)
{
  g_autofree char *contexts
      = g_build_filename ("/etc/selinux", policy, "contexts/files/file_contexts", NULL);
  const char *argv[] = { "setfiles", "-F", "-e", "/proc", "-e", "/sys", "-e", "/dev", contexts,
                         "/", NULL };
  g_autoptr (GError) local = NULL;

  if (!has_program ("setfiles") || !g_file_test (contexts, G_FILE_TEST_EXISTS))
    return FALSE;
  if (domuimg_rpm_run (argv, NULL, &local))
    return TRUE;
  fprintf (stderr, "%s\n", local->message);
  return FALSE;
}

static gboolean
label (GError **error)
{
  g_autofree char *policy = read_policy (error);

  if (policy == NULL || policy[0] == '\0')
    return policy != NULL;
  if (set_labels (policy))
    {
      fprintf (stderr, "SELinux: the files are labelled by the policy %s\n", policy);
      return TRUE;
    }
  fprintf (stderr, "SELinux: the files are labelled at the first boot\n");
  return domuimg_rpm_write ("/.autorelabel", "", error);
}

/* Adds those of @wanted below @directory to a manifest of rpm's, whose length is not limited as that
 * of arguments is. */
static gboolean
list_packages (const char *directory, GHashTable *wanted, GString *list, GError **error)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (!domuimg_directory_open_if_any (directory, &dir, error))
    return FALSE;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (g_hash_table_remove (wanted, name))
        g_string_append_printf (list, "%s\n", path);
      else if (g_file_test (path, G_FILE_TEST_IS_DIR)
               && !list_packages (path, wanted, list, error))
        return FALSE;
    }
  return TRUE;
}

/* The files of all packages that were installed; keys are packages without a file. */
static gboolean
write_list (GError **error)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) list = g_string_new (NULL);
  g_autofree char *installed = NULL;
  g_auto (GStrv) names = NULL;
  GHashTableIter iter;
  gpointer name;

  if (!g_file_get_contents (DOMUIMG_RPM_INSTALLED, &installed, NULL, error))
    return FALSE;
  names = g_strsplit (installed, "\n", -1);
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (names[i][0] != '\0' && !g_str_has_prefix (names[i], "gpg-pubkey-"))
        g_hash_table_add (wanted, g_strdup (names[i]));
    }
  if (!list_packages (DOMUIMG_RPM_PACKAGES, wanted, list, error))
    return FALSE;
  g_hash_table_iter_init (&iter, wanted);
  if (g_hash_table_iter_next (&iter, &name, NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED,
                         "the guest's own rpm needs the file %s, which was not kept",
                         (char *) name);
  return domuimg_rpm_write (PACKAGE_LIST, list->str, error);
}

/* The guest's own rpm writes its database from the headers of what was installed; what this
 * machine's has written it could not read. */
static gboolean
import_database (const char *database, GError **error)
{
  static const char *const init[] = { "rpm", "--initdb", NULL };
  static const char *const fill[]
      = { "rpm", "--install", "--justdb", "--noscripts", "--notriggers", "--nodeps",
          "--nosignature", "--ignorearch", PACKAGE_LIST, NULL };

  if (!has_program ("rpm"))
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED,
                         "the guest has no rpm that could write its database; add its package");
  if (!write_list (error))
    return FALSE;
  domuimg_remove_tree (database);
  if (g_mkdir_with_parents (database, 0755) != 0)
    return domuimg_set_errno (error, errno, "making %s", database);
  return domuimg_rpm_run (init, NULL, error) && domuimg_rpm_run (fill, NULL, error);
}

static void
clean (void)
{
  static const char *const caches[] = { "/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5",
                                        "/var/cache/zypp" };

  for (guint i = 0; i < G_N_ELEMENTS (caches); i++)
    domuimg_remove_tree (caches[i]);
}

gboolean
domuimg_rpm_finish (const DomuimgRpmJob *job, GError **error)
{
  if (job->has_kernel && !complete_kernels (error))
    return FALSE;
  if (g_str_equal (job->format, DOMUIMG_RPM_IMPORT) && !import_database (job->database, error))
    return FALSE;
  clean ();
  return label (error);
}
