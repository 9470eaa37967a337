/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest is made again from: the specification of its manifest, and what it has to keep. */
#include "config.h"
#include "lib/life/rebuild.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/guest/manifest-spec.h"
#include "lib/spec/absolute.h"
#include "lib/spec/disk-kind.h"
#include "lib/spec/parse.h"
#include "lib/spec/source-type.h"
#include "lib/spec/spec-keys.h"

#define REFUSE(...) domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, __VA_ARGS__)

/* Whether @key is kept from the specification; the others are said anew or decided here. A clone that
 * replaces one keeps its UUID and addresses by itself. */
static gboolean
is_kept (const DomuimgManifest *manifest, const char *key)
{
  static const char *const others[] = { "disk", "force", "allow-unbootable", "root-password-file", NULL };
  static const char *const names[] = { "uuid", "nic", NULL };

  return !g_strv_contains (others, key)
         && (manifest->clone_of != NULL || !g_strv_contains (names, key));
}

static gboolean
add (DomuimgSpec *spec, const DomuimgManifest *manifest, const char *key, const char *value,
     GError **error)
{
  g_autofree char *absolute
      = domuimg_spec_make_absolute (key, value, manifest->directory != NULL ? manifest->directory : "/");

  return domuimg_spec_add (spec, key, absolute, error);
}

static gboolean
add_settings (DomuimgSpec *spec, const DomuimgManifest *manifest, GError **error)
{
  g_auto (GStrv) keys = domuimg_manifest_list_settings (manifest);

  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_manifest_get_setting (manifest, keys[i]);

      for (guint j = 0; is_kept (manifest, keys[i]) && values[j] != NULL; j++)
        if (!add (spec, manifest, keys[i], values[j], error))
          return FALSE;
    }
  return TRUE;
}

/* A value with this MAC address, unless it has one. */
static char *
with_mac (const char *value, const char *mac)
{
  if (mac == NULL || g_str_equal (value, "none") || strstr (value, "mac=") != NULL)
    return g_strdup (value);
  return *value != '\0' ? g_strdup_printf ("%s,mac=%s", value, mac) : g_strdup_printf ("mac=%s", mac);
}

/* Where nothing was said of cards, those that were made have addresses all the same. */
static gboolean
add_nics (DomuimgSpec *spec, const DomuimgManifest *manifest, GError **error)
{
  g_auto (GStrv) values = domuimg_manifest_get_setting (manifest, "nic");
  guint given = g_strv_length (values);

  for (guint i = 0; i < MAX (given, given == 0 && !manifest->converted ? manifest->nics->len : 0); i++)
    {
      const DomuimgManifestNic *nic
          = i < manifest->nics->len ? g_ptr_array_index (manifest->nics, i) : NULL;
      g_autofree char *value
          = with_mac (i < given ? values[i] : "", nic != NULL ? nic->mac : NULL);

      if (!domuimg_spec_add (spec, "nic", value, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_password (DomuimgSpec *spec, const DomuimgManifest *manifest,
              const DomuimgRebuildOptions *options, GError **error)
{
  g_auto (GStrv) values = domuimg_manifest_get_setting (manifest, "root-password-file");
  g_autofree char *asked = values[0] != NULL && manifest->directory != NULL
                               ? domuimg_spec_make_absolute ("root-password-file", values[0],
                                                             manifest->directory)
                               : NULL;

  if (options->root_password_file != NULL)
    return domuimg_spec_set (spec, "root-password-file", options->root_password_file, error);
  if (values[0] == NULL)
    return TRUE;
  if (asked != NULL && *asked == '/' && access (asked, R_OK) == 0)
    return domuimg_spec_set (spec, "root-password-file", asked, error);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                       "%s was made with root's password from %s, which cannot be read any more, and the manifest"
                       " keeps no secrets: give the file with --root-password-file",
                       manifest->name, g_str_equal (values[0], "-") ? "standard input" : values[0]);
}

/* All that are missing at once. */
static gboolean
check_inputs (DomuimgSpec *spec, GError **error)
{
  const char *const *keys = domuimg_spec_list_keys ();
  g_autoptr (GString) missing = g_string_new (NULL);

  for (guint i = 0; keys[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_spec_get_all (spec, keys[i]);

      for (guint j = 0; values[j] != NULL; j++)
        {
          g_auto (GStrv) inputs = domuimg_spec_list_inputs (keys[i], values[j]);

          for (guint k = 0; inputs[k] != NULL; k++)
            if (access (inputs[k], F_OK) != 0)
              g_string_append_printf (missing, "%s%s (--%s)", missing->len > 0 ? ", " : "", inputs[k],
                                      keys[i]);
        }
    }
  return missing->len == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                          "%s cannot be made again without what it was made from: %s cannot be found",
                          domuimg_spec_get (spec, "name"), missing->str);
}

static gboolean
check_manifest (const DomuimgManifest *manifest, GError **error)
{
  g_auto (GStrv) from = domuimg_manifest_get_setting (manifest, "from");

  if (domuimg_manifest_is_adopted (manifest) || from[0] == NULL)
    return REFUSE ("%s was not made by domuimg create, so there is nothing to make it again from",
                   manifest->name);
  if (manifest->directory == NULL)
    return REFUSE ("%s was made by an older version, whose manifest does not say in which directory its"
                   " paths begin: make it again with domuimg create --force",
                   manifest->name);
  if (manifest->config == NULL)
    return REFUSE ("%s is in an archive: make it again with domuimg create --force", manifest->name);
  if (g_str_has_suffix (from[0], ":-"))
    return REFUSE ("%s was made from standard input, which is over: make it again with domuimg create"
                   " --force",
                   manifest->name);
  return TRUE;
}

/* One whose root is on what cannot be replaced at once, or whose other disks come from the source. */
static gboolean
check_source (DomuimgSpec *spec, const DomuimgManifest *manifest, GError **error)
{
  if ((domuimg_source_type_of (spec)->traits & DOMUIMG_SOURCE_INSTALLS) != 0)
    return REFUSE ("%s is installed by an installer when it runs, so that nobody knows whether a new one"
                   " would boot: make it again with domuimg create --force",
                   manifest->name);
  for (guint i = 1; i < manifest->disks->len; i++)
    if (((const DomuimgManifestDisk *) manifest->disks->pdata[i])->from != NULL)
      return REFUSE ("%s has more than one disk of the machine that it is made from, and what was written to"
                     " them since would be lost",
                     manifest->name);
  return TRUE;
}

gboolean
domuimg_rebuild_add_kept (DomuimgSpec *spec, const DomuimgManifest *manifest,
                          const DomuimgRebuildOptions *options, GError **error)
{
  return add_settings (spec, manifest, error) && add_password (spec, manifest, options, error)
         && domuimg_spec_set (spec, "force", "true", error)
         && (!options->allow_unbootable || domuimg_spec_set (spec, "allow-unbootable", "true", error));
}

DomuimgSpec *
domuimg_rebuild_make_spec (const DomuimgManifest *manifest, const DomuimgRebuildOptions *options,
                           GError **error)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();

  if (!check_manifest (manifest, error) || !domuimg_rebuild_add_kept (spec, manifest, options, error)
      || !check_source (spec, manifest, error) || !add_nics (spec, manifest, error)
      || !domuimg_rebuild_add_disks (spec, manifest, error)
      || (manifest->uuid != NULL && !domuimg_spec_set (spec, "uuid", manifest->uuid, error))
      || !check_inputs (spec, error))
    return NULL;
  return g_steal_pointer (&spec);
}
