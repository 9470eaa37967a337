/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "domuimg/spec.h"
#include "lib/base/base.h"
#include "lib/spec/parse.h"
#include "lib/spec/spec-keys.h"

static void
test_sizes (void)
{
  static const struct {
    const char *text;
    guint64 bytes; /* 0: refused */
  } cases[] = {
    { "4G", (guint64) 4 << 30 },  { "512M", 512 << 20 },       { "1.5G", (guint64) 3 << 29 },
    { "10MiB", 10 << 20 },        { "64k", 64 << 10 },         { "7", 7 << 20 },
    { "8B", 8 },                  { "0", 0 },                  { "-1G", 0 },
    { "", 0 },                    { "G", 0 },                  { "4GB", 0 },
    { "4G5", 0 },                 { "1e30", 0 },               { "nan", 0 },
    { "inf", 0 },                 { "0x10", 0 },               { " 4G", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint64 bytes = 0;
      g_autoptr (GError) error = NULL;
      gboolean ok = domuimg_parse_size (cases[i].text, 1 << 20, &bytes, &error);

      g_test_message ("“%s”", cases[i].text);
      g_assert_cmpint (ok, ==, cases[i].bytes != 0);
      if (ok)
        g_assert_cmpuint (bytes, ==, cases[i].bytes);
      else
        g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_wrong_values_are_refused (void)
{
  static const char *const wrong[][2] = {
    { "name", "" },           { "name", "7" },
    { "name", "a/b" },        { "name", "-x" },
    { "name", "web1\n" },     { "name", "a b" },
    { "uuid", "x" },          { "memory", "1M" },
    { "memory", "lots" },     { "vcpus", "0" },
    { "vcpus", "1.5" },       { "type", "xen" },
    { "from", "web" },        { "from", "tar:" },
    { "from", "rpms:9" },      { "kernel", "grub" },
    { "kernel", "pvgrub:x" }, { "loader", "grub.bin" },  { "loader", "/a\nb" },
    { "kernel", "file:" },    { "disk", "size=0" },
    { "disk", "size" "=4G,x=1" }, { "disk", "a,b" },
    { "disk", "vdev=sd" },    { "disk", "fs=ntfs" },
    { "disk", "label=01234567890123456" }, { "disk", "mount=srv" },
    { "disk", "1G" },         { "disk", "512M,fs=ext4" },
    { "disk", "/dev/sdx,format=qcow2" }, { "disk", "lvm:LV" },  { "disk", "lvm:VG/LV,prealloc=full" },
    { "disk", "lvm:a/b/c" },  { "disk", "zvol:x" }, { "disk", "pool:X" }, { "disk", "pool:X/Y/Z" }, { "disk", "pool:/Y" },
    { "disk", "pool:X/Y,format=vhd" }, { "disk", "pool:X/Y,compress=yes" }, { "disk", "pool:X/Y,thin=Z" },
    { "disk", "pool:X/Y,format=raw,compress=yes" }, { "disk", "lvm:a/b,format=qcow2" },
    { "connect", "here" },    { "connect", "xen://me:word@host/system" }, { "connect", "xen:///a#b" },
    { "kernel", "pxe:http://host/a b --kernel=/x" }, { "kernel", "pxe:smb://host/x" },
    { "kernel", "pxe:http://me:word@host/x" }, { "kernel", "pxe:http:///x" }, { "kernel", "pxe:host/x" },
    { "autostart", "perhaps" },
    { "disk", "thin=p" },
    { "disk", "web:1.img,vdev=xvda" }, { "disk", "xvas:a.xva" },
    { "disk", "inodes=many" }, { "nic", "mac=01:00:00:00:00:00" },
    { "nic", "mac=00:16:3e" }, { "nic", "ip=1.2.3" },
    { "nic", "ip=10.0.0.1/33" }, { "nic", "gateway=10.0.0.1" },
    { "nic", "colour=red" },  { "package", "-o" },
    { "package", "vim;ls" },  { "package", "vim\n" },
    { "config", "Memory=1" }, { "on-crash", "panic" },
    { "host-keys", "never" }, { "hostname", "-a" },
    { "hostname", "a_b" },    { "graphics", "x11" },
    { "force", "maybe" },     { "colour", "red" },
    { "extra", "a\nb" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("%s=%s", wrong[i][0], wrong[i][1]);
      g_assert_false (domuimg_spec_set (spec, wrong[i][0], wrong[i][1], &error));
      g_assert_nonnull (error);
      g_assert_null (domuimg_spec_get (spec, wrong[i][0]));
    }
}

/* By every key that takes an address. */
static void
test_secrets_in_addresses_are_refused (void)
{
  static const char *const wrong[][2] = {
    { "from", "tree:http://joe:SEKRIT@host/t/" },
    { "from", "tree:FTP://joe:SE@KRIT@host/" },
    { "from", "tree:https:///SEKRIT@host/" },
    { "from", "disk:http://SEKRIT@host/a.qcow2" },
    { "mirror", "http://joe:SEKRIT@host/debian" },
    { "mirror", "deb [trusted=yes] https://joe:SEKRIT@host/debian bookworm main" },
    { "repo", "https://joe:SEKRIT@host/baseos" },
    { "kernel", "pxe:http://joe:SEKRIT@host/menu.ipxe" },
    { "connect", "xen+ssh://joe:SEKRIT@host/system" },
    { "extra-args", "quiet url=http://joe:SEKRIT@host/preseed" },
    { "config", "extra=http://joe:SEKRIT@host/" },
  };
  static const char *const right[][2] = {
    { "from", "tree:http://host/a@b/" },
    { "from", "disk:joe:x@host.img" },
    { "mirror", "http://host:3142/debian" },
    { "repo", "https://host/a?mail=joe@host" },
    { "connect", "xen+ssh://root@host/system" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("%s=%s", wrong[i][0], wrong[i][1]);
      g_assert_false (domuimg_spec_set (spec, wrong[i][0], wrong[i][1], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, "a name or password in an address"));
      g_assert_null (strstr (error->message, "KRIT"));
    }
  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    {
      g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
      g_autoptr (GError) error = NULL;

      domuimg_spec_set (spec, right[i][0], right[i][1], &error);
      g_assert_no_error (error);
    }
}

/* Some are taken: those in a .repo file, which is nobody else's. */
static void
test_errors_have_no_secrets (void)
{
  g_autoptr (GError) error = NULL;

  domuimg_fail (&error, DOMUIMG_ERROR_NETWORK,
                "http://joe:SEKRIT@host/a: no such file; tried (ftp://SEKRIT@h/, ssh://root@h/) joe@host");
  g_assert_cmpstr (error->message, ==,
                   "http://***@host/a: no such file; tried (ftp://***@h/, ssh://root@h/) joe@host");
}

static void
test_every_kernel_policy_is_taken (void)
{
  static const char *const policies[]
      = { "auto", "guest", "extract", "host", "file:a,b", "pvgrub", "pygrub", "domuimg", "pxe",
          "pxe:http://boot/menu.ipxe", "firmware" };

  for (guint i = 0; i < G_N_ELEMENTS (policies); i++)
    {
      g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
      g_autoptr (GError) error = NULL;

      g_autofree char *name = g_strndup (policies[i], strcspn (policies[i], ":"));

      domuimg_spec_set (spec, "kernel", policies[i], &error);
      g_assert_no_error (error);
      /* The help, which the manual takes, names it. */
      g_assert_nonnull (strstr (domuimg_spec_get_help ("kernel"), name));
    }
}

static void
test_a_colon_in_a_path_is_not_a_kind_of_disk (void)
{
  static const char *const right[]
      = { "/srv/web:1.img", "./web:1.img", "path=web:1.img", "label=a:b", "overlay:", "overlay:a:b" };

  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    {
      g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
      g_autoptr (GError) error = NULL;

      domuimg_spec_set (spec, "disk", right[i], &error);
      g_assert_no_error (error);
    }
}

static void
test_a_copy_keeps_what_was_read (void)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (DomuimgSpec) copy = NULL;
  g_autoptr (GPtrArray) maps = NULL;
  const DomuimgPairSpec *map;
  const DomuimgDiskSpec *disk;

  g_assert_true (domuimg_spec_set (spec, "memory", "1.5G", NULL));
  g_assert_true (domuimg_spec_set (spec, "graphics", "spice", NULL));
  g_assert_true (domuimg_spec_set (spec, "disk", "size=4G", NULL));
  g_assert_true (domuimg_spec_add (spec, "map-network", "a=xenbr0", NULL));
  g_assert_true (domuimg_spec_add (spec, "map-network", "b c=xenbr1", NULL));
  copy = domuimg_spec_copy (spec);
  g_assert_true (domuimg_spec_set (spec, "memory", "64M", NULL));
  g_assert_true (domuimg_spec_set (spec, "disk", "size=1G", NULL));
  g_assert_cmpuint (domuimg_spec_get_number (copy, "memory", 0), ==, (guint64) 3 << 29);
  g_assert_cmpuint (domuimg_spec_get_number (copy, "maxmem", 7), ==, 7);
  g_assert_cmpuint (domuimg_spec_get_number (copy, "graphics", 0), ==, DOMUIMG_GRAPHICS_SPICE);
  disk = domuimg_spec_get_object (copy, "disk");
  g_assert_cmpuint (disk->size, ==, (guint64) 4 << 30);
  maps = domuimg_spec_get_objects (copy, "map-network");
  g_assert_cmpuint (maps->len, ==, 2);
  map = g_ptr_array_index (maps, 1);
  g_assert_cmpstr (map->key, ==, "b c");
  g_assert_cmpstr (map->value, ==, "xenbr1");
}

static void
test_a_file_says_what_was_set (void)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (DomuimgSpec) again = domuimg_spec_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  g_autofree char *data_again = NULL;
  g_auto (GStrv) packages = NULL;

  g_assert_true (domuimg_spec_set (spec, "name", "web1", &error));
  g_assert_true (domuimg_spec_set (spec, "root_password_file", "-", &error));
  g_assert_true (domuimg_spec_add (spec, "package", "vim", &error));
  g_assert_true (domuimg_spec_add (spec, "package", "openssh-server", &error));
  g_assert_true (domuimg_spec_set (spec, "force", "yes", &error));
  g_assert_true (domuimg_spec_set (spec, "extra", "a=b;c  d", &error));
  data = domuimg_spec_to_data (spec);
  g_assert_true (domuimg_spec_load_data (again, data, &error));
  g_assert_no_error (error);
  data_again = domuimg_spec_to_data (again);
  g_assert_cmpstr (data_again, ==, data);
  packages = domuimg_spec_get_all (again, "package");
  g_assert_cmpuint (g_strv_length (packages), ==, 2);
  g_assert_true (domuimg_spec_get_flag (again, "force"));
  g_assert_cmpstr (domuimg_spec_get (again, "root-password-file"), ==, "-");
}

static void
test_wrong_files_are_refused (void)
{
  static const char *const wrong[] = {
    "", "name=web1", "[guest]\nname=web1\n", "[domu]\ncolour=red\n", "[domu]\nname=a/b\n",
    "[domu\n", "[domu]\nname=web1\n[other]\na=b\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", wrong[i]);
      g_assert_false (domuimg_spec_load_data (spec, wrong[i], &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_every_key_is_described (void)
{
  const char *const *keys = domuimg_spec_list_keys ();

  for (guint i = 0; keys[i] != NULL; i++)
    {
      gboolean is_flag = domuimg_spec_get_kind (keys[i]) == DOMUIMG_SPEC_KIND_FLAG;

      g_assert_nonnull (domuimg_spec_get_help (keys[i]));
      g_assert_cmpint (domuimg_spec_get_placeholder (keys[i]) == NULL, ==, is_flag);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spec/sizes", test_sizes);
  g_test_add_func ("/spec/wrong-values-are-refused", test_wrong_values_are_refused);
  g_test_add_func ("/spec/secrets-are-refused", test_secrets_in_addresses_are_refused);
  g_test_add_func ("/spec/errors-have-no-secrets", test_errors_have_no_secrets);
  g_test_add_func ("/spec/every-kernel-policy-is-taken", test_every_kernel_policy_is_taken);
  g_test_add_func ("/spec/colon", test_a_colon_in_a_path_is_not_a_kind_of_disk);
  g_test_add_func ("/spec/copy", test_a_copy_keeps_what_was_read);
  g_test_add_func ("/spec/a-file-says-what-was-set", test_a_file_says_what_was_set);
  g_test_add_func ("/spec/wrong-files-are-refused", test_wrong_files_are_refused);
  g_test_add_func ("/spec/every-key-is-described", test_every_key_is_described);
  return g_test_run ();
}
