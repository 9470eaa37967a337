/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an ISO image says of itself: its size, and who can start it. */
#include "config.h"

#include <string.h>

#include "kernel-fixtures.h"
#include "lib/image/iso-boot.h"

#define SECTOR DOMUIMG_ISO_SECTOR

/* The first entry of a catalogue, with its sum, and one of @platform, whose entries are all bootable. */
static gsize
write_catalog (guint8 *data, guint8 platform, guint8 other)
{
  guint16 sum;

  memset (data, 0, SECTOR);
  data[0] = 1;
  data[1] = platform;
  data[30] = 0x55;
  data[31] = 0xaa;
  sum = (guint16) -(1 + 256 * platform + 0xaa55);
  data[28] = (guint8) sum;
  data[29] = sum >> 8;
  data[32] = 0x88;
  data[64] = 0x91;
  data[65] = other;
  data[66] = 1;
  data[96] = 0x88;
  return 128;
}

static void
test_who_starts_it (void)
{
  static const struct {
    guint8 platform, other;
    gboolean has_bios, has_uefi;
  } cases[] = { { 0, 0, TRUE, FALSE },
                { 0, 0xef, TRUE, TRUE },
                { 0xef, 0xef, FALSE, TRUE },
                { 1, 2, FALSE, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint8 data[SECTOR];
      gsize length = write_catalog (data, cases[i].platform, cases[i].other);
      DomuimgIsoBoot boot = { 0 };
      g_autoptr (GError) error = NULL;

      domuimg_iso_boot_read_catalog (domuimg_bytes (data, length), &boot, &error);
      g_assert_no_error (error);
      g_assert_cmpint (boot.has_bios, ==, cases[i].has_bios);
      g_assert_cmpint (boot.has_uefi, ==, cases[i].has_uefi);
    }
}

/* An entry that is there, and not bootable. */
static void
test_not_bootable (void)
{
  guint8 data[SECTOR];
  gsize length = write_catalog (data, 0, 0);
  DomuimgIsoBoot boot = { 0 };

  data[32] = data[96] = 0;
  g_assert_true (domuimg_iso_boot_read_catalog (domuimg_bytes (data, length), &boot, NULL));
  g_assert_false (boot.has_bios);
}

/* A section that says that it has more entries than there are bytes. */
static void
test_endless_section (void)
{
  guint8 data[SECTOR];
  DomuimgIsoBoot boot = { 0 };

  write_catalog (data, 0, 0);
  for (guint at = 64; at < SECTOR; at += 32)
    {
      data[at] = 0x90;
      data[at + 2] = data[at + 3] = 0xff;
    }
  g_assert_true (domuimg_iso_boot_read_catalog (domuimg_bytes (data, SECTOR), &boot, NULL));
}

static void
refuse (GBytes *bytes, const char *name)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  gsize first = MIN (size, 2 * SECTOR);
  DomuimgIsoBoot boot = { 0 };
  g_autoptr (GError) error = NULL;

  if (domuimg_iso_boot_read_descriptors (domuimg_bytes (data, first), &boot, &error))
    domuimg_iso_boot_read_catalog (domuimg_bytes (data + first, size - first), &boot, &error);
  g_test_message ("%s: %s", name, error != NULL ? error->message : "taken");
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
}

static void
test_must_fail (void)
{
  for_each_must_fail ("iso", refuse);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/iso-boot/who-starts-it", test_who_starts_it);
  g_test_add_func ("/iso-boot/not-bootable", test_not_bootable);
  g_test_add_func ("/iso-boot/endless-section", test_endless_section);
  g_test_add_func ("/iso-boot/must-fail", test_must_fail);
  return g_test_run ();
}
