/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/check-fixtures.h"

#include "tests/unit/kernel-fixtures.h"

/* The rules over a guest's files: an edit of a fixture, and what is found then. */

#define FSTAB "/etc/fstab"

static const Case fstab_cases[] = {
  { "what is there", SYSTEMD, FSTAB,
    "# a\n\nUUID=" ROOT_UUID " / ext4 errors=remount-ro 0 1\nUUID=\"" DATA_UUID "\" /srv xfs "
    "defaults 0 2\n/dev/xvda3 none swap sw 0 0\nproc /proc proc defaults 0 0\nnas:/x /mnt nfs "
    "defaults 0 0\n/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n/swapfile none swap sw\n",
    NULL, "", NULL },
  { "missing", SYSTEMD, FSTAB, "UUID=gone /srv ext4 defaults 0 0\n", NULL, "fstab-device error",
    "" },
  { "missing, of another machine", SYSTEMD, FSTAB, "/dev/sdb1 /srv ext4 defaults 0 2\n", NULL,
    "fstab-device error", "" },
  { "missing volume of LVM", SYSTEMD, FSTAB, "/dev/mapper/vg-home /home ext4 defaults 0 2\n", NULL,
    "fstab-device error", "" },
  { "CD-ROM without noauto", SYSTEMD, FSTAB, "/dev/sr0 /media/cdrom0 udf,iso9660 user 0 0\n", NULL,
    "fstab-device error", "" },
  { "missing, nofail", SYSTEMD, FSTAB, "UUID=gone /srv ext4 defaults,nofail 0 2\n", NULL,
    "fstab-device warning", "" },
  { "missing, noauto", SYSTEMD, FSTAB, "UUID=gone /srv ext4 noauto 0 2\n", NULL, "", NULL },
  { "missing, automount", SYSTEMD, FSTAB, "UUID=gone /srv ext4 x-systemd.automount 0 2\n", NULL,
    "fstab-device warning", "" },
  { "missing, of the network", SYSTEMD, FSTAB, "/dev/sdz /srv ext4 _netdev 0 0\n", NULL,
    "fstab-device warning", "" },
  { "missing swap", SYSTEMD, FSTAB, "/dev/sda5 none swap sw 0 0\n", NULL, "fstab-device warning",
    "" },
  { "another root", SYSTEMD, FSTAB, "/dev/sda1\t/ ext4 defaults 0 1\n", NULL,
    "fstab-device warning", "" },
  { "a loop", SYSTEMD, FSTAB, "/dev/loop0 /srv ext4 defaults 0 0\n", NULL, "fstab-device info",
    NULL },
  { "sysvinit, checked", SYSVINIT, FSTAB, "/dev/sdb1 /opt ext4 defaults 0 2\n", NULL,
    "fstab-mount-point warning, fstab-device error", "" },
  { "sysvinit, not checked", SYSVINIT, FSTAB, "/dev/sdb1 /tmp ext4 defaults 0 0\n", NULL,
    "fstab-device warning", "" },
  { "Red Hat's scripts, checked", UPSTART, FSTAB, "/dev/sdb1 /tmp ext4 defaults 1 2\n", NULL,
    "fstab-device error", "" },
  { "Red Hat's scripts, not checked", UPSTART, FSTAB, "/dev/sdb1 /tmp ext4 defaults 0 0\n", NULL,
    "fstab-device warning", "" },
  { "OpenRC", BUSYBOX, FSTAB, "/dev/sdb1 /tmp ext4 defaults 1 2\n", NULL, "fstab-device warning",
    "" },
  { "other type", SYSTEMD, FSTAB, "/dev/xvda2 /srv ext4 defaults 0 2\n", NULL, "fstab-type error",
    "" },
  { "other type, optional", SYSTEMD, FSTAB, "  /dev/xvda2  /srv\text4 nofail", NULL,
    "fstab-type warning", "" },
  { "ext4 as ext3", SYSTEMD, FSTAB, "/dev/xvda1 /srv ext3 defaults 0 2\n", NULL,
    "fstab-type error", "" },
  { "no swap there", SYSTEMD, FSTAB, "/dev/xvda2 none swap sw\n", NULL, "fstab-type warning", "" },
  { "swap there", SYSTEMD, FSTAB, "/dev/xvda3 /srv ext4 defaults 0 2\n", NULL, "fstab-type error", "" },
  { "blanks in names, and none of fields", SYSTEMD, FSTAB,
    "/dev/xvda2 /srv/a\\040b auto\nx\n/dev/xvda2 /mnt\\\n/dev/xvda2 /mnt\\0\n", NULL, "", NULL },
  { "mount point with a blank", SYSVINIT, FSTAB, "/dev/xvda2 /a\\040b xfs defaults 0 0\n", NULL,
    "fstab-mount-point warning", "" },
  { "an option of another filesystem", SYSTEMD, FSTAB, "/dev/xvda2 /srv xfs subvol=@ 0 2\n", NULL,
    "fstab-options error", NULL },
  { "options of all kinds", SYSTEMD, FSTAB,
    "/dev/xvda2 /srv xfs noatime,nofail,x-systemd.requires=a,logbufs=8 0 2\n", NULL, "", NULL },
  { "an option of tmpfs", SYSTEMD, FSTAB, "tmpfs /srv tmpfs size=1G,sizes=2 0 0\n", NULL,
    "fstab-options error", NULL },
  { "a context with a comma", SYSTEMD, FSTAB,
    "tmpfs /srv tmpfs context=\"system_u:object_r:tmp_t:s0:c1,c2\",size=1G 0 0\n", NULL, "", NULL },
  { "a wrong option behind a context", SYSTEMD, FSTAB,
    "tmpfs /srv tmpfs context=\"a:c1,c2\",sizes=2 0 0\n", NULL, "fstab-options error", NULL },
  { "quotas of tmpfs", SYSTEMD, FSTAB,
    "tmpfs /srv tmpfs usrquota,grpquota,usrquota_block_hardlimit=1G,usrquota_inode_hardlimit=9,"
    "grpquota_block_hardlimit=1G,grpquota_inode_hardlimit=9,quota,casefold,strict_encoding 0 0\n",
    NULL, "", NULL },
  { "a mount point that is a file", SYSTEMD, FSTAB, "/dev/xvda2 /etc/hostname xfs defaults 0 2\n",
    NULL, "fstab-mount-point error", NULL },
  { "an option of an old xfs", SYSTEMD, FSTAB, "/dev/xvda2 /srv xfs nobarrier,nofail 0 2\n", NULL,
    "fstab-options warning", NULL },
  { "no /dev", SYSVINIT, "/dev", "", NULL, "mount-point-missing error", "" },
  { "no /proc", SYSTEMD, "/proc", "", NULL, "mount-point-missing error", "" },
  { "no /run", SYSTEMD, "/run", "", NULL, "mount-point-missing error", "" },
  { "no /proc, writable", SYSTEMD, "/proc", "", "root=/dev/xvda1 rw",
    "mount-point-missing warning", "" },
  { "no /proc, sysvinit", SYSVINIT, "/proc", "", NULL, "mount-point-missing warning", "" },
  { "no /tmp", SYSTEMD, "/tmp", "", NULL, "mount-point-missing warning", "" },
  { "crypttab", SYSTEMD, "/etc/crypttab", "a UUID=gone none luks\nb /dev/xvda2 none luks\n", NULL,
    "crypttab-device warning", "" },
};

