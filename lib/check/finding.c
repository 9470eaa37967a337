/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds one finding of a check: its rule, its message and its remedy. */
#include "config.h"
#include "lib/check/report.h"

#include "lib/base/properties.h"

/* One line of a report may be long, but not as long as a hostile guest likes. */
#define TEXT_MAX 1000

/**
 * DomuimgFinding:
 *
 * One thing that a check found in a guest, or that domuimg_doctor_examine() found on a host.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgFinding, domuimg_finding, G_TYPE_OBJECT)

static void
domuimg_finding_finalize (GObject *object)
{
  DomuimgFinding *self = DOMUIMG_FINDING (object);

  g_free (self->id);
  g_free (self->message);
  g_free (self->purpose);
  g_free (self->evidence);
  g_free (self->remedy);
  g_free (self->argument);
  G_OBJECT_CLASS (domuimg_finding_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "id", G_CALLBACK (domuimg_finding_get_id),
    "the rule" },
  { DOMUIMG_PROPERTY_ENUM, "severity", G_CALLBACK (domuimg_finding_get_severity),
    "how much it matters", domuimg_severity_get_type },
  { DOMUIMG_PROPERTY_STRING, "message", G_CALLBACK (domuimg_finding_get_message),
    "what is wrong, in one line" },
  { DOMUIMG_PROPERTY_STRING, "evidence", G_CALLBACK (domuimg_finding_get_evidence),
    "where it was seen" },
  { DOMUIMG_PROPERTY_BOOLEAN, "fixable", G_CALLBACK (domuimg_finding_get_fixable),
    "whether a repair is offered" },
  { DOMUIMG_PROPERTY_STRING, "remedy", G_CALLBACK (domuimg_finding_get_remedy),
    "what to do" },
  { DOMUIMG_PROPERTY_BOOLEAN, "is-fault", G_CALLBACK (domuimg_finding_get_is_fault),
    "whether something is wrong or missing" },
  { DOMUIMG_PROPERTY_STRING, "purpose", G_CALLBACK (domuimg_finding_get_purpose),
    "what it is for" },
};

static void
domuimg_finding_class_init (DomuimgFindingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_finding_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_finding_init (DomuimgFinding *self)
{
}

/* Texts quote what a guest says: made one line of UTF-8, and cut. */
static char *
tidy (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *line = g_string_new (NULL);

  for (const char *c = valid; *c != '\0' && line->len < TEXT_MAX; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      g_string_append_unichar (line, g_unichar_iscntrl (character) ? ' ' : character);
    }
  if (line->len >= TEXT_MAX)
    g_string_append (line, "…");
  return g_string_free (line, FALSE);
}

static const DomuimgRule *
find_rule (const char *id)
{
  for (const DomuimgRule *rule = domuimg_rules; rule->id != NULL; rule++)
    if (g_str_equal (rule->id, id))
      return rule;
  g_return_val_if_reached (&domuimg_rules[0]);
}

G_GNUC_PRINTF (5, 0)
static DomuimgFinding *
add (DomuimgMachine *machine, const DomuimgRule *rule, DomuimgSeverity severity,
     const char *evidence, const char *format, va_list args)
{
  DomuimgFinding *self = g_object_new (DOMUIMG_TYPE_FINDING, NULL);
  g_autofree char *message = g_strdup_vprintf (format, args);

  self->id = g_strdup (rule->id);
  self->severity = severity;
  self->message = tidy (message);
  self->evidence = evidence != NULL ? tidy (evidence) : NULL;
  domuimg_report_add (machine->report, self);
  return self;
}

DomuimgFinding *
domuimg_machine_report (DomuimgMachine *self, const char *id, const char *evidence,
                        const char *format, ...)
{
  const DomuimgRule *rule = find_rule (id);
  DomuimgFinding *finding;
  va_list args;

  va_start (args, format);
  finding = add (self, rule, rule->severity, evidence, format, args);
  va_end (args);
  return finding;
}

DomuimgFinding *
domuimg_machine_report_as (DomuimgMachine *self, DomuimgSeverity severity, const char *id,
                           const char *evidence, const char *format, ...)
{
  DomuimgFinding *finding;
  va_list args;

  va_start (args, format);
  finding = add (self, find_rule (id), severity, evidence, format, args);
  va_end (args);
  return finding;
}

