/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl-file.h"

#include <string.h>

#include "lib/domain/domain.h"

/* From the settings of an xl.cfg to the model, as xl's own reader (tools/xl/xl_parse.c) takes
 * them. What xl refuses is left out here, and said by domuimg_xl_file_check. */

/* MiB that libxl gives a guest for which none is said. */
#define DEFAULT_MEMORY 32

typedef void (*SetText) (DomuimgDomain *self, const char *value);
typedef void (*SetNumber) (DomuimgDomain *self, guint value);

static const struct {
  const char *key;
  SetText set;
} texts[] = {
  { "uuid", domuimg_domain_set_uuid },
  { "kernel", domuimg_domain_set_kernel },
  { "ramdisk", domuimg_domain_set_ramdisk },
  { "bootloader", domuimg_domain_set_bootloader },
  { "firmware", domuimg_domain_set_firmware },
  { "serial", domuimg_domain_set_serial },
  { "on_poweroff", domuimg_domain_set_on_poweroff },
  { "on_reboot", domuimg_domain_set_on_reboot },
  { "on_crash", domuimg_domain_set_on_crash },
};

static const struct {
  const char *key;
  SetNumber set;
} numbers[] = {
  { "memory", domuimg_domain_set_memory },
  { "maxmem", domuimg_domain_set_maxmem },
  { "vcpus", domuimg_domain_set_vcpus },
  { "maxvcpus", domuimg_domain_set_maxvcpus },
};

/* Whatever is a beginning of the word, even nothing, is taken for it; HVM is tried first. */
static gboolean
begins (const char *value, const char *word)
{
  return strncmp (value, word, strlen (value)) == 0;
}

static DomuimgGuestType
read_type (DomuimgXlFile *file)
{
  g_autofree char *type = domuimg_xl_file_get (file, "type");
  g_autofree char *builder = domuimg_xl_file_get (file, "builder");

  if (type != NULL)
    return begins (type, "hvm")  ? DOMUIMG_GUEST_TYPE_HVM
           : begins (type, "pv") ? DOMUIMG_GUEST_TYPE_PV
                                 : DOMUIMG_GUEST_TYPE_PVH;
  return builder != NULL && begins (builder, "hvm") ? DOMUIMG_GUEST_TYPE_HVM
                                                    : DOMUIMG_GUEST_TYPE_PV;
}

static char *
read_cmdline (DomuimgXlFile *file)
{
  g_autofree char *cmdline = domuimg_xl_file_get (file, "cmdline");
  g_autofree char *root = domuimg_xl_file_get (file, "root");
  g_autofree char *extra = domuimg_xl_file_get (file, "extra");

  if (cmdline != NULL)
    return g_steal_pointer (&cmdline);
  if (root != NULL)
    return g_strdup_printf ("root=%s%s%s", root, extra != NULL ? " " : "", extra ?: "");
  return g_steal_pointer (&extra);
}

static void
read_devices (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autoptr (GPtrArray) disks = domuimg_xl_file_get_list (file, "disk");
  g_autoptr (GPtrArray) vifs = domuimg_xl_file_get_list (file, "vif");

  for (guint i = 0; i < disks->len; i++)
    {
      g_autoptr (DomuimgDomainDisk) disk
          = domuimg_xl_disk_parse (g_ptr_array_index (disks, i), NULL);

      if (disk != NULL)
        domuimg_domain_add_disk (domain, disk);
    }
  for (guint i = 0; i < vifs->len; i++)
    {
      g_autoptr (DomuimgDomainNic) nic = domuimg_xl_vif_parse (g_ptr_array_index (vifs, i), NULL);

      if (nic != NULL)
        domuimg_domain_add_nic (domain, nic);
    }
}

static void
read_bootloader_args (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autoptr (GPtrArray) list = domuimg_xl_file_get_list (file, "bootloader_args");
  g_autofree char *joined = NULL;

  if (list->len == 0)
    return;
  g_ptr_array_add (list, NULL);
  joined = g_strjoinv (" ", (char **) list->pdata);
  domuimg_domain_set_bootloader_args (domain, joined);
}

static char *
write_value (const DomuimgXlValue *value)
{
  g_autoptr (GString) text = NULL;

  if (value->kind == DOMUIMG_XL_NUMBER)
    return g_strdup (value->text);
  if (value->kind == DOMUIMG_XL_STRING)
    return domuimg_xl_quote ("", value->text, NULL);
  text = g_string_new ("[");
  for (guint i = 0; i < value->items->len; i++)
    {
      g_autofree char *item = write_value (g_ptr_array_index (value->items, i));

      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", item != NULL ? item : "\"\"");
    }
  g_string_append_c (text, ']');
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
read_extra (DomuimgXlFile *file, DomuimgDomain *domain)
{
  for (guint i = 0; i < file->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i);
      g_autoptr (DomuimgXlValue) value = NULL;
      g_autofree char *text = NULL;

      if (domuimg_xl_is_modelled_key (setting->key))
        continue;
      value = domuimg_xl_file_get_value (file, setting->key);
      text = write_value (value);
      if (text != NULL)
        domuimg_domain_add_extra (domain, setting->key, text);
    }
}

DomuimgDomain *
domuimg_xl_file_to_domain (DomuimgXlFile *self, GError **error)
{
  g_autoptr (DomuimgDomain) domain = g_object_new (DOMUIMG_TYPE_DOMAIN, NULL);
  g_autofree char *name = domuimg_xl_file_get (self, "name");
  g_autofree char *cmdline = read_cmdline (self);

  domuimg_replace_text (&domain->name, name);
  domuimg_domain_set_memory (domain, DEFAULT_MEMORY);
  domuimg_domain_set_guest_type (domain, read_type (self));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *value = domuimg_xl_file_get (self, texts[i].key);

      if (value != NULL)
        texts[i].set (domain, value);
    }
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *value = domuimg_xl_file_get (self, numbers[i].key);
      guint64 number = value != NULL ? g_ascii_strtoull (value, NULL, 0) : 0;

      if (number > 0 && number <= G_MAXUINT)
        numbers[i].set (domain, number);
    }
  domuimg_domain_set_cmdline (domain, cmdline);
  read_bootloader_args (self, domain);
  read_devices (self, domain);
  read_extra (self, domain);
  return g_steal_pointer (&domain);
}
