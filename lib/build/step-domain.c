/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the domain of the guest, and writes its configuration and libvirt XML. */
#include "config.h"
#include "lib/build/application.h"
#include "lib/build/state.h"

#include <string.h>

#include "lib/base/copy-file.h"
#include "lib/base/guest-type.h"
#include "lib/build/plan-import.h"
#include "lib/image/devices.h"

static char *
name_device (DomuimgBuildState *self)
{
  const DomuimgPart *root = domuimg_plan_find_part (self->plan, DOMUIMG_PART_ROOT);
  g_autofree char *name = root != NULL && root->number > 0
                              ? domuimg_plan_name_part (self->plan, root)
                              : g_strdup (domuimg_plan_get_disk (self->plan, 0)->vdev);

  return g_strconcat ("/dev/", name, NULL);
}

/* By these names an initramfs of Debian knows what it has to open. */
static char *
name_inside (const DomuimgPart *root, DomuimgBuildState *self)
{
  g_autofree char *mapped = root->lv != NULL ? domuimg_device_map_volume (root->lv)
                                             : domuimg_plan_name_container (self->plan);

  return g_strconcat ("/dev/mapper/", mapped, NULL);
}

/* What tells an initramfs, of initramfs-tools or of dracut, what to open before the root. */
static void
add_openers (DomuimgBuildState *self, GString *words)
{
  const DomuimgPart *holder = domuimg_plan_find_part (self->plan, DOMUIMG_PART_HOLDER);
  gboolean is_debian = self->tree != NULL && domuimg_tree_exists (self->tree, "/usr/sbin/mkinitramfs");
  g_autofree char *container = domuimg_plan_name_container (self->plan);

  if (container != NULL)
    g_string_append_printf (words,
                            is_debian ? "cryptopts=source=UUID=%s,target=%s,luks,discard "
                                      : "rd.luks.name=%s=%s ",
                            holder->uuid, container);
  if (holder != NULL && holder->group != NULL && !is_debian)
    g_string_append_printf (words, "rd.lvm.vg=%s ", holder->group);
}

/* Without an initramfs, the kernel knows devices only by name. */
char *
domuimg_build_name_root (DomuimgBuildState *self)
{
  const DomuimgPart *root = domuimg_plan_find_part (self->plan, DOMUIMG_PART_ROOT);

  if (root != NULL && root->is_inside)
    return name_inside (root, self);
  if (self->has_ramdisk && self->root_uuid != NULL)
    return g_strdup_printf ("UUID=%s", self->root_uuid);
  if (self->has_ramdisk && root != NULL && root->number > 0
      && domuimg_plan_get_layout_spec (self->plan, root->disk)->kind == DOMUIMG_LAYOUT_GPT)
    return g_strdup_printf ("PARTUUID=%s", root->part_uuid);
  if (self->conversion != NULL && self->conversion->root != NULL)
    return g_strdup_printf ("/dev/%s", self->conversion->root->name);
  return name_device (self);
}

char *
domuimg_build_root_words (DomuimgBuildState *self)
{
  g_autofree char *root = domuimg_build_name_root (self);
  GString *words = g_string_new (NULL);

  g_string_append_printf (words, "root=%s ro ", root);
  if (self->conversion == NULL && g_strcmp0 (self->root_fs, "btrfs") == 0)
    g_string_append (words, "rootflags=subvol=@ ");
  add_openers (self, words);
  return g_string_free (words, FALSE);
}

char *
domuimg_build_command_line (DomuimgBuildState *self)
{
  DomuimgPlan *plan = self->plan;
  g_autofree char *root = domuimg_build_root_words (self);
  const char *console = domuimg_guest_type_get_console (self->type);
  const char *extra = domuimg_plan_get (plan, "extra", "");

  if (self->cmdline != NULL && self->has_ramdisk)
    return g_strdup_printf ("%s%s%s", self->cmdline, *extra != '\0' ? " " : "", extra);
  return g_strdup_printf ("%sconsole=%s%s%s%s", root, console,
                          domuimg_build_get_application (self) != NULL ? " init=" DOMUIMG_APPLICATION_INIT
                                                                       : "",
                          *extra != '\0' ? " " : "", extra);
}

static void
add_disks (DomuimgBuildState *self)
{
  /* A rehearsal makes none but those that it looks into. */
  guint n = self->is_rehearsal && self->plan->import != NULL
                ? domuimg_plan_count_converted (self->plan)
                : self->plan->disks->len;

  for (guint i = 0; i < n; i++)
    {
      const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);
      g_autoptr (DomuimgDomainDisk) disk = domuimg_domain_disk_new (spec->path, spec->vdev);

      spec->kind->fill_domain (spec, disk);
      domuimg_domain_add_disk (self->domain, disk);
    }
}

