/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree over what the helper process reads. */
#include "config.h"
#include "lib/bootloader/tree-helper.h"

#include <errno.h>
#include <string.h>

#include "lib/base/compare.h"
#include "lib/bootloader/helper.h"

#define NAMES_MAX 100000

struct _DomuimgTreeHelper {
  GObject parent_instance;

  int channel;
  char *device;
  /* Every look at a file lists its directory: each is asked for once. */
  GHashTable *directories; /* path to GHashTable: name to entry */
  /* These are of the file that is being read. */
  char *path;
  guint64 offset;
  GBytes *piece;
};

static void domuimg_tree_helper_tree_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeHelper, domuimg_tree_helper, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_helper_tree_init))

static void
domuimg_tree_helper_finalize (GObject *object)
{
  DomuimgTreeHelper *self = DOMUIMG_TREE_HELPER (object);

  g_free (self->device);
  g_free (self->path);
  g_clear_pointer (&self->piece, g_bytes_unref);
  g_hash_table_unref (self->directories);
  G_OBJECT_CLASS (domuimg_tree_helper_parent_class)->finalize (object);
}

static void
domuimg_tree_helper_class_init (DomuimgTreeHelperClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_helper_finalize;
}

static void
domuimg_tree_helper_init (DomuimgTreeHelper *self)
{
  self->directories = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) g_hash_table_unref);
}

DomuimgTree *
domuimg_tree_helper_new (int channel, const char *device)
{
  DomuimgTreeHelper *self = g_object_new (DOMUIMG_TYPE_TREE_HELPER, NULL);

  self->channel = channel;
  self->device = g_strdup (device);
  return DOMUIMG_TREE (self);
}

/* NULL where the program failed. */
static GBytes *
ask (int channel, char what, const char *name, guint64 offset, guint64 length, GError **error)
{
  g_autoptr (GVariant) request = g_variant_ref_sink (
      g_variant_new ("(y@aytt)", what, g_variant_new_bytestring (name), offset, length));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (request);
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GVariant) value = NULL, output = NULL;
  gboolean ok = FALSE;

  if (domuimg_confined_send (channel, bytes))
    answer = domuimg_confined_receive (channel);
  if (answer == NULL)
    {
      domuimg_set_errno (error, errno, "grub-fstest, which reads %s", name);
      return NULL;
    }
  value = g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (DOMUIMG_HELPER_ANSWER), answer, FALSE));
  g_variant_get_child (value, 0, "b", &ok);
  output = g_variant_get_child_value (value, 1);
  if (ok)
    return g_variant_get_data_as_bytes (output);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "GRUB cannot read %s", name);
  return NULL;
}

gboolean
domuimg_tree_helper_parse_line (const char *line, char **name, gboolean *directory, guint64 *size)
{
  gsize length, blanks;
  const char *at;
  char *end;

  *directory = g_str_has_prefix (line, "DIR ");
  *size = *directory ? 0 : g_ascii_strtoull (line, &end, 10);
  if (!*directory && (end == line || *end != ' '))
    return FALSE;
  /* Then its time, of 14 digits, or none; then its name. */
  at = line + strcspn (line, " ");
  at += strspn (at, " ");
  blanks = strspn (at, "0123456789");
  if (blanks == 14 && at[blanks] == ' ')
    at += blanks + 1;
  length = strlen (at);
  if (*directory && length > 0 && at[length - 1] == '/')
    length--;
  if (length == 0 || memchr (at, '/', length) != NULL
      || (at[0] == '.' && (length == 1 || (length == 2 && at[1] == '.'))))
    return FALSE;
  *name = g_strndup (at, length);
  return TRUE;
}

static GHashTable *
parse_directory (GBytes *output, const char *path)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                             (GDestroyNotify) domuimg_entry_free);
  g_autofree char *text
      = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  g_auto (GStrv) lines = g_strsplit (text, "\n", NAMES_MAX);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *name = NULL, *full = NULL;
      gboolean is_dir;
      guint64 size;
      DomuimgEntry *entry;

      if (!domuimg_tree_helper_parse_line (lines[i], &name, &is_dir, &size))
        continue;
      full = *path != '\0' ? g_strconcat (path, "/", name, NULL) : g_strdup (name);
      entry = domuimg_entry_new (full, is_dir ? DOMUIMG_ENTRY_DIRECTORY : DOMUIMG_ENTRY_FILE,
                                 is_dir ? 0755 : 0644);
      entry->size = size;
      g_hash_table_replace (table, g_steal_pointer (&name), entry);
    }
  return table;
}

