/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "lib/check/elf-needs.h"
#include "lib/check/libraries.h"
#include "lib/check/repair.h"
#include "lib/check/report.h"
#include "lib/tree/tree-dir.h"
#include "tests/unit/guest-fixtures.h"
#include "tests/unit/kernel-fixtures.h"

/* The rules over a guest's files: an edit of a fixture, and what is found then. */

#define ROOT_UUID "aaaaaaaa-0000-4000-8000-000000000001"
#define DATA_UUID "aaaaaaaa-0000-4000-8000-000000000002"
#define SYSTEMD "debian-bookworm"
#define SYSVINIT "debian-sysvinit"
#define UPSTART "centos-6"
#define BUSYBOX "alpine"

typedef void (*Rule) (DomuimgMachine *machine);

/* A machine with a tree of its own, which no image holds. */
typedef struct {
  DomuimgMachine *machine;
  DomuimgVolume volumes[4];
} Guest;

static void
add_device (Guest *self, guint i, const char *name, const char *fs, const char *uuid)
{
  DomuimgCheckDevice *device = g_new0 (DomuimgCheckDevice, 1);

  self->volumes[i].fs = (char *) fs;
  self->volumes[i].uuid = (char *) uuid;
  device->name = g_strdup (name);
  device->volume = &self->volumes[i];
  g_ptr_array_add (self->machine->devices, device);
}

static void
guest_clear (Guest *self)
{
  domuimg_machine_free (self->machine);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Guest, guest_clear)

static void
put (DomuimgTree *tree, const char *path, GBytes *content, guint32 mode)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (DomuimgEntry) entry = g_new0 (DomuimgEntry, 1);

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  entry->path = domuimg_path_normalise (path, &error);
  g_assert_no_error (error);
  entry->type = DOMUIMG_ENTRY_FILE;
  entry->mode = mode;
  domuimg_tree_put (tree, entry, content, &error);
  g_assert_no_error (error);
}

static void
put_text (DomuimgTree *tree, const char *path, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  put (tree, path, bytes, 0644);
}

static void
put_script (DomuimgTree *tree, const char *path)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);

  put (tree, path, bytes, 0755);
}

/* Text: the file's; "->TARGET": a symlink; "/": a directory; "": nothing. */
static void
edit (DomuimgTree *tree, const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  if (*text == '\0')
    domuimg_tree_remove_all (tree, path, &error);
  else if (g_str_equal (text, "/"))
    domuimg_tree_mkdir_p (tree, path, 0755, &error);
  else if (g_str_has_prefix (text, "->"))
    {
      g_autofree char *directory = g_path_get_dirname (path);

      domuimg_tree_mkdir_p (tree, directory, 0755, NULL);
      domuimg_tree_symlink (tree, text + 2, path, &error);
    }
  else
    put_text (tree, path, text);
  g_assert_no_error (error);
}

static void
guest_init (Guest *self, const char *fixture)
{
  static const char *const directories[] = { "/dev", "/proc", "/sys", "/run", "/tmp" };
  g_autoptr (GError) error = NULL;
  DomuimgMachine *machine = domuimg_machine_new ();
  DomuimgCheckDevice *root;

  memset (self, 0, sizeof *self);
  self->machine = machine;
  machine->path = g_strdup ("web1.cfg");
  machine->domain = domuimg_domain_new ("web1", &error);
  g_assert_no_error (error);
  machine->type = DOMUIMG_GUEST_TYPE_PVH;
  machine->boot.cmdline = g_strdup ("root=UUID=" ROOT_UUID " ro");
  add_device (self, 0, "xvda1", "ext4", ROOT_UUID);
  add_device (self, 1, "xvda2", "xfs", DATA_UUID);
  add_device (self, 2, "xvda3", "swap", NULL);
  root = g_ptr_array_index (machine->devices, 0);
  root->tree = guest_load (fixture);
  machine->root = root;
  machine->tree = root->tree;
  edit (machine->tree, "/etc/fstab", "");
  edit (machine->tree, "/etc/crypttab", "");
  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    edit (machine->tree, directories[i], "/");
  put_script (machine->tree, "/bin/login");
}

