/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/domain/model/vdev.h"
#include "lib/domain/xl/file.h"

/* A guest of which nothing is to be said. */
#define PV "name='a'\nkernel='/k'\nmemory=64\n"
#define HVM "name='a'\ntype='hvm'\nmemory=64\n"
#define PVH "name='a'\ntype='pvh'\nkernel='/k'\nmemory=64\n"

static DomuimgXlFile *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  DomuimgXlFile *file = domuimg_xl_file_parse (text, strlen (text), "t.cfg", &error);

  g_assert_no_error (error);
  return file;
}

/* "id:line!" a problem, with "!" where xl refuses and without where it passes over. */
static char *
say (const char *text, guint minor)
{
  g_autoptr (DomuimgXlFile) file = parse (text);
  g_autoptr (GPtrArray) problems = domuimg_xl_file_check (file, 4, minor);
  g_autoptr (GString) said = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    {
      const DomuimgXlProblem *problem = g_ptr_array_index (problems, i);

      g_test_message ("%u: %s", problem->line, problem->message);
      g_assert_true (g_str_has_prefix (problem->id, "config-"));
      g_string_append_printf (said, "%s%s:%u%s", i > 0 ? " " : "", problem->id + strlen ("config-"),
                              problem->line, problem->refused ? "!" : "");
    }
  return g_string_free (g_steal_pointer (&said), FALSE);
}

static const struct {
  const char *text;
  const char *said;
} cases[] = {
  { PV, "" },
  { HVM, "" },
  { PVH, "" },
  { PV "disk=['/a,raw,xvda,w','/b,raw,xvdb,w']\nvif=['mac=00:16:3e:00:00:01','']\n", "" },
  /* Names, identity and sizes. */
  { "kernel='/k'\nmemory=64\n", "name:0!" },
  { "name=['a']\nmemory=64\n", "name:1! value:1!" },
  { "name=''\nmemory=64\n", "name:1" },
  { PV "uuid='123'\n", "value:4!" },
  { "name='a'\n", "memory:0" },
  { "name='a'\nmaxmem=64\n", "" },
  { "name='a'\nmemory='lots'\n", "value:2 memory:2" },
  { "name='a'\nmemory=0\n", "memory:2!" },
  { "name='a'\nmemory=64\nmemory+='0'\n", "value:2 memory:2" },
  { PV "maxmem=32\n", "contradiction:4" },
  { PV "vcpus=4\nmaxvcpus=2\n", "contradiction:5!" },
  { PV "vcpus=4\nmaxvcpus=8\n", "" },
  /* Keys. */
  { PV "vcpu=2\n", "unknown-key:4" },
  { PV "zzz='a'\nzzz='b'\n", "unknown-key:5" },
  { PV "disk='/a,raw,xvda,w'\n", "value:4" },
  { PV "cmdline=['a']\n", "value:4" },
  { PV "device_model_args='-x'\n", "value:4!" },
  { PV "max_grant_frames='x'\n", "value:4!" },
  { PV "cpus='0'\ncpus_soft=['0']\n", "" },
  { PV "boot='c'\n", "contradiction:4" },
  { PV "bootloader_restrict=1\n", "key-too-new:4" },
  { PV "device_model='/x'\n", "deprecated:4" },
  /* Words. */
  { "name='a'\nmemory=64\ntype='xen'\n", "value:3!" },
  { "name='a'\nmemory=64\ntype='p'\n", "" },
  { "name='a'\nmemory=64\nbuilder='hvm'\n", "deprecated:3" },
  { "name='a'\nmemory=64\nbuilder='linux'\n", "value:3!" },
  { HVM "builder='hvm'\n", "deprecated:4" },
  { HVM "builder='generic'\n", "contradiction:4!" },
  { PVH "builder='generic'\n", "contradiction:5!" },
  { PV "on_crash='reboot'\n", "value:4!" },
  { PV "on_crash='coredump-destroy'\n", "" },
  { HVM "vga='vmware'\n", "value:4!" },
  { HVM "vga='StdVGA'\n", "value:4!" },
  { HVM "hdtype='AHCI'\ntsc_mode='native'\ntimer_mode=3\n", "" },
  { HVM "tsc_mode=4\n", "value:4!" },
  { PV "timer_mode=0\n", "contradiction:4!" },
  /* What boots. */
  { PV "cmdline='a'\nroot='b'\n", "contradiction:5" },
  { PV "root='a'\nextra='b'\n", "" },
  { HVM "bootloader='pygrub'\n", "contradiction:4" },
  { PV "bootloader='pygrub'\n", "contradiction:2" },
  { PV "firmware='pvgrub64'\n", "contradiction:4!" },
  { "name='a'\nmemory=64\nfirmware='bios'\n", "contradiction:3!" },
  { "name='a'\nmemory=64\nfirmware='pvgrub64'\n", "" },
  { HVM "firmware='uefi'\n", "" },
  /* Disks. */
  { PV "disk=['/a,raw,xvda,w',\n'/b,raw']\n", "disk:5!" },
  { PV "disk=['/a,raw,vda,w']\n", "disk:4!" },
  { PV "disk=['/a,raw,xvda,w',\n'/b,raw,xvda,w']\n", "duplicate-vdev:5!" },
  { PV "disk=['/a,raw,xvda,w','/b,raw,51712,w']\n", "duplicate-vdev:4!" },
  { PV "disk=['/a,raw,xvda,w','/b,raw,d0p0,w']\n", "duplicate-vdev:4!" },
  { PV "disk=['/a,raw,xvda,w','/b,raw,hda,w']\n", "duplicate-vdev:4" },
  { PV "disk=['/a,raw,sda1,w','/b,raw,hda1,w']\n", "duplicate-vdev:4" },
  { HVM "disk=['/a,raw,xvda,w','/b,raw,hda,w']\n", "duplicate-vdev:4!" },
  { HVM "disk=['/a,raw,xvda,w','/b,raw,sda,w']\n", "duplicate-vdev:4" },
  { PV "disk=['tap:aio:/a,xvda,w']\n", "deprecated:4" },
  { PV "disk=['/a,raw,xvda,w,backendtype=tap']\n", "disk:4!" },
  { PV "disk=['/a,qcow2,xvda,w,backendtype=phy']\n", "disk:4!" },
  { PV "disk=['/a,raw,xvda,w,backendtype=standalone']\n", "disk:4!" },
  { PV "disk=['/a,raw,7,w']\n", "disk:4" },
  { PV "disk=['/a,raw,xvda,w',['x'],'/b']\n", "value:4" },
  /* Interfaces. */
  { PV "vif=['mac=00:16:3e:00:00:01',\n'mac=0:16:3E:0:0:1']\n", "duplicate-mac:5" },
  { PV "vif=['mac=01:16:3e:00:00:01']\n", "mac:4" },
  { PV "vif=['mac=00:16:3e']\n", "mac:4" },
  { PV "vif=['brigde=b']\n", "value:4" },
  { PV "vif=['rate=much']\n", "value:4!" },
  { PV "vif=['type=ioemu']\n", "contradiction:4!" },
  { HVM "vif=['type=ioemu,netdev=eth0']\n", "deprecated:4" },
};

