/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for the types of guests. */
#include "config.h"
#include "lib/base/guest-type.h"

static const char *const guest_type_names[] = { "auto", "pv", "pvh", "hvm" };

/**
 * domuimg_guest_type_to_string:
 * @type: a guest type
 *
 * Returns: (transfer none): the word of the command line, specification files
 *   and, but for `auto`, of xl.cfg(5)
 *
 * Since: 0.1
 */
const char *
domuimg_guest_type_to_string (DomuimgGuestType type)
{
  g_return_val_if_fail ((guint) type < G_N_ELEMENTS (guest_type_names), "auto");
  return guest_type_names[type];
}

/**
 * domuimg_guest_type_from_string:
 * @string: one of `auto`, `pv`, `pvh` and `hvm`
 * @type: (out): where to put the type
 * @error: return location for a #GError
 *
 * Returns: whether @string is a guest type; if not, @error is
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Since: 0.1
 */
gboolean
domuimg_guest_type_from_string (const char *string, DomuimgGuestType *type, GError **error)
{
  g_return_val_if_fail (string != NULL, FALSE);
  g_return_val_if_fail (type != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (guest_type_names); i++)
    {
      if (g_str_equal (string, guest_type_names[i]))
        {
          *type = i;
          return TRUE;
        }
    }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "“%s” is not a guest type: use auto, pv, pvh or hvm", string);
}

const char *
domuimg_guest_type_describe (DomuimgGuestType type)
{
  switch (type)
    {
    case DOMUIMG_GUEST_TYPE_PV:
      return "PV";
    case DOMUIMG_GUEST_TYPE_PVH:
      return "PVH";
    case DOMUIMG_GUEST_TYPE_HVM:
      return "HVM";
    default:
      return "PVH or PV";
    }
}

const char *
domuimg_guest_type_get_console (DomuimgGuestType type)
{
  return type == DOMUIMG_GUEST_TYPE_HVM ? "ttyS0" : "hvc0";
}

/**
 * domuimg_get_version:
 *
 * Returns: (transfer none): the version of the library that runs, such as "0.1.0"; that which a program
 *   was compiled against is %DOMUIMG_VERSION
 *
 * Since: 0.1
 */
const char *
domuimg_get_version (void)
{
  return DOMUIMG_VERSION_STRING;
}
