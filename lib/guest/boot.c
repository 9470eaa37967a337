/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel, initramfs and command line that a guest is started with. */
#include "config.h"
#include "lib/guest/boot.h"

#include <string.h>

#include "lib/tree/dir.h"

void
domuimg_guest_boot_init (DomuimgGuestBoot *self)
{
  *self = (DomuimgGuestBoot){ .initrd_paths = g_ptr_array_new_with_free_func (g_free) };
}

void
domuimg_guest_boot_clear (DomuimgGuestBoot *self)
{
  g_free (self->kernel_path);
  g_clear_pointer (&self->initrd_paths, g_ptr_array_unref);
  g_free (self->cmdline);
  g_clear_object (&self->kernel);
  g_clear_pointer (&self->initramfs, domuimg_initramfs_free);
  g_clear_pointer (&self->menu, domuimg_menu_free);
  g_clear_pointer (&self->builtin, domuimg_builtin_free);
}

void
domuimg_guest_boot_set_kernel (DomuimgGuestBoot *self, DomuimgKernel *kernel,
                               DomuimgInitramfs *initramfs, const char *path)
{
  g_set_object (&self->kernel, kernel);
  g_clear_pointer (&self->initramfs, domuimg_initramfs_free);
  self->initramfs = initramfs;
  g_ptr_array_set_size (self->initrd_paths, 0);
  g_ptr_array_add (self->initrd_paths, g_strdup (path));
  g_clear_pointer (&self->builtin, domuimg_builtin_free);
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
domuimg_guest_boot_list_parameter (const DomuimgGuestBoot *self, const char *key)
{
  GPtrArray *values = g_ptr_array_new_with_free_func (g_free);
  const char *at = self->cmdline != NULL ? self->cmdline : "";
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
domuimg_guest_boot_get_parameter (const DomuimgGuestBoot *self, const char *key)
{
  g_autoptr (GPtrArray) values = domuimg_guest_boot_list_parameter (self, key);

  return values->len > 0 ? g_strdup (g_ptr_array_index (values, values->len - 1)) : NULL;
}

/* By the files that were installed with the kernel: in the guest, or for a kernel of the host
 * whose modules the guest does not have, on the host. */
static DomuimgBuiltin *
find_builtin (DomuimgGuestBoot *self, DomuimgTree *root)
{
  const char *version = self->kernel != NULL ? domuimg_kernel_get_version (self->kernel) : NULL;
  g_autofree char *modules = g_strconcat ("lib/modules/", version != NULL ? version : "", NULL);
  g_autoptr (DomuimgTree) host = NULL;

  if (version == NULL)
    return NULL;
  if (root != NULL && domuimg_tree_is_dir (root, modules))
    return domuimg_builtin_new (root, modules, version);
  host = domuimg_tree_dir_new ("/", NULL);
  return host != NULL ? domuimg_builtin_new (host, modules, version) : NULL;
}

static DomuimgBuiltin *
get_builtin (DomuimgGuestBoot *self, DomuimgTree *root)
{
  if (self->builtin == NULL)
    self->builtin = find_builtin (self, root);
  return self->builtin;
}

gboolean
domuimg_guest_boot_has_driver (DomuimgGuestBoot *self, DomuimgTree *root, const char *module,
                               const char *option)
{
  DomuimgBuiltin *builtin = get_builtin (self, root);
  DomuimgInitramfs *initramfs = self->initramfs;

  return (builtin != NULL && domuimg_builtin_has (builtin, module, option))
         || (initramfs != NULL
             && (domuimg_initramfs_has_module (initramfs, module)
                 || domuimg_initramfs_has_builtin (initramfs, module)));
}

gboolean
domuimg_guest_boot_lacks (DomuimgGuestBoot *self, DomuimgTree *root, const char *option)
{
  DomuimgBuiltin *builtin = get_builtin (self, root);

  return builtin != NULL && domuimg_builtin_lacks (builtin, option);
}

char *
domuimg_guest_boot_get_raw (const DomuimgGuestBoot *self, const char *key)
{
  g_auto (GStrv) words = g_strsplit_set (self->cmdline != NULL ? self->cmdline : "", " \t\n", -1);
  gsize length = strlen (key);
  const char *found = NULL;

  for (guint i = 0; words[i] != NULL; i++)
    if (strncmp (words[i], key, length) == 0 && words[i][length] == '=')
      found = words[i] + length + 1;
  return g_strdup (found);
}

gboolean
domuimg_guest_boot_meets (DomuimgGuestBoot *self, DomuimgTree *root, const DomuimgNeed *need)
{
  for (guint i = 0; i < G_N_ELEMENTS (need->modules) && need->modules[i] != NULL; i++)
    if (domuimg_guest_boot_has_driver (self, root, need->modules[i], need->options[i]))
      return TRUE;
  return FALSE;
}

gboolean
domuimg_guest_boot_knows_drivers (DomuimgGuestBoot *self, DomuimgTree *root)
{
  DomuimgBuiltin *builtin = get_builtin (self, root);

  return (builtin != NULL && domuimg_builtin_is_known (builtin))
         || (self->initramfs != NULL && domuimg_initramfs_knows_builtin (self->initramfs));
}
