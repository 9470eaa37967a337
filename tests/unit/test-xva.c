/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/import/archive/xva-xml.h"
#include "lib/import/archive/xva.h"
#include "tree-fixtures.h"

/* What is written is judged by tar, xmllint and coreutils; what is read was made by tar. */

typedef struct {
  char *scratch;
  char *path;
} Fixture;

static char *
path_of (Fixture *self, const char *name)
{
  return g_build_filename (self->scratch, name, NULL);
}

static char *
run (Fixture *self, const char *script)
{
  const char *argv[] = { "bash", "-ec", script, NULL };
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status;

  g_spawn_sync (self->scratch, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_spawn_check_wait_status (status, &error);
  g_assert_no_error (error);
  return output;
}

static void
must_run (Fixture *self, const char *script)
{
  g_free (run (self, script));
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->scratch = tree_scratch_new ();
  self->path = path_of (self, "test.xva");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->path);
  tree_scratch_free (self->scratch);
}

static int
open_in (Fixture *self, const char *name, int flags)
{
  g_autofree char *path = path_of (self, name);
  int fd = g_open (path, flags | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

/* Disks that end within a piece, and one whose pieces have numbers of two digits. */
static DomuimgXvaMachine *
make_machine (Fixture *self)
{
  static const guint64 sizes[] = { (20 << 20) + 512, 1 << 20, 4096, 5 << 20, 3 << 20, 2 << 20 };
  DomuimgXvaMachine *machine = domuimg_xva_machine_new ("héca<te> & co");
  DomuimgXvaNic *nic;

  machine->memory = (guint64) 2 << 30;
  machine->vcpus = 3;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    domuimg_xva_machine_add_disk (machine, sizes[i])->is_bootable = i == 0;
  nic = domuimg_xva_machine_add_nic (machine);
  nic->mac = g_strdup ("00:16:3e:01:02:03");
  nic->network = g_strdup ("Pool-wide network");
  domuimg_xva_machine_add_nic (machine);
  must_run (self, "truncate -s $((20*1048576+512)) d0; truncate -s 1M d1; truncate -s 4096 d2;"
                  "truncate -s 5M d3; truncate -s 3M d4; truncate -s 2M d5;"
                  "for at in 0 700 12000 30000; do dd status=none conv=notrunc if=/dev/urandom"
                  " of=d0 bs=512 count=100 seek=$at; done;"
                  "dd status=none conv=notrunc if=/dev/zero of=d0 bs=1M count=2 seek=8;"
                  "dd status=none conv=notrunc if=/dev/urandom of=d3 bs=1M count=5;"
                  "head -c 4096 /dev/urandom >d2");
  return machine;
}

static void
write_xva (Fixture *self, const DomuimgXvaMachine *machine, const char *name)
{
  int fds[6];
  int out = open_in (self, name, O_WRONLY | O_CREAT | O_TRUNC);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < machine->disks->len; i++)
    {
      g_autofree char *disk = g_strdup_printf ("d%u", i);

      fds[i] = open_in (self, disk, O_RDONLY);
    }
  domuimg_xva_write (machine, fds, out, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < machine->disks->len; i++)
    close (fds[i]);
  close (out);
}

static gboolean
extract (Fixture *self, DomuimgXva *xva, GError **error)
{
  guint count = domuimg_xva_get_machine (xva)->disks->len;
  int fds[6];
  gboolean ok;

  for (guint i = 0; i < count; i++)
    {
      g_autofree char *disk = g_strdup_printf ("out%u", i);

      fds[i] = open_in (self, disk, O_RDWR | O_CREAT | O_TRUNC);
    }
  ok = domuimg_xva_extract (xva, fds, NULL, NULL, error);
  for (guint i = 0; i < count; i++)
    close (fds[i]);
  return ok;
}

static DomuimgXva *
must_open (Fixture *self, const char *name)
{
  g_autofree char *path = path_of (self, name);
  g_autoptr (GError) error = NULL;
  DomuimgXva *xva = domuimg_xva_open (path, &error);

  g_assert_no_error (error);
  return xva;
}

static void
must_give_the_disks (Fixture *self, const char *name)
{
  g_autoptr (DomuimgXva) xva = must_open (self, name);
  g_autoptr (GError) error = NULL;

  extract (self, xva, &error);
  g_assert_no_error (error);
  must_run (self, "for i in 0 1 2 3 4 5; do cmp d$i out$i; done;"
                  "test $(stat -c %b out0) -le 520; test $(stat -c %b out4) -eq 0");
}

static void
test_round_trip (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgXvaMachine) machine = make_machine (self);
  g_autoptr (DomuimgXva) xva = NULL;
  const DomuimgXvaMachine *read;
  const DomuimgXvaDisk *disk;
  const DomuimgXvaNic *nic;

  write_xva (self, machine, "test.xva");
  xva = must_open (self, "test.xva");
  read = domuimg_xva_get_machine (xva);
  g_assert_cmpstr (read->name, ==, machine->name);
  g_assert_cmpuint (read->memory, ==, machine->memory);
  g_assert_cmpuint (read->vcpus, ==, 3);
  g_assert_false (read->is_hvm);
  g_assert_cmpstr (read->bootloader, ==, "pygrub");
  g_assert_cmpuint (read->disks->len, ==, 6);
  disk = g_ptr_array_index (read->disks, 0);
  g_assert_true (disk->is_bootable);
  g_assert_cmpuint (disk->size, ==, (20 << 20) + 512);
  g_assert_cmpuint (read->nics->len, ==, 2);
  nic = g_ptr_array_index (read->nics, 0);
  g_assert_cmpstr (nic->mac, ==, "00:16:3e:01:02:03");
  g_assert_cmpstr (nic->network, ==, "Pool-wide network");
  nic = g_ptr_array_index (read->nics, 1);
  g_assert_null (nic->mac);
  must_give_the_disks (self, "test.xva");
}

