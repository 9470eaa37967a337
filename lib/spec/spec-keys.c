/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of keys: their kinds, checks, parsers and help. */
#include "config.h"
#include "lib/spec/spec-keys.h"

#include <string.h>

#include "lib/base/address.h"
#include "lib/base/backend-program.h"
#include "lib/base/name.h"
#include "lib/spec/disk-kind.h"
#include "lib/spec/kernel-policy.h"
#include "lib/spec/parse.h"
#include "lib/spec/seed-spec.h"
#include "lib/spec/source-type.h"

#define STRING DOMUIMG_SPEC_KIND_STRING
#define LIST DOMUIMG_SPEC_KIND_LIST
#define FLAG DOMUIMG_SPEC_KIND_FLAG

#define TEXT(function) { .check = function }
#define NUMBER(function) { .read = function }
#define WORD(list) { .words = list }
#define OBJECT(function, free_function) \
  { .parse = function, .free = (GDestroyNotify) free_function }

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
read_memory (const char *key, const char *value, guint64 *bytes, GError **error)
{
  if (!domuimg_parse_size (value, 1048576, bytes, error))
    return FALSE;
  if (*bytes >= 16 * 1048576ull && *bytes <= ((guint64) 16 << 40))
    return TRUE;
  return invalid (error, key, value, "16M to 16T");
}

static gboolean
read_vcpus (const char *key, const char *value, guint64 *number, GError **error)
{
  if (g_ascii_string_to_unsigned (value, 10, 1, 512, number, NULL))
    return TRUE;
  return invalid (error, key, value, "a number from 1 to 512");
}

static gboolean
read_timeout (const char *key, const char *value, guint64 *number, GError **error)
{
  if (g_ascii_string_to_unsigned (value, 10, 1, 31536000, number, NULL))
    return TRUE;
  return invalid (error, key, value, "a number of seconds, from 1 to 31536000");
}

static gboolean
read_type (const char *key, const char *value, guint64 *number, GError **error)
{
  DomuimgGuestType type;

  if (!domuimg_guest_type_from_string (value, &type, error))
    return FALSE;
  *number = type;
  return TRUE;
}

static gboolean
read_flag (const char *key, const char *value, guint64 *number, GError **error)
{
  gboolean flag;

  if (!domuimg_parse_bool (value, &flag, error))
    return FALSE;
  *number = flag;
  return TRUE;
}

