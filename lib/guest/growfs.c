/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filesystems that take all of a larger disk when the guest first boots: by systemd, or by a script. */
#include "config.h"
#include "lib/guest/growfs.h"

#include <string.h>

#define DIRECTORY "/etc/domuimg"
#define SCRIPT DIRECTORY "/growfs"
#define DONE DIRECTORY "/growfs.done"
#define UNIT "domuimg-growfs.service"
#define REPART_FILE "50-domuimg-root.conf"
#define PROGRAM_MAX (16 * 1024 * 1024)

/* What makes a filesystem larger; systemd's program does it for all of them. */
static const struct {
  const char *fs;
  const char *program;
  const char *package;
} tools[] = {
  { "ext4", "resize2fs", "e2fsprogs" },
  { "ext3", "resize2fs", "e2fsprogs" },
  { "ext2", "resize2fs", "e2fsprogs" },
  { "xfs", "xfs_growfs", "xfsprogs" },
  { "btrfs", "btrfs", "btrfs-progs" },
};

static int
find_tool (const char *fs)
{
  for (guint i = 0; i < G_N_ELEMENTS (tools); i++)
    if (g_str_equal (tools[i].fs, fs))
      return (int) i;
  return -1;
}

gboolean
domuimg_guest_can_grow (const char *fs)
{
  return find_tool (fs) >= 0;
}

/* (nullable) The path of a program in the guest. */
static char *
find_program (DomuimgGuestRun *self, const char *name)
{
  static const char *const places[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", places[i], name);

      if (domuimg_tree_exists (self->edit->tree, path))
        return g_steal_pointer (&path);
    }
  return NULL;
}

static gboolean
has_program (DomuimgGuestRun *self, const char *name)
{
  g_autofree char *path = find_program (self, name);

  return path != NULL;
}

/* (nullable) */
static const char *
find_systemd_growfs (DomuimgGuestRun *self)
{
  static const char *const paths[]
      = { "/usr/lib/systemd/systemd-growfs", "/lib/systemd/systemd-growfs" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    if (domuimg_tree_exists (self->edit->tree, paths[i]))
      return paths[i];
  return NULL;
}

/* What the distribution wants of its disk is not mixed with ours: two definitions of a root would be
 * two roots. */
static gboolean
has_definitions (DomuimgGuestRun *self)
{
  static const char *const places[]
      = { "/etc/repart.d", "/usr/lib/repart.d", "/usr/local/lib/repart.d" };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_auto (GStrv) names = domuimg_tree_list (self->edit->tree, places[i], NULL);

      for (guint j = 0; names != NULL && names[j] != NULL; j++)
        if (g_str_has_suffix (names[j], ".conf") && !g_str_equal (names[j], REPART_FILE))
          return TRUE;
    }
  return FALSE;
}

static gboolean
can_repart (DomuimgGuestRun *self, const DomuimgGuestGrowth *growth)
{
  return growth->root_type != NULL && has_program (self, "systemd-repart")
         && domuimg_guest_unit_enabled (self->edit->tree, "systemd-repart.service")
         && !has_definitions (self);
}

gboolean
domuimg_guest_grows_by_systemd (DomuimgGuestRun *self, const DomuimgGuestGrowth *growth)
{
  return self->info->init == DOMUIMG_INIT_SYSTEMD && find_systemd_growfs (self) != NULL
         && (!growth->has_partition || can_repart (self, growth));
}

static gboolean
write_definition (DomuimgGuestRun *self, const DomuimgGuestGrowth *growth, GError **error)
{
  g_autofree char *text
      = g_strdup_printf (DOMUIMG_GUEST_MARK "[Partition]\nType=%s\n", growth->root_type);

  return domuimg_edit_mkdir (self->edit, "/etc/repart.d", 0755, error)
         && domuimg_edit_write_own (self->edit, "/etc/repart.d/" REPART_FILE, text, 0644, error);
}

