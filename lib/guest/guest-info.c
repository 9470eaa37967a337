/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest is, told from its files: distribution, init, network tools, libc. */
#include "config.h"
#include "lib/guest/guest-info.h"

#include <string.h>

/* dpkg's list of packages of a large guest is a few MiB. */
#define DPKG_STATUS_MAX (64 * 1024 * 1024)

void
domuimg_guest_info_free (DomuimgGuestInfo *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->id_like);
  g_free (self->version);
  g_free (self->name);
  g_free (self);
}

const char *
domuimg_init_to_string (DomuimgInit init)
{
  static const char *const names[] = {
    "unknown", "systemd", "upstart", "sysvinit", "busybox", "openrc", "runit",
  };

  return names[init];
}

const char *
domuimg_net_stack_to_string (DomuimgNetStack stack)
{
  static const char *const names[] = {
    "none",  "netplan", "NetworkManager", "systemd-networkd", "ifupdown",
    "ifcfg", "wicked",  "dhcpcd",         "netifrc",          "rc.inet1",
  };

  return names[stack];
}

static char *
first_line (DomuimgTree *tree, const char *path)
{
  g_autofree char *text = domuimg_tree_read_text (tree, path, NULL);

  if (text == NULL)
    return NULL;
  g_autofree char *line = g_strndup (text, strcspn (text, "\r\n"));
  return g_utf8_make_valid (g_strstrip (line), -1);
}

/* The value of KEY=value in an os-release(5) file, without quotes; "" if not there. */
static char *
assignment (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (!g_str_has_prefix (lines[i], key) || lines[i][strlen (key)] != '=')
        continue;
      g_autofree char *raw = g_strdup (lines[i] + strlen (key) + 1);
      g_strstrip (raw);
      g_autofree char *value = g_shell_unquote (raw, NULL);
      return g_utf8_make_valid (value != NULL ? value : raw, -1);
    }
  return g_strdup ("");
}

static char *
number_in (const char *text)
{
  const char *start = text + strcspn (text, "0123456789");

  return g_strndup (start, strspn (start, "0123456789."));
}

/* Guests older than os-release(5), about 2012. */
static void
release_of_old (DomuimgGuestInfo *self, DomuimgTree *tree)
{
  static const struct {
    const char *path, *id, *name;
  } files[] = {
    { "/etc/centos-release", "centos", NULL },
    { "/etc/fedora-release", "fedora", NULL },
    { "/etc/redhat-release", "rhel", NULL },
    { "/etc/SuSE-release", "suse", NULL },
    { "/etc/alpine-release", "alpine", "Alpine Linux" },
    { "/etc/gentoo-release", "gentoo", NULL },
    { "/etc/debian_version", "debian", "Debian GNU/Linux" },
  };

  g_autofree char *lsb = domuimg_tree_read_text (tree, "/etc/lsb-release", NULL);
  if (lsb != NULL && strstr (lsb, "DISTRIB_ID=Ubuntu") != NULL)
    {
      self->id = g_strdup ("ubuntu");
      self->version = assignment (lsb, "DISTRIB_RELEASE");
      self->name = assignment (lsb, "DISTRIB_DESCRIPTION");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *line = first_line (tree, files[i].path);

      if (line == NULL)
        continue;
      gboolean centos = g_str_has_prefix (line, "CentOS");
      self->id = g_strdup (centos ? "centos" : files[i].id);
      self->version = number_in (line);
      self->name = files[i].name != NULL ? g_strdup_printf ("%s %s", files[i].name, line)
                                         : g_steal_pointer (&line);
      return;
    }
  self->id = g_strdup ("linux");
  self->version = g_strdup ("");
  self->name = g_strdup ("an unknown Linux");
}

static gboolean
has_word (const char *text, const char *word)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  return g_strv_contains ((const char *const *) words, word);
}

