/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/file.h"

#include <string.h>

#include "lib/domain/model/domain.h"
#include "lib/domain/xl/device.h"
#include "lib/domain/xl/keys.h"

/* What xl 4.17 would say to a configuration before it starts the guest. Unless a comment names
 * another function, it is parse_config_data of tools/xl/xl_parse.c that says it: where it exits,
 * the configuration is refused, where it only warns or looks elsewhere, it is not. */

typedef struct {
  DomuimgXlFile *file;
  DomuimgDomain *domain;
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
  g_free (self->rename_from);
  g_free (self->rename_to);
  g_free (self);
}

static DomuimgXlProblem *
problem_new (const char *id, gboolean refused, guint line, const char *format, va_list args)
    G_GNUC_PRINTF (4, 0);

static DomuimgXlProblem *
problem_new (const char *id, gboolean refused, guint line, const char *format, va_list args)
{
  DomuimgXlProblem *problem = g_new0 (DomuimgXlProblem, 1);

  problem->id = id;
  problem->refused = refused;
  problem->line = line;
  problem->message = g_strdup_vprintf (format, args);
  return problem;
}

DomuimgXlProblem *
domuimg_xl_problem_new (const char *id, gboolean refused, guint line, const char *format, ...)
{
  DomuimgXlProblem *problem;
  va_list args;

  va_start (args, format);
  problem = problem_new (id, refused, line, format, args);
  va_end (args);
  return problem;
}

static DomuimgXlProblem *add (Check *self, const char *id, gboolean refused, const char *key,
                              const char *format, ...) G_GNUC_PRINTF (5, 6);