static void
test_compressed (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgXvaMachine) machine = make_machine (self);

  write_xva (self, machine, "test.xva");
  must_run (self, "gzip -k test.xva; zstd -q test.xva");
  must_give_the_disks (self, "test.xva.gz");
  must_give_the_disks (self, "test.xva.zst");
}

static void
test_what_others_see (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgXvaMachine) machine = make_machine (self);
  g_autofree char *list = NULL;
  g_autofree char *sums = NULL;

  write_xva (self, machine, "test.xva");
  write_xva (self, machine, "again.xva");
  must_run (self, "cmp test.xva again.xva");
  list = run (self, "tar -tf test.xva");
  g_assert_true (g_str_has_prefix (list, "ova.xml\nRef:10/00000000\nRef:10/00000000.checksum\n"));
  /* The first and the last piece are there whatever they hold; zeros are not, holes or not. */
  g_assert_nonnull (strstr (list, "\nRef:2/00000014\nRef:2/00000014.checksum\nRef:2/00000020\n"
                                  "Ref:2/00000020.checksum\nRef:4/00000000\n"));
  g_assert_null (strstr (list, "Ref:2/00000008"));
  must_run (self, "mkdir x; tar -C x -xf test.xva; chmod -R u+rw x; cd x; xmllint --noout ova.xml;"
                  "test $(stat -c %s Ref:2/00000020) = 512; for i in Ref*/????????; do"
                  " test \"$(sha1sum <$i | cut -c 1-40)\" = \"$(cat $i.checksum)\"; done");
  sums = run (self, "tar -tvf test.xva | head -1");
  g_assert_true (g_str_has_prefix (sums, "---------- 0/0 "));
  g_assert_nonnull (strstr (sums, "1970-01-01"));
}