static void
find_release (DomuimgGuestInfo *self, DomuimgTree *tree)
{
  static const char *const redhats[] = { "rhel", "centos", "fedora", "rocky", "almalinux", "ol",
                                         "scientific", "amzn", NULL };
  g_autofree char *text = domuimg_tree_read_text (tree, "/etc/os-release", NULL);

  if (text == NULL)
    text = domuimg_tree_read_text (tree, "/usr/lib/os-release", NULL);
  if (text != NULL)
    {
      self->id = assignment (text, "ID");
      self->id_like = assignment (text, "ID_LIKE");
      self->version = assignment (text, "VERSION_ID");
      self->name = assignment (text, "PRETTY_NAME");
    }
  else
    {
      release_of_old (self, tree);
      self->id_like = g_strdup ("");
    }
  self->major = (int) MIN (g_ascii_strtoull (self->version, NULL, 10), G_MAXINT);
  self->redhat = g_strv_contains (redhats, self->id) || has_word (self->id_like, "rhel")
                 || has_word (self->id_like, "fedora");
}

static DomuimgInit
find_init (DomuimgTree *tree)
{
  g_autofree char *path = domuimg_tree_resolve (tree, "/sbin/init", NULL);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : g_strdup ("");

  if (g_str_equal (name, "systemd"))
    return DOMUIMG_INIT_SYSTEMD;
  if (g_str_equal (name, "busybox") || g_str_equal (name, "bbsuid"))
    return DOMUIMG_INIT_BUSYBOX;
  if (g_str_equal (name, "openrc-init"))
    return DOMUIMG_INIT_OPENRC;
  if (g_str_has_prefix (name, "runit"))
    return DOMUIMG_INIT_RUNIT;
  if (path != NULL && domuimg_tree_exists (tree, path))
    {
      if (domuimg_tree_exists (tree, "/sbin/initctl") && domuimg_tree_is_dir (tree, "/etc/init")
          && domuimg_tree_exists (tree, "/etc/init/rc-sysinit.conf"))
        return DOMUIMG_INIT_UPSTART;
      if (domuimg_tree_exists (tree, "/etc/init/rcS.conf"))
        return DOMUIMG_INIT_UPSTART;
      if (domuimg_tree_exists (tree, "/etc/inittab"))
        return DOMUIMG_INIT_SYSVINIT;
    }
  if (domuimg_tree_exists (tree, "/usr/lib/systemd/systemd")
      || domuimg_tree_exists (tree, "/lib/systemd/systemd"))
    return DOMUIMG_INIT_SYSTEMD;
  return DOMUIMG_INIT_UNKNOWN;
}

static gboolean
dir_has (DomuimgTree *tree, const char *directory, const char *pattern)
{
  g_auto (GStrv) names = domuimg_tree_list (tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_pattern_match_simple (pattern, names[i]))
      return TRUE;
  return FALSE;
}

static DomuimgLibc
find_libc (DomuimgTree *tree)
{
  if (dir_has (tree, "/lib", "ld-musl-*") || dir_has (tree, "/usr/lib", "ld-musl-*"))
    return DOMUIMG_LIBC_MUSL;
  if (dir_has (tree, "/lib64", "ld-linux*") || dir_has (tree, "/lib", "ld-linux*")
      || dir_has (tree, "/usr/lib64", "ld-linux*"))
    return DOMUIMG_LIBC_GLIBC;
  return DOMUIMG_LIBC_UNKNOWN;
}

static gboolean
in_either (DomuimgTree *tree, const char *path)
{
  g_autofree char *usr = g_strconcat ("/usr", path, NULL);

  return domuimg_tree_exists (tree, path) || domuimg_tree_exists (tree, usr);
}

