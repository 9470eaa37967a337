/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check found, for programs and for people. */
#include "config.h"
#include "lib/check/report.h"
#include "lib/base/properties.h"

#include "lib/base/json.h"

/**
 * DomuimgReport:
 *
 * What a check found, and its verdict.
 *
 * Since: 0.1
 */
struct _DomuimgReport {
  GObject parent_instance;

  char *guest; /* (nullable) */
  char *error; /* (nullable) */
  GError *unread; /* (nullable) */
  DomuimgGuestType type;
  GPtrArray *findings;
};

G_DEFINE_FINAL_TYPE (DomuimgReport, domuimg_report, G_TYPE_OBJECT)

static void
domuimg_report_finalize (GObject *object)
{
  DomuimgReport *self = DOMUIMG_REPORT (object);

  g_free (self->guest);
  g_free (self->error);
  g_clear_error (&self->unread);
  g_ptr_array_unref (self->findings);
  G_OBJECT_CLASS (domuimg_report_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_ENUM, "verdict", G_CALLBACK (domuimg_report_get_verdict),
    "whether the guest boots", domuimg_verdict_get_type },
  { DOMUIMG_PROPERTY_ENUM, "guest-type", G_CALLBACK (domuimg_report_get_guest_type),
    "as what it was checked", domuimg_guest_type_get_type },
  { DOMUIMG_PROPERTY_STRING, "guest", G_CALLBACK (domuimg_report_get_guest),
    "which guest it is of" },
  { DOMUIMG_PROPERTY_STRING, "error", G_CALLBACK (domuimg_report_get_error),
    "why the guest could not be checked" },
};

static void
domuimg_report_class_init (DomuimgReportClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_report_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_report_init (DomuimgReport *self)
{
  self->findings = g_ptr_array_new_with_free_func (g_object_unref);
}

DomuimgReport *
domuimg_report_new (void)
{
  return g_object_new (DOMUIMG_TYPE_REPORT, NULL);
}

void
domuimg_report_set_guest_type (DomuimgReport *self, DomuimgGuestType type)
{
  self->type = type;
}

void
domuimg_report_set_guest (DomuimgReport *self, const char *guest)
{
  g_free (self->guest);
  self->guest = g_utf8_make_valid (guest, -1);
}

void
domuimg_report_set_error (DomuimgReport *self, const char *message)
{
  g_free (self->error);
  self->error = g_utf8_make_valid (message, -1);
}

void
domuimg_report_add (DomuimgReport *self, DomuimgFinding *finding)
{
  g_ptr_array_add (self->findings, finding);
}

/**
 * domuimg_verdict_to_string:
 * @verdict: a verdict
 *
 * Returns: (transfer none): "boots", "fails", "unknown" or "none"
 *
 * Since: 0.1
 */
const char *
domuimg_verdict_to_string (DomuimgVerdict verdict)
{
  static const char *const names[] = { "boots", "fails", "unknown", "none" };

  return verdict <= DOMUIMG_VERDICT_NONE ? names[verdict] : "unknown";
}

/**
 * domuimg_severity_to_string:
 * @severity: a severity
 *
 * Returns: (transfer none): "error", "unknown", "warning" or "info"
 *
 * Since: 0.1
 */
const char *
domuimg_severity_to_string (DomuimgSeverity severity)
{
  static const char *const names[] = { "error", "unknown", "warning", "info" };

  return severity <= DOMUIMG_SEVERITY_INFO ? names[severity] : "unknown";
}

/**
 * domuimg_report_get_verdict:
 * @self: a report
 *
 * The guest fails where one finding is an error, and is said to boot where none is and nothing
 * that decides was out of reach. %DOMUIMG_VERDICT_NONE is only in reports of
 * domuimg_check_run_all().
 *
 * Returns: the verdict
 *
 * Since: 0.1
 */
DomuimgVerdict
domuimg_report_get_verdict (DomuimgReport *self)
{
  DomuimgVerdict verdict = DOMUIMG_VERDICT_BOOTS;

  if (self->error != NULL)
    return DOMUIMG_VERDICT_NONE;
  for (guint i = 0; i < self->findings->len; i++)
    {
      const DomuimgFinding *finding = g_ptr_array_index (self->findings, i);

      if (finding->severity == DOMUIMG_SEVERITY_ERROR)
        return DOMUIMG_VERDICT_FAILS;
      if (finding->severity == DOMUIMG_SEVERITY_UNKNOWN)
        verdict = DOMUIMG_VERDICT_UNKNOWN;
    }
  return verdict;
}

gboolean
domuimg_report_check_boots (DomuimgReport *self, const char *name, GError **error)
{
  g_autoptr (GString) reasons = g_string_new (NULL);

  if (domuimg_report_get_verdict (self) != DOMUIMG_VERDICT_FAILS)
    return TRUE;
  for (guint i = 0; i < self->findings->len; i++)
    {
      const DomuimgFinding *finding = g_ptr_array_index (self->findings, i);

      if (finding->severity == DOMUIMG_SEVERITY_ERROR)
        g_string_append_printf (reasons, "%s%s [%s]", reasons->len > 0 ? "; " : "",
                                finding->message, finding->id);
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "%s would not boot: %s; use --allow-unbootable to make it all the same", name,
                       reasons->str);
}

void
domuimg_report_note_unread (DomuimgReport *self, const GError *error)
{
  if (self->unread == NULL && g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO))
    self->unread = g_error_copy (error);
}

