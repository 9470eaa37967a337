/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which repairs are offered for what rules find. */
#include "config.h"
#include "lib/check/offers.h"

#include <string.h>

#include "lib/check/report.h"
#include "lib/repair/initramfs.h"
#include "lib/repair/modules.h"

void
domuimg_offer_config (DomuimgFinding *finding, const char *key, const char *value)
{
  g_autofree char *argument
      = value != NULL ? g_strdup_printf ("%s\t%s", key, value) : g_strdup (key);

  if (value != NULL)
    domuimg_finding_offer (finding, domuimg_repair_config, argument,
                           "set %s=%s in the configuration", key, value);
  else
    domuimg_finding_offer (finding, domuimg_repair_config, argument,
                           "remove %s from the configuration", key);
}

gboolean
domuimg_offers_config (DomuimgMachine *machine, const char *key)
{
  g_autofree char *prefix = g_strconcat (key, "\t", NULL);
  GPtrArray *findings = domuimg_report_get_findings (machine->report);

  for (guint i = 0; i < findings->len; i++)
    {
      const DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (finding->repair == domuimg_repair_config && g_str_has_prefix (finding->argument, prefix))
        return TRUE;
    }
  return FALSE;
}

void
domuimg_offer_rename (DomuimgFinding *finding, const char *from, const char *to)
{
  g_autofree char *argument = g_strdup_printf ("%s\t%s", from, to);

  domuimg_finding_offer (finding, domuimg_repair_rename, argument,
                         "rename %s to %s in the configuration", from, to);
}

void
domuimg_offer_disk_format (DomuimgFinding *finding, const char *vdev, const char *format)
{
  g_autofree char *argument = g_strdup_printf ("%s\t%s", vdev, format);

  domuimg_finding_offer (finding, domuimg_repair_disk_format, argument,
                         "set the format of the disk %s to %s in the configuration", vdev, format);
}

/* What is added at the end of a line that is full already is cut off. */
static gboolean
has_room (const DomuimgMachine *machine, const char *argument)
{
  const char *cmdline = machine->boot.cmdline;

  return machine->type != DOMUIMG_GUEST_TYPE_PV || cmdline == NULL
         || strlen (cmdline) + 1 + strlen (argument) < DOMUIMG_PV_CMDLINE_ROOM;
}

void
domuimg_offer_parameter (DomuimgFinding *finding, DomuimgMachine *machine, const char *key,
                         const char *value)
{
  g_autofree char *argument = g_strdup_printf ("%s\t%s", key, value);
  const DomuimgMenu *menu = machine->boot.in_guest ? machine->boot.menu : NULL;

  if (!has_room (machine, argument))
    domuimg_finding_advise (finding, "shorten the kernel's command line, and have %s=%s among its first"
                                     " %d bytes",
                            key, value, DOMUIMG_PV_CMDLINE_ROOM - 1);
  else if (menu != NULL && menu->format == DOMUIMG_MENU_UKI)
    domuimg_finding_advise (finding, "set %s=%s in the guest's /etc/kernel/cmdline and build its"
                                     " unified kernel image again (kernel-install add-all)",
                            key, value);
  else if (menu != NULL)
    domuimg_finding_offer (finding, domuimg_repair_parameter, argument,
                           "set %s=%s in the guest's /%s", key, value, menu->path);
  else if (machine->config != NULL)
    domuimg_finding_offer (finding, domuimg_repair_parameter, argument,
                           "set %s=%s on the kernel's command line in the configuration", key,
                           value);
  else if (machine->is_image)
    domuimg_finding_advise (finding, "say %s=%s in --cmdline", key, value);
  else
    domuimg_finding_advise (finding,
                            "set %s=%s on the kernel's command line in the configuration by hand:"
                            " --fix changes xl.cfg only",
                            key, value);
}

void
domuimg_offer_features (DomuimgFinding *finding, const DomuimgDevice *device,
                        const char *const *features)
{
  g_autofree char *names = g_strjoinv (",", (char **) features);
  g_autofree char *argument = g_strdup_printf ("%s\t%s", device->name, names);

  domuimg_finding_offer (finding, domuimg_repair_features, argument,
                         "remove %s from the filesystem of %s (tune2fs -O)", names,
                         device->name);
}

static gboolean
can_add (DomuimgMachine *machine, const char *const *modules, GError **error)
{
  const DomuimgGuestBoot *boot = &machine->boot;
  g_auto (DomuimgInitramfsHook) hook = { NULL };
  DomuimgDevice *root = machine->tree != NULL ? machine->root
                                                    : domuimg_machine_guess_root (machine);
  g_autoptr (GPtrArray) paths = NULL;

  if (root == NULL || boot->initramfs == NULL || boot->kernel == NULL
      || domuimg_kernel_get_version (boot->kernel) == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "the guest's root was not found");
  if (!domuimg_initramfs_find_hook (boot->initramfs, "domuimg", &hook))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "what loads modules in this initramfs is not known");
  paths = domuimg_modules_resolve (root->tree, domuimg_kernel_get_version (boot->kernel),
                                   modules, error);
  return paths != NULL;
}

void
domuimg_offer_initramfs_modules (DomuimgFinding *finding, DomuimgMachine *machine,
                                 const char *const *modules)
{
  g_autofree char *list = g_strjoinv (",", (char **) modules);
  g_autoptr (GError) error = NULL;

  if (can_add (machine, modules, &error))
    domuimg_finding_offer (finding, domuimg_repair_initramfs, list,
                           "add %s of the guest's own modules, and what loads them, to the"
                           " initramfs",
                           list);
  else
    domuimg_finding_advise (finding, "%s; make the initramfs again in the guest with %s in it"
                                     " (Debian: /etc/initramfs-tools/modules, then"
                                     " update-initramfs -u -k all; Fedora: dracut --force"
                                     " --add-drivers; Arch: MODULES= in /etc/mkinitcpio.conf, then"
                                     " mkinitcpio -P; Alpine: features= in"
                                     " /etc/mkinitfs/mkinitfs.conf, then mkinitfs)",
                            error->message, list);
}
