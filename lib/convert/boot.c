/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's command line, in the guest's own boot menu and what it makes that from. */
#include "config.h"

#include <string.h>

#include "lib/base/guest-type.h"
#include "lib/boot/menu-find.h"
#include "lib/convert/edit.h"

static gboolean
find_menu (DomuimgConvertEdit *self)
{
  DomuimgGuestBoot *boot = self->boot;
  DomuimgTree *boot_tree = self->site->boot.tree != NULL ? self->site->boot.tree : self->root;
  const DomuimgMenu *menu;

  boot->in_guest = TRUE;
  boot->menu = domuimg_menu_find (boot_tree, NULL, DOMUIMG_LOADER_DIRECT, NULL);
  menu = boot->menu;
  if (menu == NULL || menu->entries->len == 0)
    return FALSE;
  boot->entry = g_ptr_array_index (menu->entries, MAX (menu->default_entry, 0));
  boot->cmdline = g_strdup (boot->entry->cmdline);
  return TRUE;
}

/* What cannot be set is said, and a guest whose kernel is started directly does without. */
static gboolean
set_parameter (DomuimgConvertEdit *self, const char *key, const char *value, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (domuimg_repair_set_parameter (self->site, key, value, &local))
    return TRUE;
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  domuimg_edit_warn (self->edit, "%s", local->message);
  return TRUE;
}

/* root= and resume= of the old machine's devices. */
static gboolean
convert_device (DomuimgConvertEdit *self, const char *key, GError **error)
{
  g_autofree char *device = domuimg_guest_boot_get_parameter (self->boot, key);
  g_autofree char *spec = NULL;
  gboolean is_root = g_str_equal (key, "root");
  g_autofree char *offset = domuimg_guest_boot_get_parameter (self->boot, "resume_offset");
  /* With an offset, the swap is a file, and the device is the filesystem that holds it. */
  const char *fs = is_root || offset != NULL ? NULL : "swap";

  if (device == NULL)
    return TRUE;
  if (is_root)
    domuimg_convert_learn_root (self, device);
  switch (domuimg_convert_find_device (self, device, is_root ? "/" : NULL, fs, &spec))
    {
    case DOMUIMG_DEVICE_FOUND:
      return set_parameter (self, key, spec, error);
    case DOMUIMG_DEVICE_MISSING:
      /* An initramfs waits minutes for what it is to resume from. */
      domuimg_edit_warn (self->edit,
                         "the boot menu's %s=%s does not exist in this guest and is left"
                         " out",
                         key, device);
      return set_parameter (self, key, NULL, error);
    default:
      return TRUE;
    }
}

static gboolean
has_value (GPtrArray *values, const char *wanted)
{
  for (guint i = 0; i < values->len; i++)
    {
      const char *value = g_ptr_array_index (values, i);

      /* "ttyS0,115200" */
      if (g_str_has_prefix (value, wanted)
          && (value[strlen (wanted)] == '\0' || value[strlen (wanted)] == ','))
        return TRUE;
    }
  return FALSE;
}

static gboolean
convert_console (DomuimgConvertEdit *self, GError **error)
{
  const char *wanted = domuimg_guest_type_get_console (self->want->type);
  g_autoptr (GPtrArray) values = domuimg_guest_boot_list_parameter (self->boot, "console");

  return has_value (values, wanted) || set_parameter (self, "console", wanted, error);
}

/* Debian's initramfs waits for the swap space that it is to resume from. */
static gboolean
convert_resume_file (DomuimgConvertEdit *self, GError **error)
{
  static const char path[] = "/etc/initramfs-tools/conf.d/resume";
  g_autofree char *text = domuimg_tree_read_text (self->root, path, NULL);
  g_autofree char *device = NULL, *spec = NULL, *edited = NULL;

  if (text == NULL || !g_str_has_prefix (text, "RESUME="))
    return TRUE;
  device = g_strndup (text + strlen ("RESUME="), strcspn (text + strlen ("RESUME="), "\n"));
  switch (domuimg_convert_find_device (self, device, NULL, "swap", &spec))
    {
    case DOMUIMG_DEVICE_FOUND:
      edited = g_strdup_printf ("RESUME=%s\n", spec);
      break;
    case DOMUIMG_DEVICE_MISSING:
      edited = g_strdup ("RESUME=none\n");
      break;
    default:
      return TRUE;
    }
  return domuimg_edit_write (self->edit, path, edited, 0644, error);
}

gboolean
domuimg_convert_step_boot (DomuimgConvertEdit *self, GError **error)
{
  if (!convert_resume_file (self, error)
      || !domuimg_edit_take_away (self->edit, "/boot/grub/device.map", error)
      || !domuimg_edit_take_away (self->edit, "/boot/grub2/device.map", error))
    return FALSE;
  if (!find_menu (self))
    {
      domuimg_edit_warn (self->edit, "the guest has no boot menu that could be read");
      return TRUE;
    }
  return convert_device (self, "root", error) && convert_device (self, "resume", error)
         && convert_console (self, error);
}
