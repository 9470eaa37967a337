/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every name that a guest's files may have for one of its block devices. */
#include "config.h"

#include "lib/image/devices.h"

static DomuimgVolume root = { .number = 1,
                              .fs = (char *) "ext4",
                              .uuid = (char *) "aaaa-0001",
                              .label = (char *) "my root/1",
                              .partuuid = (char *) "cafe-01",
                              .partlabel = (char *) "Linux" };
static DomuimgVolume lower = { .number = 2, .label = (char *) "DATA" };
static DomuimgVolume logical = { .lv = (char *) "vg-0/ro-ot", .uuid = (char *) "bbbb" };
static DomuimgVolume whole = { .fs = (char *) "xfs", .label = (char *) "data" };

static GPtrArray *
make_list (void)
{
  g_autoptr (GPtrArray) first = g_ptr_array_new ();
  g_autoptr (GPtrArray) second = g_ptr_array_new ();
  GPtrArray *devices = domuimg_devices_new ();

  g_ptr_array_add (first, &root);
  g_ptr_array_add (first, &lower);
  g_ptr_array_add (first, &logical);
  g_ptr_array_add (second, &whole);
  domuimg_devices_add_volumes (devices, "xvda", 0, NULL, first);
  domuimg_devices_add_volumes (devices, "xvdb", 1, NULL, second);
  return devices;
}

static void
test_list (void)
{
  static const char *const names[] = { "xvda1", "xvda2", "vg-0/ro-ot", "xvda", "xvdb" };
  g_autoptr (GPtrArray) devices = make_list ();

  g_assert_cmpuint (devices->len, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (devices, i);

      g_assert_cmpstr (device->name, ==, names[i]);
      g_assert_cmpuint (device->disk, ==, i == 4);
    }
  g_assert_null (((DomuimgDevice *) devices->pdata[3])->volume);
}

static void
test_names (void)
{
  static const struct {
    const char *spec;
    const char *name; /* (nullable) none is called so */
  } cases[] = {
    { "/dev/xvda1", "xvda1" },
    { "/dev/xvda", "xvda" },
    { "/dev/xvda3", NULL },
    { "xvda1", NULL },
    { "/dev/sda1", NULL },
    { "UUID=AAAA-0001", "xvda1" },
    { "UUID=\"aaaa-0001\"", "xvda1" },
    { "UUID=", NULL },
    { "UUID=\"", NULL },
    { "PARTUUID=CAFE-01", "xvda1" },
    { "LABEL=my root/1", "xvda1" },
    { "LABEL=data", "xvdb" },
    { "LABEL=DATA", "xvda2" },
    { "LABEL=Data", NULL },
    { "PARTLABEL=Linux", "xvda1" },
    { "PARTLABEL=linux", NULL },
    { "/dev/disk/by-uuid/aaaa-0001", "xvda1" },
    { "/dev/disk/by-uuid/AAAA-0001", NULL },
    { "/dev/disk/by-label/my\\x20root\\x2f1", "xvda1" },
    { "/dev/disk/by-partuuid/cafe-01", "xvda1" },
    { "/dev/disk/by-partlabel/Linux", "xvda1" },
    { "/dev/disk/by-id/ata-DISK-part1", NULL },
    { "/dev/vg-0/ro-ot", "vg-0/ro-ot" },
    { "/dev/mapper/vg--0-ro--ot", "vg-0/ro-ot" },
    { "/dev/mapper/vg-0-ro-ot", NULL },
    { "/dev/disk/by-id/dm-name-vg--0-ro--ot", "vg-0/ro-ot" },
    { "/dev/disk/by-uuid/bbbb", "vg-0/ro-ot" },
    { "/dev/", NULL },
    { "", NULL },
  };
  g_autoptr (GPtrArray) devices = make_list ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const DomuimgDevice *found = domuimg_devices_find (devices, cases[i].spec);

      g_test_message ("%s", cases[i].spec);
      g_assert_cmpstr (found != NULL ? found->name : NULL, ==, cases[i].name);
    }
}

static void
test_partition_of_number (void)
{
  g_autofree char *name = domuimg_device_name_volume ("loop0", &root);

  g_assert_cmpstr (name, ==, "loop0p1");
}

static void
test_kernel_names (void)
{
  static const struct {
    const char *name;
    int disk; /* -1: not such a name */
    guint partition;
  } cases[] = {
    { "sda1", 0, 1 },       { "hdb", 1, 0 },    { "vdc12", 2, 12 },  { "xvdb2", 1, 2 },
    { "nvme1n1p3", 1, 3 },  { "nvme0n1", 0, 0 }, { "sda-1", -1, 0 }, { "sd1", -1, 0 },
    { "mapper/sda1", -1, 0 }, { "sda1x", -1, 0 }, { "", -1, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint disk = 99, partition = 99;
      gboolean is = domuimg_device_parse_kernel_name (cases[i].name, &disk, &partition);

      g_test_message ("%s", cases[i].name);
      g_assert_cmpint (is ? (int) disk : -1, ==, cases[i].disk);
      if (is)
        g_assert_cmpuint (partition, ==, cases[i].partition);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/devices/list", test_list);
  g_test_add_func ("/devices/names", test_names);
  g_test_add_func ("/devices/partition-of-number", test_partition_of_number);
  g_test_add_func ("/devices/kernel-names", test_kernel_names);
  return g_test_run ();
}
