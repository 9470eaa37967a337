/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A specification: keys with their values, from files, options and setters. */
#include "config.h"
#include "domuimg/spec.h"

#include <string.h>

#include "lib/base/base.h"
#include "lib/spec/spec-keys.h"

#define GROUP "domu"

/**
 * DomuimgSpec:
 *
 * What a guest is to be: keys with values, the same on the command line
 * (`--ssh-key FILE`), in a file (`ssh-key=FILE` below `[domu]`), in Python
 * (`ssh_key=[FILE]`) and here. domuimg_spec_list_keys() lists them.
 *
 * Single values are checked when they are set; what only shows in their
 * company, when a build is planned.
 *
 * Since: 0.1
 */
struct _DomuimgSpec {
  GObject parent_instance;

  GHashTable *values; /* name of the key (static) -> GPtrArray of Value */
};

/* A value as it was given, and what it means. Copies of a specification share it. */
typedef struct {
  const DomuimgSpecKey *key;
  char *text;
  guint64 number;
  gpointer object; /* (nullable) */
} Value;

G_DEFINE_FINAL_TYPE (DomuimgSpec, domuimg_spec, G_TYPE_OBJECT)

static void
domuimg_spec_finalize (GObject *object)
{
  DomuimgSpec *self = DOMUIMG_SPEC (object);

  g_hash_table_unref (self->values);
  G_OBJECT_CLASS (domuimg_spec_parent_class)->finalize (object);
}

static void
domuimg_spec_class_init (DomuimgSpecClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_spec_finalize;
}

static void
domuimg_spec_init (DomuimgSpec *self)
{
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                        (GDestroyNotify) g_ptr_array_unref);
}

/**
 * domuimg_spec_new:
 *
 * Returns: (transfer full): a specification that says nothing yet
 *
 * Since: 0.1
 */
DomuimgSpec *
domuimg_spec_new (void)
{
  return g_object_new (DOMUIMG_TYPE_SPEC, NULL);
}

static void
value_clear (gpointer data)
{
  Value *self = data;

  if (self->object != NULL)
    self->key->reader.free (self->object);
  g_free (self->text);
}

static void
value_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, value_clear);
}

static const DomuimgSpecKey *
find_key (const char *key, GError **error)
{
  const DomuimgSpecKey *found = domuimg_spec_key_find (key);

  if (found == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                  "a specification has no key “%s”; domuimg create --help lists them", key);
  return found;
}

/* Every value is read here, and only here. */
static Value *
make_value (const DomuimgSpecKey *key, const char *text, GError **error)
{
  g_autoptr (GError) local = NULL;
  gpointer object = NULL;
  guint64 number = 0;
  Value *value;

  if (!g_utf8_validate (text, -1, NULL))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: the value is not UTF-8", key->name);
      return NULL;
    }
  if (!domuimg_spec_key_read (key, text, &number, &object, &local))
    {
      if (!g_str_has_prefix (local->message, key->name))
        g_prefix_error (&local, "%s: ", key->name);
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  value = g_atomic_rc_box_new0 (Value);
  value->key = key;
  value->text = g_strdup (text);
  value->number = number;
  value->object = object;
  return value;
}

/* A further value of a list, or the only one, which takes the place of all others. */
static gboolean
put (DomuimgSpec *self, const char *key, const char *text, gboolean add, GError **error)
{
  const DomuimgSpecKey *found = find_key (key, error);
  Value *value = found != NULL ? make_value (found, text, error) : NULL;
  GPtrArray *values;

  if (value == NULL)
    return FALSE;
  values = g_hash_table_lookup (self->values, found->name);
  if (values == NULL || !add || found->kind != DOMUIMG_SPEC_KIND_LIST)
    {
      values = g_ptr_array_new_with_free_func (value_unref);
      g_hash_table_replace (self->values, (char *) found->name, values);
    }
  g_ptr_array_add (values, value);
  return TRUE;
}

/**
 * domuimg_spec_set:
 * @self: a specification
 * @key: a key
 * @value: its value; of a list the only one, which takes the place of all others
 * @error: return location for a #GError
 *
 * Returns: whether key and value are right; if not, @error is
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT and nothing has changed
 *
 * Since: 0.1
 */
