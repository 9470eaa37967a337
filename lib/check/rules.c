/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of all rules: id, severity and summary. */
#include "config.h"
#include "lib/check/rules.h"

#define ERROR DOMUIMG_SEVERITY_ERROR
#define UNKNOWN DOMUIMG_SEVERITY_UNKNOWN
#define WARNING DOMUIMG_SEVERITY_WARNING
#define INFO DOMUIMG_SEVERITY_INFO

const DomuimgRule domuimg_rules[] = {
  /* The configuration. */
  { "config-syntax", ERROR, "the configuration is not xl.cfg's language" },
  { "config-name", ERROR, "the guest has no name" },
  { "config-unknown-key", WARNING, "a key that xl does not know and ignores" },
  { "config-key-too-new", WARNING, "a key that this version of Xen does not know" },
  { "config-value", ERROR, "a value of the wrong kind" },
  { "config-contradiction", ERROR, "settings that exclude each other" },
  { "config-deprecated", INFO, "a form that Xen will give up" },
  { "config-disk", ERROR, "a disk that xl does not understand" },
  { "config-duplicate-vdev", ERROR, "two disks with one name" },
  { "config-duplicate-mac", WARNING, "two interfaces with one MAC address" },
  { "config-mac", ERROR, "not a valid MAC address for an interface" },
  { "config-memory", ERROR, "no memory is given" },
  { "config-missing-file", ERROR, "a file that the configuration names does not exist" },
  { "config-format", ERROR, "the format of a disk is not what its file holds" },
  { "config-no-kernel", ERROR, "nothing says what to boot" },
  { "config-no-disk", WARNING, "the guest has no disk" },
  /* Images. */
  { "image-unreadable", UNKNOWN, "an image cannot be read" },
  { "image-truncated", ERROR, "an image is shorter than its content says" },
  { "image-no-boot-loader", ERROR, "the disk has no boot loader for the firmware" },
  { "filesystem-unclean", WARNING, "the root filesystem was not unmounted" },
  { "filesystem-errors", WARNING, "the root filesystem is marked as having errors" },
  { "filesystem-damaged", ERROR, "the root filesystem cannot be read" },
  { "filesystem-full", WARNING, "the root filesystem is full" },
  { "filesystem-features", ERROR, "the loader cannot read the filesystem" },
  /* What the loader reads. */
  { "menu-missing", ERROR, "the loader finds no boot menu" },
  { "menu-unreadable", ERROR, "the loader cannot read the boot menu" },
  { "menu-default", WARNING, "the default entry of the boot menu does not exist" },
  { "menu-initrds", ERROR, "the loader takes one initramfs, and the entry has several" },
  { "loader-missing", ERROR, "the loader is missing" },
  { "loader-unknown", UNKNOWN, "a bootloader whose choice is not known" },
  { "installer-pending", UNKNOWN, "the guest has yet to be installed" },
  /* The kernel. */
  { "kernel-missing", ERROR, "there is no kernel" },
  { "kernel-not-a-kernel", ERROR, "the file is not a kernel" },
  { "kernel-architecture", ERROR, "the kernel is for another architecture" },
  { "kernel-type", ERROR, "the kernel cannot start as this type of guest" },
  { "kernel-compression", ERROR, "Xen or the loader cannot unpack the kernel" },
  { "kernel-memory", ERROR, "the guest has too little memory for its kernel and initramfs" },
  /* The initramfs. */
  { "initramfs-missing", ERROR, "there is no initramfs, and the kernel needs one" },
  { "initramfs-corrupt", ERROR, "the initramfs is damaged" },
  { "initramfs-version", ERROR, "the initramfs is another kernel's" },
  { "initramfs-driver", ERROR, "the initramfs lacks a driver that the root needs" },
  /* The root. */
  { "root-missing", ERROR, "nothing says where the root is" },
  { "root-device", ERROR, "root= names no device of the guest" },
  { "root-filesystem", ERROR, "root= names a device that holds no root" },
  { "root-unknown", UNKNOWN, "it is unknown where the root is" },
  /* The guest's files. */
  { "file-unreadable", UNKNOWN, "a file of the guest cannot be read" },
  { "repaired-unchecked", UNKNOWN, "the guest could not be checked after its repairs" },
  { "modules-missing", WARNING, "the guest has no modules for its kernel" },
  { "modules-index", WARNING, "the guest's modules have no modules.dep" },
  { "mount-point-missing", ERROR, "a directory that every guest has is missing" },
  { "fstab-device", ERROR, "fstab names a device that the guest does not have" },
  { "fstab-type", ERROR, "fstab names another filesystem than the device holds" },
  { "fstab-driver", ERROR, "fstab needs a filesystem that the kernel has no driver for" },
  { "fstab-mount-point", WARNING, "a directory to mount on is missing" },
  { "crypttab-device", WARNING, "crypttab names a device that the guest does not have" },
  { "owner-not-root", WARNING, "the system's files do not belong to root" },
  { "init-missing", ERROR, "init is missing" },
  { "init-not-executable", ERROR, "init is not executable" },
  { "init-architecture", ERROR, "init is for another architecture, or not a program" },
  { "init-loader", ERROR, "the dynamic loader of init is missing" },
  { "init-libraries", ERROR, "libraries of init are missing" },
  { "init-programs", WARNING, "programs that init brings the system up by are missing" },
  { "init-no-login", ERROR, "a shell is started instead of a login" },
  { "console-parameter", WARNING, "console= is not the console of such a guest" },
  { "console-getty", ERROR, "nothing starts a login on the console" },
  { "console-login", WARNING, "login is missing" },
  { "console-securetty", WARNING, "root may not log in on the console" },
  { "login-nobody", WARNING, "no account can log in" },
  { "network-interface", WARNING, "the network's files name interfaces of another machine" },
  { "network-persistent-rules", WARNING, "udev keeps names for interfaces of another machine" },
  { NULL },
};
