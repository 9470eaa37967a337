/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/disk/file.h"
#include "lib/import/chain/chain.h"
#include "lib/import/chain/follow.h"
#include "tree-fixtures.h"

/* Images are made, and judged, by qemu-img. */

#define MIB ((guint64) 1024 * 1024)
#define SIZE (40 * MIB)
/* Two extents of at most 2 GB. */
#define LARGE (2200 * MIB)

typedef struct {
  char *scratch;
  char *source; /* raw */
} Fixture;

static char *
path_of (Fixture *self, const char *name)
{
  return g_build_filename (self->scratch, name, NULL);
}

/* What @line, with words apart by spaces, prints; a tab in it is a space. */
static char *
run (Fixture *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status;

  for (char **word = words; *word != NULL; word++)
    g_strdelimit (*word, "\t", ' ');
  g_spawn_sync (self->scratch, words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL, &status,
                &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s", line, error->message);
  return output;
}

static void
must_run (Fixture *self, const char *line)
{
  g_free (run (self, line));
}

static void
write_at (const char *path, guint64 offset, const void *data, gsize length)
{
  int fd = g_open (path, O_WRONLY, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, data, length, offset), ==, (gssize) length);
  close (fd);
}

/* Some of it from the first to the last sector, and nothing between. */
static void
make_source (Fixture *self, guint64 size)
{
  g_autofree guint8 *noise = g_malloc (3 * MIB);
  g_autoptr (GError) error = NULL;
  GRand *rand = g_rand_new_with_seed (4);

  for (gsize i = 0; i < 3 * MIB; i++)
    noise[i] = g_rand_int (rand);
  g_rand_free (rand);
  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->source, size, NULL, NULL, &error));
  write_at (self->source, 0, noise, 512);
  write_at (self->source, 5 * MIB + 512, noise, 3 * MIB);
  write_at (self->source, size - 2 * MIB, noise, 2 * MIB);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->scratch = tree_scratch_new ();
  self->source = path_of (self, "source.raw");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->source);
  tree_scratch_free (self->scratch);
}

static DomuimgImageChain *
open_chain (Fixture *self, const char *name, gboolean allow_backing, GError **error)
{
  g_autofree char *path = path_of (self, name);

  return domuimg_image_chain_open (path, NULL, allow_backing, error);
}

static DomuimgImageChain *
must_open (Fixture *self, const char *name, gboolean allow_backing)
{
  g_autoptr (GError) error = NULL;
  DomuimgImageChain *chain = open_chain (self, name, allow_backing, &error);

  g_assert_no_error (error);
  return chain;
}

static void
must_refuse_as (Fixture *self, const char *name, const char *format, int code,
                const char *part)
{
  g_autofree char *path = path_of (self, name);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgImageChain) chain = domuimg_image_chain_open (path, format, FALSE, &error);

  g_assert_null (chain);
  g_test_message ("%s", error->message);
  g_assert_error (error, DOMUIMG_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
}

static void
must_refuse (Fixture *self, const char *name, int code, const char *part)
{
  must_refuse_as (self, name, NULL, code, part);
}

