/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The syntax of values: sizes, addresses, disks and interfaces. */
#include "config.h"
#include "lib/spec/parse.h"

#include <string.h>

#include "lib/base/mac.h"

#define AUTO "auto:"

gboolean
domuimg_parse_size (const char *text, guint64 unit, guint64 *bytes, GError **error)
{
  static const char units[] = "BKMGTP";
  g_autofree char *digits = g_strndup (text, strspn (text, "0123456789."));
  const char *end = text + strlen (digits);
  double number = g_ascii_strtod (digits, NULL);
  double factor = unit;
  const char *found;

  if (!g_ascii_isdigit (*text) || strchr (digits, '.') != strrchr (digits, '.'))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is not a size: write it like 4G or 512M", text);
  found = *end != '\0' ? strchr (units, g_ascii_toupper (*end)) : NULL;
  if (found != NULL)
    {
      factor = (guint64) 1 << (10 * (found - units));
      end++;
      if (g_ascii_strcasecmp (end, "iB") == 0)
        end += 2;
    }
  if (*end != '\0' || number <= 0 || number * factor < 1
      || number * factor > (double) ((guint64) 1 << 60))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is not a size: write it like 4G or 512M", text);
  *bytes = number * factor;
  return TRUE;
}

char *
domuimg_join_words (const GPtrArray *words)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    g_string_append_printf (list, "%s%s",
                            i == 0 ? "" : i + 1 == words->len ? " or " : ", ",
                            (const char *) g_ptr_array_index (words, i));
  return g_string_free (list, FALSE);
}

gboolean
domuimg_parse_bool (const char *text, gboolean *value, GError **error)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  *value = g_strv_contains (yes, text);
  if (*value || g_strv_contains (no, text))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is neither true nor false",
                       text);
}

gboolean
domuimg_parse_address (const char *text, char **address, guint *prefix, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  g_autoptr (GInetAddress) parsed = g_inet_address_new_from_string (parts[0]);
  guint64 length;

  if (parsed == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is no IP address", text);

  length = g_inet_address_get_native_size (parsed) * 8;
  if (parts[1] != NULL && !g_ascii_string_to_unsigned (parts[1], 10, 1, length, &length, NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s”: after the slash comes a prefix length, like 192.0.2.7/24", text);
  *prefix = length;
  *address = g_inet_address_to_string (parsed);
  return TRUE;
}

gboolean
domuimg_parse_pairs (const char *text, const char *bare, DomuimgTakePair take, gpointer into,
                     GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *equals = strchr (parts[i], '=');
      g_autofree char *key = equals != NULL ? g_strndup (parts[i], equals - parts[i]) : NULL;
      const char *value = equals != NULL ? equals + 1 : parts[i];

      if (equals == NULL && (i > 0 || *value == '\0'))
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "“%s” in “%s” is not KEY=VALUE", parts[i], text);
      if (*value == '\0')
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” in “%s” has no value",
                             parts[i], text);
      if (!take (into, key != NULL ? key : bare, value, error))
        return FALSE;
    }
  return TRUE;
}

static void
replace (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

static gboolean
check_fs (const char *value, GError **error)
{
  static const char *const known[] = { "ext4", "ext3",  "ext2", "xfs",
                                       "btrfs", "f2fs", "erofs", "squashfs", "swap", NULL };

  if (g_strv_contains (known, value))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "fs=%s cannot be made: use ext4, xfs, btrfs, f2fs, erofs, squashfs, ext3, ext2 or, for a"
                       " further disk, swap",
                       value);
}

static gboolean
check_vdev (const char *value, GError **error)
{
  if (g_regex_match_simple ("^(xvd|hd|sd)[a-z]{1,2}[0-9]{0,2}$", value,
                            G_REGEX_DOLLAR_ENDONLY, 0))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "vdev=%s is no Xen device name: use xvda, xvdb, ...", value);
}

/* In percent, as in "1%", "0.5" or "0". */
static gboolean
take_reserved (DomuimgDiskSpec *self, const char *value, GError **error)
{
  char *end;

  self->reserved = g_ascii_strtod (value, &end);
  if (g_ascii_isdigit (*value) && (*end == '\0' || g_str_equal (end, "%")) && self->reserved <= 50)
    {
      self->reserved = self->reserved > 0 ? self->reserved : -1;
      return TRUE;
    }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "reserved=%s is not a part of the filesystem from 0%% to 50%%", value);
}

/* A list for mke2fs -O, whose commas are colons here. */
static gboolean
take_features (DomuimgDiskSpec *self, const char *value, GError **error)
{
  if (!g_regex_match_simple ("^\\^?[a-z0-9_]+(:\\^?[a-z0-9_]+)*$", value, G_REGEX_DOLLAR_ENDONLY, 0))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "features=%s is not a list such as dir_index:^huge_file", value);
  replace (&self->features, value);
  return TRUE;
}

