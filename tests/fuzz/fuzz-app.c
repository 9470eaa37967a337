/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "lib/app/readers.h"
#include "lib/app/reasons.h"
#include "lib/app/trace.h"

/* The first line names the parser, the rest is what it reads. */

static void
parse_status (const char *text, gsize size)
{
  g_autoptr (GPtrArray) packages
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_package_free);
  g_autoptr (GError) error = NULL;
  gboolean ok = domuimg_dpkg_status_parse (domuimg_bytes (text, size), packages, &error);

  g_assert_true (ok == (error == NULL));
  for (guint i = 0; ok && i < packages->len; i++)
    {
      const DomuimgPackage *package = g_ptr_array_index (packages, i);

      g_assert_true (package->name != NULL && package->version != NULL && package->source != NULL);
      g_assert_true (g_utf8_validate (package->version, -1, NULL));
    }
}

static void
parse_copyright (const char *text, gsize size)
{
  g_free (domuimg_dpkg_copyright_parse (text));
}

static void
parse_nsswitch (const char *text, gsize size)
{
  g_ptr_array_unref (domuimg_nsswitch_parse (text));
}

static void
parse_pam (const char *text, gsize size)
{
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) includes = g_ptr_array_new_with_free_func (g_free);

  domuimg_pam_parse (text, modules, includes);
}

static void
parse_shell (const char *text, gsize size)
{
  g_autoptr (GPtrArray) commands = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  domuimg_shell_parse (text, commands, paths);
}

static void
parse_python (const char *text, gsize size)
{
  g_autoptr (GPtrArray) imports = g_ptr_array_new_with_free_func (g_free);

  domuimg_python_parse (text, imports);
}

static void
parse_perl (const char *text, gsize size)
{
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (g_free);

  domuimg_perl_parse (text, modules);
}

/* What is written of a run is read again as it was. */
static void
parse_strace (const char *text, gsize size)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *trace = NULL;

  domuimg_strace_parse (text, paths);
  trace = domuimg_trace_to_text (paths);
  again = domuimg_trace_parse (trace, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, paths->len);
}

static void
parse_trace (const char *text, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) paths = domuimg_trace_parse (text, &error);

  g_assert_true ((paths == NULL) == (error != NULL));
}

static void
parse_reasons (const char *text, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgReasons) reasons = domuimg_reasons_parse (text, &error);
  g_autoptr (GPtrArray) lines = NULL;

  g_assert_true ((reasons == NULL) == (error != NULL));
  if (reasons != NULL)
    lines = domuimg_reasons_explain (reasons, "/usr/lib/a.so", &error);
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const struct {
    const char *name;
    void (*parse) (const char *text, gsize size);
  } parsers[] = {
    { "status\n", parse_status },     { "copyright\n", parse_copyright },
    { "nsswitch\n", parse_nsswitch }, { "pam\n", parse_pam },
    { "shell\n", parse_shell },       { "python\n", parse_python },
    { "perl\n", parse_perl },         { "strace\n", parse_strace },
    { "trace\n", parse_trace },       { "reasons\n", parse_reasons },
  };

  for (guint i = 0; i < G_N_ELEMENTS (parsers); i++)
    {
      gsize length = strlen (parsers[i].name);
      g_autofree char *text = NULL;

      if (size < length || memcmp (data, parsers[i].name, length) != 0)
        continue;
      text = g_strndup ((const char *) data + length, size - length);
      parsers[i].parse (text, strlen (text));
    }
  return 0;
}