/* qemu-img sees @raw through the node. */
static void
must_show (Fixture *self, DomuimgImageChain *chain, const char *raw)
{
  g_autofree char *node = domuimg_image_chain_to_node (chain);
  g_autofree char *image = g_strdup_printf ("json:%s", node);
  const char *argv[] = { "qemu-img", "compare", "-f", "raw", raw, image, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_assert_null (strchr (self->scratch, ' '));
  g_spawn_sync (self->scratch, (char **) argv, NULL,
                G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status,
                &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

/* QEMU says the same of the size and the format. */
static void
must_be_as_qemu_says (Fixture *self, DomuimgImageChain *chain)
{
  g_autofree char *node = domuimg_image_chain_to_node (chain);
  g_autofree char *image = g_strdup_printf ("json:%s", node);
  const char *argv[] = { "qemu-img", "info", "--output", "json", image, NULL };
  g_autofree char *output = NULL;
  g_autoptr (JsonNode) root = NULL;
  JsonObject *info;

  g_spawn_sync (self->scratch, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL,
                NULL, NULL);
  root = json_from_string (output, NULL);
  info = json_node_get_object (root);
  g_assert_cmpint (json_object_get_int_member (info, "virtual-size"), ==,
                   domuimg_image_chain_get_size (chain));
  g_assert_cmpstr (json_object_get_string_member (info, "format"), ==,
                   domuimg_image_chain_get_format (chain));
}

/* The storage daemon takes it, too. */
static void
must_be_a_blockdev (Fixture *self, DomuimgImageChain *chain)
{
  g_autofree char *node = domuimg_image_chain_to_node (chain);
  g_autofree char *named = g_strdup_printf ("{\"node-name\":\"disk\",%s", node + 1);
  const char *argv[] = { "timeout", "20", "qemu-storage-daemon", "--blockdev", named, "--chardev",
                         "stdio,id=c", "--monitor", "c", NULL };
  g_autoptr (GSubprocess) daemon = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  daemon = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                              &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (daemon,
                                 "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n",
                                 NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (daemon));
}

typedef struct {
  const char *format;
  const char *options; /* (nullable) */
  const char *file;
  guint64 size;
  guint files;
} Case;

static const Case cases[] = {
  { "raw", NULL, "disk.raw", SIZE, 1 },
  { "qcow", NULL, "disk.qcow", SIZE, 1 },
  { "qcow2", NULL, "disk.qcow2", SIZE, 1 },
  { "qcow2", "compat=0.10", "old.qcow2", SIZE, 1 },
  { "qcow2", "extended_l2=on,cluster_size=128k", "extended.qcow2", SIZE, 1 },
  { "qcow2", "data_file=data.raw", "outside.qcow2", SIZE, 2 },
  { "qed", NULL, "disk.qed", SIZE, 1 },
  { "vdi", NULL, "disk.vdi", SIZE, 1 },
  { "vdi", "static=on", "static.vdi", SIZE, 1 },
  { "vhdx", NULL, "disk.vhdx", SIZE, 1 },
  { "vhdx", "subformat=fixed", "fixed.vhdx", SIZE, 1 },
  { "vpc", "force_size=on", "disk.vhd", SIZE, 1 },
  { "vpc", "force_size=on,subformat=fixed", "fixed.vhd", SIZE, 1 },
  { "vmdk", "subformat=monolithicSparse", "sparse.vmdk", SIZE, 1 },
  { "vmdk", "subformat=monolithicFlat", "flat.vmdk", SIZE, 2 },
  { "vmdk", "subformat=streamOptimized", "stream.vmdk", SIZE, 1 },
  { "vmdk", "subformat=twoGbMaxExtentSparse", "split.vmdk", LARGE, 3 },
  { "vmdk", "subformat=twoGbMaxExtentFlat", "pieces.vmdk", LARGE, 3 },
};

static void
make (Fixture *self, const char *format, const char *options, const char *file)
{
  g_autofree char *line
      = g_strdup_printf ("qemu-img convert -q -f raw -O %s%s%s source.raw %s", format,
                         options != NULL ? " -o " : "", options != NULL ? options : "", file);

  must_run (self, line);
}

static void
test_format (Fixture *self, gconstpointer data)
{
  const Case *one = data;
  g_autoptr (DomuimgImageChain) chain = NULL;

  make_source (self, one->size);
  make (self, one->format, one->options, one->file);
  chain = must_open (self, one->file, FALSE);
  g_assert_cmpstr (domuimg_image_chain_get_format (chain), ==, one->format);
  g_assert_cmpuint (domuimg_image_chain_get_size (chain), ==, one->size);
  g_assert_cmpuint (domuimg_image_chain_get_files (chain)->len, ==, one->files);
  g_assert_cmpuint (domuimg_image_chain_get_total_bytes (chain), >, 2 * MIB);
  g_assert_true (domuimg_image_chain_can_back (chain));
  must_show (self, chain, "source.raw");
  must_be_as_qemu_says (self, chain);
  must_be_a_blockdev (self, chain);
}

/* With data to its end, so that whatever is cut off is missed. */
static void
test_truncated (Fixture *self, gconstpointer data)
{
  const Case *one = data;
  g_autofree char *path = path_of (self, one->file);
  struct stat status;

  make_source (self, one->size);
  make (self, one->format, one->options, one->file);
  g_assert_cmpint (stat (path, &status), ==, 0);
  for (guint part = 1; part < 8; part++)
    {
      g_assert_cmpint (truncate (path, status.st_size * (8 - part) / 8 / 512 * 512), ==, 0);
      must_refuse_as (self, one->file, one->format, DOMUIMG_ERROR_CORRUPT_INPUT, "");
    }
}

static void
replace_in (Fixture *self, const char *name, const char *from, const char *to)
{
  g_autofree char *path = path_of (self, name);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) parts = NULL;
  g_autofree char *changed = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, from));
  parts = g_strsplit (text, from, -1);
  changed = g_strjoinv (to, parts);
  g_file_set_contents (path, changed, -1, &error);
  g_assert_no_error (error);
}