static void
test_problems_are_those_of_xl (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].text);
      g_autofree char *said = say (cases[i].text, 17);

      g_assert_cmpstr (said, ==, cases[i].said);
    }
}

static void
test_newer_keys_need_a_newer_xen (void)
{
  static const struct {
    const char *key;
    guint since;
  } keys[] = { { "vpmu=1", 16 },         { "bootloader_restrict=1", 18 }, { "virtio=[]", 18 },
               { "nr_spis=1", 19 },      { "llc_colors=[]", 20 },         { "altp2m_count=1", 21 } };
  g_autofree char *refused = say (PV "disk=['/a,raw,xvda,w,untrusted']\n", 18);
  g_autofree char *taken = say (PV "disk=['/a,raw,xvda,w,untrusted']\n", 19);

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autofree char *text = g_strconcat (PV, keys[i].key, "\n", NULL);
      g_autofree char *before = say (text, keys[i].since - 1);
      g_autofree char *after = say (text, keys[i].since);

      g_assert_cmpstr (before, ==, "key-too-new:4");
      g_assert_cmpstr (after, ==, "");
    }
  g_assert_cmpstr (refused, ==, "disk:4!");
  g_assert_cmpstr (taken, ==, "");
}

static char *
mend (const char *text)
{
  g_autoptr (DomuimgXlFile) file = parse (text);
  g_autoptr (GPtrArray) problems = domuimg_xl_file_check (file, 4, 17);
  char *mended = g_strdup (text);

  for (guint i = 0; i < problems->len; i++)
    {
      const DomuimgXlProblem *problem = g_ptr_array_index (problems, i);
      g_autoptr (DomuimgXlFile) now = parse (mended);
      char *next;

      if (problem->fix_key != NULL)
        next = domuimg_xl_file_edit (now, problem->fix_key, problem->fix_value);
      else if (problem->rename_from != NULL)
        next = domuimg_xl_file_rename (now, problem->rename_from, problem->rename_to);
      else
        continue;
      g_free (mended);
      mended = next;
    }
  return mended;
}

