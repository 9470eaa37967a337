/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

#include "lib/base/exec.h"

/* Programs that the library's verbs run. */

static const struct {
  const char *name;
  DomuimgSeverity severity; /* of its absence */
  const char *why;
  const char *package; /* (nullable) where lib/base knows none */
} programs[] = {
  { "mke2fs", DOMUIMG_SEVERITY_ERROR, "create: makes the guest's filesystem", NULL },
  { "e2fsck", DOMUIMG_SEVERITY_WARNING, "create --from disk:, check --fix: ext filesystems", NULL },
  { "tune2fs", DOMUIMG_SEVERITY_INFO, "check --fix: features that old GRUBs lack", NULL },
  { "mmdebstrap", DOMUIMG_SEVERITY_WARNING, "create --from debian:", NULL },
  { "debootstrap", DOMUIMG_SEVERITY_INFO, "--from debian: without mmdebstrap", NULL },
  { "newuidmap", DOMUIMG_SEVERITY_INFO, "create --from debian: without root", NULL },
  { "qemu-img", DOMUIMG_SEVERITY_WARNING, "disks that are not raw; create --from disk:", NULL },
  { "qemu-storage-daemon", DOMUIMG_SEVERITY_WARNING, "create --from disk:", NULL },
  { "fusermount3", DOMUIMG_SEVERITY_INFO, "create --from disk: without root", NULL },
  { "grub-fstest", DOMUIMG_SEVERITY_INFO, "domuimg-bootloader: guests on xfs, btrfs or LVM",
    "grub-common" },
  { "gpgv", DOMUIMG_SEVERITY_INFO, "signatures of mirrors", NULL },
  { "depmod", DOMUIMG_SEVERITY_INFO, "modules of the host's kernel in a guest", NULL },
  { "ssh-keygen", DOMUIMG_SEVERITY_INFO, "host keys of a guest", NULL },
};

static void
add_guestfs (DomuimgDoctor *self)
{
#ifdef HAVE_GUESTFS
  const gboolean built = TRUE;
#else
  const gboolean built = FALSE;
#endif

  domuimg_doctor_add (self, "library-libguestfs", built, DOMUIMG_SEVERITY_WARNING,
                      g_strdup (built ? "this build of domuimg has libguestfs"
                                      : "this build of domuimg is without libguestfs"),
                      "filesystems other than ext, logical volumes in an image",
                      g_strdup ("a build with -Dguestfs=enabled"));
}

void
domuimg_doctor_look_at_programs (DomuimgDoctor *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      const char *name = programs[i].name;
      const char *package = programs[i].package != NULL ? programs[i].package
                                                        : domuimg_package_of_program (name);
      g_autofree char *id = g_strdup_printf ("program-%s", name);
      g_autofree char *path = domuimg_doctor_find_program (self, name);

      domuimg_doctor_add (self, id, path != NULL, programs[i].severity,
                          path != NULL ? g_strdup_printf ("%s: %s", name, path)
                                       : g_strdup_printf ("%s is not installed", name),
                          programs[i].why, domuimg_doctor_install (self, package));
    }
  add_guestfs (self);
}
