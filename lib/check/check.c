/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public object of a check: what is to be checked, and how; its run, and its repairs. */
#include "config.h"
#include "domuimg/check.h"

#include "lib/base/progress.h"
#include "lib/check/fix.h"
#include "lib/check/unlock.h"
#include "lib/check/report.h"
#include "lib/check/rules.h"
#include "lib/check/run.h"
#include "lib/check/several.h"
#include "lib/check/subject.h"

#define ROUNDS 4

/**
 * DomuimgCheck:
 *
 * Says whether a guest will reach its login, without starting it, and why not: from its
 * configuration, or from its image alone. Images are opened read-only and not mounted; root is not
 * needed but for files that only root may read.
 *
 * Since: 0.1
 */
struct _DomuimgCheck {
  GObject parent_instance;

  char *config; /* (nullable) path, or a guest's name: this or @image */
  char *image;  /* (nullable) */
  DomuimgGuestType type;
  char *kernel;
  char *ramdisk;
  char *cmdline;
  DomuimgXenVersion xen; /* major 0: the host's */
  DomuimgProfile *profile; /* (nullable) of the host; NULL: this one */
  gboolean allow_backing;
  GPtrArray *luks_keys;  /* (element-type DomuimgLuksKey) */
  DomuimgProgress *progress; /* (nullable) */
};

G_DEFINE_FINAL_TYPE (DomuimgCheck, domuimg_check, G_TYPE_OBJECT)

static void
domuimg_check_finalize (GObject *object)
{
  DomuimgCheck *self = DOMUIMG_CHECK (object);

  g_free (self->config);
  g_free (self->image);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->cmdline);
  g_clear_pointer (&self->profile, domuimg_profile_free);
  g_ptr_array_unref (self->luks_keys);
  g_clear_object (&self->progress);
  G_OBJECT_CLASS (domuimg_check_parent_class)->finalize (object);
}

static void
domuimg_check_class_init (DomuimgCheckClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_check_finalize;
}

static void
domuimg_check_init (DomuimgCheck *self)
{
  self->luks_keys = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_luks_key_free);
}

/**
 * domuimg_check_new_for_config:
 * @path: (type filename): the path of a configuration, which may be an xl.cfg, libvirt's domain
 *   XML, a file of the old xm, or the manifest that was written with one; or the name of a guest,
 *   as domuimg_domain_find_config() takes it
 *
 * What xl can read is checked as xl reads it.
 *
 * Returns: (transfer full): a check of the guest that the configuration describes
 *
 * Since: 0.1
 */
DomuimgCheck *
domuimg_check_new_for_config (const char *path)
{
  DomuimgCheck *self = g_object_new (DOMUIMG_TYPE_CHECK, NULL);

  g_return_val_if_fail (path != NULL, self);
  self->config = g_strdup (path);
  return self;
}

/**
 * domuimg_check_new_for_image:
 * @path: (type filename): a disk image or block device
 *
 * Returns: (transfer full): a check of a guest that has this image as its first disk, xvda. Where
 *   nothing else is set, the newest kernel in it is booted, as PVH if that can be, else as PV, or
 *   as HVM where the disk has a boot loader of its own and no such kernel
 *
 * Since: 0.1
 */
DomuimgCheck *
domuimg_check_new_for_image (const char *path)
{
  DomuimgCheck *self = g_object_new (DOMUIMG_TYPE_CHECK, NULL);

  g_return_val_if_fail (path != NULL, self);
  self->image = g_canonicalize_filename (path, NULL);
  return self;
}

const char *
domuimg_check_get_subject (DomuimgCheck *self)
{
  return self->config != NULL ? self->config : self->image;
}

/**
 * domuimg_check_set_guest_type:
 * @self: a check
 * @type: the type to start it as; %DOMUIMG_GUEST_TYPE_AUTO for what the configuration says, or
 *   without one what suits the kernel
 *
 * Since: 0.1
 */
void
domuimg_check_set_guest_type (DomuimgCheck *self, DomuimgGuestType type)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  self->type = type;
}

static void
replace (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

/**
 * domuimg_check_set_kernel:
 * @self: a check
 * @path: (nullable) (type filename): a kernel on this host, in place of the configured one;
 *   %NULL for that one
 *
 * Since: 0.1
 */
void
domuimg_check_set_kernel (DomuimgCheck *self, const char *path)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  replace (&self->kernel, path);
}

