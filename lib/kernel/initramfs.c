/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an initramfs holds: its archives, modules and kernel version. */
#include "config.h"
#include "lib/kernel/initramfs.h"

#include <limits.h>
#include <sys/stat.h>

#include "lib/base/compare.h"
#include "lib/kernel/cpio.h"
#include "lib/kernel/initramfs-links.h"
#include "lib/kernel/initramfs-root.h"

#define BLOCK_SIZE (256 * 1024)
#define SIZE_MAX_PLAIN ((guint64) 2 << 30)
#define NAME_BYTES_MAX ((gsize) 16 << 20)
#define BUILTIN_BYTES_MAX ((gsize) 4 << 20)
#define ARCHIVES_MAX 64
#define TEXT_BYTES_MAX ((gsize) 64 << 10)

struct _DomuimgInitramfs {
  gint refs; /* atomic */
  const DomuimgInput *input; /* while it is read */
  GHashTable *files;         /* sets of strings */
  GHashTable *modules;
  GHashTable *builtin;
  GHashTable *versions;
  GHashTable *links;         /* targets by names */
  char *root;                /* (nullable) */
  DomuimgCpio *cpio;         /* (unowned) while it is read */
  gboolean has_init;
  guint32 init_mode;
  char *init;                /* (nullable) */
  char *inittab;             /* (nullable) */
  guint compressions;
  const char *unpackable;    /* (nullable) */
  guint archives; /* compressed ones */
  gsize name_bytes;
  gsize builtin_bytes;
  guint64 plain_bytes;
};

static const char *const module_suffixes[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };

char *
domuimg_module_of_path (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  for (guint i = 0; i < G_N_ELEMENTS (module_suffixes); i++)
    if (g_str_has_suffix (name, module_suffixes[i]))
      {
        name[strlen (name) - strlen (module_suffixes[i])] = '\0';
        return g_strdelimit (g_steal_pointer (&name), "-", '_');
      }
  return NULL;
}

gboolean
domuimg_modules_contain (GHashTable *modules, const char *module)
{
  g_autofree char *folded = g_strdelimit (g_strdup (module), "-", '_');

  return g_hash_table_contains (modules, folded);
}

void
domuimg_modules_add_builtin (GHashTable *modules, const char *text, gsize length)
{
  g_autofree char *copy = g_strndup (text, length);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *module = domuimg_module_of_path (g_strchomp (lines[i]));

      if (module != NULL)
        g_hash_table_add (modules, module);
    }
}

static gboolean
is_builtin_list (const char *name)
{
  return g_str_has_suffix (name, "/modules.builtin");
}

/* "lib/modules/VERSION/...", or below usr/. */
static void
add_version (DomuimgInitramfs *self, const char *name)
{
  static const char prefix[] = "lib/modules/";
  const char *end;

  if (g_str_has_prefix (name, "usr/"))
    name += strlen ("usr/");
  if (!g_str_has_prefix (name, prefix))
    return;
  name += strlen (prefix);
  end = strchr (name, '/');
  if (end != NULL && end != name)
    g_hash_table_add (self->versions, g_strndup (name, (gsize) (end - name)));
}

static gboolean
is_kept (const char *name)
{
  return g_str_equal (name, "init") || g_str_equal (name, "etc/inittab");
}

static gboolean
is_link (DomuimgInitramfs *self)
{
  return S_ISLNK (domuimg_cpio_get_mode (self->cpio));
}

static gboolean
on_file (const char *name, gboolean *want_content, gpointer user_data, GError **error)
{
  DomuimgInitramfs *self = user_data;
  char *module = domuimg_module_of_path (name);

  if (module != NULL)
    g_hash_table_add (self->modules, module);
  add_version (self, name);
  g_hash_table_remove (self->links, name);
  *want_content = is_builtin_list (name) || domuimg_initramfs_tells_root (name) || is_kept (name)
                  || is_link (self);
  if (g_str_equal (name, "init"))
    {
      self->has_init = TRUE;
      self->init_mode = domuimg_cpio_get_mode (self->cpio);
      g_clear_pointer (&self->init, g_free);
    }
  /* With what a set's entry takes beside the name. */
  self->name_bytes += strlen (name) + 64;
  if (self->name_bytes > NAME_BYTES_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: too many files",
                         self->input->name);
  g_hash_table_add (self->files, g_strdup (name));
  return TRUE;
}

