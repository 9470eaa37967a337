/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/check-fixtures.h"

/* Whether anybody can log in to a guest. */

#define PASSWD "/etc/passwd"
#define INITTAB "/etc/inittab"
#define SHADOW "/etc/shadow"
#define SSHD "/etc/ssh/sshd_config"
#define KEYS "/root/.ssh/authorized_keys"
#define KEY "ssh-ed25519 AAAA admin\n"
#define LOCKED "root:*:19000:0:99999:7:::\n"
#define HASHED "root:$6$s$h:19000:0:99999:7:"
#define NOCLOUD "/var/lib/cloud/seed/nocloud/user-data"
#define CLOUD_CFG "/etc/cloud/cloud.cfg"
#define NOBODY "login-nobody warning"

typedef struct {
  const char *name;
  const char *init;
  const char *found;
  const char *edits[10]; /* pairs of a path and a text */
} AccountCase;

static const AccountCase account_cases[] = {
  { "a password", SYSTEMD, "", { SHADOW, HASHED "::\n" } },
  { "none is asked for", SYSTEMD, "", { SHADOW, "root::19000:0:99999:7:::\n" } },
  { "locked", SYSTEMD, NOBODY, { SHADOW, LOCKED } },
  { "locked over a password", SYSTEMD, NOBODY, { SHADOW, "root:!$6$s$h:19000:0:99999:7:::\n" } },
  { "no account", SYSTEMD, NOBODY, { PASSWD, "daemon:x:1:1::/:/usr/sbin/nologin\n" } },
  { "expired", SYSTEMD, NOBODY, { SHADOW, HASHED ":7300:\n" } },
  { "not yet expired", SYSTEMD, "", { SHADOW, HASHED ":99999:\n" } },
  { "no shell", SYSTEMD, NOBODY,
    { SHADOW, HASHED "::\n", PASSWD, "root:x:0:0::/root:/usr/sbin/nologin\n" } },
  { "a shell that is missing", SYSTEMD, NOBODY,
    { SHADOW, HASHED "::\n", PASSWD, "root:x:0:0::/root:/bin/zsh\n" } },
  { "somebody else", SYSTEMD, "",
    { SHADOW, LOCKED "ann:$y$s$h:19000:0:99999:7:::\n", PASSWD,
      "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n" } },
  { "somebody else, kept out", SYSTEMD, NOBODY,
    { SHADOW, LOCKED "ann:$y$s$h:19000:0:99999:7:::\n", PASSWD,
      "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n", "/etc/nologin", "x\n" } },
  { "a key", SYSVINIT, "", { SHADOW, LOCKED, KEYS, KEY, "/usr/sbin/sshd", "x" } },
  { "a key, and no server", SYSVINIT, NOBODY, { SHADOW, LOCKED, KEYS, KEY, "/usr/sbin/sshd", "" } },
  { "a file without a key", SYSVINIT, NOBODY, { SHADOW, LOCKED, KEYS, "# " KEY, "/usr/sbin/sshd", "x" } },
  { "not for root", SYSVINIT, NOBODY,
    { SHADOW, LOCKED, KEYS, KEY, "/usr/sbin/sshd", "x", SSHD, "permitrootlogin=no\n" } },
  { "not for root, by a drop-in that comes first", SYSVINIT, NOBODY,
    { SHADOW, LOCKED, KEYS, KEY, "/usr/sbin/sshd", "x", SSHD,
      "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n", SSHD ".d/a.conf",
      "PermitRootLogin no\n" } },
  { "a drop-in that nothing includes", SYSVINIT, "",
    { SHADOW, LOCKED, KEYS, KEY, "/usr/sbin/sshd", "x", SSHD ".d/a.conf", "PermitRootLogin no\n" } },
  { "not for root where something matches", SYSVINIT, "",
    { SHADOW, LOCKED, KEYS, KEY, "/usr/sbin/sshd", "x", SSHD, "Match User x\nPermitRootLogin no\n" } },
  { "keys elsewhere", SYSVINIT, "",
    { SHADOW, LOCKED, "/etc/keys/root", KEY, "/usr/sbin/sshd", "x", SSHD, "AuthorizedKeysFile /etc/keys/%u\n" } },
  { "a lock without PAM", SYSVINIT, NOBODY,
    { SHADOW, "root:!:19000:0:99999:7:::\n", KEYS, KEY, "/usr/sbin/sshd", "x" } },
  { "a lock with PAM", SYSVINIT, "",
    { SHADOW, "root:!:19000:0:99999:7:::\n", KEYS, KEY, "/usr/sbin/sshd", "x", SSHD, "UsePAM yes\n" } },
  { "a server that nothing starts", SYSTEMD, NOBODY, { SHADOW, LOCKED, KEYS, KEY, "/usr/sbin/sshd", "x" } },
  { "a directory service", SYSTEMD, "", { SHADOW, LOCKED, "/etc/nsswitch.conf", "passwd: files sss\n" } },
  { "no directory service", SYSTEMD, NOBODY,
    { SHADOW, LOCKED, "/etc/nsswitch.conf", "passwd: files systemd # sss\n" } },
  { "a login that asks for nothing", SYSTEMD, "",
    { SHADOW, LOCKED, "/etc/systemd/system/serial-getty@hvc0.service.d/a.conf",
      "[Service]\nExecStart=-/sbin/agetty --autologin root %I\n" } },
  { "a shell in inittab", SYSVINIT, "", { SHADOW, LOCKED, INITTAB, "h0:2345:respawn:/bin/sh\n" } },
  { "cloud-init without a seed", SYSTEMD, NOBODY, { SHADOW, LOCKED, "/usr/bin/cloud-init", "x" } },
  { "cloud-init with a seed", SYSTEMD, "",
    { SHADOW, LOCKED, "/usr/bin/cloud-init", "x", NOCLOUD, "x" } },
  { "cloud-init that looks for another seed", SYSTEMD, NOBODY,
    { SHADOW, LOCKED, "/usr/bin/cloud-init", "x", NOCLOUD, "x", CLOUD_CFG, "datasource_list: [ Ec2, None ]\n" } },
  { "cloud-init that looks for this one, too", SYSTEMD, "",
    { SHADOW, LOCKED, "/usr/bin/cloud-init", "x", NOCLOUD, "x", CLOUD_CFG,
      "a: 1\ndatasource_list: ['Ec2',\n  'NoCloud']\n" } },
  { "cloud-init's later list", SYSTEMD, NOBODY,
    { SHADOW, LOCKED, "/usr/bin/cloud-init", "x", NOCLOUD, "x", CLOUD_CFG, "datasource_list: [NoCloud]\n",
      CLOUD_CFG ".d/90_dpkg.cfg", "datasource_list:\n # NoCloud\n - ConfigDrive\nx:\n - NoCloud\n" } },
  { "cloud-init's list of lines", SYSTEMD, "",
    { SHADOW, LOCKED, "/usr/bin/cloud-init", "x", NOCLOUD, "x", CLOUD_CFG, "datasource_list: [Ec2]\n",
      CLOUD_CFG ".d/90_dpkg.cfg", "datasource_list:\n- Ec2\n- \"NoCloud\" # x\n" } },
  { "no list of cloud-init's", SYSTEMD, "",
    { SHADOW, LOCKED, "/usr/bin/cloud-init", "x", NOCLOUD, "x", CLOUD_CFG, "#datasource_list: [Ec2]\n",
      CLOUD_CFG ".d/README", "datasource_list: [Ec2]\n" } },
};

static void
test_accounts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (account_cases); i++)
    {
      const AccountCase *test = &account_cases[i];
      g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new (GUEST_MAC);
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, test->init);
      domuimg_domain_add_nic (guest.machine->domain, nic);
      tree_edit (guest.machine->tree, PASSWD, "root:x:0:0::/root:/bin/sh\n");
      tree_put_program (guest.machine->tree, "/bin/sh", NULL, NULL, 0, NULL);
      for (guint j = 0; j < G_N_ELEMENTS (test->edits) && test->edits[j] != NULL; j += 2)
        if (g_str_has_prefix (test->edits[j], "/usr") && *test->edits[j + 1] != '\0')
          tree_put_program (guest.machine->tree, test->edits[j], NULL, NULL, 0, NULL);
        else
          tree_edit (guest.machine->tree, test->edits[j], test->edits[j + 1]);
      found = guest_find (&guest, domuimg_check_accounts);
      if (!g_str_equal (found, test->found))
        {
          g_test_message ("%s: found \"%s\", and not \"%s\"", test->name, found, test->found);
          g_test_fail ();
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-accounts/who can log in", test_accounts);
  return g_test_run ();
}
