/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fstab and crypttab of a converted guest: devices by names that do not depend on a bus. */
#include "config.h"

#include "lib/convert/edit.h"
#include "lib/guest/fstab-table.h"

/* A guest without it boots all the same. */
static void
set_nofail (DomuimgFstab *fstab, const DomuimgFstabEntry *entry)
{
  g_autofree char *options = NULL;

  if (domuimg_fstab_has_option (entry, "nofail") || domuimg_fstab_has_option (entry, "noauto"))
    return;
  options = g_str_equal (entry->options, "defaults")
                ? g_strdup ("nofail")
                : g_strconcat (entry->options, ",nofail", NULL);
  domuimg_fstab_set_field (fstab, entry->line, DOMUIMG_FSTAB_OPTIONS, options);
}

static gboolean
is_removable (const char *device)
{
  return g_regex_match_simple ("^/dev/(sr[0-9]+|scd[0-9]+|cdrom[0-9]*|cdrw[0-9]*|dvd[0-9]*|dvdrw"
                               "|fd[0-9]+|floppy)$",
                               device, 0, 0);
}

/* Directories of the old host. */
static gboolean
is_share (const char *fs)
{
  static const char *const shares[]
      = { "vmhgfs", "fuse.vmhgfs-fuse", "vboxsf", "9p", "virtiofs", "prl_fs", NULL };

  return g_strv_contains (shares, fs);
}

static void
convert_entry (DomuimgConvertEdit *self, DomuimgFstab *fstab, const DomuimgFstabEntry *entry)
{
  g_autofree char *spec = NULL;

  if (is_share (entry->type))
    {
      domuimg_edit_warn (self->edit,
                         "/etc/fstab: %s was a directory of the old host, and is left out",
                         entry->file);
      domuimg_fstab_comment_out (fstab, entry->line, NULL);
      return;
    }
  if (is_removable (entry->spec) || g_str_equal (entry->type, "iso9660")
      || g_str_equal (entry->type, "udf,iso9660"))
    {
      set_nofail (fstab, entry);
      return;
    }
  switch (domuimg_convert_find_device (self, entry->spec, entry->file, entry->type, &spec))
    {
    case DOMUIMG_DEVICE_FOUND:
      domuimg_fstab_set_field (fstab, entry->line, DOMUIMG_FSTAB_SPEC, spec);
      break;
    case DOMUIMG_DEVICE_MISSING:
      domuimg_edit_warn (self->edit,
                         "/etc/fstab: %s, for %s, does not exist in this guest, which boots"
                         " without it",
                         entry->spec, entry->file);
      set_nofail (fstab, entry);
      break;
    default:
      break;
    }
}

static void
convert_crypt_entry (DomuimgConvertEdit *self, DomuimgFstab *crypttab,
                     const DomuimgFstabEntry *entry)
{
  const char *device = entry->fields[DOMUIMG_CRYPTTAB_DEVICE];
  g_autofree char *spec = NULL;

  if (domuimg_convert_find_device (self, device, NULL, NULL, &spec) != DOMUIMG_DEVICE_FOUND)
    return;
  domuimg_fstab_set_field (crypttab, entry->line, DOMUIMG_CRYPTTAB_DEVICE, spec);
  /* There it is in programs' own files, which nobody but they know how to write. */
  if (self->want->root != NULL && self->want->root->volume->is_encrypted)
    domuimg_edit_warn (self->edit,
                       "/etc/crypttab: %s is %s now; an initramfs that has a copy of that line is not changed,"
                       " and where it looks for %s, the guest's own tools have to make it again",
                       device, spec, device);
}

static gboolean
convert_file (DomuimgConvertEdit *self, const char *path,
              void (*convert) (DomuimgConvertEdit *self, DomuimgFstab *table,
                               const DomuimgFstabEntry *entry),
              GError **error)
{
  g_autofree char *text = domuimg_tree_read_text (self->root, path, NULL);
  g_autoptr (DomuimgFstab) table = text != NULL ? domuimg_fstab_parse (text) : NULL;
  g_autofree char *edited = NULL;
  const GPtrArray *entries;

  if (table == NULL)
    return TRUE;
  entries = domuimg_fstab_get_entries (table);
  for (guint i = 0; i < entries->len; i++)
    convert (self, table, g_ptr_array_index (entries, i));
  edited = domuimg_fstab_to_text (table);
  return domuimg_edit_write (self->edit, path, edited, 0644, error);
}

/* The root may come late, and tells which disk others are on. */
static void
learn_root (DomuimgConvertEdit *self)
{
  g_autofree char *text = domuimg_tree_read_text (self->root, "/etc/fstab", NULL);
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text != NULL ? text : "");
  const DomuimgFstabEntry *root = domuimg_fstab_find (fstab, "/");

  if (root != NULL)
    domuimg_convert_learn_root (self, root->spec);
}

gboolean
domuimg_convert_step_fstab (DomuimgConvertEdit *self, GError **error)
{
  learn_root (self);
  return convert_file (self, "/etc/fstab", convert_entry, error)
         && convert_file (self, "/etc/crypttab", convert_crypt_entry, error);
}