static guint
find_stacks (DomuimgTree *tree)
{
  guint stacks = 0;

  if (in_either (tree, "/sbin/netplan"))
    stacks |= 1 << DOMUIMG_STACK_NETPLAN;
  if (in_either (tree, "/sbin/NetworkManager"))
    stacks |= 1 << DOMUIMG_STACK_NM;
  if (in_either (tree, "/lib/systemd/systemd-networkd"))
    stacks |= 1 << DOMUIMG_STACK_NETWORKD;
  if (in_either (tree, "/sbin/wicked"))
    stacks |= 1 << DOMUIMG_STACK_WICKED;
  if (domuimg_tree_exists (tree, "/etc/sysconfig/network-scripts/ifup-eth"))
    stacks |= 1 << DOMUIMG_STACK_IFCFG;
  else if (in_either (tree, "/sbin/ifup") && domuimg_tree_is_dir (tree, "/etc/network"))
    stacks |= 1 << DOMUIMG_STACK_IFUPDOWN;
  if (in_either (tree, "/sbin/dhcpcd") || domuimg_tree_exists (tree, "/usr/bin/dhcpcd"))
    stacks |= 1 << DOMUIMG_STACK_DHCPCD;
  if (domuimg_tree_exists (tree, "/etc/init.d/net.lo"))
    stacks |= 1 << DOMUIMG_STACK_NETIFRC;
  if (domuimg_tree_exists (tree, "/etc/rc.d/rc.inet1"))
    stacks |= 1 << DOMUIMG_STACK_INET1;
  return stacks;
}

gboolean
domuimg_guest_unit_enabled (DomuimgTree *tree, const char *unit)
{
  static const char *const places[] = { "/etc/systemd/system", "/usr/lib/systemd/system",
                                        "/lib/systemd/system" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_auto (GStrv) names = domuimg_tree_list (tree, places[i], NULL);

      for (guint j = 0; names != NULL && names[j] != NULL; j++)
        {
          g_autofree char *path = g_strdup_printf ("%s/%s/%s", places[i], names[j], unit);
          g_autoptr (DomuimgEntry) entry = NULL;

          if (!g_str_has_suffix (names[j], ".wants"))
            continue;
          /* Not followed: a wish counts by its name. */
          entry = domuimg_tree_stat (tree, path, NULL);
          if (entry != NULL)
            return TRUE;
        }
    }
  return FALSE;
}

char *
domuimg_guest_unit_path (DomuimgTree *tree, const char *unit)
{
  static const char *const places[] = { "/etc/systemd/system", "/lib/systemd/system",
                                        "/usr/lib/systemd/system" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", places[i], unit);
      g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (tree, path, NULL);

      if (entry != NULL && entry->type == DOMUIMG_ENTRY_FILE)
        return g_steal_pointer (&path);
    }
  return NULL;
}

/* Enabled by systemd, in a sysvinit run level or in OpenRC's. */
static gboolean
service_enabled (DomuimgTree *tree, const char *unit, const char *script)
{
  static const char *const levels[] = { "/etc/rc3.d", "/etc/rc2.d", "/etc/rcS.d",
                                        "/etc/rc.d/rc3.d" };
  g_autofree char *pattern = g_strdup_printf ("S??%s", script);

  if (domuimg_guest_unit_enabled (tree, unit))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (dir_has (tree, levels[i], pattern))
      return TRUE;
  return dir_has (tree, "/etc/runlevels/default", script)
         || dir_has (tree, "/etc/runlevels/boot", script);
}

gboolean
domuimg_guest_dhcpcd_is_enabled (DomuimgTree *tree)
{
  return service_enabled (tree, "dhcpcd.service", "dhcpcd")
         || dir_has (tree, "/etc/runit/runsvdir/default", "dhcpcd*")
         || dir_has (tree, "/etc/service", "dhcpcd*") || dir_has (tree, "/service", "dhcpcd*");
}

/* The first of @order that is installed. */
static DomuimgNetStack
first_installed (const DomuimgGuestInfo *self, const DomuimgNetStack *order, guint n)
{
  for (guint i = 0; i < n; i++)
    if (self->stacks & 1 << order[i])
      return order[i];
  return DOMUIMG_STACK_NONE;
}

/* Who is in charge of the network: what is enabled, and else what can be enabled. netplan
 * comes first since it writes the configuration of the others. */
