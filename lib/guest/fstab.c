/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fstab and crypttab of a new guest: its own disks, and none of the machine that it was. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

#include "lib/guest/fstab-table.h"
#include "lib/guest/growfs.h"

#define ABSENT "domuimg: this device is not in the guest"
#define REPLACED "domuimg: replaced"

typedef struct {
  const char *spec, *mount_point, *fs, *options;
  int pass;
  gboolean done;
  gboolean grows; /* by systemd */
} Wanted;

static void
add_wanted (GArray *all, const char *spec, const char *mount_point, const char *fs,
            const char *options, int pass)
{
  Wanted wanted = { spec, mount_point, fs, options, pass, FALSE, FALSE };

  g_array_append_val (all, wanted);
}

/* What a system writes to when it starts, unless it is on another disk. */
static void
add_memory (GArray *all, const DomuimgCustomise *want)
{
  static const char *const places[] = { "/tmp", "/var/cache", "/var/lib/systemd", "/var/log", "/var/tmp" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      gboolean is_tmp = g_str_has_suffix (places[i], "/tmp");

      if (!domuimg_customise_has_disk_at (want, places[i]))
        add_wanted (all, "tmpfs", places[i], "tmpfs",
                    is_tmp ? "mode=1777,nosuid,nodev" : "mode=0755,nosuid,nodev", 0);
    }
}

static GArray *
collect_wanted (const DomuimgCustomise *want, const char *root_spec)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (Wanted));
  gboolean ext = g_str_has_prefix (want->root_fs, "ext");
  gboolean btrfs = g_str_equal (want->root_fs, "btrfs");

  /* fsck of xfs and btrfs does nothing at boot. */
  add_wanted (all, root_spec, "/", want->root_fs,
              ext                  ? "errors=remount-ro"
              : btrfs              ? "defaults,subvol=@"
              : want->is_read_only ? "ro"
                                   : "defaults",
              ext ? 1 : 0);
  if (want->is_read_only)
    add_memory (all, want);
  /* A new one has these (lib/fs/uml/fill.h). */
  if (btrfs)
    add_wanted (all, root_spec, "/home", want->root_fs, "defaults,subvol=@home", 0);
  for (guint i = 0; i < want->mounts->len; i++)
    {
      const DomuimgGuestMount *mount = g_ptr_array_index (want->mounts, i);
      gboolean swap = g_str_equal (mount->fs, "swap");

      add_wanted (all, mount->spec, swap ? "none" : mount->mount_point, mount->fs,
                  mount->options != NULL ? mount->options : (swap ? "sw" : "defaults"),
                  g_str_has_prefix (mount->fs, "ext") ? 2 : 0);
    }
  return all;
}

/* What is wanted at this mount point; swap has none, and is told by its device. */
static Wanted *
find_wanted (GArray *all, const char *spec, const char *mount_point)
{
  for (guint i = 0; i < all->len; i++)
    {
      Wanted *wanted = &g_array_index (all, Wanted, i);
      gboolean swap = g_str_equal (wanted->mount_point, "none");

      if (g_str_equal (swap ? wanted->spec : wanted->mount_point, swap ? spec : mount_point))
        return wanted;
    }
  return NULL;
}

static void
mark_growing (GArray *all, DomuimgGuestRun *run)
{
  for (guint i = 0; i < run->want->growths->len; i++)
    {
      const DomuimgGuestGrowth *growth = g_ptr_array_index (run->want->growths, i);
      gboolean grows = domuimg_guest_grows_by_systemd (run, growth);

      for (guint j = 0; grows && j < all->len; j++)
        {
          Wanted *wanted = &g_array_index (all, Wanted, j);

          wanted->grows |= g_str_equal (wanted->mount_point, growth->mount_point);
        }
    }
}

static char **
list_fields (const Wanted *wanted)
{
  g_autofree char *options
      = g_strconcat (wanted->options, wanted->grows ? ",x-systemd.growfs" : "", NULL);
  g_autofree char *pass = g_strdup_printf ("%d", wanted->pass);
  const char *fields[] = { wanted->spec, wanted->mount_point, wanted->fs, options, "0",
                           pass, NULL };

  return g_strdupv ((char **) fields);
}

