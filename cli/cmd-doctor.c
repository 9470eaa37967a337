/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

/* The exit status of the worst that was found. */
static int
status_of (GPtrArray *findings)
{
  int status = CLI_DONE;

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgSeverity severity = domuimg_finding_get_severity (g_ptr_array_index (findings, i));

      if (severity == DOMUIMG_SEVERITY_ERROR)
        return CLI_FAILS;
      if (severity == DOMUIMG_SEVERITY_UNKNOWN)
        status = CLI_UNKNOWN;
    }
  return status;
}

int
cli_doctor (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgDoctor) host = NULL;
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (
      context, "Says what this host can do, what it lacks, and what mends that.\n"
               "Exit status: 0 nothing that is needed is missing, 3 something is, 4 unknown.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 1)
    return cli_usage ("doctor takes no argument such as “%s”", argv[1]);
  cli_signals_cancel (cancellable);
  host = domuimg_doctor_new ();
  findings = domuimg_doctor_examine (host, cancellable, &error);
  if (findings == NULL)
    return cli_report (error);
  text = json ? domuimg_doctor_to_json (host) : domuimg_doctor_to_text (host);
  cli_print_text (text, json);
  return status_of (findings);
}
