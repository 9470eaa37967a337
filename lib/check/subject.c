/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the domain of a check comes from: xl.cfg, libvirt's XML, a file of xm, a manifest that
 * names one of these, the name of a guest, or nothing but an image. */
#include "config.h"
#include "lib/check/subject.h"

#include <string.h>

#include "lib/base/path.h"
#include "lib/check/rules.h"
#include "lib/domain/config/file.h"
#include "lib/guest/manifest-find.h"
#include "lib/repair/work.h"

/* The configuration that a manifest names, or what has its name beside the manifest: a directory
 * may have been moved as a whole. */
static char *
find_named (const char *path, const DomuimgManifest *manifest, GError **error)
{
  const char *const named[] = { manifest->config, manifest->xml };
  g_autofree char *directory = g_path_get_dirname (path);

  for (guint i = 0; i < G_N_ELEMENTS (named); i++)
    {
      g_autofree char *name = named[i] != NULL ? g_path_get_basename (named[i]) : NULL;
      g_autofree char *beside = name != NULL ? g_build_filename (directory, name, NULL) : NULL;
      const char *const places[] = { named[i], beside };
      struct stat status;

      for (guint j = 0; named[i] != NULL && j < G_N_ELEMENTS (places); j++)
        {
          if (!domuimg_path_look (places[j], &status, error))
            return NULL;
          if (status.st_mode != 0)
            return g_strdup (places[j]);
        }
    }
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                "%s: the configuration that this manifest names does not exist", path);
  return NULL;
}

static char *
read_manifest (const char *path, GError **error)
{
  g_autoptr (DomuimgManifest) manifest = domuimg_manifest_read (path, error);

  if (manifest == NULL)
    return NULL;
  if (manifest->config != NULL || manifest->xml != NULL)
    return find_named (path, manifest, error);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s names no configuration, since the guest is in an XVA; check the disk in it"
                " with --image",
                path);
  return NULL;
}

/* It only helps: one that is damaged says nothing. */
static void
find_manifest (DomuimgMachine *machine)
{
  g_autofree char *path = NULL;

  domuimg_manifest_find_for (machine->path, DOMUIMG_IMAGE_DIRECTORY, &machine->manifest, &path,
                             NULL);
}

static char *
read_text (DomuimgMachine *machine, GError **error)
{
  const char *repaired
      = machine->work != NULL ? domuimg_repair_work_get_config (machine->work) : NULL;
  struct stat status;

  return repaired != NULL ? g_strdup (repaired)
                          : domuimg_config_read (machine->path, &status, error);
}

/* What xl reads is judged as xl reads it, since xl will start it; the rest as the language that it
 * is in. */
static DomuimgDomain *
parse (DomuimgMachine *machine, const char *text, GError **error)
{
  DomuimgConfigFormat format;

  machine->config = domuimg_xl_file_parse (text, strlen (text), machine->path, NULL);
  if (machine->config != NULL)
    return domuimg_xl_file_to_domain (machine->config, error);
  if (!domuimg_config_guess_format (text, machine->path, &format, error))
    return NULL;
  machine->format = format;
  return format == DOMUIMG_CONFIG_FORMAT_LIBVIRT
             ? domuimg_domain_new_from_libvirt_xml (text, machine->path, error)
             : domuimg_domain_new_from_xm_cfg (text, machine->path, error);
}

gboolean
domuimg_subject_read_config (DomuimgMachine *machine, const char *what, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;

  machine->path = domuimg_domain_find_config (what, error);
  text = machine->path != NULL ? read_text (machine, error) : NULL;
  if (text != NULL && text[strspn (text, " \t\r\n")] == '{')
    {
      char *config = read_manifest (machine->path, error);

      if (config == NULL)
        return FALSE;
      g_free (machine->path);
      machine->path = config;
      g_free (text);
      text = read_text (machine, error);
    }
  if (text == NULL)
    return FALSE;
  find_manifest (machine);
  machine->domain = parse (machine, text, &local);
  if (machine->domain == NULL)
    domuimg_machine_report (machine, "config-syntax", machine->path, "%s", local->message);
  return machine->domain != NULL;
}

gboolean
domuimg_subject_invent (DomuimgMachine *machine, const char *path, DomuimgGuestType type,
                        GError **error)
{
  g_autoptr (DomuimgDomainDisk) disk = domuimg_domain_disk_new (path, "xvda");
  g_autoptr (DomuimgImage) image = domuimg_image_open (path, NULL, error);

  if (image == NULL)
    return FALSE;
  machine->path = g_strdup (path);
  machine->is_image = TRUE;
  domuimg_domain_disk_set_format (disk, domuimg_image_get_format (image));
  machine->domain = domuimg_domain_new ("image", error);
  if (machine->domain == NULL)
    return FALSE;
  domuimg_domain_add_disk (machine->domain, disk);
  machine->type_is_chosen = type == DOMUIMG_GUEST_TYPE_AUTO;
  domuimg_domain_set_guest_type (machine->domain,
                                 machine->type_is_chosen ? DOMUIMG_GUEST_TYPE_PVH : type);
  return TRUE;
}