static DomuimgXlProblem *
add (Check *self, const char *id, gboolean refused, const char *key, const char *format, ...)
{
  guint line = key != NULL ? domuimg_xl_file_get_line (self->file, key) : 0;
  DomuimgXlProblem *problem;
  va_list args;

  va_start (args, format);
  problem = problem_new (id, refused, line, format, args);
  va_end (args);
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

static gboolean
is_newer (const DomuimgXlKey *key, const Check *check)
{
  return key->major > check->major || (key->major == check->major && key->minor > check->minor);
}

static void
check_unknown (Check *self, const DomuimgXlSetting *setting)
{
  const char *guess = domuimg_xl_key_guess (setting->key);
  gboolean close = guess != NULL && domuimg_xl_file_find (self->file, guess) == NULL
                   && !is_newer (domuimg_xl_key_find (guess), self);
  DomuimgXlProblem *problem
      = add (self, "config-unknown-key", FALSE, NULL,
             "xl does not know the key “%s”, and ignores it%s%s%s", setting->key,
             close ? "; is " : "", close ? guess : "", close ? " meant?" : "");

  problem->line = setting->line;
  if (!close)
    return;
  problem->rename_from = g_strdup (setting->key);
  problem->rename_to = g_strdup (guess);
}

/* (nullable) The MiB that "256M" or "4 GiB" means, which libvirt and QEMU take, and xl does not. */
static char *
guess_memory (const char *text)
{
  static const struct
  {
    const char *unit;
    guint64 mib;
  } units[] = { { "m", 1 }, { "mb", 1 }, { "mib", 1 }, { "g", 1024 }, { "gb", 1024 }, { "gib", 1024 } };
  char *end;
  guint64 number = g_ascii_strtoull (text, &end, 10);

  while (*end == ' ')
    end++;
  for (guint i = 0; i < G_N_ELEMENTS (units) && g_ascii_isdigit (*text); i++)
    if (g_ascii_strcasecmp (end, units[i].unit) == 0 && number > 0 && number <= G_MAXUINT32)
      return g_strdup_printf ("%" G_GUINT64_FORMAT, number * units[i].mib);
  return NULL;
}

static gboolean
is_memory (const char *key)
{
  return g_str_equal (key, "memory") || g_str_equal (key, "maxmem");
}

/* xl takes a string of digits for a number, and a number for a string; only lists are apart
 * (find_atom, xlu_cfg_get_list and xlu_cfg_get_bounded_long of libxlutil). */
static void
check_kind (Check *self, const DomuimgXlSetting *setting, const DomuimgXlKey *key)
{
  static const char *const strict[]
      = { "name", "max_grant_frames", "max_maptrack_frames", "max_grant_version",
          "device_model_args", "device_model_args_pv", "device_model_args_hvm", NULL };
  g_autofree char *text = domuimg_xl_file_get (self->file, setting->key);
  gboolean refused = g_strv_contains (strict, setting->key);
  gboolean list = setting->value->kind == DOMUIMG_XL_LIST;
  g_autofree char *meant = text != NULL && is_memory (setting->key) ? guess_memory (text) : NULL;
  DomuimgXlProblem *problem;
  gint64 number;

  if (key->kind == DOMUIMG_XL_ANY)
    return;
  if (list != (key->kind == DOMUIMG_XL_LIST))
    add (self, "config-value", refused, setting->key, "%s must be %s, and is %s; xl %s",
         setting->key, kind_name (key->kind), kind_name (setting->value->kind),
         refused ? "refuses it" : "ignores it");
  else if (key->kind == DOMUIMG_XL_NUMBER
           && !domuimg_xl_file_get_number (self->file, setting->key, &number))
    {
      problem = add (self, "config-value", refused, setting->key, "%s must be a number, and %s%s%s; xl %s",
                     setting->key,
                     domuimg_xl_file_is_appended (self->file, setting->key)
                         ? "+= adds to strings only, as "
                         : "is “",
                     text, domuimg_xl_file_is_appended (self->file, setting->key) ? "" : "”",
                     refused ? "refuses it" : "ignores it");
      if (meant != NULL)
        offer (problem, setting->key, meant);
    }
}

static void
check_key (Check *self, const DomuimgXlSetting *setting)
{
  const DomuimgXlKey *key = domuimg_xl_key_find (setting->key);
  DomuimgGuestType type = domuimg_domain_get_guest_type (self->domain);

  if (key == NULL)
    {
      check_unknown (self, setting);
      return;
    }
  if (is_newer (key, self))
    add (self, "config-key-too-new", FALSE, setting->key,
         "“%s” came with Xen %u.%u; Xen %u.%u ignores it", setting->key, key->major, key->minor,
         self->major, self->minor);
  if ((key->types & DOMUIMG_XL_TYPE (type)) == 0)
    add (self, "config-contradiction", FALSE, setting->key,
         "xl looks for “%s” in guests of another type only, and ignores it in a %s guest",
         setting->key, domuimg_guest_type_to_string (type));
  /* builder has its own words below. */
  if (key->instead != NULL && !g_str_equal (setting->key, "builder"))
    add (self, "config-deprecated", FALSE, setting->key, "“%s” is deprecated: use %s",
         setting->key, key->instead);
  check_kind (self, setting, key);
}

static void
check_keys (Check *self)
{
  for (guint i = 0; i < self->file->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->file->settings, i);

      if (setting == domuimg_xl_file_find (self->file, setting->key))
        check_key (self, setting);
    }
}

static gboolean
has (Check *self, const char *key)
{
  g_autofree char *value = domuimg_xl_file_get (self->file, key);

  return value != NULL;
}