DomuimgFinding *
domuimg_machine_report_error (DomuimgMachine *self, const char *id, const char *evidence,
                              const GError *error)
{
  gboolean is_mistake = find_rule (id)->severity == DOMUIMG_SEVERITY_ERROR;

  domuimg_report_note_unread (self->report, error);
  if (is_mistake && g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO))
    id = "file-unreadable";
  return domuimg_machine_report (self, id, evidence, "%s", error->message);
}

G_GNUC_PRINTF (2, 0)
static void
set_remedy (DomuimgFinding *self, const char *format, va_list args)
{
  g_autofree char *text = g_strdup_vprintf (format, args);

  g_free (self->remedy);
  self->remedy = tidy (text);
}

void
domuimg_finding_offer (DomuimgFinding *self, DomuimgRepair repair, const char *argument,
                       const char *plan_format, ...)
{
  va_list args;

  va_start (args, plan_format);
  set_remedy (self, plan_format, args);
  va_end (args);
  self->repair = repair;
  g_free (self->argument);
  self->argument = g_strdup (argument);
}

void
domuimg_finding_offer_edit (DomuimgFinding *self, DomuimgEditRepair repair, const char *argument,
                            const char *plan_format, ...)
{
  va_list args;

  va_start (args, plan_format);
  set_remedy (self, plan_format, args);
  va_end (args);
  self->edit_repair = repair;
  g_free (self->argument);
  self->argument = g_strdup (argument);
}

void
domuimg_finding_advise (DomuimgFinding *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  set_remedy (self, format, args);
  va_end (args);
}

/**
 * domuimg_finding_get_id:
 * @self: a finding
 *
 * Returns: (transfer none): the rule's id, such as "root-device"; docs/checks.md has all of them;
 *   or what a host was looked at for, such as "program-mke2fs" or "xen-running". Ids do not change
 *
 * Since: 0.1
 */
const char *
domuimg_finding_get_id (DomuimgFinding *self)
{
  return self->id;
}

/**
 * domuimg_finding_get_severity:
 * @self: a finding
 *
 * Returns: how much it matters. Of a host: %DOMUIMG_SEVERITY_ERROR for what is missing and needed
 *   in any case, %DOMUIMG_SEVERITY_UNKNOWN for what could not be told, %DOMUIMG_SEVERITY_WARNING
 *   for what is missing and keeps some verb from its work, %DOMUIMG_SEVERITY_INFO for what is
 *   there, and for what few need
 *
 * Since: 0.1
 */
DomuimgSeverity
domuimg_finding_get_severity (DomuimgFinding *self)
{
  return self->severity;
}

/**
 * domuimg_finding_get_message:
 * @self: a finding
 *
 * Returns: (transfer none): what is wrong, or what a host has, one line
 *
 * Since: 0.1
 */
const char *
domuimg_finding_get_message (DomuimgFinding *self)
{
  return self->message;
}

/**
 * domuimg_finding_get_evidence:
 * @self: a finding
 *
 * Returns: (transfer none) (nullable): the line, name or number that shows it, one line
 *
 * Since: 0.1
 */
const char *
domuimg_finding_get_evidence (DomuimgFinding *self)
{
  return self->evidence;
}

/**
 * domuimg_finding_get_fixable:
 * @self: a finding
 *
 * Returns: whether domuimg_check_fix() can repair it
 *
 * Since: 0.1
 */
gboolean
domuimg_finding_get_fixable (DomuimgFinding *self)
{
  return self->repair != NULL || self->edit_repair != NULL;
}

/**
 * domuimg_finding_get_remedy:
 * @self: a finding
 *
 * Returns: (transfer none) (nullable): what domuimg_check_fix() would do, or else what a person
 *   is to do, with the command
 *
 * Since: 0.1
 */
const char *
domuimg_finding_get_remedy (DomuimgFinding *self)
{
  return self->remedy;
}

/**
 * domuimg_finding_get_is_fault:
 * @self: a finding
 *
 * Returns: whether something is wrong or missing: %FALSE for what a host has
 *
 * Since: 0.1
 */
gboolean
domuimg_finding_get_is_fault (DomuimgFinding *self)
{
  return !self->is_present;
}

/**
 * domuimg_finding_get_purpose:
 * @self: a finding
 *
 * Returns: (transfer none) (nullable): what a host has this for, one line; %NULL in the report of a
 *   guest
 *
 * Since: 0.1
 */
const char *
domuimg_finding_get_purpose (DomuimgFinding *self)
{
  return self->purpose;
}
