/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/convert-fixtures.h"

#include <string.h>

#define FIXTURE_VOLUMES 5
#define FIXTURE_NICS 2

typedef struct {
  const char *name;
  guint disk;
  DomuimgVolume volume;
} OldVolume;

/* Of each machine the root comes first. */
static const struct {
  const char *name;
  OldVolume volumes[FIXTURE_VOLUMES];
  const char *macs[FIXTURE_NICS]; /* of the old machine */
} machines[] = {
  { "debian-12",
    { { "xvda1", 0, { .number = 1, .fs = "ext4", .uuid = CONVERT_ROOT_UUID } },
      { "xvda5", 0, { .number = 5, .fs = "swap", .uuid = CONVERT_SWAP_UUID } },
      { "xvda6", 0, { .number = 6, .fs = "crypto_LUKS", .uuid = CONVERT_CRYPT_UUID } } },
    { "00:0c:29:12:34:56" } },
  { "debian-11",
    { { "xvda2", 0, { .number = 2, .fs = "ext4", .uuid = CONVERT_ROOT_UUID } },
      { "xvda1", 0, { .number = 1, .fs = "vfat", .uuid = CONVERT_ESP_UUID } },
      { "xvdb", 1, { .number = 0, .fs = "swap", .label = "pages" } } },
    { "52:54:00:aa:bb:01", "52:54:00:aa:bb:02" } },
  { "ubuntu-22.04",
    { { "xvda2", 0, { .number = 2, .fs = "ext4", .uuid = CONVERT_ROOT_UUID } },
      { "xvda1", 0, { .number = 1, .fs = "vfat", .uuid = CONVERT_ESP_UUID } },
      { "xvdb1", 1, { .number = 1, .fs = "ext4", .uuid = CONVERT_BOOT_UUID } } },
    { "00:50:56:aa:bb:01", "00:50:56:aa:bb:02" } },
  { "centos-7",
    { { "centos/root", 0, { .lv = "centos/root", .fs = "xfs", .uuid = CONVERT_ROOT_UUID } },
      { "centos/swap", 0, { .lv = "centos/swap", .fs = "swap", .uuid = CONVERT_SWAP_UUID } },
      { "xvda1", 0, { .number = 1, .fs = "xfs", .uuid = CONVERT_BOOT_UUID } },
      { "xvda2", 0, { .number = 2, .fs = "LVM2_member", .uuid = "lvm" } } },
    { "00:50:56:aa:bb:01", "00:50:56:aa:bb:02" } },
  { "rocky-9",
    { { "xvda3", 0, { .number = 3, .fs = "xfs", .uuid = CONVERT_ROOT_UUID } },
      { "xvda1", 0, { .number = 1, .fs = "vfat", .uuid = CONVERT_ESP_UUID } },
      { "xvda2", 0, { .number = 2, .fs = "swap", .uuid = CONVERT_SWAP_UUID } } },
    { NULL } },
  { "opensuse",
    { { "xvda2", 0, { .number = 2, .fs = "ext4", .uuid = CONVERT_ROOT_UUID } },
      { "xvda1", 0, { .number = 1, .fs = "swap", .uuid = CONVERT_SWAP_UUID } } },
    { "08:00:27:00:00:01", "08:00:27:00:00:02" } },
  { "alpine",
    { { "xvda3", 0, { .number = 3, .fs = "ext4", .uuid = CONVERT_ROOT_UUID } },
      { "xvda2", 0, { .number = 2, .fs = "swap", .uuid = CONVERT_SWAP_UUID } },
      { "xvda1", 0, { .number = 1, .fs = "ext4", .uuid = CONVERT_BOOT_UUID } } },
    { "52:54:00:aa:bb:01" } },
  { "debian-6",
    { { "xvda1", 0, { .number = 1, .fs = "ext3", .uuid = CONVERT_ROOT_UUID } },
      { "xvda5", 0, { .number = 5, .fs = "swap", .uuid = CONVERT_SWAP_UUID } } },
    { "00:0c:29:00:00:01", "00:0c:29:00:00:02" } },
};

const char *const convert_names[] = { "debian-12", "debian-11", "ubuntu-22.04", "centos-7",
                                      "rocky-9",   "opensuse",  "alpine",       "debian-6", NULL };

DomuimgConversion *
convert_want (const char *name)
{
  static const char *const macs[FIXTURE_NICS] = { CONVERT_FIRST_MAC, CONVERT_SECOND_MAC };
  DomuimgConversion *want = domuimg_conversion_new ();
  guint at = 0;

  while (!g_str_equal (machines[at].name, name))
    g_assert_cmpuint (++at, <, G_N_ELEMENTS (machines));
  want->type = DOMUIMG_GUEST_TYPE_PVH;
  for (guint i = 0; i < FIXTURE_VOLUMES && machines[at].volumes[i].name != NULL; i++)
    {
      const OldVolume *volume = &machines[at].volumes[i];

      domuimg_conversion_add_volume (want, volume->name, volume->disk, &volume->volume);
    }
  want->root = g_ptr_array_index (want->volumes, 0);
  for (guint i = 0; i < FIXTURE_NICS; i++)
    if (i == 0 || machines[at].macs[i] != NULL)
      domuimg_conversion_add_nic (want, machines[at].macs[i], macs[i]);
  return want;
}

DomuimgTree *
convert_load (const char *name)
{
  g_autofree char *file = g_strconcat ("convert-", name, NULL);

  return guest_load (file);
}

GPtrArray *
convert_run (const DomuimgConversion *want, DomuimgTree *tree)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *changes = g_ptr_array_new_with_free_func (g_free);
  gboolean done = domuimg_conversion_run (want, tree, NULL, tree, changes, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
  return changes;
}

DomuimgTree *
convert_fixture (const char *name, GPtrArray **changes)
{
  g_autoptr (DomuimgConversion) want = convert_want (name);
  DomuimgTree *tree = convert_load (name);

  *changes = convert_run (want, tree);
  return tree;
}

gboolean
convert_says (GPtrArray *lines, const char *part)
{
  for (guint i = 0; i < lines->len; i++)
    if (strstr (g_ptr_array_index (lines, i), part) != NULL)
      return TRUE;
  return FALSE;
}
