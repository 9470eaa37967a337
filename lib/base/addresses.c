/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pools of IP addresses: a locked file each, with the addresses that are given out. */
#include "config.h"
#include "lib/base/addresses.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/address-range.h"
#include "lib/base/fd.h"
#include "lib/base/journal.h"

#define FILE_MAX (4 << 20)
#define PATIENCE_USEC (10 * G_USEC_PER_SEC)
#define POLL_USEC (G_USEC_PER_SEC / 100)

void
domuimg_address_clear (DomuimgAddress *self)
{
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->gateway, g_free);
  g_clear_pointer (&self->dns, g_strfreev);
}

/* A file that is open and locked, and what it says. */
typedef struct {
  const char *name;
  int fd;
  char *text;
  DomuimgAddressRange range;
  char *gateway; /* (nullable) */
  GStrvBuilder *dns;
  GHashTable *taken; /* of addresses */
  GPtrArray *freed;  /* of pointers into @text: lines that can be used again */
} Pool;

static void
pool_clear (Pool *self)
{
  domuimg_fd_clear (&self->fd);
  g_free (self->text);
  g_free (self->gateway);
  g_strv_builder_unref (self->dns);
  g_hash_table_unref (self->taken);
  g_ptr_array_unref (self->freed);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pool, pool_clear)

static void
pool_init (Pool *self, const char *name)
{
  *self = (Pool){ .name = name, .fd = -1 };
  self->dns = g_strv_builder_new ();
  self->taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->freed = g_ptr_array_new ();
}

static gboolean
lock (int fd, short type)
{
  struct flock whole = { .l_type = type, .l_whence = SEEK_SET };
  gint64 until = g_get_monotonic_time () + PATIENCE_USEC;

  while (fcntl (fd, F_OFD_SETLK, &whole) != 0)
    {
      if ((errno != EAGAIN && errno != EACCES && errno != EINTR) || g_get_monotonic_time () >= until)
        return FALSE;
      g_usleep (POLL_USEC);
    }
  return TRUE;
}

static gboolean
read_all (Pool *self)
{
  struct stat status;
  gssize got;

  if (fstat (self->fd, &status) != 0)
    return FALSE;
  if (!S_ISREG (status.st_mode) || status.st_size > FILE_MAX)
    {
      errno = EFBIG;
      return FALSE;
    }
  self->text = g_malloc0 ((gsize) status.st_size + 1);
  got = pread (self->fd, self->text, (gsize) status.st_size, 0);
  return got == status.st_size && memchr (self->text, '\0', (gsize) got) == NULL;
}

static gboolean
open_file (Pool *self, int flags, short type)
{
  self->fd = open (self->name, flags | O_CLOEXEC, 0644);
  return self->fd >= 0 && lock (self->fd, type) && read_all (self);
}

static gboolean
invalid (const Pool *self, guint line, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%u: %s", self->name, line, what);
}

/* A token is what makes a lease whole: a line that was cut off by a kill has none. */
static gboolean
is_lease (char **words, const char *kind)
{
  return g_str_equal (words[0], kind) && g_strv_length (words) == 3
         && strlen (words[2]) == DOMUIMG_ADDRESS_TOKEN_LENGTH;
}

static gboolean
take_words (Pool *self, char **words, const char *at, guint line, GError **error)
{
  guint n = g_strv_length (words);

  if (is_lease (words, "lease"))
    return g_hash_table_add (self->taken, g_strdup (words[1])) || TRUE;
  if (is_lease (words, "freed"))
    g_ptr_array_add (self->freed, (char *) at);
  else if (g_str_equal (words[0], "network") && n == 2)
    return domuimg_address_range_parse (&self->range, words[1], NULL)
           || invalid (self, line, "the network is not like 192.0.2.0/24", error);
  else if (g_str_equal (words[0], "range") && n == 3)
    return domuimg_address_range_narrow (&self->range, words[1], words[2])
           || invalid (self, line, "the range is not of two addresses of the network", error);
  else if (g_str_equal (words[0], "gateway") && n == 2)
    {
      g_free (self->gateway);
      self->gateway = g_strdup (words[1]);
    }
  else if (g_str_equal (words[0], "dns") && n == 2)
    g_strv_builder_add (self->dns, words[1]);
  return TRUE;
}