static void
test_fstab (void)
{
  run_cases (fstab_cases, G_N_ELEMENTS (fstab_cases), domuimg_check_fstab, NULL);
}

static void
test_repaired_fstab_keeps_what_it_said (void)
{
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;
  g_autoptr (GPtrArray) names = NULL;

  guest_init (&guest, SYSTEMD);
  tree_edit (guest.machine->tree, FSTAB,
        "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2  /srv ext4 defaults 0 2\n"
        " /dev/xvda2 /opt ext4 nofail 0 2\n/dev/xvda3 /tmp ext4 nofail 0 2\n");
  found = guest_find (&guest, domuimg_check_fstab);
  guest_repair (&guest);
  guest_assert_contains (guest.machine->tree, FSTAB,
                         "UUID=" ROOT_UUID " / ext4 defaults 0 1\n"
                         "# domuimg: no such device in this guest: /dev/sda2  /srv ext4 defaults 0"
                         " 2\n /dev/xvda2 /opt xfs nofail 0 2\n"
                         "# domuimg: the device holds something else: /dev/xvda3 /tmp ext4 nofail 0 2\n");
  guest_assert_contains (guest.machine->tree, "/var/lib/domuimg/replaced/etc/fstab",
                         "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2  /srv");
}

/* systemd makes a filesystem where it is told to, and where there is none. */
static void
test_filesystem_that_systemd_makes (void)
{
  static const struct {
    const char *fixture, *line, *found;
  } cases[] = {
    { SYSTEMD, "/dev/xvdb /srv ext4 x-systemd.makefs 0 2\n", "" },
    { SYSTEMD, "/dev/xvdb /srv ext4 defaults 0 2\n", "fstab-type error" },
    { SYSVINIT, "/dev/xvdb /srv ext4 x-systemd.makefs 0 2\n", "fstab-type error" },
    { SYSTEMD, "/dev/xvda2 /srv ext4 x-systemd.makefs 0 2\n", "fstab-type error" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, cases[i].fixture);
      guest_add_device (&guest, 3, "xvdb", NULL, NULL);
      tree_edit (guest.machine->tree, "/srv", "/");
      tree_edit (guest.machine->tree, FSTAB, cases[i].line);
      found = guest_find (&guest, domuimg_check_fstab);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

static void
test_repaired_tmp_is_for_everybody (void)
{
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;

  guest_init (&guest, SYSTEMD);
  tree_edit (guest.machine->tree, "/tmp", "");
  found = guest_find (&guest, domuimg_check_fstab);
  guest_repair (&guest);
  guest_assert_mode (guest.machine->tree, "/tmp", 01777);
}

static void
test_devices_may_be_hidden (void)
{
  static const char *const hiding[] = { "crypto_LUKS", "LVM2_member", "linux_raid_member" };

  for (guint i = 0; i < G_N_ELEMENTS (hiding); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest_add_device (&guest, 3, "xvdb", hiding[i], "u");
      tree_edit (guest.machine->tree, FSTAB,
            "UUID=gone /srv ext4 defaults 0 2\nUUID=gone2 /a ext4 nofail 0 2\n");
      found = guest_find (&guest, domuimg_check_fstab);
      g_assert_cmpstr (found, ==, "fstab-device unknown, fstab-device info");
    }
}

static void
test_initramfs_mounts_usr (void)
{
  g_autoptr (GBytes) debian = cpio_new ("scripts/functions", "x", NULL);
  g_autoptr (GBytes) other = cpio_new ("init", "x", NULL);
  GBytes *archives[] = { debian, other };

  for (guint i = 0; i < G_N_ELEMENTS (archives); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest.machine->boot.initramfs
          = domuimg_initramfs_new_for_bytes (archives[i], "initrd", &error);
      g_assert_no_error (error);
      tree_edit (guest.machine->tree, FSTAB, "UUID=gone /usr ext4 nofail 0 2\n");
      found = guest_find (&guest, domuimg_check_fstab);
      g_assert_cmpstr (found, ==, i == 0 ? "fstab-device error" : "fstab-device warning");
    }
}

#define INITTAB "/etc/inittab"
#define UNITS "/etc/systemd/system/"
#define CONSOLE "root=/dev/xvda1 ro console=hvc0"

static const Case console_cases[] = {
  { "systemd", SYSTEMD, NULL, NULL, CONSOLE, "", NULL },
  { "systemd needs no console=", SYSTEMD, NULL, NULL, "ro", "", NULL },
  { "another console=", SYSTEMD, NULL, NULL, "console=ttyS0,115200", "console-parameter warning",
    NULL },
  { "one of two", SYSTEMD, NULL, NULL, "console=hvc0 console=tty0", "", NULL },
  { "masked", SYSTEMD, UNITS "serial-getty@hvc0.service", "->/dev/null", CONSOLE,
    "console-getty error", "" },
  { "template masked", SYSTEMD, UNITS "serial-getty@.service", "->/dev/null", CONSOLE,
    "console-getty error", "" },
  { "target masked", SYSTEMD, UNITS "getty.target", "->/dev/null", CONSOLE, "console-getty error",
    "" },
  { "another one masked", SYSTEMD, UNITS "serial-getty@ttyS0.service", "->/dev/null", CONSOLE, "",
    NULL },
  { "no template", SYSTEMD, "/usr/lib/systemd/system/serial-getty@.service", "", CONSOLE,
    "console-getty error", NULL },
  { "no agetty", SYSTEMD, "/usr/lib/systemd/system/serial-getty@.service",
    "[Service]\nExecStart=-/sbin/agetty -o x\n", CONSOLE, "console-getty error", NULL },
  { "a drop-in with another program", SYSTEMD, UNITS "serial-getty@hvc0.service.d/x.conf",
    "[Service]\nExecStart=\nExecStart=-/opt/gone %I\n", CONSOLE, "console-getty error", NULL },
  { "a drop-in with a condition", SYSTEMD, UNITS "serial-getty@.service.d/x.conf",
    "[Unit]\nConditionPathExists=/etc/gone\n", CONSOLE, "console-getty error", NULL },
  { "a drop-in that changes nothing", SYSTEMD, UNITS "serial-getty@.service.d/x.conf",
    "[Service]\nTTYVTDisallocate=no\n", CONSOLE, "", NULL },
  { "an empty unit", SYSTEMD, "/usr/lib/systemd/system/basic.target", "->/dev/null", CONSOLE,
    "console-getty error", NULL },
  { "no udev, and a unit that waits for it", SYSTEMD, UNITS "serial-getty@hvc0.service.d/x.conf",
    "[Unit]\nBindsTo=dev-hvc0.device\n", CONSOLE, "", NULL },
  { "udev masked", SYSTEMD, UNITS "systemd-udev-trigger.service", "->/dev/null", CONSOLE, "", NULL },
  { "no generator", SYSTEMD, GUEST_GENERATOR, "", CONSOLE, "console-getty error", NULL },
  { "the generator masked", SYSTEMD, "/etc/systemd/system-generators/systemd-getty-generator",
    "->/dev/null", CONSOLE, "console-getty error", NULL },
  { "no generator by the command line", SYSTEMD, NULL, NULL, "systemd.getty_auto=no",
    "console-getty error", NULL },
  { "masked by the command line", SYSTEMD, NULL, NULL, "systemd.mask=serial-getty@hvc0.service",
    "console-getty error", NULL },
  { "another one masked by the command line", SYSTEMD, NULL, NULL, "systemd.mask=ssh.service", "",
    NULL },
  { "sysvinit without a level", SYSVINIT, INITTAB, "h0:2345:respawn:/sbin/getty 38400 hvc0\n",
    CONSOLE, "init-no-login error", NULL },
  { "sysvinit, and a level on the command line", SYSVINIT, INITTAB,
    "h0:2345:respawn:/sbin/getty 38400 hvc0\n", "console=hvc0 3", "", NULL },
  { "sysvinit that halts", SYSVINIT, INITTAB,
    "id:0:initdefault:\nh0:2345:respawn:/sbin/getty 38400 hvc0\n", CONSOLE, "init-no-login error",
    NULL },
  { "no login", SYSTEMD, "/bin/login", "", CONSOLE, "console-login warning", NULL },
  { "sysvinit without a line", SYSVINIT, NULL, NULL, CONSOLE, "console-getty error", "" },
  { "sysvinit", SYSVINIT, INITTAB, "id:2:initdefault:\nh0:2345:respawn:/sbin/getty 38400 hvc0\n",
    CONSOLE, "", NULL },
  { "in another run level", SYSVINIT, INITTAB,
    "id:2:initdefault:\nh0:345:respawn:/sbin/getty 38400 hvc0\n", CONSOLE, "console-getty error",
    NULL },
  { "of no program", SYSVINIT, INITTAB, "id:2:initdefault:\nh0:2:respawn:/sbin/mgetty hvc0\n",
    CONSOLE, "console-getty error", NULL },
  { "commented out", SYSVINIT, INITTAB, "id:2:initdefault:\n#h0:2:respawn:/sbin/getty 9600 hvc0\n",
    CONSOLE, "console-getty error", "" },
  { "the kernel's console", SYSVINIT, INITTAB, "id:2:initdefault:\nco:2:respawn:/sbin/getty 9600 console\n", CONSOLE,
    "", NULL },
  { "another console of the kernel", SYSVINIT, INITTAB, "id:2:initdefault:\nco:2:respawn:/sbin/getty 9600 console\n",
    "console=hvc0 console=tty0", "console-getty error", "" },
  { "no inittab", BUSYBOX, INITTAB, "", CONSOLE, "console-getty error, console-securetty warning",
    "" },
  { "busybox", BUSYBOX, INITTAB, "hvc0::respawn:/sbin/getty -L hvc0 115200 vt100\n", CONSOLE,
    "console-securetty warning", "" },
  { "a name without a place", BUSYBOX, INITTAB, "hvc0::respawn:getty -L 115200 hvc0\n", CONSOLE,
    "console-securetty warning", "" },
  { "a shell on the console", BUSYBOX, INITTAB, "hvc0::askfirst:-/bin/sh\n", CONSOLE,
    "console-getty error, console-securetty warning", NULL },
  { "securetty of no one", BUSYBOX, "/etc/pam.d/login", "#auth required pam_securetty.so\n",
    CONSOLE, "console-getty error", "" },
  { "RHEL 6", UPSTART, NULL, NULL, CONSOLE, "console-securetty warning", "" },
  { "RHEL 6 without console=", UPSTART, NULL, NULL, "ro",
    "console-getty error, console-securetty warning", NULL },
  { "a job", UPSTART, "/etc/init/hvc0.conf", "start on x\nexec /sbin/agetty hvc0\n", "ro",
    "console-securetty warning", "" },
  { "no job", UPSTART, "/etc/init/serial.conf", "# exec getty hvc0\n", CONSOLE,
    "console-getty error, console-securetty warning", "" },
  { "an unknown init", SYSVINIT, INITTAB, "", CONSOLE, "console-getty unknown",
    NULL },
};

/* A device's unit is udev's. */
static void
test_no_udev (void)
{
  static const struct {
    const char *path, *text, *found;
  } cases[] = {
    { GUEST_UDEVD, "", "console-getty error" },
    { UNITS "systemd-udevd.service", "->/dev/null", "console-getty error" },
    { UNITS "getty.target.wants/serial-getty@hvc0.service", "->/x", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest_set_cmdline (&guest, CONSOLE);
      tree_edit (guest.machine->tree, UNITS "serial-getty@.service.d/x.conf",
                 "[Unit]\nBindsTo=dev-%i.device\n");
      tree_edit (guest.machine->tree, cases[i].path, cases[i].text);
      found = guest_find (&guest, domuimg_check_console);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

/* One of the guest's own does for systemd's, and a later file takes a condition back. */
static void
test_own_getty (void)
{
  static const struct {
    const char *name, *text, *wants, *mask, *found;
  } cases[] = {
    { "own.service", "[Service]\nExecStart=-/sbin/agetty 115200 hvc0\n", "multi-user.target", NULL, "" },
    { "own.service", "[Service]\nExecStart=/sbin/agetty /dev/hvc0\n", "getty.target", NULL, "" },
    { "own@.service", "[Service]\nExecStart=/sbin/agetty %I\n", "multi-user.target", NULL, "" },
    { "own.service", "[Service]\nExecStart=/sbin/agetty hvc1\n", "multi-user.target", NULL,
      "console-getty error" },
    { "own.service", "[Service]\nExecStart=/opt/agetty hvc0\n", "multi-user.target", NULL,
      "console-getty error" },
    { "own.service", "[Service]\nExecStart=/sbin/agetty hvc0\n", "rescue.target", NULL,
      "console-getty error" },
    { "own.service", "[Unit]\nConditionPathExists=/gone\n[Service]\nExecStart=/sbin/agetty hvc0\n",
      "multi-user.target", NULL, "console-getty error" },
    { "own.service", "[Service]\nExecStart=/sbin/agetty hvc0\n", "multi-user.target",
      "multi-user.target", "console-getty error, console-getty error" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gboolean is_template = strchr (cases[i].name, '@') != NULL;
      g_autofree char *path = g_strconcat (UNITS, cases[i].name, NULL);
      g_autofree char *link = g_strdup_printf (UNITS "%s.wants/%s", cases[i].wants,
                                               is_template ? "own@hvc0.service" : cases[i].name);
      g_autofree char *masked
          = cases[i].mask != NULL ? g_strconcat (UNITS, cases[i].mask, NULL) : NULL;
      g_auto (Guest) guest = { NULL };
      g_autoptr (GBytes) program = g_bytes_new_static ("x", 1);
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest_set_cmdline (&guest, CONSOLE);
      tree_put (guest.machine->tree, "/sbin/agetty", program, 0755);
      tree_edit (guest.machine->tree, UNITS "serial-getty@hvc0.service", "->/dev/null");
      tree_edit (guest.machine->tree, path, cases[i].text);
      tree_edit (guest.machine->tree, link, "->/x");
      if (masked != NULL)
        tree_edit (guest.machine->tree, masked, "->/dev/null");
      found = guest_find (&guest, domuimg_check_console);
      g_test_message ("%u", i);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

static void
test_condition_is_taken_back (void)
{
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;

  guest_init (&guest, SYSTEMD);
  guest_set_cmdline (&guest, CONSOLE);
  tree_edit (guest.machine->tree, UNITS "serial-getty@.service.d/a.conf",
             "[Unit]\nConditionPathExists=/etc/gone\n");
  tree_edit (guest.machine->tree, UNITS "serial-getty@hvc0.service.d/b.conf",
             "[Unit]\nConditionPathExists=\n");
  found = guest_find (&guest, domuimg_check_console);
  g_assert_cmpstr (found, ==, "");
}

static const Case selinux_cases[] = {
  { "none", SYSTEMD, NULL, NULL, "ro", "", NULL },
  { "enforced by the command line", SYSTEMD, NULL, NULL, "selinux=1 enforcing=1",
    "selinux-policy error", NULL },
  { "with a policy", SYSTEMD, "/etc/selinux/targeted/policy/policy.33", "x", "selinux=1 enforcing=1",
    "", NULL },
  { "turned off", SYSTEMD, "/etc/selinux/config", "SELINUX=enforcing\n", "security=selinux selinux=0",
    "", NULL },
  { "enforced by the file", SYSTEMD, "/etc/selinux/config",
    "SELINUX=enforcing\nSELINUXTYPE=default\n", "security=selinux", "selinux-policy error", NULL },
  { "permissive", SYSTEMD, "/etc/selinux/config", "SELINUX=permissive\n", "security=selinux", "",
    NULL },
};

static void
test_selinux (void)
{
  run_cases (selinux_cases, G_N_ELEMENTS (selinux_cases), domuimg_check_selinux, NULL);
}

/* It is the kernel that begins with SELinux or does not, and not the guest's distribution. */
static void
test_selinux_of_the_kernel (void)
{
  static const struct {
    const char *kernel, *found;
  } cases[] = { { "5.14.0-427.13.1.el9_4.x86_64", "selinux-policy error" },
                { "6.14.0-63.fc42.x86_64", "selinux-policy error" },
                { "6.1.0-57-amd64", "" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, "rocky-9");
      guest_set_cmdline (&guest, "ro");
      tree_edit (guest.machine->tree, "/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=none\n");
      guest_set_kernel (&guest, cases[i].kernel);
      found = guest_find (&guest, domuimg_check_selinux);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

/* What is behind a PV guest's 1,023 bytes is not there. */
static void
test_length_of_the_command_line (void)
{
  static const struct {
    DomuimgGuestType type;
    gsize length;
    const char *found;
  } cases[] = {
    { DOMUIMG_GUEST_TYPE_PV, 1023, "" },  { DOMUIMG_GUEST_TYPE_PV, 1024, "cmdline-length warning" },
    { DOMUIMG_GUEST_TYPE_PVH, 2047, "" }, { DOMUIMG_GUEST_TYPE_PVH, 2048, "cmdline-length error" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *line = g_strnfill (cases[i].length, 'x');
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest.machine->type = cases[i].type;
      guest_set_cmdline (&guest, line);
      found = guest_find (&guest, domuimg_check_cmdline);
      g_assert_cmpstr (found, ==, cases[i].found);
      if (cases[i].type == DOMUIMG_GUEST_TYPE_PV)
        g_assert_cmpuint (strlen (guest.machine->boot.cmdline), ==, 1023);
    }
}

static void
test_console (void)
{
  run_cases (console_cases, G_N_ELEMENTS (console_cases), domuimg_check_console, NULL);
}

static const Case program_cases[] = {
  { "what is there", SYSVINIT, INITTAB, "id:2:initdefault:\nsi::sysinit:/sbin/getty x\n", CONSOLE, "",
    NULL },
  { "systemd has no inittab", SYSTEMD, INITTAB, "::sysinit:/sbin/openrc1 sysinit\n", CONSOLE, "", NULL },
  { "Alpine without openrc", BUSYBOX, INITTAB,
    "# ::wait:/sbin/other\n::sysinit:/sbin/openrc1 sysinit\n::wait:/sbin/openrc1 default\n", CONSOLE,
    "init-programs warning", NULL },
  { "a script that is not there", SYSVINIT, INITTAB, "si::sysinit:/etc/init.d/rcX\n", CONSOLE,
    "init-programs warning", NULL },
  { "in another run level", SYSVINIT, INITTAB,
    "id:2:initdefault:\nl6:6:wait:/etc/init.d/rcX\n", CONSOLE, "", NULL },
  { "when it shuts down", BUSYBOX, INITTAB, "::shutdown:/sbin/openrc1 shutdown\n", CONSOLE, "", NULL },
  { "without a place", BUSYBOX, INITTAB, "::sysinit:openrc1\n", CONSOLE, "", NULL },
};

static void
test_programs_of_init (void)
{
  run_cases (program_cases, G_N_ELEMENTS (program_cases), domuimg_check_init_programs, NULL);
}

static void
test_owners (void)
{
  static const char *const files[] = { "/", "/etc/passwd", "/sbin/init" };

  for (guint i = 0; i <= G_N_ELEMENTS (files); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, SYSVINIT);
      if (i < G_N_ELEMENTS (files))
        {
          g_autoptr (DomuimgEntry) entry
              = domuimg_tree_stat_follow (guest.machine->tree, files[i], NULL);

          g_assert_nonnull (entry);
          entry->uid = entry->gid = 100000;
          g_assert_true (domuimg_tree_set_attributes (guest.machine->tree, entry, NULL));
        }
      found = guest_find (&guest, domuimg_check_owners);
      g_assert_cmpstr (found, ==, i < G_N_ELEMENTS (files) ? "owner-not-root warning" : "");
    }
}

static void
test_console_of_hvm (void)
{
  static const struct {
    const char *serial, *cmdline, *found;
    DomuimgGraphics graphics;
  } cases[] = {
    { "pty", "console=ttyS0", "", DOMUIMG_GRAPHICS_NONE },
    { "pty", "ro", "console-getty error", DOMUIMG_GRAPHICS_NONE },
    { "pty", "ro", "console-getty warning", DOMUIMG_GRAPHICS_VNC },
    { "pty", "console=hvc0", "console-parameter warning, console-getty error",
      DOMUIMG_GRAPHICS_NONE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest.machine->type = DOMUIMG_GUEST_TYPE_HVM;
      domuimg_domain_set_serial (guest.machine->domain, cases[i].serial);
      domuimg_domain_set_graphics (guest.machine->domain, cases[i].graphics, NULL, 0);
      guest_set_cmdline (&guest, cases[i].cmdline);
      found = guest_find (&guest, domuimg_check_console);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

#define INTERFACES "/etc/network/interfaces"
#define RULES "/etc/udev/rules.d/70-persistent-net.rules"
#define NETWORKD_FILE "/etc/systemd/network/a.network"
#define SHARED "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-"

typedef struct {
  const char *name;
  const char *fixture;
  const char *path;
  const char *text;
  const char *systemd; /* (nullable) its version */
  const char *cmdline;
  const char *found;
  const char *after; /* (nullable) */
} NetworkCase;

static const NetworkCase network_cases[] = {
  { "of a bus", SYSTEMD, INTERFACES, "auto ens3\niface ens3 inet dhcp\niface ens3 inet6 auto\n",
    "252", "ro", "network-interface warning", "" },
  { "of the kernel", SYSTEMD, INTERFACES, "iface eth0 inet dhcp\n", "252", "ro",
    "network-interface warning", "" },
  { "new names", SYSTEMD, INTERFACES, "iface enX0 inet dhcp\n", "252", "ro", "", NULL },
  { "new names, switched off", SYSTEMD, INTERFACES, "iface eth0 inet dhcp\n", "252",
    "ro net.ifnames=0", "", NULL },
  { "old names", SYSTEMD, INTERFACES, "iface eth0 inet dhcp\n", "247", "ro", "", NULL },
  { "new names in old systemd", SYSTEMD, INTERFACES, "iface enX0 inet dhcp\n", "247", "ro",
    "network-interface warning", "" },
  { "an unknown version", SYSTEMD, INTERFACES, "iface eth0 inet dhcp\niface enX0 inet dhcp\n", NULL,
    "ro", "", NULL },
  { "bridges and what has a name given", SYSTEMD, INTERFACES,
    "iface br0 inet dhcp\niface lo inet loopback\niface wg0 inet manual\n", "252", "ro", "", NULL },
  { "by address", SYSTEMD, INTERFACES, "auto mac/00:16:3e:00:00:01=eth0\niface eth0 inet dhcp\n",
    "252", "ro", "", NULL },
  { "sysvinit", SYSVINIT, INTERFACES, "iface enX0 inet dhcp\n", NULL, "ro",
    "network-interface warning", "" },
  { "networkd", SYSTEMD, NETWORKD_FILE, "[Match]\nName=ens3 enp0s3\n", "252", "ro",
    "network-interface warning", NULL },
  { "networkd, a pattern", SYSTEMD, NETWORKD_FILE, "[Match]\nName=ens3 en*\n", "252", "ro", "",
    NULL },
  { "networkd, an address", SYSTEMD, NETWORKD_FILE, "[Match]\nMACAddress=00:16:3E:01:02:03\n",
    "252", "ro", "", NULL },
  { "networkd, another address", SYSTEMD, NETWORKD_FILE, "[Match]\nMACAddress=52:54:00:00:00:01\n",
    "252", "ro", "network-interface warning", NULL },
  { "NetworkManager", "rocky-9", NULL, NULL, "252", "ro", "network-interface warning", NULL },
  { "ifcfg", "centos-7", NULL, NULL, "219", "ro", "network-interface warning", "" },
  { "ifcfg of another address", UPSTART, RULES, "", NULL, "ro", "network-interface warning", NULL },
  { "netplan", "ubuntu-netplan", NULL, NULL, "249", "ro", "network-interface warning", "" },
  { "netplan, by address", "ubuntu-netplan", "/etc/netplan/50-cloud-init.yaml",
    "ethernets:\n  ens3:\n    match:\n      macaddress: x\n", "249", "ro", "", NULL },
  { "rules of another machine", SYSVINIT, RULES,
    "# NAME=\"52:54:00:aa:bb:cc\"\nATTR{address}==\"52:54:00:aa:bb:cc\", NAME=\"eth0\"\n", NULL,
    "ro", "network-persistent-rules warning", "" },
  { "rules of this one", SYSVINIT, RULES,
    "ATTR{address}==\"00:16:3e:01:02:03\", NAME=\"eth0\"\nKERNEL==\"x\", NAME=\"y\"\n", NULL, "ro",
    "", NULL },
};

static void
look_at_network (Guest *guest, const NetworkCase *test)
{
  g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new (GUEST_MAC);

  guest_init (guest, test->fixture);
  domuimg_domain_add_nic (guest->machine->domain, nic);
  if (!g_str_equal (test->fixture, SYSVINIT) || !g_str_equal (test->path, RULES))
    tree_edit (guest->machine->tree, RULES, "");
  if (g_str_equal (test->fixture, SYSTEMD))
    tree_edit (guest->machine->tree, INTERFACES, "");
  if (test->path != NULL)
    tree_edit (guest->machine->tree, test->path, test->text);
  if (test->systemd != NULL)
    {
      g_autofree char *library = g_strconcat (SHARED, test->systemd, ".so", NULL);

      tree_put_text (guest->machine->tree, library, "x");
    }
  guest_set_cmdline (guest, test->cmdline);
}

static void
test_network (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (network_cases); i++)
    {
      const NetworkCase *test = &network_cases[i];
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      look_at_network (&guest, test);
      found = guest_find (&guest, domuimg_check_network);
      g_test_message ("%s", test->name);
      g_assert_cmpstr (found, ==, test->found);
      if (test->after == NULL)
        continue;
      guest_repair (&guest);
      g_free (found);
      found = guest_find (&guest, domuimg_check_network);
      g_assert_cmpstr (found, ==, test->after);
    }
}

static void
test_repaired_network_keeps_what_it_said (void)
{
  static const NetworkCase test = {
    NULL, SYSTEMD, INTERFACES,
    "auto ens3 ens3:1\niface ens3 inet static\n\taddress 192.0.2.1\niface ens30 inet manual\n"
    "# ens3.7\n",
    "252", "ro",
  };
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;

  look_at_network (&guest, &test);
  found = guest_find (&guest, domuimg_check_network);
  g_assert_cmpstr (found, ==, "network-interface warning, network-interface warning");
  guest_repair (&guest);
  guest_assert_contains (guest.machine->tree, INTERFACES,
                         "auto enX0 enX0:1\niface enX0 inet static\n\taddress 192.0.2.1\n");
  guest_assert_contains (guest.machine->tree, "/var/lib/domuimg/replaced" INTERFACES, "auto ens3 ");
}

/* What this library writes itself must be right. */
static void
test_own_network_is_right (void)
{
  static const char *const fixtures[] = { "alpine", "centos-6", "centos-7", "debian-bookworm",
                                          "debian-sysvinit", "rocky-9", "systemd-networkd",
                                          "ubuntu-netplan" };

  for (guint i = 0; i < G_N_ELEMENTS (fixtures); i++)
    {
      g_autoptr (DomuimgCustomise) want = guest_want ();
      g_autoptr (DomuimgDomainNic) nic = domuimg_domain_nic_new (GUEST_MAC);
      g_auto (Guest) guest = { NULL };
      g_autofree char *network = NULL, *console = NULL, *fstab = NULL;

      guest_init (&guest, fixtures[i]);
      domuimg_domain_add_nic (guest.machine->domain, nic);
      g_free (want->root_uuid);
      want->root_uuid = g_strdup (ROOT_UUID);
      console = guest_find (&guest, domuimg_check_console);
      if (guest.machine->info->init == DOMUIMG_INIT_SYSTEMD)
        tree_put_text (guest.machine->tree, SHARED "252.so", "x");
      guest_apply (want, guest.machine->tree);
      guest_set_cmdline (&guest, "root=UUID=" ROOT_UUID " ro console=hvc0");
      g_test_message ("%s", fixtures[i]);
      network = guest_find (&guest, domuimg_check_network);
      g_free (console);
      console = guest_find (&guest, domuimg_check_console);
      fstab = guest_find (&guest, domuimg_check_fstab);
      g_assert_cmpstr (network, ==, "");
      g_assert_cmpstr (console, ==, "");
      g_assert_cmpstr (fstab, ==, "");
    }
}

static void
test_modules (void)
{
  static const struct {
    const char *directory, *found;
    gboolean index;
  } cases[] = { { "/lib/modules/6.1.0-fixture", "", TRUE },
                { "/lib/modules/6.1.0-fixture", "modules-index warning", FALSE },
                { "/lib/modules/6.1.0-other", "modules-missing warning", TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *index = g_strconcat (cases[i].directory, "/modules.dep", NULL);
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init_programs (&guest);
      tree_edit (guest.machine->tree, cases[i].directory, "/");
      if (cases[i].index)
        tree_edit (guest.machine->tree, index, "kernel/a.ko:\n");
      found = guest_find (&guest, domuimg_check_modules);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

/* What is mounted beside the root, by a kernel whose modules the guest does not have. */
static void
test_filesystem_without_driver (void)
{
  static const struct {
    const char *builtin, *options, *found;
  } cases[] = { { "kernel/fs/ext4/ext4.ko\n", "defaults", "fstab-driver error" },
                { "kernel/fs/ext4/ext4.ko\n", "nofail", "fstab-driver warning" },
                { "kernel/fs/xfs/xfs.ko\n", "defaults", "" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) archive
          = cpio_new ("lib/modules/6.1.0-fixture/modules.builtin", cases[i].builtin, NULL);
      g_autofree char *line
          = g_strdup_printf ("/dev/xvda2 /srv xfs %s 0 0\n/dev/xvda1 / ext4 defaults 0 1\n",
                             cases[i].options);
      g_autoptr (GError) error = NULL;
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init_programs (&guest);
      guest.machine->boot.initramfs = domuimg_initramfs_new_for_bytes (archive, "initrd", &error);
      g_assert_no_error (error);
      tree_edit (guest.machine->tree, FSTAB, line);
      found = guest_find (&guest, domuimg_check_fstab);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-guest/fstab", test_fstab);
  g_test_add_func ("/check-guest/repaired-fstab-keeps-what-it-said",
                   test_repaired_fstab_keeps_what_it_said);
  g_test_add_func ("/check-guest/filesystem-that-systemd-makes", test_filesystem_that_systemd_makes);
  g_test_add_func ("/check-guest/repaired-tmp-is-for-everybody",
                   test_repaired_tmp_is_for_everybody);
  g_test_add_func ("/check-guest/devices-may-be-hidden", test_devices_may_be_hidden);
  g_test_add_func ("/check-guest/initramfs-mounts-usr", test_initramfs_mounts_usr);
  g_test_add_func ("/check-guest/no-udev", test_no_udev);
  g_test_add_func ("/check-guest/own-getty", test_own_getty);
  g_test_add_func ("/check-guest/condition-is-taken-back", test_condition_is_taken_back);
  g_test_add_func ("/check-guest/selinux", test_selinux);
  g_test_add_func ("/check-guest/selinux-of-the-kernel", test_selinux_of_the_kernel);
  g_test_add_func ("/check-guest/length-of-the-command-line", test_length_of_the_command_line);
  g_test_add_func ("/check-guest/console", test_console);
  g_test_add_func ("/check-guest/programs-of-init", test_programs_of_init);
  g_test_add_func ("/check-guest/owners", test_owners);
  g_test_add_func ("/check-guest/console-of-hvm", test_console_of_hvm);
  g_test_add_func ("/check-guest/network", test_network);
  g_test_add_func ("/check-guest/repaired-network-keeps-what-it-said",
                   test_repaired_network_keeps_what_it_said);
  g_test_add_func ("/check-guest/own-network-is-right", test_own_network_is_right);
  g_test_add_func ("/check-guest/modules", test_modules);
  g_test_add_func ("/check-guest/filesystem-without-driver", test_filesystem_without_driver);
  return g_test_run ();
}
