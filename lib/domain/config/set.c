/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/config/file.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/label.h"
#include "lib/base/undo.h"
#include "lib/domain/model/domain.h"
#include "lib/domain/xl/keys.h"
#include "lib/domain/xm/file.h"

/* Settings in a file as it stands. */

#define INVALID(...) domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, __VA_ARGS__)
/* Stands for the newest release. */
#define ANY_XEN G_MAXUINT, 0

typedef struct {
  const char *path;
  DomuimgConfigFormat format;
  DomuimgXlFile *file;
  DomuimgXlFile *original;      /* the file as it is */
  const char *const *settings;  /* as given */
  GStrvBuilder *changes;
  GStrvBuilder *warnings;
  DomuimgUndo *undo; /* (nullable) nothing is written */
  char *label;       /* (nullable) of the file as it was read */
} Edit;

static DomuimgXlFile *
parse (DomuimgConfigFormat format, const char *text, const char *path, GError **error)
{
  return format == DOMUIMG_CONFIG_FORMAT_XM
             ? domuimg_xm_file_parse (text, strlen (text), path, error)
             : domuimg_xl_file_parse (text, strlen (text), path, error);
}

static void G_GNUC_PRINTF (2, 3)
add_line (GStrvBuilder *lines, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_strv_builder_add (lines, message);
}

/* A key that nobody knows is a slip, unless it is there already. */
static gboolean
check_key (Edit *self, const char *key, GError **error)
{
  const char *guess;

  if (!g_regex_match_simple ("\\A[a-z][a-z0-9._]*\\z", key, 0, 0))
    return INVALID ("“%s” is not a key: settings are given as KEY=VALUE", key);
  if (domuimg_xl_key_find (key) != NULL || domuimg_xl_file_find (self->file, key) != NULL)
    return TRUE;
  guess = domuimg_xl_key_guess (key);
  return INVALID ("xl knows no key “%s”%s%s%s", key, guess != NULL ? "; is " : "",
                  guess != NULL ? guess : "", guess != NULL ? " meant?" : "");
}

/* Where Python adds to a list, one line is not all there is to replace. */
static gboolean
check_added (Edit *self, const char *key, GError **error)
{
  for (guint i = 0; self->format == DOMUIMG_CONFIG_FORMAT_XM && i < self->file->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->file->settings, i);

      if (g_str_equal (setting->key, key)
          && memchr (self->file->text + setting->start, '+', setting->value_start - setting->start))
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                             "%s:%u: %s is put together with +=: edit it by hand, or convert the "
                             "file to xl",
                             self->path, setting->line, key);
    }
  return TRUE;
}

static gboolean
is_number (const char *value)
{
  return g_regex_match_simple ("\\A([0-9]+|0x[0-9a-f]+)\\z", value, 0, 0);
}

/* The value as a file has it: quoted unless it is already, or is not a string. */
static char *
value_text (const char *key, const char *value, GError **error)
{
  const DomuimgXlKey *known = domuimg_xl_key_find (key);
  int kind = known != NULL ? known->kind : DOMUIMG_XL_ANY;
  gboolean whole = domuimg_xl_is_value (value);

  if (kind == DOMUIMG_XL_NUMBER
      && !g_regex_match_simple ("\\A-?(0x[0-9a-f]+|[0-9]+)\\z", value, 0, 0))
    {
      INVALID ("%s: “%s” is not a number", key, value);
      return NULL;
    }
  if (kind == DOMUIMG_XL_LIST && (!whole || *value != '['))
    {
      INVALID ("%s takes a list, such as %s=\"[ 'one', 'two' ]\"", key, key);
      return NULL;
    }
  if (kind != DOMUIMG_XL_STRING ? is_number (value) : FALSE)
    return g_strdup (value);
  if (whole && (*value == '"' || *value == '\'' || (kind != DOMUIMG_XL_STRING && *value == '[')))
    return g_strdup (value);
  return domuimg_xl_quote (key, value, error);
}

static gboolean
is_secret_key (const char *key)
{
  return strstr (key, "passwd") != NULL;
}

/* A list of many lines on one. */
static char *
one_line (const char *value)
{
  g_autoptr (GRegex) breaks = g_regex_new ("\\s*\\n\\s*", 0, 0, NULL);

  return value != NULL ? g_regex_replace_literal (breaks, value, -1, 0, " ", 0, NULL) : NULL;
}

