/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The questions about a new guest: what virt-install asked, and how somebody logs in. */
#include "config.h"
#include "lib/build/questions.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "lib/base/block.h"
#include "lib/build/plan.h"
#include "lib/disk/file.h"
#include "lib/domain/config/file.h"
#include "lib/guest/logins.h"
#include "lib/guest/manifest-find.h"

#define MIB ((guint64) 1048576)
#define GIB (MIB * 1024)
#define DEFAULT_MEMORY (1024 * MIB)
#define DEFAULT_DISK (8 * GIB)
/* Answers that mean that nothing is set. */
#define IMAGES_OWN "as it is"
#define INSTALLERS_OWN "as the installer needs"
#define NOTHING "none"

static char *
suggest_no (DomuimgQuestions *self)
{
  return g_strdup ("no");
}

static gboolean
take_virtualisation (DomuimgQuestions *self, const char *answer, GError **error)
{
  gboolean yes = FALSE;

  return domuimg_questions_read_yes (answer, &yes, error)
         && domuimg_spec_set (self->spec, "type", yes ? "hvm" : "auto", error);
}

static gboolean
take_name (DomuimgQuestions *self, const char *answer, GError **error)
{
  g_autofree char *manifest = g_strdup_printf (DOMUIMG_IMAGE_DIRECTORY "/%s.json", answer);
  g_autofree char *config = g_strdup_printf (DOMUIMG_CONFIG_DIRECTORY "/%s.cfg", answer);

  if (!domuimg_spec_set (self->spec, "name", answer, error))
    return FALSE;
  /* Others than root make their guests elsewhere: that is asked later. */
  return geteuid () != 0
         || (domuimg_check_place (manifest, FALSE, error) && domuimg_check_place (config, FALSE, error));
}

/* "debian:bookworm" on Debian 12: the host's own system, where that is a source. */
static char *
suggest_from (DomuimgQuestions *self)
{
  g_autofree char *id = g_get_os_info (G_OS_INFO_KEY_ID);
  g_autofree char *suite = g_get_os_info (G_OS_INFO_KEY_VERSION_CODENAME);

  for (guint i = 0; suite != NULL && domuimg_source_types[i] != NULL; i++)
    if (g_strcmp0 (domuimg_source_types[i]->scheme, id) == 0)
      return g_strdup_printf ("%s:%s", id, suite);
  return NULL;
}

static char *
explain_from (DomuimgQuestions *self)
{
  g_autofree char *all = domuimg_source_type_list (NULL);

  return g_strdup_printf (" %s.", all);
}

/* What has to be downloaded is looked at when the guest is made. */
static DomuimgSource *
make_checked_source (DomuimgSpec *spec, GError **error)
{
  g_autoptr (DomuimgSource) source = domuimg_plan_make_source (spec, error);

  if (source == NULL
      || (domuimg_source_get_url (source) == NULL && !domuimg_source_check (source, error)))
    return NULL;
  return g_steal_pointer (&source);
}

static gboolean
take_from (DomuimgQuestions *self, const char *answer, GError **error)
{
  g_autoptr (DomuimgSource) source = NULL;
  const DomuimgInstaller *installer;
  const DomuimgSourceSpec *from;

  if (!domuimg_spec_set (self->spec, "from", answer, error))
    return FALSE;
  source = make_checked_source (self->spec, error);
  if (source == NULL)
    return FALSE;
  from = domuimg_spec_get_object (self->spec, "from");
  installer = domuimg_source_get_installer (source);
  self->takes_login = installer == NULL || installer->takes_login;
  self->resources = domuimg_osinfo_find_resources (from->rest);
  return TRUE;
}

static gboolean
has_trait (DomuimgQuestions *self, guint trait)
{
  return (domuimg_source_type_of (self->spec)->traits & trait) != 0;
}

static guint64
get_host_memory (void)
{
  struct sysinfo info;

  return sysinfo (&info) == 0 ? (guint64) info.totalram * info.mem_unit : 0;
}

static char *
suggest_memory (DomuimgQuestions *self)
{
  guint64 wanted = self->resources.memory > 0 ? self->resources.memory : DEFAULT_MEMORY;
  guint64 host = get_host_memory ();

  if (has_trait (self, DOMUIMG_SOURCE_INSTALLS))
    return g_strdup (INSTALLERS_OWN);
  if (host > 0)
    wanted = MIN (wanted, MAX (host / 2, 256 * MIB));
  return g_strdup_printf ("%" G_GUINT64_FORMAT, wanted / MIB);
}