static gpointer
parse_uuid (const char *value, GError **error)
{
  if (g_uuid_string_is_valid (value))
    return g_ascii_strdown (value, -1);
  invalid (error, "uuid", value, "a UUID like 6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  return NULL;
}

static gboolean
check_uri (const char *key, const char *value, GError **error)
{
  return domuimg_libvirt_check_uri (value, error);
}

static gpointer
parse_disk (const char *value, GError **error)
{
  return domuimg_disk_spec_parse (value, error);
}

static gpointer
parse_layout (const char *value, GError **error)
{
  return domuimg_layout_spec_parse (value, error);
}

static gpointer
parse_partition (const char *value, GError **error)
{
  return domuimg_partition_spec_parse (value, error);
}

static gpointer
parse_nic (const char *value, GError **error)
{
  return domuimg_nic_spec_parse (value, error);
}

static gpointer
parse_seed (const char *value, GError **error)
{
  return domuimg_seed_spec_parse (value, error);
}

static gpointer
parse_ignition (const char *value, GError **error)
{
  return domuimg_seed_spec_parse_ignition (value, error);
}

static gpointer
parse_from (const char *value, GError **error)
{
  return domuimg_source_spec_parse (value, error);
}

static gpointer
parse_kernel (const char *value, GError **error)
{
  return domuimg_kernel_spec_parse (value, error);
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

/* In the order of DomuimgGraphics, of DomuimgQemuDisplay and of DomuimgHostKeys. */
static const char *const graphics[] = { "none", "vnc", "sdl", "spice", NULL };
/* In the order of DomuimgInstallerPlace. */
static const char *const installers[] = { "guest", "qemu", NULL };
static const char *const displays[] = { "none", "vnc", "gtk", "sdl", NULL };
static const char *const host_keys[] = { "first-boot", "build", "keep", NULL };
/* The domain's model takes the word. */
static const char *const actions[] = { "destroy", "restart", "rename-restart", "preserve",
                                       "soft-reset", "coredump-destroy", "coredump-restart", NULL };

/* In the order of the table of the source that writes them. */
static const char *const sboms[] = { "both", "spdx", "cyclonedx", "none", NULL };
/* In the order of DomuimgRestart. */
static const char *const restarts[] = { "on-failure", "always", "no", NULL };

static gboolean
read_word (const char *key, const char *const *words, const char *value, guint64 *number,
           GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  g_autofree char *list = NULL;

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (g_str_equal (words[i], value))
        {
          *number = i;
          return TRUE;
        }
      g_ptr_array_add (all, (char *) words[i]);
    }
  list = domuimg_join_words (all);
  return invalid (error, key, value, list);
}

static gpointer
parse_map (const char *value, GError **error)
{
  if (matches ("^[^=\\x00-\\x1f]+=[A-Za-z0-9][A-Za-z0-9._-]{0,14}$", value))
    return domuimg_pair_spec_new (value, strrchr (value, '='));
  invalid (error, "map-network", value, "NAME=BRIDGE, as in “VM Network=xenbr0”");
  return NULL;
}

static gpointer
parse_config (const char *value, GError **error)
{
  DomuimgPairSpec *pair;

  if (!matches ("^[a-z][a-z0-9_]* *=.", value))
    {
      invalid (error, "config", value, "KEY=VALUE as it stands in xl.cfg(5)");
      return NULL;
    }
  pair = domuimg_pair_spec_new (value, strchr (value, '='));
  g_strstrip (pair->key);
  g_strstrip (pair->value);
  return pair;
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

/* Words as a shell divides them; no shell is run. */
static gpointer
parse_command (const char *value, GError **error)
{
  char **words;

  if (g_shell_parse_argv (value, NULL, &words, NULL))
    return words;
  invalid (error, "cmd", value, "words, divided by blanks, with every quote closed");
  return NULL;
}

static gboolean
check_assignment (const char *key, const char *value, GError **error)
{
  if (matches ("^[^=]+=", value))
    return TRUE;
  return invalid (error, key, value, "NAME=VALUE");
}

/* DIR=SIZE is a further disk, mounted there. */
static gpointer
parse_volume (const char *value, GError **error)
{
  g_autofree char *disk = NULL;

  if (!matches ("^/[^,=\\x00-\\x20]+=[0-9][0-9.A-Za-z]*$", value))
    {
      invalid (error, "volume", value, "DIR=SIZE, as in /var/lib/data=4G");
      return NULL;
    }
  disk = g_strdup_printf ("mount=%.*s,size=%s", (int) strcspn (value, "="), value,
                          strchr (value, '=') + 1);
  return domuimg_disk_spec_parse (disk, error);
}

static gboolean
check_absolute (const char *key, const char *value, GError **error)
{
  if (!check_text (key, value, error))
    return FALSE;
  return value[0] == '/' || invalid (error, key, value, "an absolute path");
}

/* A password itself never stands on a command line, which every user of the machine can read. */
static gboolean
check_root_password (const char *key, const char *value, GError **error)
{
  return g_str_equal (value, "generate")
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "%s: the only value is “generate”; a password of your own comes from a file:"
                          " root-password-file",
                          key);
}

static const DomuimgSpecKey keys[] = {
  { "name", STRING, "NAME", "name of the domain", TEXT (check_name) },
  { "from", STRING, "SOURCE", NULL, OBJECT (parse_from, domuimg_source_spec_free) },
  { "dir", STRING, "DIR", "directory for everything that is made", TEXT (check_text) },
  { "disk", LIST, "SPEC", NULL, OBJECT (parse_disk, domuimg_disk_spec_free) },
  { "connect", STRING, "URI", "the libvirt whose pools and guests are meant [xen:///system]",
    TEXT (check_uri) },
  { "define", FLAG, NULL, "have that libvirt know the guest, too, without starting it",
    NUMBER (read_flag) },
  { "autostart", FLAG, NULL, "with --define: it starts with its host", NUMBER (read_flag) },
  { "layout", STRING, "LAYOUT",
    "what is on the first disk around its filesystems: none (default), gpt or mbr, and"
    " esp=64M|no,boot=512M,swap=1G,bios=yes|no",
    OBJECT (parse_layout, g_free) },
  { "partition", LIST, "SPEC",
    "further partition of the first disk, as mount=/var,size=8G,fs=ext4,label=TEXT",
    OBJECT (parse_partition, domuimg_disk_spec_free) },
  { "kernel", STRING, "POLICY", NULL, OBJECT (parse_kernel, domuimg_kernel_spec_free) },
  { "loader", STRING, "FILE",
    "GRUB image of --kernel pvgrub, or program of --kernel pygrub, on the Xen host [Debian's]",
    TEXT (check_absolute) },
  { "type", STRING, "TYPE", "auto (default: PVH, else PV), pv, pvh or hvm", NUMBER (read_type) },
  { "memory", STRING, "SIZE", "memory at start; a bare number is MiB [512M]",
    NUMBER (read_memory) },
  { "maxmem", STRING, "SIZE", "most memory the guest can be given [memory]", NUMBER (read_memory) },
  { "vcpus", STRING, "N", "virtual CPUs [1]", NUMBER (read_vcpus) },
  { "nic", LIST, "SPEC",
    "network interface: bridge=xenbr0,mac=00:16:3e:…,ip=dhcp|none|ADDRESS/PREFIX|auto:NET/PREFIX|auto:FILE,gateway=…,"
    "dns=…,model=…,script=…; or none [one, by DHCP]",
    OBJECT (parse_nic, domuimg_nic_spec_free) },
  { "hostname", STRING, "HOST", "host name in the guest [NAME]", TEXT (check_hostname) },
  { "ssh-key", LIST, "FILE", "public key that may log in as root", TEXT (check_text) },
  { "root-password-file", STRING, "FILE",
    "file with root's password in its first line; - is standard input [locked]",
    TEXT (check_text) },
  { "root-password", STRING, "generate",
    "one is made and shown once; it is to be changed at the first login",
    TEXT (check_root_password) },
  { "cloud-init", STRING, "SEED",
    "a small disk from which cloud-init sets the guest up: auto (from host name, keys, password and"
    " nic), user-data=FILE,network-config=FILE,vendor-data=FILE,meta-data=FILE,"
    "format=nocloud|config-drive, or none",
    OBJECT (parse_seed, domuimg_seed_spec_free) },
  { "ignition", STRING, "FILE", "the same for Ignition, as a config drive with this configuration",
    OBJECT (parse_ignition, domuimg_seed_spec_free) },
  { "package", LIST, "PACKAGE", "further package to install", TEXT (check_package) },
  { "kernel-package", STRING, "PACKAGE",
    "kernel package to install, or none [the release's]",
    TEXT (check_package) },
  { "mirror", LIST, "URI", "package mirror, or a whole sources.list line [the machine's own]",
    TEXT (check_text) },
  { "variant", STRING, "VARIANT", "package set, as in mmdebstrap(1) [minbase]", TEXT (check_word) },
  { "arch", STRING, "ARCH", "architecture of the packages [the machine's]", TEXT (check_word) },
  { "keyring", LIST, "FILE", "keys that the packages must be signed by", TEXT (check_text) },
  { "repo", LIST, "URL|FILE.repo", "repository of packages, in place of the release's own",
    TEXT (check_text) },
  { "group", LIST, "GROUP", "further group of packages to install", TEXT (check_package) },
  { "weak-deps", FLAG, NULL, "install what packages only recommend, too", NUMBER (read_flag) },
  { "docs", FLAG, NULL, "install the packages' documentation, too", NUMBER (read_flag) },
  { "allow-unsigned", FLAG, NULL, "install packages whose signatures nobody checks",
    NUMBER (read_flag) },
  { "exclude", LIST, "PATTERN", "path or shell pattern to leave out", TEXT (check_text) },
  { "include", LIST, "NAME",
    "group of default excludes to copy all the same: home, tmp, mnt, caches, logs, "
    "host-keys, identity or all",
    TEXT (check_word) },
  { "answers", STRING, "FILE",
    "what the installer is told: a preseed, kickstart, AutoYaST profile, autoinstall file or Windows answer file"
    " [made for Debian, and here for Ubuntu's server, where a login is given, else it asks]",
    TEXT (check_text) },
  { "extra-args", STRING, "TEXT", "further words for the installer's command line",
    TEXT (check_text) },
  { "cmd", STRING, "COMMAND",
    "what is started in place of the image's command, divided into words as by a shell; an image's entry point"
    " stays before it",
    OBJECT (parse_command, g_strfreev) },
  { "env", LIST, "NAME=VALUE", "variable of the application's environment", TEXT (check_assignment) },
  { "env-file", LIST, "FILE",
    "lines of NAME=VALUE for the application's environment; the values go into the guest and into no manifest",
    TEXT (check_text) },
  { "volume", LIST, "DIR=SIZE", "further disk for the data in DIR",
    OBJECT (parse_volume, domuimg_disk_spec_free) },
  { "restart", STRING, "WHEN",
    "when the application is started again after its end: on-failure (default), always or no; else the guest"
    " powers off",
    WORD (restarts) },
  { "debug-shell", FLAG, NULL, "a shell on the guest's console beside the application",
    NUMBER (read_flag) },
  { "app", LIST, "PATH", "further program of the application", TEXT (check_absolute) },
  { "add", LIST, "PATH", "further file, directory or pattern of files for the application",
    TEXT (check_absolute) },
  { "from-root", STRING, "DIR|TAR|IMAGE", "root that the application is taken from [/]",
    TEXT (check_text) },
  { "user", STRING, "USER", "who the application runs as, by name or number, also USER:GROUP [root]",
    TEXT (check_text) },
  { "trace-file", LIST, "FILE", "what a run has opened, by domuimg trace: it is added",
    TEXT (check_text) },
  { "allow-missing", FLAG, NULL, "leave out libraries that the root does not have",
    NUMBER (read_flag) },
  { "sbom", STRING, "FORMAT",
    "bill of materials beside the guest: both (default), spdx, cyclonedx or none", WORD (sboms) },
  { "installer", STRING, "WHERE",
    "where the installer runs: guest (default), when the guest is first started, or qemu, now and here",
    WORD (installers) },
  { "timeout", STRING, "SECONDS", "how long the installer may take to power off [14400]",
    NUMBER (read_timeout) },
  { "keep-failed", FLAG, NULL, "keep the disk of an installer that failed, as NAME-installer.img",
    NUMBER (read_flag) },
  { "interactive", FLAG, NULL, "have the installer ask on this terminal", NUMBER (read_flag) },
  { "display", STRING, "KIND", "the installer's screen: none (default), vnc, gtk or sdl",
    WORD (displays) },
  { "timezone", STRING, "ZONE", "time zone, such as Europe/Berlin", TEXT (check_text) },
  { "locale", STRING, "LOCALE", "locale, such as en_GB.UTF-8", TEXT (check_text) },
  { "keymap", STRING, "KEYMAP", "keyboard layout of the console", TEXT (check_word) },
  { "extra", STRING, "TEXT", "further words for the kernel's command line", TEXT (check_text) },
  { "graphics", STRING, "KIND", "virtual screen: none (default), vnc, sdl, spice",
    WORD (graphics) },
  { "on-poweroff", STRING, "ACTION", "when the guest powers off [destroy]", WORD (actions) },
  { "on-reboot", STRING, "ACTION", "when the guest reboots [restart]", WORD (actions) },
  { "on-crash", STRING, "ACTION", "when the guest crashes [destroy]", WORD (actions) },
  { "uuid", STRING, "UUID", "UUID of the domain [random]", OBJECT (parse_uuid, g_free) },
  { "config", LIST, "KEY=VALUE", "line for the xl.cfg, as it stands",
    OBJECT (parse_config, domuimg_pair_spec_free) },
  { "host-keys", STRING, "WHEN", "SSH host keys: first-boot (default), build or keep",
    WORD (host_keys) },
  { "host-root", STRING, "DIR", "root of the dom0 for --kernel host [/]", TEXT (check_text) },
  { "map-network", LIST, "NAME=BRIDGE",
    "the bridge for a network of the old machine; NAME * for any other",
    OBJECT (parse_map, domuimg_pair_spec_free) },
  { "keep-macs", FLAG, NULL, "keep the network cards' addresses", NUMBER (read_flag) },
  { "root", STRING, "VOLUME",
    "the system to convert, where there are several: xvda2, UUID=… or LABEL=…; of an archive, the"
    " directory in it that is the root",
    TEXT (check_text) },
  { "luks-key", LIST, "[DISK:]FILE",
    "the key of the machine's encrypted disk (any, or DISK, such as xvda2), all that is in the file",
    TEXT (check_text) },
  { "shift-owners", FLAG, NULL,
    "give an unprivileged container's files back to root and the others they belong to",
    NUMBER (read_flag) },
  { "allow-backing", FLAG, NULL, "follow a backing file outside the image's directory",
    NUMBER (read_flag) },
  { "no-backup", FLAG, NULL, "keep no originals of changed files in the guest",
    NUMBER (read_flag) },
  { "keep-guest-tools", FLAG, NULL, "leave the old hypervisor's guest tools enabled",
    NUMBER (read_flag) },
  { "no-customise", FLAG, NULL, "leave the guest's files as they are", NUMBER (read_flag) },
  { "no-cache", FLAG, NULL, "neither use nor fill the cache of package roots", NUMBER (read_flag) },
  { "force", FLAG, NULL,
    "replace results of the same name; the guest keeps its UUID and MAC addresses unless others are"
    " given",
    NUMBER (read_flag) },
  { "host", STRING, "FILE",
    "profile of the Xen host that the guest is for: its domuimg doctor --json [this machine]",
    TEXT (check_text) },
  { "strict", FLAG, NULL,
    "refuse what would only be told of otherwise: a guest without all that it is made from",
    NUMBER (read_flag) },
  { "allow-unbootable", FLAG, NULL, "make the guest even if a check says that it will not boot",
    NUMBER (read_flag) },
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

gboolean
domuimg_spec_key_read (const DomuimgSpecKey *self, const char *value, guint64 *number,
                       gpointer *object, GError **error)
{
  const DomuimgSpecReader *reader = &self->reader;

  /* Any value is written to the manifest as it was given. A key's own check may have better advice. */
  if (reader->check != NULL)
    return reader->check (self->name, value, error)
           && domuimg_address_check (self->name, value, error);
  if (!domuimg_address_check (self->name, value, error))
    return FALSE;
  if (reader->read != NULL)
    return reader->read (self->name, value, number, error);
  if (reader->words != NULL)
    return read_word (self->name, reader->words, value, number, error);
  *object = reader->parse (value, error);
  return *object != NULL;
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

static char *
describe_from (void)
{
  GString *text = g_string_new ("what the guest is made from");

  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    g_string_append_printf (text, "%s %s:%s (%s)", i == 0 ? ":" : ",",
                            domuimg_source_types[i]->scheme, domuimg_source_types[i]->placeholder,
                            domuimg_source_types[i]->help);
  return g_string_free (text, FALSE);
}

static char *
describe_disk (void)
{
  g_autofree char *kinds = domuimg_disk_kind_list ();

  return g_strdup_printf ("size=4G,path=FILE or device,vdev=xvda,fs=ext4|xfs|btrfs|f2fs|erofs|squashfs,label=TEXT,mount=DIR,"
                          "uuid=UUID,inodes=N,reserved=1%%,features=LIST,layout=gpt,luks=FILE,lvm=VG,…; the first"
                          " holds the root; where disks are converted path=FILE,vdev=xvda,%s",
                          kinds);
}

/* Sources, disks and kernel policies say themselves what they are. */
static const char *
describe_rows (const DomuimgSpecKey *key)
{
  static const struct {
    const char *key;
    char *(*describe) (void);
  } rows[] = { { "from", describe_from },
               { "disk", describe_disk },
               { "kernel", domuimg_kernel_policy_list } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].key, key->name))
      {
        g_autofree char *text = rows[i].describe ();

        return g_intern_string (text);
      }
  return NULL;
}

/* With the schemes before it where a key goes with some sources only: "dir: shell pattern ...". */
static const char *
describe_key (const DomuimgSpecKey *key)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    if (domuimg_source_type_may_own_key (domuimg_source_types[i], key->name))
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
  return found->help != NULL ? describe_key (found) : describe_rows (found);
}
