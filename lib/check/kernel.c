/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that the kernel exists, is a kernel, and can be started as this type of guest by this
 * loader on this Xen. */
#include "config.h"
#include "lib/check/rules.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/check/initramfs.h"
#include "lib/check/run.h"
#include "lib/kernel/compat.h"
#include "lib/xen/limits.h"

/* A file of the guest as its loader names it: on the filesystem of the menu, where the entry does
 * not name another. */
static DomuimgTree *
find_tree (DomuimgMachine *self)
{
  const DomuimgMenuEntry *entry = self->boot.entry;
  const char *hint = entry != NULL ? entry->root_hint : NULL;
  DomuimgDevice *device = hint != NULL ? domuimg_machine_find_device (self, hint) : NULL;
  DomuimgTree *tree;

  /* pygrub looks beside the menu, whatever that says. */
  if (device == NULL && hint != NULL
      && (self->boot.loader != DOMUIMG_LOADER_PYGRUB || self->boot.reads_all))
    device = domuimg_machine_find_grub_device (self, hint, self->boot.menu->format);
  tree = device != NULL ? domuimg_machine_open_tree (self, device) : NULL;
  return tree != NULL ? tree : self->boot_tree;
}

static void
report_missing (DomuimgMachine *self, const char *where)
{
  domuimg_finding_advise (
      domuimg_machine_report (self, "kernel-missing", self->boot.kernel_path,
                              "the kernel %s is not %s", self->boot.kernel_path, where),
      self->boot.in_guest ? "install a kernel in the guest (Debian: linux-image-amd64) and let it"
                            " write its boot menu again"
                          : "copy the kernel there (domuimg kernel update does, for guests that"
                            " domuimg made), or correct kernel= in the configuration");
}

/* What is unpacked by another thread, from bytes or a file of the host: a guest's tree is for one
 * thread only. */
typedef struct {
  const char *path;
  const char *where;
  GBytes *bytes; /* (nullable) */
  DomuimgKernel *kernel;
  GError *error;
} Loading;

static gpointer
load_in_thread (gpointer data)
{
  Loading *self = data;

  self->kernel = self->bytes != NULL
                     ? domuimg_kernel_new_for_bytes (self->bytes, self->path, &self->error)
                     : domuimg_kernel_new_for_file (self->where, &self->error);
  return NULL;
}

/* FALSE where what is to be unpacked cannot be read. */
static gboolean
begin (DomuimgMachine *self, Loading *loading)
{
  loading->path = self->boot.kernel_path;
  loading->where = domuimg_machine_where (self, loading->path);
  if (!self->boot.in_guest)
    return TRUE;
  if (self->boot_tree == NULL)
    return domuimg_fail (&loading->error, DOMUIMG_ERROR_NOT_FOUND,
                         "no filesystem to read it from");
  loading->bytes = domuimg_tree_read (self->boot_tree, loading->path, DOMUIMG_KERNEL_MAX,
                                      &loading->error);
  return loading->bytes != NULL;
}

/* Kernel and initramfs are unpacked at the same time, which takes most of the time of a check. */
static DomuimgKernel *
load (DomuimgMachine *self, GError **error)
{
  Loading loading = { NULL };
  GThread *thread;

  if (begin (self, &loading))
    {
      thread = g_thread_try_new ("kernel", load_in_thread, &loading, NULL);
      if (thread == NULL)
        load_in_thread (&loading);
      domuimg_initramfs_read_ahead (self);
      if (thread != NULL)
        g_thread_join (thread);
    }
  g_clear_pointer (&loading.bytes, g_bytes_unref);
  if (loading.error != NULL)
    g_propagate_error (error, loading.error);
  return loading.kernel;
}

/* What a build has read of it already. */
static DomuimgKernel *
take_given (DomuimgMachine *self)
{
  const DomuimgMade *made = self->made;

  if (made == NULL || made->kernel == NULL
      || !domuimg_machine_is_same_file (self, self->boot.kernel_path, made->kernel_path))
    return NULL;
  return g_object_ref (made->kernel);
}

/* QEMU starts what begins as the first Linux did, by its boot sector: memtest86+.bin, for one. */
static gboolean
is_boot_sector (DomuimgMachine *self)
{
  guint8 sector[512] = { 0 };
  g_auto (DomuimgFd) fd = -1;

  if (self->type != DOMUIMG_GUEST_TYPE_HVM || self->boot.in_guest)
    return FALSE;
  fd = open (domuimg_machine_where (self, self->boot.kernel_path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  return fd >= 0 && pread (fd, sector, sizeof sector, 0) == sizeof sector && sector[510] == 0x55
         && sector[511] == 0xaa;
}

static void
report_unloaded (DomuimgMachine *self, const GError *error)
{
  if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    report_missing (self, self->boot.in_guest ? "in the guest" : "there");
  else if (!g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT)
           && !g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED))
    domuimg_machine_report_error (self, "image-unreadable", self->boot.kernel_path, error);
  else
    domuimg_finding_advise (
        domuimg_machine_report_as (self,
                                   is_boot_sector (self) ? DOMUIMG_SEVERITY_UNKNOWN
                                                         : DOMUIMG_SEVERITY_ERROR,
                                   "kernel-not-a-kernel", self->boot.kernel_path, "%s", error->message),
        "put a kernel there: a bzImage or an ELF file");
}

/* QEMU, which loads the kernel of an HVM guest, knows multiboot and PVH's entry point, too; whether it
 * gets as far beside Xen depends on its version. */
static gboolean
may_start (DomuimgMachine *self)
{
  return self->type == DOMUIMG_GUEST_TYPE_HVM && self->boot.loader == DOMUIMG_LOADER_DIRECT
         && domuimg_kernel_get_format (self->boot.kernel) == DOMUIMG_KERNEL_FORMAT_ELF;
}

static void
check_start (DomuimgMachine *self)
{
  g_autofree char *reason = NULL;
  DomuimgCompatProblem problem = domuimg_kernel_find_problem (
      self->boot.kernel, self->type, self->boot.loader, self->xen, &reason);

  /* domuimg-bootloader unpacks what this Xen does not. */
  if (problem == DOMUIMG_COMPAT_FINE
      || (problem == DOMUIMG_COMPAT_COMPRESSION && self->boot.reads_all))
    return;
  domuimg_finding_advise (
      domuimg_machine_report_as (self,
                                 may_start (self) ? DOMUIMG_SEVERITY_UNKNOWN
                                                  : DOMUIMG_SEVERITY_ERROR,
                                 domuimg_compat_problem_get_rule (problem), self->boot.kernel_path,
                                 "%s %s start as %s: %s", self->boot.kernel_path,
                                 may_start (self) ? "perhaps does not" : "cannot",
                                 domuimg_guest_type_to_string (self->type), reason),
      "domuimg kernel inspect tells as what it can be started; choose another type, loader or"
      " kernel");
}

void
domuimg_check_kernel (DomuimgMachine *self)
{
  g_autoptr (GError) error = NULL;

  if (self->boot.kernel_path == NULL)
    return;
  if (self->boot.in_guest)
    self->boot_tree = find_tree (self);
  if (self->boot.kernel == NULL)
    self->boot.kernel = take_given (self);
  if (self->boot.kernel == NULL)
    self->boot.kernel = load (self, &error);
  if (self->boot.kernel == NULL)
    report_unloaded (self, error);
  else
    check_start (self);
}
