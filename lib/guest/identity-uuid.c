/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cleaner of what names filesystems by their UUIDs, which are other ones now. */
#include "config.h"
#include "lib/guest/identity.h"

static const DomuimgIdentityPlace places[] = {
  { "/etc", "fstab" },
  { "/etc", "lilo.conf" },
  { "/etc/default", "grub" },
  { "/etc/default/grub.d", "*.cfg" },
  { "/etc/kernel", "cmdline" },
  { "/etc/dracut.conf.d", "*.conf" },
  { "/etc/cmdline.d", "*.conf" },
  { "/boot/grub", "grub.cfg" },
  { "/boot/grub", "custom.cfg" },
  { "/boot/grub", "grubenv" },
  { "/boot/grub", "menu.lst" },
  { "/boot/grub", "grub.conf" },
  { "/boot/grub2", "grub.cfg" },
  { "/boot/grub2", "custom.cfg" },
  { "/boot/grub2", "grubenv" },
  { "/boot/loader/entries", "*.conf" },
  { "/boot/extlinux", "*.conf" },
  { "/boot/syslinux", "*.cfg" },
};

/* What is packed into an initramfs when it is made. */
static const DomuimgIdentityPlace packed[] = {
  { "/etc/initramfs-tools/conf.d", "*" },
  { "/etc", "crypttab" },
};

static gboolean
rename_in_file (DomuimgGuestRun *self, const char *path, GError **error)
{
  return domuimg_identity_rename (self, path, self->want->uuids, error);
}

static gboolean
rename_packed (DomuimgGuestRun *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *changed = NULL;

  if (!domuimg_edit_read (self->edit, path, &text, error))
    return FALSE;
  changed = text != NULL ? domuimg_renamed_apply (self->want->uuids, text) : NULL;
  if (changed == NULL)
    return TRUE;
  domuimg_edit_warn (self->edit,
                     "%s has another UUID now, and the initramfs still the old one: a boot may wait for that for half"
                     " a minute, until the initramfs is made again in the guest (Debian: update-initramfs -u -k all)",
                     path);
  return domuimg_edit_write (self->edit, path, changed, 0644, error);
}

gboolean
domuimg_clean_uuids (DomuimgGuestRun *self, GError **error)
{
  if (self->want->uuids->len == 0)
    return TRUE;
  return domuimg_identity_each_file (self, packed, G_N_ELEMENTS (packed), rename_packed, error)
         && domuimg_identity_each_file (self, places, G_N_ELEMENTS (places), rename_in_file, error);
}