static void
make_flat (Fixture *self)
{
  make_source (self, SIZE);
  make (self, "vmdk", "subformat=monolithicFlat", "flat.vmdk");
}

/* QEMU would follow the hint, whatever is said beside it, if the node let it. */
static void
test_block_nodes_name_no_other_file (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = NULL;
  g_autofree char *node = NULL;

  make_flat (self);
  replace_in (self, "flat.vmdk", "parentCID=ffffffff",
              "parentCID=ffffffff\nparentFileNameHint=\"/nonexistent\"");
  chain = must_open (self, "flat.vmdk", FALSE);
  node = domuimg_image_chain_to_node (chain);
  g_assert_nonnull (strstr (node, "\"backing\":null"));
  g_assert_nonnull (strstr (node, "\"read-only\":true"));
  g_assert_false (domuimg_image_chain_can_back (chain));
  must_show (self, chain, "source.raw");
}

static void
test_missing_extent (Fixture *self, gconstpointer data)
{
  make_flat (self);
  must_run (self, "mv flat-flat.vmdk elsewhere");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_NOT_FOUND, "flat-flat.vmdk");
}

static void
test_extent_outside (Fixture *self, gconstpointer data)
{
  make_flat (self);
  replace_in (self, "flat.vmdk", "\"flat-flat.vmdk\"", "\"../../../../../../etc/passwd\"");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT, "etc/passwd");
  replace_in (self, "flat.vmdk", "\"../../../../../../etc/passwd\"", "\"/etc/passwd\"");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT, "/etc/passwd");
  replace_in (self, "flat.vmdk", "\"/etc/passwd\"", "\"nbd:localhost:1\"");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT, "nbd:");
}

static void
test_extent_behind_a_symlink (Fixture *self, gconstpointer data)
{
  make_flat (self);
  must_run (self, "mkdir inner");
  must_run (self, "mv flat.vmdk inner/");
  must_run (self, "ln -s ../flat-flat.vmdk inner/flat-flat.vmdk");
  must_refuse (self, "inner/flat.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT, "flat-flat.vmdk");
  /* A directory whose name only begins like the image's is another one. */
  must_run (self, "mkdir inner-evil");
  must_run (self, "mv flat-flat.vmdk inner-evil/");
  replace_in (self, "inner/flat.vmdk", "\"flat-flat.vmdk\"", "\"../inner-evil/flat-flat.vmdk\"");
  must_refuse (self, "inner/flat.vmdk", DOMUIMG_ERROR_UNSAFE_INPUT, "inner-evil");
}

static void
test_extent_that_is_a_fifo (Fixture *self, gconstpointer data)
{
  make_flat (self);
  must_run (self, "rm flat-flat.vmdk");
  must_run (self, "mkfifo flat-flat.vmdk");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_NOT_SUPPORTED, "flat-flat.vmdk");
}