/* NULL where there is no such. */
static GHashTable *
list_directory (DomuimgTreeHelper *self, const char *path, GError **error)
{
  GHashTable *table = g_hash_table_lookup (self->directories, path);
  g_autofree char *name = NULL;
  g_autoptr (GBytes) output = NULL;

  if (table != NULL)
    return table;
  name = g_strconcat (self->device, "/", path, *path != '\0' ? "/" : "", NULL);
  output = ask (self->channel, 'l', name, 0, 0, error);
  if (output == NULL)
    return NULL;
  table = parse_directory (output, path);
  g_hash_table_insert (self->directories, g_strdup (path), table);
  return table;
}

static DomuimgEntry *
helper_stat (DomuimgTree *tree, const char *path, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);
  GHashTable *table;
  DomuimgEntry *entry;

  if (*path == '\0')
    return domuimg_entry_new ("", DOMUIMG_ENTRY_DIRECTORY, 0755);
  table = list_directory (DOMUIMG_TREE_HELPER (tree), parent, error);
  if (table == NULL)
    return NULL;
  entry = g_hash_table_lookup (table, slash != NULL ? slash + 1 : path);
  if (entry != NULL)
    return domuimg_entry_copy (entry);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "/%s is not there", path);
  return NULL;
}

static char **
helper_list (DomuimgTree *tree, const char *path, GError **error)
{
  GHashTable *table = list_directory (DOMUIMG_TREE_HELPER (tree), path, error);
  GPtrArray *names;
  GHashTableIter iter;
  gpointer name;

  if (table == NULL)
    return NULL;
  names = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, table);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static gboolean
fetch_piece (DomuimgTreeHelper *self, const char *path, guint64 offset, GError **error)
{
  g_autofree char *name = g_strconcat (self->device, "/", path, NULL);
  GBytes *piece = ask (self->channel, 'c', name, offset, DOMUIMG_HELPER_PIECE, error);

  if (piece == NULL)
    return FALSE;
  g_clear_pointer (&self->piece, g_bytes_unref);
  g_free (self->path);
  self->piece = piece;
  self->path = g_strdup (path);
  self->offset = offset;
  return TRUE;
}

static gssize
helper_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
                GError **error)
{
  DomuimgTreeHelper *self = DOMUIMG_TREE_HELPER (tree);
  g_autoptr (DomuimgEntry) entry = helper_stat (tree, path, error);
  gsize there;

  if (entry == NULL)
    return -1;
  /* A directory has no bytes, and nothing is asked for beyond the end. */
  if (entry->type != DOMUIMG_ENTRY_FILE || offset >= entry->size)
    return 0;
  if (g_strcmp0 (self->path, path) != 0 || offset < self->offset
      || offset - self->offset >= g_bytes_get_size (self->piece))
    if (!fetch_piece (self, path, offset, error))
      return -1;
  there = g_bytes_get_size (self->piece) - (offset - self->offset);
  if (there == 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "/%s ends before its size", path);
      return -1;
    }
  length = MIN (MIN (length, there), entry->size - offset);
  memcpy (buffer, (const guint8 *) g_bytes_get_data (self->piece, NULL) + (offset - self->offset),
          length);
  return length;
}

static gboolean
refuse (DomuimgTree *tree, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "it can be read only");
}

static gboolean
helper_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  return refuse (tree, error);
}

static gboolean
helper_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
               GError **error)
{
  return refuse (tree, error);
}

static gboolean
helper_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  return refuse (tree, error);
}

static gboolean
helper_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  return refuse (tree, error);
}

static gboolean
helper_remove (DomuimgTree *tree, const char *path, GError **error)
{
  return refuse (tree, error);
}

static void
domuimg_tree_helper_tree_init (DomuimgTreeInterface *iface)
{
  iface->stat = helper_stat;
  iface->list = helper_list;
  iface->read_at = helper_read_at;
  iface->put = helper_put;
  iface->put_fd = helper_put_fd;
  iface->set_attributes = helper_set_attributes;
  iface->link = helper_link;
  iface->remove = helper_remove;
}

char **
domuimg_tree_helper_list_logical (int channel)
{
  g_autoptr (GBytes) output = ask (channel, 'l', "", 0, 0, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;
  GPtrArray *found = g_ptr_array_new ();

  if (output != NULL)
    text = g_strndup (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  words = g_strsplit_set (text != NULL ? text : "", " \n", NAMES_MAX);
  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (words[i], "(lvm/") && g_str_has_suffix (words[i], ")"))
      g_ptr_array_add (found, g_strdup (words[i]));
  g_ptr_array_add (found, NULL);
  return (char **) g_ptr_array_free (found, FALSE);
}