static gboolean
fail_missing (const DomuimgGuestGrowth *growth, const char *what, const char *package,
              GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "growfs=true: for %s, the guest has no %s; add it to the guest (Debian:"
                       " --package %s), or leave out growfs=",
                       growth->mount_point, what, package);
}

/* The sfdisk of util-linux 2.26 was written anew; those before know no GPT, and take other input. */
static gboolean
has_new_sfdisk (DomuimgGuestRun *self)
{
  static const char option[] = "part-uuid";
  g_autofree char *path = find_program (self, "sfdisk");
  g_autoptr (GBytes) bytes = NULL;
  gconstpointer data;
  gsize size;

  if (path == NULL)
    return FALSE;
  bytes = domuimg_tree_read (self->edit->tree, path, PROGRAM_MAX, NULL);
  data = bytes != NULL ? g_bytes_get_data (bytes, &size) : NULL;
  return data != NULL && memmem (data, size, option, strlen (option)) != NULL;
}

static gboolean
check_programs (DomuimgGuestRun *self, const DomuimgGuestGrowth *growth, GError **error)
{
  if (!has_program (self, "findfs"))
    return fail_missing (growth, "findfs", "util-linux", error);
  if (!growth->has_partition || has_program (self, "growpart"))
    return TRUE;
  if (!has_new_sfdisk (self))
    return fail_missing (growth, "program that makes a partition longer (growpart, or sfdisk of 2015 or"
                                 " later)",
                         "fdisk", error);
  return has_program (self, "partx") || fail_missing (growth, "partx", "util-linux", error);
}

/* The line of the script; NULL with NOT_SUPPORTED where the guest has no program for it. */
static char *
make_line (DomuimgGuestRun *self, const DomuimgGuestGrowth *growth, GError **error)
{
  int tool = find_tool (growth->fs);
  const char *systemd = find_systemd_growfs (self);
  const char *program = has_program (self, tools[tool].program) ? tools[tool].program : systemd;
  g_autofree char *directory = g_shell_quote (growth->mount_point);

  if (!check_programs (self, growth, error))
    return NULL;
  if (program != NULL)
    return g_strdup_printf ("grow %s %s %s || status=1\n", growth->uuid, program, directory);
  fail_missing (growth, tools[tool].program, tools[tool].package, error);
  return NULL;
}

/* growpart says by 1 that nothing is left to be done. */
static const char script_head[] = DOMUIMG_GUEST_MARK
    "# Gives filesystems all of their disks (growfs=true), once: the partition first, if there is one.\n"
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
    "export PATH\n"
    "[ ! -e " DONE " ] || exit 0\n"
    "status=0\n"
    "\n"
    "grow_partition () {\n"
    "  if command -v growpart >/dev/null 2>&1; then\n"
    "    growpart \"$1\" \"$2\"\n"
    "    [ $? -le 1 ]\n"
    "  else\n"
    "    echo ', +' | sfdisk --force --no-reread -q -N \"$2\" \"$1\" &&\n"
    "      partx --update --nr \"$2\" \"$1\"\n"
    "  fi\n"
    "}\n"
    "\n"
    "grow () {\n"
    "  device=$(findfs \"UUID=$1\") || return 1\n"
    "  node=/sys/class/block/${device##*/}\n"
    "  if [ -e \"$node/partition\" ]; then\n"
    "    disk=$(readlink -f \"$node/..\")\n"
    "    grow_partition \"/dev/${disk##*/}\" \"$(cat \"$node/partition\")\" || return 1\n"
    "  fi\n"
    "  case $2 in\n"
    "    resize2fs) resize2fs \"$device\" ;;\n"
    "    btrfs) btrfs filesystem resize max \"$3\" ;;\n"
    "    *) \"$2\" \"$3\" ;;\n"
    "  esac\n"
    "}\n"
    "\n";
static const char script_tail[] = "[ $status -ne 0 ] || : >" DONE "\n"
                                  "exit $status\n";

