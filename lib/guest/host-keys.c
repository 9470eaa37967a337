/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SSH host keys: those of the source go, and new ones are made now or at the first boot. */
#include "config.h"
#include "lib/guest/steps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/undo.h"
#include "lib/base/unnamed.h"

#define UNIT "domuimg-ssh-host-keys.service"
#define SCRIPT "/etc/ssh/domuimg-host-keys"

static gboolean
file_says (DomuimgGuestRun *self, const char *path, const char *const *words)
{
  DomuimgTree *tree = self->edit->tree;
  g_autofree char *text = path != NULL ? domuimg_tree_read_text (tree, path, NULL) : NULL;

  for (guint i = 0; text != NULL && words[i] != NULL; i++)
    if (strstr (text, words[i]) != NULL)
      return TRUE;
  return FALSE;
}

/* Red Hat's, SUSE's, Alpine's, Gentoo's and Arch's services make missing keys; Debian's do
 * not, its package does when it is installed. */
static gboolean
guest_makes_keys (DomuimgGuestRun *self)
{
  static const char *const words[] = { "keygen", "genkeys", "gen-keys", "gen_keys", NULL };
  static const char *const units[] = { "ssh.service", "sshd.service" };
  static const char *const scripts[] = { "/etc/init.d/ssh", "/etc/init.d/sshd",
                                         "/etc/rc.d/init.d/sshd", "/etc/sv/sshd/run" };

  if (self->info->init != DOMUIMG_INIT_SYSTEMD)
    {
      for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
        if (file_says (self, scripts[i], words))
          return TRUE;
      return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      g_autofree char *path = domuimg_guest_unit_path (self->edit->tree, units[i]);

      if (file_says (self, path, words))
        return TRUE;
    }
  return FALSE;
}

static gboolean
make_by_systemd (DomuimgGuestRun *self, GError **error)
{
  static const char *const text
      = DOMUIMG_GUEST_MARK
        "[Unit]\n"
        "Description=SSH host keys of this guest\n"
        "Before=ssh.service sshd.service ssh.socket sshd.socket\n"
        "ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        "RemainAfterExit=yes\n"
        "ExecStart=/usr/bin/ssh-keygen -A\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n";

  return domuimg_edit_write_own (self->edit, "/etc/systemd/system/" UNIT, text, 0644, error)
         && domuimg_guest_want_unit (self, "multi-user.target", UNIT, error);
}

/* For guests whose ssh-keygen may be older than its option -A (OpenSSH 5.9), or lack the
 * newer kinds of keys. */
static gboolean
write_script (DomuimgGuestRun *self, GError **error)
{
  static const char *const text
      = DOMUIMG_GUEST_MARK
        "for type in rsa ecdsa ed25519; do\n"
        "  key=/etc/ssh/ssh_host_${type}_key\n"
        "  [ -s $key ] || /usr/bin/ssh-keygen -q -t $type -N '' -f $key </dev/null 2>/dev/null\n"
        "done\n";

  return domuimg_edit_write_own (self->edit, SCRIPT, text, 0755, error);
}

static gboolean
make_by_upstart (DomuimgGuestRun *self, GError **error)
{
  return write_script (self, error)
         && domuimg_edit_write_own (self->edit, "/etc/init/domuimg-ssh-host-keys.conf",
                                    DOMUIMG_GUEST_MARK "description \"SSH host keys\"\n\n"
                                                        "start on starting ssh\n"
                                                        "task\n"
                                                        "exec /bin/sh " SCRIPT "\n",
                                    0644, error);
}

/* A bootwait line runs after the root is writable and before any run level's scripts,
 * which a script of ours among them would not: since insserv they start in parallel, by an
 * index that only the guest can make. */
static gboolean
make_by_inittab (DomuimgGuestRun *self, GError **error)
{
  return write_script (self, error)
         && domuimg_guest_add_to_inittab (self, "sshk::bootwait:/bin/sh " SCRIPT, error);
}

static gboolean
make_at_first_boot (DomuimgGuestRun *self, GError **error)
{
  if (guest_makes_keys (self))
    return TRUE;
  switch (self->info->init)
    {
    case DOMUIMG_INIT_SYSTEMD:
      return make_by_systemd (self, error);
    case DOMUIMG_INIT_UPSTART:
      return make_by_upstart (self, error);
    case DOMUIMG_INIT_SYSVINIT:
      return make_by_inittab (self, error);
    default:
      domuimg_edit_warn (self->edit,
                         "nothing in the guest makes SSH host keys when it first boots");
      return TRUE;
    }
}