/* Once the tree is as it shall be. */
static void
guest_look (Guest *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->machine->info, domuimg_guest_info_free);
  self->machine->info = domuimg_guest_info_new (self->machine->tree, &error);
  g_assert_no_error (error);
}

static void
set_cmdline (Guest *self, const char *cmdline)
{
  g_free (self->machine->boot.cmdline);
  self->machine->boot.cmdline = g_strdup (cmdline);
}

/* "ID severity, ..." of what is found now. */
static char *
find (Guest *self, Rule rule)
{
  g_autoptr (GString) text = g_string_new (NULL);
  GPtrArray *findings;

  g_object_unref (self->machine->report);
  self->machine->report = domuimg_report_new ();
  guest_look (self);
  rule (self->machine);
  findings = domuimg_report_get_findings (self->machine->report);
  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      g_string_append_printf (text, "%s%s %s", i > 0 ? ", " : "", finding->id,
                              domuimg_severity_to_string (finding->severity));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Runs the repairs that were offered. */
static void
repair (Guest *self)
{
  GPtrArray *findings = domuimg_report_get_findings (self->machine->report);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (g_free);
  DomuimgRepairSite site
      = { .machine = self->machine, .tree = self->machine->tree, .changes = changes };

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);
      g_autoptr (GError) error = NULL;

      g_assert_nonnull (finding->remedy);
      if (finding->repair == NULL || finding->repair == domuimg_repair_parameter)
        continue;
      finding->repair (&site, finding->argument, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (changes->len, >, 0);
    }
}

typedef struct {
  const char *name;
  const char *fixture;
  const char *path; /* (nullable) of what is changed */
  const char *text;
  const char *cmdline; /* (nullable) */
  const char *found;
  const char *after; /* (nullable) what is found after the repairs */
} Case;

static void
run_cases (const Case *cases, guint n_cases, Rule rule)
{
  for (guint i = 0; i < n_cases; i++)
    {
      const Case *test = &cases[i];
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, test->fixture);
      if (test->path != NULL)
        edit (guest.machine->tree, test->path, test->text);
      if (test->cmdline != NULL)
        set_cmdline (&guest, test->cmdline);
      found = find (&guest, rule);
      if (!g_str_equal (found, test->found))
        {
          g_test_message ("%s: found \"%s\", and not \"%s\"", test->name, found, test->found);
          g_test_fail ();
          continue;
        }
      if (test->after == NULL)
        continue;
      repair (&guest);
      g_free (found);
      found = find (&guest, rule);
      if (!g_str_equal (found, test->after))
        {
          g_test_message ("%s, repaired: found \"%s\", and not \"%s\"", test->name, found,
                          test->after);
          g_test_fail ();
        }
    }
}

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
  { "blanks in names, and none of fields", SYSTEMD, FSTAB,
    "/dev/xvda2 /srv/a\\040b auto\nx\n/dev/xvda2 /mnt\\\n/dev/xvda2 /mnt\\0\n", NULL, "", NULL },
  { "mount point with a blank", SYSVINIT, FSTAB, "/dev/xvda2 /a\\040b xfs defaults 0 0\n", NULL,
    "fstab-mount-point warning", "" },
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
  run_cases (fstab_cases, G_N_ELEMENTS (fstab_cases), domuimg_check_fstab);
}

