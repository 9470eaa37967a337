/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The content of a LUKS container: a region that encrypts what is written to it, as dm-crypt's
 * aes-xts-plain64 does. */
#include "config.h"
#include "lib/image/luks.h"

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
  guint8 *written; /* (nullable) a bit for each page; all are, of a container that was opened */
  guint8 *buffer;  /* (nullable) CHUNK bytes, of put() alone, where it is written to */
  gsize sector;    /* bytes that are encrypted at once */
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
  return self->written == NULL || (self->written[page / 8] & (1 << page % 8)) != 0;
}

static void
mark (Content *self, guint64 offset, gsize length)
{
  if (self->written == NULL)
    return;
  for (guint64 page = offset / PAGE; page < (offset + length) / PAGE; page++)
    self->written[page / 8] |= 1 << page % 8;
}

/* Whole sectors; the tweak of each is where it begins, in sectors of 512 bytes, also where they are larger. */
static gboolean
crypt_sectors (EVP_CIPHER_CTX *context, gsize sector, guint64 offset, const guint8 *from, guint8 *to,
               gsize length)
{
  for (gsize at = 0; at < length; at += sector)
    {
      guint64 tweak[2] = { GUINT64_TO_LE ((offset + at) / SECTOR), 0 };
      int size = 0;

      if (EVP_CipherInit_ex (context, NULL, NULL, NULL, (const guint8 *) tweak, -1) != 1
          || EVP_CipherUpdate (context, to + at, &size, from + at, (int) sector) != 1
          || size != (int) sector)
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
  if (!crypt_sectors (self->encrypt, self->sector, offset, bytes, self->buffer, length)
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
             && crypt_sectors (self->decrypt, self->sector, page * PAGE, to, to, PAGE));
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

/* A container may be opened to be read only. */
static gboolean
refuse_write (gpointer data, guint64 offset, const void *bytes, gsize length)
{
  errno = EROFS;
  return FALSE;
}

static const DomuimgRegionBack reader = { .read = content_read,
                                          .write = refuse_write,
                                          .sync = content_sync,
                                          .free = content_free };

static EVP_CIPHER_CTX *
new_context (const DomuimgLuksCipher *cipher, gboolean encrypts)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  const EVP_CIPHER *type = cipher->key_size == 32 ? EVP_aes_128_xts () : EVP_aes_256_xts ();

  if (context != NULL && EVP_CipherInit_ex (context, type, NULL, cipher->key, NULL, encrypts) == 1)
    return context;
  EVP_CIPHER_CTX_free (context);
  return NULL;
}

static DomuimgRegion *
new_region (Content *self, const DomuimgRegionBack *back, DomuimgRegion *region,
            const DomuimgLuksCipher *cipher, GError **error)
{
  g_autoptr (DomuimgRegion) made
      = domuimg_region_new_backed (back, self, region->length / PAGE * PAGE, region->name);

  g_mutex_init (&self->lock);
  self->inner = domuimg_region_ref (region);
  self->sector = cipher->sector;
  self->encrypt = new_context (cipher, TRUE);
  self->decrypt = new_context (cipher, FALSE);
  if (self->encrypt != NULL && self->decrypt != NULL)
    return g_steal_pointer (&made);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: OpenSSL has no AES-XTS here; see its configuration (FIPS)", region->name);
  return NULL;
}

DomuimgRegion *
domuimg_luks_new_content (DomuimgRegion *region, const guint8 *key, GError **error)
{
  const DomuimgLuksCipher cipher = { key, DOMUIMG_LUKS_KEY, SECTOR };
  Content *self = g_new0 (Content, 1);

  self->written = g_malloc0 (region->length / PAGE / 8 + 1);
  self->buffer = g_malloc (CHUNK);
  return new_region (self, &content, region, &cipher, error);
}

DomuimgRegion *
domuimg_luks_new_opened (DomuimgRegion *region, const DomuimgLuksCipher *cipher, gboolean writable,
                         GError **error)
{
  Content *self = g_new0 (Content, 1);

  if (writable)
    self->buffer = g_malloc (CHUNK);
  return new_region (self, writable ? &content : &reader, region, cipher, error);
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
