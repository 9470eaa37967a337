/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds what is booted: by the configuration, or by the menu that the loader finds in the guest. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/boot/menu-find.h"
#include "lib/check/loader.h"

/* pygrub takes the rest of the line for one path, and does not find that. */
static void
check_initrds (DomuimgMachine *self, const DomuimgMenuEntry *entry)
{
  const char *path = entry->initrds->len > 0 ? g_ptr_array_index (entry->initrds, 0) : "";

  if (self->boot.loader == DOMUIMG_LOADER_PYGRUB && !self->boot.reads_all && strpbrk (path, " \t") != NULL)
    domuimg_finding_advise (
        domuimg_machine_report (self, "menu-initrds", path,
                                "pygrub takes several initramfs for one file name, and there is no"
                                " such file: “%s”",
                                path),
        "make one of them (cat them into one file), or boot by GRUB for Xen");
}

/* A device that none of the guest's files can be found on. pygrub looks at no names of devices. */
static gboolean
is_elsewhere (DomuimgMachine *self, const char *device)
{
  if (device == NULL || (self->boot.loader == DOMUIMG_LOADER_PYGRUB && !self->boot.reads_all))
    return FALSE;
  if (!domuimg_grub_device_is_elsewhere (device))
    return FALSE;
  return self->boot.reads_all
         || domuimg_machine_find_grub_device (self, device, self->boot.menu->format) == NULL;
}

/* What of @entry lies elsewhere, with its device; NULL where nothing does. */
static char *
find_elsewhere (DomuimgMachine *self, const DomuimgMenuEntry *entry)
{
  if (entry->kernel != NULL && is_elsewhere (self, entry->root_hint))
    return g_strdup_printf ("%s of %s", entry->kernel, entry->root_hint);
  for (guint i = 0; i < entry->initrds->len; i++)
    {
      g_autofree char *device = NULL, *file = NULL;

      domuimg_menu_split_device (entry->initrds->pdata[i], &device, &file);
      if (is_elsewhere (self, device))
        return g_strdup_printf ("%s of %s", file, device);
    }
  return NULL;
}

/* GRUB may well start what lies in a file of the guest; what that is, is not known here. */
static gboolean
check_devices (DomuimgMachine *self, const DomuimgMenuEntry *entry)
{
  g_autofree char *elsewhere = find_elsewhere (self, entry);

  if (elsewhere == NULL)
    return TRUE;
  domuimg_finding_advise (
      domuimg_machine_report_as (self,
                                 self->boot.reads_all ? DOMUIMG_SEVERITY_ERROR
                                                      : DOMUIMG_SEVERITY_UNKNOWN,
                                 "kernel-missing", elsewhere,
                                 "the entry “%s” starts %s, which is not on a disk that %s"
                                 " can look into",
                                 entry->title, elsewhere,
                                 self->boot.reads_all ? "domuimg-bootloader" : "this check"),
      "copy kernel and initramfs to a filesystem of the first disk, and let the menu name them there");
  return FALSE;
}

/* Another loader, a program of EFI, a hypervisor: a machine with firmware may start them. */
static gboolean
check_kernel (DomuimgMachine *self, const DomuimgMenuEntry *entry)
{
  if (entry->kernel != NULL)
    return TRUE;
  domuimg_finding_advise (
      domuimg_machine_report_as (self,
                                 self->boot.loader == DOMUIMG_LOADER_FIRMWARE
                                     ? DOMUIMG_SEVERITY_UNKNOWN
                                     : DOMUIMG_SEVERITY_ERROR,
                                 "kernel-missing", entry->title,
                                 "the entry “%s” of /%s, which is taken, starts no Linux kernel",
                                 entry->title, self->boot.menu->path),
      "let the menu start another entry");
  return FALSE;
}

static void
take_entry (DomuimgMachine *self, const DomuimgMenuEntry *entry)
{
  DomuimgGuestBoot *boot = &self->boot;

  boot->entry = entry;
  if (!check_kernel (self, entry) || !check_devices (self, entry))
    return;
  boot->kernel_path = g_strdup (entry->kernel);
  check_initrds (self, entry);
  for (guint i = 0; i < entry->initrds->len; i++)
    {
      g_auto (GStrv) paths = g_strsplit_set (g_ptr_array_index (entry->initrds, i), " \t", -1);

      for (guint j = 0; paths[j] != NULL; j++)
        if (*paths[j] != '\0')
          g_ptr_array_add (boot->initrd_paths, g_strdup (paths[j]));
    }
  boot->cmdline = g_strdup (entry->cmdline);
}

