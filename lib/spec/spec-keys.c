/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of keys: their kinds, checks, parsers and help. */
#include "config.h"
#include "lib/spec/spec-keys.h"

#include <string.h>

#include "lib/base/name.h"
#include "lib/spec/parse.h"
#include "lib/spec/source-type.h"

#define STRING DOMUIMG_SPEC_KIND_STRING
#define LIST DOMUIMG_SPEC_KIND_LIST
#define FLAG DOMUIMG_SPEC_KIND_FLAG

static gboolean
invalid (GError **error, const char *key, const char *value, const char *expected)
{
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s “%s”: expected %s", key, value,
                       expected);
}

/* The whole value: "$" must not pass a newline at the end. */
static gboolean
matches (const char *pattern, const char *value)
{
  return g_regex_match_simple (pattern, value, G_REGEX_DOLLAR_ENDONLY, 0);
}

static gboolean
check_name (const char *key, const char *value, GError **error)
{
  return domuimg_name_check (value, error);
}

static gboolean
check_hostname (const char *key, const char *value, GError **error)
{
  if (strlen (value) <= 253
      && matches ("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
                  "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$", value))
    return TRUE;
  return invalid (error, key, value, "a host name: letters, digits and -, parts joined by dots");
}

static gboolean
check_memory (const char *key, const char *value, GError **error)
{
  guint64 bytes;

  if (!domuimg_parse_size (value, 1048576, &bytes, error))
    return FALSE;
  if (bytes >= 16 * 1048576ull && bytes <= ((guint64) 16 << 40))
    return TRUE;
  return invalid (error, key, value, "16M to 16T");
}

static gboolean
check_vcpus (const char *key, const char *value, GError **error)
{
  if (g_ascii_string_to_unsigned (value, 10, 1, 512, NULL, NULL))
    return TRUE;
  return invalid (error, key, value, "a number from 1 to 512");
}

static gboolean
check_type (const char *key, const char *value, GError **error)
{
  DomuimgGuestType type;

  return domuimg_guest_type_from_string (value, &type, error);
}

static gboolean
check_uuid (const char *key, const char *value, GError **error)
{
  if (g_uuid_string_is_valid (value))
    return TRUE;
  return invalid (error, key, value, "a UUID like 6ba7b810-9dad-11d1-80b4-00c04fd430c8");
}

static gboolean
check_disk (const char *key, const char *value, GError **error)
{
  g_autoptr (DomuimgDiskSpec) disk = domuimg_disk_spec_parse (value, error);

  return disk != NULL;
}

static gpointer
parse_nic (const char *value, GError **error)
{
  return domuimg_nic_spec_parse (value, error);
}

static gboolean
check_from (const char *key, const char *value, GError **error)
{
  g_autofree char *known = NULL;

  if (domuimg_source_type_find (value, NULL) != NULL)
    return TRUE;
  known = domuimg_source_type_list (NULL);
  return invalid (error, key, value, known);
}

static gboolean
check_kernel (const char *key, const char *value, GError **error)
{
  static const char *const policies[]
      = { "auto", "guest", "extract", "host", "pvgrub", "pygrub", "firmware", NULL };

  if (g_strv_contains (policies, value)
      || (g_str_has_prefix (value, "file:") && strlen (value) > 5))
    return TRUE;
  return invalid (error, key, value, "auto, guest, extract, host, file:VMLINUZ[,INITRD], pvgrub, pygrub or firmware");
}

static gboolean
check_package (const char *key, const char *value, GError **error)
{
  if (matches ("^[A-Za-z0-9][A-Za-z0-9+.:~=_/-]*$", value))
    return TRUE;
  return invalid (error, key, value, "the name of a package");
}

static gboolean
check_word (const char *key, const char *value, GError **error)
{
  if (matches ("^[A-Za-z0-9][A-Za-z0-9+._-]*$", value))
    return TRUE;
  return invalid (error, key, value, "one word of letters, digits and +._-");
}

static gboolean
check_graphics (const char *key, const char *value, GError **error)
{
  static const char *const kinds[] = { "none", "vnc", "sdl", "spice", NULL };

  if (g_strv_contains (kinds, value))
    return TRUE;
  return invalid (error, key, value, "none, vnc, sdl or spice");
}

static gboolean
check_action (const char *key, const char *value, GError **error)
{
  static const char *const actions[]
      = { "destroy", "restart", "rename-restart", "preserve", "soft-reset",
          "coredump-destroy", "coredump-restart", NULL };

  if (g_strv_contains (actions, value))
    return TRUE;
  return invalid (error, key, value,
                  "destroy, restart, rename-restart, preserve, soft-reset, coredump-destroy or "
                  "coredump-restart");
}

static gboolean
check_host_keys (const char *key, const char *value, GError **error)
{
  static const char *const policies[] = { "first-boot", "build", "keep", NULL };

  if (g_strv_contains (policies, value))
    return TRUE;
  return invalid (error, key, value, "first-boot, build or keep");
}

