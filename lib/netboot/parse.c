/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/pass.h"

#include <string.h>

#include "lib/netboot/url.h"

/* What a file or directory on a boot server is, and so who reads it. */

typedef enum { OTHER, PXE, GRUB, IPXE } Language;

static gboolean
begins_with (const char *text, const char *word)
{
  return g_ascii_strncasecmp (text, word, strlen (word)) == 0;
}

/* By the first line whose command one of them has alone. */
static Language
language_of (const char *text)
{
  static const char *const pxe[]
      = { "label", "default", "include", "menu", "ui", "prompt", "timeout", "display", "serial",
          "kernel", "append", "say", "ontimeout", "ipappend", "sysappend", "allowoptions",
          "noescape", "totaltimeout", NULL };
  static const char *const grub[]
      = { "menuentry", "submenu", "set", "if", "insmod", "configfile", "source", "linux", "search",
          "function", "export", "loadfont", "load_env", "terminal_output", "regexp", NULL };
  const char *line = text;

  if (begins_with (text, "#!ipxe") || begins_with (text, "#!gpxe"))
    return IPXE;
  while (line != NULL)
    {
      g_autofree char *word = NULL;

      line += strspn (line, " \t\r\n");
      word = g_ascii_strdown (line, strcspn (line, " \t\r\n"));
      if (g_strv_contains (pxe, word))
        return PXE;
      if (g_strv_contains (grub, word))
        return GRUB;
      line = strchr (line, '\n');
    }
  return OTHER;
}

/* A configuration in pxelinux.cfg/ has paths that are relative to its parent. */
static char *
pxe_base_of (const char *url)
{
  g_autofree char *origin = domuimg_netboot_origin (url);
  g_autofree char *directory = domuimg_netboot_directory (url);

  if (g_str_has_suffix (directory, "/pxelinux.cfg/"))
    directory[strlen (directory) - strlen ("pxelinux.cfg/")] = '\0';
  return g_strconcat (origin, directory, NULL);
}

static void
run_text (DomuimgNetbootPass *self, const char *url, const char *text)
{
  g_autofree char *base = pxe_base_of (url);

  switch (language_of (text))
    {
    case IPXE:
      domuimg_netboot_ipxe_run (self, url, text);
      break;
    case GRUB:
      domuimg_netboot_grub_run (self, url, text);
      break;
    case PXE:
      domuimg_netboot_pxe_run (self, base, url, text);
      break;
    default:
      break;
    }
}

static void
open_directory (DomuimgNetbootPass *self, const char *base)
{
  domuimg_netboot_pxe (self, base);
  domuimg_netboot_grub (self, base);
  domuimg_netboot_tree (self, base, TRUE);
}

gboolean
domuimg_netboot_open (DomuimgNetbootPass *self, const char *url, const char *arguments)
{
  const DomuimgNetbootFile *file = domuimg_netboot_pass_file (self, url);
  g_autofree char *text = NULL;

  if (file == NULL)
    return FALSE;
  if (domuimg_netboot_is_kernel (file))
    {
      domuimg_netboot_pass_boot (self, url, url, NULL, arguments, NULL);
      return TRUE;
    }
  text = domuimg_netboot_pass_text (self, url);
  if (text != NULL)
    run_text (self, url, text);
  return TRUE;
}

static void
start_with_url (DomuimgNetbootPass *self, const char *url)
{
  g_autofree char *base = g_strconcat (url, g_str_has_suffix (url, "/") ? "" : "/", NULL);

  if (!g_str_has_suffix (url, "/"))
    domuimg_netboot_open (self, url, "");
  open_directory (self, base);
  domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_FOUND,
                             "%s is not a menu, script or kernel, and has no pxelinux.cfg, no "
                             "grub.cfg and no installer that is known",
                             url);
}

void
domuimg_netboot_open_loader (DomuimgNetbootPass *self, const char *url, const char *prefix)
{
  g_autofree char *origin = domuimg_netboot_origin (url);
  g_autofree char *directory = domuimg_netboot_directory (url);
  g_autofree char *beside = g_strconcat (origin, directory, NULL);
  g_autofree char *base
      = prefix != NULL ? domuimg_netboot_resolve (beside, prefix) : g_strdup (beside);

  domuimg_netboot_open (self, url, "");
  open_directory (self, base != NULL ? base : beside);
  domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_FOUND,
                             "%s is to be booted; it is not a menu, script or kernel, and beside it "
                             "there is no pxelinux.cfg, no grub.cfg and no installer that is known",
                             url);
}

static void
start_with_dhcp (DomuimgNetbootPass *self)
{
  const char *server = domuimg_netboot_state_get (self->state, "next-server");
  const char *file = domuimg_netboot_state_get (self->state, "file");
  g_autofree char *root = g_strdup_printf ("tftp://%s/", server != NULL ? server : "");
  g_autofree char *url = domuimg_netboot_resolve (root, file != NULL ? file : "");

  if (url == NULL)
    {
      domuimg_netboot_pass_fail (self, DOMUIMG_ERROR_NOT_FOUND,
                                 "DHCP names no file on a server to boot from; --net=URL does it "
                                 "without");
      return;
    }
  domuimg_netboot_open_loader (self, url,
                               domuimg_netboot_state_get (self->state, "path-prefix"));
}

GBytes *
domuimg_netboot_parse (GBytes *request)
{
  g_autoptr (DomuimgNetbootState) state = domuimg_netboot_state_read (request);
  g_autoptr (DomuimgNetbootNext) next = domuimg_netboot_next_new ();
  DomuimgNetbootPass pass = { .state = state, .next = next };
  const char *url = domuimg_netboot_state_get (state, "url");

  if (url != NULL && domuimg_netboot_is_url (url))
    start_with_url (&pass, url);
  else if (url != NULL)
    domuimg_netboot_pass_fail (&pass, DOMUIMG_ERROR_INVALID_ARGUMENT,
                               "%s is not an address by http, https, ftp or tftp", url);
  else
    start_with_dhcp (&pass);
  return domuimg_netboot_next_write (next);
}
