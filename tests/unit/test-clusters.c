/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions that are not parts of a file: what was written is read, whatever lies where. */
#include "config.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/joined.h"
#include "lib/disk/qcow2-write.h"
#include "lib/disk/vhd-write.h"

#define MIB ((guint64) 1024 * 1024)
#define SIZE (37 * MIB + 512)
#define ROUNDS 400

static int
new_file (void)
{
  int fd = memfd_create ("test", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

/* Writes pieces at random places, zeros among them, here and there, and compares what is read. */
static guint8 *
scribble (DomuimgRegion *region, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autofree guint8 *piece = g_malloc (MIB);
  guint8 *wanted = g_malloc0 (region->length);

  for (guint i = 0; i < ROUNDS; i++)
    {
      gsize length = g_rand_int_range (random, 1, 300000);
      guint64 at = g_rand_int_range (random, 0, (gint32) (region->length - length));

      memset (piece, i % 3 == 0 ? 0 : g_rand_int_range (random, 1, 256), length);
      g_assert_true (domuimg_region_write (region, at, piece, length));
      memcpy (wanted + at, piece, length);
      at = g_rand_int_range (random, 0, (gint32) (region->length - length));
      g_assert_cmpint (domuimg_region_read (region, at, piece, length), ==, length);
      g_assert_cmpmem (piece, length, wanted + at, length);
    }
  return wanted;
}

static void
assert_reads (const char *format, int fd, const guint8 *wanted, guint64 size)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");
  g_autofree char *path = domuimg_exec_pass_fd (exec, fd);
  g_autofree char *raw = g_strdup_printf ("/tmp/test-clusters.%d", getpid ());
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  domuimg_exec_arg (exec, "convert");
  domuimg_exec_arg (exec, "-f");
  domuimg_exec_arg (exec, format);
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_arg (exec, "raw");
  domuimg_exec_arg (exec, path);
  domuimg_exec_arg (exec, raw);
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (raw, &content, &length, NULL));
  unlink (raw);
  g_assert_cmpuint (length, ==, size);
  g_assert_true (memcmp (content, wanted, size) == 0);
}

static gboolean
has_qemu (void)
{
  g_autofree char *path = domuimg_find_program ("qemu-img");

  if (path == NULL)
    g_test_skip ("qemu-img is not installed");
  return path != NULL;
}

static void
test_qcow2 (void)
{
  g_auto (DomuimgFd) fd = new_file ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = domuimg_qcow2_begin (fd, SIZE, "disk", &error);
  g_autofree guint8 *wanted = NULL;

  g_assert_no_error (error);
  wanted = scribble (region, 1);
  g_assert_false (domuimg_region_write (region, SIZE - 1, "ab", 2));
  g_assert_true (domuimg_qcow2_end (region, &error));
  g_assert_no_error (error);
  if (has_qemu ())
    assert_reads ("qcow2", fd, wanted, SIZE);
}

static void
test_vhd (void)
{
  g_auto (DomuimgFd) fd = new_file ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = domuimg_vhd_begin (fd, SIZE, "disk", &error);
  g_autofree guint8 *wanted = NULL;

  g_assert_no_error (error);
  wanted = scribble (region, 2);
  g_assert_true (domuimg_vhd_end (region, "11111111-2222-4333-8444-555555555555", &error));
  g_assert_no_error (error);
  if (has_qemu ())
    assert_reads ("vpc", fd, wanted, SIZE);
}

static void
test_nothing (void)
{
  g_auto (DomuimgFd) fd = new_file ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = domuimg_qcow2_begin (fd, 3 * MIB, "disk", &error);
  g_autofree guint8 *zeros = g_malloc0 (3 * MIB);

  g_assert_true (domuimg_region_write (region, 0, zeros, 3 * MIB));
  g_assert_cmpuint (domuimg_clusters_get_n_slots (domuimg_clusters_of (region)), ==, 0);
  g_assert_true (domuimg_qcow2_end (region, &error));
  g_assert_cmpint (lseek (fd, 0, SEEK_END), ==, 4 * 65536);
  if (has_qemu ())
    assert_reads ("qcow2", fd, zeros, 3 * MIB);
}

/* Where data goes is decided when it is announced, and not when it is written. */
static void
test_reserve (void)
{
  g_auto (DomuimgFd) fd = new_file ();
  g_autoptr (DomuimgRegion) region = domuimg_qcow2_begin (fd, 3 * MIB, "disk", NULL);
  const DomuimgClusters *clusters = domuimg_clusters_of (region);

  domuimg_region_reserve (region, 2 * MIB, "x", 1);
  g_assert_true (domuimg_region_write (region, 0, "y", 1));
  g_assert_true (domuimg_region_write (region, 2 * MIB, "x", 1));
  g_assert_cmpuint (domuimg_clusters_get_slot (clusters, 32), ==, 0);
  g_assert_cmpuint (domuimg_clusters_get_slot (clusters, 0), ==, 1);
  g_assert_cmpuint (domuimg_clusters_get_slot (clusters, 1), ==, DOMUIMG_NO_SLOT);
}

static void
test_joined (void)
{
  DomuimgRegion *pieces[3];
  g_autoptr (DomuimgRegion) whole = NULL;
  g_autofree guint8 *wanted = NULL;
  char byte;

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    {
      g_auto (DomuimgFd) fd = new_file ();

      g_assert_cmpint (ftruncate (fd, (off_t) (i == 1 ? 4 * MIB : 777777)), ==, 0);
      pieces[i] = domuimg_region_new_for_fd (fd, "piece", NULL);
    }
  whole = domuimg_region_new_joined (pieces, G_N_ELEMENTS (pieces), "whole");
  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
    domuimg_region_unref (pieces[i]);
  g_assert_cmpuint (whole->length, ==, 4 * MIB + 2 * 777777);
  wanted = scribble (whole, 3);
  g_assert_true (domuimg_region_sync (whole));
  g_assert_cmpint (domuimg_region_read (domuimg_joined_get_piece (whole, 1), 0, &byte, 1), ==, 1);
  g_assert_cmpint ((guint8) byte, ==, wanted[777777]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clusters/qcow2", test_qcow2);
  g_test_add_func ("/clusters/vhd", test_vhd);
  g_test_add_func ("/clusters/nothing", test_nothing);
  g_test_add_func ("/clusters/reserve", test_reserve);
  g_test_add_func ("/clusters/joined", test_joined);
  return g_test_run ();
}