/**
 * domuimg_check_set_ramdisk:
 * @self: a check
 * @path: (nullable) (type filename): an initramfs on this host, in place of the configured one;
 *   %NULL for that one
 *
 * Since: 0.1
 */
void
domuimg_check_set_ramdisk (DomuimgCheck *self, const char *path)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  replace (&self->ramdisk, path);
}

/**
 * domuimg_check_set_cmdline:
 * @self: a check
 * @cmdline: (nullable): the kernel's command line, in place of the configured one; %NULL for that
 *   one
 *
 * Since: 0.1
 */
void
domuimg_check_set_cmdline (DomuimgCheck *self, const char *cmdline)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  replace (&self->cmdline, cmdline);
}

/**
 * domuimg_check_set_xen_version:
 * @self: a check
 * @version: the Xen that the guest is to run on, such as `4.17`; without this, the host's
 * @error: return location: %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Returns: whether @version is one
 *
 * Since: 0.1
 */
gboolean
domuimg_check_set_xen_version (DomuimgCheck *self, const char *version, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_CHECK (self), FALSE);
  return domuimg_xen_version_parse (version, &self->xen, error);
}

/**
 * domuimg_check_set_host:
 * @self: a check
 * @path: (type filename): a host profile: what `domuimg doctor --json` has written on the Xen host that
 *   the guest is to run on
 * @error: return location: %DOMUIMG_ERROR_NOT_FOUND, %DOMUIMG_ERROR_IO,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT
 *
 * Judges what depends on the host by that one, and the version of Xen, where
 * domuimg_check_set_xen_version() does not say another. Without this, a Xen host looks at itself, and
 * elsewhere a finding `host-unknown` lists what was not looked at, which does not change the verdict.
 *
 * Returns: whether @path is one
 *
 * Since: 0.1
 */
gboolean
domuimg_check_set_host (DomuimgCheck *self, const char *path, GError **error)
{
  DomuimgProfile *profile;

  g_return_val_if_fail (DOMUIMG_IS_CHECK (self), FALSE);
  profile = domuimg_profile_read (path, error);
  if (profile == NULL)
    return FALSE;
  g_clear_pointer (&self->profile, domuimg_profile_free);
  self->profile = profile;
  return TRUE;
}

/**
 * domuimg_check_set_progress:
 * @self: a check
 * @progress: (nullable): is told what domuimg_check_run() and domuimg_check_fix() are doing, in their
 *   thread
 *
 * Since: 0.1
 */
void
domuimg_check_set_progress (DomuimgCheck *self, DomuimgProgress *progress)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  g_return_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress));
  g_set_object (&self->progress, progress);
}

static void
tell (DomuimgCheck *self, double fraction, const char *message)
{
  if (self->progress == NULL)
    return;
  domuimg_progress_set_message (self->progress, "%s", message);
  domuimg_progress_set_fraction (self->progress, fraction);
}

/**
 * domuimg_check_set_allow_backing:
 * @self: a check
 * @allow: whether images may lie over backing files outside of their directories, beside those that
 *   the manifest of the guest names; without this such a disk is not read
 *
 * Since: 0.1
 */
void
domuimg_check_set_allow_backing (DomuimgCheck *self, gboolean allow)
{
  g_return_if_fail (DOMUIMG_IS_CHECK (self));
  self->allow_backing = allow;
}

/**
 * domuimg_check_add_luks_key:
 * @self: a check
 * @key: `FILE`, or `DISK:FILE` for one disk or partition only, such as `xvda2:FILE`, by the name that the
 *   guest has for it; a file whose content, or all of it but a newline at its end, opens a LUKS container
 * @error: return location: %DOMUIMG_ERROR_NOT_FOUND, %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO
 *   where the file cannot be read
 *
 * Looks into encrypted disks, which are opened in memory, without root and without a device mapper.
 * A key that opens none is reported. Nothing in them is repaired: domuimg_check_fix() refuses.
 * The formats are those of cryptsetup's LUKS1 and LUKS2, with aes-xts-plain64 and without integrity.
 *
 * Returns: %TRUE, or %FALSE with @error set
 *
 * Since: 0.1
 */
