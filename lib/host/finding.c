/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/finding.h"

/**
 * DomuimgHostFinding:
 *
 * One thing that a host has or lacks.
 *
 * Since: 0.1
 */
struct _DomuimgHostFinding {
  GObject parent_instance;

  char *id;
  gboolean is_there;
  DomuimgSeverity severity;
  char *what;
  char *why;
  char *remedy; /* (nullable) */
};

G_DEFINE_FINAL_TYPE (DomuimgHostFinding, domuimg_host_finding, G_TYPE_OBJECT)

static void
domuimg_host_finding_finalize (GObject *object)
{
  DomuimgHostFinding *self = DOMUIMG_HOST_FINDING (object);

  g_free (self->id);
  g_free (self->what);
  g_free (self->why);
  g_free (self->remedy);
  G_OBJECT_CLASS (domuimg_host_finding_parent_class)->finalize (object);
}

static void
domuimg_host_finding_class_init (DomuimgHostFindingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_host_finding_finalize;
}

static void
domuimg_host_finding_init (DomuimgHostFinding *self)
{
}

DomuimgHostFinding *
domuimg_host_finding_new (const char *id, gboolean is_there, DomuimgSeverity severity,
                          const char *what, const char *why, const char *remedy)
{
  DomuimgHostFinding *self = g_object_new (DOMUIMG_TYPE_HOST_FINDING, NULL);

  self->id = g_strdup (id);
  self->is_there = is_there;
  self->severity = is_there ? DOMUIMG_SEVERITY_INFO : severity;
  self->what = g_utf8_make_valid (what, -1);
  self->why = g_strdup (why);
  self->remedy = is_there ? NULL : g_strdup (remedy);
  return self;
}

/**
 * domuimg_host_finding_get_id:
 * @self: a finding
 *
 * Returns: (transfer none): what was looked for, such as "program-mke2fs" or "xen-running"; ids
 *   do not change
 *
 * Since: 0.1
 */
const char *
domuimg_host_finding_get_id (DomuimgHostFinding *self)
{
  return self->id;
}

/**
 * domuimg_host_finding_get_is_there:
 * @self: a finding
 *
 * Returns: whether the host has it
 *
 * Since: 0.1
 */
gboolean
domuimg_host_finding_get_is_there (DomuimgHostFinding *self)
{
  return self->is_there;
}

/**
 * domuimg_host_finding_get_severity:
 * @self: a finding
 *
 * Returns: %DOMUIMG_SEVERITY_ERROR for what is missing and needed in any case,
 *   %DOMUIMG_SEVERITY_UNKNOWN for what could not be told, %DOMUIMG_SEVERITY_WARNING for what is
 *   missing and keeps some verb from its work, %DOMUIMG_SEVERITY_INFO for what is there, and for
 *   what few need
 *
 * Since: 0.1
 */
DomuimgSeverity
domuimg_host_finding_get_severity (DomuimgHostFinding *self)
{
  return self->severity;
}

/**
 * domuimg_host_finding_get_what:
 * @self: a finding
 *
 * Returns: (transfer none): what is there or missing, one line
 *
 * Since: 0.1
 */
const char *
domuimg_host_finding_get_what (DomuimgHostFinding *self)
{
  return self->what;
}

/**
 * domuimg_host_finding_get_why:
 * @self: a finding
 *
 * Returns: (transfer none): what it is for, one line
 *
 * Since: 0.1
 */
const char *
domuimg_host_finding_get_why (DomuimgHostFinding *self)
{
  return self->why;
}

/**
 * domuimg_host_finding_get_remedy:
 * @self: a finding
 *
 * Returns: (transfer none) (nullable): of what is missing, the command or the setting that mends
 *   it, where there is one
 *
 * Since: 0.1
 */
const char *
domuimg_host_finding_get_remedy (DomuimgHostFinding *self)
{
  return self->remedy;
}
