/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one rule for names of guests, whether one is made or its configuration is read. */
#include "config.h"
#include "lib/base/name.h"

#include <string.h>

#define NAME_MAX_LENGTH 128
#define NAME_CHARACTERS \
  G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._+:@-"

/* Xen asks little of a name; files, xl and libvirt ask more: logs and images are named
 * for it (no "/", no leading dot, a length), xl takes digits for a domain id and a
 * leading "-" for an option. */
gboolean
domuimg_name_check (const char *name, GError **error)
{
  gsize length = strlen (name);

  if (length == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "name: a guest needs a name");
  if (length > NAME_MAX_LENGTH)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "name: %" G_GSIZE_FORMAT " characters are too many; at most %d", length,
                         NAME_MAX_LENGTH);
  if (strspn (name, NAME_CHARACTERS) != length || strchr (".-+:@", name[0]) != NULL)
    {
      g_autofree char *shown = g_strescape (name, NULL);
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "name \"%s\": may hold letters, digits and . _ + : @ - and starts "
                           "with a letter, digit or _",
                           shown);
    }
  if (strspn (name, G_CSET_DIGITS) == length)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "name \"%s\": needs something that is not a digit, since xl takes a "
                         "number for a domain id",
                         name);
  if (g_str_equal (name, "Domain-0"))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "name \"%s\": is the name of the host's own domain", name);
  return TRUE;
}
