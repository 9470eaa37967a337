/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What install trees say of themselves, and the two configurations of a guest that is to be installed,
 * which libxlutil reads. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "domuimg/domuimg.h"
#include "judge-xlutil.h"
#include "kernel-fixtures.h"
#include "lib/base/remove.h"
#include "lib/netboot/places.h"
#include "lib/netboot/treeinfo.h"
#include "lib/source/install-answers.h"

#define GOOD "[general]\nfamily = Fedora\nversion = 42\narch = x86_64\n"                          \
             "[images-x86_64]\nkernel = ./images/pxeboot/vmlinuz\ninitrd = images/i\n"            \
             "[checksums]\nimages/i = sha256:ABCD\nimages/pxeboot/vmlinuz = md5:12\nother = crc:1\n"

static DomuimgTreeinfo *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  DomuimgTreeinfo *info = domuimg_treeinfo_parse (text, strlen (text), "t", &error);

  g_assert_no_error (error);
  return info;
}

static void
test_treeinfo (void)
{
  g_autoptr (DomuimgTreeinfo) info = parse (GOOD);
  g_autoptr (DomuimgTreeImages) images = NULL, none = NULL;
  g_autofree char *initrd = NULL, *kernel = NULL;
  GChecksumType type;

  g_assert_cmpstr (info->family, ==, "Fedora");
  g_assert_cmpstr (info->version, ==, "42");
  g_assert_cmpstr (info->arch, ==, "x86_64");
  g_assert_false (domuimg_treeinfo_is_suse (info));
  g_assert_true (domuimg_treeinfo_find_images (info, "x86_64", &images, NULL));
  g_assert_cmpstr (images->kernel, ==, "images/pxeboot/vmlinuz");
  g_assert_cmpstr (images->initrd, ==, "images/i");
  g_assert_true (domuimg_treeinfo_find_images (info, "xen", &none, NULL));
  g_assert_null (none);
  initrd = domuimg_treeinfo_get_checksum (info, "images/i", &type);
  g_assert_cmpstr (initrd, ==, "abcd");
  g_assert_cmpint (type, ==, G_CHECKSUM_SHA256);
  kernel = domuimg_treeinfo_get_checksum (info, images->kernel, &type);
  g_assert_cmpstr (kernel, ==, "12");
  g_assert_cmpint (type, ==, G_CHECKSUM_MD5);
  g_assert_null (domuimg_treeinfo_get_checksum (info, "other", &type));
}

static void
test_treeinfo_of_today (void)
{
  g_autoptr (DomuimgTreeinfo) info
      = parse ("[release]\nname = openSUSE Leap\nversion = 16.0\n[tree]\narch = x86_64\n");

  g_assert_cmpstr (info->family, ==, "openSUSE Leap");
  g_assert_cmpstr (info->arch, ==, "x86_64");
  g_assert_true (domuimg_treeinfo_is_suse (info));
}

static void
refuse (GBytes *bytes, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgTreeinfo) info = domuimg_treeinfo_parse (
      g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), name, &error);
  g_autoptr (DomuimgTreeImages) images = NULL;

  if (info != NULL)
    {
      g_assert_false (domuimg_treeinfo_find_images (info, "x86_64", &images, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNSAFE_INPUT);
      return;
    }
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_nonnull (strstr (error->message, name));
}

static void
test_bad_treeinfo (void)
{
  for_each_must_fail ("treeinfo", refuse);
}

static void
test_places (void)
{
  guint count = 0;

  for (const DomuimgInstallPlace *at = domuimg_install_places; at->kernel != NULL; at++, count++)
    {
      g_autofree char *path = domuimg_install_place_expand (at->kernel, "amd64");

      g_assert_null (strchr (path, '@'));
      g_assert_cmpint (*path, !=, '/');
      g_assert_nonnull (at->initrd);
    }
  g_assert_cmpuint (count, >, 10);
}

typedef struct {
  char *dir;
  char *tree;
  char *out;
} Fixture;