static void
test_short_extent (Fixture *self, gconstpointer data)
{
  make_flat (self);
  must_run (self, "truncate -s 39M flat-flat.vmdk");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "flat-flat.vmdk");
}

/* QEMU reads an extent wherever blanks make one of words, lines apart. */
static void
test_extents_that_only_qemu_sees (Fixture *self, gconstpointer data)
{
  make_flat (self);
  replace_in (self, "flat.vmdk", "RW ", "RW\n");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "not an extent");
  replace_in (self, "flat.vmdk", "RW\n", "\n\nRW ");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "not an extent");
  replace_in (self, "flat.vmdk", "\n\nRW ", "\vRW ");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "characters");
}

static void
test_extents_that_qemu_leaves_out (Fixture *self, gconstpointer data)
{
  make_flat (self);
  replace_in (self, "flat.vmdk", "RW ", "RDONLY ");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_NOT_SUPPORTED, "extent");
  replace_in (self, "flat.vmdk", "RDONLY ", "RW 2048 ZERO\nRW ");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_NOT_SUPPORTED, "extent");
}

static void
test_vmfs (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = NULL;

  make_flat (self);
  replace_in (self, "flat.vmdk", "monolithicFlat", "vmfs");
  replace_in (self, "flat.vmdk", "FLAT \"flat-flat.vmdk\" 0", "VMFS \"flat-flat.vmdk\"");
  chain = must_open (self, "flat.vmdk", FALSE);
  must_show (self, chain, "source.raw");
}

static void
put32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