static gboolean
parse (Pool *self, GError **error)
{
  guint number = 0;

  for (const char *line = self->text, *end; *line != '\0'; line = *end != '\0' ? end + 1 : end)
    {
      g_autofree char *copy = NULL;
      g_auto (GStrv) words = NULL;

      number++;
      end = line + strcspn (line, "\n");
      copy = g_strstrip (g_strndup (line, end - line));
      words = g_strsplit_set (copy, " \t", -1);
      if (*copy != '#' && words[0] != NULL && !take_words (self, words, line, number, error))
        return FALSE;
    }
  return self->range.length > 0 || invalid (self, 1, "this is not a pool of addresses: it names no network", error);
}

/* A pool that nobody has written down begins with its network. */
static gboolean
begin_network (Pool *self, const char *pool, GError **error)
{
  g_autofree char *text = g_strdup_printf ("network %s\n", pool);

  if (*self->text != '\0')
    return TRUE;
  if (pwrite (self->fd, text, strlen (text), 0) != (gssize) strlen (text))
    return domuimg_set_errno (error, errno, "writing the address pool %s", self->name);
  g_free (self->text);
  self->text = g_steal_pointer (&text);
  return TRUE;
}

char *
domuimg_addresses_locate (const char *pool, GError **error)
{
  DomuimgAddressRange range;
  g_autofree char *canonical = NULL;
  g_autofree char *directory = NULL;

  if (!domuimg_address_range_parse (&range, pool, &canonical))
    return g_canonicalize_filename (pool, NULL);
  directory = domuimg_state_directory ("addresses", error);
  if (directory == NULL)
    return NULL;
  g_strdelimit (canonical, "/", '_');
  return g_build_filename (directory, canonical, NULL);
}

static gboolean
is_network (const char *pool)
{
  DomuimgAddressRange range;

  return domuimg_address_range_parse (&range, pool, NULL);
}

static gboolean
open_pool (Pool *self, const char *pool, GError **error)
{
  if (!open_file (self, O_RDWR | (is_network (pool) ? O_CREAT : 0), F_WRLCK))
    return domuimg_set_errno (error, errno, "opening the address pool %s", self->name);
  return (!is_network (pool) || begin_network (self, pool, error)) && parse (self, error);
}

/* (transfer full) (nullable) */
static char *
find_free (Pool *self, const char *const *excluded, GError **error)
{
  char *address = NULL;

  if (self->gateway != NULL)
    g_hash_table_add (self->taken, g_strdup (self->gateway));
  for (guint i = 0; excluded != NULL && excluded[i] != NULL; i++)
    g_hash_table_add (self->taken, g_strdup (excluded[i]));
  address = domuimg_address_range_find (&self->range, self->taken);
  if (address == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                  "the address pool %s is full: each of its addresses is somebody's; delete a guest, or give"
                  " it a larger network",
                  self->name);
  return address;
}

static gboolean
write_at (const Pool *self, const char *line, gsize length, off_t at, GError **error)
{
  if (pwrite (self->fd, line, length, at) == (gssize) length && fdatasync (self->fd) == 0)
    return TRUE;
  return domuimg_set_errno (error, errno, "writing the address pool %s", self->name);
}

/* In place of a line that is no longer used and is as long, or at the end. */
static gboolean
write_lease (Pool *self, const char *address, const char *token, GError **error)
{
  g_autofree char *line = g_strdup_printf ("lease %s %s", address, token);
  gsize size = strlen (self->text);
  g_autofree char *more = NULL;

  for (guint i = 0; i < self->freed->len; i++)
    {
      const char *old = g_ptr_array_index (self->freed, i);
      gsize length = strcspn (old, "\n");
      g_autofree char *padded = g_strdup_printf ("%-*s", (int) length, line);

      if (strlen (padded) == length)
        return write_at (self, padded, length, old - self->text, error);
    }
  more = g_strdup_printf ("%s%s\n", size > 0 && self->text[size - 1] != '\n' ? "\n" : "", line);
  return write_at (self, more, strlen (more), (off_t) size, error);
}

/* No guest gets the address that others reach the world by. */
static gboolean
note_gateway (Pool *self, const char *gateway, GError **error)
{
  gsize size = strlen (self->text);
  g_autofree char *line = NULL;
  char *text;

  if (gateway == NULL || self->gateway != NULL)
    return TRUE;
  line = g_strdup_printf ("%sgateway %s\n", size > 0 && self->text[size - 1] != '\n' ? "\n" : "", gateway);
  if (!write_at (self, line, strlen (line), (off_t) size, error))
    return FALSE;
  text = g_strconcat (self->text, line, NULL);
  for (guint i = 0; i < self->freed->len; i++)
    self->freed->pdata[i] = text + ((const char *) self->freed->pdata[i] - self->text);
  g_free (self->text);
  self->text = text;
  self->gateway = g_strdup (gateway);
  return TRUE;
}

