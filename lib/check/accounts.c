/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that somebody can log in: an account with a shell, and a password for the console or a key
 * for SSH. */
#include "config.h"
#include "lib/check/rules.h"

#include <paths.h>
#include <string.h>

#include "lib/check/sshd.h"
#include "lib/guest/seed.h"

#define USEC_A_DAY ((gint64) 24 * 60 * 60 * G_USEC_PER_SEC)

/* Fields of passwd(5) and shadow(5). */
enum { NAME, PASSWORD, UID, HOME = 5, SHELL, N_PASSWD };
enum { EXPIRES = 7 };

typedef struct {
  DomuimgMachine *machine;
  DomuimgSshd *sshd;   /* (nullable) none is started, or the guest has no network */
  char **shadow;       /* lines; empty where there is no such file */
  gboolean root_only;  /* nologin(5) */
} Logins;

/* What keeps an account from a login, in words for root's. */
typedef struct {
  const char *shell;
  const char *password;
  const char *ssh;
} Obstacles;

static char **
read_lines (DomuimgMachine *self, const char *path)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);

  return g_strsplit (text != NULL ? text : "", "\n", -1);
}

/* (nullable) The fields of the account's line in shadow(5). */
static char **
find_shadow (const Logins *self, const char *name)
{
  g_autofree char *start = g_strconcat (name, ":", NULL);

  for (guint i = 0; self->shadow[i] != NULL; i++)
    if (g_str_has_prefix (self->shadow[i], start))
      return g_strsplit (self->shadow[i], ":", -1);
  return NULL;
}

static gboolean
has_expired (char **shadow)
{
  gint64 day;

  if (shadow == NULL || g_strv_length (shadow) <= EXPIRES)
    return FALSE;
  day = g_ascii_strtoll (shadow[EXPIRES], NULL, 10);
  return day > 0 && day < g_get_real_time () / USEC_A_DAY;
}

/* What crypt(3) could have made: "!" and "*" begin what no password becomes. */
static gboolean
is_hash (const char *text)
{
  return *text == '$' || *text == '_' || strlen (text) == 13;
}

static const char *
find_shell_obstacle (const Logins *self, char **account, char **shadow)
{
  static const char *const closed[] = { "nologin", "false", "sync", "halt", "shutdown", NULL };
  const char *shell = *account[SHELL] != '\0' ? account[SHELL] : _PATH_BSHELL;
  g_autofree char *base = g_path_get_basename (shell);

  if (has_expired (shadow))
    return "the account of root has expired";
  if (self->root_only && !g_str_equal (account[UID], "0"))
    return "/etc/nologin keeps it out";
  if (g_strv_contains (closed, base))
    return "root has no shell";
  return domuimg_tree_is_executable (self->machine->tree, shell) ? NULL : "root's shell is missing";
}

static const char *
find_password_obstacle (const char *hash)
{
  /* login(1) then asks for none. */
  if (*hash == '\0' || is_hash (hash))
    return NULL;
  return "root's password is locked";
}

static const char *
find_ssh_obstacle (const Logins *self, char **account, const char *hash)
{
  if (self->sshd == NULL)
    return "no SSH server is started";
  if (g_str_equal (account[UID], "0") && !domuimg_sshd_permits_root (self->sshd))
    return "sshd does not let root in";
  if (*hash == '!' && !domuimg_sshd_uses_pam (self->sshd))
    return "sshd lets no locked account in";
  return domuimg_sshd_has_key (self->sshd, account[NAME], account[HOME]) ? NULL
                                                                         : "root has no SSH key";
}

static gboolean
can_log_in (const Logins *self, char **account, Obstacles *obstacles)
{
  g_auto (GStrv) shadow = find_shadow (self, account[NAME]);
  const char *hash = shadow != NULL && shadow[0] != NULL && shadow[1] != NULL ? shadow[1]
                                                                              : account[PASSWORD];

  obstacles->shell = find_shell_obstacle (self, account, shadow);
  if (obstacles->shell != NULL)
    return FALSE;
  obstacles->password = find_password_obstacle (hash);
  if (obstacles->password == NULL)
    return TRUE;
  obstacles->ssh = find_ssh_obstacle (self, account, hash);
  return obstacles->ssh == NULL;
}

static void
report (DomuimgMachine *self, const Obstacles *root)
{
  g_autofree char *both = root->ssh != NULL ? g_strdup_printf ("%s, and %s", root->password, root->ssh)
                                            : NULL;
  const char *why = both != NULL ? both : root->shell;

  domuimg_finding_advise (
      domuimg_machine_report (self, "login-nobody", "/etc/passwd", "nobody can log in: %s",
                              why != NULL ? why : "the guest has no account of root"),
      "give root a password or an SSH key (domuimg create has --root-password generate,"
      " --root-password-file and --ssh-key)");
}

