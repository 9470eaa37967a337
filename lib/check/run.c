/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the rules in the order of a boot, over a machine that was read from files or that somebody
 * has just made. */
#include "config.h"
#include "lib/check/run.h"

#include <string.h>

#include "lib/check/report.h"
#include "lib/tree/faults.h"

/* Each finds what the ones before it put together. */
static void (*const subjects[]) (DomuimgMachine *machine) = {
  domuimg_check_config,       domuimg_check_images,     domuimg_check_menu,
  domuimg_check_installer,    domuimg_check_kernel,     domuimg_check_cmdline,
  domuimg_check_root,         domuimg_check_filesystem,
  domuimg_check_initramfs,    domuimg_check_memory,     domuimg_check_application,
  domuimg_check_modules,
  domuimg_check_fstab,        domuimg_check_owners,     domuimg_check_init_program,
  domuimg_check_init_programs, domuimg_check_selinux, domuimg_check_console,   domuimg_check_accounts,
  domuimg_check_network,      domuimg_check_host,       domuimg_check_faults,
};

static guint
count_failures (DomuimgMachine *self)
{
  guint count = 0;

  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->tree != NULL)
        count += domuimg_tree_count_failures (device->tree);
    }
  return count;
}

/* To a rule, what it cannot read is not there. So what it then says is wrong may not be. */
static void
run_subject (DomuimgMachine *self, void (*subject) (DomuimgMachine *machine))
{
  GPtrArray *findings = domuimg_report_get_findings (self->report);
  guint before = findings->len, failures = count_failures (self);

  subject (self);
  for (guint i = before; i < findings->len && count_failures (self) > failures; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (finding->severity == DOMUIMG_SEVERITY_ERROR)
        finding->severity = DOMUIMG_SEVERITY_UNKNOWN;
    }
}

gboolean
domuimg_machine_run_rules (DomuimgMachine *self, GCancellable *cancellable, GError **error)
{
  self->type = domuimg_domain_get_guest_type (self->domain);
  for (guint i = 0; i < G_N_ELEMENTS (subjects); i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      run_subject (self, subjects[i]);
    }
  domuimg_report_set_guest_type (self->report, self->type);
  return TRUE;
}

/* The images of the devices, each once, in the order of the disks. */
static void
take_images (DomuimgMachine *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      DomuimgImage *image = ((DomuimgDevice *) g_ptr_array_index (self->devices, i))->image;

      if (image != NULL && !g_ptr_array_find (self->images, image, NULL))
        g_ptr_array_add (self->images, image);
    }
}

/* Rules look at the text, too, and repairs are of it: without it, they would say less than a check
 * of the file does later. */
static gboolean
take_config (DomuimgMachine *self, const DomuimgMade *made, GError **error)
{
  if (made->config == NULL)
    {
      self->path = g_strdup (domuimg_domain_get_name (made->domain));
      return TRUE;
    }
  self->path = g_strdup (made->config_path);
  self->config
      = domuimg_xl_file_parse (made->config, strlen (made->config), made->config_path, error);
  return self->config != NULL;
}

void
domuimg_check_read_clear (DomuimgCheckRead *self)
{
  g_clear_object (&self->kernel);
  g_clear_pointer (&self->initramfs, domuimg_initramfs_free);
  g_clear_pointer (&self->kernel_path, g_free);
  g_clear_pointer (&self->initramfs_path, g_free);
}

static void
keep_read (const DomuimgMachine *machine, DomuimgCheckRead *read)
{
  const DomuimgGuestBoot *boot = &machine->boot;

  g_set_object (&read->kernel, boot->kernel);
  read->kernel_path = g_strdup (boot->kernel_path);
  if (boot->initramfs == NULL || boot->initrd_paths->len != 1)
    return;
  read->initramfs = domuimg_initramfs_ref (boot->initramfs);
  read->initramfs_path = g_strdup (g_ptr_array_index (boot->initrd_paths, 0));
}

DomuimgReport *
domuimg_check_run_on (const DomuimgMade *made, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgMachine) machine = domuimg_machine_new ();
  g_autoptr (DomuimgProfile) here = NULL;

  machine->made = made;
  if (!take_config (machine, made, error))
    return NULL;
  if (made->profile == NULL)
    here = domuimg_profile_of_host (cancellable);
  machine->profile = made->profile != NULL ? made->profile : here;
  machine->xen = domuimg_machine_choose_xen (machine->profile, made->xen);
  machine->domain = g_object_ref (made->domain);
  g_ptr_array_unref (machine->devices);
  machine->devices = g_ptr_array_ref (made->devices);
  take_images (machine);
  if (!domuimg_machine_run_rules (machine, cancellable, error))
    return NULL;
  if (made->read != NULL)
    keep_read (machine, made->read);
  return g_object_ref (machine->report);
}