static void
test_fixes (void)
{
  static const struct {
    const char *before;
    const char *after;
  } fixes[] = {
    { PV "vcpu=2\n", PV "vcpus=2\n" },
    { PV "vcpu=2\nvcpus=3\n", PV "vcpu=2\nvcpus=3\n" },
    { PV "maxmem=32\n", PV },
    { PV "vcpus=4\nmaxvcpus=2\n", PV "vcpus=4\n" },
    { HVM "builder='hvm'\n", HVM },
    { "name='a'\nmemory='256M'\nmaxmem='1 GiB'\n", "name='a'\nmemory=256\nmaxmem=1024\n" },
    { "name='a'\nmemory='lots'\n", "name='a'\nmemory='lots'\n" },
    { PV "disk=[ '/a,raw,xvda,w', # root\n '/b,raw,xvda,w', '/c,raw,xvdb,w',\n"
         " 'vdev=xvda,target=/d',\n]\n",
      PV "disk=[ '/a,raw,xvda,w', # root\n \"/b,raw,xvdc,w\", '/c,raw,xvdb,w',\n"
         " \"vdev=xvdd,target=/d\",\n]\n" },
    /* A list of several settings is for people to mend. */
    { PV "disk=['/a,raw,xvda,w']\ndisk+=['/b,raw,xvda,w']\n",
      PV "disk=['/a,raw,xvda,w']\ndisk+=['/b,raw,xvda,w']\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fixes); i++)
    {
      g_autofree char *after = mend (fixes[i].before);

      g_assert_cmpstr (after, ==, fixes[i].after);
    }
}

static void
test_addresses_are_mended (void)
{
  g_autofree char *mended = mend (PV "vif=['mac=00:16:3e:00:00:01,bridge=a',\n"
                                     "'bridge=b, mac=00:16:3e:00:00:01', 'mac=03:00:00:00:00:01',"
                                     "'mac=nothing,bridge=c']\n");
  g_autofree char *said = say (mended, 17);
  g_autofree char *again = mend (mended);

  g_assert_cmpstr (said, ==, "");
  g_assert_cmpstr (again, ==, mended);
  g_assert_nonnull (strstr (mended, "['mac=00:16:3e:00:00:01,bridge=a',\n\"bridge=b, mac=00:16:3e:"));
}

static void
test_vdevs (void)
{
  static const struct {
    const char *vdev;
    const char *linux_name; /* NULL: none */
    guint number;           /* G_MAXUINT: none */
  } vdevs[] = {
    { "xvda", "xvda", 0xca00 },         { "xvdb2", "xvdb2", 0xca12 },
    { "xvdp15", "xvdp15", 0xcaff },     { "xvdq", "xvdq", 0x10001000 },
    { "xvda16", "xvda16", 0x10000010 }, { "xvdaa", "xvdaa", 0x10001a00 },
    { "hda", "xvda", 0x300 },           { "hdb1", "xvdb1", 0x341 },
    { "hdd", "xvdd", 0x1640 },          { "sda", "xvda", 0x800 },
    { "sdp15", "xvdp15", 0x8ff },       { "d0p0", "xvda", 0xca00 },
    { "d27p3", "xvdab3", 0x10001b03 },  { "51712", "xvda", 0xca00 },
    { "0x341", "xvdb1", 0x341 },        { "268441856", "xvdz", 0x10001900 },
    { "5", NULL, 5 },                   { "xvd", NULL, G_MAXUINT },
    { "xvda0", NULL, G_MAXUINT },       { "xvda256", NULL, G_MAXUINT },
    { "xvdA", NULL, G_MAXUINT },        { "hde", NULL, G_MAXUINT },
    { "hda64", NULL, G_MAXUINT },       { "sdq", NULL, G_MAXUINT },
    { "sda16", NULL, G_MAXUINT },       { "vda", NULL, G_MAXUINT },
    { "d1", NULL, G_MAXUINT },          { "d1p256", NULL, G_MAXUINT },
    { "xvdzzzzz", NULL, G_MAXUINT },    { "99999999999", NULL, G_MAXUINT },
    { "", NULL, G_MAXUINT },            { "xvda1x", NULL, G_MAXUINT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (vdevs); i++)
    {
      g_autofree char *name = domuimg_vdev_linux_name (vdevs[i].vdev);
      guint disk, partition, number = G_MAXUINT;

      g_test_message ("%s", vdevs[i].vdev);
      g_assert_true (domuimg_vdev_parse (vdevs[i].vdev, &disk, &partition)
                     == (vdevs[i].linux_name != NULL));
      g_assert_cmpstr (name, ==,
                       vdevs[i].linux_name != NULL ? vdevs[i].linux_name : vdevs[i].vdev);
      if (!domuimg_vdev_number (vdevs[i].vdev, &number))
        number = G_MAXUINT;
      g_assert_cmpuint (number, ==, vdevs[i].number);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/domain/check/problems-are-those-of-xl", test_problems_are_those_of_xl);
  g_test_add_func ("/domain/check/newer-keys-need-a-newer-xen", test_newer_keys_need_a_newer_xen);
  g_test_add_func ("/domain/check/fixes", test_fixes);
  g_test_add_func ("/domain/check/addresses-are-mended", test_addresses_are_mended);
  g_test_add_func ("/domain/check/vdevs", test_vdevs);
  return g_test_run ();
}
