/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host name, and what /etc/hosts says of it. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

#define OWN_ADDRESS "127.0.1.1"

static gboolean
is_for (const char *line, const char *address)
{
  gsize length = strlen (address);

  return strncmp (line, address, length) == 0 && (line[length] == ' ' || line[length] == '\t');
}

/* Debian's way: the own name has an address that is there without a network. */
static char *
edit_hosts (const char *text, const char *names)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean has_own = FALSE;
  gboolean done = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    has_own = has_own || is_for (lines[i], OWN_ADDRESS);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i + 1] == NULL && *lines[i] == '\0')
        break;
      gboolean own = is_for (lines[i], OWN_ADDRESS);
      if (!own)
        g_string_append_printf (out, "%s\n", lines[i]);
      if (!done && (own || (!has_own && is_for (lines[i], "127.0.0.1"))))
        {
          g_string_append_printf (out, OWN_ADDRESS "\t%s\n", names);
          done = TRUE;
        }
    }
  if (!done)
    g_string_append_printf (out, OWN_ADDRESS "\t%s\n", names);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
write_hosts (DomuimgGuestRun *self, const char *full, const char *short_name, GError **error)
{
  g_autofree char *old = NULL;
  g_autofree char *names = g_str_equal (full, short_name)
                               ? g_strdup (full)
                               : g_strdup_printf ("%s %s", full, short_name);

  if (!domuimg_edit_read (self->edit, "/etc/hosts", &old, error))
    return FALSE;
  g_autofree char *text
      = edit_hosts (old != NULL ? old : "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n",
                    names);
  return domuimg_edit_write (self->edit, "/etc/hosts", text, 0644, error);
}

/* A shell-like file that names the host. */
static gboolean
assign_name (DomuimgGuestRun *self, const char *path, const char *key, const char *value,
             GError **error)
{
  g_autofree char *old = NULL;

  if (!domuimg_edit_read (self->edit, path, &old, error))
    return FALSE;
  g_autofree char *text = domuimg_edit_set_assignment (old != NULL ? old : "", key, value);
  return domuimg_edit_write (self->edit, path, text, 0644, error);
}

gboolean
domuimg_guest_step_hosts (DomuimgGuestRun *self, GError **error)
{
  const char *full = self->want->hostname;

  if (full == NULL)
    return TRUE;
  g_autofree char *short_name = domuimg_guest_short_name (full);
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", short_name);
  /* Red Hat's systems keep the whole name there, others the first part. */
  const char *name = self->info->redhat ? full : short_name;
  g_autofree char *line = g_strdup_printf ("%s\n", name);
  g_autofree char *mailname = g_strdup_printf ("%s\n", full);
  gboolean old_redhat = self->info->redhat && self->info->init != DOMUIMG_INIT_SYSTEMD;
  gboolean has_suse = domuimg_tree_exists (self->edit->tree, "/etc/HOSTNAME");
  gboolean has_mailname = domuimg_tree_exists (self->edit->tree, "/etc/mailname");

  if (!old_redhat && !domuimg_edit_write (self->edit, "/etc/hostname", line, 0644, error))
    return FALSE;
  if (old_redhat && !assign_name (self, "/etc/sysconfig/network", "HOSTNAME", full, error))
    return FALSE;
  if (has_suse && !domuimg_edit_write (self->edit, "/etc/HOSTNAME", mailname, 0644, error))
    return FALSE;
  if (has_mailname && !domuimg_edit_write (self->edit, "/etc/mailname", mailname, 0644, error))
    return FALSE;
  /* Alpine, also with OpenRC, reads /etc/hostname. */
  if (self->info->openrc && g_str_equal (self->info->id, "gentoo")
      && domuimg_tree_exists (self->edit->tree, "/etc/conf.d/hostname")
      && !assign_name (self, "/etc/conf.d/hostname", "hostname", quoted, error))
    return FALSE;
  return write_hosts (self, full, short_name, error);
}
