/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/file.h"

#include <string.h>

#include "lib/domain/model/device.h"
#include "lib/domain/model/identity.h"
#include "lib/domain/xl/device.h"

/* From the settings of an xl.cfg to the model, as xl's own reader (parse_config_data of
 * tools/xl/xl_parse.c) takes them. What xl refuses is left out here, and said by
 * domuimg_xl_file_check. */

/* MiB that libxl gives a guest for which none is said (libxl__domain_build_info_setdefault). */
#define DEFAULT_MEMORY 32

/* The newest release of Xen: for what xl refuses, its release makes no difference. */
#define ANY_MAJOR G_MAXUINT
#define ANY_MINOR 0

typedef void (*SetText) (DomuimgDomain *self, const char *value);
typedef void (*SetList) (DomuimgDomain *self, const char *const *list);
typedef void (*SetNumber) (DomuimgDomain *self, guint value);

static const struct {
  const char *key;
  SetText set;
} texts[] = {
  { "uuid", domuimg_domain_set_uuid },
  { "kernel", domuimg_domain_set_kernel },
  { "ramdisk", domuimg_domain_set_ramdisk },
  { "bootloader", domuimg_domain_set_bootloader },
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

gboolean
domuimg_xl_begins (const char *value, const char *word)
{
  return strncmp (value, word, strlen (value)) == 0;
}

/* builder comes second in xl, and wins; where both contradict it refuses. */
static DomuimgGuestType
read_type (DomuimgXlFile *file)
{
  g_autofree char *type = domuimg_xl_file_get (file, "type");
  g_autofree char *builder = domuimg_xl_file_get (file, "builder");

  if (type != NULL)
    return domuimg_xl_begins (type, "hvm")  ? DOMUIMG_GUEST_TYPE_HVM
           : domuimg_xl_begins (type, "pv") ? DOMUIMG_GUEST_TYPE_PV
                                            : DOMUIMG_GUEST_TYPE_PVH;
  return builder != NULL && domuimg_xl_begins (builder, "hvm") ? DOMUIMG_GUEST_TYPE_HVM
                                                               : DOMUIMG_GUEST_TYPE_PV;
}

/* parse_cmdline */
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

/* For HVM, firmware= goes before bios=, but for "bios", which leaves the choice to that. */
static void
read_firmware (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autofree char *firmware = domuimg_xl_file_get (file, "firmware");
  g_autofree char *bios = domuimg_xl_file_get (file, "bios");
  gboolean hvm = domain->type == DOMUIMG_GUEST_TYPE_HVM;

  if (hvm && bios != NULL && (firmware == NULL || domuimg_xl_begins (firmware, "bios")))
    domuimg_domain_set_firmware (domain, bios);
  else
    domuimg_domain_set_firmware (domain, firmware);
}

/* Old configurations of HVM name Xen's own hvmloader; xl ignores it. */
static void
drop_hvmloader (DomuimgDomain *domain)
{
  g_autofree char *name
      = domain->kernel != NULL ? g_path_get_basename (domain->kernel) : NULL;

  if (domain->type == DOMUIMG_GUEST_TYPE_HVM && g_strcmp0 (name, "hvmloader") == 0)
    domuimg_domain_set_kernel (domain, NULL);
}

static void
read_sizes (DomuimgXlFile *file, DomuimgDomain *domain)
{
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      gint64 number;

      if (domuimg_xl_file_get_number (file, numbers[i].key, &number) && number > 0
          && number <= G_MAXUINT)
        numbers[i].set (domain, number);
    }
  if (domain->memory == 0)
    domuimg_domain_set_memory (domain, domain->maxmem > 0 ? domain->maxmem : DEFAULT_MEMORY);
}

/* (transfer full) the strings of what has to be a list. */
static GPtrArray *
read_list (DomuimgXlFile *file, const char *key)
{
  g_autoptr (DomuimgXlValue) value = domuimg_xl_file_get_value (file, key);

  if (value != NULL && value->kind == DOMUIMG_XL_LIST)
    return domuimg_xl_file_get_list (file, key);
  return g_ptr_array_new ();
}

