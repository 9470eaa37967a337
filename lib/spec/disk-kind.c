/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kind of disk a --disk asks for. */
#include "config.h"
#include "lib/spec/disk-kind.h"

#include <string.h>

#include "lib/base/base.h"
#include "lib/spec/parse.h"

/* A kind of a later version, or one mistyped, must not become the name of a file. */
static const DomuimgDiskKind *
fail_unknown (const char *text, GError **error)
{
  g_autofree char *known = domuimg_disk_kind_list ();

  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "disk “%s”: there is no such kind of disk; use a path, %s (a file of this name is"
                " path=./%s)",
                text, known, text);
  return NULL;
}

const DomuimgDiskKind *
domuimg_disk_kind_find (const char *text, const char **rest, GError **error)
{
  const char *end = text + strcspn (text, ":=,/");

  for (guint i = 0; domuimg_disk_kinds[i] != NULL; i++)
    {
      const char *scheme = domuimg_disk_kinds[i]->scheme;
      gsize length = scheme != NULL ? strlen (scheme) : 0;

      if (scheme == NULL || !g_str_has_prefix (text, scheme) || text[length] != ':')
        continue;
      *rest = text + length + 1;
      return domuimg_disk_kinds[i];
    }
  if (*end == ':' && end > text)
    return fail_unknown (text, error);
  *rest = text;
  return domuimg_disk_kinds[0];
}

const DomuimgDiskKind *
domuimg_disk_kind_find_claim (const char *path)
{
  for (guint i = 0; domuimg_disk_kinds[i] != NULL; i++)
    if (domuimg_disk_kinds[i]->claims != NULL && domuimg_disk_kinds[i]->claims (path))
      return domuimg_disk_kinds[i];
  return NULL;
}

static gboolean
is_format (const DomuimgDiskKind *kind)
{
  return kind->scheme == NULL && kind->claims == NULL;
}

const DomuimgDiskKind *
domuimg_disk_kind_find_format (const char *format)
{
  for (guint i = 0; domuimg_disk_kinds[i] != NULL; i++)
    if (is_format (domuimg_disk_kinds[i]) && g_str_equal (domuimg_disk_kinds[i]->name, format))
      return domuimg_disk_kinds[i];
  return NULL;
}

const DomuimgDiskKind *
domuimg_disk_kind_find_stored (const char *storage, const char *format)
{
  /* Manifests from before there were kinds have files only. */
  const char *wanted = storage != NULL ? storage : domuimg_disk_kinds[0]->storage;

  for (guint i = 0; domuimg_disk_kinds[i] != NULL; i++)
    if (g_str_equal (domuimg_disk_kinds[i]->storage, wanted)
        && g_str_equal (domuimg_disk_kinds[i]->format, format))
      return domuimg_disk_kinds[i];
  return NULL;
}

char *
domuimg_disk_kind_list (void)
{
  GString *list = g_string_new ("format=");
  guint n = 0, others = 0;

  for (guint i = 0; domuimg_disk_kinds[i] != NULL; i++)
    if (is_format (domuimg_disk_kinds[i]))
      g_string_append_printf (list, "%s%s", n++ > 0 ? "|" : "", domuimg_disk_kinds[i]->name);
    else
      others++;
  for (guint i = 0; domuimg_disk_kinds[i] != NULL; i++)
    if (!is_format (domuimg_disk_kinds[i]))
      g_string_append_printf (list, "%s%s%s%s", --others > 0 ? ", " : " or ",
                              domuimg_disk_kinds[i]->scheme ?: "",
                              domuimg_disk_kinds[i]->scheme != NULL ? ":" : "",
                              domuimg_disk_kinds[i]->placeholder ?: "");
  return g_string_free (list, FALSE);
}

/* Several kinds have the same ways. */
static void
list_copies_of (const DomuimgDiskKind *kind, GPtrArray *names)
{
  for (guint i = 0; kind->copies != NULL && kind->copies[i] != NULL; i++)
    if (!g_ptr_array_find_with_equal_func (names, kind->copies[i]->name, g_str_equal, NULL))
      g_ptr_array_add (names, (gpointer) kind->copies[i]->name);
}

char *
domuimg_disk_kind_list_copies (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; domuimg_disk_kinds[i] != NULL; i++)
    list_copies_of (domuimg_disk_kinds[i], names);
  return domuimg_join_words (names);
}