gboolean
domuimg_spec_set (DomuimgSpec *self, const char *key, const char *value, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), FALSE);
  g_return_val_if_fail (key != NULL && value != NULL, FALSE);
  return put (self, key, value, FALSE, error);
}

/**
 * domuimg_spec_add:
 * @self: a specification
 * @key: a key
 * @value: a further value of a list; for other kinds the same as domuimg_spec_set()
 * @error: return location for a #GError
 *
 * Returns: whether key and value are right; if not, @error is
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT and nothing has changed
 *
 * Since: 0.1
 */
gboolean
domuimg_spec_add (DomuimgSpec *self, const char *key, const char *value, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), FALSE);
  g_return_val_if_fail (key != NULL && value != NULL, FALSE);
  return put (self, key, value, TRUE, error);
}

static GPtrArray *
lookup (DomuimgSpec *self, const char *key)
{
  const DomuimgSpecKey *found = domuimg_spec_key_find (key);

  return found != NULL ? g_hash_table_lookup (self->values, found->name) : NULL;
}

static const Value *
value_at (GPtrArray *values, guint i)
{
  return g_ptr_array_index (values, i);
}

static gpointer
copy_value (gconstpointer value, gpointer unused)
{
  return g_atomic_rc_box_acquire ((gpointer) value);
}

DomuimgSpec *
domuimg_spec_copy (DomuimgSpec *self)
{
  DomuimgSpec *copy = domuimg_spec_new ();
  GHashTableIter iter;
  gpointer key, values;

  g_hash_table_iter_init (&iter, self->values);
  while (g_hash_table_iter_next (&iter, &key, &values))
    {
      GPtrArray *shared = g_ptr_array_copy (values, (GCopyFunc) copy_value, NULL);

      g_hash_table_insert (copy->values, key, shared);
    }
  return copy;
}

guint64
domuimg_spec_get_number (DomuimgSpec *self, const char *key, guint64 fallback)
{
  GPtrArray *values = lookup (self, key);

  return values != NULL ? value_at (values, 0)->number : fallback;
}

gconstpointer
domuimg_spec_get_object (DomuimgSpec *self, const char *key)
{
  GPtrArray *values = lookup (self, key);

  return values != NULL ? value_at (values, 0)->object : NULL;
}

GPtrArray *
domuimg_spec_get_objects (DomuimgSpec *self, const char *key)
{
  GPtrArray *all = g_ptr_array_new ();
  GPtrArray *values = lookup (self, key);

  for (guint i = 0; values != NULL && i < values->len; i++)
    g_ptr_array_add (all, value_at (values, i)->object);
  return all;
}

/**
 * domuimg_spec_get:
 * @self: a specification
 * @key: a key
 *
 * Returns: (transfer none) (nullable): its value, of a list the first, as it
 *   was set; %NULL if it was not
 *
 * Since: 0.1
 */
const char *
domuimg_spec_get (DomuimgSpec *self, const char *key)
{
  GPtrArray *values;

  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  values = lookup (self, key);
  return values != NULL ? value_at (values, 0)->text : NULL;
}

/**
 * domuimg_spec_get_all:
 * @self: a specification
 * @key: a key
 *
 * Returns: (transfer full) (array zero-terminated=1): all its values; empty if
 *   it was not set
 *
 * Since: 0.1
 */
char **
domuimg_spec_get_all (DomuimgSpec *self, const char *key)
{
  g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
  GPtrArray *values;

  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  values = lookup (self, key);
  for (guint i = 0; values != NULL && i < values->len; i++)
    g_strv_builder_add (all, value_at (values, i)->text);
  return g_strv_builder_end (all);
}

/**
 * domuimg_spec_get_flag:
 * @self: a specification
 * @key: a key that is a flag
 *
 * Returns: whether it is set and true
 *
 * Since: 0.1
 */
gboolean
domuimg_spec_get_flag (DomuimgSpec *self, const char *key)
{
  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  return domuimg_spec_get_kind (key) == DOMUIMG_SPEC_KIND_FLAG
         && domuimg_spec_get_number (self, key, FALSE) != 0;
}

