/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/gunzip.h"
#include "lib/import/archive/ova-manifest.h"
#include "lib/import/archive/ova.h"
#include "tree-fixtures.h"

/* Archives are made by tar, checksums by coreutils. */

#define OVF "<Envelope/>\n"

typedef struct {
  char *scratch;
  char *path;
} Fixture;

static char *
path_of (Fixture *self, const char *name)
{
  return g_build_filename (self->scratch, name, NULL);
}

static void
run (Fixture *self, const char *script)
{
  const char *argv[] = { "sh", "-ec", script, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (self->scratch, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->scratch = tree_scratch_new ();
  self->path = path_of (self, "test.ova");
  run (self, "printf '" OVF "' >test.ovf; head -c 300000 /dev/urandom >disk-1.vmdk;"
             "head -c 777 /dev/urandom >'disk (2).vmdk'");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->path);
  tree_scratch_free (self->scratch);
}

static DomuimgOva *
must_open (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  DomuimgOva *ova = domuimg_ova_open (self->path, &error);

  g_assert_no_error (error);
  return ova;
}

static void
must_refuse (Fixture *self, int code, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgOva) ova = domuimg_ova_open (self->path, &error);

  g_assert_null (ova);
  g_test_message ("%s", error->message);
  g_assert_error (error, DOMUIMG_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
}

/* The bytes there are those of the file. */
static void
must_hold (Fixture *self, DomuimgOva *ova, const char *name)
{
  const DomuimgOvaMember *member = domuimg_ova_find (ova, name);
  g_autofree char *path = path_of (self, name);
  g_autofree char *expected = NULL;
  g_autofree char *archive = NULL;
  gsize length, size;

  g_assert_nonnull (member);
  g_assert_true (g_file_get_contents (path, &expected, &length, NULL));
  g_assert_true (g_file_get_contents (self->path, &archive, &size, NULL));
  g_assert_cmpuint (member->length, ==, length);
  g_assert_cmpuint (member->offset + length, <=, size);
  g_assert_cmpmem (archive + member->offset, length, expected, length);
}

static void
test_members (Fixture *self, gconstpointer format)
{
  g_autofree char *script = g_strdup_printf (
      "n=$(printf 'a%%0150d.vmdk' 1); head -c 5000 /dev/urandom >$n; tar --format=%s -cf test.ova"
      " ./test.ovf disk-1.vmdk 'disk (2).vmdk' $n",
      (const char *) format);
  g_autoptr (DomuimgOva) ova = NULL;
  g_autofree char *long_name = g_strdup_printf ("a%0150d.vmdk", 1);
  const char *text;
  gsize length;

  run (self, script);
  ova = must_open (self);
  g_assert_cmpuint (domuimg_ova_get_members (ova)->len, ==, 4);
  must_hold (self, ova, "test.ovf");
  must_hold (self, ova, "disk-1.vmdk");
  must_hold (self, ova, "disk (2).vmdk");
  must_hold (self, ova, long_name);
  g_assert_null (domuimg_ova_find (ova, "other"));
  text = domuimg_ova_get_ovf (ova, &length);
  g_assert_cmpmem (text, length, OVF, strlen (OVF));
  g_assert_cmpstr (domuimg_ova_get_ovf_name (ova), ==, "test.ovf");
  g_assert_false (domuimg_ova_has_manifest (ova));
  g_assert_true (domuimg_ova_verify (ova, NULL, NULL, NULL));
}

static void
test_bad_archives (Fixture *self, gconstpointer data)
{
  static const struct {
    const char *script;
    int code;
    const char *part;
  } bad[] = {
    { "tar -czf test.ova test.ovf", DOMUIMG_ERROR_NOT_SUPPORTED, "compressed" },
    { "tar -cf - test.ovf | zstd -q >test.ova", DOMUIMG_ERROR_NOT_SUPPORTED, "compressed" },
    { "tar -cf test.ova disk-1.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "OVF" },
    { "cp test.ovf b.ovf; tar -cf test.ova test.ovf b.ovf", DOMUIMG_ERROR_CORRUPT_INPUT, "two" },
    { "tar -cf test.ova test.ovf disk-1.vmdk disk-1.vmdk --hard-dereference",
      DOMUIMG_ERROR_CORRUPT_INPUT, "two" },
    { "tar -cf test.ova test.ovf disk-1.vmdk; truncate -s 100000 test.ova",
      DOMUIMG_ERROR_CORRUPT_INPUT, "cut off" },
    /* Behind a whole member. */
    { "tar -b1 -cf test.ova test.ovf disk-1.vmdk; truncate -s 1024 test.ova",
      DOMUIMG_ERROR_CORRUPT_INPUT, "cut off" },
    { "tar -cPf test.ova test.ovf ../$(basename $PWD)/disk-1.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT,
      ".." },
    { "tar -cPf test.ova test.ovf $PWD/disk-1.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT, "disk-1" },
    { "ln -s /etc/passwd d.vmdk; tar -cf test.ova test.ovf d.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT,
      "d.vmdk" },
    { "truncate -s 5M holes; echo x >>holes; tar -Scf test.ova test.ovf holes",
      DOMUIMG_ERROR_NOT_SUPPORTED, "holes" },
    { "head -c 5000000 /dev/zero >large.ovf; tar -cf test.ova large.ovf",
      DOMUIMG_ERROR_CORRUPT_INPUT, "4 MiB" },
    { "head -c 50000 /dev/urandom >test.ova", DOMUIMG_ERROR_CORRUPT_INPUT, "tar" },
    { ": >test.ova", DOMUIMG_ERROR_CORRUPT_INPUT, "tar" },
    { "mkfifo test.ova", DOMUIMG_ERROR_NOT_SUPPORTED, "test.ova" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      run (self, "rm -f test.ova");
      run (self, bad[i].script);
      must_refuse (self, bad[i].code, bad[i].part);
    }
}

static void
test_manifest (Fixture *self, gconstpointer algorithm)
{
  g_autofree char *script = g_strdup_printf (
      "for i in test.ovf disk-1.vmdk 'disk (2).vmdk'; do"
      " echo \"$(echo %1$s | tr a-z A-Z)($i)= $(%1$ssum <\"$i\" | cut -d' ' -f1)\"; done >test.mf;"
      "tar -cf test.ova test.ovf test.mf disk-1.vmdk 'disk (2).vmdk'",
      (const char *) algorithm);
  g_autoptr (DomuimgOva) ova = NULL;
  g_autofree char *ovf = path_of (self, "test.ovf");
  g_autoptr (GError) error = NULL;
  guint64 last;
  int fd;

  run (self, script);
  ova = must_open (self);
  g_assert_true (domuimg_ova_has_manifest (ova));
  g_assert_true (domuimg_ova_verify (ova, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (domuimg_ovf_has_manifest (ovf));
  g_assert_true (domuimg_ovf_verify_directory (ovf, NULL, NULL, &error));
  g_assert_no_error (error);

  last = domuimg_ova_find (ova, "disk (2).vmdk")->offset + 776;
  fd = g_open (self->path, O_WRONLY, 0);
  g_assert_cmpint (pwrite (fd, "x", 1, last), ==, 1);
  g_assert_cmpint (pwrite (fd, "y", 1, last - 1), ==, 1);
  close (fd);
  g_assert_false (domuimg_ova_verify (ova, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNTRUSTED);
  g_assert_nonnull (strstr (error->message, "disk (2).vmdk"));
  g_clear_error (&error);
  run (self, "echo >>disk-1.vmdk");
  g_assert_false (domuimg_ovf_verify_directory (ovf, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNTRUSTED);
  g_assert_nonnull (strstr (error->message, "disk-1.vmdk"));
  g_clear_error (&error);
  /* One that cannot be looked at is not one that is missing. */
  run (self, "rm test.mf; ln -s test.mf test.mf");
  g_assert_false (domuimg_ovf_verify_directory (ovf, NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
}

static void
test_bad_manifests (Fixture *self, gconstpointer data)
{
  static const char *const sum = "0123456789012345678901234567890123456789";
  static const struct {
    const char *format;
    int ova;
    int ovf;
  } bad[] = {
    { "SHA1(absent.vmdk)= %s\n", DOMUIMG_ERROR_CORRUPT_INPUT, DOMUIMG_ERROR_CORRUPT_INPUT },
    { "SHA1(../test.ovf)= %s\n", DOMUIMG_ERROR_CORRUPT_INPUT, DOMUIMG_ERROR_UNSAFE_INPUT },
    { "SHA1(/etc/passwd)= %s\n", DOMUIMG_ERROR_CORRUPT_INPUT, DOMUIMG_ERROR_UNSAFE_INPUT },
    { "MD4(test.ovf)= %s\n", DOMUIMG_ERROR_CORRUPT_INPUT, DOMUIMG_ERROR_CORRUPT_INPUT },
    { "SHA256(test.ovf)= %s\n", DOMUIMG_ERROR_CORRUPT_INPUT, DOMUIMG_ERROR_CORRUPT_INPUT },
    { "%s test.ovf\n", DOMUIMG_ERROR_CORRUPT_INPUT, DOMUIMG_ERROR_CORRUPT_INPUT },
  };
  g_autofree char *ovf = path_of (self, "test.ovf");
  g_autofree char *manifest = path_of (self, "test.mf");

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_auto (GStrv) parts = g_strsplit (bad[i].format, "%s", 2);
      g_autofree char *text = g_strjoinv (sum, parts);
      g_autoptr (DomuimgOva) ova = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (GError) other = NULL;

      g_assert_true (g_file_set_contents (manifest, text, -1, NULL));
      run (self, "tar -cf test.ova test.ovf test.mf");
      ova = must_open (self);
      g_assert_false (domuimg_ova_verify (ova, NULL, NULL, &error));
      g_assert_error (error, DOMUIMG_ERROR, bad[i].ova);
      g_assert_false (domuimg_ovf_verify_directory (ovf, NULL, NULL, &other));
      g_assert_error (other, DOMUIMG_ERROR, bad[i].ovf);
    }
}

static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgOva) ova = NULL;
  g_autoptr (GError) error = NULL;

  run (self, "echo \"SHA1(test.ovf)= $(sha1sum <test.ovf | cut -c 1-40)\" >test.mf;"
             "tar -cf test.ova test.ovf test.mf");
  ova = must_open (self);
  g_cancellable_cancel (cancellable);
  g_assert_false (domuimg_ova_verify (ova, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gboolean
gunzip (Fixture *self, guint64 offset, guint64 length, guint64 limit, GError **error)
{
  g_autofree char *from = path_of (self, "packed");
  g_autofree char *to = path_of (self, "unpacked");
  int fd = g_open (to, O_RDWR | O_CREAT | O_TRUNC, 0600);
  gboolean ok = domuimg_gunzip_to (from, offset, length, fd, limit, NULL, error);

  close (fd);
  return ok;
}

static void
test_gunzip (Fixture *self, gconstpointer data)
{
  g_autofree char *path = path_of (self, "packed");
  g_autofree char *unpacked = path_of (self, "unpacked");
  g_autoptr (GError) error = NULL;
  struct stat status;

  /* Two members, as pigz and bgzip write; nothing but a hole at the end. */
  run (self, "{ cat disk-1.vmdk; head -c 5000000 /dev/zero; } >one; head -c 1048577 /dev/zero >two;"
             "cat one two >whole; head -c 100 /dev/urandom >packed;"
             "gzip -c one >>packed; gzip -c two >>packed");
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_true (gunzip (self, 100, status.st_size - 100, 6348577, &error));
  g_assert_no_error (error);
  run (self, "cmp whole unpacked");
  g_assert_cmpint (stat (unpacked, &status), ==, 0);
  g_assert_cmpint (status.st_blocks * 512, <, 400000);

  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_false (gunzip (self, 100, status.st_size - 100, 6348576, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_nonnull (strstr (error->message, "6348576"));
  g_clear_error (&error);
  g_assert_false (gunzip (self, 100, status.st_size - 105, 6348577, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_clear_error (&error);
  g_assert_false (gunzip (self, 100, status.st_size + 1, 6348577, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_clear_error (&error);
  g_assert_false (gunzip (self, 101, status.st_size - 101, 6348577, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_clear_error (&error);
  g_assert_false (gunzip (self, 0, 0, 10, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
}

/* What zlib still holds when all input is taken. */
static void
test_gunzip_of_much (Fixture *self, gconstpointer data)
{
  g_autofree char *path = path_of (self, "packed");
  g_autoptr (GError) error = NULL;
  struct stat status;

  run (self, "{ head -c 20000000 /dev/zero; echo end; } >whole; gzip -9c whole >packed");
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_true (gunzip (self, 0, status.st_size, 20000004, &error));
  g_assert_no_error (error);
  run (self, "cmp whole unpacked");
}

static void
test_hostile_samples (Fixture *self, gconstpointer data)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "..", "mustfail", "ova", NULL);
  GDir *dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint count = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgOva) ova = domuimg_ova_open (path, &error);

      g_test_message ("%s: %s", name, error != NULL ? error->message : "taken");
      g_assert_null (ova);
      g_assert_true (error->domain == DOMUIMG_ERROR);
      count++;
    }
  g_dir_close (dir);
  g_assert_cmpuint (count, >, 8);
}

static void
test_lines_of_a_manifest (void)
{
  static const char text[] = "SHA1(a (1).vmdk)= DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\r\n\n";
  g_autoptr (GPtrArray) lines = domuimg_ova_manifest_parse (text, strlen (text), "t.mf", NULL);
  g_autoptr (GPtrArray) short_digest = domuimg_ova_manifest_parse (text, 40, "t.mf", NULL);
  const DomuimgOvaChecksum *checksum;

  g_assert_nonnull (lines);
  g_assert_cmpuint (lines->len, ==, 1);
  checksum = g_ptr_array_index (lines, 0);
  g_assert_cmpstr (checksum->name, ==, "a (1).vmdk");
  g_assert_cmpstr (checksum->digest, ==, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  g_assert_null (short_digest);
}

int
main (int argc, char **argv)
{
  static const char *const formats[] = { "gnu", "pax" };
  static const char *const algorithms[] = { "sha1", "sha256", "sha512" };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ova/lines-of-a-manifest", test_lines_of_a_manifest);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *name = g_strdup_printf ("/ova/members/%s", formats[i]);

      g_test_add (name, Fixture, formats[i], set_up, test_members, tear_down);
    }
  for (guint i = 0; i < G_N_ELEMENTS (algorithms); i++)
    {
      g_autofree char *name = g_strdup_printf ("/ova/manifest/%s", algorithms[i]);

      g_test_add (name, Fixture, algorithms[i], set_up, test_manifest, tear_down);
    }
  g_test_add ("/ova/bad-archives", Fixture, NULL, set_up, test_bad_archives, tear_down);
  g_test_add ("/ova/bad-manifests", Fixture, NULL, set_up, test_bad_manifests, tear_down);
  g_test_add ("/ova/hostile-samples", Fixture, NULL, set_up, test_hostile_samples, tear_down);
  g_test_add ("/ova/cancelled", Fixture, NULL, set_up, test_cancelled, tear_down);
  g_test_add ("/gunzip", Fixture, NULL, set_up, test_gunzip, tear_down);
  g_test_add ("/gunzip/much", Fixture, NULL, set_up, test_gunzip_of_much, tear_down);
  return g_test_run ();
}