/* Accounts of a directory service, or those that cloud-init makes, are not in the guest's files. */
static gboolean
has_others (DomuimgMachine *self)
{
  static const char *const local[] = { "files", "compat", "systemd", "mymachines", "db", NULL };
  g_auto (GStrv) lines = read_lines (self, "etc/nsswitch.conf");

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "passwd:"))
      {
        g_auto (GStrv) words = g_strsplit_set (lines[i] + strlen ("passwd:"), " \t\r", -1);

        for (guint j = 0; words[j] != NULL && *words[j] != '#'; j++)
          if (*words[j] != '\0' && *words[j] != '[' && *words[j] != '!'
              && !g_strv_contains (local, words[j]))
            return TRUE;
      }
  return FALSE;
}

static gboolean
has_nocloud (DomuimgMachine *self)
{
  return domuimg_machine_find_device (self, "LABEL=cidata") != NULL
         || domuimg_machine_find_device (self, "LABEL=CIDATA") != NULL
         || domuimg_tree_exists (self->tree, "/var/lib/cloud/seed/nocloud/user-data")
         || domuimg_tree_exists (self->tree, "/var/lib/cloud/seed/nocloud-net/user-data");
}

static gboolean
has_config_drive (DomuimgMachine *self)
{
  return domuimg_machine_find_device (self, "LABEL=config-2") != NULL
         || domuimg_machine_find_device (self, "LABEL=CONFIG-2") != NULL;
}

static gboolean
has_cloud_init (DomuimgMachine *self)
{
  return (domuimg_guest_reads_seed (self->tree, DOMUIMG_SEED_NOCLOUD) && has_nocloud (self))
         || (domuimg_guest_reads_seed (self->tree, DOMUIMG_SEED_CONFIG_DRIVE) && has_config_drive (self));
}

/* A login that asks for nothing: agetty's --autologin, or a shell in inittab(5). */
static gboolean
is_open_line (const char *line)
{
  const char *command = strrchr (line, ':');

  if (*line == '#')
    return FALSE;
  if (strstr (line, "--autologin") != NULL || strstr (line, "getty -a ") != NULL)
    return TRUE;
  return command != NULL && (strstr (line, ":respawn:") != NULL || strstr (line, ":askfirst:") != NULL)
         && g_str_has_suffix (command, "sh");
}

static gboolean
is_open_file (DomuimgMachine *self, const char *path)
{
  g_auto (GStrv) lines = read_lines (self, path);

  for (guint i = 0; lines[i] != NULL; i++)
    if (is_open_line (g_strstrip (lines[i])))
      return TRUE;
  return FALSE;
}

static gboolean
is_open (DomuimgMachine *self)
{
  static const char *const units[] = { "serial-getty@", "serial-getty@hvc0", "serial-getty@ttyS0",
                                       "getty@", "getty@tty1", "console-getty" };
  static const char *const places[] = { "/etc/systemd/system", "/usr/lib/systemd/system" };

  if (is_open_file (self, "/etc/inittab"))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (units) * G_N_ELEMENTS (places); i++)
    {
      const char *place = places[i % G_N_ELEMENTS (places)];
      g_autofree char *unit = g_strdup_printf ("%s/%s.service", place,
                                               units[i / G_N_ELEMENTS (places)]);
      g_autofree char *directory = g_strconcat (unit, ".d", NULL);
      g_auto (GStrv) names = domuimg_tree_list (self->tree, directory, NULL);

      if (is_open_file (self, unit))
        return TRUE;
      for (guint j = 0; names != NULL && names[j] != NULL; j++)
        {
          g_autofree char *path = g_build_filename (directory, names[j], NULL);

          if (is_open_file (self, path))
            return TRUE;
        }
    }
  return FALSE;
}

static gboolean
anybody_can (const Logins *self, Obstacles *root)
{
  g_auto (GStrv) lines = read_lines (self->machine, "etc/passwd");

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) account = g_strsplit (g_strstrip (lines[i]), ":", -1);
      Obstacles obstacles = { NULL };

      if (g_strv_length (account) < N_PASSWD || *account[NAME] == '\0')
        continue;
      if (can_log_in (self, account, &obstacles))
        return TRUE;
      if (g_str_equal (account[NAME], "root"))
        *root = obstacles;
    }
  return FALSE;
}

void
domuimg_check_accounts (DomuimgMachine *self)
{
  Logins logins = { .machine = self };
  Obstacles root = { NULL };
  g_autoptr (DomuimgSshd) sshd = NULL;
  g_auto (GStrv) shadow = NULL;

  if (self->tree == NULL || self->info == NULL || self->info->init == DOMUIMG_INIT_UNKNOWN
      || self->application != NULL)
    return;
  if (domuimg_domain_get_nics (self->domain)->len > 0)
    sshd = domuimg_sshd_find (self->tree, self->info);
  shadow = read_lines (self, "etc/shadow");
  logins.sshd = sshd;
  logins.shadow = shadow;
  logins.root_only = domuimg_tree_exists (self->tree, "/etc/nologin");
  if (!anybody_can (&logins, &root) && !has_others (self) && !has_cloud_init (self) && !is_open (self))
    report (self, &root);
}
