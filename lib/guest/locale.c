/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locale, time zone and keyboard of a guest. */
#include "config.h"
#include "lib/guest/steps.h"

#include <string.h>

#include "lib/guest/locale-find.h"

static gboolean
set_timezone (DomuimgGuestRun *self, const char *zone, GError **error)
{
  g_autofree char *file = g_strconcat ("/usr/share/zoneinfo/", zone, NULL);
  g_autofree char *line = g_strconcat (zone, "\n", NULL);
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self->edit->tree, file, NULL);

  if (entry == NULL || entry->type != DOMUIMG_ENTRY_FILE)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "The guest has no time zone \"%s\" (%s): check its name, or add the "
                         "guest's package tzdata",
                         zone, file);
  if (!domuimg_edit_symlink (self->edit, file, "/etc/localtime", error))
    return FALSE;
  if ((domuimg_tree_exists (self->edit->tree, "/etc/timezone")
       || domuimg_tree_exists (self->edit->tree, "/etc/debian_version"))
      && !domuimg_edit_write (self->edit, "/etc/timezone", line, 0644, error))
    return FALSE;
  return TRUE;
}

static gboolean
assign (DomuimgGuestRun *self, const char *path, const char *key, const char *value,
        GError **error)
{
  g_autofree char *old = NULL;

  if (!domuimg_edit_read (self->edit, path, &old, error))
    return FALSE;
  g_autofree char *text = domuimg_edit_set_assignment (old != NULL ? old : "", key, value);
  return domuimg_edit_write (self->edit, path, text, 0644, error);
}

/* Takes the "#" off the line of locale.gen that is for @locale. */
static gboolean
enable_generation (DomuimgGuestRun *self, const char *locale, GError **error)
{
  g_autofree char *old = NULL;
  g_autoptr (GString) out = g_string_new (NULL);

  if (!domuimg_edit_read (self->edit, "/etc/locale.gen", &old, error))
    return FALSE;
  if (old == NULL)
    return TRUE;
  g_auto (GStrv) lines = g_strsplit (old, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *text = lines[i] + strspn (lines[i], "# \t");
      gsize length = strlen (locale);
      gboolean ours = strncmp (text, locale, length) == 0 && text[length] == ' ';

      g_string_append_printf (out, "%s%s", ours ? text : lines[i],
                              lines[i + 1] != NULL ? "\n" : "");
    }
  return domuimg_edit_write (self->edit, "/etc/locale.gen", out->str, 0644, error);
}

/* Those of the C library itself. */
static gboolean
is_built_in (const char *locale)
{
  return g_str_equal (locale, "C") || g_str_equal (locale, "POSIX") || g_str_has_prefix (locale, "C.");
}

static gboolean
check_locale (DomuimgGuestRun *self, const char *locale, gboolean debian, GError **error)
{
  gboolean is_there = is_built_in (locale);

  if (!is_there && !domuimg_locale_find (self->edit->tree, locale, &is_there, error))
    return FALSE;
  if (!is_there)
    domuimg_edit_warn (self->edit,
                       debian ? "the locale %s is set, but the guest does not have it: run locale-gen in"
                                " the guest, or install its package locales with it (--package locales)"
                              : "the locale %s is set, but the guest does not have it: install it there",
                       locale);
  return TRUE;
}

static gboolean
set_locale (DomuimgGuestRun *self, const char *locale, GError **error)
{
  gboolean debian = domuimg_tree_exists (self->edit->tree, "/etc/debian_version");
  gboolean old_redhat = self->info->redhat && self->info->init != DOMUIMG_INIT_SYSTEMD;
  const char *path = debian ? "/etc/default/locale"
                            : (old_redhat ? "/etc/sysconfig/i18n" : "/etc/locale.conf");

  return assign (self, path, "LANG", locale, error) && enable_generation (self, locale, error)
         && check_locale (self, locale, debian, error);
}

/* A name that is not among those that the guest has is a mistake, as with time zones. */
static gboolean
check_keymap (DomuimgGuestRun *self, const char *keymap, gboolean debian, GError **error)
{
  DomuimgKeymapState state;

  if (debian ? !domuimg_keymap_find_layouts (self->edit->tree, keymap, &state, error)
             : !domuimg_keymap_find (self->edit->tree, keymap, &state, error))
    return FALSE;
  if (state == DOMUIMG_KEYMAP_UNKNOWN)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "The guest has no %s \"%s\": check its name",
                         debian ? "keyboard layout" : "keymap", keymap);
  if (state == DOMUIMG_KEYMAP_NONE)
    domuimg_edit_warn (self->edit,
                       "the keymap %s is set, but nothing in the guest would load it: install its package"
                       " %s",
                       keymap, debian ? "console-setup" : "kbd");
  return TRUE;
}

static gboolean
set_keymap (DomuimgGuestRun *self, const char *keymap, GError **error)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", keymap);
  gboolean debian = domuimg_tree_exists (self->edit->tree, "/etc/debian_version");

  if (!check_keymap (self, keymap, debian, error))
    return FALSE;
  if (debian)
    return assign (self, "/etc/default/keyboard", "XKBLAYOUT", quoted, error);
  if (self->info->init == DOMUIMG_INIT_SYSTEMD)
    return assign (self, "/etc/vconsole.conf", "KEYMAP", keymap, error);
  if (self->info->redhat)
    return assign (self, "/etc/sysconfig/keyboard", "KEYTABLE", quoted, error);
  if (domuimg_tree_exists (self->edit->tree, "/etc/conf.d/keymaps"))
    return assign (self, "/etc/conf.d/keymaps", "keymap", quoted, error);
  domuimg_edit_warn (self->edit, "no place for the keymap %s is known in this guest", keymap);
  return TRUE;
}

gboolean
domuimg_guest_step_locale (DomuimgGuestRun *self, GError **error)
{
  const DomuimgCustomise *want = self->want;

  if (want->timezone != NULL && !set_timezone (self, want->timezone, error))
    return FALSE;
  if (want->locale != NULL && !set_locale (self, want->locale, error))
    return FALSE;
  return want->keymap == NULL || set_keymap (self, want->keymap, error);
}