static void
test_repaired_fstab_keeps_what_it_said (void)
{
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;
  g_autoptr (GPtrArray) names = NULL;

  guest_init (&guest, SYSTEMD);
  edit (guest.machine->tree, FSTAB,
        "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2  /srv ext4 defaults 0 2\n"
        " /dev/xvda2 /opt ext4 nofail 0 2\n");
  found = find (&guest, domuimg_check_fstab);
  repair (&guest);
  guest_assert_contains (guest.machine->tree, FSTAB,
                         "UUID=" ROOT_UUID " / ext4 defaults 0 1\n"
                         "# domuimg: no such device in this guest: /dev/sda2  /srv ext4 defaults 0"
                         " 2\n /dev/xvda2 /opt xfs nofail 0 2\n");
  guest_assert_contains (guest.machine->tree, "/var/lib/domuimg/replaced/etc/fstab",
                         "/dev/sda1 / ext4 defaults 0 1\n/dev/sda2  /srv");
}

static void
test_repaired_tmp_is_for_everybody (void)
{
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;

  guest_init (&guest, SYSTEMD);
  edit (guest.machine->tree, "/tmp", "");
  found = find (&guest, domuimg_check_fstab);
  repair (&guest);
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
      add_device (&guest, 3, "xvdb", hiding[i], "u");
      edit (guest.machine->tree, FSTAB,
            "UUID=gone /srv ext4 defaults 0 2\nUUID=gone2 /a ext4 nofail 0 2\n");
      found = find (&guest, domuimg_check_fstab);
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
      edit (guest.machine->tree, FSTAB, "UUID=gone /usr ext4 nofail 0 2\n");
      found = find (&guest, domuimg_check_fstab);
      g_assert_cmpstr (found, ==, i == 0 ? "fstab-device error" : "fstab-device warning");
    }
}

/* A program or library for x86_64 that needs libraries; @interpreter and @search are nullable. */
static GBytes *
program_new (guint16 machine, const char *interpreter, const char *search, guint32 search_tag,
             const char *const *needed)
{
  GByteArray *file = g_byte_array_new ();
  g_autoptr (GString) strings = g_string_new_len ("", 1);
  g_autoptr (GArray) dynamic = g_array_new (FALSE, TRUE, sizeof (Elf64_Dyn));
  Elf64_Ehdr header = { .e_ident = ELFMAG, .e_type = ET_DYN, .e_machine = machine,
                        .e_phoff = sizeof header, .e_ehsize = sizeof header,
                        .e_phentsize = sizeof (Elf64_Phdr), .e_phnum = 3 };
  Elf64_Phdr segments[3] = { { .p_type = PT_LOAD }, { .p_type = PT_DYNAMIC }, { 0 } };
  Elf64_Dyn entry;
  gsize at = sizeof header + sizeof segments;

  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  for (guint i = 0; needed != NULL && needed[i] != NULL; i++)
    {
      entry = (Elf64_Dyn){ DT_NEEDED, { strings->len } };
      g_array_append_val (dynamic, entry);
      g_string_append_len (strings, needed[i], strlen (needed[i]) + 1);
    }
  if (search != NULL)
    {
      entry = (Elf64_Dyn){ search_tag, { strings->len } };
      g_array_append_val (dynamic, entry);
      g_string_append_len (strings, search, strlen (search) + 1);
    }
  entry = (Elf64_Dyn){ DT_STRSZ, { strings->len } };
  g_array_append_val (dynamic, entry);
  /* Addresses are 0x10000 above offsets, so that one is not taken for the other. */
  entry = (Elf64_Dyn){ DT_STRTAB, { 0x10000 + at } };
  g_array_append_val (dynamic, entry);
  entry = (Elf64_Dyn){ DT_NULL, { 0 } };
  g_array_append_val (dynamic, entry);
  segments[1].p_offset = at + strings->len;
  segments[1].p_filesz = dynamic->len * sizeof entry;
  if (interpreter != NULL)
    segments[2] = (Elf64_Phdr){ .p_type = PT_INTERP,
                                .p_offset = segments[1].p_offset + segments[1].p_filesz,
                                .p_filesz = strlen (interpreter) + 1 };
  segments[0].p_vaddr = 0x10000;
  segments[0].p_filesz = segments[1].p_offset + segments[1].p_filesz;
  g_byte_array_append (file, (const guint8 *) &header, sizeof header);
  g_byte_array_append (file, (const guint8 *) segments, sizeof segments);
  g_byte_array_append (file, (const guint8 *) strings->str, strings->len);
  g_byte_array_append (file, (const guint8 *) dynamic->data, dynamic->len * sizeof entry);
  if (interpreter != NULL)
    g_byte_array_append (file, (const guint8 *) interpreter, strlen (interpreter) + 1);
  return g_byte_array_free_to_bytes (file);
}