static char *
explain_memory (DomuimgQuestions *self)
{
  g_autofree char *host = g_format_size_full (get_host_memory (), G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *least
      = self->resources.least_memory > 0
            ? g_strdup_printf (" Its vendor asks for at least %" G_GUINT64_FORMAT " MiB.",
                               self->resources.least_memory / MIB)
            : g_strdup ("");

  return g_strdup_printf (" This machine has %s.%s", host, least);
}

static gboolean
take_memory (DomuimgQuestions *self, const char *answer, GError **error)
{
  guint64 least = self->resources.least_memory;
  guint64 memory;

  if (has_trait (self, DOMUIMG_SOURCE_INSTALLS) && g_str_equal (answer, INSTALLERS_OWN))
    return TRUE;
  if (!domuimg_spec_set (self->spec, "memory", answer, error))
    return FALSE;
  memory = domuimg_spec_get_number (self->spec, "memory", 0);
  return memory >= least
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "the system needs at least %" G_GUINT64_FORMAT " MiB, by its vendor",
                          least / MIB);
}

/* Where Xen's tools look, for those who may write there. */
static char *
suggest_path (DomuimgQuestions *self)
{
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *name = g_strdup_printf ("%s.img", domuimg_spec_get (self->spec, "name"));

  return g_build_filename (geteuid () == 0 ? DOMUIMG_IMAGE_DIRECTORY : here, name, NULL);
}

/* Everything else of the guest goes where the disk is; NULL where that is the usual place. */
static char *
find_directory (const DomuimgDiskSpec *disk)
{
  g_autofree char *full = disk->path != NULL ? g_canonicalize_filename (disk->path, NULL) : NULL;
  g_autofree char *dir = full != NULL ? g_path_get_dirname (full) : NULL;

  if (dir == NULL || disk->kind->claims != NULL || g_str_equal (dir, DOMUIMG_IMAGE_DIRECTORY))
    return NULL;
  return g_steal_pointer (&dir);
}