static void
add_nics (DomuimgBuildState *self)
{
  for (guint i = 0; i < self->plan->nics->len; i++)
    {
      const DomuimgNicSpec *spec = g_ptr_array_index (self->plan->nics, i);
      g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new (spec->mac);

      domuimg_domain_nic_set_bridge (nic, spec->bridge);
      domuimg_domain_nic_set_ip (nic, spec->address);
      domuimg_domain_nic_set_script (nic, spec->script);
      domuimg_domain_nic_set_model (nic, spec->model);
      domuimg_domain_add_nic (self->domain, nic);
    }
}

static void
add_extra (DomuimgBuildState *self)
{
  g_autoptr (GPtrArray) lines = domuimg_spec_get_objects (self->plan->spec, "config");

  for (guint i = 0; i < lines->len; i++)
    {
      const DomuimgPairSpec *line = g_ptr_array_index (lines, i);

      domuimg_domain_add_extra (self->domain, line->key, line->value);
    }
}

static void
add_graphics (DomuimgBuildState *self)
{
  /* What has no console is seen on a screen only. */
  gboolean needs_screen = self->system != DOMUIMG_SYSTEM_LINUX;
  DomuimgGraphics graphics = domuimg_spec_get_number (
      self->plan->spec, "graphics",
      needs_screen ? DOMUIMG_GRAPHICS_VNC : DOMUIMG_GRAPHICS_NONE);

  domuimg_domain_set_graphics (self->domain, graphics, NULL, 0);
}

/* Keeps the old machine's firmware, disk bus and clock: the system on the disk expects them. */
static void
set_firmware (DomuimgBuildState *self)
{
  const DomuimgHardware *hardware = domuimg_plan_get_hardware (self->plan);
  const char *bus
      = self->plan->import != NULL ? domuimg_import_get_bus (self->plan->import, 0) : NULL;
  gboolean is_known = hardware != NULL && hardware->firmware != DOMUIMG_FIRMWARE_UNKNOWN;

  /* An installer that was started without firmware writes a boot loader for a BIOS. */
  if (self->plan->installer != NULL)
    return;
  if (self->plan->import == NULL)
    {
      if (!domuimg_plan_has_bios (self->plan))
        domuimg_domain_set_firmware (self->domain, "ovmf");
      return;
    }
  if (is_known ? hardware->firmware == DOMUIMG_FIRMWARE_UEFI : self->transfer->needs_uefi)
    domuimg_domain_set_firmware (self->domain, "ovmf");
  if (g_strcmp0 (bus, "sata") == 0)
    domuimg_domain_add_extra (self->domain, "hdtype", "\"ahci\"");
  if (hardware != NULL && hardware->is_localtime)
    domuimg_domain_add_extra (self->domain, "localtime", "1");
}

/* An installer ends by a reboot or a power-off; what comes next has another configuration. */
static void
set_install_boot (DomuimgBuildState *self)
{
  const DomuimgInstaller *installer = self->plan->installer;

  domuimg_domain_set_kernel (self->domain, self->plan->install_kernel_path);
  domuimg_domain_set_ramdisk (self->domain, self->plan->install_ramdisk_path);
  domuimg_domain_set_cmdline (self->domain, installer->cmdline);
  domuimg_domain_set_on_poweroff (self->domain, "destroy");
  domuimg_domain_set_on_reboot (self->domain, "destroy");
}

/* The image that the installer reads, beside the disks. */
static void
add_media (DomuimgBuildState *self)
{
  const DomuimgInstaller *installer = self->plan->installer;
  g_autoptr (DomuimgDomainDisk) drive = NULL;

  if (installer->media == NULL)
    return;
  drive = domuimg_domain_disk_new (installer->media, installer->media_vdev);
  domuimg_domain_disk_set_format (drive, "raw");
  domuimg_domain_disk_set_cdrom (drive, self->type == DOMUIMG_GUEST_TYPE_HVM);
  domuimg_domain_disk_set_readonly (drive, TRUE);
  domuimg_domain_add_disk (self->domain, drive);
}

/* Which card to ask by, and what to ask: a boot loader knows its guest by these words only. */
static char *
network_args (DomuimgPlan *plan)
{
  const DomuimgNicSpec *nic = g_ptr_array_index (plan->nics, 0);
  const char *address = plan->kernel->address;

  return g_strdup_printf ("--net%s%s --mac=%s --bridge=%s --uuid=%s", address != NULL ? "=" : "",
                          address ?: "", nic->mac, nic->bridge, plan->uuid);
}

/* A menu of the network does not know where this guest's root is. */
static void
set_bootloader (DomuimgBuildState *self, const char *cmdline)
{
  DomuimgPlan *plan = self->plan;
  gboolean is_of_network = plan->kernel->policy->origin == DOMUIMG_KERNEL_OF_NETWORK;
  g_autofree char *args = is_of_network ? network_args (plan) : NULL;

  /* xl knows where its own is. */
  domuimg_domain_set_bootloader (
      self->domain, domuimg_plan_get (plan, "loader", self->program ?: "pygrub"));
  domuimg_domain_set_bootloader_args (self->domain, args);
  if (is_of_network)
    domuimg_domain_set_cmdline (self->domain, cmdline);
}

