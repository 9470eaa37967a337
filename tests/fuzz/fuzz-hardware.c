/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/import/describe/parts.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
check_text (const char *text)
{
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
}

static void
check (const DomuimgHardware *self)
{
  check_text (self->name);
  check_text (self->guest_os);
  g_assert_cmpuint (self->disks->len, <=, DOMUIMG_HARDWARE_DEVICES_MAX);
  g_assert_cmpuint (self->nics->len, <=, DOMUIMG_HARDWARE_DEVICES_MAX);
  g_assert_cmpuint (self->vcpus, <=, DOMUIMG_HARDWARE_VCPUS_MAX);
  g_assert_true (self->sockets == 0
                 || (guint64) self->sockets * self->cores * self->threads == self->vcpus);
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgHardwareDisk *disk = g_ptr_array_index (self->disks, i);

      check_text (disk->path);
      check_text (disk->format);
      check_text (disk->bus);
      g_assert_true (disk->is_cdrom || disk->path != NULL);
    }
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgHardwareNic *nic = g_ptr_array_index (self->nics, i);

      g_assert_true (nic->mac == NULL || strlen (nic->mac) == 17);
      check_text (nic->network);
      check_text (nic->model);
    }
  for (guint i = 0; i < self->unmapped->len; i++)
    check_text (g_ptr_array_index (self->unmapped, i));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static DomuimgHardware *(*const parsers[]) (const char *, gsize, const char *, GError **)
      = { domuimg_vmx_parse,     domuimg_ovf_parse,     domuimg_vbox_parse,
          domuimg_libvirt_parse, domuimg_proxmox_parse, domuimg_qemu_parse };

  for (guint i = 0; i < G_N_ELEMENTS (parsers); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgHardware) hardware
          = parsers[i] ((const char *) data, size, "fuzz", &error);

      g_assert_true ((hardware == NULL) == (error != NULL));
      if (hardware != NULL)
        check (hardware);
    }
  return 0;
}