gboolean
domuimg_check_add_luks_key (DomuimgCheck *self, const char *key, GError **error)
{
  DomuimgLuksKey *one;

  g_return_val_if_fail (DOMUIMG_IS_CHECK (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);
  one = domuimg_luks_key_parse (key, error);
  if (one != NULL)
    g_ptr_array_add (self->luks_keys, one);
  return one != NULL;
}

static void
apply_options (DomuimgCheck *self, DomuimgDomain *domain)
{
  if (self->type != DOMUIMG_GUEST_TYPE_AUTO)
    domuimg_domain_set_guest_type (domain, self->type);
  if (self->kernel != NULL)
    {
      domuimg_domain_set_kernel (domain, self->kernel);
      domuimg_domain_set_bootloader (domain, NULL);
      domuimg_domain_set_firmware (domain, NULL);
    }
  if (self->ramdisk != NULL)
    domuimg_domain_set_ramdisk (domain, self->ramdisk);
  if (self->cmdline != NULL)
    domuimg_domain_set_cmdline (domain, self->cmdline);
}

static gboolean
is_of_config (DomuimgRepair repair)
{
  return repair == domuimg_repair_config || repair == domuimg_repair_rename
         || repair == domuimg_repair_disk_format;
}

/* Repairs of a configuration know the language of xl.cfg only; what can be done instead is said. */
static void
withdraw_repairs (DomuimgMachine *machine)
{
  GPtrArray *findings = domuimg_report_get_findings (machine->report);

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);
      g_autofree char *remedy = g_strdup (finding->remedy);

      if (!is_of_config (finding->repair))
        continue;
      finding->repair = NULL;
      domuimg_finding_advise (finding, "%s, %s: --fix changes xl.cfg only", remedy,
                              machine->format == DOMUIMG_CONFIG_FORMAT_XM
                                  ? "with domuimg config set"
                                  : "with virsh edit or an editor");
    }
}

static gboolean
read_subject (DomuimgCheck *self, DomuimgMachine *machine, GError **error)
{
  return self->config != NULL
             ? domuimg_subject_read_config (machine, self->config, error)
             : domuimg_subject_invent (machine, self->image, self->type, error);
}

/* Whichever way it is run; of another host nothing is asked here. */
static void
look_at_host (DomuimgCheck *self, GCancellable *cancellable)
{
  if (self->profile == NULL)
    self->profile = domuimg_profile_of_host (cancellable);
}

static DomuimgMachine *
examine (DomuimgCheck *self, DomuimgRepairWork *work, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgMachine) machine = domuimg_machine_new ();
  g_autoptr (GError) local = NULL;

  look_at_host (self, cancellable);
  machine->work = work;
  machine->allow_backing = self->allow_backing;
  machine->luks_keys = self->luks_keys;
  machine->profile = self->profile;
  machine->xen = domuimg_machine_choose_xen (self->profile, self->xen);
  if (cancellable != NULL)
    machine->cancellable = g_object_ref (cancellable);
  if (!read_subject (self, machine, &local))
    {
      if (local == NULL)
        return g_steal_pointer (&machine);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  apply_options (self, machine->domain);
  if (!domuimg_machine_run_rules (machine, cancellable, error))
    return NULL;
  if (machine->config == NULL && !machine->is_image)
    withdraw_repairs (machine);
  return g_steal_pointer (&machine);
}

static gboolean
check_options (DomuimgCheck *self, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_CHECK (self), FALSE);
  if (self->ramdisk != NULL && self->kernel == NULL && self->config == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "an initramfs is given without its kernel");
  return TRUE;
}

/**
 * domuimg_check_run:
 * @self: a check
 * @cancellable: (nullable): to stop it
 * @error: return location: %DOMUIMG_ERROR_NOT_FOUND, %DOMUIMG_ERROR_PERMISSION,
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT, %DOMUIMG_ERROR_IO, where the configuration or, without one,
 *   the image cannot be read at all; whatever is wrong in them is in the report
 *
 * Looks at everything; changes nothing.
 *
 * Returns: (transfer full): what was found
 *
 * Since: 0.1
 */