static void
add_link (DomuimgInitramfs *self, const char *name, DomuimgBytes target)
{
  if (target.size == 0 || target.size >= PATH_MAX)
    return;
  self->name_bytes += target.size;
  g_hash_table_insert (self->links, g_strdup (name),
                       g_strndup ((const char *) target.data, target.size));
}

static void
on_content (const char *name, GBytes *content, gpointer user_data)
{
  DomuimgInitramfs *self = user_data;
  DomuimgBytes bytes = domuimg_bytes_of (content);

  if (is_link (self))
    add_link (self, name, bytes);
  if (is_link (self) && !is_kept (name))
    return;
  if (is_kept (name))
    {
      char **field = g_str_equal (name, "init") ? &self->init : &self->inittab;

      g_free (*field);
      *field = bytes.size > 0
                   ? g_strndup ((const char *) bytes.data, MIN (bytes.size, TEXT_BYTES_MAX))
                   : NULL;
      return;
    }
  if (!is_builtin_list (name))
    {
      if (self->root == NULL && bytes.size > 0)
        self->root = domuimg_initramfs_root_of (name, (const char *) bytes.data, bytes.size);
      return;
    }
  self->builtin_bytes += bytes.size;
  if (bytes.size > 0 && self->builtin_bytes <= BUILTIN_BYTES_MAX)
    domuimg_modules_add_builtin (self->builtin, (const char *) bytes.data, bytes.size);
}

/* Reads the compressed archive at @offset, and says where it ends. */
static gboolean
read_compressed (DomuimgInitramfs *self, DomuimgCompression compression, guint64 *offset,
                 GError **error)
{
  g_autoptr (DomuimgCpio) cpio = domuimg_cpio_new (self->input->name, on_file, on_content, self);
  g_autoptr (DomuimgDecoder) decoder
      = domuimg_decoder_new (compression, self->input, *offset, error);
  g_autoptr (GError) local = NULL;
  const void *data;
  gssize got, used;

  if (decoder == NULL)
    return FALSE;
  self->cpio = cpio;
  while ((got = domuimg_decoder_read (decoder, &data, &local)) > 0)
    {
      self->plain_bytes += (guint64) got;
      if (self->plain_bytes > SIZE_MAX_PLAIN)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: more than 2 GiB when decompressed", self->input->name);
      used = domuimg_cpio_push (cpio, data, (gsize) got, error);
      if (used < 0)
        return FALSE;
      if (used < got)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: the %s data do not hold a cpio archive", self->input->name,
                             domuimg_compression_to_string (compression));
    }
  if (!domuimg_cpio_is_complete (cpio))
    {
      if (local != NULL)
        g_propagate_error (error, g_steal_pointer (&local));
      else
        domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the cpio archive is cut off",
                      self->input->name);
      return FALSE;
    }
  /* Zeros after a stream are an error to some decoders, and normal here. */
  *offset += MAX (domuimg_decoder_get_consumed (decoder), 1);
  return TRUE;
}

/* Linux has its own decoders: lib/decompress_unxz.c knows no check but CRC32, and
 * lib/decompress_unzstd.c no window of more than 128 MiB. */
static const char *
find_unpackable (DomuimgCompression compression, const guint8 *head)
{
  if (compression == DOMUIMG_COMPRESSION_XZ && head[7] > 1)
    return "xz with another check than CRC32 (xz --check=crc32)";
  /* The Zstandard frame format, 3.1.1: a descriptor, and where it is no single segment, the window. */
  if (compression == DOMUIMG_COMPRESSION_ZSTD && (head[4] & 0x20) == 0 && head[5] >> 3 > 17)
    return "zstd with a window of more than 128 MiB (no zstd --long)";
  return NULL;
}

/* The next archive is compressed, or there is none. */
static gboolean
go_on (DomuimgInitramfs *self, guint64 *offset, gboolean *at_end, GError **error)
{
  guint8 head[8] = { 0 };
  DomuimgCompression compression;
  gssize got = self->input->read_at (self->input->user_data, *offset, head, sizeof head, error);

  if (got < 0)
    return FALSE;
  compression = domuimg_compression_detect (domuimg_bytes (head, (gsize) got));
  /* Linux starts with what it has, too. */
  *at_end = compression == DOMUIMG_COMPRESSION_NONE || self->archives++ == ARCHIVES_MAX;
  if (!*at_end)
    {
      self->compressions |= 1u << compression;
      self->unpackable = self->unpackable ?: find_unpackable (compression, head);
    }
  return *at_end || read_compressed (self, compression, offset, error);
}

