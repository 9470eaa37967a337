/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/machine.h"

#include <string.h>

#include "lib/guest/root.h"
#include "lib/check/repair.h"
#include "lib/check/report.h"
#include "lib/check/run.h"
#include "lib/tree/dir.h"

static void
image_free (gpointer data)
{
  g_clear_pointer ((DomuimgImage **) &data, domuimg_image_free);
}

DomuimgMachine *
domuimg_machine_new (void)
{
  DomuimgMachine *self = g_new0 (DomuimgMachine, 1);

  self->images = g_ptr_array_new ();
  self->opened = g_ptr_array_new_with_free_func (image_free);
  self->devices = domuimg_devices_new ();
  self->boot.initrd_paths = g_ptr_array_new_with_free_func (g_free);
  self->report = domuimg_report_new ();
  return self;
}

static void
boot_clear (DomuimgCheckBoot *self)
{
  g_free (self->kernel_path);
  g_ptr_array_unref (self->initrd_paths);
  g_free (self->cmdline);
  g_clear_object (&self->kernel);
  g_clear_pointer (&self->initramfs, domuimg_initramfs_free);
  g_clear_pointer (&self->ahead, domuimg_initramfs_free);
  g_clear_error (&self->ahead_error);
  g_clear_pointer (&self->menu, domuimg_menu_free);
}

void
domuimg_machine_free (DomuimgMachine *self)
{
  g_free (self->path);
  g_clear_pointer (&self->config, domuimg_xl_file_free);
  g_clear_object (&self->domain);
  boot_clear (&self->boot);
  g_clear_pointer (&self->info, domuimg_guest_info_free);
  g_clear_pointer (&self->builtin, domuimg_builtin_free);
  g_ptr_array_unref (self->devices);
  g_ptr_array_unref (self->images);
  g_ptr_array_unref (self->opened);
  g_object_unref (self->report);
  g_clear_object (&self->cancellable);
  g_free (self);
}

const char *
domuimg_machine_where (DomuimgMachine *self, const char *path)
{
  const char *now = self->made != NULL && self->made->places != NULL
                        ? g_hash_table_lookup (self->made->places, path)
                        : NULL;

  return now != NULL ? now : domuimg_repair_where (self->work, path);
}

static void
report_broken (DomuimgMachine *self, const DomuimgDevice *device, const GError *error)
{
  if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    domuimg_machine_report (self, "filesystem-damaged", device->name, "%s", error->message);
  else
    domuimg_machine_report (self, "image-unreadable", device->name, "%s", error->message);
}

DomuimgTree *
domuimg_machine_open_tree (DomuimgMachine *self, DomuimgDevice *device)
{
  g_autoptr (GError) error = NULL;

  if (device->tree != NULL || device->broken || device->image == NULL
      || !domuimg_guest_root_has_files (device->volume))
    return device->tree;
  device->tree = domuimg_image_open_tree (device->image, device->volume, FALSE, &error);
  if (device->tree == NULL)
    {
      device->broken = TRUE;
      report_broken (self, device, error);
    }
  return device->tree;
}

DomuimgDevice *
domuimg_machine_guess_root (DomuimgMachine *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      DomuimgDevice *device = g_ptr_array_index (self->devices, i);
      DomuimgTree *tree = domuimg_machine_open_tree (self, device);

      if (tree != NULL && domuimg_guest_root_is (tree))
        return device;
    }
  return NULL;
}

gboolean
domuimg_machine_is_same_file (DomuimgMachine *self, const char *path, const char *known)
{
  g_autofree char *one = NULL;
  g_autofree char *other = NULL;

  if (!self->boot.in_guest)
    return TRUE;
  if (known == NULL || self->boot_tree == NULL)
    return FALSE;
  one = domuimg_tree_resolve (self->boot_tree, path, NULL);
  other = domuimg_tree_resolve (self->boot_tree, known, NULL);
  return one != NULL && g_strcmp0 (one, other) == 0;
}