static void
describe (Pool *self, DomuimgAddress *address)
{
  address->prefix = self->range.prefix;
  address->is_v6 = self->range.length == 16;
  address->gateway = g_steal_pointer (&self->gateway);
  address->dns = g_strv_builder_end (self->dns);
}

gboolean
domuimg_addresses_look (const char *pool, DomuimgAddress *address, GError **error)
{
  g_autofree char *file = domuimg_addresses_locate (pool, error);
  g_auto (Pool) self;

  pool_init (&self, file);
  if (file == NULL || !open_pool (&self, pool, error))
    return FALSE;
  describe (&self, address);
  return TRUE;
}

gboolean
domuimg_addresses_give (const char *pool, const char *token, const char *gateway,
                        const char *const *excluded, DomuimgAddress *address, GError **error)
{
  g_autofree char *file = domuimg_addresses_locate (pool, error);
  g_auto (Pool) self;

  pool_init (&self, file);
  if (file == NULL || !open_pool (&self, pool, error)
      || (is_network (pool) && !note_gateway (&self, gateway, error)))
    return FALSE;
  address->address = find_free (&self, excluded, error);
  if (address->address == NULL || !write_lease (&self, address->address, token, error))
    return FALSE;
  describe (&self, address);
  return TRUE;
}

static gboolean
can_give (Pool *self, guint n, const char *const *excluded, GError **error)
{
  for (guint i = 0; i < n; i++)
    {
      char *address = find_free (self, i == 0 ? excluded : NULL, error);

      if (address == NULL && n > 1)
        g_prefix_error (error, "%u addresses are needed: ", n);
      if (address == NULL)
        return FALSE;
      g_hash_table_add (self->taken, address);
    }
  return TRUE;
}

gboolean
domuimg_addresses_check (const char *pool, guint n, const char *const *excluded, GError **error)
{
  g_autofree char *file = domuimg_addresses_locate (pool, error);
  g_auto (Pool) self;

  pool_init (&self, file);
  if (file == NULL)
    return FALSE;
  if (!open_file (&self, O_RDONLY, F_RDLCK) && (errno != ENOENT || !is_network (pool)))
    return domuimg_set_errno (error, errno, "opening the address pool %s", file);
  if (self.text == NULL || (*self.text == '\0' && is_network (pool)))
    domuimg_address_range_parse (&self.range, pool, NULL);
  else if (!parse (&self, error))
    return FALSE;
  return can_give (&self, n, excluded, error);
}

/* (nullable) Where in the text the lease of @token begins. */
static const char *
find_lease (const Pool *self, const char *token)
{
  for (const char *line = self->text, *end; *line != '\0'; line = *end != '\0' ? end + 1 : end)
    {
      g_autofree char *copy = NULL;
      g_auto (GStrv) words = NULL;

      end = line + strcspn (line, "\n");
      copy = g_strstrip (g_strndup (line, end - line));
      words = g_strsplit_set (copy, " \t", -1);
      if (words[0] != NULL && is_lease (words, "lease") && g_str_equal (words[2], token))
        return line;
    }
  return NULL;
}

/* The last one goes; another one is marked. */
static gboolean
remove_line (const Pool *self, const char *line)
{
  static const char freed[] = "freed";
  const char *end = line + strcspn (line, "\n");

  if (*end == '\0' || end[1] == '\0')
    return ftruncate (self->fd, line - self->text) == 0;
  return pwrite (self->fd, freed, strlen (freed), line - self->text) == (gssize) strlen (freed);
}

gboolean
domuimg_addresses_take_back (const char *file, const char *token)
{
  const char *line;
  g_auto (Pool) self;

  pool_init (&self, file);
  if (!open_file (&self, O_RDWR, F_WRLCK))
    return FALSE;
  line = find_lease (&self, token);
  if (line == NULL)
    {
      errno = ENOENT;
      return FALSE;
    }
  return remove_line (&self, line) && fdatasync (self.fd) == 0;
}

gboolean
domuimg_addresses_has (const char *file, const char *token)
{
  g_auto (Pool) self;

  pool_init (&self, file);
  if (!open_file (&self, O_RDONLY, F_RDLCK))
    return errno != ENOENT;
  return find_lease (&self, token) != NULL;
}
