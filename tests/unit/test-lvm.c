/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical volumes read here, from metadata as lvm(8) writes it. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/unnamed.h"
#include "lib/image/lvm-text.h"
#include "lib/image/lvm-volumes.h"

#define SIZE (64 << 20)
#define EXTENT (4 << 20)
#define ID "abcdefGHIJKLmnopQRSTuvwxYZ012345"
#define MAGIC "\040\114\126\115\062\040\170\133\065\101\045\162\060\116\052\076"

/* The group that vgcreate, lvcreate, lvextend and lvcreate --thin made, without what nobody reads. */
static const char text[] =
    "el {\nid = \"x\"\nseqno = 7\nformat = \"lvm2\" # informational\nstatus = [\"RESIZEABLE\", \"READ\", \"WRITE\"]\n"
    "flags = []\nextent_size = 8192\t\t# 4 Megabytes\n\nphysical_volumes {\n"
    "pv0 {\nid = \"abcdef-GHIJ-KLmn-opQR-STuv-wxYZ-012345\"\ndevice = \"/dev/x\"\npe_start = 2048\npe_count = 15\n}\n"
    "pv1 {\nid = \"zzzzzz-GHIJ-KLmn-opQR-STuv-wxYZ-012345\"\npe_start = 2048\n}\n}\n\nlogical_volumes {\n"
    "root {\nstatus = [\"READ\", \"WRITE\", \"VISIBLE\"]\ntags = [\"a\\\"b\"]\nsegment_count = 2\n"
    "segment1 {\nstart_extent = 0\nextent_count = 1\ntype = \"striped\"\nstripe_count = 1\nstripes = [\n\"pv0\", 2\n]\n}\n"
    "segment2 {\nstart_extent = 1\nextent_count = 1\ntype = \"striped\"\nstripe_count = 1\nstripes = [\n\"pv0\", 0\n]\n}\n}\n"
    "far {\nstatus = [\"VISIBLE\"]\nsegment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = 1\n"
    "type = \"striped\"\nstripes = [ \"pv1\", 0 ]\n}\n}\n"
    "pool_tmeta {\nstatus = [\"READ\"]\nsegment_count = 1\nsegment1 {\nstart_extent = 0\nextent_count = 1\n"
    "type = \"striped\"\nstripes = [ \"pv0\", 3 ]\n}\n}\n}\n}\ncontents = \"Text Format Volume Group\"\n";

static void
put (int fd, guint64 at, const void *bytes, gsize length)
{
  g_assert_cmpint (pwrite (fd, bytes, length, (off_t) at), ==, (gssize) length);
}

static void
put64 (int fd, guint64 at, guint64 value)
{
  value = GUINT64_TO_LE (value);
  put (fd, at, &value, sizeof value);
}

/* A physical volume whose metadata is at @offset of its area, the end of which it may pass. */
static DomuimgRegion *
make (guint64 offset, const char *metadata)
{
  int fd = domuimg_memory_file ("test-lvm", SIZE);
  const guint32 header = GUINT32_TO_LE (32);
  const guint64 area = (1 << 20) - 4096;
  gsize first = MIN (strlen (metadata), area - offset);
  DomuimgRegion *region;

  put (fd, 512, "LABELONE", 8);
  put (fd, 512 + 20, &header, 4);
  put (fd, 512 + 32, ID, 32);
  put64 (fd, 512 + 32 + 40, 1 << 20);
  put64 (fd, 512 + 32 + 72, 4096);
  put64 (fd, 512 + 32 + 80, area);
  put (fd, 4096 + 4, MAGIC, 16);
  put64 (fd, 4096 + 40, offset);
  put64 (fd, 4096 + 48, strlen (metadata));
  put (fd, 4096 + offset, metadata, first);
  put (fd, 4096 + 512, metadata + first, strlen (metadata) - first);
  put (fd, (1 << 20) + 2 * EXTENT + EXTENT - 2, "ab", 2);
  put (fd, 1 << 20, "cd", 2);
  region = domuimg_region_new_for_fd (fd, "disk", NULL);
  close (fd);
  return region;
}

static void
check_volumes (guint64 offset)
{
  g_autoptr (DomuimgRegion) region = make (offset, text);
  g_autoptr (GPtrArray) volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  const DomuimgVolume *root;
  char bytes[5] = { 0 };

  domuimg_lvm_add_volumes (region, volumes, problems, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (volumes->len, ==, 1);
  root = g_ptr_array_index (volumes, 0);
  g_assert_cmpstr (root->lv, ==, "el/root");
  g_assert_cmpuint (root->length, ==, 2 * EXTENT);
  /* Across its two segments. */
  g_assert_true (domuimg_region_read_all (root->inside, EXTENT - 2, bytes, 4));
  g_assert_cmpstr (bytes, ==, "abcd");
  g_assert_true (domuimg_region_write (root->inside, EXTENT - 1, "xy", 2));
  g_assert_true (domuimg_region_read_all (root->inside, EXTENT - 2, bytes, 4));
  g_assert_cmpstr (bytes, ==, "axyd");
  g_assert_false (domuimg_region_write (root->inside, 2 * EXTENT - 1, "xy", 2));
  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_nonnull (strstr (g_ptr_array_index (problems, 0), "el/far"));
}

static void
test_volumes (void)
{
  check_volumes (512);
  check_volumes (8192);
  /* The text goes on at the beginning of its area. */
  check_volumes ((1 << 20) - 4096 - 700);
}

static void
test_what_is_damaged_is_refused (void)
{
  static const char *const wrong[] = { "vg {", "}", "vg { a = }", "vg { a = [ 1 }", "vg { a = \"x }", "= 1", "a b",
                                       "vg { a = [ {} ] }", "", "a { b = 1 } c { d = 1 }",
                                       "a{b{c{d{e{f{g{h{i{x=1}}}}}}}}}",
                                       "vg { extent_size = 8192 physical_volumes { pv0 { id = \"other\" } } }" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (DomuimgRegion) region = make (512, wrong[i]);
      g_autoptr (GPtrArray) volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_volume_free);
      g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", wrong[i]);
      g_assert_false (domuimg_lvm_add_volumes (region, volumes, problems, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
      g_assert_cmpuint (volumes->len, ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lvm/volumes", test_volumes);
  g_test_add_func ("/lvm/what-is-damaged-is-refused", test_what_is_damaged_is_refused);
  return g_test_run ();
}
