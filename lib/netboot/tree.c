/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boots the installer of an install tree. */
#include "config.h"
#include "lib/netboot/pass.h"

#include <string.h>

#include "lib/netboot/places.h"
#include "lib/netboot/treeinfo.h"
#include "lib/netboot/url.h"

/* Install trees: where their installers for amd64 lie, and how these are told where they came
 * from. */

#define ARCH "amd64"

typedef struct {
  const char *kernel;
  const char *initrd;
  const char *option; /* (nullable) before the address of the tree */
} Place;

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

/* Boots what a tree that describes itself names. */
static void
try_treeinfo (DomuimgNetbootPass *self, const char *base)
{
  static const char *const platforms[] = { "x86_64", "xen" };
  g_autofree char *url = domuimg_netboot_resolve (base, ".treeinfo");
  g_autofree char *text = url != NULL ? domuimg_netboot_pass_text (self, url) : NULL;
  g_autoptr (DomuimgTreeinfo) info
      = text != NULL ? domuimg_treeinfo_parse (text, strlen (text), url, NULL) : NULL;

  for (guint i = 0; info != NULL && i < G_N_ELEMENTS (platforms) && !self->decided; i++)
    {
      g_autoptr (DomuimgTreeImages) images = NULL;

      if (domuimg_treeinfo_find_images (info, platforms[i], &images, NULL) && images != NULL)
        {
          const Place place = { images->kernel, images->initrd,
                                domuimg_treeinfo_is_suse (info) ? "install=" : "inst.repo=" };

          boot (self, base, &place);
        }
    }
}

static void
try_installers (DomuimgNetbootPass *self, const char *base)
{
  for (const DomuimgInstallPlace *at = domuimg_install_places;
       at->kernel != NULL && !self->decided; at++)
    {
      g_autofree char *kernel = domuimg_install_place_expand (at->kernel, ARCH);
      g_autofree char *initrd = domuimg_install_place_expand (at->initrd, ARCH);
      const Place place = { kernel, initrd, at->option };

      try_places (self, base, &place, 1);
    }
}

void
domuimg_netboot_tree (DomuimgNetbootPass *self, const char *base, gboolean plain)
{
  try_treeinfo (self, base);
  try_installers (self, base);
  if (plain)
    try_places (self, base, plain_places, G_N_ELEMENTS (plain_places));
}