static void
write_file (const char *directory, const char *path, GBytes *content)
{
  g_autofree char *full = g_build_filename (directory, path, NULL);
  g_autofree char *parent = g_path_get_dirname (full);

  g_assert_cmpint (g_mkdir_with_parents (parent, 0755), ==, 0);
  g_assert_true (g_file_set_contents (full, g_bytes_get_data (content, NULL),
                                      (gssize) g_bytes_get_size (content), NULL));
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) kernel = elf_of_linux (TRUE, TRUE);
  g_autoptr (GBytes) initrd = cpio_new ("init", "x", NULL);

  self->dir = g_dir_make_tmp ("domuimg-install.XXXXXX", NULL);
  self->tree = g_build_filename (self->dir, "tree", NULL);
  self->out = g_build_filename (self->dir, "out", NULL);
  write_file (self->tree, "images/pxeboot/vmlinuz", kernel);
  write_file (self->tree, "images/pxeboot/initrd.img", initrd);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  domuimg_remove_tree (self->dir);
  g_free (self->dir);
  g_free (self->tree);
  g_free (self->out);
}

static void
set (DomuimgSpec *spec, const char *key, const char *value)
{
  g_autoptr (GError) error = NULL;

  domuimg_spec_set (spec, key, value, &error);
  g_assert_no_error (error);
}

static DomuimgResult *
build (Fixture *self)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (DomuimgBuild) made = NULL;
  g_autofree char *from = g_strconcat ("tree:", self->tree, NULL);
  g_autoptr (GError) error = NULL;
  DomuimgResult *result;

  set (spec, "name", "t");
  set (spec, "from", from);
  set (spec, "dir", self->out);
  set (spec, "extra-args", "inst.repo=nfs:h:/t a=\"b c\"");
  made = domuimg_build_new (spec);
  result = domuimg_build_run (made, NULL, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static void
judge (const char *path, gboolean installs)
{
  g_autofree char *text = NULL, *message = NULL;
  Judge *read;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  read = judge_read (text, &message);
  g_assert_cmpstr (message, ==, NULL);
  if (!judge_is_there ())
    return;
  g_assert_cmpstr (judge_string (read, "type"), ==, "pvh");
  g_assert_cmpstr (judge_string (read, "on_reboot"), ==, installs ? "destroy" : "restart");
  g_assert_cmpstr (judge_string (read, "cmdline"), ==,
                   installs ? "console=hvc0 inst.text inst.repo=nfs:h:/t a=\"b c\"" : NULL);
  g_assert_true ((judge_string (read, "kernel") != NULL) == installs);
  g_assert_true ((judge_string (read, "bootloader") != NULL) == !installs);
  judge_free (read);
}

static void
test_two_configurations (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgResult) result = build (self);
  DomuimgReport *report = domuimg_result_get_report (result);

  g_assert_cmpint (domuimg_report_get_verdict (report), ==, DOMUIMG_VERDICT_UNKNOWN);
  judge (domuimg_result_get_install_config_path (result), TRUE);
  judge (domuimg_result_get_config_path (result), FALSE);
}

static void
test_plan_asks_no_server (void)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (DomuimgBuild) made = NULL;
  g_autoptr (DomuimgPlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  set (spec, "name", "t");
  set (spec, "from", "tree:http://127.0.0.1:1/");
  made = domuimg_build_new (spec);
  plan = domuimg_build_get_plan (made, NULL, &error);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/install/treeinfo", test_treeinfo);
  g_test_add_func ("/install/treeinfo-of-today", test_treeinfo_of_today);
  g_test_add_func ("/install/bad-treeinfo", test_bad_treeinfo);
  g_test_add_func ("/install/places", test_places);
  g_test_add ("/install/two-configurations", Fixture, NULL, set_up, test_two_configurations,
              tear_down);
  g_test_add_func ("/install/plan-asks-no-server", test_plan_asks_no_server);
  return g_test_run ();
}
