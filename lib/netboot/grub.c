/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/pass.h"

#include <string.h>

#include "lib/netboot/url.h"

/* grub.cfg on a boot server: https://www.gnu.org/software/grub/manual/grub/grub.html#Network. */

typedef struct {
  DomuimgNetbootPass *pass;
  const char *url;
} Reader;

static char *
read_file (gpointer data, const char *path)
{
  Reader *self = data;
  g_autofree char *url = domuimg_netboot_resolve (self->url, path);

  return url != NULL ? domuimg_netboot_pass_text (self->pass, url) : NULL;
}

static gboolean
exists (gpointer data, const char *path)
{
  Reader *self = data;
  g_autofree char *url = domuimg_netboot_resolve (self->url, path);

  return url != NULL && domuimg_netboot_pass_file (self->pass, url) != NULL;
}

static void
add_variable (GString *text, const char *name, const char *value)
{
  if (value != NULL && strpbrk (value, "'\n\r") == NULL)
    g_string_append_printf (text, "set %s='%s'; export %s; ", name, value, name);
}

/* What GRUB sets of its network, on the first line, so that the others keep their numbers. */
static char *
add_variables (DomuimgNetbootPass *self, const char *url, const char *text)
{
  const DomuimgNetbootState *state = self->state;
  g_autofree char *origin = domuimg_netboot_origin (url);
  GString *all = g_string_new (NULL);

  add_variable (all, "net_default_server", strstr (origin, "://") + 3);
  add_variable (all, "net_default_ip", domuimg_netboot_state_get (state, "ip"));
  add_variable (all, "net_default_mac", domuimg_netboot_state_get (state, "mac"));
  add_variable (all, "net_default_boot_file", domuimg_netboot_state_get (state, "file"));
  g_string_append (all, text);
  return g_string_free (all, FALSE);
}

/* "(http,server)/vmlinuz" again, where the menu names a device. */
static char *
path_on (const char *device, const char *path)
{
  if (device == NULL || *device == '\0' || *path == '(')
    return g_strdup (path);
  return *device == '(' ? g_strconcat (device, path, NULL)
                        : g_strconcat ("(", device, ")", path, NULL);
}

static void
boot_entry (DomuimgNetbootPass *self, const char *url, const DomuimgMenuEntry *entry,
            const char *edited)
{
  g_autoptr (GPtrArray) initrds = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *kernel = NULL;

  if (entry->kernel == NULL)
    {
      domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_BOOTABLE,
                                 "%s: the entry “%s” starts no Linux, and nothing else is for a PV "
                                 "or PVH guest",
                                 url, entry->title);
      return;
    }
  kernel = path_on (entry->root_hint, entry->kernel);
  for (guint i = 0; i < entry->initrds->len; i++)
    g_ptr_array_add (initrds, path_on (entry->root_hint, entry->initrds->pdata[i]));
  domuimg_netboot_pass_boot (self, url, kernel, initrds,
                             edited != NULL ? edited : entry->cmdline, entry->title);
}

void
domuimg_netboot_grub_run (DomuimgNetbootPass *self, const char *url, const char *text)
{
  Reader reader = { self, url };
  DomuimgMenuFiles files = { .read = read_file, .exists = exists, .data = &reader, .on_network = TRUE };
  g_autofree char *origin = domuimg_netboot_origin (url);
  g_autofree char *all = NULL;
  g_autoptr (DomuimgMenu) menu = NULL;
  const char *edited;
  int index;

  if (!domuimg_netboot_pass_step (self, url))
    return;
  all = add_variables (self, url, text);
  menu = domuimg_menu_new (DOMUIMG_MENU_GRUB2, url + strlen (origin) + 1);
  domuimg_grubcfg_parse (menu, all, &files, DOMUIMG_LOADER_FIRMWARE);
  if (self->decided)
    return;
  g_free (menu->path);
  menu->path = g_strdup (url);
  index = domuimg_netboot_pass_choose (self, &menu, &edited);
  if (index >= 0)
    boot_entry (self, url, g_ptr_array_index (menu->entries, index), edited);
}

void
domuimg_netboot_grub (DomuimgNetbootPass *self, const char *base)
{
  static const char *const names[]
      = { "grub/grub.cfg", "boot/grub/grub.cfg", "grub2/grub.cfg", "grub.cfg" };

  for (guint i = 0; i < G_N_ELEMENTS (names) && !self->decided; i++)
    {
      g_autofree char *url = domuimg_netboot_resolve (base, names[i]);
      g_autofree char *text = url != NULL ? domuimg_netboot_pass_text (self, url) : NULL;

      if (text != NULL)
        domuimg_netboot_grub_run (self, url, text);
    }
}
