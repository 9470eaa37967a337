/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/doctor.h"

#include "lib/base/exec.h"
#include "lib/spec/source-type.h"

/* Programs that the library's verbs run; what one source runs is in its own row. */

static const struct {
  const char *name;
  DomuimgSeverity severity; /* of its absence */
  const char *why;
  const char *package; /* (nullable) where lib/base knows none */
} programs[] = {
  { "mke2fs", DOMUIMG_SEVERITY_ERROR, "create: makes the guest's filesystem", NULL },
  { "e2fsck", DOMUIMG_SEVERITY_WARNING, "conversions, check --fix: ext filesystems", NULL },
  { "tune2fs", DOMUIMG_SEVERITY_INFO, "check --fix: features that old GRUBs lack", NULL },
  { "grub-fstest", DOMUIMG_SEVERITY_INFO, "domuimg-bootloader: guests on xfs, btrfs or LVM",
    "grub-common" },
  { "linux.uml", DOMUIMG_SEVERITY_WARNING,
    "guests on xfs, btrfs or LVM without libguestfs's appliance; new roots on xfs, btrfs, f2fs", NULL },
  { "lvm", DOMUIMG_SEVERITY_INFO, "logical volumes in an image, by User-mode Linux", NULL },
  { "grub-mkimage", DOMUIMG_SEVERITY_INFO, "create --layout: GRUB on the guest's disk", NULL },
  { "mkfs.vfat", DOMUIMG_SEVERITY_INFO, "create --layout gpt: the EFI system partition", NULL },
  { "gpgv", DOMUIMG_SEVERITY_INFO, "signatures of mirrors and of vendors' images", NULL },
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

static void
look_at (DomuimgDoctor *self, const char *name, DomuimgSeverity severity, const char *why,
         const char *package)
{
  g_autofree char *id = g_strdup_printf ("program-%s", name);
  g_autofree char *path = domuimg_doctor_find_program (self, name);

  domuimg_doctor_add (self, id, path != NULL, severity,
                      path != NULL ? g_strdup_printf ("%s: %s", name, path)
                                   : g_strdup_printf ("%s is not installed", name),
                      why,
                      domuimg_doctor_install (self, package != NULL
                                                        ? package
                                                        : domuimg_package_of_program (name)));
}

/* The sources say themselves what they run; sources of one make run the same. */
static void
look_at_programs_of_sources (DomuimgDoctor *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    g_hash_table_add (seen, (gpointer) programs[i].name);
  for (guint i = 0; domuimg_source_types[i] != NULL; i++)
    {
      const DomuimgSourceType *type = domuimg_source_types[i];

      for (const DomuimgSourceProgram *program = type->programs;
           program != NULL && program->name != NULL; program++)
        {
          g_autofree char *why
              = g_strdup_printf ("create --from %s:%s%s", type->scheme,
                                 program->when != NULL ? " " : "",
                                 program->when != NULL ? program->when : "");

          if (g_hash_table_add (seen, (gpointer) program->name))
            look_at (self, program->name,
                     program->is_optional ? DOMUIMG_SEVERITY_INFO : DOMUIMG_SEVERITY_WARNING, why,
                     NULL);
        }
    }
}

void
domuimg_doctor_look_at_programs (DomuimgDoctor *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    look_at (self, programs[i].name, programs[i].severity, programs[i].why, programs[i].package);
  look_at_programs_of_sources (self);
  add_guestfs (self);
}
