/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl-file.h"

#include <string.h>

#include "lib/domain/domain.h"
#include "lib/domain/identity.h"
#include "lib/domain/vdev.h"
#include "lib/domain/xl-keys.h"

/* What xl would say to a configuration before it starts the guest, by tools/xl/xl_parse.c
 * (parse_config_data) and libxl's own defaults and checks (libxl_create.c, libxl_dm.c). */

typedef struct {
  DomuimgXlFile *file;
  GPtrArray *problems;
  guint major;
  guint minor;
} Check;

void
domuimg_xl_problem_free (DomuimgXlProblem *self)
{
  g_free (self->message);
  g_free (self->fix_key);
  g_free (self->fix_value);
  g_free (self);
}

static DomuimgXlProblem *add (Check *self, const char *id, gboolean refused, const char *key,
                              const char *format, ...) G_GNUC_PRINTF (5, 6);

static DomuimgXlProblem *
add (Check *self, const char *id, gboolean refused, const char *key, const char *format, ...)
{
  DomuimgXlProblem *problem = g_new0 (DomuimgXlProblem, 1);
  va_list args;

  va_start (args, format);
  problem->message = g_strdup_vprintf (format, args);
  va_end (args);
  problem->id = id;
  problem->refused = refused;
  problem->line = key != NULL ? domuimg_xl_file_get_line (self->file, key) : 0;
  g_ptr_array_add (self->problems, problem);
  return problem;
}

static void
offer (DomuimgXlProblem *problem, const char *key, const char *value)
{
  problem->fix_key = g_strdup (key);
  problem->fix_value = g_strdup (value);
}

static const char *
kind_name (int kind)
{
  return kind == DOMUIMG_XL_LIST ? "a list" : kind == DOMUIMG_XL_NUMBER ? "a number" : "a string";
}

/* xl_cfg reads a number out of a string too, and a number as a string; only lists are apart. */
static gboolean
fits (const DomuimgXlKey *key, const DomuimgXlValue *value)
{
  char *end = NULL;

  if (key->kind == DOMUIMG_XL_ANY)
    return TRUE;
  if ((key->kind == DOMUIMG_XL_LIST) != (value->kind == DOMUIMG_XL_LIST))
    return FALSE;
  if (key->kind != DOMUIMG_XL_NUMBER)
    return TRUE;
  strtol (value->text, &end, 0);
  return end != value->text && *end == '\0';
}

static void
check_key (Check *self, const DomuimgXlSetting *setting)
{
  const DomuimgXlKey *key = domuimg_xl_key_find (setting->key);

  if (key == NULL)
    {
      const char *guess = domuimg_xl_key_guess (setting->key);

      add (self, "config-unknown-key", FALSE, setting->key,
           "xl knows no key “%s”, and passes over it%s%s%s", setting->key,
           guess != NULL ? "; is " : "", guess != NULL ? guess : "", guess != NULL ? " meant?" : "");
      return;
    }
  if (key->major > self->major || (key->major == self->major && key->minor > self->minor))
    add (self, "config-key-too-new", FALSE, setting->key,
         "“%s” came with Xen %u.%u; Xen %u.%u passes over it", setting->key, key->major, key->minor,
         self->major, self->minor);
  /* A value of the wrong kind is reported by xl, and then as if it were not there. */
  if (!fits (key, setting->value))
    add (self, "config-value", g_str_equal (setting->key, "name"), setting->key,
         "%s must be %s, and is %s%s%s%s", setting->key, kind_name (key->kind),
         kind_name (setting->value->kind), setting->value->text != NULL ? ", “" : "",
         setting->value->text != NULL ? setting->value->text : "",
         setting->value->text != NULL ? "”" : "");
}

static void
check_keys (Check *self)
{
  for (guint i = 0; i < self->file->settings->len; i++)
    check_key (self, g_ptr_array_index (self->file->settings, i));
}

static gboolean
has (Check *self, const char *key)
{
  g_autofree char *value = domuimg_xl_file_get (self->file, key);

  return value != NULL && *value != '\0';
}

static gint64
number (Check *self, const char *key)
{
  g_autofree char *value = domuimg_xl_file_get (self->file, key);

  return value != NULL ? g_ascii_strtoll (value, NULL, 0) : 0;
}

static void
check_words (Check *self)
{
  static const char *const events[]
      = { "on_poweroff", "on_reboot", "on_crash", "on_watchdog", "on_soft_reset" };
  static const char *const actions[]
      = { "destroy",          "restart",          "rename-restart", "preserve",
          "coredump-destroy", "coredump-restart", "soft-reset",     NULL };
  g_autofree char *type = domuimg_xl_file_get (self->file, "type");

  if (type != NULL && strncmp (type, "hvm", strlen (type)) != 0
      && strncmp (type, "pv", strlen (type)) != 0 && strncmp (type, "pvh", strlen (type)) != 0)
    add (self, "config-value", TRUE, "type", "there is no type “%s”, only pv, pvh and hvm", type);
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      g_autofree char *action = domuimg_xl_file_get (self->file, events[i]);

      if (action != NULL && !g_strv_contains (actions, action))
        offer (add (self, "config-value", TRUE, events[i], "%s cannot be “%s”", events[i], action),
               events[i], NULL);
    }
}

