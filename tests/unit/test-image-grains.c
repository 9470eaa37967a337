/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/disk/file.h"
#include "lib/import/chain/grains.h"
#include "tree-fixtures.h"

#define MIB ((guint64) 1024 * 1024)
/* More than one table of grains, and a last grain that is not whole. */
#define SIZE (34 * MIB + 3 * 512)

/* A disk, and the same as qemu-img streams it. */
typedef struct {
  char *scratch;
  char *source;
  char *stream;
  char *target;
  guint8 *content; /* of @source */
} Fixture;

static void
must_run (Fixture *self, const char *command)
{
  const char *argv[] = { "sh", "-ec", command, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (self->scratch, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

/* Noise, text and zeros by turns. */
static void
fill (guint8 *content)
{
  GRand *rand = g_rand_new_with_seed (4);

  for (gsize i = 0; i < MIB; i++)
    content[MIB + i] = (guint8) g_rand_int (rand);
  for (gsize i = 2 * MIB; i < SIZE; i++)
    if (i / MIB % 3 == 1)
      content[i] = content[i - 3 * MIB];
    else if (i / MIB % 3 == 2)
      content[i] = (guint8) ("a line of text\n"[i % 15] + i / 10000 % 7);
  content[SIZE - 1] = 1;
  g_rand_free (rand);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->scratch = tree_scratch_new ();
  self->source = g_build_filename (self->scratch, "source.raw", NULL);
  self->stream = g_build_filename (self->scratch, "stream.vmdk", NULL);
  self->target = g_build_filename (self->scratch, "target.raw", NULL);
  self->content = g_malloc0 (SIZE);
  fill (self->content);
  g_assert_true (
      g_file_set_contents (self->source, (const char *) self->content, (gssize) SIZE, NULL));
  must_run (self, "qemu-img convert -f raw -O vmdk -o subformat=streamOptimized source.raw stream.vmdk");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->content);
  g_free (self->source);
  g_free (self->stream);
  g_free (self->target);
  tree_scratch_free (self->scratch);
}

static DomuimgImageChain *
must_open (const char *path)
{
  g_autoptr (GError) error = NULL;
  DomuimgImageChain *chain = domuimg_image_chain_open (path, NULL, FALSE, &error);

  g_assert_no_error (error);
  return chain;
}

static void
told (double fraction, gpointer data)
{
  double *last = data;

  g_assert_cmpfloat (fraction, >, *last);
  *last = fraction;
}

static gboolean
copy (Fixture *self, DomuimgImageChain *chain, const GArray *unused, GError **error)
{
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, sizeof (DomuimgRange));
  double last = 0;
  DomuimgGrainsTarget target
      = { -1, self->target, unused != NULL ? unused : none, told, &last };
  gboolean ok;

  unlink (self->target);
  g_assert_true (domuimg_image_chain_has_grains (chain));
  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->target, domuimg_image_chain_get_size (chain), NULL, NULL, NULL));
  target.fd = g_open (self->target, O_WRONLY | O_CLOEXEC, 0);
  ok = domuimg_image_chain_copy_grains (chain, &target, NULL, error);
  close (target.fd);
  g_assert_true (!ok || last == 1);
  return ok;
}

static void
must_be (Fixture *self, const guint8 *content)
{
  g_autofree char *got = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (self->target, &got, &length, NULL));
  g_assert_cmpuint (length, ==, SIZE);
  g_assert_cmpint (memcmp (got, content, SIZE), ==, 0);
}

static void
test_whole (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = must_open (self->stream);
  g_autoptr (GError) error = NULL;
  struct stat status;

  copy (self, chain, NULL, &error);
  g_assert_no_error (error);
  must_be (self, self->content);
  g_assert_cmpint (stat (self->target, &status), ==, 0);
  g_assert_cmpuint (status.st_blocks * 512, <, 26 * MIB);
}