static void
check_boot (Check *self)
{
  g_autofree char *firmware = domuimg_xl_file_get (self->file, "firmware");
  DomuimgGuestType type = domuimg_domain_get_guest_type (self->domain);
  gboolean hvm = type == DOMUIMG_GUEST_TYPE_HVM;

  /* parse_cmdline */
  if (has (self, "cmdline") && (has (self, "root") || has (self, "extra")))
    add (self, "config-contradiction", FALSE, has (self, "root") ? "root" : "extra",
         "cmdline is set, so root and extra are ignored");
  /* libxl__bootloader_run skips it. */
  if (hvm && has (self, "bootloader"))
    offer (add (self, "config-contradiction", FALSE, "bootloader",
                "an HVM guest boots by its firmware, so bootloader is ignored"),
           "bootloader", NULL);
  if (!hvm && firmware != NULL && has (self, "kernel"))
    add (self, "config-contradiction", TRUE, "firmware",
         "firmware=\"%s\" stands for a kernel of its own, so kernel cannot be set too", firmware);
  else if (!hvm && firmware != NULL && !domuimg_xl_begins (firmware, "pvgrub32")
           && !domuimg_xl_begins (firmware, "pvgrub64"))
    add (self, "config-contradiction", TRUE, "firmware",
         "a %s guest has no firmware \"%s\", only pvgrub32 and pvgrub64",
         domuimg_guest_type_to_string (type), firmware);
  /* make_bootloader_args of libxl hands it over; the bootloader's answer replaces it. */
  if (!hvm && has (self, "bootloader") && has (self, "kernel"))
    add (self, "config-contradiction", FALSE, "kernel",
         "bootloader and kernel are both set; to a bootloader, kernel is a path in the guest");
}

static void
check_sizes (Check *self)
{
  gint64 memory = 0, maxmem = 0, vcpus = 0, maxvcpus = 0;
  gboolean has_memory = domuimg_xl_file_get_number (self->file, "memory", &memory);
  gboolean has_maxmem = domuimg_xl_file_get_number (self->file, "maxmem", &maxmem);

  domuimg_xl_file_get_number (self->file, "vcpus", &vcpus);
  domuimg_xl_file_get_number (self->file, "maxvcpus", &maxvcpus);
  /* libxl__domain_build_info_setdefault */
  if (!has_memory && !has_maxmem)
    add (self, "config-memory", FALSE, has (self, "memory") ? "memory" : NULL,
         "no memory is given: the guest gets libxl's 32 MiB");
  /* xc_dom_mem_init and what follows find no place for a kernel. */
  else if (has_memory && memory <= 0)
    add (self, "config-memory", TRUE, "memory",
         "memory is %" G_GINT64_FORMAT " MiB, and no guest can be built in that", memory);
  /* libxl looks at neither; PV gets what memory says, PVH and HVM what maxmem does. */
  if (has_memory && has_maxmem && maxmem < memory)
    offer (add (self, "config-contradiction", FALSE, "maxmem",
                "maxmem (%" G_GINT64_FORMAT ") is less than memory (%" G_GINT64_FORMAT ")", maxmem,
                memory),
           "maxmem", NULL);
  if (maxvcpus != 0 && maxvcpus < vcpus)
    offer (add (self, "config-contradiction", TRUE, "maxvcpus",
                "maxvcpus (%" G_GINT64_FORMAT ") is less than vcpus (%" G_GINT64_FORMAT ")",
                maxvcpus, vcpus),
           "maxvcpus", NULL);
}

static void
check_identity (Check *self)
{
  g_autofree char *name = domuimg_xl_file_get (self->file, "name");
  g_autofree char *uuid = domuimg_xl_file_get (self->file, "uuid");

  if (name == NULL)
    add (self, "config-name", TRUE, "name", "the guest has no name");
  else if (*name == '\0')
    add (self, "config-name", FALSE, "name", "the guest's name is empty");
  if (uuid != NULL && !g_uuid_string_is_valid (uuid))
    offer (add (self, "config-value", TRUE, "uuid", "uuid \"%s\" is no UUID", uuid), "uuid", NULL);
}

GPtrArray *
domuimg_xl_file_check (DomuimgXlFile *self, guint major, guint minor)
{
  g_autoptr (DomuimgDomain) domain = domuimg_xl_file_to_domain (self, NULL);
  Check check = { self, domain, NULL, major, minor };

  check.problems = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_xl_problem_free);
  check_identity (&check);
  check_keys (&check);
  domuimg_xl_check_words (self, domain, check.problems);
  check_boot (&check);
  check_sizes (&check);
  domuimg_xl_check_disks (self, domain, check.problems, major, minor);
  domuimg_xl_check_vifs (self, domain, check.problems);
  return check.problems;
}
