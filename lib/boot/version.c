/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of versions by the UAPI Group's specification, which systemd-boot sorts by:
 * https://uapi-group.org/specifications/specs/version_format_specification/. */
#include "config.h"
#include "lib/boot/sdboot.h"

#include <string.h>

static const char *
skip_invalid (const char *at)
{
  while (*at != '\0' && !g_ascii_isalnum (*at) && strchr ("-.~^", *at) == NULL)
    at++;
  return at;
}

/* Segments of digits or of letters, of which a number is above no number, and a longer one above its
 * beginning. */
static int
compare_segments (const char *a, gsize a_length, const char *b, gsize b_length, gboolean numbers)
{
  int order;

  if (numbers && (a_length == 0 || b_length == 0))
    return (a_length > 0) - (b_length > 0);
  for (; numbers && a_length > 0 && *a == '0'; a_length--)
    a++;
  for (; numbers && b_length > 0 && *b == '0'; b_length--)
    b++;
  if (numbers && a_length != b_length)
    return a_length < b_length ? -1 : 1;
  order = strncmp (a, b, MIN (a_length, b_length));
  return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* Where one version has @mark and the other has not, the one with it is older. Behind it, where both
 * have. */
static int
pass_mark (const char **a, const char **b, char mark)
{
  if (**a == mark && **b == mark)
    {
      (*a)++;
      (*b)++;
      return 0;
    }
  return (**b == mark) - (**a == mark);
}

int
domuimg_sdboot_compare_versions (const char *a, const char *b)
{
  static const char marks[] = "-^.";
  int order = 0;

  a = a != NULL ? a : "";
  b = b != NULL ? b : "";
  while (order == 0)
    {
      const char *set;
      gsize a_length, b_length;

      a = skip_invalid (a);
      b = skip_invalid (b);
      order = pass_mark (&a, &b, '~');
      if (order != 0 || *a == '\0' || *b == '\0')
        return order != 0 ? order : (*a != '\0') - (*b != '\0');
      for (guint i = 0; marks[i] != '\0' && order == 0; i++)
        order = pass_mark (&a, &b, marks[i]);
      if (order != 0)
        return order;
      set = g_ascii_isdigit (*a) || g_ascii_isdigit (*b) ? G_CSET_DIGITS
                                                         : G_CSET_a_2_z G_CSET_A_2_Z;
      a_length = strspn (a, set);
      b_length = strspn (b, set);
      order = compare_segments (a, a_length, b, b_length, g_ascii_isdigit (*set));
      a += a_length;
      b += b_length;
    }
  return order;
}
