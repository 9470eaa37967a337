/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "domuimg/domain-config.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* What can be written is read as the same guest again. */
static void
check_round_trip (DomuimgDomain *domain)
{
  g_autofree char *xml = domuimg_domain_to_libvirt_xml (domain, NULL, NULL);
  g_autofree char *xl = domuimg_domain_to_xl_cfg (domain, NULL);
  g_autoptr (DomuimgDomain) again
      = xml != NULL ? domuimg_domain_new_from_libvirt_xml (xml, "again", NULL) : NULL;

  if (xml != NULL)
    g_assert_nonnull (again);
  if (again != NULL)
    {
      g_autofree char *second = domuimg_domain_to_libvirt_xml (again, NULL, NULL);

      g_assert_nonnull (second);
    }
  if (xl != NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgDomain) from_xl = domuimg_domain_new_from_xl_cfg (xl, "xl", &error);

      g_assert_true ((from_xl == NULL) == (error != NULL));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgDomain) domain = domuimg_domain_new_from_libvirt_xml (text, "fuzz", &error);
  g_auto (GStrv) losses = NULL;
  g_autofree char *json = NULL, *plain = NULL;

  g_assert_true ((domain == NULL) == (error != NULL));
  if (domain == NULL)
    {
      g_assert_true (g_str_has_prefix (error->message, "fuzz"));
      return 0;
    }
  json = domuimg_domain_to_json (domain);
  plain = domuimg_domain_to_text (domain);
  losses = domuimg_domain_list_losses (domain, DOMUIMG_CONFIG_FORMAT_XL, NULL);
  check_round_trip (domain);
  return 0;
}
