/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/pass.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/netboot/url.h"

/* pxelinux: https://wiki.syslinux.org/wiki/index.php?title=PXELINUX. */

enum { IPAPPEND_IP = 1, IPAPPEND_BOOTIF = 2, IPAPPEND_UUID = 4 };

typedef struct {
  DomuimgNetbootPass *pass;
  const char *base;
} Reader;

/* "01-00-16-3e-00-00-01": the kind of hardware, Ethernet, and its address; (nullable). */
static char *
hardware_name (const DomuimgNetbootState *state)
{
  const char *mac = domuimg_netboot_state_get (state, "mac");
  g_autofree char *lower = mac != NULL ? g_ascii_strdown (mac, -1) : NULL;

  return lower != NULL ? g_strconcat ("01-", g_strdelimit (lower, ":", '-'), NULL) : NULL;
}

GPtrArray *
domuimg_netboot_pxe_names (const DomuimgNetbootState *state, const char *prefix)
{
  const char *uuid = domuimg_netboot_state_get (state, "uuid");
  const char *ip = domuimg_netboot_state_get (state, "ip");
  g_autofree char *hardware = hardware_name (state);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  struct in_addr address;

  if (uuid != NULL)
    {
      g_autofree char *lower = g_ascii_strdown (uuid, -1);

      g_ptr_array_add (names, g_strconcat (prefix, lower, NULL));
    }
  if (hardware != NULL)
    g_ptr_array_add (names, g_strconcat (prefix, hardware, NULL));
  if (ip != NULL && inet_pton (AF_INET, ip, &address) == 1)
    {
      g_autofree char *hex = g_strdup_printf ("%08X", g_ntohl (address.s_addr));

      for (guint i = 8; i > 0; i--)
        g_ptr_array_add (names, g_strdup_printf ("%s%.*s", prefix, (int) i, hex));
    }
  return names;
}

static char *
read_file (gpointer data, const char *path)
{
  Reader *self = data;
  g_autofree char *url = domuimg_netboot_resolve (self->base, path);

  return url != NULL ? domuimg_netboot_pass_text (self->pass, url) : NULL;
}

static const char *
fact (DomuimgNetbootPass *self, const char *name)
{
  return domuimg_netboot_state_get (self->state, name) ?: "";
}

/* What a loader knows and its kernel wants to. */
static void
append_facts (DomuimgNetbootPass *self, GString *cmdline, guint bits)
{
  g_autofree char *hardware = hardware_name (self->state);

  if ((bits & IPAPPEND_IP) != 0 && *fact (self, "ip") != '\0')
    g_string_append_printf (cmdline, " ip=%s:%s:%s:%s", fact (self, "ip"),
                            fact (self, "next-server"), fact (self, "gateway"),
                            fact (self, "netmask"));
  if ((bits & IPAPPEND_BOOTIF) != 0 && hardware != NULL)
    g_string_append_printf (cmdline, " BOOTIF=%s", hardware);
  if ((bits & IPAPPEND_UUID) != 0 && *fact (self, "uuid") != '\0')
    g_string_append_printf (cmdline, " SYSUUID=%s", fact (self, "uuid"));
}

static gboolean
is_menu_module (const char *kernel)
{
  g_autofree char *name = g_path_get_basename (kernel);

  return g_str_equal (name, "menu.c32") || g_str_equal (name, "vesamenu.c32");
}

/* KERNEL menu.c32, APPEND other.cfg: another menu. */
static void
open_other_menu (DomuimgNetbootPass *self, const char *base, const char *cmdline)
{
  g_auto (GStrv) words = g_strsplit_set (cmdline, " \t", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (*words[i] != '\0' && *words[i] != '~')
      {
        g_autofree char *url = domuimg_netboot_resolve (base, words[i]);
        g_autofree char *text = url != NULL ? domuimg_netboot_pass_text (self, url) : NULL;

        if (text != NULL)
          domuimg_netboot_pxe_run (self, base, url, text);
        else
          domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_FOUND, "there is no menu “%s” at %s",
                                     words[i], base);
        return;
      }
  domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_BOOTABLE,
                             "%s: an entry opens a menu that it does not name", base);
}

static void
boot_entry (DomuimgNetbootPass *self, const char *base, const char *url,
            const DomuimgMenuEntry *entry, const char *edited)
{
  g_autoptr (GString) cmdline = g_string_new (edited != NULL ? edited : entry->cmdline);

  if (entry->kernel == NULL || g_str_has_suffix (entry->kernel, ".0"))
    {
      domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_BOOTABLE,
                                 "%s: the entry “%s” %s, which is not for a PV or PVH guest", url,
                                 entry->title,
                                 entry->local ? "boots a local disk (LOCALBOOT)"
                                              : "starts no Linux");
      return;
    }
  if (is_menu_module (entry->kernel))
    {
      open_other_menu (self, base, cmdline->str);
      return;
    }
  append_facts (self, cmdline, entry->sysappend);
  domuimg_netboot_pass_boot (self, base, entry->kernel, entry->initrds, cmdline->str,
                             entry->title);
}

/* "^Install": a key that chooses it. */
static void
remove_keys (DomuimgMenu *menu)
{
  for (guint i = 0; i < menu->entries->len; i++)
    {
      DomuimgMenuEntry *entry = g_ptr_array_index (menu->entries, i);
      char *caret = strchr (entry->title, '^');

      if (caret != NULL)
        memmove (caret, caret + 1, strlen (caret));
    }
}

static DomuimgMenu *
read_menu (DomuimgNetbootPass *self, const char *base, const char *text)
{
  Reader reader = { self, base };
  DomuimgMenuFiles files = { .read = read_file, .data = &reader };
  g_autofree char *directory = domuimg_netboot_directory (base);
  g_autofree char *path = g_strconcat (directory, "pxelinux.cfg", NULL);
  DomuimgMenu *menu = domuimg_menu_new (DOMUIMG_MENU_EXTLINUX, path);

  domuimg_extlinux_parse (menu, text, &files);
  remove_keys (menu);
  return menu;
}

void
domuimg_netboot_pxe_run (DomuimgNetbootPass *self, const char *base, const char *url,
                         const char *text)
{
  g_autoptr (DomuimgMenu) menu = NULL;
  const char *edited;
  int index;

  if (!domuimg_netboot_pass_step (self, url))
    return;
  menu = read_menu (self, base, text);
  if (self->decided)
    return;
  g_free (menu->path);
  menu->path = g_strdup (url);
  index = domuimg_netboot_pass_choose (self, &menu, &edited);
  if (index >= 0)
    boot_entry (self, base, url, g_ptr_array_index (menu->entries, index), edited);
}

void
domuimg_netboot_pxe (DomuimgNetbootPass *self, const char *base)
{
  const char *given = domuimg_netboot_state_get (self->state, "config-file");
  g_autoptr (GPtrArray) names = domuimg_netboot_pxe_names (self->state, "pxelinux.cfg/");

  g_ptr_array_add (names, g_strdup ("pxelinux.cfg/default"));
  if (given != NULL)
    g_ptr_array_insert (names, 0, g_strdup (given));
  for (guint i = 0; i < names->len && !self->decided; i++)
    {
      g_autofree char *url = domuimg_netboot_resolve (base, names->pdata[i]);
      g_autofree char *text = url != NULL ? domuimg_netboot_pass_text (self, url) : NULL;

      if (text != NULL)
        domuimg_netboot_pxe_run (self, base, url, text);
    }
}
