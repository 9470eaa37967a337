/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/device.h"

#include <string.h>

#include "lib/base/mac.h"
#include "lib/domain/model/domain.h"
#include "lib/domain/model/identity.h"
#include "lib/domain/model/vdev.h"

/* What xl and libxl would say to the disks and vifs of a configuration. */

typedef struct {
  DomuimgXlFile *file;
  DomuimgDomain *domain;
  GPtrArray *problems;
  const char *key;
  DomuimgXlValue *value;
  const char *text; /* of the item at hand, ... */
  guint line;
  gsize line_place; /* what @line is the line of */
  DomuimgXlDevice more;
  GString *mended; /* NULL: a mended list cannot be told, since it is put together of several */
  gsize copied;    /* how far the list went into that */
  guint n_mended;
  guint first;       /* the first problem of this list */
  GHashTable *taken; /* names that are in use */
} Check;

/* More than that no person wants to see mended. */
#define MAX_MENDED 16

static DomuimgXlProblem *add (Check *self, const char *id, gboolean refused, const char *format,
                              ...) G_GNUC_PRINTF (4, 5);

static DomuimgXlProblem *
add (Check *self, const char *id, gboolean refused, const char *format, ...)
{
  g_autofree char *message = NULL;
  DomuimgXlProblem *problem;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  problem = domuimg_xl_problem_new (id, refused, self->line, "%s", message);
  g_ptr_array_add (self->problems, problem);
  return problem;
}

/* Puts @replacement for the vdev or address of the item at hand. */
static void
mend (Check *self, DomuimgXlProblem *problem, const DomuimgXlValue *item, const char *replacement)
{
  g_autoptr (GString) text = g_string_new (self->text);
  g_autofree char *quoted = NULL;

  g_string_erase (text, self->more.start, self->more.length);
  g_string_insert (text, self->more.start, replacement);
  quoted = domuimg_xl_quote (self->key, text->str, NULL);
  if (quoted == NULL || self->mended == NULL || self->n_mended++ >= MAX_MENDED)
    return;
  g_string_append_len (self->mended, self->file->text + self->copied, item->start - self->copied);
  g_string_append (self->mended, quoted);
  self->copied = item->end;
  problem->fix_key = g_strdup (self->key);
}

/* Every problem that is mended in a list is mended by the same new list, so that they do not undo
 * each other. */
static void
finish (Check *self)
{
  if (self->mended != NULL)
    g_string_append_len (self->mended, self->file->text + self->copied,
                         self->value->end - self->copied);
  for (guint i = self->first; i < self->problems->len; i++)
    {
      DomuimgXlProblem *problem = g_ptr_array_index (self->problems, i);

      if (problem->fix_key != NULL)
        problem->fix_value = g_strdup (self->mended->str);
    }
  if (self->mended != NULL)
    g_string_free (self->mended, TRUE);
  g_hash_table_unref (self->taken);
  domuimg_xl_value_free (self->value);
}

/* FALSE where there is no list. */
static gboolean
start (Check *self, const char *key)
{
  const DomuimgXlSetting *base = domuimg_xl_file_find (self->file, key);
  gboolean alone = base != NULL && !base->append;

  self->key = key;
  self->value = domuimg_xl_file_get_value (self->file, key);
  self->first = self->problems->len;
  if (self->value == NULL || self->value->kind != DOMUIMG_XL_LIST)
    {
      g_clear_pointer (&self->value, domuimg_xl_value_free);
      return FALSE;
    }
  for (guint i = 0; i < self->file->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->file->settings, i);

      alone &= setting == base || !g_str_equal (setting->key, key);
    }
  if (alone)
    self->mended = g_string_new (NULL);
  self->copied = self->value->start;
  self->taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return TRUE;
}

/* The next item; NULL at the end, and at a list, where xl stops reading. */
static const DomuimgXlValue *
next (Check *self, guint index)
{
  const DomuimgXlValue *item;

  if (index >= self->value->items->len)
    return NULL;
  item = g_ptr_array_index (self->value->items, index);
  if (item->start < self->line_place || self->line == 0)
    self->line = 1, self->line_place = 0;
  for (; self->line_place < item->start; self->line_place++)
    self->line += self->file->text[self->line_place] == '\n';
  self->text = item->text;
  if (item->kind != DOMUIMG_XL_LIST)
    return item;
  add (self, "config-value", FALSE,
       "%s has a list among its strings; xl passes over it and all that follows", self->key);
  return NULL;
}