static void
check_boot (Check *self, DomuimgGuestType type)
{
  g_autofree char *firmware = domuimg_xl_file_get (self->file, "firmware");
  gboolean pvgrub = firmware != NULL && g_str_has_prefix (firmware, "pvgrub");

  if (has (self, "cmdline") && (has (self, "root") || has (self, "extra")))
    add (self, "config-contradiction", FALSE, has (self, "root") ? "root" : "extra",
         "cmdline is set, so root and extra are passed over");
  if (type == DOMUIMG_GUEST_TYPE_HVM && has (self, "bootloader"))
    add (self, "config-contradiction", FALSE, "bootloader",
         "an HVM guest has no use for bootloader: it boots by its firmware");
  if (type == DOMUIMG_GUEST_TYPE_PV && pvgrub && has (self, "kernel"))
    add (self, "config-contradiction", TRUE, "firmware",
         "firmware=\"%s\" is a kernel of its own, so kernel cannot be set too", firmware);
  /* libxl runs the bootloader, whose kernel replaces the configured one. */
  if (type != DOMUIMG_GUEST_TYPE_HVM && has (self, "bootloader") && has (self, "kernel"))
    add (self, "config-contradiction", FALSE, "kernel",
         "bootloader and kernel are both set; the kernel is only the bootloader's default");
  if (has (self, "builder") && has (self, "type"))
    add (self, "config-deprecated", FALSE, "builder", "builder is passed over, since type is set");
  else if (has (self, "builder"))
    add (self, "config-deprecated", FALSE, "builder",
         "builder is deprecated: type=\"%s\" says the same",
         domuimg_guest_type_to_string (type));
}

static void
check_sizes (Check *self)
{
  gint64 memory = number (self, "memory"), maxmem = number (self, "maxmem");
  gint64 vcpus = number (self, "vcpus"), maxvcpus = number (self, "maxvcpus");

  if (memory <= 0 && maxmem <= 0)
    add (self, "config-memory", FALSE, has (self, "memory") ? "memory" : NULL,
         "no memory is given: the guest gets libxl's 32 MiB");
  if (maxmem > 0 && maxmem < memory)
    offer (add (self, "config-contradiction", TRUE, "maxmem",
                "maxmem (%" G_GINT64_FORMAT ") is less than memory (%" G_GINT64_FORMAT ")", maxmem,
                memory),
           "maxmem", NULL);
  if (maxvcpus > 0 && maxvcpus < vcpus)
    offer (add (self, "config-contradiction", TRUE, "maxvcpus",
                "maxvcpus (%" G_GINT64_FORMAT ") is less than vcpus (%" G_GINT64_FORMAT ")",
                maxvcpus, vcpus),
           "maxvcpus", NULL);
}

/* Names of one device, as hda and xvda are, share its number in xenstore or the name that the
 * guest gives them. */
static void
check_vdev (Check *self, GHashTable *seen, const char *vdev)
{
  guint disk, partition;
  g_autofree char *name = NULL;
  const char *other;

  if (!domuimg_vdev_parse (vdev, &disk, &partition))
    return;
  name = domuimg_vdev_linux_name (vdev);
  other = g_hash_table_lookup (seen, name);
  if (other != NULL)
    add (self, "config-duplicate-vdev", TRUE, "disk", "two disks are %s%s%s%s", vdev,
         g_str_equal (other, vdev) ? "" : " (the other as ",
         g_str_equal (other, vdev) ? "" : other, g_str_equal (other, vdev) ? "" : ")");
  else
    g_hash_table_insert (seen, g_steal_pointer (&name), g_strdup (vdev));
}

static void
check_disks (Check *self)
{
  g_autoptr (GPtrArray) disks = domuimg_xl_file_get_list (self->file, "disk");
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; i < disks->len; i++)
    {
      const char *text = g_ptr_array_index (disks, i);
      g_autofree char *problem = NULL;
      g_autoptr (DomuimgDomainDisk) disk = domuimg_xl_disk_parse (text, &problem);

      if (disk == NULL)
        add (self, "config-disk", TRUE, "disk", "disk “%s”: %s", text, problem);
      else
        check_vdev (self, seen, disk->vdev);
    }
}

static void
check_mac (Check *self, GHashTable *seen, const char *mac)
{
  g_autofree char *lower = g_ascii_strdown (mac, -1);

  if (!g_regex_match_simple ("^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$", lower, G_REGEX_DOLLAR_ENDONLY,
                             0))
    add (self, "config-mac", TRUE, "vif", "“%s” is no MAC address", mac);
  else if (g_ascii_xdigit_value (lower[1] == ':' ? lower[0] : lower[1]) & 1)
    add (self, "config-mac", FALSE, "vif",
         "%s is a multicast address: no interface can have it", mac);
  else if (!g_hash_table_add (seen, g_steal_pointer (&lower)))
    add (self, "config-duplicate-mac", FALSE, "vif", "two interfaces have the address %s", mac);
}

static void
check_vifs (Check *self)
{
  g_autoptr (GPtrArray) vifs = domuimg_xl_file_get_list (self->file, "vif");
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < vifs->len; i++)
    {
      g_autofree char *problem = NULL;
      g_autoptr (DomuimgDomainNic) nic
          = domuimg_xl_vif_parse (g_ptr_array_index (vifs, i), &problem);

      if (nic == NULL)
        add (self, "config-value", TRUE, "vif", "%s", problem);
      else if (nic->mac != NULL)
        check_mac (self, seen, nic->mac);
    }
}

GPtrArray *
domuimg_xl_file_check (DomuimgXlFile *self, guint major, guint minor)
{
  Check check = { self, NULL, major, minor };
  g_autoptr (DomuimgDomain) domain = domuimg_xl_file_to_domain (self, NULL);

  check.problems = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_xl_problem_free);
  if (!has (&check, "name"))
    add (&check, "config-name", TRUE, NULL, "the guest has no name");
  check_keys (&check);
  check_words (&check);
  check_boot (&check, domuimg_domain_get_guest_type (domain));
  check_sizes (&check);
  check_disks (&check);
  check_vifs (&check);
  return check.problems;
}