static gboolean
put_key (DomuimgGuestRun *self, const char *from, const char *to, guint32 mode, GError **error)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (from, &text, NULL, error))
    return FALSE;
  return domuimg_edit_write_own (self->edit, to, text, mode, error);
}

static int
open_memory (const char *content, GError **error)
{
  int fd = domuimg_memory_file_of ("domuimg-key", content, strlen (content));

  if (fd < 0)
    domuimg_set_errno (error, errno, "making a file in memory");
  return fd;
}

/* A name for what is in memory only: a symlink, which means the same to the program and, as long as
 * @exec lives, to us. */
static gboolean
name_memory (DomuimgExec *exec, const char *name, GError **error)
{
  g_auto (DomuimgFd) fd = open_memory ("", error);
  g_autofree char *target = fd >= 0 ? domuimg_exec_pass_fd (exec, fd) : NULL;

  if (target == NULL)
    return FALSE;
  return symlink (target, name) == 0 || domuimg_set_errno (error, errno, "making %s", name);
}

static gboolean
make_one (DomuimgGuestRun *self, const char *directory, const char *type, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s/ssh_host_%s_key", directory, type);
  g_autofree char *public_key = g_strconcat (key, ".pub", NULL);
  g_autofree char *to = g_strdup_printf ("/etc/ssh/ssh_host_%s_key", type);
  g_autofree char *public_to = g_strconcat (to, ".pub", NULL);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("ssh-keygen");
  /* It asks whether to overwrite what has the name. */
  g_auto (DomuimgFd) answer = open_memory ("y\n", error);
  const char *host = self->want->hostname != NULL ? self->want->hostname : "localhost";

  if (answer < 0 || !name_memory (exec, key, error) || !name_memory (exec, public_key, error))
    return FALSE;
  domuimg_exec_stdin_fd (exec, answer);
  domuimg_exec_arg (exec, "-q");
  domuimg_exec_arg (exec, "-t");
  domuimg_exec_arg (exec, type);
  domuimg_exec_arg (exec, "-N");
  domuimg_exec_arg (exec, "");
  domuimg_exec_arg (exec, "-C");
  domuimg_exec_argf (exec, "root@%s", host);
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, key);
  return domuimg_exec_run (exec, self->edit->cancellable, error)
         && put_key (self, key, to, 0600, error)
         && put_key (self, public_key, public_to, 0644, error);
}

/* The directory holds names only, and goes in any case. */
static gboolean
make_now (DomuimgGuestRun *self, GError **error)
{
  static const char *const types[] = { "rsa", "ecdsa", "ed25519" };
  g_autoptr (DomuimgUndo) undo = domuimg_undo_new (error);
  g_autofree char *directory
      = undo != NULL ? domuimg_undo_make_directory (undo, g_get_tmp_dir (), error) : NULL;
  gboolean done = directory != NULL;

  for (guint i = 0; done && i < G_N_ELEMENTS (types); i++)
    done = make_one (self, directory, types[i], error);
  return done;
}

gboolean
domuimg_guest_step_host_keys (DomuimgGuestRun *self, GError **error)
{
  if (self->want->host_keys == DOMUIMG_HOST_KEYS_KEEP)
    return TRUE;
  if (!domuimg_edit_remove_glob (self->edit, "/etc/ssh", "ssh_host_*key", error)
      || !domuimg_edit_remove_glob (self->edit, "/etc/ssh", "ssh_host_*key.pub", error)
      || !domuimg_edit_remove_glob (self->edit, "/etc/ssh", "ssh_host_*key-cert.pub", error)
      || !domuimg_edit_remove_glob (self->edit, "/etc/dropbear", "dropbear_*_host_key", error))
    return FALSE;
  if (!domuimg_tree_exists (self->edit->tree, "/usr/sbin/sshd"))
    return TRUE;
  return self->want->host_keys == DOMUIMG_HOST_KEYS_BUILD ? make_now (self, error)
                                                          : make_at_first_boot (self, error);
}
