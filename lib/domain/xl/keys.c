/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of xl.cfg: their kinds, and which Xen brought them. */
#include "config.h"
#include "lib/domain/xl/keys.h"

#include <string.h>

#define STRING DOMUIMG_XL_STRING
#define NUMBER DOMUIMG_XL_NUMBER
#define LIST DOMUIMG_XL_LIST
#define ANY DOMUIMG_XL_ANY
#define ALL DOMUIMG_XL_ALL_TYPES
#define PV DOMUIMG_XL_TYPE (DOMUIMG_GUEST_TYPE_PV)
#define PVH DOMUIMG_XL_TYPE (DOMUIMG_GUEST_TYPE_PVH)
#define HVM DOMUIMG_XL_TYPE (DOMUIMG_GUEST_TYPE_HVM)

/* What tools/xl/xl_parse.c reads in the releases 4.11 to 4.21, each key by the function that reads
 * it, for the types in whose branch it does; with the release that brought it if not the first of
 * these, and what replaces it. None of them was taken out since 4.11. */
static const DomuimgXlKey keys[] = {
  { "acpi", NUMBER, ALL },
  { "acpi_firmware", STRING, HVM },
  { "acpi_laptop_slate", NUMBER, HVM },
  { "acpi_s3", NUMBER, HVM },
  { "acpi_s4", NUMBER, HVM },
  { "altp2m", ANY, ALL },
  { "altp2m_count", NUMBER, ALL, 4, 21 },
  { "altp2mhvm", NUMBER, HVM, 0, 0, "altp2m" },
  { "apic", NUMBER, HVM },
  { "arm_sci", STRING, ALL, 4, 21 },
  { "bios", STRING, HVM },
  { "bios_path_override", STRING, HVM },
  { "boot", STRING, HVM },
  { "bootloader", STRING, ALL },
  { "bootloader_args", ANY, ALL },
  { "bootloader_restrict", NUMBER, ALL, 4, 18 },
  { "bootloader_user", STRING, ALL, 4, 18 },
  { "builder", STRING, ALL, 0, 0, "type" },
  { "cap", NUMBER, ALL },
  { "channel", LIST, ALL },
  { "cmdline", STRING, ALL },
  { "cpu_weight", NUMBER, ALL },
  { "cpuid", ANY, ALL },
  { "cpus", ANY, ALL },
  { "cpus_soft", ANY, ALL },
  { "device_model", STRING, ALL, 0, 0, "device_model_override" },
  { "device_model_args", LIST, ALL },
  { "device_model_args_hvm", LIST, ALL },
  { "device_model_args_pv", LIST, ALL },
  { "device_model_override", STRING, ALL },
  { "device_model_stubdomain_override", NUMBER, ALL },
  { "device_model_stubdomain_seclabel", STRING, ALL },
  { "device_model_user", STRING, ALL },
  { "device_model_version", STRING, ALL },
  { "device_tree", STRING, ALL },
  { "disk", LIST, ALL },
  { "display", STRING, ALL },
  { "dm_restrict", NUMBER, ALL },
  { "driver_domain", NUMBER, ALL },
  { "dtdev", LIST, ALL },
  { "e820_host", NUMBER, PV },
  { "extra", STRING, ALL },
  { "extratime", NUMBER, ALL },
  { "firmware", STRING, ALL },
  { "firmware_override", STRING, HVM },
  { "gfx_passthru", ANY, HVM },
  { "gic_version", STRING, ALL },
  { "hap", NUMBER, ALL },
  { "hdtype", STRING, HVM },
  { "hpet", NUMBER, HVM },
  { "hvm_pirq", NUMBER, ALL, 4, 19 },
  { "init_seclabel", STRING, ALL },
  { "iomem", LIST, ALL },
  { "ioports", LIST, ALL },
  { "irqs", LIST, ALL },
  { "kernel", STRING, ALL },
  { "keymap", STRING, ALL },
  { "latency", NUMBER, ALL },
  { "llc_colors", LIST, ALL, 4, 20 },
  { "localtime", NUMBER, ALL },
  { "max_event_channels", NUMBER, ALL },
  { "max_grant_frames", NUMBER, ALL },
  { "max_grant_version", NUMBER, ALL, 4, 16 },
  { "max_maptrack_frames", NUMBER, ALL },
  { "maxmem", NUMBER, ALL },
  { "maxvcpus", NUMBER, ALL },
  { "mca_caps", LIST, HVM },
  { "memory", NUMBER, ALL },
  { "mmio_hole", NUMBER, HVM },
  { "ms_vm_genid", STRING, HVM },
  { "msr_relaxed", NUMBER, ALL, 4, 15 },
  { "name", STRING, ALL },
  { "nestedhvm", NUMBER, ALL },
  { "nographic", NUMBER, HVM },
  { "nomigrate", NUMBER, ALL },
  { "nr_spis", NUMBER, ALL, 4, 19 },
  { "nx", NUMBER, HVM },
  { "on_crash", STRING, ALL },
  { "on_poweroff", STRING, ALL },
  { "on_reboot", STRING, ALL },
  { "on_soft_reset", STRING, ALL },
  { "on_watchdog", STRING, ALL },
  { "oos", NUMBER, ALL },
  { "opengl", NUMBER, ALL },
  { "p9", LIST, ALL },
  { "pae", NUMBER, HVM },
  { "passthrough", STRING, ALL, 4, 13 },
  { "pci", LIST, ALL },
  { "pci_msitranslate", NUMBER, ALL },
  { "pci_permissive", NUMBER, ALL },
  { "pci_power_mgmt", NUMBER, ALL },
  { "pci_seize", NUMBER, ALL },
  { "period", NUMBER, ALL },
  { "pool", STRING, ALL },
  { "pvcalls", LIST, ALL },
  { "pvshim", NUMBER, PVH },
  { "pvshim_cmdline", STRING, PVH },
  { "pvshim_extra", STRING, PVH },
  { "pvshim_path", STRING, PVH },
  { "ramdisk", STRING, ALL },
  { "rdm", STRING, ALL },
  { "rdm_mem_boundary", NUMBER, HVM },
  { "root", STRING, ALL },
  { "rtc_timeoffset", NUMBER, ALL },
  { "sdl", NUMBER, ALL },
  { "seclabel", STRING, ALL },
  { "serial", ANY, HVM },
  { "shadow_memory", NUMBER, ALL },
  { "slice", NUMBER, ALL },
  { "smbios", LIST, HVM, 4, 18 },
  { "smbios_firmware", STRING, HVM },
  { "soundhw", STRING, HVM },
  { "spice", NUMBER, HVM },
  { "spice_clipboard_sharing", NUMBER, HVM },
  { "spice_image_compression", STRING, HVM },
  { "spice_streaming_video", STRING, HVM },
  { "spiceagent_mouse", NUMBER, HVM },
  { "spicedisable_ticketing", NUMBER, HVM },
  { "spicehost", STRING, HVM },
  { "spicepasswd", STRING, HVM },
  { "spiceport", NUMBER, HVM },
  { "spicetls_port", NUMBER, HVM },
  { "spiceusbredirection", NUMBER, HVM },
  { "spicevdagent", NUMBER, HVM },
  { "stdvga", NUMBER, HVM, 0, 0, "vga" },
  { "stubdomain_cmdline", STRING, ALL, 4, 16 },
  { "stubdomain_kernel", STRING, ALL, 4, 14 },
  { "stubdomain_memory", NUMBER, ALL, 4, 14 },
  { "stubdomain_ramdisk", STRING, ALL, 4, 14 },
  { "sve", STRING, ALL, 4, 18 },
  { "tee", STRING, ALL, 4, 13 },
  { "timer_mode", ANY, ALL },
  { "trap_unmapped_accesses", NUMBER, ALL, 4, 21 },
  { "tsc_mode", ANY, ALL },
  { "type", STRING, ALL },
  { "usb", NUMBER, HVM },
  { "usbctrl", LIST, ALL },
  { "usbdev", LIST, ALL },
  { "usbdevice", ANY, HVM },
  { "usbversion", NUMBER, HVM },
  { "uuid", STRING, ALL },
  { "vcpus", NUMBER, ALL },
  { "vdispl", LIST, ALL },
  { "vendor_device", STRING, HVM },
  { "vfb", LIST, ALL },
  { "vga", STRING, HVM },
  { "videoram", NUMBER, ALL },
  { "vif", LIST, ALL },
  { "vif2", LIST, ALL, 0, 0, "vif" },
  { "viridian", ANY, HVM },
  { "virtio", LIST, ALL, 4, 18 },
  { "vkb", LIST, ALL, 4, 12 },
  { "vkb_device", NUMBER, HVM, 4, 13 },
  { "vmtrace_buf_kb", NUMBER, ALL, 4, 15 },
  { "vnc", NUMBER, ALL },
  { "vncdisplay", NUMBER, ALL },
  { "vnclisten", STRING, ALL },
  { "vncpasswd", STRING, ALL },
  { "vncunused", NUMBER, ALL },
  { "vncviewer", NUMBER, ALL, 0, 0, "xl create -V" },
  { "vnuma", LIST, ALL },
  { "vpmu", NUMBER, ALL, 4, 16 },
  { "vpt_align", NUMBER, HVM },
  { "vsnd", LIST, ALL, 4, 12 },
  { "vtpm", LIST, ALL },
  { "vuart", STRING, ALL },
  { "xauthority", STRING, ALL },
  { "xen_platform_pci", NUMBER, HVM },
  { "xen_platform_pci_bar_uc", NUMBER, HVM, 4, 21 },
  { "xend_suspend_evtchn_compat", NUMBER, ALL, 4, 14 },
  { "xenstore_feature_mask", NUMBER, ALL, 4, 21 },
};