static gboolean
check_map (const char *key, const char *value, GError **error)
{
  if (matches ("^[^=\\x00-\\x1f]+=[A-Za-z0-9][A-Za-z0-9._-]{0,14}$", value))
    return TRUE;
  return invalid (error, key, value, "NAME=BRIDGE, as in “VM Network=xenbr0”");
}

static gboolean
check_config (const char *key, const char *value, GError **error)
{
  if (matches ("^[a-z][a-z0-9_]* *=.", value))
    return TRUE;
  return invalid (error, key, value, "KEY=VALUE as it stands in xl.cfg(5)");
}

static gboolean
check_text (const char *key, const char *value, GError **error)
{
  for (const char *c = value; *c != '\0'; c++)
    {
      if (g_ascii_iscntrl (*c))
        return invalid (error, key, value, "one line of text");
    }
  return TRUE;
}

static gboolean
check_absolute (const char *key, const char *value, GError **error)
{
  if (!check_text (key, value, error))
    return FALSE;
  return value[0] == '/' || invalid (error, key, value, "an absolute path");
}

static gboolean
check_flag (const char *key, const char *value, GError **error)
{
  gboolean flag;

  return domuimg_parse_bool (value, &flag, error);
}

static const DomuimgSpecKey keys[] = {
  { "name", STRING, "NAME", check_name, "name of the domain" },
  { "from", STRING, "SOURCE", check_from, NULL },
  { "dir", STRING, "DIR", check_text, "directory for everything that is made" },
  { "disk", LIST, "SPEC", check_disk,
    "size=4G,path=FILE,vdev=xvda,fs=ext4,label=TEXT,mount=DIR,inodes=N; the first holds the root; "
    "where disks are converted path=FILE,vdev=xvda,format=raw|qcow2, overlay: or xva:FILE" },
  { "kernel", STRING, "POLICY", check_kernel,
    "auto (default), guest, extract, host, file:VMLINUZ[,INITRD], pvgrub, pygrub or firmware" },
  { "loader", STRING, "FILE", check_absolute,
    "GRUB image of --kernel pvgrub, or program of --kernel pygrub, on the Xen host [Debian's]" },
  { "type", STRING, "TYPE", check_type, "auto (default: PVH, else PV), pv, pvh or hvm" },
  { "memory", STRING, "SIZE", check_memory, "memory at start; a bare number is MiB [512M]" },
  { "maxmem", STRING, "SIZE", check_memory, "most memory the guest can be given [memory]" },
  { "vcpus", STRING, "N", check_vcpus, "virtual CPUs [1]" },
  { "nic", LIST, "SPEC", NULL,
    "network interface: bridge=xenbr0,mac=00:16:3e:…,ip=dhcp|none|ADDRESS/PREFIX,gateway=…,"
    "dns=…,model=…,script=…; or none [one, by DHCP]",
    parse_nic, (GDestroyNotify) domuimg_nic_spec_free },
  { "hostname", STRING, "HOST", check_hostname, "host name in the guest [NAME]" },
  { "ssh-key", LIST, "FILE", check_text, "public key that may log in as root" },
  { "root-password-file", STRING, "FILE", check_text,
    "file with root's password in its first line; - is standard input [locked]" },
  { "package", LIST, "PACKAGE", check_package, "further package to install" },
  { "kernel-package", STRING, "PACKAGE", check_package,
    "kernel package to install, or none [linux-image-cloud-ARCH]" },
  { "mirror", LIST, "URI", check_text,
    "package mirror, or a whole sources.list line [the machine's own]" },
  { "variant", STRING, "VARIANT", check_word, "package set, as in mmdebstrap(1) [minbase]" },
  { "arch", STRING, "ARCH", check_word, "architecture of the packages [the machine's]" },
  { "keyring", LIST, "FILE", check_text, "keys that the packages must be signed by" },
  { "exclude", LIST, "PATTERN", check_text, "path or shell pattern to leave out" },
  { "include", LIST, "NAME", check_word,
    "group of default excludes to copy all the same: home, tmp, mnt, caches, logs, "
    "host-keys, identity or all" },
  { "timezone", STRING, "ZONE", check_text, "time zone, such as Europe/Berlin" },
  { "locale", STRING, "LOCALE", check_text, "locale, such as en_GB.UTF-8" },
  { "keymap", STRING, "KEYMAP", check_word, "keyboard layout of the console" },
  { "extra", STRING, "TEXT", check_text, "further words for the kernel's command line" },
  { "graphics", STRING, "KIND", check_graphics, "virtual screen: none (default), vnc, sdl, spice" },
  { "on-poweroff", STRING, "ACTION", check_action, "when the guest powers off [destroy]" },
  { "on-reboot", STRING, "ACTION", check_action, "when the guest reboots [restart]" },
  { "on-crash", STRING, "ACTION", check_action, "when the guest crashes [destroy]" },
  { "uuid", STRING, "UUID", check_uuid, "UUID of the domain [random]" },
  { "config", LIST, "KEY=VALUE", check_config, "line for the xl.cfg, as it stands" },
  { "host-keys", STRING, "WHEN", check_host_keys,
    "SSH host keys: first-boot (default), build or keep" },
  { "host-root", STRING, "DIR", check_text, "root of the dom0 for --kernel host [/]" },
  { "map-network", LIST, "NAME=BRIDGE", check_map,
    "the bridge for a network of the old machine; NAME * for any other" },
  { "keep-macs", FLAG, NULL, check_flag, "keep the network cards' addresses" },
  { "root", STRING, "VOLUME", check_text,
    "the system to convert, where there are several: xvda2, UUID=… or LABEL=…" },
  { "allow-backing", FLAG, NULL, check_flag,
    "follow a backing file outside the image's directory" },
  { "no-backup", FLAG, NULL, check_flag, "keep no originals of changed files in the guest" },
  { "keep-guest-tools", FLAG, NULL, check_flag,
    "leave the old hypervisor's guest tools enabled" },
  { "no-customise", FLAG, NULL, check_flag, "leave the guest's files as they are" },
  { "no-cache", FLAG, NULL, check_flag, "neither use nor fill the cache of package roots" },
  { "force", FLAG, NULL, check_flag, "replace results of the same name" },
  { "allow-unbootable", FLAG, NULL, check_flag,
    "make the guest even if a check says that it will not boot" },
};

