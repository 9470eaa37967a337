/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks of several guests, one after another, and what is said of all of them. */
#include "config.h"
#include "domuimg/check.h"

#include "lib/base/json.h"
#include "lib/check/report.h"
#include "lib/check/several.h"
#include "lib/domain/config/file.h"

/* The worst first: that a guest could not be checked is worse than that it fails. */
static const DomuimgVerdict order[] = { DOMUIMG_VERDICT_NONE, DOMUIMG_VERDICT_FAILS,
                                        DOMUIMG_VERDICT_UNKNOWN, DOMUIMG_VERDICT_BOOTS };

static guint
count (GPtrArray *reports, DomuimgVerdict verdict)
{
  guint n = 0;

  for (guint i = 0; i < reports->len; i++)
    n += domuimg_report_get_verdict (g_ptr_array_index (reports, i)) == verdict;
  return n;
}

/**
 * domuimg_check_run_all:
 * @checks: (element-type DomuimgCheck): checks
 * @cancellable: (nullable): to stop them
 * @error: return location: %G_IO_ERROR_CANCELLED only
 *
 * Runs checks one after another. A guest that cannot be looked at does not stop the others: its
 * report has an error, see domuimg_report_get_error().
 *
 * Returns: (transfer container) (element-type DomuimgReport): a report for each, in their order
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_check_run_all (GPtrArray *checks, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) reports = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_val_if_fail (checks != NULL, NULL);
  for (guint i = 0; i < checks->len; i++)
    {
      DomuimgCheck *check = g_ptr_array_index (checks, i);
      g_autoptr (GError) local = NULL;
      DomuimgReport *report = domuimg_check_run (check, cancellable, &local);

      if (report == NULL && g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      if (report == NULL)
        {
          report = domuimg_report_new ();
          domuimg_report_set_error (report, local->message);
        }
      domuimg_report_set_guest (report, domuimg_check_get_subject (check));
      g_ptr_array_add (reports, report);
    }
  return g_steal_pointer (&reports);
}

/**
 * domuimg_check_list_guests:
 * @error: return location for an error: %DOMUIMG_ERROR_PERMISSION, %DOMUIMG_ERROR_IO
 *
 * The guests that are configured on this host: those whose configurations are in `/etc/xen`, where
 * domuimg_host_list_guests() finds them, and also those that cannot be read.
 *
 * Returns: (transfer full) (array zero-terminated=1) (element-type filename): paths of their
 *   configurations, sorted
 *
 * Since: 0.1
 */
char **
domuimg_check_list_guests (GError **error)
{
  return domuimg_config_list_in (DOMUIMG_CONFIG_DIRECTORY, error);
}

/**
 * domuimg_report_list_get_worst:
 * @reports: (element-type DomuimgReport): reports
 *
 * Returns: the worst verdict, %DOMUIMG_VERDICT_NONE before %DOMUIMG_VERDICT_FAILS before
 *   %DOMUIMG_VERDICT_UNKNOWN; %DOMUIMG_VERDICT_BOOTS where there are no reports
 *
 * Since: 0.1
 */
DomuimgVerdict
domuimg_report_list_get_worst (GPtrArray *reports)
{
  g_return_val_if_fail (reports != NULL, DOMUIMG_VERDICT_NONE);
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (count (reports, order[i]) > 0)
      return order[i];
  return DOMUIMG_VERDICT_BOOTS;
}

/* "5 guests: 3 boot, 1 fails, 1 unknown" */
static void
append_summary (GString *text, GPtrArray *reports)
{
  static const struct {
    DomuimgVerdict verdict;
    const char *one;
    const char *several;
  } words[] = { { DOMUIMG_VERDICT_BOOTS, "boots", "boot" },
                { DOMUIMG_VERDICT_FAILS, "fails", "fail" },
                { DOMUIMG_VERDICT_UNKNOWN, "unknown", "unknown" },
                { DOMUIMG_VERDICT_NONE, "could not be checked", "could not be checked" } };
  const char *separator = ": ";

  g_string_append_printf (text, "%u guest%s", reports->len, reports->len == 1 ? "" : "s");
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      guint n = count (reports, words[i].verdict);

      if (n == 0)
        continue;
      g_string_append_printf (text, "%s%u %s", separator, n,
                              n == 1 ? words[i].one : words[i].several);
      separator = ", ";
    }
  g_string_append_c (text, '\n');
}

/**
 * domuimg_report_list_to_text:
 * @reports: (element-type DomuimgReport): reports of domuimg_check_run_all()
 *
 * Control characters are for the caller to take out, as of domuimg_report_to_text().
 *
 * Returns: (transfer full): each report for a person, headed by its guest, and one line on all of
 *   them: `5 guests: 3 boot, 1 fails, 1 unknown`
 *
 * Since: 0.1
 */
char *
domuimg_report_list_to_text (GPtrArray *reports)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (reports != NULL, g_string_free (text, FALSE));
  for (guint i = 0; i < reports->len; i++)
    {
      DomuimgReport *report = g_ptr_array_index (reports, i);
      const char *error = domuimg_report_get_error (report);
      g_autofree char *body = error != NULL ? g_strdup_printf ("could not be checked: %s\n", error)
                                            : domuimg_report_to_text (report);

      g_string_append_printf (text, "%s:\n%s\n", domuimg_report_get_guest (report), body);
    }
  append_summary (text, reports);
  return g_string_free (text, FALSE);
}

/**
 * domuimg_report_list_to_json:
 * @reports: (element-type DomuimgReport): reports of domuimg_check_run_all()
 *
 * Returns: (transfer full): an object with "reports", an array of what domuimg_report_to_json()
 *   has, each with "guest", what was checked, and "error", null or why that could not be checked;
 *   "verdict" is null then
 *
 * Since: 0.1
 */
char *
domuimg_report_list_to_json (GPtrArray *reports)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (reports != NULL, NULL);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "reports");
  json_builder_begin_array (builder);
  for (guint i = 0; i < reports->len; i++)
    {
      DomuimgReport *report = g_ptr_array_index (reports, i);

      json_builder_begin_object (builder);
      domuimg_json_add_string (builder, "guest", domuimg_report_get_guest (report));
      domuimg_report_add_members (report, builder);
      domuimg_json_add_string (builder, "error", domuimg_report_get_error (report));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
