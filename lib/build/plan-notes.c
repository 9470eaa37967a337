/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a machine that is converted has no counterpart in the guest, as far as its description tells. */
#include "config.h"
#include "lib/build/plan-notes.h"

#include "lib/build/plan-import.h"

static void note (DomuimgPlan *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
note (DomuimgPlan *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->notes, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
copy_lines (DomuimgPlan *self, const GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    note (self, "%s", (const char *) g_ptr_array_index (lines, i));
}

static void
note_firmware (DomuimgPlan *self, const DomuimgHardware *hardware)
{
  if (hardware->secure_boot)
    note (self, "Secure Boot was on, and Xen's UEFI has none: nothing checks the signatures of what"
                " the guest boots");
}

/* Somebody who took the cable out may have meant it. */
static void
note_cables (DomuimgPlan *self)
{
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgNicSpec *nic = g_ptr_array_index (self->nics, i);

      if (nic->was_down)
        note (self, "network interface %u%s%s%s was not connected when the machine started; as %s it"
                    " is connected to %s", i, nic->network != NULL ? " (“" : "",
              nic->network != NULL ? nic->network : "", nic->network != NULL ? "”)" : "", nic->mac,
              nic->bridge);
    }
}

/* The names of the networks that end on @bridge, each once; @chosen: whether each was told to. */
static GPtrArray *
list_networks (DomuimgPlan *self, const char *bridge, gboolean *chosen)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  *chosen = TRUE;
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgNicSpec *nic = g_ptr_array_index (self->nics, i);
      g_autofree char *quoted
          = nic->network != NULL ? g_strdup_printf ("“%s”", nic->network) : NULL;

      if (quoted == NULL || g_strcmp0 (nic->bridge, bridge) != 0)
        continue;
      *chosen &= nic->is_mapped;
      if (!g_ptr_array_find_with_equal_func (names, quoted, g_str_equal, NULL))
        g_ptr_array_add (names, g_steal_pointer (&quoted));
    }
  return names;
}

static gboolean
is_first_on_bridge (DomuimgPlan *self, guint index)
{
  const DomuimgNicSpec *nic = g_ptr_array_index (self->nics, index);

  for (guint i = 0; i < index; i++)
    if (g_strcmp0 (((DomuimgNicSpec *) g_ptr_array_index (self->nics, i))->bridge, nic->bridge) == 0)
      return FALSE;
  return TRUE;
}

/* Networks that the old machine kept apart; where all were mapped, somebody has decided so. */
static void
note_networks (DomuimgPlan *self)
{
  for (guint i = 0; i < self->nics->len; i++)
    {
      const char *bridge = ((DomuimgNicSpec *) g_ptr_array_index (self->nics, i))->bridge;
      g_autoptr (GPtrArray) names = NULL;
      g_autofree char *list = NULL;
      gboolean chosen;

      if (!is_first_on_bridge (self, i))
        continue;
      names = list_networks (self, bridge, &chosen);
      if (names->len < 2 || chosen)
        continue;
      g_ptr_array_add (names, NULL);
      list = g_strjoinv (", ", (char **) names->pdata);
      note (self, "the networks %s were apart, and are all on the bridge %s here; use --map-network"
                  " NAME=BRIDGE for each", list, bridge);
    }
}

void
domuimg_plan_collect_notes (DomuimgPlan *self)
{
  const DomuimgHardware *hardware = domuimg_plan_get_hardware (self);

  if (self->import == NULL)
    return;
  if (hardware != NULL)
    {
      copy_lines (self, hardware->unmapped);
      note_firmware (self, hardware);
    }
  copy_lines (self, domuimg_import_get_notes (self->import));
  note_networks (self);
  note_cables (self);
}

gboolean
domuimg_plan_check_strict (DomuimgPlan *self, const GPtrArray *notes, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);

  if (notes->len == 0 || !domuimg_spec_get_flag (self->spec, "strict"))
    return TRUE;
  for (guint i = 0; i < notes->len; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? "; " : "",
                            (const char *) g_ptr_array_index (notes, i));
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "--strict: %s would not be all that it was made from: %s", self->name,
                       list->str);
}
