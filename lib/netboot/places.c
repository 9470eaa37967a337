/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places where install trees have the kernel and initramfs of their installers. */
#include "config.h"
#include "lib/netboot/places.h"

#define ANACONDA DOMUIMG_INSTALLER_ANACONDA
#define YAST DOMUIMG_INSTALLER_YAST
#define DEBIAN DOMUIMG_INSTALLER_DEBIAN
#define CASPER DOMUIMG_INSTALLER_CASPER

const DomuimgInstallPlace domuimg_install_places[] = {
  /* Fedora, RHEL and their kin */
  { "images/pxeboot/vmlinuz", "images/pxeboot/initrd.img", "inst.repo=", NULL, ANACONDA },
  { "images/xen/vmlinuz", "images/xen/initrd.img", "method=", NULL, ANACONDA, TRUE },
  /* openSUSE, SLES */
  { "boot/x86_64/loader/linux", "boot/x86_64/loader/initrd", "install=", "CHECKSUMS", YAST },
  { "boot/x86_64/vmlinuz-xen", "boot/x86_64/initrd-xen", "install=", NULL, YAST, TRUE },
  /* Debian: dists/SUITE/main/installer-ARCH/ and below. Its own Xen images were for PV guests of old. */
  { "current/images/netboot/xen/vmlinuz", "current/images/netboot/xen/initrd.gz", NULL,
    "current/images/SHA256SUMS", DEBIAN, TRUE },
  { "images/netboot/xen/vmlinuz", "images/netboot/xen/initrd.gz", NULL, "images/SHA256SUMS", DEBIAN,
    TRUE },
  { "netboot/xen/vmlinuz", "netboot/xen/initrd.gz", NULL, "SHA256SUMS", DEBIAN, TRUE },
  { "main/installer-@/current/images/netboot/xen/vmlinuz",
    "main/installer-@/current/images/netboot/xen/initrd.gz", NULL,
    "main/installer-@/current/images/SHA256SUMS", DEBIAN, TRUE },
  { "current/images/netboot/debian-installer/@/linux",
    "current/images/netboot/debian-installer/@/initrd.gz", NULL, "current/images/SHA256SUMS",
    DEBIAN },
  { "main/installer-@/current/images/netboot/debian-installer/@/linux",
    "main/installer-@/current/images/netboot/debian-installer/@/initrd.gz", NULL,
    "main/installer-@/current/images/SHA256SUMS", DEBIAN },
  { "images/netboot/debian-installer/@/linux", "images/netboot/debian-installer/@/initrd.gz", NULL,
    "images/SHA256SUMS", DEBIAN },
  { "netboot/debian-installer/@/linux", "netboot/debian-installer/@/initrd.gz", NULL, "SHA256SUMS",
    DEBIAN },
  { "debian-installer/@/linux", "debian-installer/@/initrd.gz", NULL, NULL, DEBIAN },
  { "text/debian-installer/@/linux", "text/debian-installer/@/initrd.gz", NULL, NULL, DEBIAN },
  { "install.amd/xen/vmlinuz", "install.amd/xen/initrd.gz", NULL, NULL, DEBIAN, TRUE },
  { "install.amd/vmlinuz", "install.amd/initrd.gz", NULL, NULL, DEBIAN },
  /* Ubuntu, with its old installer, of its netboot files, and of its images */
  { "current/legacy-images/netboot/ubuntu-installer/@/linux",
    "current/legacy-images/netboot/ubuntu-installer/@/initrd.gz", NULL,
    "current/legacy-images/SHA256SUMS", DEBIAN },
  { "current/images/netboot/ubuntu-installer/@/linux",
    "current/images/netboot/ubuntu-installer/@/initrd.gz", NULL, "current/images/SHA256SUMS",
    DEBIAN },
  { "main/installer-@/current/legacy-images/netboot/ubuntu-installer/@/linux",
    "main/installer-@/current/legacy-images/netboot/ubuntu-installer/@/initrd.gz", NULL,
    "main/installer-@/current/legacy-images/SHA256SUMS", DEBIAN },
  { "netboot/@/linux", "netboot/@/initrd", NULL, NULL, CASPER },
  { "@/linux", "@/initrd", NULL, NULL, CASPER },
  { "casper/vmlinuz", "casper/initrd", NULL, NULL, CASPER },
  { NULL },
};

char *
domuimg_install_place_expand (const char *path, const char *arch)
{
  g_auto (GStrv) parts = g_strsplit (path, "@", -1);

  return g_strjoinv (arch, parts);
}
