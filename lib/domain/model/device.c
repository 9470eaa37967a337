/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of a domain other than disks and interfaces, each a set of options. */
#include "config.h"
#include "lib/domain/model/device.h"

#include <string.h>

/**
 * DomuimgDomainDevice:
 *
 * What a guest has beside disks, network interfaces and displays: passed-through devices,
 * channels, NUMA nodes and others, each a kind with options.
 *
 * Since: 0.1
 */
struct _DomuimgDomainDevice {
  GObject parent_instance;

  DomuimgDeviceKind kind;
  GPtrArray *names; /* in the order of the table, unknown ones after them */
  GHashTable *values;
};

G_DEFINE_FINAL_TYPE (DomuimgDomainDevice, domuimg_domain_device, G_TYPE_OBJECT);

typedef struct {
  const char *name;
  const char *pattern;
} Option;

#define NUMBER "[0-9]{1,10}"
#define FLAG "[01]"
#define ANY "[^,]+"

/* By parse_config_data of tools/xl/xl_parse.c and xlu_pci_parse_spec_string of libxlutil. */
static const struct {
  const char *name;
  const char *key; /* of xl.cfg */
  const char *required;
  Option options[8];
} kinds[] = {
  [DOMUIMG_DEVICE_PCI]
  = { "pci",
      "pci",
      NULL,
      { { "bdf", "([0-9a-fA-F]{4}:)?[0-9a-fA-F]{1,2}:[0-9a-fA-F]{1,2}\\.([0-7]|\\*)" },
        { "vslot", "[0-9a-fA-F]{1,2}" },
        { "name", ANY },
        { "permissive", FLAG },
        { "msitranslate", FLAG },
        { "seize", FLAG },
        { "power_mgmt", FLAG },
        { "rdm_policy", "strict|relaxed" } } },
  [DOMUIMG_DEVICE_USB_CONTROLLER]
  = { "usb-controller",
      "usbctrl",
      NULL,
      { { "type", "auto|pv|qusb|devicemodel" },
        { "version", "[123]" },
        { "ports", NUMBER },
        { "backend", ANY } } },
  [DOMUIMG_DEVICE_USB] = { "usb",
                           "usbdev",
                           NULL,
                           { { "type", "hostdev" },
                             { "hostbus", "(0x[0-9a-fA-F]+|[0-9]+)" },
                             { "hostaddr", "(0x[0-9a-fA-F]+|[0-9]+)" },
                             { "controller", NUMBER },
                             { "port", NUMBER } } },
  [DOMUIMG_DEVICE_VTPM]
  = { "vtpm", "vtpm", "backend", { { "backend", ANY }, { "uuid", "[0-9a-fA-F-]{36}" } } },
  [DOMUIMG_DEVICE_P9] = { "p9",
                          "p9",
                          "path",
                          { { "tag", ANY },
                            { "path", "/" ANY },
                            { "security_model", "none" },
                            { "backend", ANY } } },
  [DOMUIMG_DEVICE_CHANNEL] = { "channel",
                               "channel",
                               "connection",
                               { { "name", ANY },
                                 { "connection", "pty|socket" },
                                 { "path", "/" ANY },
                                 { "backend", ANY } } },
  [DOMUIMG_DEVICE_NUMA_NODE] = { "numa-node",
                                 "vnuma",
                                 "pnode",
                                 { { "pnode", NUMBER },
                                   { "size", NUMBER },
                                   { "vcpus", "[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*" },
                                   { "vdistances", "[0-9]+(,[0-9]+)*" } } },
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == DOMUIMG_N_DEVICE_KINDS);

static void
domuimg_domain_device_finalize (GObject *object)
{
  DomuimgDomainDevice *self = DOMUIMG_DOMAIN_DEVICE (object);

  g_ptr_array_unref (self->names);
  g_hash_table_unref (self->values);
  G_OBJECT_CLASS (domuimg_domain_device_parent_class)->finalize (object);
}

static void
domuimg_domain_device_class_init (DomuimgDomainDeviceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_domain_device_finalize;
}

static void
domuimg_domain_device_init (DomuimgDomainDevice *self)
{
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/**
 * domuimg_device_kind_to_string:
 * @kind: a kind of device
 *
 * Returns: `pci`, `usb-controller`, `usb`, `vtpm`, `p9`, `channel` or `numa-node`
 *
 * Since: 0.1
 */
const char *
domuimg_device_kind_to_string (DomuimgDeviceKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kinds), NULL);
  return kinds[kind].name;
}

/**
 * domuimg_domain_device_new:
 * @kind: what it is
 *
 * Returns: (transfer full): a device without options
 *
 * Since: 0.1
 */
DomuimgDomainDevice *
domuimg_domain_device_new (DomuimgDeviceKind kind)
{
  DomuimgDomainDevice *self;

  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kinds), NULL);
  self = g_object_new (DOMUIMG_TYPE_DOMAIN_DEVICE, NULL);
  self->kind = kind;
  return self;
}