static gboolean
read_archives (DomuimgInitramfs *self, GError **error)
{
  g_autoptr (DomuimgCpio) cpio = domuimg_cpio_new (self->input->name, on_file, on_content, self);
  g_autofree guint8 *buffer = g_malloc (BLOCK_SIZE);
  gboolean at_end = FALSE;
  guint64 offset = 0, skip;
  gssize got = 0, used;

  while (!at_end
         && (got = self->input->read_at (self->input->user_data, offset, buffer, BLOCK_SIZE, error))
                > 0)
    {
      self->cpio = cpio;
      used = domuimg_cpio_push (cpio, buffer, (gsize) got, error);
      if (used < 0)
        return FALSE;
      skip = domuimg_cpio_get_skippable (cpio);
      domuimg_cpio_skip (cpio, skip);
      offset += (guint64) used + skip;
      self->plain_bytes += (guint64) used + skip;
      if (used < got && !go_on (self, &offset, &at_end, error))
        return FALSE;
    }
  if (got < 0)
    return FALSE;
  if (!domuimg_cpio_is_between (cpio))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the cpio archive is damaged or cut off", self->input->name);
  if (g_hash_table_size (self->files) == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: not an initramfs: neither a cpio archive (newc) nor a compressed one",
                         self->input->name);
  return TRUE;
}

static GHashTable *
new_set (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

DomuimgInitramfs *
domuimg_initramfs_new (const DomuimgInput *input, GError **error)
{
  g_autoptr (DomuimgInitramfs) self = g_new0 (DomuimgInitramfs, 1);

  self->refs = 1;
  self->input = input;
  self->files = new_set ();
  self->modules = new_set ();
  self->builtin = new_set ();
  self->versions = new_set ();
  self->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!read_archives (self, error))
    return NULL;
  self->input = NULL;
  self->cpio = NULL;
  return g_steal_pointer (&self);
}

DomuimgInitramfs *
domuimg_initramfs_new_for_bytes (GBytes *bytes, const char *name, GError **error)
{
  DomuimgBytes view = domuimg_bytes_of (bytes);
  DomuimgInput input = domuimg_input_of_bytes (&view, name);

  return domuimg_initramfs_new (&input, error);
}

DomuimgInitramfs *
domuimg_initramfs_ref (DomuimgInitramfs *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
domuimg_initramfs_free (DomuimgInitramfs *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_hash_table_unref (self->files);
  g_hash_table_unref (self->modules);
  g_hash_table_unref (self->builtin);
  g_hash_table_unref (self->versions);
  g_hash_table_unref (self->links);
  g_free (self->root);
  g_free (self->init);
  g_free (self->inittab);
  g_free (self);
}

static char **
sorted (GHashTable *set)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

char **
domuimg_initramfs_list_files (DomuimgInitramfs *self)
{
  return sorted (self->files);
}

char **
domuimg_initramfs_list_versions (DomuimgInitramfs *self)
{
  return sorted (self->versions);
}

gboolean
domuimg_initramfs_has_file (DomuimgInitramfs *self, const char *path)
{
  return g_hash_table_contains (self->files, path);
}

gboolean
domuimg_initramfs_has_path (DomuimgInitramfs *self, const char *path)
{
  g_autofree char *followed = domuimg_initramfs_follow (self->links, path);

  return followed != NULL && domuimg_initramfs_has_file (self, followed);
}

gboolean
domuimg_initramfs_has_module (DomuimgInitramfs *self, const char *module)
{
  return domuimg_modules_contain (self->modules, module);
}

const char *
domuimg_initramfs_get_root (DomuimgInitramfs *self)
{
  return self->root;
}

gboolean
domuimg_initramfs_get_init (DomuimgInitramfs *self, guint32 *mode, const char **text)
{
  *mode = self->init_mode;
  *text = self->init;
  return self->has_init;
}

const char *
domuimg_initramfs_get_inittab (DomuimgInitramfs *self)
{
  return self->inittab;
}

guint
domuimg_initramfs_get_compressions (DomuimgInitramfs *self)
{
  return self->compressions;
}

const char *
domuimg_initramfs_get_unpackable (DomuimgInitramfs *self)
{
  return self->unpackable;
}

guint64
domuimg_initramfs_get_unpacked_size (DomuimgInitramfs *self)
{
  return self->plain_bytes;
}

gboolean
domuimg_initramfs_knows_builtin (DomuimgInitramfs *self)
{
  return g_hash_table_size (self->builtin) > 0;
}

gboolean
domuimg_initramfs_has_builtin (DomuimgInitramfs *self, const char *module)
{
  return domuimg_modules_contain (self->builtin, module);
}
