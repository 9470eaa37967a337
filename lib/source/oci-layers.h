/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/oci-image.h"
#include "lib/source/oci-merge.h"
#include "lib/tree/stream.h"

/* The layers of an image as one stream of files: each once, as the uppermost layer has it. */
#define DOMUIMG_TYPE_OCI_LAYERS (domuimg_oci_layers_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgOciLayers, domuimg_oci_layers, DOMUIMG, OCI_LAYERS, GObject)

/* What they are together, by their names; reads all of them. */
DomuimgOciMerge *domuimg_oci_layers_merge (const DomuimgOciImage *image, GCancellable *cancellable,
                                           GError **error);
/* Both have to stay. Each layer is held against its digest as it is read. */
DomuimgStream *domuimg_oci_layers_new (const DomuimgOciImage *image, DomuimgOciMerge *merge);