static gboolean
take_uuid (DomuimgDiskSpec *self, const char *value, GError **error)
{
  if (!g_uuid_string_is_valid (value))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "uuid=%s is not a UUID like 6ba7b810-9dad-11d1-80b4-00c04fd430c8", value);
  g_free (self->uuid);
  self->uuid = g_ascii_strdown (value, -1);
  return TRUE;
}

static gboolean
take_luks (DomuimgDiskSpec *self, const char *value, GError **error)
{
  replace (&self->luks, value);
  return *value != '\0'
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "luks= is not a file that holds a passphrase");
}

/* Those that LVM takes, which become part of a path. */
static gboolean
take_lvm (DomuimgDiskSpec *self, const char *value, GError **error)
{
  replace (&self->lvm, value);
  return g_regex_match_simple ("^[A-Za-z0-9_+][A-Za-z0-9_+.-]{0,99}$", value,
                               G_REGEX_DOLLAR_ENDONLY, 0)
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "lvm=%s is not the name of a volume group: use letters, digits and _+.-",
                          value);
}

static gboolean
take_prealloc (DomuimgDiskSpec *self, const char *value, GError **error)
{
  static const char *const words[] = { "none", "metadata", "full" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (words[i], value))
      {
        self->prealloc = i;
        return TRUE;
      }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "prealloc=%s is not known: use none, metadata or full", value);
}

/* The keys that only some kinds of disks have; *@is_one: whether @key is one. */
static gboolean
take_option (DomuimgDiskSpec *self, const char *key, const char *value, gboolean *is_one,
             GError **error)
{
  *is_one = TRUE;
  if (g_str_equal (key, "thin"))
    replace (&self->thin, value);
  else if (g_str_equal (key, "prealloc"))
    return take_prealloc (self, value, error);
  else if (g_str_equal (key, "compress"))
    return domuimg_parse_bool (value, &self->is_compressed, error);
  else
    *is_one = FALSE;
  return TRUE;
}

static gboolean
has_option (const DomuimgDiskKind *kind, const char *option)
{
  g_auto (GStrv) options = g_strsplit (kind->options != NULL ? kind->options : "", " ", -1);

  return g_strv_contains ((const char *const *) options, option);
}

static gboolean
check_options (const DomuimgDiskSpec *self, GError **error)
{
  const struct {
    const char *name;
    gboolean is_given;
  } options[] = { { "thin", self->thin != NULL },
                  { "format", self->format != NULL },
                  { "prealloc", self->prealloc != DOMUIMG_DISK_PREALLOC_NONE },
                  { "compress", self->is_compressed } };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if (options[i].is_given && !has_option (self->kind, options[i].name))
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "a disk that is %s has no %s=; leave it out", self->kind->name,
                           options[i].name);
  return TRUE;
}

static gboolean
take_disk (gpointer into, const char *key, const char *value, GError **error)
{
  static const char *const places[]
      = { "path", "vdev", "format", "size", "thin", "prealloc", "compress", NULL };
  const DomuimgDiskKind *kind
      = g_str_equal (key, "format") ? domuimg_disk_kind_find_format (value) : NULL;
  DomuimgDiskSpec *self = into;

  gboolean is_option;

  self->has_content |= !g_strv_contains (places, key);
  if (!take_option (self, key, value, &is_option, error))
    return FALSE;
  if (is_option)
    return TRUE;
  if (g_str_equal (key, "size"))
    return domuimg_parse_size (value, 1, &self->size, error);
  if (g_str_equal (key, "inodes"))
    return g_ascii_string_to_unsigned (value, 10, 64, G_MAXUINT32, &self->inodes, NULL)
           || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                            "inodes=%s is not a number of at least 64", value);
  if (g_str_equal (key, "fs"))
    {
      replace (&self->fs, value);
      return check_fs (value, error);
    }
  if (g_str_equal (key, "vdev"))
    {
      replace (&self->vdev, value);
      return check_vdev (value, error);
    }
  if (domuimg_layout_spec_has_key (key))
    return domuimg_layout_spec_take (&self->layout, key, value, error);
  if (g_str_equal (key, "uuid"))
    return take_uuid (self, value, error);
  if (g_str_equal (key, "reserved"))
    return take_reserved (self, value, error);
  if (g_str_equal (key, "features"))
    return take_features (self, value, error);
  if (g_str_equal (key, "luks"))
    return take_luks (self, value, error);
  if (g_str_equal (key, "lvm"))
    return take_lvm (self, value, error);
  if (g_str_equal (key, "growfs"))
    return domuimg_parse_bool (value, &self->grows, error);
  if (kind != NULL && self->kind->scheme != NULL)
    self->format = kind;
  else if (kind != NULL)
    self->kind = kind;
  else if (g_str_equal (key, "path"))
    replace (&self->path, value);
  else if (g_str_equal (key, "label"))
    replace (&self->label, value);
  else if (g_str_equal (key, "mount"))
    replace (&self->mount, value);
  else
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "a disk has no “%s=%s”: use size=, path=, vdev=, fs=, label=, mount=, "
                         "uuid=, inodes=, reserved=, features=, growfs=, layout=, luks=, lvm=, prealloc=, compress=, "
                         "thin= and format=raw, qcow2 or vhd",
                         key, value);
  return TRUE;
}

