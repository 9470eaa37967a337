/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at a Xen host for its profile. */
#include "config.h"
#include "lib/xen/profile.h"

#include <string.h>

#include "lib/base/backend-program.h"
#include "lib/base/compare.h"

/* Where loaders, firmware and device models are, by the packages of Debian, Fedora, SUSE, Arch, Alpine
 * and Xen's own make install. "*" is any name that begins with "xen". */
static const char *const directories[] = {
  "/usr/lib/grub-xen",      "/usr/lib/*/bin",         "/usr/lib/*/boot",
  "/usr/lib64/*/bin",       "/usr/libexec/xen/bin",   "/usr/libexec/xen/boot",
  "/usr/share/seabios",     "/usr/share/ovmf",        "/usr/share/edk2/ovmf",
  "/usr/share/qemu-ovmf",   "/usr/local/lib/xen/bin", "/usr/local/lib/xen/boot",
};
static const char *const files[] = {
  "/usr/bin/pygrub",          "/usr/libexec/xen-qemu-system-i386", "/usr/bin/qemu-system-i386",
  "/usr/bin/qemu-system-x86_64", "/usr/bin/domuimg-bootloader", "/usr/share/qemu/bios-256k.bin",
  "/usr/share/qemu/ovmf-x86_64-xen.bin", "/usr/share/qemu/ovmf-x86_64-xen-4m.bin",
  "/usr/share/OVMF/OVMF.fd", "/usr/share/ovmf/x64/OVMF.fd", "/usr/share/edk2/x64/OVMF.4m.fd",
  "/usr/share/edk2/xen/OVMF.fd", "/usr/share/edk2/OVMF.fd",
};

/* (nullable) */
static char *
read_text (const char *root, const char *path)
{
  g_autofree char *full = g_strconcat (root, path, NULL);
  char *text = NULL;

  return g_file_get_contents (full, &text, NULL, NULL) ? g_strstrip (text) : NULL;
}

gboolean
domuimg_profile_is_host (const char *root)
{
  g_autofree char *type = read_text (root, "/sys/hypervisor/type");
  g_autofree char *capabilities = read_text (root, "/proc/xen/capabilities");
  g_autofree char *features = read_text (root, "/sys/hypervisor/properties/features");
  guint64 bits = features != NULL ? g_ascii_strtoull (features, NULL, 16) : 0;

  /* /sys/hypervisor is there in a domU, too; only dom0 is in control. */
  if (g_strcmp0 (type, "xen") != 0)
    return FALSE;
  if (capabilities != NULL)
    return strstr (capabilities, "control_d") != NULL;
  /* XENFEAT_dom0 of xen/include/public/features.h, where xenfs is not mounted. */
  return (bits >> 11 & 1) != 0;
}

/* Adds the names in the directory @path that have the file @below (nullable: all) below them. */
static void
add_names (GPtrArray *list, const char *root, const char *path, const char *below, const char *prefix)
{
  g_autofree char *full = g_strconcat (root, path, NULL);
  g_autoptr (GDir) dir = g_dir_open (full, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *inside = below != NULL ? g_build_filename (full, name, below, NULL) : NULL;

      if (g_utf8_validate (name, -1, NULL)
          && (inside == NULL || g_file_test (inside, G_FILE_TEST_EXISTS)))
        g_ptr_array_add (list, g_strconcat (prefix, name, NULL));
    }
}

static GPtrArray *
list_names (const char *root, const char *path, const char *below)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  add_names (list, root, path, below, "");
  g_ptr_array_sort (list, domuimg_compare_strings);
  return list;
}

static void
add_directory (GPtrArray *list, const char *root, const char *directory)
{
  g_auto (GStrv) around = g_strsplit (directory, "*", 2);
  g_autofree char *prefix = NULL;
  g_autoptr (GPtrArray) names = NULL;

  if (around[1] == NULL)
    {
      prefix = g_strconcat (directory, "/", NULL);
      add_names (list, root, directory, NULL, prefix);
      return;
    }
  names = list_names (root, around[0], NULL);
  for (guint i = 0; i < names->len; i++)
    if (g_str_has_prefix (names->pdata[i], "xen"))
      {
        g_autofree char *full = g_strconcat (around[0], names->pdata[i], around[1], NULL);

        add_directory (list, root, full);
      }
}

static GPtrArray *
list_files (const char *root)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    add_directory (list, root, directories[i]);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *full = g_strconcat (root, files[i], NULL);

      if (g_file_test (full, G_FILE_TEST_EXISTS))
        g_ptr_array_add (list, g_strdup (files[i]));
    }
  g_ptr_array_sort (list, domuimg_compare_strings);
  return list;
}

