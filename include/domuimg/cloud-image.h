/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_CLOUD_IMAGE (domuimg_cloud_image_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgCloudImage, domuimg_cloud_image, DOMUIMG, CLOUD_IMAGE, GObject)

DOMUIMG_API
GPtrArray *domuimg_cloud_image_list (GError **error);
DOMUIMG_API
const char *domuimg_cloud_image_get_name (DomuimgCloudImage *self);
DOMUIMG_API
const char *domuimg_cloud_image_get_title (DomuimgCloudImage *self);
DOMUIMG_API
const char *domuimg_cloud_image_get_architecture (DomuimgCloudImage *self);
DOMUIMG_API
const char *domuimg_cloud_image_get_url (DomuimgCloudImage *self);
DOMUIMG_API
gboolean domuimg_cloud_image_get_has_checksum (DomuimgCloudImage *self);
DOMUIMG_API
gboolean domuimg_cloud_image_get_is_signed (DomuimgCloudImage *self);
DOMUIMG_API
gboolean domuimg_cloud_image_get_has_keys (DomuimgCloudImage *self);
DOMUIMG_API
gboolean domuimg_cloud_image_get_is_untried (DomuimgCloudImage *self);

G_END_DECLS