gboolean
domuimg_machine_has_devices (DomuimgMachine *self, guint disk)
{
  for (guint i = 0; i < self->devices->len; i++)
    if (((DomuimgDevice *) g_ptr_array_index (self->devices, i))->disk == disk)
      return TRUE;
  return FALSE;
}

DomuimgDevice *
domuimg_machine_find_device (DomuimgMachine *self, const char *spec)
{
  return domuimg_devices_find (self->devices, spec);
}

/* The next word of a command line, quotes taken away as next_arg() of Linux does; NULL at the
 * end. */
static char *
next_word (const char **at)
{
  GString *word;
  gboolean quoted = FALSE;
  const char *c = *at;

  while (g_ascii_isspace (*c))
    c++;
  if (*c == '\0')
    return NULL;
  word = g_string_new (NULL);
  for (; *c != '\0' && (quoted || !g_ascii_isspace (*c)); c++)
    if (*c == '"')
      quoted = !quoted;
    else
      g_string_append_c (word, *c);
  *at = c;
  return g_string_free (word, FALSE);
}

GPtrArray *
domuimg_machine_list_parameter (DomuimgMachine *self, const char *key)
{
  GPtrArray *values = g_ptr_array_new_with_free_func (g_free);
  const char *at = self->boot.cmdline != NULL ? self->boot.cmdline : "";
  gsize length = strlen (key);
  char *word;

  for (; (word = next_word (&at)) != NULL; g_free (word))
    {
      /* What follows "--" is init's. */
      if (g_str_equal (word, "--"))
        {
          g_free (word);
          break;
        }
      if (strncmp (word, key, length) == 0 && (word[length] == '=' || word[length] == '\0'))
        g_ptr_array_add (values, g_strdup (word[length] == '=' ? word + length + 1 : ""));
    }
  return values;
}

char *
domuimg_machine_get_parameter (DomuimgMachine *self, const char *key)
{
  g_autoptr (GPtrArray) values = domuimg_machine_list_parameter (self, key);

  return values->len > 0 ? g_strdup (g_ptr_array_index (values, values->len - 1)) : NULL;
}

/* By the files that were installed with the kernel: in the guest, or for a kernel of the host
 * whose modules the guest does not have, on the host. */
static DomuimgBuiltin *
find_builtin (DomuimgMachine *self)
{
  const char *version = self->boot.kernel != NULL ? domuimg_kernel_get_version (self->boot.kernel)
                                                  : NULL;
  g_autofree char *modules = g_strconcat ("lib/modules/", version != NULL ? version : "", NULL);
  g_autoptr (DomuimgTree) host = NULL;

  if (version == NULL)
    return NULL;
  if (self->tree != NULL && domuimg_tree_is_dir (self->tree, modules))
    return domuimg_builtin_new (self->tree, modules, version);
  host = domuimg_tree_dir_new ("/", NULL);
  return host != NULL ? domuimg_builtin_new (host, modules, version) : NULL;
}

static DomuimgBuiltin *
get_builtin (DomuimgMachine *self)
{
  if (self->builtin == NULL)
    self->builtin = find_builtin (self);
  return self->builtin;
}

gboolean
domuimg_machine_has_driver (DomuimgMachine *self, const char *module, const char *option)
{
  DomuimgBuiltin *builtin = get_builtin (self);
  DomuimgInitramfs *initramfs = self->boot.initramfs;

  return (builtin != NULL && domuimg_builtin_has (builtin, module, option))
         || (initramfs != NULL
             && (domuimg_initramfs_has_module (initramfs, module)
                 || domuimg_initramfs_has_builtin (initramfs, module)));
}

gboolean
domuimg_machine_knows_drivers (DomuimgMachine *self)
{
  DomuimgBuiltin *builtin = get_builtin (self);

  return (builtin != NULL && domuimg_builtin_is_known (builtin))
         || (self->boot.initramfs != NULL
             && domuimg_initramfs_knows_builtin (self->boot.initramfs));
}