/* (nullable) */
static GPtrArray *
list_types (const char *root)
{
  g_autofree char *capabilities = read_text (root, "/sys/hypervisor/properties/capabilities");
  GPtrArray *types;

  if (capabilities == NULL)
    return NULL;
  types = g_ptr_array_new_with_free_func (g_free);
  if (strstr (capabilities, "xen-3.0-x86_64") != NULL)
    g_ptr_array_add (types, g_strdup ("pv"));
  if (strstr (capabilities, "hvm-3.0-x86_64") == NULL)
    return types;
  g_ptr_array_add (types, g_strdup ("pvh"));
  g_ptr_array_add (types, g_strdup ("hvm"));
  return types;
}

/* (nullable) What xl.conf(5) says for vifs that say nothing of it themselves. */
static char *
find_default (const char *root, const char *key)
{
  g_autofree char *text = read_text (root, "/etc/xen/xl.conf");
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (g_strstrip (lines[i]), "=", 2);

      if (parts[0] == NULL || parts[1] == NULL
          || !g_str_equal (g_strstrip (parts[0]), key))
        continue;
      g_strdelimit (parts[1], "\"'", ' ');
      return g_strdup (g_strstrip (parts[1]));
    }
  return NULL;
}

DomuimgProfile *
domuimg_profile_look (const char *root)
{
  DomuimgProfile *self = g_new0 (DomuimgProfile, 1);

  domuimg_xen_version_find (root, &self->version, NULL);
  self->default_bridge = find_default (root, "vif.default.bridge");
  if (self->default_bridge == NULL)
    self->default_bridge = g_strdup ("xenbr0");
  self->default_script = find_default (root, "vif.default.script");
  self->default_backend = find_default (root, "vif.default.backend");
  self->lists[DOMUIMG_PROFILE_TYPES] = list_types (root);
  self->lists[DOMUIMG_PROFILE_BRIDGES] = list_names (root, "/sys/class/net", "bridge");
  self->lists[DOMUIMG_PROFILE_INTERFACES] = list_names (root, "/sys/class/net", NULL);
  self->lists[DOMUIMG_PROFILE_SCRIPTS] = list_names (root, DOMUIMG_XEN_SCRIPTS, NULL);
  self->lists[DOMUIMG_PROFILE_FILES] = list_files (root);
  self->lists[DOMUIMG_PROFILE_PCI] = list_names (root, "/sys/bus/pci/devices", NULL);
  self->lists[DOMUIMG_PROFILE_ASSIGNABLE]
      = list_names (root, "/sys/bus/pci/drivers/pciback", "vendor");
  return self;
}

static gint64
number_of (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node) : 0;
}

/* (nullable) */
static GPtrArray *
take_names (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);
  JsonArray *array = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  GPtrArray *list = array != NULL ? g_ptr_array_new_with_free_func (g_free) : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_ptr_array_add (list, g_strdup (json_array_get_string_element (array, i)));
  return list;
}

void
domuimg_profile_add_libxl (DomuimgProfile *self, JsonNode *said)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (said) ? json_node_get_object (said) : NULL;
  gint64 last;

  if (object == NULL)
    return;
  last = CLAMP (number_of (object, "last_cpu"), 0, G_MAXUINT16 - 1);
  self->cpus = last > 0 ? (guint) last + 1 : (guint) CLAMP (number_of (object, "cpus"), 0, G_MAXUINT16);
  self->memory = (guint64) MAX (number_of (object, "total"), 0);
  self->lists[DOMUIMG_PROFILE_DOMAINS] = take_names (object, "domains");
  self->lists[DOMUIMG_PROFILE_POOLS] = take_names (object, "pools");
}

DomuimgProfile *
domuimg_profile_of_host (GCancellable *cancellable)
{
  DomuimgProfile *self;
  g_autoptr (DomuimgExec) exec = NULL;
  g_autoptr (JsonNode) said = NULL;

  if (!domuimg_profile_is_host (""))
    return NULL;
  self = domuimg_profile_look ("");
  exec = domuimg_backend_program_start (&domuimg_backend_program_libxl, "info", NULL);
  /* Without libxl, or root's rights, what only that knows is not known. */
  said = exec != NULL ? domuimg_backend_program_ask (exec, cancellable, NULL) : NULL;
  if (said != NULL)
    domuimg_profile_add_libxl (self, said);
  return self;
}
