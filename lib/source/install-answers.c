/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A user's answers for an installer: which kind they are, and how the installer is told of them. */
#include "config.h"
#include "lib/source/install-answers.h"

#include <string.h>

#include "lib/base/article.h"
#include "lib/guest/customise.h"
#include "lib/guest/seed.h"

#define ANSWERS_MAX (4 << 20)

/* How the answers of each kind are known, and where an installer reads them. */
typedef struct {
  const char *format;
  const char *pattern; /* in the text */
  const char *name;    /* in the initramfs, or on a disk */
  const char *words;
  const char *old_words; /* (nullable) of before 2011 */
  DomuimgInstallerKind kind;
  const char *origin;    /* (nullable) what says where the installer gets its files */
  const char *label;     /* (nullable) of the disk that it is read from; else from the initramfs */
} Format;

#define USER_DATA "user-data"

static const Format formats[] = {
  { "AutoYaST profile", "<profile[^>]*yast", "autoinst.xml", "autoyast=file:///autoinst.xml", NULL,
    DOMUIMG_INSTALLER_YAST },
  { "autoinstall file", "^#cloud-config|^autoinstall:", USER_DATA, "autoinstall ds=nocloud", NULL,
    DOMUIMG_INSTALLER_CASPER, NULL, DOMUIMG_NOCLOUD_LABEL },
  { "Windows answer file", "<unattend[^>]*urn:schemas-microsoft-com:unattend", "autounattend.xml", "", NULL,
    DOMUIMG_INSTALLER_OTHER, NULL, "ANSWERS" },
  { "preseed", "^[a-z][a-z0-9-]*\\s+[a-z0-9-]+/\\S+\\s+(string|boolean|select|multiselect|password|note)\\b",
    "preseed.cfg", "auto=true priority=critical", NULL, DOMUIMG_INSTALLER_DEBIAN },
  { "kickstart", "^(%packages|%post|%pre|rootpw|bootloader|clearpart|autopart|part|url|install|lang)\\b",
    "ks.cfg", "inst.ks=file:/ks.cfg", "ks=file:/ks.cfg", DOMUIMG_INSTALLER_ANACONDA,
    "^(url|nfs|harddrive|hmc)\\s" },
};

static void
file_free (gpointer data)
{
  DomuimgInstallFile *self = data;

  g_free (self->name);
  g_bytes_unref (self->content);
  g_free (self);
}

DomuimgInstallAnswers *
domuimg_install_answers_new (const char *words)
{
  DomuimgInstallAnswers *self = g_new0 (DomuimgInstallAnswers, 1);

  self->words = g_strdup (words);
  self->files = g_ptr_array_new_with_free_func (file_free);
  return self;
}

void
domuimg_install_answers_free (DomuimgInstallAnswers *self)
{
  g_free (self->name);
  g_free (self->words);
  g_free (self->text);
  g_clear_pointer (&self->root_password, domuimg_password_free);
  g_ptr_array_unref (self->files);
  g_free (self);
}

void
domuimg_install_answers_add (DomuimgInstallAnswers *self, const char *name, guint mode,
                             GBytes *content)
{
  DomuimgInstallFile *file = g_new0 (DomuimgInstallFile, 1);

  file->name = g_strdup (name);
  file->mode = mode;
  file->content = g_bytes_ref (content);
  g_ptr_array_add (self->files, file);
}

/* (nullable) */
static const Format *
recognise (const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_regex_match_simple (formats[i].pattern, text, G_REGEX_MULTILINE, 0))
      return &formats[i];
  return NULL;
}

static const Format *
find_format (DomuimgInstallerKind kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].kind == kind)
      return &formats[i];
  return NULL;
}

static char *
read_text (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, &local))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "answers: %s", local->message);
      return NULL;
    }
  if (length <= ANSWERS_MAX && memchr (text, '\0', length) == NULL
      && g_utf8_validate (text, (gssize) length, NULL))
    return g_steal_pointer (&text);
  domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "answers: %s is not a text of at most 4 MiB",
                path);
  return NULL;
}

static gboolean
check_format (const Format *format, const char *path, const DomuimgInstallTarget *target,
              GError **error)
{
  const Format *wanted = find_format (target->kind);

  if (format == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "answers: %s is neither a preseed, a kickstart, an AutoYaST profile, an autoinstall"
                         " file nor a Windows answer file",
                         path);
  if (target->kind == DOMUIMG_INSTALLER_OTHER && wanted != format)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "answers: %s is %s %s, and there is no installer that is known here and could be told of"
                         " it; put it into the image",
                         path, domuimg_article (format->format), format->format);
  if (format->label != NULL && !target->is_fitted)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "answers: %s is %s %s, which is read from a second disk: add --installer qemu", path,
                         domuimg_article (format->format), format->format);
  if (wanted != NULL && wanted != format)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "answers: %s is %s %s, and the installer of this tree reads %s %s", path,
                         domuimg_article (format->format), format->format,
                         domuimg_article (wanted->format), wanted->format);
  return TRUE;
}