/* What is made beside the disk may exist already: here another place can be given. */
static gboolean
check_results (DomuimgQuestions *self, const DomuimgDiskSpec *disk, const char *dir, GError **error)
{
  const char *const places[][2] = { { DOMUIMG_IMAGE_DIRECTORY, "json" },
                                    { DOMUIMG_IMAGE_DIRECTORY, "xml" },
                                    { DOMUIMG_CONFIG_DIRECTORY, "cfg" } };
  guint n = (disk->kind->traits & DOMUIMG_DISK_HOLDS_ALL) != 0 ? 1 : G_N_ELEMENTS (places);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path
          = g_strdup_printf ("%s/%s.%s", dir != NULL ? dir : places[i][0],
                             domuimg_spec_get (self->spec, "name"), places[i][1]);

      if (!domuimg_check_place (path, FALSE, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_place (const DomuimgDiskSpec *disk, GError **error)
{
  g_autofree char *full = disk->path != NULL ? g_canonicalize_filename (disk->path, NULL) : NULL;

  if (full == NULL || disk->kind->claims != NULL || disk->kind->locate != NULL)
    return TRUE;
  if (g_file_test (full, G_FILE_TEST_IS_DIR))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is a directory: give the path of a file in it", full);
  return domuimg_check_place (full, FALSE, error);
}

static gboolean
take_path (DomuimgQuestions *self, const char *answer, GError **error)
{
  const DomuimgDiskSpec *disk;
  g_autofree char *dir = NULL;

  if (!domuimg_spec_set (self->spec, "disk", answer, error))
    return FALSE;
  disk = domuimg_spec_get_object (self->spec, "disk");
  dir = find_directory (disk);
  if (!check_place (disk, error) || !check_results (self, disk, dir, error)
      || (dir != NULL && !domuimg_spec_set (self->spec, "dir", dir, error)))
    return FALSE;
  g_free (self->disk);
  self->disk = g_strdup (answer);
  return TRUE;
}

/* (nullable) The answer by which the source says how large the disk is. */
static const char *
get_own_size (DomuimgQuestions *self)
{
  if (has_trait (self, DOMUIMG_SOURCE_INSTALLS))
    return INSTALLERS_OWN;
  return has_trait (self, DOMUIMG_SOURCE_GIVES_DISKS) ? IMAGES_OWN : NULL;
}

/* A device has a size. */
static gboolean
is_size_asked (DomuimgQuestions *self)
{
  const DomuimgDiskSpec *disk = domuimg_spec_get_object (self->spec, "disk");

  return disk->size == 0 && disk->kind->claims == NULL;
}

static char *
suggest_size (DomuimgQuestions *self)
{
  guint64 wanted = self->resources.storage > 0 ? self->resources.storage : DEFAULT_DISK;

  if (get_own_size (self) != NULL)
    return g_strdup (get_own_size (self));
  return g_strdup_printf ("%" G_GUINT64_FORMAT, (wanted + GIB - 1) / GIB);
}

/* All that a plan needs is known; of what has to be downloaded there is none yet. */
static gboolean
check_plan (DomuimgQuestions *self, GError **error)
{
  g_autofree char *text = domuimg_questions_describe_plan (self, error);

  return text != NULL;
}

static gboolean
take_size (DomuimgQuestions *self, const char *answer, GError **error)
{
  gboolean is_bare = strspn (answer, "0123456789.") == strlen (answer);
  g_autofree char *disk
      = g_strdup_printf ("%s,size=%s%s", self->disk, answer, is_bare ? "G" : "");

  if (g_strcmp0 (answer, get_own_size (self)) == 0)
    return domuimg_spec_set (self->spec, "disk", self->disk, error) && check_plan (self, error);
  return domuimg_spec_set (self->spec, "disk", disk, error) && check_plan (self, error);
}

static gboolean
take_graphics (DomuimgQuestions *self, const char *answer, GError **error)
{
  gboolean yes = FALSE;

  return domuimg_questions_read_yes (answer, &yes, error)
         && domuimg_spec_set (self->spec, "graphics", yes ? "vnc" : "none", error);
}

static char *
find_key (void)
{
  static const char *const names[] = { "id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (g_get_home_dir (), ".ssh", names[i], NULL);

      if (access (path, R_OK) == 0)
        return g_steal_pointer (&path);
    }
  return NULL;
}

static char *
suggest_login (DomuimgQuestions *self)
{
  gboolean has_users = has_trait (self, DOMUIMG_SOURCE_COPIES_A_SYSTEM)
                       && !has_trait (self, DOMUIMG_SOURCE_EXPECTS_SEED);
  char *key = has_users || !self->takes_login ? g_strdup (NOTHING) : find_key ();

  return key != NULL ? key : g_strdup ("generate");
}

static gboolean
check_key (const char *path, GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  if (access (path, R_OK) == 0)
    return domuimg_ssh_keys_read_file (path, keys, error);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                       "%s cannot be read: give a file with a public key, generate or " NOTHING, path);
}

/* An installer may refuse it, and then nothing must be set. */
static gboolean
set_login (DomuimgQuestions *self, const char *key, const char *value, GError **error)
{
  g_autoptr (DomuimgSpec) copy = domuimg_spec_copy (self->spec);
  g_autoptr (DomuimgSource) source = NULL;

  if (!domuimg_spec_set (copy, key, value, error))
    return FALSE;
  source = make_checked_source (copy, error);
  return source != NULL && domuimg_spec_set (self->spec, key, value, error);
}

static gboolean
take_login (DomuimgQuestions *self, const char *answer, GError **error)
{
  if (g_str_equal (answer, NOTHING))
    return TRUE;
  if (g_str_equal (answer, "generate"))
    return set_login (self, "root-password", answer, error);
  return check_key (answer, error) && set_login (self, "ssh-key", answer, error);
}

const DomuimgQuestion domuimg_question_rows[] = {
  { "Should the guest be fully virtualised (yes or no)",
    "Yes makes an HVM guest, with a machine that is emulated for it, as Windows and BSDs need one. No"
    " makes a PVH or PV guest, which starts faster and is what a Linux wants.",
    NULL, suggest_no, NULL, take_virtualisation },
  { "What is the name of the guest",
    "The name of its domain, by which xl and libvirt know it, and of its files.", NULL, NULL, NULL,
    take_name },
  { "What is it made from",
    "A distribution's packages, the files or the disks of another machine, a vendor's image; one of", NULL,
    suggest_from, explain_from, take_from },
  { "How much memory should it have (in MiB)", "With a unit, another one is meant: 2G.", NULL,
    suggest_memory, explain_memory, take_memory },
  { "Where should its disk be (path)",
    "A file that is made, or a block device, all of which becomes the disk. The guest's other files are"
    " made beside it; those in " DOMUIMG_IMAGE_DIRECTORY " have their configuration in "
    DOMUIMG_CONFIG_DIRECTORY ".",
    NULL, suggest_path, NULL, take_path },
  { "How large should the disk be (in GiB)",
    "With a unit, another one is meant: 512M. A file takes room only for what is in it. A disk that is"
    " copied stays as large as it is, or becomes larger.",
    is_size_asked, suggest_size, NULL, take_size },
  { "Should it have a graphical screen (yes or no)",
    "Yes gives it a screen that VNC shows; no leaves it with the console of xl console.", NULL,
    suggest_no, NULL, take_graphics },
  { "How does root log in (file with a public SSH key, generate or none)",
    "The key is for SSH; generate makes a password, which is shown once; with none, root logs in only if"
    " the system that is copied lets it.",
    NULL, suggest_login, NULL, take_login },
  { NULL },
};