static void
put_program (DomuimgTree *tree, const char *path, const char *interpreter, const char *search,
             guint32 search_tag, const char *const *needed)
{
  g_autoptr (GBytes) bytes
      = program_new (EM_X86_64, interpreter, search, search_tag, needed);

  put (tree, path, bytes, 0755);
}

#define INIT "/lib/systemd/systemd"
#define LOADER "/lib64/ld-linux-x86-64.so.2"

/* A guest whose init has what it needs, as Debian has it. */
static void
guest_init_programs (Guest *self)
{
  static const char *const of_init[] = { "libsystemd-core.so", "libc.so.6", NULL };
  static const char *const of_core[] = { "libsystemd-shared.so", "libc.so.6", NULL };
  static const char *const of_shared[] = { "libmount.so.1", "libc.so.6", NULL };
  static const char *const of_mount[] = { "libc.so.6", NULL };
  g_autoptr (GBytes) kernel = elf_of_linux (TRUE, TRUE);
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree;

  guest_init (self, SYSTEMD);
  self->machine->boot.kernel = domuimg_kernel_new_for_bytes (kernel, "vmlinuz", &error);
  g_assert_no_error (error);
  tree = self->machine->tree;
  put_program (tree, INIT, LOADER, "/usr/lib/x86_64-linux-gnu/systemd", DT_RUNPATH, of_init);
  put_program (tree, LOADER, NULL, NULL, 0, NULL);
  put_program (tree, "/lib/x86_64-linux-gnu/libc.so.6", NULL, NULL, 0, NULL);
  put_program (tree, "/lib/x86_64-linux-gnu/systemd/libsystemd-core.so", NULL, "$ORIGIN",
               DT_RUNPATH, of_core);
  put_program (tree, "/lib/x86_64-linux-gnu/systemd/libsystemd-shared.so", NULL, NULL, 0,
               of_shared);
  put_program (tree, "/opt/lib/libmount.so.1", NULL, NULL, 0, of_mount);
  edit (tree, "/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
  edit (tree, "/etc/ld.so.conf.d/opt.conf", "# more\n/opt/lib\n");
  edit (tree, "/lib/systemd/system/multi-user.target", "[Unit]\n");
  edit (tree, "/lib/systemd/system/rescue.target", "[Unit]\n");
}

#define TARGET "/etc/systemd/system/default.target"

static const Case init_cases[] = {
  { "what is there", NULL, NULL, NULL, NULL, "", NULL },
  { "no init", NULL, "/usr/sbin/init", "", NULL, "init-missing error", NULL },
  { "dangling", NULL, INIT, "", NULL, "init-missing error", NULL },
  { "a text that nobody may execute", NULL, INIT, "x", NULL, "init-not-executable error",
    "init-architecture error" },
  { "a directory", NULL, "/usr/sbin/init", "->/etc", NULL, "init-not-executable error", NULL },
  { "in another place", NULL, "/usr/bin/init", "->" INIT, NULL, "", NULL },
  { "no loader", NULL, LOADER, "", NULL, "init-loader error", NULL },
  { "loader not executable", NULL, LOADER, "x", NULL, "init-loader error", NULL },
  { "no library", NULL, "/lib/x86_64-linux-gnu/libc.so.6", "", NULL, "init-libraries error", NULL },
  { "no library of a library", NULL, "/opt/lib/libmount.so.1", "", NULL, "init-libraries error",
    NULL },
  { "a library that is none", NULL, "/opt/lib/libmount.so.1", "INPUT(x)", NULL,
    "init-libraries error", NULL },
  { "a directory that nobody looks in", NULL, "/etc/ld.so.conf.d/opt.conf", "", NULL,
    "init-libraries error", NULL },
  { "a loop of configurations", NULL, "/etc/ld.so.conf.d/a.conf",
    "include /etc/ld.so.conf\ninclude ld.so.conf.d/*\n", NULL, "", NULL },
  { "init=", NULL, NULL, NULL, "init=" INIT, "", NULL },
  { "init= of what is not there", NULL, NULL, NULL, "init=/sbin/other", "init-missing error",
    NULL },
  { "init= of a shell", NULL, NULL, NULL, "init=/bin/sh", "init-no-login error", NULL },
  { "single", NULL, NULL, NULL, "ro single", "init-no-login error", NULL },
  { "a word that only starts so", NULL, NULL, NULL, "ro singles=1 S=2 rescue=x", "", NULL },
  { "a unit", NULL, NULL, NULL, "systemd.unit=rescue.target", "init-no-login error", NULL },
  { "another unit", NULL, NULL, NULL, "systemd.unit=multi-user.target", "", NULL },
  { "a target", NULL, TARGET, "->/lib/systemd/system/multi-user.target", NULL, "", NULL },
  { "a target with a shell", NULL, TARGET, "->/lib/systemd/system/rescue.target", NULL,
    "init-no-login error", "" },
  { "no target", NULL, TARGET, "->/lib/systemd/system/graphical.target", NULL,
    "init-no-login error", "" },
};

static void
test_init (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (init_cases); i++)
    {
      const Case *test = &init_cases[i];
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init_programs (&guest);
      if (test->path != NULL)
        edit (guest.machine->tree, test->path, test->text);
      if (test->cmdline != NULL)
        set_cmdline (&guest, test->cmdline);
      found = find (&guest, domuimg_check_init_program);
      g_test_message ("%s", test->name);
      g_assert_cmpstr (found, ==, test->found);
      if (test->after == NULL)
        continue;
      repair (&guest);
      g_free (found);
      found = find (&guest, domuimg_check_init_program);
      g_assert_cmpstr (found, ==, test->after);
    }
}

