/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/device.h"

#include <stdlib.h>
#include <string.h>

#include "lib/domain/model/domain.h"

/* The display: keys of their own for HVM, an entry of vfb for PV and PVH. The model has one, where
 * libxl may have several at once: SPICE, then what is asked for, then VNC, which is its default. */

#define VNC_PORTS 5900
/* libxl looks for no port of SPICE's, and refuses one that has none. */
#define SPICE_PORT 5900

typedef struct {
  int vnc; /* -1: not said */
  gboolean sdl;
  char *listen;
  char *password;
  gint64 display; /* -1: not said */
  int unused;     /* whether to look for a free port; -1: not said */
  GString *options;
} Display;

static void
display_clear (Display *self)
{
  g_free (self->listen);
  g_free (self->password);
  g_string_free (self->options, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Display, display_clear)

/* "ADDRESS:DISPLAY" */
static void
split_listen (Display *self)
{
  char *colon = self->listen != NULL ? strchr (self->listen, ':') : NULL;

  if (colon == NULL || strchr (colon + 1, ':') != NULL)
    return;
  self->display = atoi (colon + 1);
  *colon = '\0';
}

static void
set_display (DomuimgDomain *domain, Display *self)
{
  guint port = 0;

  split_listen (self);
  domuimg_replace_text (&domain->graphics_password, self->password);
  if (self->vnc == 0 && !self->sdl)
    return;
  if (self->sdl && self->vnc == 1)
    domuimg_domain_warn (domain, "a display beside VNC (sdl) is left out");
  if (self->sdl && self->vnc != 1)
    {
      domuimg_domain_set_graphics (domain, DOMUIMG_GRAPHICS_SDL, NULL, 0);
      return;
    }
  if (self->unused != 1 && self->display >= 0)
    port = VNC_PORTS + MIN (self->display, G_MAXUINT16);
  else if (self->unused == 0)
    port = VNC_PORTS;
  domuimg_domain_set_graphics (domain, DOMUIMG_GRAPHICS_VNC, self->listen, port);
}

/* One entry of vfb, as tools/xl/xl_parse.c divides it: at the first part without "=" it stops. */
static void
read_vfb (Display *self, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (char **part = parts; *part != NULL; part++)
    {
      const char *item = *part + strspn (*part, " ");
      const char *value = strchr (item, '=') != NULL ? strchr (item, '=') + 1 : NULL;

      if (**part == '\0')
        continue;
      if (value == NULL)
        break;
      if (g_str_has_prefix (item, "vnc="))
        self->vnc = atoi (value) != 0;
      else if (g_str_has_prefix (item, "vncunused="))
        self->unused = atoi (value) != 0;
      else if (g_str_has_prefix (item, "vncdisplay="))
        self->display = atoi (value);
      else if (g_str_has_prefix (item, "sdl="))
        self->sdl = atoi (value) != 0;
      else if (g_str_has_prefix (item, "vnclisten="))
        domuimg_replace_text (&self->listen, value);
      /* The word of xm, which says nothing more. */
      else if (g_str_equal (item, "type=vnc") && self->vnc != 0)
        continue;
      else if (g_str_has_prefix (item, "vncpasswd="))
        domuimg_replace_text (&self->password, value);
      else
        g_string_append_printf (self->options, "%s%s", self->options->len > 0 ? "," : "", item);
    }
}

static int
read_boolean (DomuimgXlFile *file, const char *key)
{
  gint64 number;

  return domuimg_xl_file_get_number (file, key, &number) ? number != 0 : -1;
}

static void
read_keys (Display *self, DomuimgXlFile *file)
{
  self->vnc = read_boolean (file, "vnc");
  self->sdl = read_boolean (file, "sdl") == 1;
  self->unused = read_boolean (file, "vncunused");
  self->listen = domuimg_xl_file_get (file, "vnclisten");
  self->password = domuimg_xl_file_get (file, "vncpasswd");
  if (!domuimg_xl_file_get_number (file, "vncdisplay", &self->display))
    self->display = -1;
}

static void
read_spice (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autofree char *host = domuimg_xl_file_get (file, "spicehost");
  g_autofree char *password = domuimg_xl_file_get (file, "spicepasswd");
  gint64 port = 0, tls = 0;

  /* libxl wants one of both. */
  domuimg_xl_file_get_number (file, "spicetls_port", &tls);
  if ((!domuimg_xl_file_get_number (file, "spiceport", &port) || port <= 0) && tls <= 0)
    port = SPICE_PORT;
  domuimg_domain_set_graphics (domain, DOMUIMG_GRAPHICS_SPICE, host, CLAMP (port, 0, G_MAXUINT));
  domuimg_domain_set_graphics_password (domain, password);
  if (read_boolean (file, "vnc") == 1 || read_boolean (file, "sdl") == 1)
    domuimg_domain_warn (domain, "a display beside SPICE (vnc or sdl) is left out");
}

void
domuimg_xl_read_graphics (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autoptr (DomuimgXlValue) vfb = domuimg_xl_file_get_value (file, "vfb");
  g_autoptr (GPtrArray) vfbs = domuimg_xl_file_get_list (file, "vfb");
  g_auto (Display) display = { -1, FALSE, NULL, NULL, -1, -1, g_string_new (NULL) };

  if (domain->type == DOMUIMG_GUEST_TYPE_HVM)
    {
      if (vfbs != NULL && vfbs->len > 0)
        domuimg_domain_warn (domain, "a paravirtual display (vfb) beside the HVM guest's own is"
                                     " left out");
      if (read_boolean (file, "spice") == 1)
        {
          read_spice (file, domain);
          return;
        }
      read_keys (&display, file);
    }
  else if (vfb != NULL && vfb->kind == DOMUIMG_XL_LIST && vfbs->len > 0)
    {
      read_vfb (&display, g_ptr_array_index (vfbs, 0));
      if (vfbs->len > 1)
        domuimg_domain_warn (domain, "displays after the first (vfb) are left out");
      domuimg_replace_text (&domain->graphics_options, display.options->str);
    }
  else if (domain->type == DOMUIMG_GUEST_TYPE_PV && read_boolean (file, "vnc") == 1)
    read_keys (&display, file);
  else
    return;
  set_display (domain, &display);
}
