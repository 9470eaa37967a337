/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of our init: written, and read back by a check (cli/init/config.h has the format). */
#include "config.h"
#include "lib/guest/application.h"

#include <string.h>

/* No configuration of ours comes near this. */
#define LINES_MAX 65536

static const char *const restarts[] = { "on-failure", "always", "no", NULL };

/* Bytes that would end a line, or a field of one, as \ooo. */
static char *
escape (const char *text, gboolean is_field)
{
  GString *out = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (*text == '\\' || g_ascii_iscntrl (*text) || (is_field && *text == ' '))
      g_string_append_printf (out, "\\%03o", (guchar) *text);
    else
      g_string_append_c (out, *text);
  return g_string_free (out, FALSE);
}

static void
add (GString *out, const char *word, const char *value)
{
  g_autofree char *escaped = NULL;

  if (value == NULL)
    return;
  escaped = escape (value, FALSE);
  g_string_append_printf (out, "%s %s\n", word, escaped);
}

static void
add_all (GString *out, const char *word, GPtrArray *values)
{
  for (guint i = 0; i < values->len; i++)
    add (out, word, values->pdata[i]);
}

/* "WORD MAC VALUE" */
static void
add_of_nic (GString *out, const char *word, const DomuimgGuestNic *nic, const char *value)
{
  if (value != NULL)
    g_string_append_printf (out, "%s %s %s\n", word, nic->mac, value);
}

static void
add_nic (GString *out, const DomuimgGuestNic *nic)
{
  add_of_nic (out, "nic", nic, nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "dhcp" : "static");
  add_of_nic (out, "address", nic, nic->address);
  add_of_nic (out, "gateway", nic, nic->gateway);
  add_of_nic (out, "address", nic, nic->address6);
  add_of_nic (out, "gateway", nic, nic->gateway6);
  add_all (out, "dns", nic->dns);
}

static void
add_mount (GString *out, const DomuimgGuestMount *mount)
{
  g_autofree char *place = escape (mount->mount_point, TRUE);

  g_string_append_printf (out, "mount %s %s %s\n", mount->spec, place, mount->fs);
}

static void
add_guest (GString *out, const DomuimgCustomise *want)
{
  add (out, "hostname", want->hostname);
  for (guint i = 0; i < want->nics->len; i++)
    {
      const DomuimgGuestNic *nic = g_ptr_array_index (want->nics, i);

      if (nic->mode != DOMUIMG_GUEST_NIC_NONE)
        add_nic (out, nic);
    }
  for (guint i = 0; i < want->mounts->len; i++)
    add_mount (out, g_ptr_array_index (want->mounts, i));
  for (guint i = 0; i < want->growths->len; i++)
    add (out, "grow", ((const DomuimgGuestGrowth *) g_ptr_array_index (want->growths, i))->mount_point);
}

char *
domuimg_application_to_text (const DomuimgApplication *self, const DomuimgCustomise *want)
{
  g_autoptr (GPtrArray) memory = domuimg_application_list_memory (self, want);
  GString *out = g_string_new ("# Written by domuimg: what " DOMUIMG_APPLICATION_INIT " does.\n");

  add_all (out, "arg", self->argv);
  add_all (out, "env", self->env);
  add (out, "directory", self->directory);
  add (out, "user", self->user);
  add (out, "stop-signal", self->stop_signal);
  add (out, "restart", restarts[self->restart]);
  if (self->has_debug_shell)
    g_string_append (out, "debug-shell\n");
  add_guest (out, want);
  add_all (out, "memory", memory);
  return g_string_free (out, FALSE);
}

static void
take (DomuimgApplication *self, const char *word, const char *value)
{
  const struct {
    const char *word;
    char **text;
    GPtrArray *list;
  } fields[] = {
    { "arg", NULL, self->argv },
    { "env", NULL, self->env },
    { "directory", &self->directory, NULL },
    { "user", &self->user, NULL },
    { "stop-signal", &self->stop_signal, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      if (!g_str_equal (word, fields[i].word))
        continue;
      if (fields[i].list != NULL)
        g_ptr_array_add (fields[i].list, g_strcompress (value));
      else
        {
          g_free (*fields[i].text);
          *fields[i].text = g_strcompress (value);
        }
    }
}

DomuimgApplication *
domuimg_application_new_for_text (const char *text, GError **error)
{
  g_autoptr (DomuimgApplication) self = domuimg_application_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", LINES_MAX);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], " ", 2);

      if (parts[0] != NULL && parts[1] != NULL)
        take (self, parts[0], parts[1]);
    }
  if (self->argv->len > 0)
    return g_steal_pointer (&self);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                "%s does not say which program is to be started", DOMUIMG_APPLICATION_CONFIG);
  return NULL;
}