static void
test_init_of_another_architecture (void)
{
  static const struct {
    guint16 machine;
    const char *found;
  } cases[] = { { EM_AARCH64, "init-architecture error" }, { EM_X86_64, "" }, { EM_386, "" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;
      g_autoptr (GBytes) bytes = program_new (cases[i].machine, NULL, NULL, 0, NULL);

      guest_init_programs (&guest);
      put (guest.machine->tree, INIT, bytes, 0755);
      found = find (&guest, domuimg_check_init_program);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

static void
test_init_may_be_a_script (void)
{
  static const struct {
    const char *text, *found;
  } cases[] = { { "#!" INIT " -x\n", "" },
                { "#! /bin/none\n", "init-missing error" },
                { "#!/sbin/init\n", "init-architecture error" },
                { "echo\n", "init-architecture error" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;
      g_autoptr (GBytes) bytes = g_bytes_new (cases[i].text, strlen (cases[i].text));

      guest_init_programs (&guest);
      edit (guest.machine->tree, "/usr/sbin/init", "");
      put (guest.machine->tree, "/usr/sbin/init", bytes, 0755);
      found = find (&guest, domuimg_check_init_program);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

static void
test_initramfs_falls_back_to_another_init (void)
{
  g_autoptr (GBytes) archive = cpio_new ("scripts/functions", "x", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (Guest) guest = { NULL };
  g_autofree char *found = NULL;

  guest_init_programs (&guest);
  guest.machine->boot.initramfs = domuimg_initramfs_new_for_bytes (archive, "initrd", &error);
  g_assert_no_error (error);
  set_cmdline (&guest, "init=/sbin/other break=mount");
  found = find (&guest, domuimg_check_init_program);
  g_assert_cmpstr (found, ==, "init-missing warning, init-no-login error");
}

static void
test_rpath_holds_for_libraries_of_libraries (void)
{
  static const char *const one[] = { "libone.so", NULL };
  static const char *const two[] = { "libtwo.so", NULL };
  g_auto (Guest) guest = { NULL };
  g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
  DomuimgTree *tree;

  guest_init (&guest, SYSTEMD);
  tree = guest.machine->tree;
  put_program (tree, "/opt/x/bin/x", NULL, "/none:${ORIGIN}/../lib", DT_RPATH, one);
  put_program (tree, "/opt/x/lib/libone.so", NULL, NULL, 0, two);
  put_program (tree, "/opt/x/lib/libtwo.so", NULL, NULL, 0, one);
  domuimg_libraries_find_missing (tree, "/opt/x/bin/x", missing);
  g_assert_cmpuint (missing->len, ==, 0);
  edit (tree, "/opt/x/lib/libtwo.so", "");
  domuimg_libraries_find_missing (tree, "/opt/x/bin/x", missing);
  g_assert_cmpuint (missing->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (missing, 0), ==, "libtwo.so");
}

/* The machine's own programs start, so nothing may be said to be missing. */
static void
test_programs_of_this_machine_have_their_libraries (void)
{
  static const char *const programs[] = { "/bin/sh", "/bin/ls", "/usr/bin/python3",
                                          "/lib/systemd/systemd", "/sbin/agetty" };
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTree) host = domuimg_tree_dir_new ("/", &error);

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autoptr (GPtrArray) missing = g_ptr_array_new_with_free_func (g_free);
      g_autofree char *list = NULL;

      domuimg_libraries_find_missing (host, programs[i], missing);
      g_ptr_array_add (missing, NULL);
      list = g_strjoinv (", ", (char **) missing->pdata);
      g_test_message ("%s", programs[i]);
      g_assert_cmpstr (list, ==, "");
    }
}

/* Any byte of a program set to any of some values, and any length of it. */
static void
test_damaged_programs (void)
{
  static const guint8 values[] = { 0, 1, 0x7f, 0x80, 0xff };
  static const char *const needed[] = { "liba.so", NULL };
  g_autoptr (GBytes) good = program_new (EM_X86_64, LOADER, "/x", DT_RUNPATH, needed);
  gsize size;
  const guint8 *data = g_bytes_get_data (good, &size);
  g_auto (Guest) guest = { NULL };

  guest_init (&guest, SYSTEMD);
  for (gsize i = 0; i < size * (G_N_ELEMENTS (values) + 1); i++)
    {
      g_autofree guint8 *copy = g_memdup2 (data, size);
      gboolean cut = i / size == G_N_ELEMENTS (values);
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgElfNeeds) needs = NULL;

      if (!cut)
        copy[i % size] = values[i / size];
      bytes = g_bytes_new (copy, cut ? i % size : size);
      put (guest.machine->tree, "/x", bytes, 0755);
      needs = domuimg_elf_needs_read (guest.machine->tree, "/x", &error);
      g_assert_true (needs == NULL || error == NULL);
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
  { "the kernel's console", SYSVINIT, INITTAB, "co:2:respawn:/sbin/getty 9600 console\n", CONSOLE,
    "", NULL },
  { "another console of the kernel", SYSVINIT, INITTAB, "co:2:respawn:/sbin/getty 9600 console\n",
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

static void
test_console (void)
{
  run_cases (console_cases, G_N_ELEMENTS (console_cases), domuimg_check_console);
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
      set_cmdline (&guest, cases[i].cmdline);
      found = find (&guest, domuimg_check_console);
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
    edit (guest->machine->tree, RULES, "");
  if (g_str_equal (test->fixture, SYSTEMD))
    edit (guest->machine->tree, INTERFACES, "");
  if (test->path != NULL)
    edit (guest->machine->tree, test->path, test->text);
  if (test->systemd != NULL)
    {
      g_autofree char *library = g_strconcat (SHARED, test->systemd, ".so", NULL);

      put_text (guest->machine->tree, library, "x");
    }
  set_cmdline (guest, test->cmdline);
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
      found = find (&guest, domuimg_check_network);
      g_test_message ("%s", test->name);
      g_assert_cmpstr (found, ==, test->found);
      if (test->after == NULL)
        continue;
      repair (&guest);
      g_free (found);
      found = find (&guest, domuimg_check_network);
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
  found = find (&guest, domuimg_check_network);
  g_assert_cmpstr (found, ==, "network-interface warning, network-interface warning");
  repair (&guest);
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
      guest_look (&guest);
      if (guest.machine->info->init == DOMUIMG_INIT_SYSTEMD)
        put_text (guest.machine->tree, SHARED "252.so", "x");
      guest_apply (want, guest.machine->tree);
      set_cmdline (&guest, "root=UUID=" ROOT_UUID " ro console=hvc0");
      g_test_message ("%s", fixtures[i]);
      network = find (&guest, domuimg_check_network);
      console = find (&guest, domuimg_check_console);
      fstab = find (&guest, domuimg_check_fstab);
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
      edit (guest.machine->tree, cases[i].directory, "/");
      if (cases[i].index)
        edit (guest.machine->tree, index, "kernel/a.ko:\n");
      found = find (&guest, domuimg_check_modules);
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
          = g_strdup_printf ("/dev/xvda2 /srv xfs %s 0 0\n/dev/xvda1 / ext4 x 0 1\n",
                             cases[i].options);
      g_autoptr (GError) error = NULL;
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init_programs (&guest);
      guest.machine->boot.initramfs = domuimg_initramfs_new_for_bytes (archive, "initrd", &error);
      g_assert_no_error (error);
      edit (guest.machine->tree, FSTAB, line);
      found = find (&guest, domuimg_check_fstab);
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
  g_test_add_func ("/check-guest/repaired-tmp-is-for-everybody",
                   test_repaired_tmp_is_for_everybody);
  g_test_add_func ("/check-guest/devices-may-be-hidden", test_devices_may_be_hidden);
  g_test_add_func ("/check-guest/initramfs-mounts-usr", test_initramfs_mounts_usr);
  g_test_add_func ("/check-guest/init", test_init);
  g_test_add_func ("/check-guest/init-of-another-architecture", test_init_of_another_architecture);
  g_test_add_func ("/check-guest/init-may-be-a-script", test_init_may_be_a_script);
  g_test_add_func ("/check-guest/initramfs-falls-back-to-another-init",
                   test_initramfs_falls_back_to_another_init);
  g_test_add_func ("/check-guest/rpath-holds-for-libraries-of-libraries",
                   test_rpath_holds_for_libraries_of_libraries);
  g_test_add_func ("/check-guest/programs-of-this-machine-have-their-libraries",
                   test_programs_of_this_machine_have_their_libraries);
  g_test_add_func ("/check-guest/damaged-programs", test_damaged_programs);
  g_test_add_func ("/check-guest/console", test_console);
  g_test_add_func ("/check-guest/console-of-hvm", test_console_of_hvm);
  g_test_add_func ("/check-guest/network", test_network);
  g_test_add_func ("/check-guest/repaired-network-keeps-what-it-said",
                   test_repaired_network_keeps_what_it_said);
  g_test_add_func ("/check-guest/own-network-is-right", test_own_network_is_right);
  g_test_add_func ("/check-guest/modules", test_modules);
  g_test_add_func ("/check-guest/filesystem-without-driver", test_filesystem_without_driver);
  return g_test_run ();
}
