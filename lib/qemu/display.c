/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells QEMU where to show a screen. */
#include "config.h"
#include "lib/qemu/display.h"

#define PORTS "127.0.0.1:0,to=99,password=on"

const char *
domuimg_qemu_display_to_string (DomuimgQemuDisplay self)
{
  static const char *const names[] = { "none", "vnc", "gtk", "sdl" };

  return names[self];
}

static gboolean
is_window (DomuimgQemuDisplay self)
{
  return self == DOMUIMG_QEMU_DISPLAY_GTK || self == DOMUIMG_QEMU_DISPLAY_SDL;
}

gboolean
domuimg_qemu_display_check (DomuimgQemuDisplay self, GError **error)
{
  if (!is_window (self) || g_getenv ("DISPLAY") != NULL || g_getenv ("WAYLAND_DISPLAY") != NULL)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "--display %s opens a window, and there is no graphical session here (neither DISPLAY nor"
                       " WAYLAND_DISPLAY is set); use --display vnc",
                       domuimg_qemu_display_to_string (self));
}

void
domuimg_qemu_display_add (DomuimgQemuDisplay self, DomuimgExec *exec)
{
  static const char *const variables[]
      = { "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR" };

  domuimg_exec_arg (exec, "-display");
  if (self == DOMUIMG_QEMU_DISPLAY_VNC)
    domuimg_exec_arg (exec, "vnc=" PORTS);
  else
    domuimg_exec_arg (exec, domuimg_qemu_display_to_string (self));
  for (guint i = 0; is_window (self) && i < G_N_ELEMENTS (variables); i++)
    if (g_getenv (variables[i]) != NULL)
      domuimg_exec_setenv (exec, variables[i], g_getenv (variables[i]));
}

gboolean
domuimg_qemu_display_can_be_confined (DomuimgQemuDisplay self)
{
  return !is_window (self);
}
