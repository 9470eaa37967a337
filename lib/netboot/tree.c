/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/pass.h"

#include <string.h>

#include "lib/netboot/url.h"

/* Install trees: where their installers for amd64 lie, and how these are told where they came
 * from. .treeinfo: https://productmd.readthedocs.io/en/latest/treeinfo-1.0.html. */

typedef struct {
  const char *kernel;
  const char *initrd;
  const char *option; /* (nullable) before the address of the tree */
} Place;

static const Place places[] = {
  /* Fedora, RHEL and their kin */
  { "images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "inst.repo=" },
  /* openSUSE, SLES */
  { "boot/x86_64/loader/linux", "boot/x86_64/loader/initrd", "install=" },
  { "boot/x86_64/vmlinuz-xen", "boot/x86_64/initrd-xen", "install=" },
  /* Debian: dists/SUITE/main/installer-amd64/ and below */
  { "current/images/netboot/xen/vmlinuz", "current/images/netboot/xen/initrd.gz", NULL },
  { "images/netboot/xen/vmlinuz", "images/netboot/xen/initrd.gz", NULL },
  { "netboot/xen/vmlinuz", "netboot/xen/initrd.gz", NULL },
  { "main/installer-amd64/current/images/netboot/xen/vmlinuz",
    "main/installer-amd64/current/images/netboot/xen/initrd.gz", NULL },
  { "current/images/netboot/debian-installer/amd64/linux",
    "current/images/netboot/debian-installer/amd64/initrd.gz", NULL },
  { "debian-installer/amd64/linux", "debian-installer/amd64/initrd.gz", NULL },
  /* Ubuntu, with its old installer, of its netboot files, and of its images */
  { "current/legacy-images/netboot/ubuntu-installer/amd64/linux",
    "current/legacy-images/netboot/ubuntu-installer/amd64/initrd.gz", NULL },
  { "netboot/amd64/linux", "netboot/amd64/initrd", NULL },
  { "amd64/linux", "amd64/initrd", NULL },
  { "casper/vmlinuz", "casper/initrd", NULL },
};

static const Place plain_places[] = {
  { "vmlinuz", "initrd.img", NULL }, { "vmlinuz", "initrd.gz", NULL }, { "vmlinuz", "initrd", NULL },
  { "linux", "initrd.img", NULL },   { "linux", "initrd.gz", NULL },   { "linux", "initrd", NULL },
};

static gboolean
has_kernel (DomuimgNetbootPass *self, const char *base, const char *path)
{
  g_autofree char *url = domuimg_netboot_resolve (base, path);
  const DomuimgNetbootFile *file = url != NULL ? domuimg_netboot_pass_file (self, url) : NULL;

  return file != NULL && domuimg_netboot_is_kernel (file);
}

static gboolean
has_file (DomuimgNetbootPass *self, const char *base, const char *path)
{
  g_autofree char *url = domuimg_netboot_resolve (base, path);

  return url != NULL && domuimg_netboot_pass_file (self, url) != NULL;
}

static void
boot (DomuimgNetbootPass *self, const char *base, const Place *place)
{
  g_autoptr (GPtrArray) initrds = g_ptr_array_new ();
  g_autofree char *cmdline
      = place->option != NULL ? g_strconcat (place->option, base, NULL) : g_strdup ("");

  g_ptr_array_add (initrds, (gpointer) place->initrd);
  domuimg_netboot_pass_boot (self, base, place->kernel, initrds, cmdline, NULL);
}

static void
try_places (DomuimgNetbootPass *self, const char *base, const Place *list, gsize n)
{
  for (gsize i = 0; i < n && !self->decided; i++)
    if (has_kernel (self, base, list[i].kernel) && has_file (self, base, list[i].initrd))
      boot (self, base, &list[i]);
}

static gboolean
is_suse (GKeyFile *info)
{
  g_autofree char *family = g_key_file_get_string (info, "general", "family", NULL);
  g_autofree char *lower = family != NULL ? g_ascii_strdown (family, -1) : g_strdup ("");

  return strstr (lower, "suse") != NULL || g_str_has_prefix (lower, "sle");
}

/* Boots what a tree that describes itself names. */
static void
try_treeinfo (DomuimgNetbootPass *self, const char *base)
{
  static const char *const sections[] = { "images-x86_64", "images-xen" };
  g_autofree char *url = domuimg_netboot_resolve (base, ".treeinfo");
  g_autofree char *text = url != NULL ? domuimg_netboot_pass_text (self, url) : NULL;
  g_autoptr (GKeyFile) info = g_key_file_new ();

  if (text == NULL || !g_key_file_load_from_data (info, text, -1, G_KEY_FILE_NONE, NULL))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (sections) && !self->decided; i++)
    {
      g_autofree char *kernel = g_key_file_get_string (info, sections[i], "kernel", NULL);
      g_autofree char *initrd = g_key_file_get_string (info, sections[i], "initrd", NULL);
      const Place place = { kernel, initrd, is_suse (info) ? "install=" : "inst.repo=" };

      if (kernel != NULL && initrd != NULL)
        boot (self, base, &place);
    }
}

void
domuimg_netboot_tree (DomuimgNetbootPass *self, const char *base, gboolean plain)
{
  try_treeinfo (self, base);
  try_places (self, base, places, G_N_ELEMENTS (places));
  if (plain)
    try_places (self, base, plain_places, G_N_ELEMENTS (plain_places));
}