/* Padding before it, and other things behind. */
static void
test_member (Fixture *self, gconstpointer data)
{
  g_autofree char *archive = g_build_filename (self->scratch, "archive", NULL);
  g_autoptr (DomuimgImageChain) chain = NULL;
  g_autoptr (GError) error = NULL;
  struct stat status;

  g_assert_cmpint (stat (self->stream, &status), ==, 0);
  must_run (self, "{ head -c 1536 /dev/zero; cat stream.vmdk; echo end; } >archive");
  chain = domuimg_image_chain_open_member (archive, 1536, (guint64) status.st_size, "stream.vmdk",
                                           NULL, &error);
  g_assert_no_error (error);
  copy (self, chain, NULL, &error);
  g_assert_no_error (error);
  must_be (self, self->content);
}

/* Only whole grains are left out. */
static void
test_unused (Fixture *self, gconstpointer data)
{
  const DomuimgRange ranges[] = { { MIB, 65536 }, { 4 * MIB, 512 * 1024 }, { 7 * MIB, 65535 } };
  g_autoptr (DomuimgImageChain) chain = must_open (self->stream);
  g_autoptr (GArray) unused = g_array_new (FALSE, FALSE, sizeof (DomuimgRange));
  g_autoptr (GError) error = NULL;

  g_array_append_vals (unused, ranges, G_N_ELEMENTS (ranges));
  copy (self, chain, unused, &error);
  g_assert_no_error (error);
  memset (self->content + MIB, 0, 65536);
  memset (self->content + 4 * MIB, 0, 512 * 1024);
  must_be (self, self->content);
}

static void
test_others (Fixture *self, gconstpointer data)
{
  g_autofree char *sparse = g_build_filename (self->scratch, "sparse.vmdk", NULL);
  g_autoptr (DomuimgImageChain) one = must_open (self->source);
  g_autoptr (DomuimgImageChain) other = NULL;

  must_run (self, "qemu-img convert -f raw -O vmdk source.raw sparse.vmdk");
  other = must_open (sparse);
  g_assert_false (domuimg_image_chain_has_grains (one));
  g_assert_false (domuimg_image_chain_has_grains (other));
}

static void
must_fail (Fixture *self, DomuimgImageChain *chain, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (copy (self, chain, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_nonnull (strstr (error->message, word));
}

/* In the middle of the noise, which takes most of it. */
static void
test_damaged (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = must_open (self->stream);
  int fd = g_open (self->stream, O_RDWR | O_CLOEXEC, 0);
  struct stat status;
  guint8 byte;

  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpint (pread (fd, &byte, 1, status.st_size / 2), ==, 1);
  byte ^= 0x10;
  g_assert_cmpint (pwrite (fd, &byte, 1, status.st_size / 2), ==, 1);
  must_fail (self, chain, "damaged");
  g_assert_cmpint (ftruncate (fd, status.st_size / 4), ==, 0);
  must_fail (self, chain, self->stream);
  g_assert_cmpint (ftruncate (fd, 512), ==, 0);
  must_fail (self, chain, "cut off");
  close (fd);
}

static void
test_not_written (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImageChain) chain = must_open (self->stream);
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, sizeof (DomuimgRange));
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  double last = 0;
  DomuimgGrainsTarget target = { -1, "TARGET", none, told, &last };

  g_assert_false (domuimg_image_chain_copy_grains (chain, &target, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "writing TARGET"));
  g_clear_error (&error);
  g_cancellable_cancel (cancellable);
  g_assert_false (domuimg_image_chain_copy_grains (chain, &target, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, test) g_test_add ("/grains/" name, Fixture, NULL, set_up, test, tear_down)
  ADD ("whole", test_whole);
  ADD ("member", test_member);
  ADD ("unused", test_unused);
  ADD ("others", test_others);
  ADD ("damaged", test_damaged);
  ADD ("not-written", test_not_written);
  return g_test_run ();
}
