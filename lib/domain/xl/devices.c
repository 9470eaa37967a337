/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/model/device.h"

#include <string.h>

/* Devices as xl.cfg lists them. */

#define MAX_DEVICES 256

gboolean
domuimg_domain_has_device_key (DomuimgDomain *self, const char *key)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      DomuimgDomainDevice *device = g_ptr_array_index (self->devices, i);

      if (g_str_equal (domuimg_device_key (domuimg_domain_device_get_kind (device)), key))
        return TRUE;
    }
  return FALSE;
}

/* "KEY=VALUE", with blanks around both; FALSE for what is none or is there twice. */
static gboolean
read_pair (DomuimgDomainDevice *device, const char *text)
{
  const char *equals = strchr (text, '=');
  g_autofree char *name = equals != NULL ? g_strndup (text, equals - text) : NULL;
  g_autofree char *value = equals != NULL ? g_strdup (equals + 1) : NULL;

  if (equals == NULL)
    return FALSE;
  g_strstrip (name);
  g_strstrip (value);
  if (*value == '\0' || domuimg_domain_device_get_option (device, name) != NULL)
    return FALSE;
  domuimg_domain_device_set_option (device, name, value);
  return TRUE;
}

/* "BDF[@VSLOT]", the only part that may have no name. */
static gboolean
read_address (DomuimgDomainDevice *device, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "@", 2);

  if (domuimg_domain_device_get_kind (device) != DOMUIMG_DEVICE_PCI || parts[0] == NULL)
    return FALSE;
  domuimg_domain_device_set_option (device, "bdf", g_strstrip (parts[0]));
  if (parts[1] != NULL)
    domuimg_domain_device_set_option (device, "vslot", g_strstrip (parts[1]));
  return TRUE;
}

static DomuimgDomainDevice *
read_string (DomuimgDeviceKind kind, const char *text)
{
  g_autoptr (DomuimgDomainDevice) device = domuimg_domain_device_new (kind);
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      gboolean named = strchr (parts[i], '=') != NULL;

      if (*g_strstrip (parts[i]) == '\0')
        continue;
      if (named ? !read_pair (device, parts[i]) : i > 0 || !read_address (device, parts[i]))
        return NULL;
    }
  return domuimg_device_check (device, NULL) ? g_steal_pointer (&device) : NULL;
}

/* A list of "KEY=VALUE", as NUMA nodes are. */
static DomuimgDomainDevice *
read_list (DomuimgDeviceKind kind, const DomuimgXlValue *value)
{
  g_autoptr (DomuimgDomainDevice) device = domuimg_domain_device_new (kind);

  for (guint i = 0; i < value->items->len; i++)
    {
      const DomuimgXlValue *item = g_ptr_array_index (value->items, i);

      if (item->kind != DOMUIMG_XL_STRING || !read_pair (device, item->text))
        return NULL;
    }
  return domuimg_device_check (device, NULL) ? g_steal_pointer (&device) : NULL;
}

gboolean
domuimg_device_read (DomuimgXlFile *file, DomuimgDeviceKind kind, DomuimgDomain *domain)
{
  g_autoptr (DomuimgXlValue) value = domuimg_xl_file_get_value (file, domuimg_device_key (kind));
  g_autoptr (GPtrArray) devices = g_ptr_array_new_with_free_func (g_object_unref);
  DomuimgXlKind expected = kind == DOMUIMG_DEVICE_NUMA_NODE ? DOMUIMG_XL_LIST : DOMUIMG_XL_STRING;

  if (value == NULL || value->kind != DOMUIMG_XL_LIST || value->items->len == 0
      || value->items->len > MAX_DEVICES)
    return FALSE;
  for (guint i = 0; i < value->items->len; i++)
    {
      const DomuimgXlValue *item = g_ptr_array_index (value->items, i);
      DomuimgDomainDevice *device = NULL;

      if (item->kind == expected)
        device = item->kind == DOMUIMG_XL_LIST ? read_list (kind, item)
                                               : read_string (kind, item->text);
      if (device == NULL)
        return FALSE;
      g_ptr_array_add (devices, device);
    }
  for (guint i = 0; i < devices->len; i++)
    domuimg_domain_add_device (domain, g_ptr_array_index (devices, i));
  return TRUE;
}

/* The options as they are written, quoted each or divided by commas. */
static char *
write_device (DomuimgDomainDevice *device, GError **error)
{
  DomuimgDeviceKind kind = domuimg_domain_device_get_kind (device);
  g_auto (GStrv) names = domuimg_domain_device_list_options (device);
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_auto (GStrv) all = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; names[i] != NULL; i++)
    {
      const char *value = domuimg_domain_device_get_option (device, names[i]);
      const char *vslot = domuimg_domain_device_get_option (device, "vslot");
      g_autofree char *word = g_strdup_printf ("%s=%s", names[i], value);
      g_autofree char *quoted = domuimg_xl_quote (names[i], word, error);
      g_autofree char *address = g_strdup_printf ("%s%s%s", value, vslot != NULL ? "@" : "",
                                                  vslot != NULL ? vslot : "");

      if (quoted == NULL)
        return NULL;
      if (kind == DOMUIMG_DEVICE_PCI && g_str_equal (names[i], "vslot"))
        continue;
      g_strv_builder_add (words, kind == DOMUIMG_DEVICE_NUMA_NODE ? quoted
                                 : kind == DOMUIMG_DEVICE_PCI && g_str_equal (names[i], "bdf")
                                     ? address
                                     : word);
    }
  all = g_strv_builder_end (words);
  text = g_strjoinv (kind == DOMUIMG_DEVICE_NUMA_NODE ? ", " : ",", all);
  if (kind == DOMUIMG_DEVICE_NUMA_NODE)
    return g_strdup_printf ("[ %s ]", text);
  return domuimg_xl_quote (domuimg_device_key (kind), text, error);
}

char *
domuimg_device_write (DomuimgDomain *domain, DomuimgDeviceKind kind, GError **error)
{
  g_autoptr (GString) out = g_string_new ("[\n");

  for (guint i = 0; i < domain->devices->len; i++)
    {
      DomuimgDomainDevice *device = g_ptr_array_index (domain->devices, i);
      g_autofree char *text = NULL;

      if (domuimg_domain_device_get_kind (device) != kind)
        continue;
      text = write_device (device, error);
      if (text == NULL)
        return NULL;
      g_string_append_printf (out, "    %s,\n", text);
    }
  g_string_append_c (out, ']');
  return g_string_free (g_steal_pointer (&out), FALSE);
}
