/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What GRUB's name of a device tells of the disk that it lies on. */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

/* "(hd1,msdos2)" → "hd1", "(xen/xvda,gpt1)" → "xvda", "loop0" → "loop0". */
static char *
name_disk (const char *device)
{
  device += *device == '(';
  if (g_str_has_prefix (device, "xen/"))
    device += strlen ("xen/");
  return g_strndup (device, strcspn (device, ",)"));
}

gboolean
domuimg_grub_device_get_disk (const char *device, guint *disk)
{
  g_autofree char *name = name_disk (device);
  gsize letters;
  guint64 number;

  if (g_str_has_prefix (name, "hd")
      && g_ascii_string_to_unsigned (name + 2, 10, 0, G_MAXUINT, &number, NULL))
    {
      *disk = (guint) number;
      return TRUE;
    }
  /* The names that pv-grub and GRUB for Xen have: "xvdb", and "xvda1" for a disk that is one. */
  letters = g_str_has_prefix (name, "xvd") ? strlen ("xvd") : 0;
  if (letters == 0 || !g_ascii_islower (name[letters])
      || name[letters + 1 + strspn (name + letters + 1, G_CSET_DIGITS)] != '\0')
    return FALSE;
  *disk = (guint) (name[letters] - 'a');
  return TRUE;
}

guint
domuimg_grub_device_get_partition (const char *device, DomuimgMenuFormat format)
{
  const char *comma = strchr (device, ',');
  gsize skip = comma != NULL ? strcspn (comma, "0123456789") : 0;
  guint number;

  if (comma == NULL || !g_ascii_isdigit (comma[skip]))
    return 0;
  number = (guint) MIN (g_ascii_strtoull (comma + skip, NULL, 10), 1000);
  /* GRUB legacy counts partitions from 0. */
  return format == DOMUIMG_MENU_LEGACY ? number + 1 : number;
}

/* What GRUB makes of a file or a secret, and what holds other media. */
gboolean
domuimg_grub_device_is_made (const char *device)
{
  static const char *const numbered[] = { "loop", "crypto", "cd", "fd", "memdisk", "proc" };
  static const char *const whole[] = { "tftp", "http", "https", "pxe", "nfs" };
  g_autofree char *name = name_disk (device);

  if (g_str_has_prefix (name, "cryptouuid/"))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (whole); i++)
    if (g_str_equal (name, whole[i]))
      return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (numbered); i++)
    {
      gsize length = strlen (numbered[i]);

      if (strncmp (name, numbered[i], length) == 0
          && name[length + strspn (name + length, G_CSET_DIGITS)] == '\0')
        return TRUE;
    }
  return FALSE;
}

gboolean
domuimg_grub_device_is_elsewhere (const char *device)
{
  guint disk;

  if (domuimg_grub_device_get_disk (device, &disk))
    return disk > 0;
  return domuimg_grub_device_is_made (device);
}
