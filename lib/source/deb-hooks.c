/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adds the hooks by which mmdebstrap fits a root to Xen while it makes it. */
#include "config.h"
#include "lib/source/deb-hooks.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#define PIN "etc/apt/preferences.d/domuimg"

/* A file to be laid into the root by mmdebstrap's tar-in: text, or a symlink's target. */
typedef struct {
  const char *path;
  const char *text;
  const char *target;
} HookFile;

/* Debian 12's base wants usrmerge, which needs perl, or usr-is-merged, where that is so
 * already. */
static const HookFile merged_usr[] = {
  { "usr/bin/", NULL, NULL },
  { "usr/sbin/", NULL, NULL },
  { "usr/lib/", NULL, NULL },
  { "bin", NULL, "usr/bin" },
  { "sbin", NULL, "usr/sbin" },
  { "lib", NULL, "usr/lib" },
  { PIN, "Package: usrmerge\nPin: release *\nPin-Priority: -1\n", NULL },
};

static const HookFile merged_usr_amd64[] = {
  { "usr/lib32/", NULL, NULL },  { "usr/lib64/", NULL, NULL },  { "usr/libx32/", NULL, NULL },
  { "lib32", NULL, "usr/lib32" }, { "lib64", NULL, "usr/lib64" }, { "libx32", NULL, "usr/libx32" },
};

/* A domU has Xen's disk and network and nothing else: an initramfs with these is made in a
 * tenth of the time, and read in less at each boot. */
static const HookFile initramfs[] = {
  { "etc/initramfs-tools/conf.d/domuimg",
    "# Written by domuimg: what a Xen guest needs. MODULES=most would have all.\n"
    "MODULES=list\n"
    "COMPRESS=gzip\n"
    "COMPRESSLEVEL=1\n",
    NULL },
  { "usr/share/initramfs-tools/modules.d/domuimg",
    "# Written by domuimg.\n"
    "xen-blkfront\n"
    "xen-netfront\n"
    "ext4\n"
    "crc32c\n"
    "crc32c-intel\n",
    NULL },
};

/* openssh-server's installation makes no keys where it finds files; these are empty, and go
 * again at the end. */
static const HookFile host_keys[] = {
  { "etc/ssh/ssh_host_rsa_key", "", NULL },
  { "etc/ssh/ssh_host_ecdsa_key", "", NULL },
  { "etc/ssh/ssh_host_ed25519_key", "", NULL },
};

/* Its hook finds out which of these a container needs, where that is open. */
static const HookFile container = { "usr/share/initramfs-tools/modules.d/domuimg-luks",
                                    "# Written by domuimg: an encrypted root.\n"
                                    "dm-crypt\nalgif_skcipher\nxts\necb\naes_generic\n"
                                    "aesni-intel\nsha256_generic\n",
                                    NULL };

static gboolean
wants (const DomuimgDebRequest *request, const char *package)
{
  return g_strv_contains ((const char *const *) request->packages, package);
}

static gboolean
add_file (struct archive *archive, const HookFile *file)
{
  struct archive_entry *entry = archive_entry_new ();
  gsize length = file->text != NULL ? strlen (file->text) : 0;
  gboolean ok;

  archive_entry_set_pathname (entry, file->path);
  archive_entry_set_perm (entry, g_str_has_suffix (file->path, "/") ? 0755 : 0644);
  archive_entry_set_filetype (entry, AE_IFREG);
  if (g_str_has_suffix (file->path, "/"))
    archive_entry_set_filetype (entry, AE_IFDIR);
  else if (file->target != NULL)
    {
      archive_entry_set_filetype (entry, AE_IFLNK);
      archive_entry_set_symlink (entry, file->target);
    }
  archive_entry_set_size (entry, length);
  ok = archive_write_header (archive, entry) == ARCHIVE_OK
       && archive_write_data (archive, file->text, length) == (la_ssize_t) length;
  archive_entry_free (entry);
  return ok;
}

static gboolean
add_files (struct archive *archive, const HookFile *files, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      if (!add_file (archive, &files[i]))
        return FALSE;
    }
  return TRUE;
}

