/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernels of this host or of an image, with what is installed for each. */
#include "config.h"
#include "domuimg/installed-kernel.h"

#include "lib/base/properties.h"
#include "lib/guest/kernels.h"
#include "lib/guest/root.h"
#include "lib/kernel/compat.h"
#include "lib/kernel/select-builtin.h"
#include "lib/kernel/select-drivers.h"
#include "lib/tree/dir.h"

/**
 * DomuimgInstalledKernel:
 *
 * A kernel of this host, or in a guest's image, with what is installed for it.
 *
 * Since: 0.1
 */
struct _DomuimgInstalledKernel {
  GObject parent_instance;

  char *path;
  char *version;
  char *modules;   /* (nullable) */
  char *initramfs; /* (nullable) */
  gboolean matches;
  char *reason;
  DomuimgKernel *kernel; /* (nullable) */
};

G_DEFINE_FINAL_TYPE (DomuimgInstalledKernel, domuimg_installed_kernel, G_TYPE_OBJECT)

static void
domuimg_installed_kernel_finalize (GObject *object)
{
  DomuimgInstalledKernel *self = DOMUIMG_INSTALLED_KERNEL (object);

  g_free (self->path);
  g_free (self->version);
  g_free (self->modules);
  g_free (self->initramfs);
  g_free (self->reason);
  g_clear_object (&self->kernel);
  G_OBJECT_CLASS (domuimg_installed_kernel_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "path", G_CALLBACK (domuimg_installed_kernel_get_path),
    "where it is" },
  { DOMUIMG_PROPERTY_STRING, "version", G_CALLBACK (domuimg_installed_kernel_get_version),
    "its version" },
  { DOMUIMG_PROPERTY_STRING, "modules", G_CALLBACK (domuimg_installed_kernel_get_modules),
    "the directory of its modules" },
  { DOMUIMG_PROPERTY_STRING, "initramfs", G_CALLBACK (domuimg_installed_kernel_get_initramfs),
    "its initramfs" },
};

static void
domuimg_installed_kernel_class_init (DomuimgInstalledKernelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_installed_kernel_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_installed_kernel_init (DomuimgInstalledKernel *self)
{
}

static char *
absolute (const char *path)
{
  return path != NULL ? g_strconcat ("/", path, NULL) : NULL;
}

/* Whether a guest with the kernel reaches its disk, as PV or PVH; HVM asks for less. */
static void
judge (DomuimgInstalledKernel *self, DomuimgTree *tree, DomuimgKernelChoice *choice,
       const char *root_fs)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *config = NULL;

  if (!domuimg_kernel_choice_load (choice, tree, &error))
    {
      self->reason = g_strdup (error->message);
      return;
    }
  self->kernel = g_steal_pointer (&choice->kernel);
  g_free (self->version);
  self->version = g_strdup (choice->version);
  config = domuimg_builtin_read_config (tree, choice->modules, self->version);
  if (config != NULL)
    domuimg_kernel_set_config (self->kernel, config);
  self->matches = domuimg_drivers_check (tree, choice, DOMUIMG_GUEST_TYPE_PV, root_fs, &self->reason);
  if (self->matches && choice->modules == NULL)
    {
      self->matches = FALSE;
      g_free (self->reason);
      self->reason = g_strdup_printf ("there is no directory of modules for it, /lib/modules/%s",
                                      choice->version);
    }
}

static DomuimgInstalledKernel *
new_kernel (DomuimgTree *tree, DomuimgKernelChoice *choice, const char *root_fs)
{
  DomuimgInstalledKernel *self = g_object_new (DOMUIMG_TYPE_INSTALLED_KERNEL, NULL);

  self->path = absolute (choice->vmlinuz);
  self->version = g_strdup (choice->version);
  self->modules = absolute (choice->modules);
  self->initramfs = absolute (choice->initrd);
  judge (self, tree, choice, root_fs);
  return self;
}