static void
edit_entry (DomuimgFstab *fstab, GArray *all, const DomuimgFstabEntry *entry)
{
  Wanted *wanted = find_wanted (all, entry->spec, entry->file);
  g_auto (GStrv) fields = wanted != NULL ? list_fields (wanted) : NULL;

  if (wanted == NULL)
    {
      if (domuimg_fstab_is_device (entry->spec))
        domuimg_fstab_comment_out (fstab, entry->line, ABSENT);
      return;
    }
  if (wanted->done)
    domuimg_fstab_comment_out (fstab, entry->line, REPLACED);
  else if (!g_strv_equal ((const char *const *) fields, (const char *const *) entry->fields))
    domuimg_fstab_replace (fstab, entry->line, REPLACED, (const char *const *) fields);
  wanted->done = TRUE;
}

static char *
edit_fstab (const char *text, GArray *all)
{
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text);
  const GPtrArray *entries = domuimg_fstab_get_entries (fstab);

  for (guint i = 0; i < entries->len; i++)
    edit_entry (fstab, all, g_ptr_array_index (entries, i));
  for (guint i = 0; i < all->len; i++)
    {
      const Wanted *wanted = &g_array_index (all, Wanted, i);
      g_auto (GStrv) fields = list_fields (wanted);

      if (!wanted->done)
        domuimg_fstab_append (fstab, (const char *const *) fields);
    }
  return domuimg_fstab_to_text (fstab);
}

/* What the guest's own tools put into its next initramfs. */
static void
append_container (DomuimgFstab *crypttab, const DomuimgCustomise *want)
{
  g_autofree char *device = g_strdup_printf ("UUID=%s", want->crypt_uuid);
  const char *const fields[] = { want->crypt_name, device, "none", "luks,discard,initramfs", NULL };

  domuimg_fstab_append (crypttab, fields);
}

/* Waiting for an absent encrypted device would hold the boot up. */
static char *
edit_crypttab (const char *text, const DomuimgCustomise *want)
{
  g_autoptr (DomuimgFstab) crypttab = domuimg_fstab_parse (text);
  const GPtrArray *entries = domuimg_fstab_get_entries (crypttab);
  gboolean has_own = want->crypt_name == NULL;

  for (guint i = 0; i < entries->len; i++)
    {
      const DomuimgFstabEntry *entry = g_ptr_array_index (entries, i);
      const char *device = entry->fields[DOMUIMG_CRYPTTAB_DEVICE];
      gboolean is_own = want->crypt_name != NULL && g_str_has_prefix (device, "UUID=")
                        && g_str_equal (device + strlen ("UUID="), want->crypt_uuid);

      has_own |= is_own;
      if (!is_own && domuimg_fstab_is_device (device))
        domuimg_fstab_comment_out (crypttab, entry->line, ABSENT);
    }
  if (!has_own)
    append_container (crypttab, want);
  return domuimg_fstab_to_text (crypttab);
}

gboolean
domuimg_guest_step_fstab (DomuimgGuestRun *self, GError **error)
{
  g_autofree char *old = NULL;
  g_autofree char *crypttab = NULL;

  if (self->want->root_uuid == NULL && self->want->root_spec == NULL)
    return TRUE;
  if (!domuimg_edit_read (self->edit, "/etc/fstab", &old, error)
      || !domuimg_edit_read (self->edit, "/etc/crypttab", &crypttab, error))
    return FALSE;

  g_autofree char *root = self->want->root_spec != NULL
                              ? g_strdup (self->want->root_spec)
                              : g_strdup_printf ("UUID=%s", self->want->root_uuid);
  g_autoptr (GArray) all = collect_wanted (self->want, root);
  mark_growing (all, self);
  g_autofree char *text = edit_fstab (old != NULL ? old : "", all);
  if (!domuimg_edit_write (self->edit, "/etc/fstab", text, 0644, error))
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      const char *mount_point = g_array_index (all, Wanted, i).mount_point;

      if (mount_point[0] == '/' && mount_point[1] != '\0'
          && !domuimg_edit_mkdir (self->edit, mount_point, 0755, error))
        return FALSE;
    }
  if (crypttab == NULL && self->want->crypt_name == NULL)
    return TRUE;
  g_autofree char *edited = edit_crypttab (crypttab != NULL ? crypttab : "", self->want);
  return domuimg_edit_write (self->edit, "/etc/crypttab", edited, 0600, error);
}
