/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The content of a LUKS container: a region that encrypts what is written to it, as dm-crypt's
 * aes-xts-plain64 does. */
#include "config.h"
#include "lib/disk/luks.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#define SECTOR 512
#define PAGE 4096
#define CHUNK 262144

typedef struct {
  DomuimgRegion *inner;
  EVP_CIPHER_CTX *encrypt;
  EVP_CIPHER_CTX *decrypt;
  GMutex lock;     /* of all above and below: a filesystem's writer has a thread of its own */
  guint8 *written; /* a bit for each page */
  guint8 *buffer;  /* CHUNK bytes, of put() alone */
} Content;

static void
content_free (gpointer data)
{
  Content *self = data;

  EVP_CIPHER_CTX_free (self->encrypt);
  EVP_CIPHER_CTX_free (self->decrypt);
  domuimg_region_unref (self->inner);
  g_mutex_clear (&self->lock);
  g_free (self->written);
  g_free (self->buffer);
  g_free (self);
}

static gboolean
is_written (const Content *self, guint64 page)
{
  return (self->written[page / 8] & (1 << page % 8)) != 0;
}

static void
mark (Content *self, guint64 offset, gsize length)
{
  for (guint64 page = offset / PAGE; page < (offset + length) / PAGE; page++)
    self->written[page / 8] |= 1 << page % 8;
}

/* Whole sectors; the number of each is its tweak. */
static gboolean
crypt_sectors (EVP_CIPHER_CTX *context, guint64 offset, const guint8 *from, guint8 *to, gsize length)
{
  for (gsize at = 0; at < length; at += SECTOR)
    {
      guint64 tweak[2] = { GUINT64_TO_LE ((offset + at) / SECTOR), 0 };
      int size = 0;

      if (EVP_CipherInit_ex (context, NULL, NULL, NULL, (const guint8 *) tweak, -1) != 1
          || EVP_CipherUpdate (context, to + at, &size, from + at, SECTOR) != 1 || size != SECTOR)
        {
          errno = EIO;
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
put (Content *self, guint64 offset, const guint8 *bytes, gsize length)
{
  if (!crypt_sectors (self->encrypt, offset, bytes, self->buffer, length)
      || !domuimg_region_write (self->inner, offset, self->buffer, length))
    return FALSE;
  mark (self, offset, length);
  return TRUE;
}

static gboolean
get_page (Content *self, guint64 page, guint8 *to)
{
  memset (to, 0, PAGE);
  return !is_written (self, page)
         || (domuimg_region_read_all (self->inner, page * PAGE, to, PAGE)
             && crypt_sectors (self->decrypt, page * PAGE, to, to, PAGE));
}

static gboolean
read_locked (Content *self, guint64 offset, guint8 *to, gsize length)
{
  guint8 page[PAGE];

  while (length > 0)
    {
      gsize within = offset % PAGE;
      gsize now = MIN (length, PAGE - within);

      if (!get_page (self, offset / PAGE, page))
        return FALSE;
      memcpy (to, page + within, now);
      to += now;
      offset += now;
      length -= now;
    }
  return TRUE;
}

static gboolean
write_locked (Content *self, guint64 offset, const guint8 *from, gsize length)
{
  guint8 page[PAGE];

  while (length > 0)
    {
      gsize within = offset % PAGE;
      gsize now = MIN (length, PAGE - within);
      gboolean ok;

      if (within == 0 && length >= PAGE)
        {
          now = MIN (length / PAGE * PAGE, CHUNK);
          ok = put (self, offset, from, now);
        }
      else
        {
          ok = get_page (self, offset / PAGE, page);
          memcpy (page + within, from, now);
          ok = ok && put (self, offset - within, page, PAGE);
        }
      if (!ok)
        return FALSE;
      from += now;
      offset += now;
      length -= now;
    }
  return TRUE;
}

static gboolean
content_read (gpointer data, guint64 offset, void *buffer, gsize length)
{
  Content *self = data;
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = read_locked (self, offset, buffer, length);
  g_mutex_unlock (&self->lock);
  return ok;
}

static gboolean
content_write (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  Content *self = data;
  gboolean ok;

  g_mutex_lock (&self->lock);
  ok = write_locked (self, offset, bytes, length);
  g_mutex_unlock (&self->lock);
  return ok;
}

/* What is encrypted is never zeros, so that its bytes do not decide whether they take room. The lock is not
 * taken, as nothing here but the inner region, which has its own, is used: another thread may be writing. */
static void
content_reserve (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  static const guint8 page[PAGE] = { 1 };
  const Content *self = data;
  guint64 first = offset / PAGE * PAGE;

  for (guint64 at = first; at < offset + length; at += PAGE)
    domuimg_region_reserve (self->inner, at, page, PAGE);
}

static gboolean
content_sync (gpointer data, gboolean wait)
{
  Content *self = data;

  if (wait)
    return domuimg_region_sync (self->inner);
  domuimg_region_begin_sync (self->inner);
  return TRUE;
}

static const DomuimgRegionBack content = { .read = content_read,
                                           .write = content_write,
                                           .reserve = content_reserve,
                                           .sync = content_sync,
                                           .free = content_free };

static EVP_CIPHER_CTX *
new_context (const guint8 *key, gboolean encrypts)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();

  if (context != NULL
      && EVP_CipherInit_ex (context, EVP_aes_256_xts (), NULL, key, NULL, encrypts) == 1)
    return context;
  EVP_CIPHER_CTX_free (context);
  return NULL;
}

DomuimgRegion *
domuimg_luks_new_content (DomuimgRegion *region, const guint8 *key, GError **error)
{
  Content *self = g_new0 (Content, 1);
  guint64 length = region->length / PAGE * PAGE;
  g_autoptr (DomuimgRegion) made = NULL;

  g_mutex_init (&self->lock);
  self->inner = domuimg_region_ref (region);
  self->written = g_malloc0 (length / PAGE / 8 + 1);
  self->buffer = g_malloc (CHUNK);
  self->encrypt = new_context (key, TRUE);
  self->decrypt = new_context (key, FALSE);
  made = domuimg_region_new_backed (&content, self, length, region->name);
  if (self->encrypt != NULL && self->decrypt != NULL)
    return g_steal_pointer (&made);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: OpenSSL has no AES-256-XTS here; see its configuration (FIPS)", region->name);
  return NULL;
}

void
domuimg_luks_leave (DomuimgRegion *region, guint64 offset, guint64 length)
{
  guint64 first = (offset + PAGE - 1) / PAGE * PAGE;
  guint64 end = (offset + length) / PAGE * PAGE;
  Content *self = region->data;

  if (end <= first)
    return;
  g_mutex_lock (&self->lock);
  mark (self, first, end - first);
  g_mutex_unlock (&self->lock);
}

/* The first page from @page on that is written, or as many further as one chunk has. */
static guint64
find_end (Content *self, guint64 page, guint64 pages)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  guint64 end = page;

  while (end < pages && end - page < CHUNK / PAGE && !is_written (self, end))
    end++;
  return end;
}

gboolean
domuimg_luks_fill (DomuimgRegion *region, GCancellable *cancellable, GError **error)
{
  Content *self = region->data;
  g_autofree guint8 *zeros = g_malloc0 (CHUNK);
  guint64 pages = region->length / PAGE;

  for (guint64 page = 0; page < pages;)
    {
      guint64 end = find_end (self, page, pages);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (end > page && !content_write (self, page * PAGE, zeros, (end - page) * PAGE))
        return domuimg_set_errno (error, errno, "writing to %s", region->name);
      page = MAX (end, page + 1);
    }
  return TRUE;
}