static gboolean
same_name (const char *a, const char *b)
{
  while (*a != '\0' && (*a == *b || (*a == '-' && *b == '_')))
    {
      a++;
      b++;
    }
  return *a == '\0' && *b == '\0';
}

const DomuimgSpecKey *
domuimg_spec_key_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      if (same_name (keys[i].name, name))
        return &keys[i];
    }
  return NULL;
}

/**
 * domuimg_spec_list_keys:
 *
 * Returns: (transfer none) (array zero-terminated=1): the keys of a
 *   specification, in the order of the manual
 *
 * Since: 0.1
 */
const char *const *
domuimg_spec_list_keys (void)
{
  static const char *names[G_N_ELEMENTS (keys) + 1];

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    names[i] = keys[i].name;
  return names;
}

/**
 * domuimg_spec_get_kind:
 * @key: a key of a specification
 *
 * Returns: how many values @key takes; %DOMUIMG_SPEC_KIND_STRING for what is
 *   not a key
 *
 * Since: 0.1
 */
DomuimgSpecKind
domuimg_spec_get_kind (const char *key)
{
  const DomuimgSpecKey *found;

  g_return_val_if_fail (key != NULL, STRING);
  found = domuimg_spec_key_find (key);
  return found != NULL ? found->kind : STRING;
}

/**
 * domuimg_spec_get_placeholder:
 * @key: a key of a specification
 *
 * Returns: (transfer none) (nullable): what stands for its value in a manual,
 *   such as `SIZE`; %NULL for flags and for what is not a key
 *
 * Since: 0.1
 */
const char *
domuimg_spec_get_placeholder (const char *key)
{
  const DomuimgSpecKey *found;

  g_return_val_if_fail (key != NULL, NULL);
  found = domuimg_spec_key_find (key);
  return found != NULL ? found->placeholder : NULL;
}

/* The sources say themselves what they are. */
static const char *
describe_from (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      GString *text = g_string_new ("what the guest is made from");

      for (guint i = 0; domuimg_source_types[i] != NULL; i++)
        g_string_append_printf (text, "%s %s:%s (%s)", i == 0 ? ":" : ",",
                                domuimg_source_types[i]->scheme,
                                domuimg_source_types[i]->placeholder,
                                domuimg_source_types[i]->help);
      g_once_init_leave (&once, (gsize) g_string_free (text, FALSE));
    }
  return (const char *) once;
}

/* With the schemes before it where a key goes with some sources only: "dir: shell pattern ...". */
static const char *
describe_key (const DomuimgSpecKey *key)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    if (domuimg_source_type_owns_key (domuimg_source_types[i], key->name))
      g_string_append_printf (text, "%s%s", text->len > 0 ? "/" : "",
                              domuimg_source_types[i]->scheme);
  if (text->len == 0)
    return key->help;
  g_string_append_printf (text, ": %s", key->help);
  return g_intern_string (text->str);
}

/**
 * domuimg_spec_get_help:
 * @key: a key of a specification
 *
 * Returns: (transfer none) (nullable): one line on what it means; %NULL for
 *   what is not a key
 *
 * Since: 0.1
 */
const char *
domuimg_spec_get_help (const char *key)
{
  const DomuimgSpecKey *found;

  g_return_val_if_fail (key != NULL, NULL);
  found = domuimg_spec_key_find (key);
  if (found == NULL)
    return NULL;
  return found->help != NULL ? describe_key (found) : describe_from ();
}