gboolean
domuimg_report_check_read (DomuimgReport *self, const char *name, GError **error)
{
  return self->unread == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_IO, "what was made of %s could not be read back: %s",
                          name, self->unread->message);
}

void
domuimg_report_add_warnings (DomuimgReport *self, const char *except, GPtrArray *warnings)
{
  for (guint i = 0; i < self->findings->len; i++)
    {
      const DomuimgFinding *finding = g_ptr_array_index (self->findings, i);

      if (finding->severity != DOMUIMG_SEVERITY_INFO && g_strcmp0 (finding->id, except) != 0)
        g_ptr_array_add (warnings, g_strdup_printf ("%s: %s", finding->id, finding->message));
    }
}

void
domuimg_report_write_down (DomuimgReport *self, DomuimgManifest *manifest)
{
  g_autofree char *text = domuimg_report_to_json (self);

  manifest->verdict = g_strdup (domuimg_verdict_to_string (domuimg_report_get_verdict (self)));
  manifest->check = json_from_string (text, NULL);
}

/**
 * domuimg_report_get_guest_type:
 * @self: a report
 *
 * Returns: the type of guest that was checked: as configured, or the one that suits the kernel
 *   where none was asked for; %DOMUIMG_GUEST_TYPE_AUTO where there is no telling
 *
 * Since: 0.1
 */
DomuimgGuestType
domuimg_report_get_guest_type (DomuimgReport *self)
{
  return self->type;
}

/**
 * domuimg_report_get_findings:
 * @self: a report
 *
 * Returns: (transfer none) (element-type DomuimgFinding): what was found, in the order of a boot
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_report_get_findings (DomuimgReport *self)
{
  return self->findings;
}

/**
 * domuimg_report_get_guest:
 * @self: a report
 *
 * Returns: (transfer none) (nullable): in a report of domuimg_check_run_all(), what was checked, as
 *   it was given: a path or a name
 *
 * Since: 0.1
 */
const char *
domuimg_report_get_guest (DomuimgReport *self)
{
  return self->guest;
}

/**
 * domuimg_report_get_error:
 * @self: a report
 *
 * Returns: (transfer none) (nullable): in a report of domuimg_check_run_all(), why the guest could
 *   not be checked; there are no findings then
 *
 * Since: 0.1
 */
const char *
domuimg_report_get_error (DomuimgReport *self)
{
  return self->error;
}

static void
append_finding (GString *text, DomuimgFinding *finding)
{
  g_string_append_printf (text, "%s: %s [%s]\n", domuimg_severity_to_string (finding->severity),
                          finding->message, finding->id);
  if (finding->evidence != NULL)
    g_string_append_printf (text, "    found: %s\n", finding->evidence);
  if (finding->remedy != NULL)
    g_string_append_printf (text, "    %s: %s\n",
                            domuimg_finding_get_fixable (finding) ? "--fix" : "to do",
                            finding->remedy);
}

/**
 * domuimg_report_to_text:
 * @self: a report
 *
 * What was found may have been read from a guest: a terminal should be given it with control
 * characters (but newline) taken out.
 *
 * Returns: (transfer full): the report for a person, several lines
 *
 * Since: 0.1
 */
char *
domuimg_report_to_text (DomuimgReport *self)
{
  GString *text = g_string_new (NULL);
  DomuimgVerdict verdict = domuimg_report_get_verdict (self);

  for (guint i = 0; i < self->findings->len; i++)
    append_finding (text, g_ptr_array_index (self->findings, i));
  g_string_append_printf (text, "verdict: %s", domuimg_verdict_to_string (verdict));
  if (self->type != DOMUIMG_GUEST_TYPE_AUTO)
    g_string_append_printf (text, " (as %s)", domuimg_guest_type_to_string (self->type));
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}

static void
add_finding (JsonBuilder *builder, DomuimgFinding *finding)
{
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "id", finding->id);
  domuimg_json_add_string (builder, "severity", domuimg_severity_to_string (finding->severity));
  domuimg_json_add_string (builder, "message", finding->message);
  domuimg_json_add_string (builder, "evidence", finding->evidence);
  json_builder_set_member_name (builder, "fixable");
  json_builder_add_boolean_value (builder, domuimg_finding_get_fixable (finding));
  domuimg_json_add_string (builder, "remedy", finding->remedy);
  json_builder_end_object (builder);
}

void
domuimg_report_add_members (DomuimgReport *self, JsonBuilder *builder)
{
  domuimg_json_add_string (builder, "verdict",
                           self->error == NULL
                               ? domuimg_verdict_to_string (domuimg_report_get_verdict (self))
                               : NULL);
  domuimg_json_add_string (builder, "type", domuimg_guest_type_to_string (self->type));
  json_builder_set_member_name (builder, "findings");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->findings->len; i++)
    add_finding (builder, g_ptr_array_index (self->findings, i));
  json_builder_end_array (builder);
}

/**
 * domuimg_report_to_json:
 * @self: a report
 *
 * Returns: (transfer full): an object with "verdict", "type" ("auto" where there is no telling)
 *   and "findings", an array of objects with "id", "severity", "message", "evidence" (or null),
 *   "fixable" and "remedy" (or null)
 *
 * Since: 0.1
 */
char *
domuimg_report_to_json (DomuimgReport *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  domuimg_report_add_members (self, builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
