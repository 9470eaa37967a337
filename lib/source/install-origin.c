/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an installer is told where the rest of its files are. */
#include "config.h"
#include "lib/source/install-origin.h"

#include <string.h>

#include "lib/base/iso.h"
#include "lib/domain/model/vdev.h"

typedef struct {
  DomuimgInstallerKind kind;
  const char *pattern; /* of words that tell it */
  const char *words;   /* that a person is to add */
} Advice;

static const Advice advice[] = {
  { DOMUIMG_INSTALLER_ANACONDA, "(^|\\s)((inst\\.)?(repo|stage2)|method|root)=\\S",
    "inst.repo=ADDRESS (or inst.stage2=), where the guest finds the same tree" },
  { DOMUIMG_INSTALLER_YAST, "(^|\\s)(inst\\.)?install(_url)?=\\S",
    "install=ADDRESS, where the guest finds the same tree" },
  { DOMUIMG_INSTALLER_CASPER, "(^|\\s)((iso-)?url|nfsroot)=\\S",
    "url=ADDRESS, where the guest finds the ISO image of this release" },
};

/* Debian's mirrors are asked for, and an image is a disk of the guest. */
static gboolean
has_own_way (DomuimgInstallFiles *files, DomuimgInstallerKind kind)
{
  return domuimg_install_files_is_iso (files)
         || (domuimg_install_files_get_address (files) != NULL && kind != DOMUIMG_INSTALLER_CASPER);
}

gboolean
domuimg_install_origin_check (DomuimgInstallFiles *files, DomuimgInstallerKind kind,
                              const char *extra_args, const DomuimgInstallAnswers *answers,
                              GError **error)
{
  if (has_own_way (files, kind) || (answers != NULL && answers->has_origin))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (advice); i++)
    if (advice[i].kind == kind
        && (extra_args == NULL
            || !g_regex_match_simple (advice[i].pattern, extra_args, G_REGEX_CASELESS, 0)))
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "%s: the installer would start without knowing where the rest of its files is; add"
                           " --extra-args %s",
                           domuimg_install_files_get_location (files), advice[i].words);
  return TRUE;
}

/* A label as udev has it in its links, whose way to write a character it is for dracut, too. */
static char *
escape_label (const char *label)
{
  GString *text = g_string_new (NULL);

  for (; *label != '\0'; label++)
    if (g_ascii_isalnum (*label) || strchr ("#+-.=@_", *label) != NULL)
      g_string_append_c (text, *label);
    else
      g_string_append_printf (text, "\\x%02x", (guchar) *label);
  return g_string_free (text, FALSE);
}

/* Whether udev has a link by this label, and ":" does not end it for Anaconda. */
static gboolean
is_usable (const char *label)
{
  return *label != '\0' && strchr (label, ':') == NULL && g_str_is_ascii (label);
}

/* Anaconda waits for a drive by what udev knows of sr* only; a disk is named by its label, as vendors do. */
static char *
name_disk (const char *iso, const char *device, GError **error)
{
  g_autofree char *label = domuimg_iso_read_label (iso, error);
  g_autofree char *escaped = NULL;

  if (label == NULL)
    return NULL;
  if (!is_usable (label))
    return g_strconcat ("hd:", device, NULL);
  escaped = escape_label (label);
  return g_strconcat ("hd:LABEL=", escaped, NULL);
}

static char *
find_in_guest (const char *iso, const char *option, const char *vdev, GError **error)
{
  gboolean is_drive = g_str_has_prefix (vdev, "hd");
  gboolean is_yast = g_str_equal (option, "install=");
  /* An Anaconda of old takes disks for what has ISO images in a directory. */
  gboolean is_old = g_str_equal (option, "method=");
  g_autofree char *name = domuimg_vdev_linux_name (vdev);
  g_autofree char *device = g_strconcat ("/dev/", name, NULL);

  if (is_drive || is_old)
    return g_strdup (is_yast ? "cd:/" : "cdrom");
  return is_yast ? g_strconcat ("hd:/?device=", device, NULL) : name_disk (iso, device, error);
}

gboolean
domuimg_install_origin_make (DomuimgInstallFiles *files, const char *option,
                             const char *address, const char *media_vdev, char **words, GError **error)
{
  g_autofree char *place = NULL;

  *words = NULL;
  if (option == NULL)
    return TRUE;
  if (domuimg_install_files_is_iso (files))
    {
      place = find_in_guest (domuimg_install_files_get_location (files), option, media_vdev, error);
      if (place == NULL)
        return FALSE;
      address = place;
    }
  if (address != NULL)
    *words = g_strconcat (option, address, NULL);
  return TRUE;
}