const DomuimgXlKey *
domuimg_xl_key_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
}

const DomuimgXlKey *
domuimg_xl_key_at (guint index)
{
  return index < G_N_ELEMENTS (keys) ? &keys[index] : NULL;
}

/* Letters to insert, take out or change. */
static guint
distance (const char *a, const char *b)
{
  gsize columns = strlen (b) + 1;
  g_autofree guint *row = g_new (guint, columns);

  for (gsize j = 0; j < columns; j++)
    row[j] = j;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      guint corner = row[0];

      row[0] = i;
      for (gsize j = 1; j < columns; j++)
        {
          guint above = row[j];
          guint changed = corner + (a[i - 1] != b[j - 1]);

          row[j] = MIN (changed, 1 + MIN (above, row[j - 1]));
          corner = above;
        }
    }
  return row[columns - 1];
}

const char *
domuimg_xl_key_guess (const char *name)
{
  const char *best = NULL;
  gssize length = strlen (name);
  guint best_distance = length > 5 ? 3 : 2;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      gssize longer = length - (gssize) strlen (keys[i].name);
      guint far = ABS (longer) > 2 ? G_MAXUINT : distance (name, keys[i].name);

      if (far == best_distance)
        best = NULL;
      if (far >= best_distance)
        continue;
      best = keys[i].name;
      best_distance = far;
    }
  return best;
}