static void
tell (Edit *self, const char *key, const char *before, const char *after)
{
  g_autofree char *old = one_line (before);
  gboolean hidden = is_secret_key (key) || (before != NULL && domuimg_config_is_secret (before))
                    || (after != NULL && domuimg_config_is_secret (after));

  if (hidden)
    add_line (self->changes, "%s: %s %s", key, self->undo != NULL ? "is" : "would be",
              after != NULL ? "set" : "taken out");
  else
    add_line (self->changes, "%s: %s → %s", key, domuimg_text_or (old, "not set"),
              domuimg_text_or (after, "not set"));
}

/* One KEY=VALUE into the file. */
static gboolean
apply (Edit *self, const char *setting, GError **error)
{
  const char *equals = strchr (setting, '=');
  g_autofree char *key = equals != NULL ? g_strndup (setting, equals - setting) : g_strdup ("");
  g_autofree char *value = NULL, *before = NULL, *text = NULL;
  const DomuimgXlSetting *old;

  if (equals == NULL)
    return INVALID ("“%s” is not a setting: they are given as KEY=VALUE", setting);
  if (!check_key (self, key, error) || !check_added (self, key, error))
    return FALSE;
  if (equals[1] != '\0' && (value = value_text (key, equals + 1, error)) == NULL)
    return FALSE;
  old = domuimg_xl_file_find (self->file, key);
  if (old != NULL)
    before = g_strndup (self->file->text + old->value_start, old->end - old->value_start);
  text = domuimg_xl_file_edit (self->file, key, value);
  tell (self, key, before, value);
  g_clear_pointer (&self->file, domuimg_xl_file_free);
  self->file = parse (self->format, text, self->path, error);
  return self->file != NULL;
}

static const char *
given_for (const Edit *self, const char *key)
{
  gsize length = strlen (key);

  for (guint i = 0; self->settings[i] != NULL; i++)
    if (strncmp (self->settings[i], key, length) == 0 && self->settings[i][length] == '=')
      return self->settings[i];
  return NULL;
}

/* The setting of @file that @line is in, and which one of its key. */
static const DomuimgXlSetting *
setting_at (const DomuimgXlFile *file, guint line, guint *index)
{
  const DomuimgXlSetting *found = NULL;

  *index = 0;
  for (guint i = 0; i < file->settings->len; i++)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i);

      if (setting->line <= line && (found == NULL || setting->line >= found->line))
        found = setting;
    }
  for (guint i = 0; found != NULL && file->settings->pdata[i] != found; i++)
    *index += g_str_equal (((DomuimgXlSetting *) file->settings->pdata[i])->key, found->key);
  return found;
}

/* The same line of the file as it is. */
static guint
original_line (const Edit *self, const DomuimgXlSetting *setting, guint index, guint line)
{
  for (guint i = 0; i < self->original->settings->len; i++)
    {
      const DomuimgXlSetting *old = g_ptr_array_index (self->original->settings, i);

      if (g_str_equal (old->key, setting->key) && index-- == 0)
        return old->line + (line - setting->line);
    }
  return line;
}

/* Where a problem is: in what was given, or on a line of the file. A file that is not written has no
 * other lines than it had. */
static char *
place_of (const Edit *self, const DomuimgXlProblem *problem, gboolean written)
{
  guint index, line = problem->line;
  const DomuimgXlSetting *setting = line > 0 ? setting_at (self->file, line, &index) : NULL;
  const char *given = setting != NULL ? given_for (self, setting->key) : NULL;

  if (given != NULL && !written)
    return g_strdup (is_secret_key (setting->key) || domuimg_config_is_secret (given) ? setting->key
                                                                                     : given);
  if (setting != NULL && !written)
    line = original_line (self, setting, index, line);
  return line > 0 ? g_strdup_printf ("%s:%u", self->path, line) : g_strdup (self->path);
}

static gboolean
check_problems (Edit *self, DomuimgXlFile *file, GError **error)
{
  g_autoptr (GPtrArray) problems = domuimg_xl_file_check (file, ANY_XEN);

  for (guint i = 0; i < problems->len; i++)
    {
      const DomuimgXlProblem *problem = g_ptr_array_index (problems, i);
      g_autofree char *place
          = place_of (self, problem, self->undo != NULL && !problem->refused);

      if (problem->refused)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s", place,
                             problem->message);
      add_line (self->warnings, "%s: %s", place, problem->message);
    }
  return TRUE;
}

