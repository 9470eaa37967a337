/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xm/file.h"

#include <string.h>

/* What xm's create.py and xend made of an xm file, in the terms of xl. */

/* Keys that only xm has. */
static const char *const own_keys[]
    = { "dhcp", "netmask", "gateway", "hostname", "interface", "nics", "nfs_server", "nfs_root",
        "cpu", "on_xend_start", "on_xend_stop", "vnc_viewer", "ssidref", "bootargs", "blkif", "netif", "tpmif",
        NULL };
#define NO_NFS_SERVER "127.0.255.255"

static DomuimgXlSetting *
find (DomuimgXlFile *file, const char *key)
{
  for (guint i = file->settings->len; i > 0; i--)
    {
      DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i - 1);

      if (g_str_equal (setting->key, key))
        return setting;
    }
  return NULL;
}

static const char *
text_of (DomuimgXlFile *file, const char *key)
{
  const DomuimgXlSetting *setting = find (file, key);

  return setting != NULL && setting->value->text != NULL ? setting->value->text : "";
}

/* "phy:vg/lv", whose /dev/ xend put in. */
static gboolean
is_short_phy (const DomuimgXlValue *disk)
{
  return disk->kind == DOMUIMG_XL_STRING && g_str_has_prefix (disk->text, "phy:")
         && disk->text[strlen ("phy:")] != '/' && disk->text[strlen ("phy:")] != '\0';
}

/* Its word for a card that is not emulated. */
static gboolean
is_netfront (const DomuimgXlValue *vif)
{
  return vif->kind == DOMUIMG_XL_STRING && strstr (vif->text, "type=netfront") != NULL;
}

static gboolean
has_item (DomuimgXlFile *file, const char *key, gboolean (*is_one) (const DomuimgXlValue *item))
{
  const DomuimgXlSetting *list = find (file, key);

  for (guint i = 0; list != NULL && list->value->items != NULL && i < list->value->items->len; i++)
    if (is_one (g_ptr_array_index (list->value->items, i)))
      return TRUE;
  return FALSE;
}

gboolean
domuimg_xm_file_is_one (DomuimgXlFile *file)
{
  for (guint i = 0; own_keys[i] != NULL; i++)
    if (find (file, own_keys[i]) != NULL)
      return TRUE;
  return g_str_equal (text_of (file, "builder"), "linux") || has_item (file, "disk", is_short_phy)
         || has_item (file, "vif", is_netfront);
}

static void
remove_key (DomuimgXlFile *file, const char *key)
{
  for (guint i = file->settings->len; i > 0; i--)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i - 1);

      if (g_str_equal (setting->key, key))
        g_ptr_array_remove_index (file->settings, i - 1);
    }
}

static void
set_text (DomuimgXlFile *file, const char *key, DomuimgXlKind kind, const char *text)
{
  DomuimgXlSetting *setting = find (file, key);

  if (setting == NULL)
    {
      setting = g_new0 (DomuimgXlSetting, 1);
      setting->key = g_strdup (key);
      setting->value = g_new0 (DomuimgXlValue, 1);
      g_ptr_array_add (file->settings, setting);
    }
  g_clear_pointer (&setting->value->items, g_ptr_array_unref);
  g_free (setting->value->text);
  setting->value->text = g_strdup (text);
  setting->value->kind = kind;
}

static const char *
without (const char *text, const char *prefix)
{
  return g_str_has_prefix (text, prefix) ? text + strlen (prefix) : text;
}

