/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/machine.h"

#include <string.h>

#include "lib/guest/root.h"
#include "lib/check/report.h"
#include "lib/tree/dir.h"

static void
device_free (gpointer data)
{
  DomuimgCheckDevice *self = data;

  g_clear_object (&self->tree);
  g_free (self->name);
  g_free (self);
}

static void
image_free (gpointer data)
{
  g_clear_pointer ((DomuimgImage **) &data, domuimg_image_free);
}

DomuimgMachine *
domuimg_machine_new (void)
{
  DomuimgMachine *self = g_new0 (DomuimgMachine, 1);

  self->images = g_ptr_array_new_with_free_func (image_free);
  self->devices = g_ptr_array_new_with_free_func (device_free);
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
  g_clear_pointer (&self->initramfs, domuimg_initramfs_unref);
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
  g_object_unref (self->report);
  g_clear_object (&self->cancellable);
  g_free (self);
}

static void
report_broken (DomuimgMachine *self, const DomuimgCheckDevice *device, const GError *error)
{
  if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    domuimg_machine_report (self, "filesystem-damaged", device->name, "%s", error->message);
  else
    domuimg_machine_report (self, "image-unreadable", device->name, "%s", error->message);
}

DomuimgTree *
domuimg_machine_open_tree (DomuimgMachine *self, DomuimgCheckDevice *device)
{
  g_autoptr (GError) error = NULL;

  if (device->tree != NULL || device->broken || !domuimg_guest_root_has_files (device->volume))
    return device->tree;
  device->tree = domuimg_image_open_tree (device->image, device->volume, FALSE, &error);
  if (device->tree == NULL)
    {
      device->broken = TRUE;
      report_broken (self, device, error);
    }
  return device->tree;
}

DomuimgCheckDevice *
domuimg_machine_guess_root (DomuimgMachine *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      DomuimgCheckDevice *device = g_ptr_array_index (self->devices, i);
      DomuimgTree *tree = domuimg_machine_open_tree (self, device);

      if (tree != NULL && domuimg_guest_root_is (tree))
        return device;
    }
  return NULL;
}

/* udev writes what is no letter, digit or one of a few others as \xNN in names of links. */
static gboolean
is_link_name (const char *link, const char *value)
{
  GString *name = g_string_new (NULL);
  gboolean equal;

  for (const char *c = value; *c != '\0'; c++)
    if (g_ascii_isalnum (*c) || strchr ("#+-.:=@_", *c) != NULL || (guint8) *c >= 0x80)
      g_string_append_c (name, *c);
    else
      g_string_append_printf (name, "\\x%02x", (guint8) *c);
  equal = g_str_equal (link, name->str) || g_str_equal (link, value);
  g_string_free (name, TRUE);
  return equal;
}

static char *
mapper_name (const char *lv)
{
  g_auto (GStrv) parts = g_strsplit (lv, "/", 2);
  g_autofree char *group = NULL;
  g_autofree char *volume = NULL;
  g_autoptr (GString) vg = g_string_new (parts[0]);
  g_autoptr (GString) name = g_string_new (parts[0] != NULL ? parts[1] : NULL);

  g_string_replace (vg, "-", "--", 0);
  g_string_replace (name, "-", "--", 0);
  return g_strdup_printf ("%s-%s", vg->str, name->str);
}

static gboolean
is_path_of (const DomuimgCheckDevice *device, const char *name)
{
  const char *lv = device->volume != NULL ? device->volume->lv : NULL;
  g_autofree char *mapper = NULL;

  if (lv == NULL)
    return g_str_equal (name, device->name);
  if (!g_str_has_prefix (name, "mapper/"))
    return g_str_equal (name, lv);
  mapper = mapper_name (lv);
  return g_str_equal (name + strlen ("mapper/"), mapper);
}

typedef struct {
  const char *tag;    /* "UUID=" */
  const char *folder; /* "disk/by-uuid/" */
  gsize offset;       /* of the value in DomuimgVolume */
  gboolean any_case;
} Tag;

static const Tag tags[] = {
  { "UUID=", "disk/by-uuid/", G_STRUCT_OFFSET (DomuimgVolume, uuid), TRUE },
  { "LABEL=", "disk/by-label/", G_STRUCT_OFFSET (DomuimgVolume, label), FALSE },
  { "PARTUUID=", "disk/by-partuuid/", G_STRUCT_OFFSET (DomuimgVolume, partuuid), TRUE },
  { "PARTLABEL=", "disk/by-partlabel/", G_STRUCT_OFFSET (DomuimgVolume, partlabel), FALSE },
};

static gboolean
is_named_by_tag (const DomuimgCheckDevice *device, const char *spec, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (tags) && device->volume != NULL; i++)
    {
      const char *value = G_STRUCT_MEMBER (char *, device->volume, tags[i].offset);
      const char *wanted = spec + strlen (tags[i].tag);

      if (value == NULL)
        continue;
      if (g_str_has_prefix (spec, tags[i].tag))
        return tags[i].any_case ? g_ascii_strcasecmp (value, wanted) == 0
                                : g_str_equal (value, wanted);
      if (name != NULL && g_str_has_prefix (name, tags[i].folder))
        return is_link_name (name + strlen (tags[i].folder), value);
    }
  return FALSE;
}

DomuimgCheckDevice *
domuimg_machine_find_device (DomuimgMachine *self, const char *spec)
{
  const char *name = g_str_has_prefix (spec, "/dev/") ? spec + strlen ("/dev/") : NULL;
  g_autofree char *plain = NULL;
  char *equals = strchr (spec, '=');

  /* UUID="…", as fstab may have it. */
  if (equals != NULL && equals[1] == '"' && g_str_has_suffix (spec, "\"") && equals[2] != '\0')
    {
      plain = g_strdup_printf ("%.*s%s", (int) (equals + 1 - spec), spec, equals + 2);
      plain[strlen (plain) - 1] = '\0';
      spec = plain;
    }
  for (guint i = 0; i < self->devices->len; i++)
    {
      DomuimgCheckDevice *device = g_ptr_array_index (self->devices, i);

      if ((name != NULL && is_path_of (device, name)) || is_named_by_tag (device, spec, name))
        return device;
    }
  return NULL;
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