/* All loaders start the first entry where the default is none: GRUB after its timeout, pygrub
 * because its menu begins there. */
static void
choose_entry (DomuimgMachine *self)
{
  const DomuimgMenu *menu = self->boot.menu;
  int index = menu->default_entry;

  if (index < 0)
    {
      index = 0;
      domuimg_finding_advise (
          domuimg_machine_report (self, "menu-default", menu->wanted,
                                  "/%s: the default entry “%s” is not in the menu; the first one,"
                                  " “%s”, is taken",
                                  menu->path, menu->wanted,
                                  ((DomuimgMenuEntry *) menu->entries->pdata[0])->title),
          "set the default again in the guest (Debian: grub-set-default or GRUB_DEFAULT in"
          " /etc/default/grub, then update-grub)");
    }
  take_entry (self, g_ptr_array_index (menu->entries, index));
}

static void
check_menu (DomuimgMachine *self)
{
  const DomuimgMenu *menu = self->boot.menu;
  g_autoptr (GString) problems = g_string_new (NULL);

  for (guint i = 0; i < menu->problems->len; i++)
    g_string_append_printf (problems, "%s%s", i > 0 ? "; " : "",
                            (const char *) g_ptr_array_index (menu->problems, i));
  if (menu->entries->len == 0)
    {
      domuimg_finding_advise (
          domuimg_machine_report (self, "menu-unreadable",
                                  problems->len > 0 ? problems->str : NULL,
                                  "%s finds no entry in /%s, which is a menu of the kind “%s”",
                                  domuimg_loader_describe (&self->boot), menu->path,
                                  domuimg_menu_format_to_string (menu->format)),
          "boot with kernel= and ramdisk= copied out of the guest (domuimg create --kernel extract)"
          ", or let GRUB write a plain menu");
      return;
    }
  if (problems->len > 0)
    domuimg_machine_report_as (self, DOMUIMG_SEVERITY_WARNING, "menu-unreadable", problems->str,
                               "%s does not understand all of /%s",
                               domuimg_loader_describe (&self->boot), menu->path);
  choose_entry (self);
}

/* pygrub looks at the first disk only. */
static gboolean
is_read_by (DomuimgMachine *self, const DomuimgDevice *device)
{
  const DomuimgDevice *first = g_ptr_array_index (self->devices, 0);

  return self->boot.loader != DOMUIMG_LOADER_PYGRUB || device->disk == first->disk;
}

static void
report_unread (DomuimgMachine *self, const DomuimgDevice *device)
{
  domuimg_finding_advise (
      domuimg_machine_report (self, "loader-filesystem", device->name,
                              "%s cannot read the filesystem of %s, %s, which has the menu",
                              domuimg_loader_describe (&self->boot), device->name, device->volume->fs),
      "boot with kernel= and ramdisk=, by domuimg-bootloader, or from a /boot of ext4");
}

static gboolean
find_menu_on (DomuimgMachine *self, DomuimgDevice *device)
{
  DomuimgTree *tree = domuimg_machine_open_tree (self, device);
  g_autoptr (GError) error = NULL;

  if (tree == NULL)
    return FALSE;
  self->boot.menu = domuimg_menu_find (
      tree, NULL, self->boot.reads_all ? DOMUIMG_LOADER_DIRECT : self->boot.loader, &error);
  /* There may be another one, in a /boot that it reads, and this one a leftover. */
  if (self->boot.menu != NULL && !domuimg_loader_reads (&self->boot, device))
    {
      g_clear_pointer (&self->boot.menu, domuimg_menu_free);
      self->unread = self->unread != NULL ? self->unread : device;
      return FALSE;
    }
  if (self->boot.menu != NULL)
    {
      self->boot_device = device;
      self->boot_tree = tree;
      return TRUE;
    }
  if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return FALSE;
  domuimg_machine_report_error (self, "menu-unreadable", device->name, error);
  return FALSE;
}