static DomuimgNetStack
choose_stack (const DomuimgGuestInfo *self, DomuimgTree *tree)
{
  static const DomuimgNetStack scripts[]
      = { DOMUIMG_STACK_IFUPDOWN, DOMUIMG_STACK_IFCFG, DOMUIMG_STACK_WICKED };
  static const DomuimgNetStack rest[]
      = { DOMUIMG_STACK_INET1, DOMUIMG_STACK_NETIFRC, DOMUIMG_STACK_NM };
  gboolean systemd = self->init == DOMUIMG_INIT_SYSTEMD;
  gboolean has_dhcpcd = self->stacks & 1 << DOMUIMG_STACK_DHCPCD;
  DomuimgNetStack stack;

  if (self->stacks & 1 << DOMUIMG_STACK_NETPLAN)
    return DOMUIMG_STACK_NETPLAN;
  if (self->stacks & 1 << DOMUIMG_STACK_NM
      && service_enabled (tree, "NetworkManager.service", "NetworkManager"))
    return DOMUIMG_STACK_NM;
  if (systemd && self->stacks & 1 << DOMUIMG_STACK_NETWORKD
      && domuimg_guest_unit_enabled (tree, "systemd-networkd.service"))
    return DOMUIMG_STACK_NETWORKD;
  stack = first_installed (self, scripts, G_N_ELEMENTS (scripts));
  if (stack == DOMUIMG_STACK_NONE && has_dhcpcd && domuimg_guest_dhcpcd_is_enabled (tree))
    return DOMUIMG_STACK_DHCPCD;
  if (stack == DOMUIMG_STACK_NONE)
    stack = first_installed (self, rest, G_N_ELEMENTS (rest));
  if (stack != DOMUIMG_STACK_NONE)
    return stack;
  if (systemd && self->stacks & 1 << DOMUIMG_STACK_NETWORKD)
    return DOMUIMG_STACK_NETWORKD;
  return has_dhcpcd ? DOMUIMG_STACK_DHCPCD : DOMUIMG_STACK_NONE;
}

DomuimgGuestInfo *
domuimg_guest_info_new (DomuimgTree *tree, GError **error)
{
  g_autoptr (DomuimgGuestInfo) self = g_new0 (DomuimgGuestInfo, 1);

  if (!domuimg_tree_is_dir (tree, "/etc"))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                    "The guest has no directory /etc: this is not the root of a Linux system");
      return NULL;
    }
  find_release (self, tree);
  self->init = find_init (tree);
  self->openrc = self->init == DOMUIMG_INIT_OPENRC
                 || (domuimg_tree_is_dir (tree, "/etc/runlevels")
                     && in_either (tree, "/sbin/openrc"));
  self->stacks = find_stacks (tree);
  self->stack = choose_stack (self, tree);
  g_autoptr (DomuimgEntry) bin = domuimg_tree_stat (tree, "/bin", NULL);
  self->merged_usr = bin != NULL && bin->type == DOMUIMG_ENTRY_SYMLINK;
  self->libc = find_libc (tree);
  return g_steal_pointer (&self);
}

char *
domuimg_guest_dpkg_version (DomuimgTree *tree, const char *package)
{
  g_autoptr (GBytes) bytes
      = domuimg_tree_read (tree, "/var/lib/dpkg/status", DPKG_STATUS_MAX, NULL);
  g_autofree char *heading = g_strdup_printf ("Package: %s", package);
  gboolean found = FALSE;

  if (bytes == NULL)
    return NULL;
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_strndup (data != NULL ? data : "", size);
  for (char *line = text; line != NULL && *line != '\0';)
    {
      char *end = strchr (line, '\n');

      if (end != NULL)
        *end = '\0';
      if (*line == '\0')
        found = FALSE;
      else if (g_str_equal (line, heading))
        found = TRUE;
      else if (found && g_str_has_prefix (line, "Version: "))
        return g_strdup (line + strlen ("Version: "));
      line = end != NULL ? end + 1 : NULL;
    }
  return NULL;
}
