/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of guests as a table, with a tree of those whose disks lie over another's. */
#include "config.h"
#include "lib/life/inventory.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* "-" where it is not known. */
static char *
format_age (const DomuimgListed *guest)
{
  const char *made = guest->made != NULL ? guest->made->manifest->made : NULL;
  g_autoptr (GDateTime) then = made != NULL ? g_date_time_new_from_iso8601 (made, NULL) : NULL;
  gint64 age = then != NULL ? g_get_real_time () / G_USEC_PER_SEC - g_date_time_to_unix (then) : -1;

  if (age < 0)
    return g_strdup ("-");
  if (age < HOUR)
    return g_strdup_printf ("%" G_GINT64_FORMAT "m", age / MINUTE);
  if (age < 2 * DAY)
    return g_strdup_printf ("%" G_GINT64_FORMAT "h", age / HOUR);
  return g_strdup_printf ("%" G_GINT64_FORMAT "d", age / DAY);
}

static void
append_end (const DomuimgListed *guest, GString *text)
{
  if (guest->config != NULL)
    g_string_append (text, guest->config);
  if (guest->autostart)
    g_string_append (text, " (autostart)");
  if (guest->base != NULL && guest->parent == NULL)
    g_string_append_printf (text, " (over %s)", guest->base);
  g_string_append_c (text, '\n');
}

static void
append_guest (const DomuimgListed *guest, guint depth, GString *text)
{
  g_autofree char *name = g_strdup_printf ("%*s%s", (int) (2 * depth), "", guest->name);
  g_autofree char *id = guest->domid >= 0 ? g_strdup_printf ("%d", guest->domid) : g_strdup ("-");
  g_autofree char *disk = guest->made != NULL
                              ? g_format_size_full (guest->disk_usage, G_FORMAT_SIZE_IEC_UNITS)
                              : g_strdup ("-");
  g_autofree char *age = format_age (guest);
  const char *type = guest->type != DOMUIMG_GUEST_TYPE_AUTO ? domuimg_guest_type_to_string (guest->type)
                                                            : "";

  g_string_append_printf (text, "%-24s %5s %-9s %-4s %4u MiB %5u %10s %5s  ", name, id,
                          domuimg_guest_state_to_string (guest->state), type, guest->memory,
                          guest->vcpus, disk, age);
  append_end (guest, text);
}

/* Those without a parent, and each with all that lie over it. No more levels than there are guests, whatever
 * their manifests say. */
static void
append_below (const DomuimgInventory *self, const DomuimgListed *parent, guint depth, GString *text)
{
  for (guint i = 0; depth <= self->guests->len && i < self->guests->len; i++)
    {
      const DomuimgListed *guest = g_ptr_array_index (self->guests, i);

      if (guest->parent != parent)
        continue;
      append_guest (guest, depth, text);
      append_below (self, guest, depth + 1, text);
    }
}

char *
domuimg_inventory_to_text (const DomuimgInventory *self)
{
  GString *text = g_string_new (NULL);

  if (self->guests->len > 0)
    g_string_append_printf (text, "%-24s %5s %-9s %-4s %8s %5s %10s %5s  %s\n", "NAME", "ID", "STATE",
                            "TYPE", "MEMORY", "VCPUS", "DISK", "AGE", "CONFIG");
  append_below (self, NULL, 0, text);
  return g_string_free (text, FALSE);
}