static void
read_devices (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autoptr (GPtrArray) disks = read_list (file, "disk");
  g_autoptr (GPtrArray) vifs = read_list (file, "vif");

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

      if (nic == NULL)
        continue;
      /* libxl gives such a one another with each start. */
      nic->has_mac = nic->mac != NULL;
      if (!nic->has_mac)
        nic->mac = domuimg_mac_new_random ();
      domuimg_domain_add_nic (domain, nic);
    }
}

/* What may be a string or a list of them. */
static void
read_text_or_list (DomuimgXlFile *file, DomuimgDomain *domain, const char *key, SetText set_text,
                   SetList set_list)
{
  g_autoptr (DomuimgXlValue) value = domuimg_xl_file_get_value (file, key);
  g_autoptr (GPtrArray) list = domuimg_xl_file_get_list (file, key);

  if (value == NULL)
    return;
  g_ptr_array_add (list, NULL);
  if (value->kind == DOMUIMG_XL_LIST)
    set_list (domain, (const char *const *) list->pdata);
  else
    set_text (domain, value->text);
}

/* The text as xl.cfg has it, with escapes for what has one. */
static void
write_string (GString *text, const char *value)
{
  static const char names[] = "abfnrtv";
  static const char values[] = "\a\b\f\n\r\t\v";
  char quote = strchr (value, '"') != NULL && strchr (value, '\'') == NULL ? '\'' : '"';

  g_string_append_c (text, quote);
  for (; *value != '\0'; value++)
    {
      const char *name = strchr (values, *value);

      if (*value == quote || *value == '\\')
        g_string_append_c (text, '\\');
      if (name != NULL)
        g_string_append_printf (text, "\\%c", names[name - values]);
      else
        g_string_append_c (text, *value);
    }
  g_string_append_c (text, quote);
}

static void
write_value (GString *text, const DomuimgXlValue *value)
{
  if (value->kind == DOMUIMG_XL_NUMBER)
    g_string_append (text, value->text);
  if (value->kind == DOMUIMG_XL_STRING)
    write_string (text, value->text);
  if (value->kind != DOMUIMG_XL_LIST)
    return;
  g_string_append (text, "[ ");
  for (guint i = 0; i < value->items->len; i++)
    {
      g_string_append (text, i > 0 ? ", " : "");
      write_value (text, g_ptr_array_index (value->items, i));
    }
  g_string_append (text, value->items->len > 0 ? " ]" : "]");
}

/* A text for all virtual CPUs, or a list with one for each. FALSE where it is neither. */
static gboolean
read_pinning (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autoptr (DomuimgXlValue) value = domuimg_xl_file_get_value (file, "cpus");
  g_autoptr (GPtrArray) list = domuimg_xl_file_get_list (file, "cpus");

  if (value == NULL || list->len == 0
      || (value->kind == DOMUIMG_XL_LIST && list->len != value->items->len))
    return FALSE;
  if (value->kind != DOMUIMG_XL_LIST)
    domuimg_domain_set_cpus (domain, value->text);
  else
    {
      g_ptr_array_add (list, NULL);
      domuimg_domain_set_vcpu_cpus (domain, (const char *const *) list->pdata);
    }
  return TRUE;
}

static gboolean
read_soft_pinning (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autofree char *cpus = domuimg_xl_file_get (file, "cpus_soft");

  domuimg_domain_set_cpus_soft (domain, cpus);
  return domain->cpus_soft != NULL;
}

/* Keys whose values have a place in the model, where they are of the right form. */
static GHashTable *
read_others (DomuimgXlFile *file, DomuimgDomain *domain)
{
  GHashTable *taken = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < DOMUIMG_N_DEVICE_KINDS; i++)
    if (domuimg_device_read (file, i, domain))
      g_hash_table_add (taken, (char *) domuimg_device_key (i));
  if (read_pinning (file, domain))
    g_hash_table_add (taken, (char *) "cpus");
  if (read_soft_pinning (file, domain))
    g_hash_table_add (taken, (char *) "cpus_soft");
  return taken;
}

