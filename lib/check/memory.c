/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the memory: Xen loads kernel and initramfs into it, and Linux unpacks the initramfs into a
 * filesystem in memory before it frees the packed one. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/offers.h"
#include "lib/kernel/compat.h"

#define MIB ((guint64) 1 << 20)
/* What Linux needs besides, for its tables and its first programs. */
#define REST (24 * MIB)
/* What a new size is rounded up to. */
#define STEP 64

/* The files as they are loaded. */
static guint64
size_of_initrds (DomuimgMachine *self)
{
  guint64 size = 0;

  for (guint i = 0; i < self->boot.initrd_paths->len; i++)
    {
      const char *path = g_ptr_array_index (self->boot.initrd_paths, i);
      g_autoptr (DomuimgEntry) entry = self->boot.in_guest
                                           ? domuimg_tree_stat_follow (self->boot_tree, path, NULL)
                                           : NULL;
      g_autoptr (GFile) file = g_file_new_for_path (domuimg_machine_where (self, path));
      g_autoptr (GFileInfo) info
          = self->boot.in_guest ? NULL
                                : g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                     G_FILE_QUERY_INFO_NONE, NULL, NULL);

      size += entry != NULL ? entry->size : info != NULL ? (guint64) g_file_info_get_size (info) : 0;
    }
  return size;
}

/* What the guest is given, and of that what mem= on its command line leaves it. */
static guint64
find_memory (DomuimgMachine *self)
{
  guint64 memory = (guint64) domuimg_domain_get_memory (self->domain) * MIB;
  g_autofree char *limit = domuimg_machine_get_parameter (self, "mem");
  char *end = NULL;
  guint64 size = limit != NULL ? g_ascii_strtoull (limit, &end, 0) : 0;
  const char *units = "kmgt";
  const char *unit = size > 0 && *end != '\0' ? strchr (units, g_ascii_tolower (*end)) : NULL;

  for (const char *one = units; unit != NULL && one <= unit && size < G_MAXUINT64 >> 10; one++)
    size <<= 10;
  return size > 0 ? MIN (memory, size) : memory;
}

static void
offer_memory (DomuimgFinding *finding, guint64 needed)
{
  g_autofree char *value = g_strdup_printf ("%u", (guint) ((needed / MIB + STEP) / STEP * STEP));

  domuimg_offer_config (finding, "memory", value);
}

void
domuimg_check_memory (DomuimgMachine *self)
{
  guint64 memory = find_memory (self);
  guint64 kernel, packed, unpacked, needed;
  DomuimgFinding *finding;

  if (self->is_image || self->boot.kernel == NULL || self->boot.initramfs == NULL
      || (self->boot.in_guest && self->boot_tree == NULL))
    return;
  kernel = domuimg_kernel_get_plain_size (self->boot.kernel);
  packed = size_of_initrds (self);
  unpacked = domuimg_initramfs_get_unpacked_size (self->boot.initramfs);
  needed = kernel + packed + unpacked + REST;
  if (kernel == 0 || memory >= needed)
    return;
  finding = domuimg_machine_report (self, "kernel-memory", NULL,
                                    "the guest has %" G_GUINT64_FORMAT " MiB of memory; its kernel needs"
                                    " %" G_GUINT64_FORMAT ", its initramfs %" G_GUINT64_FORMAT
                                    " and unpacked %" G_GUINT64_FORMAT " MiB",
                                    memory / MIB, kernel / MIB, packed / MIB, unpacked / MIB);
  /* What the configuration means to give may be enough, and mem= would take away what is added. */
  if (domuimg_offers_config (self, "memory"))
    return;
  if ((guint64) domuimg_domain_get_memory (self->domain) * MIB >= needed)
    domuimg_finding_advise (finding, "take mem= off the kernel's command line, or make it larger");
  else
    offer_memory (finding, needed);
}