/* A snapshot of ESXi, which qemu-img reads and cannot make: 8 MiB with one sector in them. */
static void
test_vmfs_sparse (Fixture *self, gconstpointer data)
{
  static const char *const text = "# Disk DescriptorFile\nversion=1\nCID=2\nparentCID=ffffffff\n"
                                  "createType=\"vmfsSparse\"\n\n# Extent description\n"
                                  "RW 16384 VMFSSPARSE \"disk-delta.vmdk\"\n";
  g_autofree guint8 *extent = g_malloc0 (64 * 512);
  g_autofree char *path = path_of (self, "disk.vmdk");
  g_autofree char *delta = path_of (self, "disk-delta.vmdk");
  g_autofree char *expected = path_of (self, "expected.raw");
  g_autoptr (DomuimgImageChain) chain = NULL;
  const guint32 numbers[] = { 1, 3, 16384, 1, 4, 4, 64, 1, 1, 1 };

  memcpy (extent, "COWD", 4);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    put32 (extent + 4 + 4 * i, numbers[i]);
  put32 (extent + 4 * 512 + 4, 8);  /* the second table */
  put32 (extent + 8 * 512 + 40, 50); /* its eleventh sector */
  memset (extent + 50 * 512, 0x55, 512);
  g_assert_true (g_file_set_contents (delta, (char *) extent, 64 * 512, NULL));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  must_run (self, "truncate -s 8M expected.raw");
  write_at (expected, (4096 + 10) * 512, extent + 50 * 512, 512);
  chain = must_open (self, "disk.vmdk", FALSE);
  must_show (self, chain, "expected.raw");
  must_be_as_qemu_says (self, chain);
  must_run (self, "truncate -s 25600 disk-delta.vmdk");
  must_refuse (self, "disk.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "cut off");
}

static void
put64 (guint8 *at, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

/* As newer ESXi makes them: 8 MiB with one grain of 4 KiB in them. */
static void
test_sesparse (Fixture *self, gconstpointer data)
{
  static const char *const text = "# Disk DescriptorFile\nversion=1\nCID=2\nparentCID=ffffffff\n"
                                  "createType=\"seSparse\"\n\n# Extent description\n"
                                  "RW 16384 SESPARSE \"disk-sesparse.vmdk\"\n";
  static const struct {
    guint at;
    guint64 value;
  } header[] = {
    { 0, 0xcafebabe }, { 8, 0x200000001 }, { 16, 16384 }, { 24, 8 },   { 32, 64 },  { 80, 1 },
    { 88, 1 },         { 96, 2 },          { 104, 1 },    { 112, 3 },  { 120, 1 },  { 128, 4 },
    { 136, 1 },        { 144, 5 },         { 152, 64 },   { 160, 69 }, { 168, 1 },  { 176, 70 },
    { 184, 1 },        { 192, 72 },        { 200, 16 },   { 512, 0xcafecafe },
    { 4 * 512, 0x1000000000000000 },       { 5 * 512 + 80, 0x3001000000000000 },
  };
  g_autofree guint8 *extent = g_malloc0 (88 * 512);
  g_autofree char *path = path_of (self, "disk.vmdk");
  g_autofree char *file = path_of (self, "disk-sesparse.vmdk");
  g_autofree char *expected = path_of (self, "expected.raw");
  g_autoptr (DomuimgImageChain) chain = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (header); i++)
    put64 (extent + header[i].at, header[i].value);
  memset (extent + 80 * 512, 0x55, 4096);
  g_assert_true (g_file_set_contents (file, (char *) extent, 88 * 512, NULL));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  must_run (self, "truncate -s 8M expected.raw");
  write_at (expected, 10 * 4096, extent + 80 * 512, 4096);
  chain = must_open (self, "disk.vmdk", FALSE);
  must_show (self, chain, "expected.raw");
  must_be_as_qemu_says (self, chain);
  must_run (self, "truncate -s 20000 disk-sesparse.vmdk");
  must_refuse (self, "disk.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "cut off");
}

static void
test_encrypted (Fixture *self, gconstpointer data)
{
  g_autofree char *in_qcow2 = path_of (self, "luks.qcow2");
  g_autofree char *alone = path_of (self, "disk.luks");

  /* qemu-img measures how fast it can derive a key, which fails on a busy machine: so the headers
   * are made to say it here. The method of encryption is at 32 in a header of qcow2. */
  must_run (self, "qemu-img create -q -f qcow2 luks.qcow2 4M");
  write_at (in_qcow2, 32, "\0\0\0\2", 4);
  must_refuse (self, "luks.qcow2", DOMUIMG_ERROR_NOT_SUPPORTED, "encrypted");
  must_run (self, "qemu-img create -q --object secret,id=s,data=geheim -f qcow2 -o"
                  " encrypt.format=aes,encrypt.key-secret=s aes.qcow2 4M");
  must_refuse (self, "aes.qcow2", DOMUIMG_ERROR_NOT_SUPPORTED, "encrypted");
  must_run (self, "truncate -s 4M disk.luks");
  write_at (alone, 0, "LUKS\xba\xbe\0\1", 8);
  must_refuse (self, "disk.luks", DOMUIMG_ERROR_NOT_SUPPORTED, "encrypted");
  make_flat (self);
  replace_in (self, "flat.vmdk", "# The Disk Data Base",
              "encryption.keySafe = \"vmware:key/list/x\"\n# The Disk Data Base");
  must_refuse (self, "flat.vmdk", DOMUIMG_ERROR_NOT_SUPPORTED, "encrypted");
}

static void
test_backing_chain (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = NULL;
  g_autoptr (DomuimgImageChain) upper = NULL;

  make_source (self, SIZE);
  make (self, "vpc", "force_size=on", "base.vhd");
  must_run (self, "qemu-img create -q -f qcow2 -F vpc -b base.vhd middle.qcow2");
  must_run (self, "qemu-img create -q -f qcow2 -F qcow2 -b middle.qcow2 top.qcow2");
  must_run (self, "qemu-io -c write\t-P\t7\t0\t64k -f qcow2 top.qcow2");
  chain = must_open (self, "top.qcow2", FALSE);
  g_assert_cmpuint (domuimg_image_chain_get_files (chain)->len, ==, 3);
  g_assert_true (domuimg_image_chain_can_back (chain));
  must_run (self, "qemu-img convert -O raw top.qcow2 expected.raw");
  must_show (self, chain, "expected.raw");
  must_be_a_blockdev (self, chain);
}

static void
test_backing_outside (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = NULL;

  make_source (self, SIZE);
  must_run (self, "mkdir inner");
  must_run (self, "qemu-img create -q -f qcow2 -F raw -b ../source.raw inner/top.qcow2");
  must_refuse (self, "inner/top.qcow2", DOMUIMG_ERROR_UNSAFE_INPUT, "--allow-backing");
  chain = must_open (self, "inner/top.qcow2", TRUE);
  must_show (self, chain, "source.raw");
  must_run (self, "qemu-img create -q -f qcow2 -u -F raw -b nbd://localhost/x top.qcow2 4M");
  must_refuse (self, "top.qcow2", DOMUIMG_ERROR_UNSAFE_INPUT, "nbd:");
  must_run (self, "qemu-img create -q -f qcow2 -u -F raw -b gone.raw gone.qcow2 4M");
  must_refuse (self, "gone.qcow2", DOMUIMG_ERROR_NOT_FOUND, "gone.raw");
}

static void
must_follow (Fixture *self, const char *name, const char *backing, gboolean allow, gboolean expected)
{
  g_autofree char *path = path_of (self, name);
  g_autofree char *known = backing != NULL ? path_of (self, backing) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgImage) image = domuimg_image_open (path, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (domuimg_image_follow (image, known, allow, &error), ==, expected);
  g_assert_cmpint (domuimg_image_refers_on (image), ==, !expected);
  if (!expected)
    g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_UNSAFE_INPUT);
}

/* A check follows what a conversion follows, and what the manifest of the guest names. */
static void
test_images_are_followed (Fixture *self, gconstpointer data)
{
  make_source (self, SIZE);
  must_run (self, "mkdir inner");
  must_run (self, "cp source.raw other.raw");
  must_run (self, "qemu-img create -q -f qcow2 -F raw -b source.raw beside.qcow2");
  must_run (self, "qemu-img create -q -f qcow2 -F raw -b ../source.raw inner/top.qcow2");
  must_follow (self, "beside.qcow2", NULL, FALSE, TRUE);
  must_follow (self, "inner/top.qcow2", NULL, FALSE, FALSE);
  must_follow (self, "inner/top.qcow2", "other.raw", FALSE, FALSE);
  must_follow (self, "inner/top.qcow2", "gone.raw", FALSE, FALSE);
  must_follow (self, "inner/top.qcow2", "source.raw", FALSE, TRUE);
  must_follow (self, "inner/top.qcow2", NULL, TRUE, TRUE);
}

static void
test_data_file_outside (Fixture *self, gconstpointer data)
{
  make_source (self, SIZE);
  must_run (self, "mkdir inner");
  make (self, "qcow2", "data_file=data.raw", "outside.qcow2");
  must_run (self, "mv outside.qcow2 inner/");
  must_refuse (self, "inner/outside.qcow2", DOMUIMG_ERROR_NOT_FOUND, "data.raw");
  must_run (self, "ln -s ../data.raw inner/data.raw");
  must_refuse (self, "inner/outside.qcow2", DOMUIMG_ERROR_UNSAFE_INPUT, "data.raw");
}

static void
test_backing_loop (Fixture *self, gconstpointer data)
{
  must_run (self, "qemu-img create -q -f qcow2 -u -F qcow2 -b two.qcow2 one.qcow2 4M");
  must_run (self, "qemu-img create -q -f qcow2 -u -F qcow2 -b one.qcow2 two.qcow2 4M");
  must_refuse (self, "one.qcow2", DOMUIMG_ERROR_CORRUPT_INPUT, "over itself");
}

static void
test_backing_without_end (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 70; i++)
    {
      g_autofree char *line = g_strdup_printf (
          "qemu-img create -q -f qcow2 -u -F qcow2 -b %u.qcow2 %u.qcow2 4M", i + 1, i);

      must_run (self, line);
    }
  must_refuse (self, "0.qcow2", DOMUIMG_ERROR_CORRUPT_INPUT, "64");
}