static void
test_firmware (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgXvaMachine) machine = domuimg_xva_machine_new ("uefi");
  g_autoptr (DomuimgXva) xva = NULL;

  machine->is_hvm = machine->is_uefi = TRUE;
  write_xva (self, machine, "test.xva");
  xva = must_open (self, "test.xva");
  g_assert_true (domuimg_xva_get_machine (xva)->is_hvm);
  g_assert_true (domuimg_xva_get_machine (xva)->is_uefi);
}

/* An archive of one's own: what is written, unpacked, changed by @script, and packed again. */
static void
make_changed (Fixture *self, const char *script)
{
  g_autoptr (DomuimgXvaMachine) machine = domuimg_xva_machine_new ("one");
  g_autofree char *line = g_strdup_printf (
      "rm -rf x; mkdir x; tar -C x -xf first.xva; chmod -R u+rw x; cd x; %s; tar --sort=name"
      " --format=ustar -cf ../test.xva ova.xml $(ls Ref*/* | LC_ALL=C sort)",
      script);

  domuimg_xva_machine_add_disk (machine, 4 << 20);
  must_run (self, "head -c 4194304 /dev/urandom >d0");
  write_xva (self, machine, "first.xva");
  must_run (self, line);
}

static void
must_refuse (Fixture *self, int code, const char *part)
{
  g_autoptr (DomuimgXva) xva = NULL;
  g_autoptr (GError) error = NULL;

  xva = domuimg_xva_open (self->path, &error);
  if (xva != NULL)
    g_assert_false (extract (self, xva, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, DOMUIMG_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
}

static void
test_damaged (Fixture *self, gconstpointer data)
{
  static const struct {
    const char *script;
    int code;
    const char *part;
  } bad[] = {
    { "echo x | dd status=none conv=notrunc of=Ref:2/00000002", DOMUIMG_ERROR_UNTRUSTED,
      "Ref:2/00000002" },
    { "rm Ref:2/00000001.checksum; echo -n 0123456789ABCDEF >Ref:2/00000001.xxhash",
      DOMUIMG_ERROR_UNTRUSTED, "Ref:2/00000001" },
    { "echo x >Ref:2/00000001.md5; rm Ref:2/00000001.checksum", DOMUIMG_ERROR_UNTRUSTED,
      "Ref:2/00000001" },
    { "rm Ref:2/00000003*", DOMUIMG_ERROR_CORRUPT_INPUT, "ends before" },
    { "rm Ref:2/00000003.checksum", DOMUIMG_ERROR_CORRUPT_INPUT, "no checksum" },
    { "rm Ref:2/00000001.checksum", DOMUIMG_ERROR_CORRUPT_INPUT, "no checksum" },
    { "rm Ref:2/00000001", DOMUIMG_ERROR_CORRUPT_INPUT, "Ref:2/00000001" },
    { "cp Ref:2/00000003 Ref:2/00000004", DOMUIMG_ERROR_CORRUPT_INPUT, "beyond" },
    { "cp Ref:2/00000003 Ref:2/99999999999", DOMUIMG_ERROR_CORRUPT_INPUT, "not a piece" },
    { "mv Ref:2/00000000 Ref:2/0000000a", DOMUIMG_ERROR_CORRUPT_INPUT, "Ref:2" },
    { "sed -i 's/>4194304</>9223372036854775807</' ova.xml", DOMUIMG_ERROR_CORRUPT_INPUT, "size" },
    { "sed -i 's/>4194304</>0</' ova.xml", DOMUIMG_ERROR_CORRUPT_INPUT, "size" },
    { "sed -i 's/>VM</>VN</' ova.xml", DOMUIMG_ERROR_CORRUPT_INPUT, "no machine" },
    { "sed -i 's/<struct>//' ova.xml", DOMUIMG_ERROR_CORRUPT_INPUT, "XML" },
    { "sed -i '1a<!DOCTYPE value [<!ENTITY a \"b\">]>' ova.xml", DOMUIMG_ERROR_UNSAFE_INPUT,
      "document type" },
    { "echo '<appliance version=\"0.1\"/>' >ova.xml", DOMUIMG_ERROR_NOT_SUPPORTED, "version 1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      make_changed (self, bad[i].script);
      must_refuse (self, bad[i].code, bad[i].part);
    }
  make_changed (self, "true");
  must_run (self, "truncate -s 3000000 test.xva");
  must_refuse (self, DOMUIMG_ERROR_CORRUPT_INPUT, "not a whole");
  must_run (self, "truncate -s 100 test.xva");
  must_refuse (self, DOMUIMG_ERROR_CORRUPT_INPUT, "");
  must_run (self, "head -c 100000 d0 >test.xva");
  must_refuse (self, DOMUIMG_ERROR_CORRUPT_INPUT, "");
}

/* xapi keeps connections alive with empty pieces, which take numbers: what follows lies where it
 * would have without them. Checksums may be of xxHash. */
static void
test_as_xapi_writes (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgXva) xva = NULL;
  g_autoptr (GError) error = NULL;

  make_changed (self, "cd Ref:2; mv 00000003 00000005; mv 00000003.checksum 00000005.checksum;"
                      "mv 00000002 00000003; mv 00000002.checksum 00000003.checksum;"
                      ": >00000002; sha1sum </dev/null | head -c 40 >00000002.checksum;"
                      ": >00000004; echo -n EF46DB3751D8E999 >00000004.xxhash; cd ..");
  xva = must_open (self, "test.xva");
  extract (self, xva, &error);
  g_assert_no_error (error);
  must_run (self, "cmp d0 out0");
}

#define MEMBER(name, value) "<member><name>" name "</name><value>" value "</value></member>"
#define STRUCT(members) "<struct>" members "</struct>"
#define OBJECT(class, id, members)                                                                \
  "<value>" STRUCT (MEMBER ("class", class) MEMBER ("id", id)                                     \
                    MEMBER ("snapshot", STRUCT (members))) "</value>"

/* A machine that the library does not write. */
static void
test_drives_and_keys (void)
{
  static const char text[] = "<value>" STRUCT (MEMBER (
      "objects",
      "<array><data>" OBJECT (
          "VM", "Ref:1",
          MEMBER ("is_a_snapshot", "<boolean>0</boolean>") MEMBER ("name_label", "old")
              MEMBER ("HVM_boot_policy", "BIOS order")
                  MEMBER ("HVM_boot_params", STRUCT (MEMBER ("firmware", "uefi")))
                      MEMBER ("platform", STRUCT (MEMBER ("secureboot", "true"))))
          OBJECT ("VBD", "Ref:2", MEMBER ("VM", "Ref:1") MEMBER ("type", "CD"))
              OBJECT ("VBD", "Ref:3", MEMBER ("VM", "Ref:9") MEMBER ("type", "CD"))
                  OBJECT ("VTPM", "Ref:4", MEMBER ("VM", "Ref:1")) "</data></array>")) "</value>";
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgXvaMachine) machine
      = domuimg_xva_xml_parse (text, strlen (text), "t", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (machine->n_cdroms, ==, 1);
  g_assert_true (machine->has_secure_boot);
  g_assert_true (machine->has_tpm);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/xva/round-trip", Fixture, NULL, set_up, test_round_trip, tear_down);
  g_test_add ("/xva/compressed", Fixture, NULL, set_up, test_compressed, tear_down);
  g_test_add ("/xva/what-others-see", Fixture, NULL, set_up, test_what_others_see, tear_down);
  g_test_add ("/xva/firmware", Fixture, NULL, set_up, test_firmware, tear_down);
  g_test_add ("/xva/damaged", Fixture, NULL, set_up, test_damaged, tear_down);
  g_test_add ("/xva/as-xapi-writes", Fixture, NULL, set_up, test_as_xapi_writes, tear_down);
  g_test_add_func ("/xva/drives-and-keys", test_drives_and_keys);
  return g_test_run ();
}