static void
set_boot (DomuimgBuildState *self)
{
  DomuimgPlan *plan = self->plan;
  g_autofree char *cmdline = domuimg_build_command_line (self);

  switch (self->loader)
    {
    case DOMUIMG_LOADER_PVGRUB:
      domuimg_domain_set_kernel (self->domain, self->loader_path);
      break;
    case DOMUIMG_LOADER_PYGRUB:
      set_bootloader (self, cmdline);
      break;
    case DOMUIMG_LOADER_FIRMWARE:
      set_firmware (self);
      break;
    default:
      domuimg_domain_set_kernel (self->domain, plan->kernel_path);
      if (self->has_ramdisk)
        domuimg_domain_set_ramdisk (self->domain, plan->ramdisk_path);
      domuimg_domain_set_cmdline (self->domain, cmdline);
    }
}

static gboolean
make_domain (DomuimgBuildState *self, gboolean installs, char **text, GError **error)
{
  DomuimgPlan *plan = self->plan;

  self->domain = domuimg_domain_new (plan->name, error);
  if (self->domain == NULL)
    return FALSE;
  domuimg_domain_set_uuid (self->domain, plan->uuid);
  domuimg_domain_set_guest_type (self->domain, self->type);
  domuimg_domain_set_memory (self->domain, plan->memory);
  domuimg_domain_set_maxmem (self->domain, plan->maxmem);
  domuimg_domain_set_vcpus (self->domain, plan->vcpus);
  if (!installs)
    set_boot (self);
  if (self->type == DOMUIMG_GUEST_TYPE_HVM)
    domuimg_domain_set_serial (self->domain, "pty");
  domuimg_domain_set_on_poweroff (self->domain, domuimg_plan_get (plan, "on-poweroff", NULL));
  domuimg_domain_set_on_reboot (self->domain, domuimg_plan_get (plan, "on-reboot", NULL));
  domuimg_domain_set_on_crash (self->domain, domuimg_plan_get (plan, "on-crash", NULL));
  if (installs)
    set_install_boot (self);
  add_graphics (self);
  add_disks (self);
  if (installs)
    add_media (self);
  domuimg_build_add_devices (self);
  add_nics (self);
  add_extra (self);
  if (!domuimg_domain_validate (self->domain, error))
    return FALSE;
  if (plan->config_path != NULL)
    *text = domuimg_domain_to_xl_cfg (self->domain, error);
  return plan->config_path == NULL || *text != NULL;
}

gboolean
domuimg_build_make_domain (DomuimgBuildState *self, GError **error)
{
  if (self->plan->installer != NULL)
    {
      if (!make_domain (self, TRUE, &self->install_text, error))
        return FALSE;
      self->install_domain = g_steal_pointer (&self->domain);
    }
  return make_domain (self, FALSE, &self->config_text, error);
}

/* There is none, and a warning says why, where libvirt cannot boot such a guest. */
static gboolean
make_xml (DomuimgBuildState *self, GError **error)
{
  g_auto (GStrv) warnings = NULL;
  g_autoptr (GError) local = NULL;

  if (self->loader == DOMUIMG_LOADER_PYGRUB)
    domuimg_domain_set_bootloader (self->domain, self->loader_path);
  self->xml_text = domuimg_domain_to_libvirt_xml (self->domain, &warnings, &local);
  for (guint i = 0; warnings != NULL && warnings[i] != NULL; i++)
    g_ptr_array_add (self->warnings, g_strdup (warnings[i]));
  if (self->xml_text != NULL)
    return TRUE;
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED))
    {
      g_ptr_array_add (self->warnings,
                       g_strdup_printf ("there is no libvirt XML: %s", local->message));
      self->has_xml = FALSE;
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
domuimg_build_step_domain (DomuimgBuildState *self, DomuimgProgress *progress,
                           GCancellable *cancellable, GError **error)
{
  const DomuimgPlan *plan = self->plan;
  g_autofree char *manifest = NULL;

  domuimg_progress_set_message (progress, "Writing the configuration");
  if (self->config_text != NULL && !make_xml (self, error))
    return FALSE;
  manifest = domuimg_build_manifest (self);
  return (self->install_text == NULL
          || domuimg_write_text (self->install_config, plan->install_config_path,
                                 self->install_text, error))
         && (self->config_text == NULL
          || domuimg_write_text (self->config, plan->config_path, self->config_text, error))
         && (self->xml_text == NULL
             || domuimg_write_text (self->xml, plan->xml_path, self->xml_text, error))
         && domuimg_write_text (self->manifest, plan->manifest_path, manifest, error);
}
