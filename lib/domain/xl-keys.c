/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl-keys.h"

#include <string.h>

#define STRING DOMUIMG_XL_STRING
#define NUMBER DOMUIMG_XL_NUMBER
#define LIST DOMUIMG_XL_LIST
#define ANY DOMUIMG_XL_ANY

/* What xl 4.17 reads (xl.cfg(5), and tools/xl/xl_parse.c for what that leaves out), and what later
 * ones added, with their release. ANY: xl takes several kinds, or words for numbers. */
static const DomuimgXlKey keys[] = {
  { "acpi", NUMBER },
  { "acpi_firmware", STRING },
  { "acpi_laptop_slate", NUMBER },
  { "acpi_s3", NUMBER },
  { "acpi_s4", NUMBER },
  { "altp2m", ANY },
  { "altp2m_count", NUMBER, 4, 20 },
  { "altp2mhvm", NUMBER },
  { "apic", NUMBER },
  { "bios", STRING },
  { "bios_path_override", STRING },
  { "blkdev_start", STRING },
  { "boot", STRING },
  { "bootloader", STRING },
  { "bootloader_args", ANY },
  { "bootloader_restrict", ANY, 4, 18 },
  { "bootloader_user", STRING, 4, 18 },
  { "budget", NUMBER },
  { "builder", STRING },
  { "cap", NUMBER },
  { "channel", LIST },
  { "cmdline", STRING },
  { "cpu_weight", NUMBER },
  { "cpuid", ANY },
  { "cpus", ANY },
  { "cpus_soft", ANY },
  { "description", STRING },
  { "device_model_args", ANY },
  { "device_model_args_hvm", ANY },
  { "device_model_args_pv", ANY },
  { "device_model_override", STRING },
  { "device_model_stubdomain_override", STRING },
  { "device_model_stubdomain_seclabel", STRING },
  { "device_model_user", STRING },
  { "device_model_version", STRING },
  { "device_tree", STRING },
  { "disk", LIST },
  { "display", STRING },
  { "dm_restrict", NUMBER },
  { "driver_domain", NUMBER },
  { "dtdev", LIST },
  { "e820_host", NUMBER },
  { "extra", STRING },
  { "extratime", NUMBER },
  { "firmware", STRING },
  { "firmware_override", STRING },
  { "gfx_passthru", ANY },
  { "gic_version", STRING },
  { "hap", NUMBER },
  { "hdtype", STRING },
  { "hpet", NUMBER },
  { "init_seclabel", STRING },
  { "iomem", ANY },
  { "ioports", ANY },
  { "irqs", ANY },
  { "kernel", STRING },
  { "keymap", STRING },
  { "latency", NUMBER },
  { "llc_colors", ANY, 4, 20 },
  { "localtime", ANY },
  { "max_event_channels", NUMBER },
  { "max_grant_frames", NUMBER },
  { "max_grant_version", ANY },
  { "max_maptrack_frames", NUMBER },
  { "maxmem", NUMBER },
  { "maxvcpus", NUMBER },
  { "mca_caps", ANY },
  { "memory", NUMBER },
  { "mmio_hole", NUMBER },
  { "ms_vm_genid", ANY },
  { "msr_relaxed", NUMBER },
  { "name", STRING },
  { "nestedhvm", NUMBER },
  { "nodes", ANY },
  { "nographic", NUMBER },
  { "nomigrate", NUMBER },
  { "nr_spis", NUMBER },
  { "numa_placement", ANY },
  { "nx", NUMBER },
  { "on_crash", STRING },
  { "on_poweroff", STRING },
  { "on_reboot", STRING },
  { "on_soft_reset", STRING },
  { "on_watchdog", STRING },
  { "oos", NUMBER },
  { "opengl", NUMBER },
  { "p9", LIST },
  { "pae", NUMBER },
  { "passthrough", STRING },
  { "pci", LIST },
  { "pci_msitranslate", NUMBER },
  { "pci_permissive", NUMBER },
  { "pci_power_mgmt", NUMBER },
  { "pci_seize", NUMBER },
  { "period", NUMBER },
  { "pool", STRING },
  { "pvcalls", LIST },
  { "pvh", NUMBER },
  { "pvshim", NUMBER },
  { "pvshim_cmdline", STRING },
  { "pvshim_extra", STRING },
  { "pvshim_path", STRING },
  { "ramdisk", STRING },
  { "rdm", STRING },
  { "rdm_mem_boundary", NUMBER },
  { "root", STRING },
  { "rtc_timeoffset", NUMBER },
  { "sched", STRING },
  { "sdl", NUMBER },
  { "seclabel", STRING },
  { "serial", ANY },
  { "shadow_memory", NUMBER },
  { "slice", NUMBER },
  { "smbios", LIST, 4, 18 },
  { "smbios_firmware", STRING },
  { "soundhw", ANY },
  { "spice", NUMBER },
  { "spice_clipboard_sharing", NUMBER },
  { "spice_image_compression", STRING },
  { "spice_streaming_video", STRING },
  { "spiceagent_mouse", NUMBER },
  { "spicedisable_ticketing", NUMBER },
  { "spicehost", STRING },
  { "spicepasswd", STRING },
  { "spiceport", NUMBER },
  { "spicetls_port", NUMBER },
  { "spiceusbredirection", NUMBER },
  { "spicevdagent", NUMBER },
  { "stdvga", NUMBER },
  { "stubdomain_cmdline", STRING },
  { "stubdomain_kernel", STRING },
  { "stubdomain_memory", NUMBER },
  { "stubdomain_ramdisk", STRING },
  { "sve", ANY, 4, 18 },
  { "system_firmware", STRING },
  { "tee", STRING },
  { "timer_mode", ANY },
  { "trap_unmapped_accesses", NUMBER },
  { "tsc_mode", ANY },
  { "type", STRING },
  { "usb", NUMBER },
  { "usbctrl", LIST },
  { "usbdev", LIST },
  { "usbdevice", ANY },
  { "usbversion", STRING },
  { "uuid", STRING },
  { "vcpus", NUMBER },
  { "vdispl", LIST },
  { "vendor_device", ANY },
  { "vfb", LIST },
  { "vga", STRING },
  { "videoram", NUMBER },
  { "vif", LIST },
  { "vif2", LIST },
  { "viridian", ANY },
  { "virtio", LIST },
  { "vkb", LIST },
  { "vkb_device", STRING },
  { "vmtrace_buf_kb", NUMBER },
  { "vnc", NUMBER },
  { "vncdisplay", ANY },
  { "vnclisten", STRING },
  { "vncpasswd", STRING },
  { "vncunused", NUMBER },
  { "vnuma", LIST },
  { "vpmu", NUMBER },
  { "vpt_align", NUMBER },
  { "vsnd", LIST },
  { "vtpm", LIST },
  { "vuart", ANY },
  { "xauthority", STRING },
  { "xen_platform_pci", NUMBER },
  { "xend_suspend_evtchn_compat", NUMBER },
  { "xenstore_feature_mask", NUMBER, 4, 21 },
};

const DomuimgXlKey *
domuimg_xl_key_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (keys[i].name, name))
      return &keys[i];
  return NULL;
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
  guint best_distance = strlen (name) > 5 ? 3 : 2;

  if (strlen (name) > 64)
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      guint far = distance (name, keys[i].name);

      if (far < best_distance)
        {
          best = keys[i].name;
          best_distance = far;
        }
    }
  return best;
}