static gboolean
write_script (DomuimgGuestRun *self, const char *lines, GError **error)
{
  g_autofree char *text = g_strconcat (script_head, lines, script_tail, NULL);

  return domuimg_edit_mkdir (self->edit, DIRECTORY, 0755, error)
         && domuimg_edit_write_own (self->edit, SCRIPT, text, 0755, error);
}

static gboolean
run_by_systemd (DomuimgGuestRun *self, GError **error)
{
  static const char text[] = DOMUIMG_GUEST_MARK
      "[Unit]\n"
      "Description=Filesystems of this guest grow to the size of their disks\n"
      "After=local-fs.target\n"
      "ConditionPathExists=!" DONE "\n"
      "\n"
      "[Service]\n"
      "Type=oneshot\n"
      "RemainAfterExit=yes\n"
      "ExecStart=/bin/sh " SCRIPT "\n"
      "\n"
      "[Install]\n"
      "WantedBy=multi-user.target\n";

  return domuimg_edit_write_own (self->edit, "/etc/systemd/system/" UNIT, text, 0644, error)
         && domuimg_guest_want_unit (self, "multi-user.target", UNIT, error);
}

static gboolean
run_by_upstart (DomuimgGuestRun *self, GError **error)
{
  static const char text[] = DOMUIMG_GUEST_MARK
      "description \"Filesystems of this guest grow to the size of their disks\"\n"
      "\n"
      "start on stopped rc RUNLEVEL=[2345]\n"
      "task\n"
      "exec /bin/sh " SCRIPT "\n";

  return domuimg_edit_write_own (self->edit, "/etc/init/domuimg-growfs.conf", text, 0644, error);
}

static gboolean
run_by_openrc (DomuimgGuestRun *self, GError **error)
{
  static const char text[]
      = "#!/sbin/openrc-run\n" DOMUIMG_GUEST_MARK
        "description=\"Filesystems of this guest grow to the size of their disks\"\n"
        "\n"
        "depend () {\n"
        "  need localmount\n"
        "}\n"
        "\n"
        "start () {\n"
        "  /bin/sh " SCRIPT "\n"
        "}\n";

  return domuimg_edit_write_own (self->edit, "/etc/init.d/domuimg-growfs", text, 0755, error)
         && domuimg_edit_mkdir (self->edit, "/etc/runlevels/boot", 0755, error)
         && domuimg_edit_symlink (self->edit, "/etc/init.d/domuimg-growfs",
                                  "/etc/runlevels/boot/domuimg-growfs", error);
}

static gboolean
run_at_boot (DomuimgGuestRun *self, GError **error)
{
  if (self->info->openrc)
    return run_by_openrc (self, error);
  switch (self->info->init)
    {
    case DOMUIMG_INIT_SYSTEMD:
      return run_by_systemd (self, error);
    case DOMUIMG_INIT_UPSTART:
      return run_by_upstart (self, error);
    case DOMUIMG_INIT_SYSVINIT:
      return domuimg_guest_add_to_inittab (self, "dgfs::bootwait:/bin/sh " SCRIPT, error);
    case DOMUIMG_INIT_BUSYBOX:
      return domuimg_guest_add_to_inittab (self, "::wait:/bin/sh " SCRIPT, error);
    default:
      return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                           "growfs=true: nothing is known that this guest's init (%s) could be told to"
                           " run at its first boot; leave out growfs=",
                           domuimg_init_to_string (self->info->init));
    }
}

gboolean
domuimg_guest_step_growfs (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < self->want->growths->len; i++)
    {
      const DomuimgGuestGrowth *growth = g_ptr_array_index (self->want->growths, i);
      g_autofree char *line = NULL;

      if (domuimg_guest_grows_by_systemd (self, growth))
        {
          if (growth->has_partition && !write_definition (self, growth, error))
            return FALSE;
          continue;
        }
      line = make_line (self, growth, error);
      if (line == NULL)
        return FALSE;
      g_string_append (lines, line);
    }
  return lines->len == 0
         || (run_at_boot (self, error) && write_script (self, lines->str, error));
}
