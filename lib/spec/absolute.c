/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which words of a specification's values are paths. */
#include "config.h"
#include "lib/spec/absolute.h"

#include <string.h>

#include "lib/base/address-range.h"
#include "lib/spec/source-type.h"
#include "lib/spec/spec-keys.h"

/* These options of a value that is a list of KEY=VALUE are files. */
static const char *const file_options[]
    = { "path", "luks", "user-data", "network-config", "vendor-data", "meta-data", NULL };
/* Those of them that are read, and not made. */
static const char *const read_options[]
    = { "luks", "user-data", "network-config", "vendor-data", "meta-data", NULL };
static const char *const listed_keys[] = { "disk", "partition", "cloud-init", "nic", NULL };
#define AUTO "ip=auto:"

static char *
absolute (const char *path, const char *directory)
{
  /* Standard input, a device of another host, and an address are none. */
  if (g_str_equal (path, "-") || strchr (path, ':') != NULL)
    return g_strdup (path);
  return g_canonicalize_filename (path, directory);
}

static char *
pool_to_absolute (const char *pool, const char *directory)
{
  DomuimgAddressRange range;
  g_autofree char *path = domuimg_address_range_parse (&range, pool, NULL) ? g_strdup (pool)
                                                                           : absolute (pool, directory);

  return g_strconcat (AUTO, path, NULL);
}

static char *
option_to_absolute (const char *option, const char *directory)
{
  const char *equals = strchr (option, '=');
  g_autofree char *name = equals != NULL ? g_strndup (option, equals - option) : NULL;
  g_autofree char *path = NULL;

  if (name != NULL && g_str_has_prefix (option, AUTO))
    return pool_to_absolute (option + strlen (AUTO), directory);
  if (name == NULL || !g_strv_contains (file_options, name))
    return g_strdup (option);
  path = absolute (equals + 1, directory);
  return g_strdup_printf ("%s=%s", name, path);
}

/* The first one may be a path without a key. */
static char *
first_to_absolute (const char *key, const char *option, const char *directory)
{
  static const char *const words[] = { "auto", "none", NULL };

  if (strchr (option, '=') != NULL || g_strv_contains (words, option)
      || g_str_equal (key, "partition") || g_str_equal (key, "nic"))
    return option_to_absolute (option, directory);
  return absolute (option, directory);
}

static char *
list_to_absolute (const char *key, const char *value, const char *directory)
{
  g_auto (GStrv) options = g_strsplit (value, ",", -1);

  for (guint i = 0; options[i] != NULL; i++)
    {
      g_autofree char *old = options[i];

      options[i] = i == 0 ? first_to_absolute (key, old, directory)
                          : option_to_absolute (old, directory);
    }
  return g_strjoinv (",", options);
}

/* A source or a policy of a kernel whose colon is followed by a file. */
static gboolean
is_of_file (const char *key, const char *value)
{
  g_autofree char *scheme = g_strndup (value, strcspn (value, ":"));

  if (g_str_equal (key, "kernel"))
    return g_str_equal (scheme, "file");
  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    if (g_str_equal (domuimg_source_types[i]->scheme, scheme))
      return g_str_has_prefix (domuimg_source_types[i]->placeholder, "FILE")
             || g_str_has_prefix (domuimg_source_types[i]->placeholder, "DIRECTORY")
             || g_str_has_prefix (domuimg_source_types[i]->placeholder, "IMAGE");
  return FALSE;
}

static gboolean
has_scheme (const char *key, const char *value)
{
  return (g_str_equal (key, "from") || g_str_equal (key, "kernel")) && strchr (value, ':') != NULL;
}

/* (transfer full) Both files of "file:VMLINUZ,INITRD"; a source has one. */
static char **
split_files (const char *key, const char *value)
{
  return g_strsplit (strchr (value, ':') + 1, ",", g_str_equal (key, "kernel") ? -1 : 1);
}

static char *
files_to_absolute (const char *key, const char *value, const char *directory)
{
  const char *colon = strchr (value, ':');
  g_auto (GStrv) files = split_files (key, value);
  g_autofree char *joined = NULL;

  for (guint i = 0; files[i] != NULL; i++)
    {
      g_autofree char *old = files[i];

      files[i] = absolute (old, directory);
    }
  joined = g_strjoinv (",", files);
  return g_strdup_printf ("%.*s:%s", (int) (colon - value), value, joined);
}

static gboolean
is_path_key (const char *key)
{
  const DomuimgSpecKey *found = domuimg_spec_key_find (key);
  const char *placeholder = found != NULL ? found->placeholder : NULL;

  return g_strcmp0 (placeholder, "FILE") == 0 || g_strcmp0 (placeholder, "DIR") == 0;
}

char *
domuimg_spec_make_absolute (const char *key, const char *value, const char *directory)
{
  if (has_scheme (key, value))
    return is_of_file (key, value) ? files_to_absolute (key, value, directory) : g_strdup (value);
  if (g_strv_contains (listed_keys, key))
    return list_to_absolute (key, value, directory);
  return is_path_key (key) ? absolute (value, directory) : g_strdup (value);
}

static void
add_input (GStrvBuilder *inputs, const char *path)
{
  if (*path == '/')
    g_strv_builder_add (inputs, path);
}

static void
add_listed (GStrvBuilder *inputs, const char *value)
{
  g_auto (GStrv) options = g_strsplit (value, ",", -1);

  for (guint i = 0; options[i] != NULL; i++)
    {
      char *equals = strchr (options[i], '=');
      g_autofree char *name = equals != NULL ? g_strndup (options[i], equals - options[i]) : NULL;

      if (name != NULL && g_strv_contains (read_options, name))
        add_input (inputs, equals + 1);
    }
}

char **
domuimg_spec_list_inputs (const char *key, const char *value)
{
  g_autoptr (GStrvBuilder) inputs = g_strv_builder_new ();
  g_auto (GStrv) files = NULL;

  if (has_scheme (key, value))
    files = is_of_file (key, value) ? split_files (key, value) : NULL;
  else if (g_strv_contains (listed_keys, key))
    add_listed (inputs, value);
  else if (is_path_key (key) && !g_str_equal (key, "dir") && !g_str_equal (key, "loader"))
    add_input (inputs, value);
  for (guint i = 0; files != NULL && files[i] != NULL; i++)
    add_input (inputs, files[i]);
  return g_strv_builder_end (inputs);
}