DomuimgDiskSpec *
domuimg_disk_spec_new (void)
{
  DomuimgDiskSpec *self = g_new0 (DomuimgDiskSpec, 1);

  self->kind = domuimg_disk_kinds[0];
  self->fs = g_strdup ("ext4");
  return self;
}

/* A size in the place of a path would make a file of that name. */
static gboolean
check_bare_word (const char *text, GError **error)
{
  g_autofree char *word = g_strndup (text, strcspn (text, ","));
  guint64 size;

  if (!domuimg_parse_size (word, 1, &size, NULL))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "disk “%s”: size=%s or ./%s?", text,
                       word, word);
}

/* What is at the path may decide what kind of disk it is. */
static gboolean
take_claim (DomuimgDiskSpec *self, GError **error)
{
  const DomuimgDiskKind *claim
      = self->path != NULL ? domuimg_disk_kind_find_claim (self->path) : NULL;

  if (claim == NULL || (self->kind->scheme != NULL && self->kind->complete != NULL))
    return TRUE;
  if (self->kind != domuimg_disk_kinds[0])
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "disk %s: a device takes the guest's bytes as they are, and cannot become"
                         " %s; give the path alone",
                         self->path, self->kind->name);
  self->kind = claim;
  return TRUE;
}

static gboolean
check_content (const DomuimgDiskSpec *self, GError **error)
{
  if (self->label != NULL && strlen (self->label) > 16)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the label “%s” is longer than the 16 bytes a filesystem takes",
                         self->label);
  if (self->mount != NULL && *self->mount != '/')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "mount=%s is not an absolute path", self->mount);
  return TRUE;
}

static gboolean
take_partition (gpointer into, const char *key, const char *value, GError **error)
{
  static const char *const known[]
      = { "size", "fs", "label", "mount", "uuid", "inodes", "reserved", "features", NULL };

  if (g_strv_contains (known, key))
    return take_disk (into, key, value, error);
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "a partition has no “%s=”: use size=, fs=, label=, mount=, uuid=, inodes=,"
                       " reserved= and features=",
                       key);
}