/* Opens DIRECTORY/NAME.tar, and tells mmdebstrap to lay it into the root at @hook. */
static struct archive *
start_tar (DomuimgExec *exec, const DomuimgSourceContext *context, const char *hook)
{
  g_autofree char *name = g_strconcat (hook, ".tar", NULL);
  g_autofree char *path = g_build_filename (context->work_directory, name, NULL);
  g_autofree char *quoted = g_shell_quote (path);
  struct archive *archive = archive_write_new ();

  archive_write_set_format_ustar (archive);
  domuimg_exec_argf (exec, "--%s-hook=tar-in %s /", hook, quoted);
  if (archive_write_open_filename (archive, path) == ARCHIVE_OK)
    return archive;
  archive_write_free (archive);
  return NULL;
}

static gboolean
end_tar (struct archive *archive, gboolean ok, const DomuimgSourceContext *context,
         GError **error)
{
  ok = ok && archive_write_close (archive) == ARCHIVE_OK;
  if (archive != NULL)
    archive_write_free (archive);
  return ok
         || domuimg_fail (error, DOMUIMG_ERROR_IO, "writing to the work directory %s failed",
                          context->work_directory);
}

static gboolean
add_setup (DomuimgExec *exec, const DomuimgDebRequest *request,
           const DomuimgSourceContext *context, GError **error)
{
  struct archive *archive = start_tar (exec, context, "setup");
  gboolean ok = archive != NULL && add_files (archive, merged_usr, G_N_ELEMENTS (merged_usr));

  if (ok && g_str_equal (request->arch, "amd64"))
    ok = add_files (archive, merged_usr_amd64, G_N_ELEMENTS (merged_usr_amd64));
  return end_tar (archive, ok, context, error);
}

static gboolean
add_initramfs (struct archive *archive, const DomuimgDebRequest *request)
{
  g_autofree char *text = g_strdup_printf ("# Written by domuimg: its root.\n%s\n",
                                           request->root_fs);
  const HookFile root = { "usr/share/initramfs-tools/modules.d/domuimg-root", text, NULL };

  return add_files (archive, initramfs, G_N_ELEMENTS (initramfs))
         && (request->root_fs == NULL || add_file (archive, &root))
         && (!wants (request, "cryptsetup-initramfs") || add_file (archive, &container));
}

/* The package locales generates what it finds here when it is installed. */
static gboolean
add_locale (struct archive *archive, const DomuimgDebRequest *request)
{
  const char *codeset = strchr (request->locale, '.');
  g_autofree char *name = g_strndup (codeset != NULL ? codeset + 1 : "UTF-8",
                                     codeset != NULL ? strcspn (codeset + 1, "@") : 5);
  g_autofree char *line = g_strdup_printf ("%s %s\n", request->locale, name);
  const HookFile file = { "etc/locale.gen", line, NULL };

  return add_file (archive, &file);
}

static gboolean
add_essential (DomuimgExec *exec, const DomuimgDebRequest *request,
               const DomuimgSourceContext *context, gboolean has_initramfs, GError **error)
{
  struct archive *archive = start_tar (exec, context, "essential");
  gboolean ok = archive != NULL && add_files (archive, host_keys, G_N_ELEMENTS (host_keys));

  if (ok && has_initramfs)
    ok = add_initramfs (archive, request);
  if (ok && request->locale != NULL)
    ok = add_locale (archive, request);
  return end_tar (archive, ok, context, error);
}

gboolean
domuimg_deb_add_hooks (DomuimgExec *exec, const DomuimgDebRequest *request,
                       const DomuimgSourceContext *context, GError **error)
{
  gboolean has_initramfs = wants (request, "initramfs-tools");

  if (!request->ubuntu && g_str_equal (request->suite, "bookworm")
      && !add_setup (exec, request, context, error))
    return FALSE;
  if (!add_essential (exec, request, context, has_initramfs, error))
    return FALSE;
  if (has_initramfs)
    {
      /* Keeps the kernel's package from making it; it is made once, at the end. */
      domuimg_exec_setenv (exec, "INITRD", "No");
      domuimg_exec_arg (exec, "--customize-hook=chroot \"$1\" update-initramfs -c -k all");
    }
  domuimg_exec_arg (exec, "--customize-hook=rm -f \"$1\"/etc/ssh/ssh_host_*_key* \"$1/" PIN "\"");
  return TRUE;
}