static void
test_vmdk_parent (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = NULL;

  make_source (self, SIZE);
  make (self, "vmdk", NULL, "base.vmdk");
  must_run (self, "qemu-img create -q -f vmdk -F vmdk -b base.vmdk top.vmdk");
  chain = must_open (self, "top.vmdk", FALSE);
  g_assert_cmpuint (domuimg_image_chain_get_files (chain)->len, ==, 2);
  must_show (self, chain, "source.raw");
  g_assert_false (domuimg_image_chain_can_back (chain));
  must_run (self, "mkdir inner");
  must_run (self, "mv top.vmdk inner/");
  must_refuse (self, "inner/top.vmdk", DOMUIMG_ERROR_NOT_FOUND, "base.vmdk");
}

static void
test_differencing_vhd (Fixture *self, gconstpointer data)
{
  static const guint8 four[4] = { 0, 0, 0, 4 };
  g_autofree char *path = path_of (self, "disk.vhd");
  struct stat status;

  make_source (self, SIZE);
  make (self, "vpc", NULL, "disk.vhd");
  g_assert_cmpint (stat (path, &status), ==, 0);
  write_at (path, 60, four, sizeof four);
  write_at (path, status.st_size - 512 + 60, four, sizeof four);
  must_refuse (self, "disk.vhd", DOMUIMG_ERROR_NOT_SUPPORTED, "parent");
}

