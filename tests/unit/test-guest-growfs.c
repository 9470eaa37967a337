/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/guest-fixtures.h"

#include <string.h>

#define SCRIPT "/etc/domuimg/growfs"
#define FINDFS "/usr/sbin/findfs"
#define GROWFS "/usr/lib/systemd/systemd-growfs"
#define REPART "/usr/bin/systemd-repart"
#define REPART_WANTED "/usr/lib/systemd/system/sysinit.target.wants/systemd-repart.service"
#define DEFINITION "/etc/repart.d/50-domuimg-root.conf"

static void
add_file (DomuimgTree *tree, const char *path, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  domuimg_tree_write_text (tree, path, text, 0755, &error);
  g_assert_no_error (error);
}

/* A fixture with empty files of these names, ended by NULL. */
static DomuimgTree *
load_with (const char *fixture, const char *const *paths)
{
  DomuimgTree *tree = guest_load (fixture);

  for (guint i = 0; paths[i] != NULL; i++)
    add_file (tree, paths[i], "");
  return tree;
}

/* A root of type @fs that grows; @on: "disk", "mbr" or "gpt". */
static DomuimgCustomise *
want_growth (const char *fs, const char *on)
{
  DomuimgCustomise *want = guest_want ();
  DomuimgGuestGrowth *growth = domuimg_customise_add_growth (want, GUEST_UUID, "/", fs);

  g_free (want->root_fs);
  want->root_fs = g_strdup (fs);
  growth->has_partition = !g_str_equal (on, "disk");
  growth->root_type = g_str_equal (on, "gpt") ? "root-x86-64" : NULL;
  return want;
}

static void
assert_refused (const DomuimgCustomise *want, DomuimgTree *tree, const char *word)
{
  g_autofree char *before = guest_dump (tree);
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_customise_run (want, tree, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, "growfs=true"));
  g_assert_nonnull (strstr (error->message, word));
  after = guest_dump (tree);
  g_assert_cmpstr (before, ==, after);
}

static void
test_systemd_grows_a_whole_disk (void)
{
  static const char *const has[] = { GROWFS, NULL };
  g_autoptr (DomuimgTree) tree = load_with ("debian-bookworm", has);
  g_autoptr (DomuimgCustomise) want = want_growth ("ext4", "disk");

  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/fstab",
                         " / ext4 errors=remount-ro,x-systemd.growfs 0 1\n");
  guest_assert_absent (tree, SCRIPT);
  guest_assert_absent (tree, DEFINITION);
}

static void
test_systemd_grows_a_partition (void)
{
  static const char *const has[] = { GROWFS, REPART, REPART_WANTED, NULL };
  g_autoptr (DomuimgTree) tree = load_with ("debian-bookworm", has);
  g_autoptr (DomuimgCustomise) want = want_growth ("xfs", "gpt");
  g_autofree char *before = NULL, *after = NULL;

  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/fstab", " / xfs defaults,x-systemd.growfs 0 0\n");
  guest_assert_contains (tree, DEFINITION, "[Partition]\nType=root-x86-64\n");
  guest_assert_absent (tree, SCRIPT);
  before = guest_dump (tree);
  guest_apply (want, tree);
  after = guest_dump (tree);
  g_assert_cmpstr (before, ==, after);
}

/* An MBR is nothing for systemd-repart, nor is a disk that the distribution has plans for. */
static void
test_a_script_grows_what_systemd_does_not (void)
{
  static const char *const has[]
      = { GROWFS, REPART, REPART_WANTED, FINDFS, "/usr/bin/growpart", NULL };
  static const char *const layouts[] = { "mbr", "gpt" };

  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      g_autoptr (DomuimgTree) tree = load_with ("debian-bookworm", has);
      g_autoptr (DomuimgCustomise) want = want_growth ("ext4", layouts[i]);

      add_file (tree, "/usr/lib/repart.d/10-usr.conf", "[Partition]\nType=usr\n");
      guest_apply (want, tree);
      guest_assert_contains (tree, SCRIPT, "\ngrow " GUEST_UUID " " GROWFS " '/' || status=1\n");
      guest_assert_mode (tree, SCRIPT, 0755);
      guest_assert_contains (tree, "/etc/systemd/system/domuimg-growfs.service",
                             "ExecStart=/bin/sh " SCRIPT "\n");
      guest_assert_link (tree, "/etc/systemd/system/multi-user.target.wants/domuimg-growfs.service",
                         "/etc/systemd/system/domuimg-growfs.service");
      guest_assert_absent (tree, DEFINITION);
      guest_assert_lacks (tree, "/etc/fstab", "x-systemd.growfs");
    }
}

static void
test_every_init_runs_the_script (void)
{
  static const struct {
    const char *fixture, *path, *part;
  } cases[] = {
    { "debian-sysvinit", "/etc/inittab", "\ndgfs::bootwait:/bin/sh " SCRIPT "\n" },
    { "centos-6", "/etc/init/domuimg-growfs.conf", "exec /bin/sh " SCRIPT "\n" },
    { "centos-7", "/etc/systemd/system/domuimg-growfs.service", "ExecStart=/bin/sh " SCRIPT "\n" },
    { "alpine", "/etc/init.d/domuimg-growfs", "#!/sbin/openrc-run\n" },
  };
  static const char *const has[] = { FINDFS, "/usr/sbin/xfs_growfs", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgTree) tree = load_with (cases[i].fixture, has);
      g_autoptr (DomuimgCustomise) want = want_growth ("xfs", "disk");
      g_autofree char *before = NULL, *after = NULL;

      guest_apply (want, tree);
      guest_assert_contains (tree, cases[i].path, cases[i].part);
      guest_assert_contains (tree, SCRIPT, "\ngrow " GUEST_UUID " xfs_growfs '/' || status=1\n");
      before = guest_dump (tree);
      guest_apply (want, tree);
      after = guest_dump (tree);
      g_assert_cmpstr (before, ==, after);
    }
}