static void
take_vdevs (Check *self)
{
  for (guint i = 0; i < self->value->items->len; i++)
    {
      const DomuimgXlValue *item = g_ptr_array_index (self->value->items, i);
      g_autoptr (DomuimgDomainDisk) disk = NULL;

      if (item->kind == DOMUIMG_XL_LIST)
        return;
      disk = domuimg_xl_disk_parse (item->text, NULL);
      if (disk != NULL)
        g_hash_table_add (self->taken, domuimg_vdev_linux_name (disk->vdev));
    }
}

static char *
free_vdev (GHashTable *taken, const char *like)
{
  const char *prefix = g_str_has_prefix (like, "hd") || g_str_has_prefix (like, "sd") ? "sd" : "xvd";

  for (char letter = 'a'; letter <= 'p'; letter++)
    {
      g_autofree char *vdev = g_strdup_printf ("%s%c", prefix, letter);
      g_autofree char *name = domuimg_vdev_linux_name (vdev);

      if (!g_hash_table_contains (taken, name))
        return g_steal_pointer (&vdev);
    }
  return NULL;
}

/* Whether QEMU, for an HVM guest, gets the disk as a drive of its IDE controller. */
static gboolean
is_drive (const char *vdev)
{
  guint disk, partition;

  return !g_str_has_prefix (vdev, "sd") && !g_ascii_isdigit (*vdev)
         && domuimg_vdev_parse (vdev, &disk, &partition) && disk < 4 && partition == 0;
}

/* libxl__device_disk_add finds a device of the same number in xenstore, and stops. hda and xvda
 * have numbers of their own, but Linux's xen-blkfront has one name for both, and QEMU one drive
 * (libxl__build_device_model_args_new), which stops it. */
static void
check_vdev (Check *self, GHashTable *seen, const DomuimgXlValue *item, const char *vdev)
{
  g_autofree char *name = domuimg_vdev_linux_name (vdev);
  const char *other = g_hash_table_lookup (seen, name);
  guint number, others, disk = 0, partition = 0;
  g_autofree char *replacement = NULL;
  DomuimgXlProblem *problem;
  gboolean refused;

  if (!domuimg_vdev_parse (vdev, &disk, &partition))
    add (self, "config-disk", FALSE, "vdev %s is a number that no guest knows", vdev);
  if (other == NULL)
    {
      g_hash_table_insert (seen, g_steal_pointer (&name), g_strdup (vdev));
      return;
    }
  domuimg_vdev_number (vdev, &number);
  domuimg_vdev_number (other, &others);
  refused = number == others
            || (self->domain->type == DOMUIMG_GUEST_TYPE_HVM && is_drive (vdev)
                && is_drive (other));
  if (g_str_equal (vdev, other))
    problem = add (self, "config-duplicate-vdev", refused, "two disks are %s", vdev);
  else
    problem = add (self, "config-duplicate-vdev", refused,
                   "the disks %s and %s are one device to the guest, %s", other, vdev, name);
  replacement = partition == 0 ? free_vdev (self->taken, vdev) : NULL;
  if (replacement == NULL)
    return;
  mend (self, problem, item, replacement);
  g_hash_table_add (self->taken, domuimg_vdev_linux_name (replacement));
}

/* disk_try_backend of libxl; whether a driver domain or a script changes it is theirs to say. */
static void
check_backend (Check *self, DomuimgDomainDisk *disk)
{
  const char *backend = domuimg_domain_disk_get_backendtype (disk);
  const char *options = domuimg_text_or (disk->options, "");
  const char *format = domuimg_domain_disk_get_format (disk);
  gboolean virtio = strstr (options, "specification=virtio") != NULL;
  gboolean standalone = g_strcmp0 (backend, "standalone") == 0;

  if (g_strcmp0 (backend, "tap") == 0)
    add (self, "config-disk", TRUE, "disk %s: Xen has no backendtype tap any more", disk->vdev);
  else if (g_strcmp0 (backend, "phy") == 0 && disk->target != NULL && !g_str_equal (format, "raw"))
    add (self, "config-disk", TRUE, "disk %s: backendtype phy is for raw disks, and it is %s",
         disk->vdev, format);
  else if (backend != NULL && virtio != standalone)
    add (self, "config-disk", TRUE,
         "disk %s: backendtype standalone is for specification=virtio, and that for no other",
         disk->vdev);
}

/* The grammar of 4.17 and 4.18 has both words, the lexer that was made of it and shipped
 * (libxlu_disk_l.c) has not, and takes them for values by position. */
