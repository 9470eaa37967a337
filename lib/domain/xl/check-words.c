/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/device.h"

#include <string.h>

#include "lib/domain/model/domain.h"
#include "lib/domain/xl/keys.h"

/* Settings that take a word of a few, as parse_config_data of tools/xl/xl_parse.c has them; it
 * exits at any other. */

#define ALL DOMUIMG_XL_ALL_TYPES
#define HVM DOMUIMG_XL_TYPE (DOMUIMG_GUEST_TYPE_HVM)

static const struct {
  const char *key;
  guint types;    /* where xl looks for it */
  gint64 numbers; /* how many numbers, from 0, it takes beside; -1: all */
  gboolean exact; /* libxl's own enumerations are read in any case */
  const char *words[8];
} choices[] = {
  { "altp2m", ALL, 4, FALSE, { "disabled", "mixed", "external", "limited" } },
  { "bios", HVM, 0, FALSE, { "rombios", "seabios", "ovmf", "unknown" } },
  { "device_model_version", ALL, 0, TRUE, { "qemu-xen", "qemu-xen-traditional" } },
  { "gfx_passthru", HVM, -1, FALSE, { "default", "igd" } },
  { "gic_version", ALL, 0, FALSE, { "default", "v2", "v3" } },
  { "hdtype", HVM, 0, FALSE, { "ide", "ahci" } },
  { "ms_vm_genid", HVM, 0, TRUE, { "generate", "none" } },
  { "passthrough", ALL, 0, FALSE, { "default", "disabled", "enabled", "sync_pt", "share_pt" } },
  { "tee", ALL, 0, FALSE, { "none", "optee", "ffa" } },
  { "timer_mode", ALL, 4, FALSE,
    { "delay_for_missed_ticks", "no_delay_for_missed_ticks", "no_missed_ticks_pending",
      "one_missed_tick_pending", "unknown" } },
  { "tsc_mode", ALL, 4, FALSE, { "default", "always_emulate", "native", "native_paravirt" } },
  { "vendor_device", HVM, 0, FALSE, { "none", "xenserver" } },
  { "vga", HVM, 0, TRUE, { "stdvga", "cirrus", "none", "qxl" } },
  { "vuart", ALL, 0, FALSE, { "sbsa_uart", "unknown" } },
};

static gboolean
is_choice (guint index, const char *value)
{
  for (guint i = 0; choices[index].words[i] != NULL; i++)
    if (choices[index].exact ? g_str_equal (choices[index].words[i], value)
                             : g_ascii_strcasecmp (choices[index].words[i], value) == 0)
      return TRUE;
  return FALSE;
}

static void
check_choice (DomuimgXlFile *file, DomuimgDomain *domain, guint index, GPtrArray *problems)
{
  const char *key = choices[index].key;
  g_autofree char *value = domuimg_xl_file_get (file, key);
  g_autofree char *words = NULL;
  gint64 number;

  if (value == NULL || (choices[index].types & DOMUIMG_XL_TYPE (domain->type)) == 0)
    return;
  if (choices[index].numbers != 0 && domuimg_xl_file_get_number (file, key, &number)
      && (choices[index].numbers < 0 || (number >= 0 && number < choices[index].numbers)))
    return;
  if (is_choice (index, value))
    return;
  words = g_strjoinv (", ", (char **) choices[index].words);
  g_ptr_array_add (problems,
                   domuimg_xl_problem_new ("config-value", TRUE,
                                           domuimg_xl_file_get_line (file, key),
                                           "%s cannot be “%s”, only one of %s", key, value, words));
}

/* parse_action_on_shutdown */
static void
check_events (DomuimgXlFile *file, GPtrArray *problems)
{
  static const char *const events[]
      = { "on_poweroff", "on_reboot", "on_crash", "on_watchdog", "on_soft_reset" };
  static const char *const actions[]
      = { "destroy",          "restart",          "rename-restart", "preserve",
          "coredump-destroy", "coredump-restart", "soft-reset",     NULL };

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      g_autofree char *action = domuimg_xl_file_get (file, events[i]);
      DomuimgXlProblem *problem;

      if (action == NULL || g_strv_contains (actions, action))
        continue;
      problem = domuimg_xl_problem_new ("config-value", TRUE,
                                        domuimg_xl_file_get_line (file, events[i]),
                                        "%s cannot be “%s”, only destroy, restart, rename-restart, "
                                        "preserve, coredump-destroy, coredump-restart and "
                                        "soft-reset",
                                        events[i], action);
      problem->fix_key = g_strdup (events[i]);
      g_ptr_array_add (problems, problem);
    }
}

static DomuimgGuestType
type_of (const char *value, const char *pv)
{
  if (value == NULL)
    return DOMUIMG_GUEST_TYPE_AUTO;
  return domuimg_xl_begins (value, "hvm") ? DOMUIMG_GUEST_TYPE_HVM
         : domuimg_xl_begins (value, pv)  ? DOMUIMG_GUEST_TYPE_PV
                                          : DOMUIMG_GUEST_TYPE_PVH;
}

static void
check_builder (DomuimgXlFile *file, const char *type, const char *builder, GPtrArray *problems)
{
  DomuimgGuestType built = type_of (builder, "generic");
  guint line = domuimg_xl_file_get_line (file, "builder");
  DomuimgXlProblem *problem;

  if (built == DOMUIMG_GUEST_TYPE_PVH)
    problem = domuimg_xl_problem_new ("config-value", TRUE, line,
                                      "“%s” is not a builder: use hvm or generic", builder);
  else if (type != NULL && built != type_of (type, "pv"))
    problem = domuimg_xl_problem_new ("config-contradiction", TRUE, line,
                                      "builder=\"%s\" contradicts type=\"%s\"", builder, type);
  else
    problem = domuimg_xl_problem_new ("config-deprecated", FALSE, line,
                                      "builder is deprecated: type=\"%s\" says the same",
                                      domuimg_guest_type_to_string (built));
  if (type != NULL)
    problem->fix_key = g_strdup ("builder");
  g_ptr_array_add (problems, problem);
}

void
domuimg_xl_check_words (DomuimgXlFile *file, DomuimgDomain *domain, GPtrArray *problems)
{
  g_autofree char *type = domuimg_xl_file_get (file, "type");
  g_autofree char *builder = domuimg_xl_file_get (file, "builder");
  g_autofree char *timer = domuimg_xl_file_get (file, "timer_mode");

  if (type_of (type, "pv") == DOMUIMG_GUEST_TYPE_PVH && !domuimg_xl_begins (type, "pvh"))
    g_ptr_array_add (problems,
                     domuimg_xl_problem_new ("config-value", TRUE,
                                             domuimg_xl_file_get_line (file, "type"),
                                             "“%s” is not a type: use pv, pvh or hvm", type));
  if (builder != NULL)
    check_builder (file, type, builder, problems);
  if (timer != NULL && domain->type == DOMUIMG_GUEST_TYPE_PV)
    g_ptr_array_add (problems,
                     domuimg_xl_problem_new ("config-contradiction", TRUE,
                                             domuimg_xl_file_get_line (file, "timer_mode"),
                                             "a PV guest can have no timer_mode"));
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    check_choice (file, domain, i, problems);
  check_events (file, problems);
}
