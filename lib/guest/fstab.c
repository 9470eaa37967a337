/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/guest/edit.h"

#include <string.h>

#define ABSENT "# domuimg: this device is not in the guest: "
#define REPLACED "# domuimg: replaced: "

/* Fields of fstab(5) and crypttab(5) in a line; none for a comment. */
static char **
split_fields (const char *line)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char *blanks = " \t\r\v\f";

  line += strspn (line, blanks);
  while (*line != '\0' && *line != '#')
    {
      gsize length = strcspn (line, blanks);
      g_autofree char *field = g_strndup (line, length);

      g_strv_builder_add (builder, field);
      line += length;
      line += strspn (line, blanks);
    }
  return g_strv_builder_end (builder);
}

/* Something that the machine has, unlike "tmpfs", "server:/path" or the path of a file. */
static gboolean
is_device (const char *spec)
{
  static const char *const tags[] = { "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID=",
                                      "\"UUID=", "\"LABEL=" };

  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    if (g_str_has_prefix (spec, tags[i]))
      return TRUE;
  return g_str_has_prefix (spec, "/dev/") && !g_str_has_prefix (spec, "/dev/shm");
}

typedef struct {
  const char *spec, *mount_point, *fs, *options;
  int pass;
  gboolean done;
} Wanted;

static void
add_wanted (GArray *all, const char *spec, const char *mount_point, const char *fs,
            const char *options, int pass)
{
  Wanted wanted = { spec, mount_point, fs, options, pass, FALSE };

  g_array_append_val (all, wanted);
}

static GArray *
collect_wanted (const DomuimgCustomise *want, const char *root_spec)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (Wanted));
  gboolean ext = g_str_has_prefix (want->root_fs, "ext");

  /* fsck of xfs and btrfs does nothing at boot. */
  add_wanted (all, root_spec, "/", want->root_fs, ext ? "errors=remount-ro" : "defaults",
              ext ? 1 : 0);
  for (guint i = 0; i < want->mounts->len; i++)
    {
      const DomuimgGuestMount *mount = g_ptr_array_index (want->mounts, i);
      gboolean swap = g_str_equal (mount->fs, "swap");

      add_wanted (all, mount->spec, swap ? "none" : mount->mount_point, mount->fs,
                  mount->options != NULL ? mount->options : (swap ? "sw" : "defaults"),
                  g_str_has_prefix (mount->fs, "ext") ? 2 : 0);
    }
  return all;
}

static void
append_wanted (GString *out, Wanted *wanted)
{
  g_string_append_printf (out, "%s %s %s %s 0 %d\n", wanted->spec, wanted->mount_point, wanted->fs,
                          wanted->options, wanted->pass);
  wanted->done = TRUE;
}

/* What is wanted at this mount point; swap has none, and is told by its device. */
static Wanted *
find_wanted (GArray *all, const char *spec, const char *mount_point)
{
  for (guint i = 0; i < all->len; i++)
    {
      Wanted *wanted = &g_array_index (all, Wanted, i);
      gboolean swap = g_str_equal (wanted->mount_point, "none");

      if (g_str_equal (swap ? wanted->spec : wanted->mount_point, swap ? spec : mount_point))
        return wanted;
    }
  return NULL;
}

static gboolean
is_as_wanted (const Wanted *wanted, char **fields)
{
  g_autofree char *pass = g_strdup_printf ("%d", wanted->pass);
  const char *all[] = { wanted->spec, wanted->mount_point, wanted->fs, wanted->options, "0", pass,
                        NULL };

  return g_strv_equal ((const char *const *) fields, all);
}

static void
edit_line (GString *out, GArray *all, const char *line)
{
  g_auto (GStrv) fields = split_fields (line);
  Wanted *wanted
      = g_strv_length (fields) >= 2 ? find_wanted (all, fields[0], fields[1]) : NULL;

  if (wanted != NULL && !wanted->done && is_as_wanted (wanted, fields))
    {
      g_string_append_printf (out, "%s\n", line);
      wanted->done = TRUE;
    }
  else if (wanted != NULL)
    {
      g_string_append_printf (out, REPLACED "%s\n", line);
      if (!wanted->done)
        append_wanted (out, wanted);
    }
  else if (g_strv_length (fields) >= 2 && is_device (fields[0]))
    g_string_append_printf (out, ABSENT "%s\n", line);
  else
    g_string_append_printf (out, "%s\n", line);
}

static char *
edit_fstab (const char *text, GArray *all)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (lines[i + 1] != NULL || *lines[i] != '\0')
      edit_line (out, all, lines[i]);
  for (guint i = 0; i < all->len; i++)
    if (!g_array_index (all, Wanted, i).done)
      append_wanted (out, &g_array_index (all, Wanted, i));
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Waiting for an absent encrypted device would hold the boot up. */
static char *
edit_crypttab (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields = split_fields (lines[i]);
      gboolean absent = g_strv_length (fields) >= 2 && is_device (fields[1]);

      if (lines[i + 1] != NULL || *lines[i] != '\0')
        g_string_append_printf (out, "%s%s\n", absent ? ABSENT : "", lines[i]);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

gboolean
domuimg_guest_step_fstab (DomuimgGuestEdit *self, GError **error)
{
  g_autofree char *old = NULL;
  g_autofree char *crypttab = NULL;

  if (self->want->root_uuid == NULL)
    return TRUE;
  if (!domuimg_guest_read (self, "/etc/fstab", &old, error)
      || !domuimg_guest_read (self, "/etc/crypttab", &crypttab, error))
    return FALSE;

  g_autofree char *root = g_strdup_printf ("UUID=%s", self->want->root_uuid);
  g_autoptr (GArray) all = collect_wanted (self->want, root);
  g_autofree char *text = edit_fstab (old != NULL ? old : "", all);
  if (!domuimg_guest_write (self, "/etc/fstab", text, 0644, error))
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      const char *mount_point = g_array_index (all, Wanted, i).mount_point;

      if (mount_point[0] == '/' && mount_point[1] != '\0'
          && !domuimg_guest_mkdir (self, mount_point, 0755, error))
        return FALSE;
    }
  if (crypttab == NULL)
    return TRUE;
  g_autofree char *no_devices = edit_crypttab (crypttab);
  return domuimg_guest_write (self, "/etc/crypttab", no_devices, 0600, error);
}
