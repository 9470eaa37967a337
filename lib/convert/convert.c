/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ordered table of steps of a conversion. */
#include "config.h"
#include "lib/convert/convert.h"

#include "lib/convert/edit.h"
#include "lib/guest/steps.h"

static void
nic_free (gpointer data)
{
  DomuimgConvertNic *self = data;

  g_free (self->old_mac);
  g_free (self->mac);
  g_free (self);
}

DomuimgConversion *
domuimg_conversion_new (void)
{
  DomuimgConversion *self = g_new0 (DomuimgConversion, 1);

  self->volumes = domuimg_devices_new ();
  self->nics = g_ptr_array_new_with_free_func (nic_free);
  return self;
}

void
domuimg_conversion_free (DomuimgConversion *self)
{
  g_ptr_array_unref (self->volumes);
  g_ptr_array_unref (self->nics);
  g_free (self);
}

DomuimgDevice *
domuimg_conversion_add_volume (DomuimgConversion *self, const char *name, guint disk,
                               const DomuimgVolume *volume)
{
  self->n_disks = MAX (self->n_disks, disk + 1);
  return domuimg_devices_add (self->volumes, name, disk, NULL, volume);
}

void
domuimg_conversion_add_nic (DomuimgConversion *self, const char *old_mac, const char *mac)
{
  DomuimgConvertNic *nic = g_new0 (DomuimgConvertNic, 1);

  nic->old_mac = g_strdup (old_mac);
  nic->mac = g_strdup (mac);
  g_ptr_array_add (self->nics, nic);
}

/* Adds a getty on the console; one that exists already stays. */
gboolean
domuimg_convert_step_console (DomuimgConvertEdit *self, GError **error)
{
  g_autoptr (DomuimgCustomise) want = domuimg_customise_new ();
  DomuimgGuestRun run = { .want = want, .edit = self->edit, .info = self->info };

  want->type = self->want->type;
  return domuimg_guest_step_console (&run, error);
}

static const struct {
  const char *name;
  gboolean (*run) (DomuimgConvertEdit *self, GError **error);
} steps[] = {
  { "fstab", domuimg_convert_step_fstab },         { "boot menu", domuimg_convert_step_boot },
  { "initramfs", domuimg_convert_step_initramfs }, { "console", domuimg_convert_step_console },
  { "network", domuimg_convert_step_nics },        { "guest tools", domuimg_convert_step_tools },
};

static gboolean
run_steps (DomuimgConvertEdit *self, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (g_cancellable_set_error_if_cancelled (self->edit->cancellable, error))
        return FALSE;
      if (!steps[i].run (self, error))
        {
          g_prefix_error (error, "Converting the guest (%s): ", steps[i].name);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
domuimg_conversion_run (const DomuimgConversion *self, DomuimgTree *root, DomuimgTree *boot,
                        DomuimgTree *whole, GPtrArray *changes, GCancellable *cancellable,
                        GError **error)
{
  g_autoptr (DomuimgGuestInfo) info = domuimg_guest_info_new (root, error);
  g_autoptr (GHashTable) kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (DomuimgGuestBoot) loaded = { 0 };
  DomuimgEdit files = { .tree = root,
                        .originals = self->no_backup ? NULL : root,
                        .kept = kept,
                        .changes = changes,
                        .cancellable = cancellable };
  DomuimgRepairSite site = { .name = "the guest", .loaded = &loaded, .root = files };
  DomuimgConvertEdit edit = { self, &site, &site.root, &loaded, info, root, whole, NULL };
  gboolean ok;

  if (info == NULL)
    return FALSE;
  domuimg_guest_boot_init (&loaded);
  if (boot != NULL)
    {
      site.boot = files;
      site.boot.tree = boot;
      site.boot.prefix = "/boot";
    }
  ok = run_steps (&edit, error);
  g_free (edit.root_link);
  return ok;
}
