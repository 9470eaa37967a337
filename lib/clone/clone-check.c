/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds what is wrong with a clone that is planned, before anything of any clone is made. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include "lib/base/path.h"
#include "lib/clone/clone-verdict.h"
#include "lib/clone/clone-ways.h"
#include "lib/guest/logins.h"
#include "lib/spec/seed-spec.h"

gboolean
domuimg_clone_job_check_is_other (DomuimgCloneJob *self, GError **error)
{
  for (guint i = 0; i < self->source->disks->len; i++)
    {
      const DomuimgCloneDisk *disk = g_ptr_array_index (self->source->disks, i);

      if (g_ptr_array_find_with_equal_func (self->paths, disk->original.path, g_str_equal, NULL))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "%s is the disk of what is cloned: give the clone another name or another"
                             " directory",
                             disk->original.path);
    }
  return TRUE;
}

/* A password that stands on standard input is one for all. */
static gboolean
check_logins (DomuimgCloneJob *self, GError **error)
{
  g_auto (GStrv) keys = domuimg_spec_get_all (self->spec, "ssh-key");
  const char *path = domuimg_spec_get (self->spec, "root-password-file");
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  char *password;

  for (guint i = 0; keys[i] != NULL; i++)
    if (!domuimg_ssh_keys_read_file (keys[i], lines, error))
      return FALSE;
  if (path == NULL)
    return TRUE;
  if (g_str_equal (path, "-"))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "root-password-file: clones read it from a file, not from standard input");
  password = domuimg_password_read_file (path, error);
  if (password == NULL)
    return FALSE;
  domuimg_password_free (password);
  return TRUE;
}

static gboolean
check_is_file (const char *key, const char *path, GError **error)
{
  struct stat status;

  if (!domuimg_path_look (path, &status, error))
    return FALSE;
  return S_ISREG (status.st_mode)
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: %s is not a file", key, path);
}

static gboolean
check_seed (DomuimgCloneJob *self, const char *key, GError **error)
{
  const DomuimgSeedSpec *spec = domuimg_spec_get_object (self->spec, key);
  const char *const paths[] = { spec != NULL ? spec->user_data : NULL,
                                spec != NULL ? spec->meta_data : NULL,
                                spec != NULL ? spec->network_config : NULL,
                                spec != NULL ? spec->vendor_data : NULL };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    if (paths[i] != NULL && !check_is_file (key, paths[i], error))
      return FALSE;
  return TRUE;
}

/* The configuration is written once for nothing: what is wrong with its values is known by that. */
static gboolean
rehearse_config (DomuimgCloneJob *self, GError **error)
{
  guint n_warnings = self->warnings->len;
  g_autofree char *config = NULL;
  g_autofree char *xml = NULL;
  g_autoptr (DomuimgDomain) domain = NULL;
  gboolean ok = domuimg_clone_write_config (self, &config, &xml, &domain, error);

  g_ptr_array_set_size (self->warnings, (int) n_warnings);
  self->has_xml = FALSE;
  return ok;
}

gboolean
domuimg_clone_job_check (DomuimgCloneJob *self, GError **error)
{
  return domuimg_clone_verdicts_add_host (self->verdicts, domuimg_spec_get (self->spec, "host"), error)
         && check_logins (self, error) && check_seed (self, "cloud-init", error)
         && check_seed (self, "ignition", error)
         && domuimg_clone_check_ways (self->source, self->ways, self->directory, error)
         && rehearse_config (self, error);
}
