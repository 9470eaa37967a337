/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a container image says of itself, and what its layers are together. */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "kernel-fixtures.h"
#include "lib/source/oci-image.h"
#include "lib/source/oci-merge.h"

static gboolean
add (DomuimgOciMerge *merge, const char *line, GError **error)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (words[1], DOMUIMG_ENTRY_FILE, 0644);

  if (*words[0] == 'd')
    entry->type = DOMUIMG_ENTRY_DIRECTORY;
  else if (*words[0] == 's')
    entry->type = DOMUIMG_ENTRY_SYMLINK;
  else if (*words[0] == 'h')
    entry->type = DOMUIMG_ENTRY_HARD_LINK;
  entry->target = g_strdup (words[2]);
  return domuimg_oci_merge_add (merge, entry, 4096, 0, error);
}

/* Lines as those of the fuzz target, "-" between layers. */
static DomuimgOciMerge *
merge_text (const char *text, GError **error)
{
  g_autoptr (DomuimgOciMerge) merge = domuimg_oci_merge_new ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  domuimg_oci_merge_begin (merge, "layer");
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (*lines[i] == '\0')
        continue;
      if (!g_str_equal (lines[i], "-") ? !add (merge, lines[i], error)
                                       : !domuimg_oci_merge_end (merge, error))
        return NULL;
      if (g_str_equal (lines[i], "-"))
        domuimg_oci_merge_begin (merge, "layer");
    }
  return domuimg_oci_merge_end (merge, error) ? g_steal_pointer (&merge) : NULL;
}

static void
assert_names (DomuimgOciMerge *merge, guint layer, guint index, const char *wanted)
{
  g_autoptr (GPtrArray) names = domuimg_oci_merge_list_names (merge, layer, index);
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; names != NULL && i < names->len; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? " " : "", (char *) names->pdata[i]);
  g_assert_cmpstr (list->str, ==, wanted);
}

static void
test_merge (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgOciMerge) merge
      = merge_text ("d usr/lib\ns lib usr/lib\nf lib/a\nf kept\nf gone\n-\n"
                    "h linked kept\nf kept\nf .wh.gone\nf lib/b\n-\n"
                    "f usr/lib/.wh..wh..opq\nf usr/lib/c\nh soon later\nf later",
                    &error);

  g_assert_no_error (error);
  assert_names (merge, 0, 0, "usr/lib");
  assert_names (merge, 0, 2, "");
  assert_names (merge, 0, 3, "linked");
  assert_names (merge, 0, 4, "");
  assert_names (merge, 1, 1, "kept");
  assert_names (merge, 1, 3, "");
  assert_names (merge, 2, 1, "usr/lib/c");
  assert_names (merge, 2, 3, "later soon");
  g_assert_true (domuimg_oci_merge_has_file (merge, "lib/c"));
  g_assert_false (domuimg_oci_merge_has_file (merge, "lib"));
}

static gboolean
is_refused (GBytes *bytes, const char *name)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_autoptr (GError) error = NULL;

  if (g_str_has_suffix (name, ".txt"))
    {
      g_autoptr (DomuimgOciMerge) merge = merge_text (text, &error);

      return merge == NULL && error != NULL;
    }
  if (*text == '[')
    {
      g_autoptr (GPtrArray) images = domuimg_docker_manifest_parse (bytes, name, &error);

      return images == NULL && error != NULL;
    }
  g_autoptr (DomuimgOciManifest) manifest = domuimg_oci_manifest_parse (bytes, name, &error);
  return manifest == NULL && error != NULL;
}

static void
refuse (GBytes *bytes, const char *name)
{
  if (!is_refused (bytes, name))
    g_error ("%s is not refused", name);
}

static void
test_must_fail (void)
{
  for_each_must_fail ("oci", refuse);
}

static void
test_architectures (void)
{
  g_autofree char *debian = domuimg_oci_arch ("i386");
  g_autofree char *machine = domuimg_oci_arch ("x86_64");
  g_autofree char *own = domuimg_oci_arch ("s390x");

  g_assert_cmpstr (debian, ==, "386");
  g_assert_cmpstr (machine, ==, "amd64");
  g_assert_cmpstr (own, ==, "s390x");
}

/* A list is taken whole, or the image is refused. */
static void
test_no_list_is_cut (void)
{
  const guint counts[] = { 4096, 4097 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autoptr (GString) text = g_string_new ("{\"config\": {\"Env\": [\"A=1\"");
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (DomuimgOciConfig) config = NULL;
      g_autoptr (GError) error = NULL;

      for (guint j = 1; j < counts[i]; j++)
        g_string_append (text, ", \"A=1\"");
      g_string_append (text, "]}}");
      bytes = g_bytes_new (text->str, text->len);
      config = domuimg_oci_config_parse (bytes, "an image", &error);
      if (counts[i] <= 4096)
        g_assert_cmpuint (config->env->len, ==, counts[i]);
      else
        g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oci/merge", test_merge);
  g_test_add_func ("/oci/must-fail", test_must_fail);
  g_test_add_func ("/oci/architectures", test_architectures);
  g_test_add_func ("/oci/no-list-is-cut", test_no_list_is_cut);
  return g_test_run ();
}
