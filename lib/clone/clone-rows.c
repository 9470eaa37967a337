/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a row of a table to a specification. */
#include "config.h"
#include "lib/clone/clone-rows.h"

#include <string.h>

#include "lib/spec/spec-keys.h"

static const char *const parts_of_nic[]
    = { "ip", "gateway", "dns", "mac", "bridge", "model", "script", NULL };

/* The cell is what is wrong; a line end in its value is none of the message. */
static gboolean
blame (const DomuimgCell *cell, GError *local, GError **error)
{
  g_strdelimit (local->message, "\r\n", ' ');
  g_propagate_prefixed_error (error, local, "%s: ", cell->where);
  return FALSE;
}

/* Whether the column is one, and only once there, unless its key has several values. */
static gboolean
check_column (const DomuimgCell *cell, gboolean is_part, gboolean is_first, GError **error)
{
  if (!is_part && domuimg_spec_key_find (cell->name) == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s: “%s” is neither an option of a clone nor a part of nic", cell->where,
                         cell->name);
  return is_first || (!is_part && domuimg_spec_get_kind (cell->name) == DOMUIMG_SPEC_KIND_LIST)
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: %s is given twice", cell->where,
                          cell->name);
}

/* What the row says of a list is in place of what all have. */
static gboolean
set_key (DomuimgSpec *spec, const DomuimgCell *cell, GHashTable *seen, GError **error)
{
  GError *local = NULL;

  if (g_hash_table_add (seen, cell->name) ? domuimg_spec_set (spec, cell->name, cell->value, &local)
                                          : domuimg_spec_add (spec, cell->name, cell->value, &local))
    return TRUE;
  return blame (cell, local, error);
}

/* Commas end a part. */
static gboolean
add_part (GString *nic, const DomuimgCell *cell, GError **error)
{
  if (strchr (cell->value, ',') != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s: %s has a comma, which ends a part of a nic", cell->where, cell->name);
  g_string_append_printf (nic, "%s%s=%s", nic->len > 0 ? "," : "", cell->name, cell->value);
  return TRUE;
}

static gboolean
set_nic (DomuimgSpec *spec, const GString *nic, const DomuimgCell *last, GError **error)
{
  GError *local = NULL;

  return last == NULL || domuimg_spec_set (spec, "nic", nic->str, &local)
         || blame (last, local, error);
}

DomuimgSpec *
domuimg_clone_row_to_spec (const DomuimgRow *row, DomuimgSpec *common, GError **error)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_copy (common);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) columns = g_hash_table_new (g_str_hash, g_str_equal);
  const char *usual = domuimg_spec_get (common, "nic");
  g_autoptr (GString) nic = g_string_new (usual);
  const DomuimgCell *last = NULL;

  for (guint i = 0; i < row->cells->len; i++)
    {
      const DomuimgCell *cell = g_ptr_array_index (row->cells, i);
      gboolean is_part = g_strv_contains (parts_of_nic, cell->name);

      if (!check_column (cell, is_part, g_hash_table_add (columns, cell->name), error))
        return NULL;
      if (*cell->value == '\0')
        continue;
      if (!(is_part ? add_part (nic, cell, error) : set_key (spec, cell, seen, error)))
        return NULL;
      last = is_part ? cell : last;
    }
  if (last != NULL && g_hash_table_contains (seen, "nic"))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "%s: %s is a part of nic, which the row gives, too", last->where, last->name);
      return NULL;
    }
  if (domuimg_spec_get (spec, "name") == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: the guest has no name", row->where);
      return NULL;
    }
  return set_nic (spec, nic, last, error) ? g_steal_pointer (&spec) : NULL;
}