static void
check_trust (Check *self, DomuimgDomainDisk *disk)
{
  g_auto (GStrv) options = g_strsplit (domuimg_text_or (disk->options, ""), ",", -1);

  for (char **option = options; *option != NULL; option++)
    if (g_str_equal (*option, "trusted") || g_str_equal (*option, "untrusted"))
      add (self, "config-disk", TRUE, "disk %s: “%s” is understood by Xen 4.19 and later only",
           disk->vdev, *option);
}

void
domuimg_xl_check_disks (DomuimgXlFile *file, DomuimgDomain *domain, GPtrArray *problems,
                        guint major, guint minor)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Check self = { file, domain, problems };
  const DomuimgXlValue *item;

  if (!start (&self, "disk"))
    return;
  take_vdevs (&self);
  for (guint i = 0; (item = next (&self, i)) != NULL; i++)
    {
      g_autofree char *problem = NULL;
      g_autoptr (DomuimgDomainDisk) disk = domuimg_xl_disk_read (self.text, &self.more, &problem);

      if (disk == NULL)
        {
          add (&self, "config-disk", TRUE, "disk “%s”: %s", self.text, problem);
          continue;
        }
      if (self.more.deprecated)
        add (&self, "config-deprecated", FALSE,
             "disk %s: prefixes such as tap: and the : of hdc:cdrom are deprecated; use format= and "
             "devtype=",
             disk->vdev);
      if (major < 4 || (major == 4 && minor < 19))
        check_trust (&self, disk);
      check_backend (&self, disk);
      check_vdev (&self, seen, item, disk->vdev);
    }
  finish (&self);
}

/* One that no other interface has, and the same whenever asked. */
static char *
free_mac (Check *self, const char *mac, guint index)
{
  for (guint i = 0;; i++)
    {
      g_autofree char *seed = g_strdup_printf (
          "%s/%s/%u/%u", domuimg_text_or (self->domain->name, ""), mac, index, i);
      g_autofree char *found = domuimg_mac_new_from_seed (seed);

      if (!g_hash_table_contains (self->taken, found))
        return g_steal_pointer (&found);
    }
}

/* Neither xl nor libxl looks at addresses; of one that xl cannot read (parse_nic_config) it keeps
 * the beginning. */
static void
check_mac (Check *self, const DomuimgXlValue *item, guint index, const char *mac)
{
  g_autofree char *good = domuimg_mac_parse (mac, NULL);
  g_autofree char *replacement = NULL;
  DomuimgXlProblem *problem;
  guint8 bytes[6];

  if (good != NULL && g_hash_table_add (self->taken, g_strdup (good)))
    return;
  if (good != NULL)
    problem = add (self, "config-duplicate-mac", FALSE, "two interfaces have the address %s", mac);
  else if (domuimg_mac_read (mac, bytes) && domuimg_mac_is_multicast (bytes))
    problem = add (self, "config-mac", FALSE,
                   "%s is a multicast address, which no interface can have", mac);
  else
    problem = add (self, "config-mac", FALSE, "“%s” is not a MAC address such as 00:16:3e:12:34:56",
                   mac);
  replacement = free_mac (self, mac, index);
  mend (self, problem, item, replacement);
  g_hash_table_add (self->taken, g_steal_pointer (&replacement));
}

void
domuimg_xl_check_vifs (DomuimgXlFile *file, DomuimgDomain *domain, GPtrArray *problems)
{
  Check self = { file, domain, problems };
  const DomuimgXlValue *item;

  if (!start (&self, "vif"))
    return;
  for (guint i = 0; (item = next (&self, i)) != NULL; i++)
    {
      g_autofree char *problem = NULL;
      g_autoptr (DomuimgDomainNic) nic = domuimg_xl_vif_read (self.text, &self.more, &problem);

      if (problem != NULL)
        add (&self, "config-value", nic == NULL, "vif “%s”: %s", self.text, problem);
      if (nic == NULL)
        continue;
      if (self.more.deprecated)
        add (&self, "config-deprecated", FALSE, "netdev= of a vif is deprecated: use gatewaydev=");
      /* libxl__device_nic_setdefault */
      if (domain->type != DOMUIMG_GUEST_TYPE_HVM && nic->options != NULL
          && strstr (nic->options, "type=ioemu") != NULL)
        add (&self, "config-contradiction", TRUE,
             "type=ioemu is an emulated interface, which only HVM guests can have");
      if (nic->mac != NULL)
        check_mac (&self, item, i, nic->mac);
    }
  finish (&self);
}
