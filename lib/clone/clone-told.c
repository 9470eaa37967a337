/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a run of clones has made, for people and for programs. */
#include "config.h"
#include "lib/clone/clone-run.h"

#include "lib/base/json.h"
#include "lib/check/report.h"
#include "lib/clone/clone-job.h"

static const DomuimgCloneJob *
get_made (const DomuimgCloneRun *self, guint i)
{
  return self->is_made[i] ? g_ptr_array_index (self->jobs, i) : NULL;
}

/* Whether each of several clones has the warning. */
static gboolean
is_of_all (const DomuimgCloneRun *self, const char *warning)
{
  guint n = 0;

  for (guint i = 0; i < self->jobs->len; i++)
    {
      const DomuimgCloneJob *job = get_made (self, i);

      if (job == NULL)
        continue;
      if (!g_ptr_array_find_with_equal_func (job->warnings, warning, g_str_equal, NULL))
        return FALSE;
      n++;
    }
  return n > 1;
}

static const char *
describe_verdict (const DomuimgCloneJob *job)
{
  return job->report != NULL ? domuimg_verdict_to_string (domuimg_report_get_verdict (job->report))
                             : "not checked, without a configuration";
}

static void
append_job (GString *text, const DomuimgCloneJob *job, GHashTable *common)
{
  g_string_append_printf (text, "%s: %s (%s)\n", job->name,
                          (const char *) g_ptr_array_index (job->paths, 0), describe_verdict (job));
  if (job->root_password != NULL)
    g_string_append_printf (text, "  root's password, to be changed at the first login: %s\n",
                            job->root_password);
  for (guint i = 0; i < job->warnings->len; i++)
    if (!g_hash_table_contains (common, g_ptr_array_index (job->warnings, i)))
      g_string_append_printf (text, "  warning: %s\n",
                              (const char *) g_ptr_array_index (job->warnings, i));
}

/* A thousand clones need not say the same a thousand times. */
static GHashTable *
append_common (GString *text, const DomuimgCloneRun *self)
{
  g_autoptr (GHashTable) common = g_hash_table_new (g_str_hash, g_str_equal);
  const DomuimgCloneJob *first = NULL;

  for (guint i = 0; first == NULL && i < self->jobs->len; i++)
    first = get_made (self, i);
  for (guint i = 0; first != NULL && i < first->warnings->len; i++)
    {
      char *warning = g_ptr_array_index (first->warnings, i);

      if (is_of_all (self, warning) && g_hash_table_add (common, warning))
        g_string_append_printf (text, "warning, for each clone: %s\n", warning);
    }
  return g_steal_pointer (&common);
}

static void
append_ways (GString *text, const DomuimgCloneRun *self)
{
  for (guint i = 0; i < self->source->disks->len; i++)
    {
      const DomuimgCloneDisk *disk = g_ptr_array_index (self->source->disks, i);

      g_string_append_printf (text, "%s: %s, %s\n", disk->original.path, self->ways[i]->name,
                              self->ways[i]->help);
    }
  for (guint i = 0; i < self->source->notes->len; i++)
    g_string_append_printf (text, "warning: %s\n",
                            (const char *) g_ptr_array_index (self->source->notes, i));
}

char *
domuimg_clone_run_to_text (DomuimgCloneRun *self)
{
  GString *text = g_string_new (NULL);
  g_autoptr (GHashTable) common = NULL;

  append_ways (text, self);
  common = append_common (text, self);
  for (guint i = 0; i < self->jobs->len; i++)
    if (self->is_made[i])
      append_job (text, g_ptr_array_index (self->jobs, i), common);
  return g_string_free (text, FALSE);
}

static void
add_verdict (JsonBuilder *builder, DomuimgReport *report)
{
  domuimg_json_add_string (builder, "verdict",
                           report != NULL
                               ? domuimg_verdict_to_string (domuimg_report_get_verdict (report))
                               : NULL);
  if (report == NULL)
    return;
  json_builder_set_member_name (builder, "check");
  json_builder_begin_object (builder);
  domuimg_report_add_members (report, builder);
  json_builder_end_object (builder);
}

static void
add_job (JsonBuilder *builder, const DomuimgCloneJob *job)
{
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "name", job->name);
  domuimg_json_add_string (builder, "uuid", job->uuid);
  domuimg_json_add_lines (builder, "disks", job->paths);
  domuimg_json_add_string (builder, "config", job->config_path);
  domuimg_json_add_string (builder, "xml", job->has_xml ? job->xml_path : NULL);
  domuimg_json_add_string (builder, "manifest", job->manifest_path);
  if (job->root_password != NULL)
    domuimg_json_add_string (builder, "root_password", job->root_password);
  add_verdict (builder, job->report);
  domuimg_json_add_lines (builder, "warnings", job->warnings);
  json_builder_end_object (builder);
}

char *
domuimg_clone_run_to_json (DomuimgCloneRun *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (GPtrArray) ways = g_ptr_array_new ();
  g_autoptr (JsonNode) root = NULL;

  for (guint i = 0; i < self->source->disks->len; i++)
    g_ptr_array_add (ways, (gpointer) self->ways[i]->name);
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "source", self->source->name);
  domuimg_json_add_lines (builder, "copies", ways);
  json_builder_set_member_name (builder, "clones");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->jobs->len; i++)
    if (self->is_made[i])
      add_job (builder, g_ptr_array_index (self->jobs, i));
  json_builder_end_array (builder);
  domuimg_json_add_lines (builder, "warnings", self->source->notes);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