/* ip=CLIENT:SERVER:GATEWAY:NETMASK:HOSTNAME:INTERFACE:DHCP, before root= and the rest. */
static void
translate_cmdline (DomuimgXlFile *file)
{
  const char *ip = text_of (file, "ip"), *dhcp = text_of (file, "dhcp");
  const char *root = text_of (file, "root"), *extra = text_of (file, "extra");
  const char *server = text_of (file, "nfs_server"), *interface = text_of (file, "interface");
  gboolean dynamic = *dhcp != '\0' && !g_str_equal (dhcp, "off");
  g_autoptr (GString) cmdline = g_string_new (NULL);

  if (*text_of (file, "cmdline") != '\0' || (*ip == '\0' && !dynamic))
    return;
  if (strchr (ip, ':') != NULL)
    g_string_append_printf (cmdline, "ip=%s", without (ip, "ip="));
  else
    g_string_append_printf (cmdline, "ip=%s:%s:%s:%s:%s:%s:%s", without (ip, "ip="),
                            *server != '\0' ? server : NO_NFS_SERVER, text_of (file, "gateway"),
                            text_of (file, "netmask"), text_of (file, "hostname"),
                            *interface != '\0' ? interface : "eth0", *dhcp != '\0' ? dhcp : "off");
  if (*root != '\0')
    g_string_append_printf (cmdline, " root=%s", without (root, "root="));
  if (*extra != '\0')
    g_string_append_printf (cmdline, " %s", extra);
  remove_key (file, "root");
  remove_key (file, "extra");
  set_text (file, "cmdline", DOMUIMG_XL_STRING, cmdline->str);
}

static void
translate_disks (DomuimgXlFile *file)
{
  DomuimgXlSetting *disks = find (file, "disk");

  for (guint i = 0; disks != NULL && disks->value->items != NULL && i < disks->value->items->len;
       i++)
    {
      DomuimgXlValue *disk = g_ptr_array_index (disks->value->items, i);
      char *text;

      if (!is_short_phy (disk))
        continue;
      text = g_strdup_printf ("phy:/dev/%s", disk->text + strlen ("phy:"));
      g_free (disk->text);
      disk->text = text;
    }
}

static void
translate_vifs (DomuimgXlFile *file)
{
  DomuimgXlSetting *vifs = find (file, "vif");

  for (guint i = 0; vifs != NULL && vifs->value->items != NULL && i < vifs->value->items->len; i++)
    {
      DomuimgXlValue *vif = g_ptr_array_index (vifs->value->items, i);
      g_autoptr (GString) text = NULL;

      if (!is_netfront (vif))
        continue;
      text = g_string_new (vif->text);
      g_string_replace (text, "type=netfront", "type=vif", 1);
      g_free (vif->text);
      vif->text = g_strdup (text->str);
    }
}

/* root="/dev/sda1 ro" and root="root=/dev/sda1" were the same. */
static void
translate_root (DomuimgXlFile *file)
{
  g_autofree char *root = g_strdup (text_of (file, "root"));

  if (g_str_has_prefix (root, "root="))
    set_text (file, "root", DOMUIMG_XL_STRING, without (root, "root="));
}

void
domuimg_xm_file_translate (DomuimgXlFile *file)
{
  static const char *const dropped[]
      = { "ip", "dhcp", "netmask", "gateway", "hostname", "interface", "nfs_server", "nics", "cpu",
          "on_xend_start", "on_xend_stop", "ssidref", "bootargs", NULL };
  g_autofree char *cpu = g_strdup (text_of (file, "cpu"));
  g_autofree char *bootargs = g_strdup (text_of (file, "bootargs"));

  /* Its word for PV. */
  if (g_str_equal (text_of (file, "builder"), "linux"))
    remove_key (file, "builder");
  translate_root (file);
  translate_cmdline (file);
  translate_disks (file);
  translate_vifs (file);
  if (*cpu != '\0' && *cpu != '-' && find (file, "cpus") == NULL)
    set_text (file, "cpus", DOMUIMG_XL_STRING, cpu);
  if (*bootargs != '\0' && find (file, "bootloader_args") == NULL)
    set_text (file, "bootloader_args", DOMUIMG_XL_STRING, bootargs);
  /* The device model of its time, which no xl takes. */
  if (g_str_has_suffix (text_of (file, "device_model"), "qemu-dm"))
    remove_key (file, "device_model");
  for (guint i = 0; dropped[i] != NULL; i++)
    remove_key (file, dropped[i]);
}