/* cloud-init would ignore a file without its first line, which the same file has no need of on the image. */
static void
add_given (DomuimgInstallAnswers *answers, const Format *format, const DomuimgInstallTarget *target,
           const char *text)
{
  gboolean is_seed = g_str_equal (format->name, USER_DATA);
  g_autofree char *whole
      = g_strconcat (is_seed && !g_str_has_prefix (text, "#cloud-config") ? DOMUIMG_CLOUD_CONFIG : "",
                     text, NULL);
  g_autoptr (GBytes) content = g_bytes_new (whole, strlen (whole));

  if (is_seed)
    {
      domuimg_install_answers_add_seed (answers, target->name, whole);
      return;
    }
  answers->label = format->label;
  domuimg_install_answers_add (answers, format->name, 0600, content);
}

/* Nobody can tell the secrets in a user's file, so none of it is shown. */
static DomuimgInstallAnswers *
take_given (const char *path, const DomuimgInstallTarget *target, GError **error)
{
  g_autofree char *text = read_text (path, error);
  const Format *format = text != NULL ? recognise (text) : NULL;
  DomuimgInstallAnswers *answers;

  if (text == NULL || !check_format (format, path, target, error))
    return NULL;
  answers = domuimg_install_answers_new (
      target->is_old && format->old_words != NULL ? format->old_words : format->words);
  answers->name = g_strdup_printf ("the %s %s (%" G_GSIZE_FORMAT " bytes)", format->format, path,
                                   strlen (text));
  answers->has_origin = format->origin != NULL
                        && g_regex_match_simple (format->origin, text, G_REGEX_MULTILINE, 0);
  add_given (answers, format, target, text);
  return answers;
}

/* What would be answered by a preseed of ours, and by nothing else. @keys: those that say who may log in
 * come first. */
static const char *
find_setting (DomuimgSpec *spec, guint n)
{
  static const char *const keys[] = { "root-password-file", "root-password", "ssh-key", "hostname",
                                      "package", "timezone", "locale", "keymap", "mirror" };

  for (guint i = 0; i < MIN (n, G_N_ELEMENTS (keys)); i++)
    if (domuimg_spec_get (spec, keys[i]) != NULL)
      return keys[i];
  return NULL;
}

#define LOGINS 3

/* (nullable) What only an installer can do. */
static const char *
find_installers_setting (DomuimgSpec *spec)
{
  static const char *const keys[] = { "package", "mirror" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (domuimg_spec_get (spec, keys[i]) != NULL)
      return keys[i];
  return NULL;
}

/* Whether there are answers of ours for it. */
static gboolean
can_write (const DomuimgInstallTarget *target)
{
  return target->kind == DOMUIMG_INSTALLER_DEBIAN || (target->reads_seed && target->is_fitted);
}

static DomuimgInstallAnswers *
write_own (DomuimgSpec *spec, const DomuimgInstallTarget *target, GError **error)
{
  return target->kind == DOMUIMG_INSTALLER_DEBIAN
             ? domuimg_install_preseed_make (spec, target, error)
             : domuimg_install_autoinstall_make (spec, target);
}

static gboolean
check_settings (DomuimgSpec *spec, const DomuimgInstallTarget *target, const char *given,
                GError **error)
{
  const char *setting
      = target->is_fitted ? find_installers_setting (spec) : find_setting (spec, G_MAXUINT);

  if (setting == NULL)
    return TRUE;
  if (given != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--%s and --answers exclude each other: the answers say all that the installer asks",
                         setting);
  if (!can_write (target))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "--%s: domuimg writes no answers for this installer; say it in a file for it, with"
                         " --answers",
                         setting);
  if (!target->is_fitted && find_setting (spec, LOGINS) == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "--%s is for an installation without questions, after which somebody has to be able to"
                         " log in: add --root-password-file, --root-password generate or --ssh-key",
                         setting);
  return TRUE;
}

gboolean
domuimg_install_answers_make (DomuimgSpec *spec, const DomuimgInstallTarget *target,
                              DomuimgInstallAnswers **answers, GError **error)
{
  const char *given = domuimg_spec_get (spec, "answers");

  *answers = NULL;
  if (!check_settings (spec, target, given, error))
    return FALSE;
  if (given != NULL)
    *answers = take_given (given, target, error);
  else if (can_write (target)
           && ((target->is_fitted && !target->is_attended) || find_setting (spec, LOGINS) != NULL))
    *answers = write_own (spec, target, error);
  else
    return TRUE;
  return *answers != NULL;
}