DomuimgReport *
domuimg_check_run (DomuimgCheck *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgMachine) machine = NULL;

  if (!check_options (self, error))
    return NULL;
  tell (self, 0.0, "Looking at the guest");
  machine = examine (self, NULL, cancellable, error);
  tell (self, 1.0, "Looked at the guest");
  return machine != NULL ? g_object_ref (machine->report) : NULL;
}

/* Nothing is written through a key. */
static gboolean
check_writable (DomuimgCheck *self, GError **error)
{
  return self->luks_keys->len == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "what is in an encrypted disk is only looked at, and not repaired; leave out the"
                          " key, or repair the guest where it is open");
}

/**
 * domuimg_check_plan_fixes:
 * @self: a check
 * @cancellable: (nullable): to stop it
 * @error: return location, as of domuimg_check_run()
 *
 * Returns: (transfer full) (array zero-terminated=1): what domuimg_check_fix() would do, a line
 *   each; nothing is changed
 *
 * Since: 0.1
 */
char **
domuimg_check_plan_fixes (DomuimgCheck *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgReport) report
      = check_writable (self, error) ? domuimg_check_run (self, cancellable, error) : NULL;
  g_autoptr (GStrvBuilder) plan = g_strv_builder_new ();
  GPtrArray *findings;

  if (report == NULL)
    return NULL;
  findings = domuimg_report_get_findings (report);
  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (domuimg_finding_get_fixable (finding))
        g_strv_builder_add (plan, finding->remedy);
    }
  return g_strv_builder_end (plan);
}

/* The guest as it is after the repairs, which are made whether or not it can be looked at again. */
static DomuimgReport *
check_again (DomuimgCheck *self, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  DomuimgReport *report = domuimg_check_run (self, cancellable, &error);
  g_autoptr (DomuimgMachine) machine = NULL;

  if (report != NULL)
    return report;
  machine = domuimg_machine_new ();
  domuimg_finding_advise (
      domuimg_machine_report (machine, "repaired-unchecked", domuimg_check_get_subject (self),
                              "all repairs are made, but the guest could not be checked again: %s",
                              error->message),
      "run domuimg check once more");
  return g_object_ref (machine->report);
}

/**
 * domuimg_check_fix:
 * @self: a check
 * @cancellable: (nullable): to stop it
 * @changes: (out) (optional) (transfer full) (array zero-terminated=1): what was done, a line each
 * @error: return location: those of domuimg_check_run(), %DOMUIMG_ERROR_NO_SPACE,
 *   %DOMUIMG_ERROR_BUSY, %DOMUIMG_ERROR_TOOL_FAILED; then nothing is changed
 *
 * Repairs what can be repaired without running anything of the guest: all of it or, where an error
 * is returned, nothing. The original of each file that is changed stays in the guest, below
 * /var/lib/domuimg/replaced. The guest must not be running.
 *
 * Returns: (transfer full): what a check finds afterwards; where the configuration cannot be read
 *   again, only that this is so, and the verdict is %DOMUIMG_VERDICT_UNKNOWN
 *
 * Since: 0.1
 */
DomuimgReport *
domuimg_check_fix (DomuimgCheck *self, GCancellable *cancellable, char ***changes, GError **error)
{
  g_autoptr (GPtrArray) done = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (DomuimgRepairWork) work = domuimg_repair_work_new (cancellable);
  guint before = G_MAXUINT;

  if (!check_options (self, error))
    return NULL;
  if (!check_writable (self, error))
    return NULL;
  tell (self, 0.0, "Looking at the guest");
  /* What is wrong with the root hides what is wrong in it. */
  for (guint round = 0; round < ROUNDS && done->len != before; round++)
    {
      g_autoptr (DomuimgMachine) machine = examine (self, work, cancellable, error);

      before = done->len;
      tell (self, 0.2 + 0.1 * round, "Repairing the guest");
      if (machine == NULL || !domuimg_fix_run (machine, work, done, error))
        return NULL;
    }
  tell (self, 0.7, "Putting the repairs in place");
  if (!domuimg_fix_finish (work, done, error))
    return NULL;
  if (changes != NULL)
    {
      g_ptr_array_add (done, NULL);
      *changes = (char **) g_ptr_array_free (g_steal_pointer (&done), FALSE);
    }
  return check_again (self, cancellable);
}
