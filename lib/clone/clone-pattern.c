/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of many clones by one pattern: "web%03d". */
#include "config.h"
#include "lib/clone/clone-pattern.h"

#include <string.h>

#include "lib/base/base.h"

/* More digits than any name has room for. */
#define WIDTH_MAX 9

/* Where the number stands: before *@end, and with how many digits. */
static const char *
find_number (const char *pattern, const char **end, guint *width)
{
  const char *percent = strchr (pattern, '%');
  const char *at = percent != NULL ? percent + 1 : NULL;

  *width = 0;
  if (at == NULL)
    return NULL;
  if (at[0] == '0' && g_ascii_isdigit (at[1]) && at[1] != '0')
    {
      *width = (guint) (at[1] - '0');
      at += 2;
    }
  *end = at + 1;
  return *at == 'd' && strchr (at, '%') == NULL ? percent : NULL;
}

gboolean
domuimg_clone_pattern_check (const char *pattern, GError **error)
{
  const char *end = NULL;
  guint width;

  return find_number (pattern, &end, &width) != NULL
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "the name “%s” needs one number for the clones to differ in: %%d, or %%03d for"
                          " three digits",
                          pattern);
}

char *
domuimg_clone_pattern_expand (const char *pattern, guint number)
{
  const char *end = NULL;
  guint width;
  const char *start = find_number (pattern, &end, &width);

  g_return_val_if_fail (start != NULL, NULL);
  return g_strdup_printf ("%.*s%0*u%s", (int) (start - pattern), pattern, (int) MIN (width, WIDTH_MAX),
                          number, end);
}