static void
test_member (Fixture *self, gconstpointer data)
{
  static const char *const names[] = { "stream.vmdk", "source.raw", "disk.qcow2", "fixed.vhd" };

  make_source (self, SIZE);
  make (self, "vmdk", "subformat=streamOptimized", "stream.vmdk");
  make (self, "qcow2", NULL, "disk.qcow2");
  make (self, "vpc", "force_size=on,subformat=fixed", "fixed.vhd");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = path_of (self, names[i]);
      g_autofree char *archive = path_of (self, "archive");
      g_autofree char *line = g_strdup_printf ("dd status=none bs=512 seek=3 if=%s of=archive",
                                               names[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgImageChain) chain = NULL;
      struct stat status;

      must_run (self, "rm -f archive");
      must_run (self, line);
      g_assert_cmpint (stat (path, &status), ==, 0);
      chain = domuimg_image_chain_open_member (archive, 1536, status.st_size, names[i], NULL,
                                               &error);
      g_assert_no_error (error);
      g_assert_false (domuimg_image_chain_can_back (chain));
      must_show (self, chain, "source.raw");
      must_be_as_qemu_says (self, chain);
      must_be_a_blockdev (self, chain);
    }
}

static void
test_member_that_names_others (Fixture *self, gconstpointer data)
{
  g_autofree char *path = path_of (self, "top.qcow2");
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgImageChain) chain = NULL;
  struct stat status;

  make_source (self, SIZE);
  must_run (self, "qemu-img create -q -f qcow2 -F raw -b source.raw top.qcow2");
  g_assert_cmpint (stat (path, &status), ==, 0);
  chain = domuimg_image_chain_open_member (path, 0, status.st_size, "top.qcow2", NULL, &error);
  g_assert_null (chain);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
}