static void
test_openrc_has_it_in_its_run_level (void)
{
  static const char *const has[] = { FINDFS, "/sbin/resize2fs", NULL };
  g_autoptr (DomuimgTree) tree = load_with ("alpine", has);
  g_autoptr (DomuimgCustomise) want = want_growth ("ext4", "disk");

  guest_apply (want, tree);
  guest_assert_link (tree, "/etc/runlevels/boot/domuimg-growfs", "/etc/init.d/domuimg-growfs");
}

static void
test_busybox_alone_waits_for_it (void)
{
  static const char *const has[] = { FINDFS, "/sbin/resize2fs", NULL };
  g_autoptr (DomuimgTree) tree
      = guest_load_text ("/bin/busybox f 0755 0:0 - - - - \"x\"\n"
                         "/etc/inittab f 0644 0:0 - - - - \"::sysinit:/etc/rcS\\n\"\n"
                         "/etc/passwd f 0644 0:0 - - - - \"root:x:0:0:root:/root:/bin/sh\\n\"\n"
                         "/sbin/init l 0777 0:0 - - - /bin/busybox -\n");
  g_autoptr (DomuimgCustomise) want = want_growth ("ext4", "disk");

  for (guint i = 0; has[i] != NULL; i++)
    add_file (tree, has[i], "");
  guest_apply (want, tree);
  guest_assert_contains (tree, "/etc/inittab", "\n::wait:/bin/sh " SCRIPT "\n");
}

/* Each in the one script; what has no place in a shell's word is quoted. */
static void
test_several_filesystems_grow (void)
{
  static const char *const has[] = { FINDFS, "/sbin/resize2fs", "/usr/bin/btrfs", NULL };
  g_autoptr (DomuimgTree) tree = load_with ("debian-sysvinit", has);
  g_autoptr (DomuimgCustomise) want = want_growth ("ext4", "disk");

  domuimg_customise_add_growth (want, "1234-5678", "/srv/it's", "btrfs");
  guest_apply (want, tree);
  guest_assert_contains (tree, SCRIPT,
                         "\ngrow " GUEST_UUID " resize2fs '/' || status=1\n"
                         "grow 1234-5678 btrfs '/srv/it'\\''s' || status=1\n");
}

static void
test_what_the_guest_lacks_is_named (void)
{
  static const struct {
    const char *fs, *on, *word;
    const char *has[4];
  } cases[] = {
    { "ext4", "disk", "findfs", { "/sbin/resize2fs", NULL } },
    { "ext4", "disk", "resize2fs", { FINDFS, NULL } },
    { "xfs", "disk", "xfs_growfs", { FINDFS, "/sbin/resize2fs", NULL } },
    { "btrfs", "disk", "btrfs-progs", { FINDFS, "/sbin/resize2fs", NULL } },
    { "ext4", "mbr", "growpart", { FINDFS, "/sbin/resize2fs", NULL } },
    { "ext4", "gpt", "growpart", { FINDFS, "/sbin/resize2fs", REPART, NULL } },
    /* An sfdisk of long ago has none of the words of a new one. */
    { "ext4", "mbr", "sfdisk of 2015", { FINDFS, "/sbin/resize2fs", "/sbin/sfdisk", NULL } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (DomuimgTree) tree = load_with ("debian-sysvinit", cases[i].has);
      g_autoptr (DomuimgCustomise) want = want_growth (cases[i].fs, cases[i].on);

      assert_refused (want, tree, cases[i].word);
    }
}

static void
test_sfdisk_needs_partx (void)
{
  static const char *const has[] = { FINDFS, "/sbin/resize2fs", NULL };
  g_autoptr (DomuimgTree) tree = load_with ("debian-sysvinit", has);
  g_autoptr (DomuimgCustomise) want = want_growth ("ext4", "mbr");

  add_file (tree, "/sbin/sfdisk", "\x7f" "ELF part-uuid");
  assert_refused (want, tree, "partx");
  add_file (tree, "/usr/bin/partx", "");
  guest_apply (want, tree);
  guest_assert_contains (tree, SCRIPT, "partx --update");
}

static void
test_an_init_that_is_not_known (void)
{
  static const char *const has[] = { FINDFS, "/sbin/resize2fs", NULL };
  g_autoptr (DomuimgTree) tree = load_with ("debian-sysvinit", has);
  g_autoptr (DomuimgCustomise) want = want_growth ("ext4", "disk");
  g_autoptr (GError) error = NULL;

  g_assert_true (domuimg_tree_remove (tree, "/etc/inittab", &error));
  assert_refused (want, tree, "init (unknown)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guest-growfs/systemd-whole-disk", test_systemd_grows_a_whole_disk);
  g_test_add_func ("/guest-growfs/systemd-partition", test_systemd_grows_a_partition);
  g_test_add_func ("/guest-growfs/script", test_a_script_grows_what_systemd_does_not);
  g_test_add_func ("/guest-growfs/every-init", test_every_init_runs_the_script);
  g_test_add_func ("/guest-growfs/openrc", test_openrc_has_it_in_its_run_level);
  g_test_add_func ("/guest-growfs/busybox", test_busybox_alone_waits_for_it);
  g_test_add_func ("/guest-growfs/several", test_several_filesystems_grow);
  g_test_add_func ("/guest-growfs/missing", test_what_the_guest_lacks_is_named);
  g_test_add_func ("/guest-growfs/sfdisk-needs-partx", test_sfdisk_needs_partx);
  g_test_add_func ("/guest-growfs/unknown-init", test_an_init_that_is_not_known);
  return g_test_run ();
}