static GPtrArray *
list_tree (DomuimgTree *tree, const char *root_fs, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_guest_list_kernels (tree, error);
  g_autoptr (GPtrArray) kernels = NULL;

  if (choices == NULL)
    return NULL;
  kernels = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < choices->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      g_ptr_array_add (kernels, new_kernel (tree, g_ptr_array_index (choices, i), root_fs));
    }
  return g_steal_pointer (&kernels);
}

/**
 * domuimg_installed_kernel_list:
 * @image: (nullable) (type filename): a disk image or block device; %NULL: this host
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location: %DOMUIMG_ERROR_NOT_FOUND where the image is not there or holds no
 *   operating system, %DOMUIMG_ERROR_CORRUPT_INPUT, %DOMUIMG_ERROR_NOT_SUPPORTED,
 *   %DOMUIMG_ERROR_PERMISSION, %DOMUIMG_ERROR_IO
 *
 * Kernels in /boot, / and /lib/modules/VERSION, newest first, and then what else the system's own boot
 * menu starts, such as kernels of NixOS. The image is read, not mounted.
 *
 * Returns: (transfer container) (element-type DomuimgInstalledKernel): the kernels, maybe none
 *
 * Since: 0.1
 */
GPtrArray *
domuimg_installed_kernel_list (const char *image, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgTree) host = NULL;
  g_autoptr (DomuimgGuestRoot) root = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (image == NULL)
    {
      host = domuimg_tree_dir_new ("/", error);
      return host != NULL ? list_tree (host, NULL, cancellable, error) : NULL;
    }
  root = domuimg_guest_root_open (image, error);
  return root != NULL ? list_tree (root->tree, root->volume->fs, cancellable, error) : NULL;
}

/**
 * domuimg_installed_kernel_get_path:
 * @self: a kernel
 *
 * Returns: (transfer none) (type filename): where it is, on the host or in the guest
 *
 * Since: 0.1
 */
const char *
domuimg_installed_kernel_get_path (DomuimgInstalledKernel *self)
{
  return self->path;
}

/**
 * domuimg_installed_kernel_get_version:
 * @self: a kernel
 *
 * Returns: (transfer none): as uname(1) would say it; of a kernel that cannot be read, what the
 *   name of its file says
 *
 * Since: 0.1
 */
const char *
domuimg_installed_kernel_get_version (DomuimgInstalledKernel *self)
{
  return self->version;
}

/**
 * domuimg_installed_kernel_get_modules:
 * @self: a kernel
 *
 * Returns: (transfer none) (nullable) (type filename): the directory of its modules
 *
 * Since: 0.1
 */
const char *
domuimg_installed_kernel_get_modules (DomuimgInstalledKernel *self)
{
  return self->modules;
}

/**
 * domuimg_installed_kernel_get_initramfs:
 * @self: a kernel
 *
 * Returns: (transfer none) (nullable) (type filename): its initramfs
 *
 * Since: 0.1
 */
const char *
domuimg_installed_kernel_get_initramfs (DomuimgInstalledKernel *self)
{
  return self->initramfs;
}

/**
 * domuimg_installed_kernel_get_matches:
 * @self: a kernel
 * @reason: (out) (optional) (transfer full): why, or why not
 *
 * Returns: whether initramfs and modules are this kernel's, and a Xen guest with them reaches its
 *   disk
 *
 * Since: 0.1
 */
gboolean
domuimg_installed_kernel_get_matches (DomuimgInstalledKernel *self, char **reason)
{
  if (reason != NULL)
    *reason = g_strdup (self->reason);
  return self->matches;
}

/**
 * domuimg_installed_kernel_get_kernel:
 * @self: a kernel
 *
 * Returns: (transfer none) (nullable): what the file says; %NULL where it cannot be read as a
 *   kernel
 *
 * Since: 0.1
 */
DomuimgKernel *
domuimg_installed_kernel_get_kernel (DomuimgInstalledKernel *self)
{
  return self->kernel;
}