/* As a program that streams writes it: what it does not know when it begins is in a footer. */
static void
test_footer (Fixture *self, gconstpointer data)
{
  static const guint8 at_end[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
  guint8 footer[3 * 512] = { 0 };
  g_autofree char *path = path_of (self, "stream.vmdk");
  g_autoptr (DomuimgImageChain) chain = NULL;
  struct stat status;
  int fd;

  make_source (self, SIZE);
  make (self, "vmdk", "subformat=streamOptimized", "stream.vmdk");
  g_assert_cmpint (stat (path, &status), ==, 0);
  fd = g_open (path, O_RDONLY, 0);
  footer[12] = 3;
  g_assert_cmpint (pread (fd, footer + 512, 512, 0), ==, 512);
  close (fd);
  write_at (path, status.st_size, footer, sizeof footer);
  write_at (path, 56, at_end, sizeof at_end);
  chain = must_open (self, "stream.vmdk", FALSE);
  must_show (self, chain, "source.raw");
  g_assert_cmpint (truncate (path, status.st_size + 1024), ==, 0);
  must_refuse (self, "stream.vmdk", DOMUIMG_ERROR_CORRUPT_INPUT, "footer");
}

static void
test_hostile_samples (Fixture *self, gconstpointer data)
{
  g_autofree char *directory = g_test_build_filename (G_TEST_DIST, "..", "mustfail", "vmdk", NULL);
  g_autofree char *image = path_of (self, "image");
  GDir *dir = g_dir_open (directory, 0, NULL);
  const char *name;
  guint count = 0;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autofree char *content = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgImageChain) chain = NULL;
      gsize length;

      g_assert_true (g_file_get_contents (path, &content, &length, NULL));
      g_assert_true (g_file_set_contents (image, content, length, NULL));
      chain = domuimg_image_chain_open (image, NULL, FALSE, &error);
      g_test_message ("%s: %s", name, error != NULL ? error->message : "taken");
      g_assert_null (chain);
      g_assert_true (error->domain == DOMUIMG_ERROR);
      g_assert_null (strchr (error->message, '\n'));
      count++;
    }
  g_dir_close (dir);
  g_assert_cmpuint (count, >, 20);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*function) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "/chain/block-nodes-name-no-other-file", test_block_nodes_name_no_other_file },
    { "/chain/missing-extent", test_missing_extent },
    { "/chain/extent-outside", test_extent_outside },
    { "/chain/extent-behind-a-symlink", test_extent_behind_a_symlink },
    { "/chain/extent-that-is-a-fifo", test_extent_that_is_a_fifo },
    { "/chain/short-extent", test_short_extent },
    { "/chain/extents-that-only-qemu-sees", test_extents_that_only_qemu_sees },
    { "/chain/extents-that-qemu-leaves-out", test_extents_that_qemu_leaves_out },
    { "/chain/vmfs", test_vmfs },
    { "/chain/vmfs-sparse", test_vmfs_sparse },
    { "/chain/sesparse", test_sesparse },
    { "/chain/encrypted", test_encrypted },
    { "/chain/backing-chain", test_backing_chain },
    { "/chain/backing-outside", test_backing_outside },
    { "/chain/images-are-followed", test_images_are_followed },
    { "/chain/data-file-outside", test_data_file_outside },
    { "/chain/backing-loop", test_backing_loop },
    { "/chain/backing-without-end", test_backing_without_end },
    { "/chain/vmdk-parent", test_vmdk_parent },
    { "/chain/differencing-vhd", test_differencing_vhd },
    { "/chain/footer", test_footer },
    { "/chain/hostile-samples", test_hostile_samples },
    { "/chain/member", test_member },
    { "/chain/member-that-names-others", test_member_that_names_others },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/chain/%s", cases[i].file);
      g_autofree char *cut = g_strdup_printf ("/chain/truncated/%s", cases[i].file);

      g_test_add (path, Fixture, &cases[i], set_up, test_format, tear_down);
      /* A raw disk does not know its size; pieces lie in other files. */
      if (cases[i].files == 1 && !g_str_equal (cases[i].format, "raw"))
        g_test_add (cut, Fixture, &cases[i], set_up, test_truncated, tear_down);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
  return g_test_run ();
}