/**
 * domuimg_domain_device_get_kind:
 * @self: a device
 *
 * Returns: what it is
 *
 * Since: 0.1
 */
DomuimgDeviceKind
domuimg_domain_device_get_kind (DomuimgDomainDevice *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DEVICE (self), DOMUIMG_DEVICE_PCI);
  return self->kind;
}

/**
 * domuimg_domain_device_get_option:
 * @self: a device
 * @name: an option, such as `bdf`
 *
 * Returns: (nullable): its value
 *
 * Since: 0.1
 */
const char *
domuimg_domain_device_get_option (DomuimgDomainDevice *self, const char *name)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DEVICE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  return g_hash_table_lookup (self->values, name);
}

static guint
rank_of (const DomuimgDomainDevice *self, const char *name)
{
  const Option *options = kinds[self->kind].options;
  guint rank = 0;

  while (rank < G_N_ELEMENTS (kinds[0].options) && g_strcmp0 (options[rank].name, name) != 0)
    rank++;
  return rank;
}

/**
 * domuimg_domain_device_set_option:
 * @self: a device
 * @name: an option of its kind; others are written as they are
 * @value: (nullable): its value; %NULL takes it out
 *
 * Since: 0.1
 */
void
domuimg_domain_device_set_option (DomuimgDomainDevice *self, const char *name, const char *value)
{
  guint at = 0, found;

  g_return_if_fail (DOMUIMG_IS_DOMAIN_DEVICE (self));
  g_return_if_fail (name != NULL);
  if (g_ptr_array_find_with_equal_func (self->names, name, g_str_equal, &found))
    g_ptr_array_remove_index (self->names, found);
  g_hash_table_remove (self->values, name);
  if (value == NULL || *value == '\0')
    return;
  while (at < self->names->len
         && rank_of (self, g_ptr_array_index (self->names, at)) <= rank_of (self, name))
    at++;
  g_ptr_array_insert (self->names, (int) at, g_strdup (name));
  g_hash_table_insert (self->values, g_strdup (name), g_strdup (value));
}

/**
 * domuimg_domain_device_list_options:
 * @self: a device
 *
 * Returns: (transfer full): the names of the options that are set
 *
 * Since: 0.1
 */
char **
domuimg_domain_device_list_options (DomuimgDomainDevice *self)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DEVICE (self), NULL);
  for (guint i = 0; i < self->names->len; i++)
    g_strv_builder_add (names, g_ptr_array_index (self->names, i));
  return g_strv_builder_end (names);
}

/**
 * domuimg_domain_add_device:
 * @self: a domain
 * @device: a device
 *
 * Gives the guest one more device.
 *
 * Since: 0.1
 */
void
domuimg_domain_add_device (DomuimgDomain *self, DomuimgDomainDevice *device)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN (self));
  g_return_if_fail (DOMUIMG_IS_DOMAIN_DEVICE (device));
  g_ptr_array_add (self->devices, g_object_ref (device));
}

/**
 * domuimg_domain_get_devices:
 * @self: a domain
 *
 * Returns: (transfer none) (element-type DomuimgDomainDevice): the devices other than disks and
 *   network interfaces, in order
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_domain_get_devices (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return self->devices;
}

const char *
domuimg_device_key (DomuimgDeviceKind kind)
{
  return kinds[kind].key;
}

static gboolean
check_option (DomuimgDomainDevice *self, const char *name, GError **error)
{
  const char *kind = kinds[self->kind].name;
  const char *value = domuimg_domain_device_get_option (self, name);
  guint rank = rank_of (self, name);
  g_autofree char *pattern = NULL;

  if (!g_regex_match_simple ("\\A[a-z][a-z0-9_]*\\z", name, 0, 0))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: “%s” is not the name of an option",
                         kind, name);
  pattern = g_strdup_printf ("\\A(%s)\\z", rank < G_N_ELEMENTS (kinds[0].options)
                                               ? kinds[self->kind].options[rank].pattern
                                               : ANY);
  if (g_utf8_validate (value, -1, NULL) && g_regex_match_simple (pattern, value, 0, 0)
      && !g_ascii_isspace (value[0]) && !g_ascii_isspace (value[strlen (value) - 1]))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "%s: %s cannot be “%s”; see %s in xl.cfg(5)", kind, name, value,
                       kinds[self->kind].key);
}

gboolean
domuimg_device_check (DomuimgDomainDevice *self, GError **error)
{
  const char *required = kinds[self->kind].required;

  if (self->kind == DOMUIMG_DEVICE_PCI)
    required = domuimg_domain_device_get_option (self, "name") != NULL ? "name" : "bdf";
  if (required != NULL && domuimg_domain_device_get_option (self, required) == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: it has no %s",
                         kinds[self->kind].name, required);
  for (guint i = 0; i < self->names->len; i++)
    if (!check_option (self, g_ptr_array_index (self->names, i), error))
      return FALSE;
  return TRUE;
}
