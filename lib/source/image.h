/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/checksums.h"
#include "lib/source/source.h"

/* What the files of --from image:NAME share. */

/* A vendor's image for one architecture, by one of our definitions (lib/source/images) or libosinfo's
 * database. */
typedef struct {
  char *id;
  char *name; /* "Debian 12 (bookworm)" */
  char *arch; /* rpm's name for it: "x86_64" */
  char *url;
  char *checksums;         /* (nullable) address of the list with its checksum */
  char *signature;         /* (nullable) of that list's detached signature */
  gboolean is_clearsigned; /* the list is a signed message */
  char *keys_hint;         /* (nullable) where the vendor's keyring is, for messages */
  GStrv key_urls;
  GStrv fingerprints;
  gboolean untried;     /* nobody has made a guest of it yet */
  gboolean from_osinfo;
} DomuimgImageOffer;

void domuimg_image_offer_free (DomuimgImageOffer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgImageOffer, domuimg_image_offer_free)
gboolean domuimg_image_offer_is_signed (const DomuimgImageOffer *self);

/* image-offers.c: the one for @arch. NOT_FOUND lists the known ones. */
DomuimgImageOffer *domuimg_image_offer_find (const char *id, const char *arch, GError **error);
/* (element-type DomuimgImageOffer) All. */
GPtrArray *domuimg_image_offers_list (GError **error);

/* image-osinfo.c: adds what the database has that is not among our definitions; of @id (nullable) only.
 * Without libosinfo or its database there is nothing. */
gboolean domuimg_image_osinfo_add (GPtrArray *offers, const char *id, GError **error);

/* What vouches for an image. */
typedef struct {
  DomuimgDigest *digest; /* (nullable) nobody has published one */
  char *signer;          /* (nullable) the fingerprint of the key that signed it */
} DomuimgImageTrust;

void domuimg_image_trust_clear (DomuimgImageTrust *self);

typedef struct {
  const DomuimgImageOffer *offer;
  GStrv keyrings;
  gboolean allow_unsigned;
  gboolean use_cache;
  const char *work; /* directory */
} DomuimgImageRequest;

/* image-trust.c: fetches the list of checksums and verifies it. UNTRUSTED where it says less than is
 * asked for. */
gboolean domuimg_image_trust_fetch (DomuimgImageTrust *self, const DomuimgImageRequest *request,
                                    GCancellable *cancellable, GError **error);

/* image-fetch.c: the last part of an address, without what follows it. */
char *domuimg_image_name_file (const char *url);
/* The file, from the cache or the server, with the right checksum. What comes in part is
 * continued the next time. Where there was no checksum, the one that it has becomes @trust's. */
char *domuimg_image_fetch (DomuimgImageTrust *trust, const DomuimgImageRequest *request,
                           DomuimgProgress *progress, GCancellable *cancellable, GError **error);