/* The active partition is looked at first. */
static gboolean
find_menu (DomuimgMachine *self)
{
  for (int active = 1; active >= 0; active--)
    for (guint i = 0; i < self->devices->len; i++)
      {
        DomuimgDevice *device = g_ptr_array_index (self->devices, i);
        gboolean is_active = device->volume != NULL && device->volume->active;

        if (is_active == active && is_read_by (self, device) && find_menu_on (self, device))
          return TRUE;
      }
  return FALSE;
}

/* A kernel that the loader's arguments name is on the first filesystem that it can read. */
static void
find_named (DomuimgMachine *self)
{
  for (int active = 1; active >= 0; active--)
    for (guint i = 0; i < self->devices->len; i++)
      {
        DomuimgDevice *device = g_ptr_array_index (self->devices, i);

        if (device->volume == NULL || device->volume->active != active || !is_read_by (self, device)
            || !domuimg_loader_reads (&self->boot, device)
            || domuimg_machine_open_tree (self, device) == NULL)
          continue;
        self->boot_device = device;
        self->boot_tree = device->tree;
        return;
      }
}

static void
check_guest_loader (DomuimgMachine *self)
{
  self->boot.in_guest = TRUE;
  if (domuimg_installer_is_pending (self))
    return;
  if (self->boot.loader == DOMUIMG_LOADER_FIRMWARE && !domuimg_loader_check_firmware (self))
    return;
  if (self->boot.kernel_path != NULL)
    find_named (self);
  else if (find_menu (self))
    check_menu (self);
  else if (self->unread != NULL)
    report_unread (self, self->unread);
  else if (self->devices->len > 0 && !domuimg_loader_check_empty (self))
    domuimg_finding_advise (
        domuimg_machine_report_as (self,
                                   self->boot.loader == DOMUIMG_LOADER_FIRMWARE
                                       ? DOMUIMG_SEVERITY_UNKNOWN
                                       : DOMUIMG_SEVERITY_ERROR,
                                   "menu-missing", NULL, "%s finds no boot menu in the guest",
                                   domuimg_loader_describe (&self->boot)),
        "install GRUB's configuration in the guest (Debian: apt install grub2-common, update-grub),"
        " or boot with kernel= and ramdisk=");
}

static void
take_configured (DomuimgMachine *self)
{
  const char *ramdisk = domuimg_domain_get_ramdisk (self->domain);

  self->boot.kernel_path = g_strdup (domuimg_domain_get_kernel (self->domain));
  if (ramdisk != NULL)
    g_ptr_array_add (self->boot.initrd_paths, g_strdup (ramdisk));
  self->boot.cmdline = g_strdup (domuimg_domain_get_cmdline (self->domain) ?: "");
}

/* An image that nothing was said about: a kernel of its own, or else a disk that boots itself. */
static void
choose (DomuimgMachine *self)
{
  g_autoptr (GError) error = NULL;
  gboolean boots_itself = FALSE;

  domuimg_loader_choose_kernel (self);
  if (self->boot.kernel_path != NULL || self->devices->len == 0)
    return;
  if (self->type_is_chosen
      && !domuimg_image_has_boot_code (g_ptr_array_index (self->images, 0), &boots_itself, &error))
    domuimg_machine_report_error (self, "image-unreadable", self->path, error);
  if (boots_itself)
    {
      self->type = DOMUIMG_GUEST_TYPE_HVM;
      self->boot.loader = DOMUIMG_LOADER_FIRMWARE;
      check_guest_loader (self);
      return;
    }
  domuimg_finding_advise (
      domuimg_machine_report (self, "kernel-missing", NULL,
                              "the image holds no kernel that could be started"),
      "install one in the guest (Debian: linux-image-amd64), or say --kernel and --ramdisk");
}

void
domuimg_check_menu (DomuimgMachine *self)
{
  if (!domuimg_loader_find (self))
    return;
  if (self->boot.loader != DOMUIMG_LOADER_DIRECT)
    check_guest_loader (self);
  else if (domuimg_domain_get_kernel (self->domain) != NULL)
    take_configured (self);
  else if (self->is_image)
    choose (self);
}
