/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk of a domain. */
#include "config.h"
#include "lib/domain/model/domain.h"

#include "lib/base/properties.h"

/**
 * DomuimgDomainDisk:
 *
 * A virtual disk of a guest, in the terms of xl-disk-configuration(5).
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgDomainDisk, domuimg_domain_disk, G_TYPE_OBJECT);

static void
domuimg_domain_disk_finalize (GObject *object)
{
  DomuimgDomainDisk *self = DOMUIMG_DOMAIN_DISK (object);

  g_free (self->vdev);
  g_free (self->target);
  g_free (self->format);
  g_free (self->backendtype);
  g_free (self->options);
  g_free (self->xml);
  G_OBJECT_CLASS (domuimg_domain_disk_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "target", G_CALLBACK (domuimg_domain_disk_get_target),
    "the file or device" },
  { DOMUIMG_PROPERTY_STRING, "vdev", G_CALLBACK (domuimg_domain_disk_get_vdev),
    "its name in the guest" },
  { DOMUIMG_PROPERTY_STRING, "format", G_CALLBACK (domuimg_domain_disk_get_format),
    "the format of the file" },
  { DOMUIMG_PROPERTY_STRING, "backendtype", G_CALLBACK (domuimg_domain_disk_get_backendtype),
    "what serves it" },
  { DOMUIMG_PROPERTY_BOOLEAN, "readonly", G_CALLBACK (domuimg_domain_disk_get_readonly),
    "whether the guest cannot write" },
  { DOMUIMG_PROPERTY_BOOLEAN, "cdrom", G_CALLBACK (domuimg_domain_disk_get_cdrom),
    "whether it is a CD-ROM" },
};

static void
domuimg_domain_disk_class_init (DomuimgDomainDiskClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_domain_disk_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_domain_disk_init (DomuimgDomainDisk *self)
{
  self->format = g_strdup ("raw");
}

/**
 * domuimg_domain_disk_new:
 * @target: (nullable): the file or device on the host; %NULL for an empty CD-ROM drive
 * @vdev: the name of the disk in the guest, such as `xvda`
 *
 * Returns: (transfer full): a raw disk that the guest may write to
 *
 * Since: 0.1
 */
DomuimgDomainDisk *
domuimg_domain_disk_new (const char *target, const char *vdev)
{
  g_return_val_if_fail (vdev != NULL, NULL);

  DomuimgDomainDisk *self = g_object_new (DOMUIMG_TYPE_DOMAIN_DISK, NULL);
  domuimg_replace_text (&self->target, target);
  domuimg_replace_text (&self->vdev, vdev);
  return self;
}

/**
 * domuimg_domain_disk_get_vdev:
 * @self: a disk
 *
 * Returns: the name of the disk in the guest, such as `xvda`
 *
 * Since: 0.1
 */
const char *
domuimg_domain_disk_get_vdev (DomuimgDomainDisk *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DISK (self), NULL);
  return self->vdev;
}

/**
 * domuimg_domain_disk_get_target:
 * @self: a disk
 *
 * Returns: (nullable): the file or device on the host
 *
 * Since: 0.1
 */
const char *
domuimg_domain_disk_get_target (DomuimgDomainDisk *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DISK (self), NULL);
  return self->target;
}

/**
 * domuimg_domain_disk_set_target:
 * @self: a disk
 * @target: (nullable): an absolute path on the host; %NULL for an empty CD-ROM drive
 *
 * Since: 0.1
 */
void
domuimg_domain_disk_set_target (DomuimgDomainDisk *self, const char *target)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_DISK (self));
  domuimg_replace_text (&self->target, target);
}

/**
 * domuimg_domain_disk_get_format:
 * @self: a disk
 *
 * Returns: the format of the bytes: `raw`, `qcow`, `qcow2`, `qed` or `vhd`
 *
 * Since: 0.1
 */
const char *
domuimg_domain_disk_get_format (DomuimgDomainDisk *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DISK (self), NULL);
  return self->format;
}

/**
 * domuimg_domain_disk_set_format:
 * @self: a disk
 * @format: (nullable): a format; %NULL for `raw`
 *
 * Since: 0.1
 */
void
domuimg_domain_disk_set_format (DomuimgDomainDisk *self, const char *format)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_DISK (self));
  domuimg_replace_text (&self->format, domuimg_text_or (format, "raw"));
}

/**
 * domuimg_domain_disk_get_backendtype:
 * @self: a disk
 *
 * Returns: (nullable): what serves the disk: `phy`, `qdisk`, `tap` or `standalone`; %NULL
 *   to let Xen choose
 *
 * Since: 0.1
 */
const char *
domuimg_domain_disk_get_backendtype (DomuimgDomainDisk *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DISK (self), NULL);
  return self->backendtype;
}

/**
 * domuimg_domain_disk_set_backendtype:
 * @self: a disk
 * @backendtype: (nullable): a back end
 *
 * Since: 0.1
 */
void
domuimg_domain_disk_set_backendtype (DomuimgDomainDisk *self, const char *backendtype)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_DISK (self));
  domuimg_replace_text (&self->backendtype, backendtype);
}

/**
 * domuimg_domain_disk_get_readonly:
 * @self: a disk
 *
 * Returns: whether the guest may only read it
 *
 * Since: 0.1
 */
gboolean
domuimg_domain_disk_get_readonly (DomuimgDomainDisk *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DISK (self), FALSE);
  return self->readonly;
}

/**
 * domuimg_domain_disk_set_readonly:
 * @self: a disk
 * @readonly: whether the guest may only read it
 *
 * Since: 0.1
 */
void
domuimg_domain_disk_set_readonly (DomuimgDomainDisk *self, gboolean readonly)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_DISK (self));
  self->readonly = readonly;
}

/**
 * domuimg_domain_disk_get_cdrom:
 * @self: a disk
 *
 * Returns: whether it is a CD-ROM drive
 *
 * Since: 0.1
 */
gboolean
domuimg_domain_disk_get_cdrom (DomuimgDomainDisk *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_DISK (self), FALSE);
  return self->cdrom;
}

/**
 * domuimg_domain_disk_set_cdrom:
 * @self: a disk
 * @cdrom: whether it is a CD-ROM drive
 *
 * Since: 0.1
 */
void
domuimg_domain_disk_set_cdrom (DomuimgDomainDisk *self, gboolean cdrom)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_DISK (self));
  self->cdrom = cdrom;
}

gboolean
domuimg_disk_is_network (const DomuimgDomainDisk *self)
{
  return self->target != NULL && g_strcmp0 (self->backendtype, "qdisk") == 0
         && g_regex_match_simple ("\\A[a-z][a-z0-9+.-]*:.", self->target, 0, 0);
}
