/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl-file.h"

#include <string.h>

#include "lib/domain/domain.h"
#include "lib/domain/identity.h"
#include "lib/domain/vdev.h"

/* Disks and vifs: the lists of key=value with positions that xl.cfg has inside its strings.
 * The rules for disks are those of libxlutil's own lexer, for vifs those of xl. */

static gboolean
refuse (char **problem, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (char **problem, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (problem != NULL)
    *problem = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

static gboolean
set_vdev (DomuimgDomainDisk *disk, const char *value, char **problem)
{
  g_auto (GStrv) parts = g_strsplit (value, ":", 2);
  guint number, partition;

  if (parts[1] != NULL && g_str_equal (parts[1], "cdrom"))
    disk->cdrom = disk->readonly = TRUE;
  else if (parts[1] != NULL && !g_str_equal (parts[1], "disk"))
    return refuse (problem, "what follows “:” in “%s” is neither cdrom nor disk", value);
  if (!domuimg_vdev_parse (parts[0], &number, &partition))
    return refuse (problem, "“%s” is no virtual device such as xvda", parts[0]);
  domuimg_replace_text (&disk->vdev, parts[0]);
  return TRUE;
}

static gboolean
set_format (DomuimgDomainDisk *disk, const char *value, char **problem)
{
  static const char *const formats[] = { "raw", "qcow", "qcow2", "vhd", "qed", "empty", NULL };

  if (*value == '\0' || g_str_equal (value, "aio"))
    value = "raw";
  if (!g_strv_contains (formats, value))
    return refuse (problem, "there is no format “%s”", value);
  domuimg_domain_disk_set_format (disk, value);
  return TRUE;
}

static gboolean
set_access (DomuimgDomainDisk *disk, const char *value, char **problem)
{
  static const char *const read_only[] = { "r", "ro", NULL };
  static const char *const writable[] = { "w", "rw", "w!", "!", "", NULL };

  if (!g_strv_contains (read_only, value) && !g_strv_contains (writable, value))
    return refuse (problem, "there is no access “%s”, only r and w", value);
  if (*value != '\0')
    domuimg_domain_disk_set_readonly (disk, g_strv_contains (read_only, value));
  return TRUE;
}

/* FALSE with no problem for what has no "=". */
static gboolean
set_named (DomuimgDomainDisk *disk, const char *item, gboolean *named, char **problem)
{
  const char *value = strchr (item, '=');
  g_autofree char *key = value != NULL ? g_strndup (item, value - item) : NULL;

  *named = TRUE;
  if (value != NULL && g_str_equal (key, "vdev"))
    return set_vdev (disk, value + 1, problem);
  if (value != NULL && g_str_equal (key, "format"))
    return set_format (disk, value + 1, problem);
  if (value != NULL && g_str_equal (key, "access"))
    return set_access (disk, value + 1, problem);
  if (value != NULL && g_str_equal (key, "backendtype"))
    domuimg_domain_disk_set_backendtype (disk, value + 1);
  else if (value != NULL && g_str_equal (key, "devtype"))
    disk->cdrom = g_str_equal (value + 1, "cdrom");
  else if (g_str_equal (item, "cdrom"))
    disk->cdrom = TRUE;
  else
    *named = value != NULL || g_str_equal (item, "disk") || strstr (item, "discard") != NULL
             || g_str_equal (item, "direct-io-safe");
  return TRUE;
}

/* tap:aio:/path and its kin. */
static const char *
strip_prefixes (DomuimgDomainDisk *disk, const char *target)
{
  static const char *const prefixes[] = { "tap:", "tap2:", "aio:", "file:", "phy:", "raw:", "qcow:",
                                          "qcow2:", "vhd:", "qed:" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (target, prefixes[i]))
      {
        g_autofree char *name = g_strndup (prefixes[i], strlen (prefixes[i]) - 1);

        if (i >= 5)
          domuimg_domain_disk_set_format (disk, name);
        return strip_prefixes (disk, target + strlen (prefixes[i]));
      }
  return target;
}

static gboolean
set_position (DomuimgDomainDisk *disk, guint position, const char *value, char **problem)
{
  switch (position)
    {
    case 0:
      domuimg_replace_text (&disk->target, strip_prefixes (disk, value));
      return TRUE;
    case 1:
      /* The old form has no format between the target and the device. */
      if (set_format (disk, value, NULL))
        return TRUE;
      return set_vdev (disk, value, problem);
    case 2:
      if (disk->vdev == NULL)
        return set_vdev (disk, value, problem);
      return set_access (disk, value, problem);
    case 3:
      return set_access (disk, value, problem);
    default:
      return refuse (problem, "“%s” is one value too many", value);
    }
}

DomuimgDomainDisk *
domuimg_xl_disk_parse (const char *text, char **problem)
{
  g_autoptr (DomuimgDomainDisk) disk = g_object_new (DOMUIMG_TYPE_DOMAIN_DISK, NULL);
  guint position = 0;

  for (const char *at = text; *at != '\0';)
    {
      gsize length;
      g_autofree char *item = NULL;
      gboolean named;

      at += strspn (at, " \t");
      if (g_str_has_prefix (at, "target="))
        {
          /* One comma at the end is dropped. */
          g_autofree char *rest = g_strdup (at + strlen ("target="));

          if (g_str_has_suffix (rest, ","))
            rest[strlen (rest) - 1] = '\0';
          domuimg_replace_text (&disk->target, rest);
          break;
        }
      length = strcspn (at, ",");
      item = g_strstrip (g_strndup (at, length));
      at += length + (at[length] == ',' ? 1 : 0);
      if (!set_named (disk, item, &named, problem)
          || (!named && !set_position (disk, position++, item, problem)))
        return NULL;
    }
  if (disk->vdev == NULL)
    {
      refuse (problem, "the disk has no vdev (such as xvda)");
      return NULL;
    }
  if (disk->target == NULL && !disk->cdrom)
    {
      refuse (problem, "the disk has no target");
      return NULL;
    }
  return g_steal_pointer (&disk);
}

typedef void (*SetText) (DomuimgDomainNic *self, const char *value);

DomuimgDomainNic *
domuimg_xl_vif_parse (const char *text, char **problem)
{
  static const struct {
    const char *key;
    SetText set;
  } setters[] = {
    { "bridge", domuimg_domain_nic_set_bridge }, { "ip", domuimg_domain_nic_set_ip },
    { "script", domuimg_domain_nic_set_script }, { "model", domuimg_domain_nic_set_model },
    { "vifname", domuimg_domain_nic_set_vifname }, { "rate", domuimg_domain_nic_set_rate },
  };
  g_auto (GStrv) items = g_strsplit (text, ",", -1);
  g_autoptr (DomuimgDomainNic) nic = g_object_new (DOMUIMG_TYPE_DOMAIN_NIC, NULL);

  for (guint i = 0; items[i] != NULL; i++)
    {
      char *key = g_strstrip (items[i]);
      char *value = strchr (key, '=');

      if (*key == '\0')
        continue;
      if (value == NULL)
        {
          refuse (problem, "“%s” in a vif is no KEY=VALUE", key);
          return NULL;
        }
      *value++ = '\0';
      if (g_str_equal (key, "mac"))
        domuimg_replace_text (&nic->mac, value);
      for (guint j = 0; j < G_N_ELEMENTS (setters); j++)
        if (g_str_equal (key, setters[j].key))
          setters[j].set (nic, value);
    }
  return g_steal_pointer (&nic);
}