static gboolean
load_key (DomuimgSpec *self, GKeyFile *file, const char *key, GError **error)
{
  g_auto (GStrv) values = NULL;
  gboolean is_list = domuimg_spec_get_kind (key) == DOMUIMG_SPEC_KIND_LIST;

  if (!is_list)
    {
      g_autofree char *value = g_key_file_get_string (file, GROUP, key, error);

      return value != NULL && domuimg_spec_set (self, key, value, error);
    }
  values = g_key_file_get_string_list (file, GROUP, key, NULL, error);
  if (values == NULL)
    return FALSE;
  for (guint i = 0; values[i] != NULL; i++)
    {
      gboolean ok = i == 0 ? domuimg_spec_set (self, key, values[i], error)
                           : domuimg_spec_add (self, key, values[i], error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

/**
 * domuimg_spec_load_data:
 * @self: a specification
 * @text: a specification file's text: a key file with one group, `[domu]`;
 *   the values of a list are separated by `;`
 * @error: return location for a #GError
 *
 * Sets what the text says. What was set before and is not in the text stays.
 *
 * Returns: whether all of it was right; if not, @error is
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Since: 0.1
 */
gboolean
domuimg_spec_load_data (DomuimgSpec *self, const char *text, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) local = NULL;
  g_auto (GStrv) groups = NULL;
  g_auto (GStrv) names = NULL;

  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "not a specification: %s",
                         local->message);
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      if (!g_str_equal (groups[i], GROUP))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "a specification has no group [%s], only [" GROUP "]", groups[i]);
    }
  names = g_key_file_get_keys (file, GROUP, NULL, NULL);
  if (names == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the specification has no group [" GROUP "]");
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (!load_key (self, file, names[i], &local))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s", local->message);
    }
  return TRUE;
}

/**
 * domuimg_spec_load_file:
 * @self: a specification
 * @path: (type filename): a specification file; see domuimg_spec_load_data()
 * @error: return location for a #GError
 *
 * Returns: whether the file could be read and all of it was right
 *
 * Since: 0.1
 */
gboolean
domuimg_spec_load_file (DomuimgSpec *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  if (!g_file_get_contents (path, &text, NULL, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "reading the specification: %s",
                         local->message);
  if (domuimg_spec_load_data (self, text, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

/**
 * domuimg_spec_to_data:
 * @self: a specification
 *
 * Returns: (transfer full): the text of a file that says the same
 *
 * Since: 0.1
 */
char *
domuimg_spec_to_data (DomuimgSpec *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  const char *const *names = domuimg_spec_list_keys ();

  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), NULL);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_spec_get_all (self, names[i]);

      if (values[0] == NULL)
        continue;
      if (domuimg_spec_get_kind (names[i]) == DOMUIMG_SPEC_KIND_LIST)
        g_key_file_set_string_list (file, GROUP, names[i], (const char *const *) values,
                                    g_strv_length (values));
      else
        g_key_file_set_string (file, GROUP, names[i], values[0]);
    }
  return g_key_file_to_data (file, NULL, NULL);
}

/* A word is quoted only where a shell would read something into it. */
static void
append_word (GString *text, const char *word)
{
  gboolean is_plain = g_regex_match_simple ("^[A-Za-z0-9%+,./:=@_-]+$", word,
                                            G_REGEX_DOLLAR_ENDONLY, 0);
  g_autofree char *quoted = is_plain ? g_strdup (word) : g_shell_quote (word);

  g_string_append_printf (text, " %s", quoted);
}

/**
 * domuimg_spec_to_command:
 * @self: a specification with a name
 *
 * Returns: (transfer full): the arguments of domuimg(1) that say the same, quoted
 *   for a shell: `create NAME --from …`
 *
 * Since: 0.1
 */
char *
domuimg_spec_to_command (DomuimgSpec *self)
{
  const char *const *names = domuimg_spec_list_keys ();
  GString *text;

  g_return_val_if_fail (DOMUIMG_IS_SPEC (self), NULL);

  text = g_string_new ("create");
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_auto (GStrv) values = domuimg_spec_get_all (self, names[i]);
      gboolean is_flag = domuimg_spec_get_kind (names[i]) == DOMUIMG_SPEC_KIND_FLAG;

      for (guint j = 0; values[j] != NULL; j++)
        {
          if (is_flag && !domuimg_spec_get_flag (self, names[i]))
            continue;
          if (!g_str_equal (names[i], "name"))
            g_string_append_printf (text, " --%s", names[i]);
          if (!is_flag)
            append_word (text, values[j]);
        }
    }
  return g_string_free (text, FALSE);
}