static void
read_extra (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autoptr (GHashTable) seen = read_others (file, domain);

  for (guint i = 0; i < file->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i);
      g_autoptr (DomuimgXlValue) value = NULL;
      g_autoptr (GString) text = NULL;

      if (domuimg_xl_is_modelled_key (setting->key) || !g_hash_table_add (seen, setting->key))
        continue;
      value = domuimg_xl_file_get_value (file, setting->key);
      text = g_string_new (NULL);
      write_value (text, value);
      domuimg_domain_add_extra (domain, setting->key, text->str);
    }
}

static void
read_texts (DomuimgXlFile *file, DomuimgDomain *domain)
{
  g_autofree char *cmdline = read_cmdline (file);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *value = domuimg_xl_file_get (file, texts[i].key);

      if (value != NULL)
        texts[i].set (domain, value);
    }
  domuimg_domain_set_cmdline (domain, cmdline);
  read_text_or_list (file, domain, "bootloader_args", domuimg_domain_set_bootloader_args,
                     domuimg_domain_set_bootloader_words);
  read_text_or_list (file, domain, "serial", domuimg_domain_set_serial,
                     domuimg_domain_set_serials);
}

DomuimgDomain *
domuimg_xl_file_to_domain (DomuimgXlFile *self, GError **error)
{
  g_autoptr (DomuimgDomain) domain = g_object_new (DOMUIMG_TYPE_DOMAIN, NULL);
  g_autofree char *name = domuimg_xl_file_get (self, "name");

  domuimg_replace_text (&domain->name, name);
  domuimg_domain_set_guest_type (domain, read_type (self));
  domuimg_domain_set_memory (domain, 0);
  read_sizes (self, domain);
  read_texts (self, domain);
  drop_hvmloader (domain);
  read_firmware (self, domain);
  read_devices (self, domain);
  domuimg_xl_read_graphics (self, domain);
  read_extra (self, domain);
  domain->whole = TRUE;
  return g_steal_pointer (&domain);
}

/* What xl itself would stop at. */
static gboolean
check_refusals (DomuimgXlFile *file, GError **error)
{
  g_autoptr (GPtrArray) problems = domuimg_xl_file_check (file, ANY_MAJOR, ANY_MINOR);

  for (guint i = 0; i < problems->len; i++)
    {
      const DomuimgXlProblem *problem = g_ptr_array_index (problems, i);

      if (problem->refused && problem->line > 0)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%u: %s", file->name,
                             problem->line, problem->message);
      if (problem->refused)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s", file->name,
                             problem->message);
    }
  return TRUE;
}

DomuimgDomain *
domuimg_xl_file_to_read_domain (DomuimgXlFile *self, GError **error)
{
  DomuimgDomain *domain;

  if (!check_refusals (self, error))
    return NULL;
  domain = domuimg_xl_file_to_domain (self, error);
  domuimg_domain_finish_reading (domain);
  return domain;
}

/**
 * domuimg_domain_new_from_xl_cfg:
 * @text: a configuration in the language of xl.cfg(5)
 * @name: (nullable): how messages call it, such as its path; %NULL for `xl.cfg`
 * @error: return location for an error, %DOMUIMG_ERROR_CORRUPT_INPUT with the line for what
 *   `xl create` would refuse
 *
 * Reads a guest as `xl create` does, with the defaults of libxl and with the old forms that it
 * still takes (`builder=`, `tap:aio:`, `root=` and `extra=`). Keys that the model has no place for
 * are carried as extra ones; sizes are in MiB as in the file. What xl ignores is ignored
 * here too, and domuimg_domain_validate() may still find what it would not write. The language is
 * that of libxlutil, the meaning that of tools/xl/xl_parse.c of Xen 4.17.
 *
 * Returns: (transfer full): a domain, or %NULL
 *
 * Since: 0.1
 */
DomuimgDomain *
domuimg_domain_new_from_xl_cfg (const char *text, const char *name, GError **error)
{
  g_autoptr (DomuimgXlFile) file = NULL;

  g_return_val_if_fail (text != NULL, NULL);
  file = domuimg_xl_file_parse (text, strlen (text), domuimg_text_or (name, "xl.cfg"), error);
  return file == NULL ? NULL : domuimg_xl_file_to_read_domain (file, error);
}
