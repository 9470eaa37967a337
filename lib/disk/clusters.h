/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A file of an image format that has a guest's disk in clusters of one size, each put behind the others
 * when the first byte of it that is not zero comes. What lies where is kept in memory; whoever knows the
 * format writes it to the file in the end. Slots are the places of clusters, from 0. */
typedef struct _DomuimgClusters DomuimgClusters;

typedef struct {
  guint64 size;         /* bytes of the disk */
  guint64 cluster_size; /* bytes */
  guint64 first;        /* where the data of slot 0 is in the file */
  guint64 stride;       /* from one slot to the next */
} DomuimgClustersShape;

#define DOMUIMG_NO_SLOT G_MAXUINT32

/* The disk in the empty file @fd, of which a copy is taken, as a region. */
DomuimgRegion *domuimg_clusters_new (const DomuimgClustersShape *shape, int fd, const char *name,
                                     GError **error);
DomuimgClusters *domuimg_clusters_of (const DomuimgRegion *region);
int domuimg_clusters_get_fd (const DomuimgClusters *self);
guint64 domuimg_clusters_get_size (const DomuimgClusters *self);
/* How many clusters the disk has, and how many of them have a slot. */
guint64 domuimg_clusters_get_n (const DomuimgClusters *self);
guint32 domuimg_clusters_get_n_slots (const DomuimgClusters *self);
/* The slot of cluster @i, DOMUIMG_NO_SLOT for none. */
guint32 domuimg_clusters_get_slot (const DomuimgClusters *self, guint64 i);
/* The same, and gives it one where it has none. */
guint32 domuimg_clusters_take_slot (DomuimgClusters *self, guint64 i);
/* Gives one to each that has none. */
void domuimg_clusters_fill (DomuimgClusters *self);