/* What xl would refuse is an error, what it would ignore is a warning. */
static gboolean
judge (Edit *self, GError **error)
{
  g_autoptr (DomuimgXlFile) file = parse (self->format, self->file->text, self->path, error);
  g_autoptr (DomuimgDomain) domain = NULL;

  if (file == NULL)
    return FALSE;
  if (self->format == DOMUIMG_CONFIG_FORMAT_XM)
    domuimg_xm_file_translate (file);
  if (!check_problems (self, file, error))
    return FALSE;
  domain = domuimg_xl_file_to_read_domain (file, error);
  return domain != NULL;
}

static gboolean
apply_all (Edit *self, GError **error)
{
  for (guint i = 0; self->settings[i] != NULL; i++)
    if (!apply (self, self->settings[i], error))
      return FALSE;
  return judge (self, error);
}

static gboolean
begin (Edit *self, const char *text, GError **error)
{
  if (!domuimg_config_guess_format (text, self->path, &self->format, error))
    return FALSE;
  if (self->format == DOMUIMG_CONFIG_FORMAT_LIBVIRT)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is libvirt's XML: convert it to xl, or use virsh edit", self->path);
  self->file = parse (self->format, text, self->path, error);
  self->original = self->file != NULL ? parse (self->format, text, self->path, error) : NULL;
  return self->original != NULL;
}

static gboolean
finish (Edit *self, const char *before, GError **error)
{
  gboolean secret = domuimg_config_is_secret (self->file->text);
  const DomuimgConfigReplacing how
      = { .mode = secret ? 0600 : 0, .replace = TRUE, .label = self->label };

  if (self->undo == NULL || g_str_equal (before, self->file->text))
    return TRUE;
  if (secret)
    add_line (self->warnings, "%s holds a password: only its owner may read it (mode 0600)",
              self->path);
  return domuimg_config_replace_in (self->undo, self->path, self->file->text, &how, error);
}

/* From before the file is read: who changes it at the same time waits, and reads what we wrote. */
static gboolean
lock (Edit *self, GError **error)
{
  g_autofree char *real = realpath (self->path, NULL);
  const char *const names[] = { real != NULL ? real : self->path, NULL };

  self->undo = domuimg_undo_new (error);
  if (self->undo == NULL || !domuimg_undo_lock (self->undo, names, error))
    return FALSE;
  self->label = domuimg_label_of (names[0], error);
  return self->label != NULL;
}

static void
edit_clear (Edit *self)
{
  g_clear_pointer (&self->file, domuimg_xl_file_free);
  g_clear_pointer (&self->original, domuimg_xl_file_free);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_clear_pointer (&self->label, g_free);
}

/**
 * domuimg_config_set:
 * @path: (type filename): a configuration of xl or xm
 * @settings: (array zero-terminated=1): `KEY=VALUE` each, with a key of xl.cfg(5). Strings need no
 *   quotes, lists are written as in the file; `KEY=` takes a key out
 * @dry_run: whether to leave the file as it is
 * @changes: (out) (optional) (transfer full) (array zero-terminated=1): what was changed, a line
 *   each, such as `memory: 64 → 128`
 * @warnings: (out) (optional) (transfer full) (array zero-terminated=1): what xl would ignore in
 *   the result, and what else there is to know, one sentence each
 * @error: return location for an error: %DOMUIMG_ERROR_INVALID_ARGUMENT for what is not a setting,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT for a file that is broken, or would be, with the line,
 *   %DOMUIMG_ERROR_NOT_SUPPORTED for libvirt's XML, or that of reading and writing
 *
 * Changes settings in a file, all of them or none. Comments, order and all that this library does
 * not know are kept, and so are owner and mode of the file, unless it holds a password, which makes
 * it one for its owner only.
 *
 * Returns: whether it was done
 *
 * Since: 0.1
 */
gboolean
domuimg_config_set (const char *path, const char *const *settings, gboolean dry_run,
                    char ***changes, char ***warnings, GError **error)
{
  g_autoptr (GStrvBuilder) changed = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) warned = g_strv_builder_new ();
  Edit edit = { .path = path,
                .format = DOMUIMG_CONFIG_FORMAT_XL,
                .settings = settings,
                .changes = changed,
                .warnings = warned };
  g_autofree char *text = NULL;
  struct stat status;
  gboolean done;

  g_return_val_if_fail (path != NULL && settings != NULL, FALSE);
  if (dry_run || lock (&edit, error))
    text = domuimg_config_read (path, &status, error);
  done = text != NULL && begin (&edit, text, error) && apply_all (&edit, error)
         && finish (&edit, text, error);
  edit_clear (&edit);
  if (done && changes != NULL)
    *changes = g_strv_builder_end (changed);
  if (done && warnings != NULL)
    *warnings = g_strv_builder_end (warned);
  return done;
}