DomuimgDiskSpec *
domuimg_partition_spec_parse (const char *text, GError **error)
{
  g_autoptr (DomuimgDiskSpec) self = domuimg_disk_spec_new ();

  if (!domuimg_parse_pairs (text, "mount", take_partition, self, error) || !check_content (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

DomuimgDiskSpec *
domuimg_disk_spec_parse (const char *text, GError **error)
{
  g_autoptr (DomuimgDiskSpec) self = domuimg_disk_spec_new ();
  const char *rest;

  self->kind = domuimg_disk_kind_find (text, &rest, error);
  if (self->kind == NULL)
    return NULL;
  if (rest == text && !check_bare_word (text, error))
    return NULL;
  if ((*rest != '\0' || rest == text) && !domuimg_parse_pairs (rest, "path", take_disk, self, error))
    return NULL;
  if (!take_claim (self, error)
      || (self->kind->complete != NULL && !self->kind->complete (self, error))
      || !check_options (self, error) || !check_content (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

DomuimgDiskSpec *
domuimg_disk_spec_copy (const DomuimgDiskSpec *self)
{
  DomuimgDiskSpec *copy = g_new0 (DomuimgDiskSpec, 1);

  *copy = *self;
  copy->path = g_strdup (self->path);
  copy->vdev = g_strdup (self->vdev);
  copy->fs = g_strdup (self->fs);
  copy->label = g_strdup (self->label);
  copy->mount = g_strdup (self->mount);
  copy->thin = g_strdup (self->thin);
  copy->volume = g_strdup (self->volume);
  copy->connect = g_strdup (self->connect);
  copy->uuid = g_strdup (self->uuid);
  copy->features = g_strdup (self->features);
  copy->luks = g_strdup (self->luks);
  copy->lvm = g_strdup (self->lvm);
  return copy;
}

void
domuimg_disk_spec_free (DomuimgDiskSpec *self)
{
  g_free (self->path);
  g_free (self->vdev);
  g_free (self->fs);
  g_free (self->label);
  g_free (self->mount);
  g_free (self->thin);
  g_free (self->volume);
  g_free (self->connect);
  g_free (self->uuid);
  g_free (self->features);
  g_free (self->luks);
  g_free (self->lvm);
  g_free (self);
}

static gboolean
take_nic_address (DomuimgNicSpec *self, const char *value, GError **error)
{
  self->unmanaged = g_str_equal (value, "none");
  if (self->unmanaged || g_str_equal (value, "dhcp"))
    return TRUE;
  if (g_str_has_prefix (value, AUTO))
    {
      replace (&self->pool, value + strlen (AUTO));
      return *self->pool != '\0'
             || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                              "ip=auto: needs a pool of addresses: a network, such as auto:192.0.2.0/24, or a file");
    }
  if (strchr (value, '/') == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "ip=%s: the network's prefix length is missing, such as ip=%s/24", value, value);
  if (!domuimg_parse_address (value, &self->address, &self->prefix, error))
    return FALSE;
  self->is_v6 = strchr (self->address, ':') != NULL;
  return TRUE;
}

static gboolean
take_nic (gpointer into, const char *key, const char *value, GError **error)
{
  DomuimgNicSpec *self = into;
  guint prefix;

  if (g_str_equal (key, "ip"))
    {
      self->has_ip = TRUE;
      return take_nic_address (self, value, error);
    }
  if (g_str_equal (key, "gateway"))
    return domuimg_parse_address (value, &self->gateway, &prefix, error);
  if (g_str_equal (key, "dns"))
    {
      g_autoptr (GStrvBuilder) all = g_strv_builder_new ();
      g_autofree char *address = NULL;

      if (!domuimg_parse_address (value, &address, &prefix, error))
        return FALSE;
      g_strv_builder_addv (all, (const char **) self->dns);
      g_strv_builder_add (all, address);
      g_strfreev (self->dns);
      self->dns = g_strv_builder_end (all);
      return TRUE;
    }
  if (g_str_equal (key, "mac"))
    {
      g_free (self->mac);
      self->mac = domuimg_mac_parse (value, error);
      return self->mac != NULL;
    }
  if (g_str_equal (key, "bridge"))
    replace (&self->bridge, value);
  else if (g_str_equal (key, "model"))
    replace (&self->model, value);
  else if (g_str_equal (key, "script"))
    replace (&self->script, value);
  else
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "a NIC has no “%s=”: use mac=, bridge=, ip=, gateway=, dns=, model= and "
                         "script=",
                         key);
  return TRUE;
}

DomuimgNicSpec *
domuimg_nic_spec_new (void)
{
  DomuimgNicSpec *self = g_new0 (DomuimgNicSpec, 1);

  self->dns = g_new0 (char *, 1);
  return self;
}

DomuimgNicSpec *
domuimg_nic_spec_parse (const char *text, GError **error)
{
  g_autoptr (DomuimgNicSpec) self = domuimg_nic_spec_new ();

  self->is_none = g_str_equal (text, "none");
  if (self->is_none)
    return g_steal_pointer (&self);
  if (!domuimg_parse_pairs (text, "bridge", take_nic, self, error))
    return NULL;
  if (self->gateway != NULL && self->address == NULL && self->pool == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "“%s” has a gateway but no static address: add ip=ADDRESS/PREFIX", text);
      return NULL;
    }
  return g_steal_pointer (&self);
}

DomuimgNicSpec *
domuimg_nic_spec_copy (const DomuimgNicSpec *self)
{
  DomuimgNicSpec *copy = g_new0 (DomuimgNicSpec, 1);

  *copy = *self;
  copy->mac = g_strdup (self->mac);
  copy->bridge = g_strdup (self->bridge);
  copy->model = g_strdup (self->model);
  copy->script = g_strdup (self->script);
  copy->address = g_strdup (self->address);
  copy->pool = g_strdup (self->pool);
  copy->gateway = g_strdup (self->gateway);
  copy->network = g_strdup (self->network);
  copy->dns = g_strdupv (self->dns);
  return copy;
}

void
domuimg_nic_spec_free (DomuimgNicSpec *self)
{
  g_free (self->mac);
  g_free (self->bridge);
  g_free (self->model);
  g_free (self->script);
  g_free (self->address);
  g_free (self->pool);
  g_free (self->gateway);
  g_free (self->network);
  g_strfreev (self->dns);
  g_free (self);
}

DomuimgPairSpec *
domuimg_pair_spec_new (const char *text, const char *equals)
{
  DomuimgPairSpec *self = g_new0 (DomuimgPairSpec, 1);

  self->key = g_strndup (text, equals - text);
  self->value = g_strdup (equals + 1);
  return self;
}

void
domuimg_pair_spec_free (DomuimgPairSpec *self)
{
  g_free (self->key);
  g_free (self->value);
  g_free (self);
}
