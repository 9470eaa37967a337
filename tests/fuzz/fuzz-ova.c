/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/import/archive/ova-manifest.h"
#include "lib/import/archive/ova.h"
#include "lib/import/archive/xva-xml.h"
#include "lib/import/archive/xva.h"
#include "tests/fuzz/tar-checksums.h"

#define DISK_MAX ((guint64) 64 << 20)

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Every member lies in the archive and has a name that stays in a directory. */
static void
check_ova (DomuimgOva *ova, gsize size)
{
  GPtrArray *members = domuimg_ova_get_members (ova);
  gsize length;

  for (guint i = 0; i < members->len; i++)
    {
      const DomuimgOvaMember *member = g_ptr_array_index (members, i);

      g_assert_cmpuint (member->offset, <=, size);
      g_assert_cmpuint (member->length, <=, size - member->offset);
      g_assert_false (g_path_is_absolute (member->name));
      g_assert_true (domuimg_ova_find (ova, member->name) == member);
    }
  g_assert_nonnull (domuimg_ova_get_ovf (ova, &length));
  domuimg_ova_verify (ova, NULL, NULL, NULL);
}

static void
check_machine (const DomuimgXvaMachine *machine)
{
  for (guint i = 0; i < machine->disks->len; i++)
    g_assert_cmpuint (((DomuimgXvaDisk *) g_ptr_array_index (machine->disks, i))->size, >, 0);
}

/* Its disks, where they are small enough to be made again and again. */
static void
extract_disks (DomuimgXva *xva)
{
  GPtrArray *disks = domuimg_xva_get_machine (xva)->disks;
  g_autofree int *fds = g_new0 (int, disks->len + 1);
  gboolean is_small = TRUE;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < disks->len; i++)
    {
      fds[i] = memfd_create ("disk", MFD_CLOEXEC);
      is_small = is_small && ((DomuimgXvaDisk *) g_ptr_array_index (disks, i))->size <= DISK_MAX;
    }
  if (is_small)
    g_assert_true (domuimg_xva_extract (xva, fds, NULL, NULL, &error) == (error == NULL));
  for (guint i = 0; i < disks->len; i++)
    close (fds[i]);
}

/* What is written of a machine is read as the same. */
static void
check_round_trip (const DomuimgXvaMachine *machine)
{
  g_autofree char *xml = domuimg_xva_xml_write (machine);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgXvaMachine) again
      = domuimg_xva_xml_parse (xml, strlen (xml), "written", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (again->disks->len, ==, machine->disks->len);
  g_assert_cmpuint (again->nics->len, ==, machine->nics->len);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  int fd = memfd_create ("ova", MFD_CLOEXEC);
  g_autofree guint8 *archive = g_memdup2 (data, size);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr (GPtrArray) checksums
      = domuimg_ova_manifest_parse ((const char *) data, size, "fuzz.mf", NULL);
  g_autoptr (DomuimgXvaMachine) machine
      = domuimg_xva_xml_parse ((const char *) data, size, "fuzz.xva", NULL);
  g_autoptr (DomuimgOva) ova = NULL;
  g_autoptr (DomuimgXva) xva = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (fd, >=, 0);
  fix_tar_checksums (archive, size);
  g_assert_cmpint (write (fd, archive, size), ==, (gssize) size);
  ova = domuimg_ova_open (path, &error);
  g_assert_true ((ova == NULL) == (error != NULL));
  if (ova != NULL)
    check_ova (ova, size);
  xva = domuimg_xva_open (path, NULL);
  if (xva != NULL)
    {
      check_machine (domuimg_xva_get_machine (xva));
      extract_disks (xva);
    }
  if (machine != NULL)
    {
      check_machine (machine);
      check_round_trip (machine);
    }
  close (fd);
  return 0;
}
